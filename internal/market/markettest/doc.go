// Package markettest holds the tests of the market against the rooms that read it: the presets understand its titles, pages and events,
// and imports take its files. They stand apart so that package market itself depends on none of those rooms.
package markettest
