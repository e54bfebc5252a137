//go:build !race

package statuslist_test

const (
	largest = 1 << 20 // places of the largest list
	seeds   = 5
)
