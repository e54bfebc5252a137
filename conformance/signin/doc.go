// Package signin stands in for an OpenID provider at which staff and organisations sign in (OpenID Connect Core 1.0, the
// authorisation code flow with PKCE). It signs in the synthetic accounts it is given, without a password; in all else it is
// strict: registered addresses only, a secret for each client, each code once and for a minute. It shares no code with what
// it helps to judge. All state is in memory and ends with the process.
package signin
