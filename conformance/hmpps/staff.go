package hmpps

import "justice-wallet/conformance/signin"

// Roles of staff in the console.
const (
	RoleView        = "ROLE_WALLET_CREDENTIALS__VIEW"
	RoleIssue       = "ROLE_WALLET_CREDENTIALS__ISSUE"
	RoleRevoke      = "ROLE_WALLET_CREDENTIALS__REVOKE"
	RoleBulkApprove = "ROLE_WALLET_CREDENTIALS__REVOKE_BULK_APPROVE"
	RoleKeys        = "ROLE_WALLET_CREDENTIALS__KEYS"
)

// Teams of staff and of cases.
const (
	Team      = "N07SYN" // everybody's case, but where people.json says otherwise
	WelshTeam = "W01SYN"
)

// Staff are members of staff who do not exist.
func Staff() []signin.Account {
	return []signin.Account{
		staff("SYN_CASEWORKER", "Synthetic caseworker", []string{RoleView, RoleIssue, RoleRevoke}, Team),
		staff("SYN_COLLEAGUE", "Synthetic colleague who approves", []string{RoleView, RoleIssue, RoleRevoke, RoleBulkApprove}, Team),
		staff("SYN_READER", "Synthetic reader", []string{RoleView}, Team),
		staff("SYN_WELSH", "Synthetic caseworker in Wales", []string{RoleView, RoleIssue, RoleRevoke}, WelshTeam),
		staff("SYN_CUSTODIAN", "Synthetic custodian of keys", []string{RoleView, RoleKeys}, Team),
		staff("SYN_OTHER", "Synthetic member of staff without a role here", []string{"ROLE_OF_ANOTHER_SERVICE"}, Team),
	}
}

func staff(username, name string, roles []string, teams ...string) signin.Account {
	return signin.Account{Subject: username, Label: name, Claims: map[string]any{"name": name, "authorities": roles, "teams": teams}}
}

// staffSignIn is HMPPS Auth as staff meet it. The real one has its say about roles in the access token; here it stands in
// the ID token, where a relying party can verify it the same way.
func (s *Server) staffSignIn(clients []signin.Client) (*signin.Provider, error) {
	return signin.New(signin.Options{
		Title: "Stand-in for HMPPS Auth", Issuer: s.Issuer, Accounts: Staff(), Clients: clients, Now: s.now, Rand: s.random,
	})
}

// RefuseSignIns makes every sign-in of staff that begins from now on come back with an error code; empty ends that.
func (s *Server) RefuseSignIns(code string) { s.signIn.Refuse(code) }
