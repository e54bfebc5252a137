// Package interop installs other people's libraries. Its tests, behind the build tag interop, have them play wallets,
// verifiers and issuers.
package interop
