// Package onelogin stands in for GOV.UK One Login: it signs people in (OpenID Connect), and it is the token service that
// redeems an issuer's pre-authorised codes for the wallet app.
//
// It signs in synthetic people alone, without a password. In all else it is as strict as the real one: it really
// fetches a client's keys, verifies its codes and assertions, and gives each out once. It shares no code with what it
// judges. All state is in memory and ends with the process.
package onelogin
