package statuslist_test

import (
	"errors"
	"strings"
	"testing"

	"justice-wallet/pkg/statuslist"
)

func newList(t testing.TB, bits, size int) *statuslist.List {
	t.Helper()
	l, err := statuslist.New(bits, size)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func set(t testing.TB, l *statuslist.List, i int, v byte) {
	t.Helper()
	if err := l.Set(i, v); err != nil {
		t.Fatalf("set %d to %d: %v", i, v, err)
	}
}

func wantStatus(t testing.TB, l *statuslist.List, i int, want byte) {
	t.Helper()
	if got, err := l.Get(i); err != nil || got != want {
		t.Fatalf("entry %d is %d (%v), want %d", i, got, err, want)
	}
}

func TestSame(t *testing.T) {
	list := func(bits, size int, ended ...int) *statuslist.List {
		l, err := statuslist.New(bits, size)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range ended {
			if err := l.Set(i, statuslist.Invalid); err != nil {
				t.Fatal(err)
			}
		}
		return l
	}
	l := list(2, 9, 3)
	for name, c := range map[string]struct {
		other *statuslist.List
		same  bool
	}{
		"the same":                {list(2, 9, 3), true},
		"more that fill the byte": {list(2, 12, 3), true},
		"another entry":           {list(2, 9, 3, 8), false},
		"one in what fills":       {list(2, 12, 3, 11), false},
		"fewer ended":             {list(2, 9), false},
		"longer":                  {list(2, 13, 3), false},
		"other bits":              {list(1, 18, 6), false},
	} {
		if l.Same(c.other) != c.same {
			t.Errorf("%s: %v", name, !c.same)
		}
	}
}

// Readers that know the levels 7 to 9 alone look at two bytes.
func TestTheHeaderSaysBest(t *testing.T) {
	l, err := statuslist.New(2, 131072)
	if err != nil {
		t.Fatal(err)
	}
	claim, err := l.EncodeToken()
	if err != nil || !strings.HasPrefix(claim.List, "eN") { // 0x78DA
		t.Errorf("%.8s, %v", claim.List, err)
	}
}

func TestSetChangesOneEntry(t *testing.T) {
	for _, bits := range []int{1, 2, 4, 8} {
		l := newList(t, bits, 20)
		most := byte(1<<bits - 1)
		for i := range l.Len() {
			set(t, l, i, most)
		}
		for i := range l.Len() {
			set(t, l, i, 0)
			for j := range l.Len() {
				want := most
				if j == i {
					want = 0
				}
				wantStatus(t, l, j, want)
			}
			set(t, l, i, most)
		}
	}
}

func TestAnEntryThatIsNotThereIsAnError(t *testing.T) {
	l := newList(t, 2, 5) // its last byte has room for three more
	for _, i := range []int{-1, 5, 7, 8, 1 << 40} {
		if _, err := l.Get(i); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("Get(%d): %v, want ErrNoSlot", i, err)
		}
		if err := l.Set(i, 1); !errors.Is(err, statuslist.ErrNoSlot) {
			t.Errorf("Set(%d): %v, want ErrNoSlot", i, err)
		}
	}
}

func TestSetRefusesAValueThatDoesNotFit(t *testing.T) {
	for bits, v := range map[int]byte{1: 2, 2: 4, 4: 16} {
		if err := newList(t, bits, 8).Set(0, v); err == nil {
			t.Errorf("%d fits %d bits", v, bits)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct{ bits, size int }{{0, 8}, {3, 8}, {16, 8}, {-1, 8}, {1, 0}, {1, -1}, {1, statuslist.MaxEntries + 1}} {
		if _, err := statuslist.New(c.bits, c.size); err == nil {
			t.Errorf("a list of %d entries of %d bits was made", c.size, c.bits)
		}
	}
}
