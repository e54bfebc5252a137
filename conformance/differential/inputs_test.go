package differential_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
)

// inputs makes inputs that follow from a seed.
type inputs struct{ *rand.Rand }

// rounds calls f once for each round, with inputs of its own, so that one round can be run again alone.
func rounds(t *testing.T, f func(round int, in inputs)) {
	t.Helper()
	someRounds(t, 4000, f)
}

// someRounds is rounds, n of them unless DIFFERENTIAL_ROUNDS says otherwise.
func someRounds(t *testing.T, n int, f func(round int, in inputs)) {
	t.Helper()
	n, seed := setting(t, "DIFFERENTIAL_ROUNDS", n), setting(t, "DIFFERENTIAL_SEED", 1)
	for round := range n {
		f(round, inputs{rand.New(rand.NewPCG(uint64(seed), uint64(round)))})
		if t.Failed() {
			t.Fatalf("round %d of seed %d", round, seed)
		}
	}
}

func setting(t *testing.T, name string, fallback int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is no positive number", name)
	}
	return n
}

// one in n.
func (in inputs) one(n int) bool { return in.IntN(n) == 0 }

func pick[T any](in inputs, from ...T) T { return from[in.IntN(len(from))] }

// bend changes one to three places of b: a bit, a byte, a stretch left out, doubled or moved.
func (in inputs) bend(b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + in.IntN(3) {
		if len(b) == 0 {
			return b
		}
		at := in.IntN(len(b))
		end := min(len(b), at+1+in.IntN(4))
		switch in.IntN(5) {
		case 0:
			b[at] ^= 1 << in.IntN(8)
		case 1:
			b[at] = byte(in.IntN(256))
		case 2:
			b = slices.Delete(b, at, end)
		case 3:
			b = slices.Insert(b, at, slices.Clone(b[at:end])...)
		case 4:
			b = slices.Insert(b, at, byte(in.IntN(256)))
		}
	}
	return b
}

// seen counts how often each kind of difference was met.
type seen map[string]int

// listed fails when a kind was met that is not in the list, or one of the list was not met.
func (s seen) listed(t *testing.T, list map[string]string) {
	t.Helper()
	for kind, n := range s {
		if list[kind] == "" {
			t.Errorf("%d differences of a kind that is not listed: %s", n, kind)
		}
	}
	for kind := range list {
		if s[kind] == 0 {
			t.Errorf("nothing shows the difference any more: %s", kind)
		}
	}
	t.Logf("differences: %v", map[string]int(s))
}
