// Package archtest holds the import rules of docs/architecture.md: its tests read every package of the module and compare what they
// import with the table of rules in rules_test.go, each of which says why it stands. It has no code outside its tests.
package archtest
