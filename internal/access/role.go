package access

import "slices"

// Scope is what somebody may do: a secret key has scopes of its own, a person those of their role. Each route of the API names the one it needs.
type Scope string

// The scopes. ScopeAdmin has all others.
const (
	ScopeRead     Scope = "read"     // accounts, contacts, leads, opportunities with their timelines; explanations, figures, the playbook
	ScopeIntake   Scope = "intake"   // facts as they come in: the log, refused facts, the live tail, imports
	ScopeExport   Scope = "export"   // whole lists as CSV or NDJSON
	ScopeSales    Scope = "sales"    // accept, reject, qualify and assign leads; make, move and close opportunities; share saved views
	ScopeWrite    Scope = "write"    // corrections of identity: merge, unmerge, domains; saved views that others shared
	ScopeImport   Scope = "import"   // bring files in and take them back
	ScopePlaybook Scope = "playbook" // plan a playbook and put it in force
	ScopeAdmin    Scope = "admin"    // people, keys, erasure and the access log
)

// The scopes of routes that are not about a workspace's data. No key and no role has them.
const (
	// ScopePublic is for callers who are not known yet: set-up, signing in, links from mails.
	ScopePublic Scope = "public"
	// ScopeSelf is for everybody who signed in, about themselves.
	ScopeSelf Scope = "self"
)

// Scopes lists those that a key can have.
func Scopes() []Scope {
	return []Scope{ScopeRead, ScopeIntake, ScopeExport, ScopeSales, ScopeWrite, ScopeImport, ScopePlaybook, ScopeAdmin}
}

// Role is what a person is in this workspace.
type Role string

// The roles.
const (
	Admin        Role = "admin"
	Marketing    Role = "marketing"
	SalesManager Role = "sales_manager"
	Sales        Role = "sales"
	Viewer       Role = "viewer"
)

// Roles lists them, the one that may most first.
func Roles() []Role { return []Role{Admin, Marketing, SalesManager, Sales, Viewer} }

// granted is the one table of what the roles may. docs/access.md shows it, and a test holds it to that.
var granted = map[Role][]Scope{
	Admin:        {ScopeRead, ScopeIntake, ScopeExport, ScopeSales, ScopeWrite, ScopeImport, ScopePlaybook, ScopeAdmin},
	Marketing:    {ScopeRead, ScopeIntake, ScopeExport, ScopeSales, ScopeWrite, ScopeImport, ScopePlaybook},
	SalesManager: {ScopeRead, ScopeIntake, ScopeExport, ScopeSales, ScopeWrite},
	Sales:        {ScopeRead, ScopeSales},
	Viewer:       {ScopeRead, ScopeIntake},
}

// Valid says whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Scopes lists what the role may do; none for a role that does not exist.
func (r Role) Scopes() []Scope { return slices.Clone(granted[r]) }

// Allows says whether the role may do what needs the scope.
func (r Role) Allows(s Scope) bool { return slices.Contains(granted[r], s) }
