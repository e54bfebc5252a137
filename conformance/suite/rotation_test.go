package suite_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/keys"
	"justice-wallet/pkg/format/mdoc"
)

// stepped is a clock that a test moves.
type stepped struct {
	mu sync.Mutex
	at time.Time
}

func (c *stepped) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *stepped) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// load is people who collect documents and have them checked, one after the other, until they are stopped.
type load struct {
	r    *rig.Rig
	stop chan struct{}
	done sync.WaitGroup

	mu     sync.Mutex
	turn   sync.Cond // told at every document
	made   []int     // documents, by person
	held   []*wallet.Held
	failed []error
}

func startLoad(t *testing.T, r *rig.Rig, people int) *load {
	t.Helper()
	l := &load{r: r, stop: make(chan struct{}), made: make([]int, people)}
	l.turn.L = &l.mu
	for i := range people {
		name := fmt.Sprintf("urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheRotation%014d", i)
		w, err := r.NewWallet(context.Background(), name)
		if err != nil {
			t.Fatal(err)
		}
		l.done.Go(func() { l.person(w, name, i) })
	}
	return l
}

func (l *load) person(w *wallet.Wallet, account string, i int) {
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		default:
		}
		h, err := l.document(w, account, []string{"mdoc", "jwt"}[(n+i)%2])
		l.mu.Lock()
		l.made[i]++
		if err != nil {
			l.failed = append(l.failed, err)
		} else {
			l.held = append(l.held, h)
		}
		l.turn.Broadcast()
		l.mu.Unlock()
	}
}

// document collects one, has it checked, and one of those before it too.
func (l *load) document(w *wallet.Wallet, account, format string) (*wallet.Held, error) {
	ctx := context.Background()
	link, err := l.r.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: format, Record: person, WalletSubject: account})
	if err != nil {
		return nil, fmt.Errorf("offer: %w", err)
	}
	h, err := w.Collect(ctx, link)
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	if err := l.verify(h); err != nil {
		return nil, err
	}
	l.mu.Lock()
	before := h
	if len(l.held) > 0 {
		before = l.held[len(l.held)/2]
	}
	l.mu.Unlock()
	return h, l.verify(before)
}

func (l *load) verify(h *wallet.Held) error {
	body := map[string]any{"vcJwt": h.Raw}
	if h.Format == wallet.FormatMDoc {
		body = map[string]any{"issuerSigned": h.Raw}
	}
	result, err := l.r.Verify(context.Background(), body)
	if err != nil || result.Verdict != "valid" {
		return fmt.Errorf("verify %s: %w: %+v", h.Format, err, result.Checks)
	}
	return nil
}

// round waits until everybody has made one more document: what was begun before it has ended by then.
func (l *load) round() {
	l.mu.Lock()
	defer l.mu.Unlock()
	target := append([]int{}, l.made...)
	for i := range l.made {
		for l.made[i] < target[i]+1 && len(l.failed) == 0 {
			l.turn.Wait()
		}
	}
}

// signedBy reads from a document which key signed it, and when it says that it did.
func signedBy(t *testing.T, r *rig.Rig, h *wallet.Held) (id string, at time.Time) {
	t.Helper()
	if h.Format == wallet.FormatMDoc {
		opened, err := mdoc.OpenBase64(h.Raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range r.Ring.All() {
			if k.Public().Equal(opened.Chain[0].PublicKey) {
				return k.ID, opened.MSO.Validity.Signed
			}
		}
		t.Fatal("a document is signed by no key of ours")
	}
	var header struct{ Kid string }
	var claims struct{ Iat int64 }
	for i, v := range []any{&header, &claims} {
		part, err := base64.RawURLEncoding.DecodeString(strings.Split(h.Raw, ".")[i])
		if err != nil || json.Unmarshal(part, v) != nil {
			t.Fatalf("part %d of a JWT cannot be read", i)
		}
	}
	_, id, _ = strings.Cut(header.Kid, "#")
	return id, time.Unix(claims.Iat, 0)
}

// Every key is rotated ten times while documents are issued and checked: nobody notices. Each document was signed by the key
// that was active when it says it was, and is valid to the end.
func TestTenRotationsUnderLoad(t *testing.T) {
	const ahead = 6 * time.Minute // longer than a verifier believes what it fetched
	clock := &stepped{at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	r := start(t, rig.Options{Now: clock.now})
	custodian := r.Custodian()
	from := map[string]time.Time{} // when each key became active
	purposes := []keys.Purpose{keys.PurposeDocument, keys.PurposeCredential, keys.PurposeOffer, keys.PurposeStatusList}
	order := map[keys.Purpose][]string{}
	for _, p := range purposes {
		k, err := r.Ring.Active(p)
		if err != nil {
			t.Fatal(err)
		}
		from[k.ID], order[p] = clock.now(), []string{k.ID}
	}
	tick := func() {
		t.Helper()
		if err := r.Ring.Reload(context.Background()); err != nil {
			t.Error(err)
		}
		if err := r.Issuer.Publish(context.Background()); err != nil {
			t.Error(err)
		}
	}
	people := startLoad(t, r, 2)
	for range 10 {
		for _, p := range purposes {
			k, err := custodian.Rotate(t.Context(), p, ahead, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			from[k.ID], order[p] = clock.now().Add(ahead), append(order[p], k.ID)
		}
		tick()
		for passed := time.Duration(0); passed <= ahead; passed += 2 * time.Minute {
			people.round()
			clock.add(2 * time.Minute)
			tick()
		}
		people.round()
	}
	close(people.stop)
	people.done.Wait()
	for _, err := range people.failed {
		t.Error(err)
	}
	for _, p := range purposes {
		if len(order[p]) != 11 {
			t.Errorf("%s had %d keys", p, len(order[p]))
		}
	}
	used := map[string]int{}
	for _, h := range people.held {
		id, at := signedBy(t, r, h)
		used[id]++
		p := keys.PurposeCredential
		if h.Format == wallet.FormatMDoc {
			p = keys.PurposeDocument
		}
		for i, active := range order[p] {
			if last := i == len(order[p])-1; active == id && (at.Before(from[id]) || !last && !at.Before(from[order[p][i+1]])) {
				t.Errorf("a %s of %v is signed by key %d, active from %v", h.Format, at, i, from[id])
			}
		}
		if err := people.verify(h); err != nil {
			t.Error(err)
		}
	}
	if len(used) < 20 {
		t.Errorf("%d documents by only %d keys", len(people.held), len(used))
	}
}
