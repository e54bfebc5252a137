//go:build race

package statuslist_test

// The race detector takes ten times as long for a hash.
const (
	largest = 1 << 14
	seeds   = 1
)
