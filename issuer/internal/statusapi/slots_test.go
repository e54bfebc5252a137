package statusapi_test

import (
	"fmt"
	"math"
	"strings"
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

// Under a random order the correlation has a standard deviation of 0.045 here.
func TestTheIndexDoesNotTellTheTime(t *testing.T) {
	r := newRig(t)
	const n = 500
	var sum, sumSquares, withTime float64
	for i := range n {
		x := float64(r.allocate(t, fmt.Sprint(i)).Index)
		sum, sumSquares, withTime = sum+x, sumSquares+x*x, withTime+x*float64(i)
	}
	covariance := withTime/n - sum/n*(n-1)/2
	deviation := math.Sqrt((sumSquares/n - sum/n*sum/n) * (n*n - 1) / 12)
	if c := covariance / deviation; math.Abs(c) > 0.2 {
		t.Errorf("correlation of index and time is %.2f", c)
	}
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
