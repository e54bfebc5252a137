//go:build !race && !long

package statusapi_test

const (
	issuedInOrder = 10_000
	processes     = 4
	restarts      = 5
	allocations   = 100_000
)
