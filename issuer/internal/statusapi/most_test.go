//go:build long

package statusapi_test

const (
	issuedInOrder = 10_000
	processes     = 32
	restarts      = 10
	allocations   = 4_000_000
)
