// Package identity says what names a person, a company and a place, and who was whom when. It normalises what outside
// systems send (addresses, domains, names, countries, titles, traits) so that equal things compare equal byte for byte, and it
// holds the rules by which identifiers become contacts and accounts: runs of holders and components of identifiers.
//
// Everything here is a pure function of its arguments and of lists compiled into the program: no I/O, no clock, no state that
// changes. Every normalisation is idempotent: f(f(x)) = f(x). The rules of Runs and Components do not depend on the order in
// which facts arrive.
package identity

// MaxPeoplePerVisitor is how many people one anonymous id may have been identified as before it stands for nobody. A browser is
// shared by a couple, or by a visitor and the colleague who signs in once to help; an id with more people than that is a kiosk, a
// reception tablet, a shared test device or an SDK that was never reset at sign-out, and what it did says nothing about any of them.
const MaxPeoplePerVisitor = 3
