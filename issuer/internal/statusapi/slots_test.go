package statusapi_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
)

func TestAllocateGivesEachOperationItsOwnSlot(t *testing.T) {
	r := newRig(t, lists(4))
	seen := map[credential.StatusRef]bool{}
	used := map[string]bool{}
	for i := range 200 {
		ref := r.allocate(t, fmt.Sprint(i))
		if seen[ref] {
			t.Fatalf("%+v was given twice", ref)
		}
		seen[ref], used[ref.URI] = true, true
		id := strings.TrimPrefix(ref.URI, base+"/t/")
		if id == ref.URI || ref.Bitstring != base+"/b/"+id || ref.Index < 0 || ref.Index >= size {
			t.Fatalf("allocated %+v", ref)
		}
	}
	if len(used) != 4 {
		t.Errorf("%d lists in use, want 4", len(used))
	}
}

func TestTheSameOperationGetsTheSameSlot(t *testing.T) {
	r := newRig(t, lists(8))
	first := r.allocate(t, "operation")
	for range 20 {
		if got := r.allocate(t, "operation"); got != first {
			t.Fatalf("got %+v, then %+v", first, got)
		}
	}
	r.Service = r.again(t, lists(8))
	if got := r.allocate(t, "operation"); got != first {
		t.Errorf("after a restart got %+v, want %+v", got, first)
	}
}

// Ten thousand documents, issued one after the other: under a random order the rank correlation of their places and their
// order has a standard deviation of 0.01.
func TestThePlaceDoesNotTellTheTime(t *testing.T) {
	for n, name := range map[int]string{1: "one list", 4: "four lists"} {
		r := newRig(t, lists(n))
		places := make([]credential.StatusRef, issuedInOrder)
		for i := range places {
			places[i] = r.allocate(t, fmt.Sprint(i))
		}
		for by, less := range map[string]func(a, b credential.StatusRef) int{
			"index": func(a, b credential.StatusRef) int { return cmp.Compare(a.Index, b.Index) },
			"list and index": func(a, b credential.StatusRef) int {
				return cmp.Or(cmp.Compare(a.URI, b.URI), cmp.Compare(a.Index, b.Index))
			},
		} {
			if rho := rankCorrelation(places, less); math.Abs(rho) >= 0.1 {
				t.Errorf("%s, by %s: %.3f", name, by, rho)
			}
		}
	}
	inOrder := make([]credential.StatusRef, issuedInOrder)
	for i := range inOrder {
		inOrder[i].Index = i
	}
	if rho := rankCorrelation(inOrder, func(a, b credential.StatusRef) int { return cmp.Compare(a.Index, b.Index) }); rho != 1 {
		t.Errorf("places in order have %.3f", rho)
	}
}

// rankCorrelation is Spearman's, of where things are and when they came.
func rankCorrelation[T any](things []T, compare func(a, b T) int) float64 {
	byPlace := make([]int, len(things))
	for i := range byPlace {
		byPlace[i] = i
	}
	slices.SortStableFunc(byPlace, func(a, b int) int { return compare(things[a], things[b]) })
	n, sum := float64(len(things)), 0.0
	for rank, time := range byPlace {
		sum += float64(rank-time) * float64(rank-time)
	}
	return 1 - 6*sum/(n*(n*n-1))
}

// Several processes at once, each started again and again, share one store.
func TestNoPlaceIsGivenTwice(t *testing.T) {
	r := newRig(t, lists(processes))
	seen := map[string][]atomic.Bool{}
	for i := range processes * 100 {
		if uri := r.allocate(t, fmt.Sprint("first ", i)).URI; seen[uri] == nil {
			seen[uri] = make([]atomic.Bool, size)
		}
	}
	if len(seen) != processes {
		t.Fatalf("%d lists", len(seen))
	}
	r = newRig(t, lists(processes))
	var done sync.WaitGroup
	for p := range processes {
		done.Go(func() {
			for restart := range restarts {
				s := r.again(t, lists(processes))
				for i := range allocations / processes / restarts {
					ref, err := s.Allocate(t.Context(), fmt.Sprintf("%d-%d-%d", p, restart, i), start)
					if err != nil || seen[ref.URI][ref.Index].Swap(true) {
						t.Errorf("%+v was given twice (%v)", ref, err)
						return
					}
				}
			}
		})
	}
	done.Wait()
}

func TestListNamesDoNotTellTheirOrdinal(t *testing.T) {
	a := newRig(t).allocate(t, "o")
	b := newRig(t, func(c *statusapi.Config) { c.Secret[0] ^= 1 }).allocate(t, "o")
	if a.URI == b.URI || a.Index == b.Index {
		t.Errorf("another secret gives %+v and %+v", a, b)
	}
}

func TestAFullListIsPassedOver(t *testing.T) {
	r := newRig(t, lists(3))
	r.store.full = map[string]bool{}
	for range 3 {
		ref := r.allocate(t, "operation")
		id := strings.TrimPrefix(ref.URI, base+"/t/")
		if r.store.full[id] {
			t.Fatal("a full list gave a slot")
		}
		r.store.full[id] = true
	}
	_, err := r.Allocate(t.Context(), "operation", start)
	wantKind(t, err, fault.Unavailable)
}

func TestAListKeepsTheOrderOfTheSizeItWasMadeWith(t *testing.T) {
	r := newRig(t)
	first := r.allocate(t, "operation")
	r.Service = r.again(t, func(c *statusapi.Config) { c.Size = statuslist.MaxEntries })
	if got := r.allocate(t, "operation"); got != first {
		t.Errorf("got %+v, want %+v", got, first)
	}
}

func TestRevokeReturnsTheFirstTime(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "operation")
	if got := r.revoke(t, ref); !got.Equal(start) {
		t.Errorf("revoked at %v, want %v", got, start)
	}
	r.set(start.Add(time.Hour))
	if got := r.revoke(t, ref); !got.Equal(start) {
		t.Errorf("revoked again at %v, want %v", got, start)
	}
}

func TestRevokeRefusesWhatIsNotOurs(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "operation")
	if err := r.store.EnsureLists(t.Context(), []string{"foreign"}, size); err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.Next(t.Context(), "operation", "foreign", start, 0); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*credential.StatusRef){
		"another host":        func(s *credential.StatusRef) { s.URI = strings.Replace(s.URI, "status.", "other.", 1) },
		"another scheme":      func(s *credential.StatusRef) { s.URI = strings.Replace(s.URI, "https", "http", 1) },
		"the bitstring":       func(s *credential.StatusRef) { s.URI = s.Bitstring },
		"an unknown list":     func(s *credential.StatusRef) { s.URI = base + "/t/unknown" },
		"a foreign list":      func(s *credential.StatusRef) { s.URI = base + "/t/foreign" },
		"no list":             func(s *credential.StatusRef) { s.URI = base + "/t/" },
		"a query":             func(s *credential.StatusRef) { s.URI += "?a" },
		"a slash":             func(s *credential.StatusRef) { s.URI += "/" },
		"an index never used": func(s *credential.StatusRef) { s.Index = (s.Index + 1) % size },
		"an index outside":    func(s *credential.StatusRef) { s.Index = size },
		"a negative index":    func(s *credential.StatusRef) { s.Index = -1 },
	} {
		wrong := ref
		change(&wrong)
		if _, err := r.Revoke(t.Context(), "revoke", wrong); fault.KindOf(err) != fault.NotFound || fault.CodeOf(err) != "NOT_FOUND" {
			t.Errorf("%s: %v, want NOT_FOUND", name, err)
		}
	}
	held, err := r.store.Snapshot(t.Context(), strings.TrimPrefix(ref.URI, base+"/t/"))
	if err != nil || held.Sequence != 0 {
		t.Errorf("%d revoked (%v), want none", held.Sequence, err)
	}
}

// The first slot of a list is one like any other.
func TestIndexZeroCanBeRevoked(t *testing.T) {
	r := newRig(t)
	list := strings.TrimPrefix(r.allocate(t, "operation").URI, base+"/t/")
	zero := credential.StatusRef{URI: base + "/t/" + list, Index: 0}
	held, err := r.store.Head(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	all := statuslist.Recovery{List: list, Epoch: held.Epoch, Size: size, Allocated: size}
	if err := r.store.Restore(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	r.revoke(t, zero)
	r.publish(t)
	token, bitstring := r.decode(t, r.published(t, zero))
	wantStatus(t, token, 0, statuslist.Invalid)
	wantStatus(t, bitstring, 0, statuslist.Invalid)
}
