package verifier

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/ui"
	"justice-wallet/verifier/internal/letter"
	"justice-wallet/verifier/internal/trust"
)

// Letters is what a verifier that checks letters on paper is told.
type Letters struct {
	// Phone is the line that confirms a letter by its code. LETTER_PHONE turns the pages on; they need make assets.
	Phone string
}

// letterKeys are the keys of the issuers of letters that the trust file names now.
type letterKeys struct {
	store  *trust.Store
	client *fetch.Client
	now    func() time.Time

	mu   sync.Mutex
	of   []trust.Letters
	sets []*fetch.KeySet
}

// Of implements letter.Keys.
func (k *letterKeys) Of(ctx context.Context) (map[string]map[string]*ecdsa.PublicKey, error) {
	of, sets := k.current()
	if len(of) == 0 {
		return nil, fault.New(fault.Unavailable, "letters_unavailable", "nobody is trusted for letters")
	}
	out := map[string]map[string]*ecdsa.PublicKey{}
	for i, issuer := range of {
		set, err := sets[i].Set(ctx)
		if err != nil {
			return nil, err
		}
		out[issuer.Issuer] = map[string]*ecdsa.PublicKey{}
		for _, id := range set.IDs() {
			key, _ := set.Lookup(id)
			if p256, ok := key.(*ecdsa.PublicKey); ok {
				out[issuer.Issuer][id] = p256
			}
		}
	}
	return out, nil
}

// current makes new sets when the issuers have changed; the keys that were held are fetched again.
func (k *letterKeys) current() ([]trust.Letters, []*fetch.KeySet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if of := k.store.Letters(); k.sets == nil || !slices.Equal(of, k.of) {
		k.of, k.sets = of, []*fetch.KeySet{}
		for _, issuer := range of {
			k.sets = append(k.sets, fetch.NewKeySet(k.client, issuer.JWKS, fetch.KeySetOptions{Now: k.now}))
		}
	}
	return k.of, k.sets
}

// Lists implements letter.Lists.
func (l *lists) Lists(ctx context.Context) []letter.List {
	var out []letter.List
	for _, whole := range l.current().All(ctx) {
		out = append(out, letter.List(whole))
	}
	return out
}

// openLetters assembles the pages that check letters.
func (v *Verifier) openLetters(c Config, d Deps, store *trust.Store, client *fetch.Client, of *lists) (*letter.Pages, error) {
	if v.assets == nil {
		v.assets = d.Assets
	}
	if v.assets == nil {
		var err error
		if v.assets, err = ui.OpenAssets(); err != nil {
			return nil, fmt.Errorf("check letters: %w", err)
		}
	}
	keys := &letterKeys{store: store, client: client, now: d.Now}
	pages, err := letter.New(letter.Options{
		Checker: letter.Checker{Keys: keys, Status: v.checks.Status, Now: d.Now}, Lists: of, Assets: v.assets, Phone: c.Letters.Phone,
	})
	if err != nil {
		return nil, fmt.Errorf("check letters: %w", err)
	}
	return pages, nil
}
