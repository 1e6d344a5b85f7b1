// Package millrace is the dictionary of the system: the nouns that every room speaks, and the coded error. It depends on
// the standard library alone, holds no state and does no I/O. Rules about these nouns live in the rooms under internal/.
package millrace
