package issuance_test

import (
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/letter"
)

// turning is a ring whose letter key changes while it is asked: the keys of each call in turn, then the last one always.
type turning struct {
	keys    []keys.Key
	revoked string // the id of the key that nobody may use any more
	asked   int
}

func (r *turning) Active(keys.Purpose) (keys.Key, error) {
	k := r.keys[min(r.asked, len(r.keys)-1)]
	r.asked++
	return k, nil
}

func (r *turning) ByID(id string) (keys.Key, bool) {
	for _, k := range r.keys {
		if k.ID == id {
			if id == r.revoked {
				k.State = keys.StateRevoked
			}
			return k, true
		}
	}
	return keys.Key{}, false
}

func letterKey(t *testing.T) keys.Key {
	t.Helper()
	k, err := keys.NewKey(keys.PurposeLetter, start.Add(-time.Hour))
	must(t, err)
	k.State = keys.StateActive
	return k
}

// A key that changes while a letter is written does not sign it: the next one does, in the same slot, once.
func TestTheKeyThatSignsIsTheOneThatSignsStill(t *testing.T) {
	one, two := letterKey(t), letterKey(t)
	for name, ring := range map[string]*turning{
		"rotated before the signature": {keys: []keys.Key{one, two}},
		"revoked before the commit":    {keys: []keys.Key{one, one, two}, revoked: one.ID},
	} {
		d := newDesk(t)
		d.service.Keys = ring
		issued := d.issue(t, 1)
		token, err := letter.Parse(issued.Link[len("https://check.example/letter#"):])
		must(t, err)
		if token.KeyID() != two.ID {
			t.Errorf("%s: signed by %s, want %s", name, token.KeyID(), two.ID)
		}
		if all, err := d.CredentialsOf(t.Context(), "A0001AA"); err != nil || len(all) != 1 || all[0].KeyID != two.ID || len(d.slots) != 1 {
			t.Errorf("%s: %v: %d letters in %d slots", name, err, len(all), len(d.slots))
		}
	}
	d := newDesk(t)
	d.service.Keys = &turning{keys: []keys.Key{one, two, one, two, one, two}}
	if _, err := d.letters.Issue(t.Context(), ask(1)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("keys that never rest: %v", err)
	}
	if all, err := d.CredentialsOf(t.Context(), "A0001AA"); err != nil || len(all) != 0 {
		t.Errorf("%v: %d letters", err, len(all))
	}
}
