//go:build race && !long

package statusapi_test

// The race detector takes ten times as long for a hash.
const (
	issuedInOrder = 2_000
	processes     = 4
	restarts      = 5
	allocations   = 10_000
)
