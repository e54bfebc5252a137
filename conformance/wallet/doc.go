// Package wallet plays GOV.UK Wallet: it collects documents from an issuer exactly as GOV.UK Wallet does, judges them as
// a careful wallet would, refreshes them, shows them to a verifier and looks up their status.
//
// It is a judge, so it shares no code with what it judges: it imports the standard library alone, and has its own CBOR,
// COSE, JWS and did:key. Everything it takes from the wire is bounded in size and accepted in one encoding only.
// People it collects for are synthetic.
package wallet
