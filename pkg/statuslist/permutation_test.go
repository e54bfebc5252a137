package statuslist_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"justice-wallet/pkg/statuslist"
)

var orderKey = bytes.Repeat([]byte{7}, 32)

func order(t testing.TB, key []byte, list string, size int) []int {
	t.Helper()
	p, err := statuslist.NewPermutation(key, list, size)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int, size)
	for n := range out {
		if out[n], err = p.Index(n); err != nil {
			t.Fatalf("index of %d: %v", n, err)
		}
	}
	return out
}

func TestPermutationGivesEveryIndexOnce(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 5, 16, 17, 100, 1000, 4096, 4097, 10000} {
		seen := make([]bool, size)
		p, err := statuslist.NewPermutation(orderKey, "list", size)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range order(t, orderKey, "list", size) {
			if back, err := p.Counter(i); err != nil || back != n {
				t.Fatalf("size %d: number %d goes to %d, from which one comes back to %d (%v)", size, n, i, back, err)
			}
			if i < 0 || i >= size || seen[i] {
				t.Fatalf("size %d: number %d goes to %d, which is outside or taken", size, n, i)
			}
			seen[i] = true
		}
	}
}

// Under a random order the correlation of place and time has a standard deviation of 1/sqrt(size), here 0.016.
func TestPermutationOrderTellsNothing(t *testing.T) {
	const size, bound = 4096, 0.08
	a := order(t, orderKey, "a", size)
	counter := make([]int, size)
	for n := range counter {
		counter[n] = n
	}
	otherKey := bytes.Repeat([]byte{8}, 32)
	for name, other := range map[string][]int{
		"the counter":              counter,
		"another list's order":     order(t, orderKey, "b", size),
		"the order of another key": order(t, otherKey, "a", size),
		"the next index":           append(a[1:size:size], a[0]),
	} {
		if r := correlation(a, other); math.Abs(r) > bound {
			t.Errorf("correlation with %s is %.3f", name, r)
		}
	}
}

// correlation is Spearman's: the values of a permutation are their own ranks.
func correlation(a, b []int) float64 {
	n := float64(len(a))
	var sum float64
	for i := range a {
		d := float64(a[i] - b[i])
		sum += d * d
	}
	return 1 - 6*sum/(n*(n*n-1))
}

// An order that changed between two versions would give out indices twice.
func TestPermutationNeverChanges(t *testing.T) {
	want := []int{29, 161, 25, 852, 97, 593, 720, 6}
	if got := order(t, orderKey, "list", 1000)[:len(want)]; !slices.Equal(got, want) {
		t.Errorf("the first numbers go to %v, want %v", got, want)
	}
}

func TestPermutationRefuses(t *testing.T) {
	if _, err := statuslist.NewPermutation(orderKey[:31], "list", 8); err == nil {
		t.Error("a short key was taken")
	}
	if _, err := statuslist.NewPermutation(orderKey, "list", 0); err == nil {
		t.Error("a size of 0 was taken")
	}
	p, err := statuslist.NewPermutation(orderKey, "list", 8)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{-1, 8} {
		if _, err := p.Index(n); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("Index(%d): %v, want ErrNoSlot", n, err)
		}
		if _, err := p.Counter(n); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("Counter(%d): %v, want ErrNoSlot", n, err)
		}
	}
}

// The largest list gives each of its million places once.
func TestPermutationOfTheLargestListGivesEveryIndexOnce(t *testing.T) {
	p, err := statuslist.NewPermutation(orderKey, "list", largest)
	if err != nil {
		t.Fatal(err)
	}
	seen := make([]atomic.Bool, largest)
	var done sync.WaitGroup
	const parts = 8
	for part := range parts {
		done.Go(func() {
			for n := part; n < largest; n += parts {
				if i, err := p.Index(n); err != nil || seen[i].Swap(true) {
					t.Errorf("number %d goes to %d, which is taken (%v)", n, i, err)
					return
				}
			}
		})
	}
	done.Wait()
}

// chiSquare is the statistic of counts that should all be the same.
func chiSquare(counts []int, total int) float64 {
	want, sum := float64(total)/float64(len(counts)), 0.0
	for _, got := range counts {
		d := float64(got) - want
		sum += d * d / want
	}
	return sum
}

// What an observer of an order could count: where the next place lies, how far it is from the last, and which part of the
// list follows which. Of 255 degrees of freedom, chance gives a statistic above 347 once in ten thousand times, and below 176 as
// seldom: an order that is too even tells as much.
func TestAnObserverOfAnOrderCanCountNothing(t *testing.T) {
	const size, given, most, least = 1 << 17, 20000, 347, 176
	for seed := range byte(seeds) {
		p, err := statuslist.NewPermutation(bytes.Repeat([]byte{seed}, 32), "list", size)
		if err != nil {
			t.Fatal(err)
		}
		place, step, pair := make([]int, 256), make([]int, 256), make([]int, 256)
		last := 0
		for n := range given {
			i, err := p.Index(n)
			if err != nil {
				t.Fatal(err)
			}
			place[i*256/size]++
			step[(i-last+size)%size*256/size]++
			pair[last*16/size*16+i*16/size]++
			last = i
		}
		for name, counts := range map[string][]int{"the place": place, "the step": step, "the pair": pair} {
			if x := chiSquare(counts, given); x > most || x < least && name != "the place" { // places are drawn without putting back, and so come out more even
				t.Errorf("seed %d: chi-square of %s is %.0f", seed, name, x)
			}
		}
	}
	counter := make([]int, 256)
	for n := range given {
		counter[n*256/size]++
	}
	if x := chiSquare(counter, given); x <= most {
		t.Errorf("an order that is the counter passes: %.0f", x)
	}
}
