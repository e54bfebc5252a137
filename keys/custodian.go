package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"justice-wallet/pkg/audit"
)

// Custodian makes, rotates and revokes the keys of a directory. Each act is written down before it is done: one without its
// change is an attempt. What is running learns of it at its next Reload.
type Custodian struct {
	Dir   *Dir
	Make  func(ctx context.Context, p Purpose, now time.Time) (Key, error) // NewKey, or MakeKey of a Provider
	Audit audit.Recorder
	Now   func() time.Time
	By    string // who acts
}

// Period is how long a key of a purpose is what.
type Period struct {
	Signs time.Duration // before the next takes its place
	Ahead time.Duration // it is published before it signs: longer than anybody keeps the list it stands in
	Keep  time.Duration // it is published after it has signed: longer than anything lives that it signed
}

const day = 24 * time.Hour

// PeriodOf is the period of a purpose when nobody asks for another.
func PeriodOf(p Purpose) Period {
	return map[Purpose]Period{
		PurposeOffer:      {Signs: 90 * day, Ahead: day, Keep: 2 * day},                 // a code lives an hour at most
		PurposeCredential: {Signs: 90 * day, Ahead: day, Keep: 400 * day},               // a document lives a year at most
		PurposeDocument:   {Signs: 90 * day, Ahead: day, Keep: 400 * day},               // so its certificate, of 455 days, outlives what it signed
		PurposeStatusList: {Signs: 90 * day, Ahead: day, Keep: 7 * day},                 // a list lives half a day
		PurposeLetter:     {Signs: 90 * day, Ahead: day, Keep: 400 * day},               // as a document
		PurposeIACA:       {Signs: 3 * 365 * day, Ahead: 30 * day, Keep: 6 * 365 * day}, // trust lists are made by hand
		PurposeReader:     {Signs: 180 * day, Ahead: day, Keep: 2 * day},
		PurposeReaderRoot: {Signs: 365 * day, Ahead: 30 * day, Keep: 400 * day},
	}[p]
}

// Rotate makes the key that takes the place of the active one of a purpose: published now, active in ahead, the one before
// published for keep after that. There is one successor at a time.
func (c Custodian) Rotate(ctx context.Context, p Purpose, ahead, keep time.Duration) (Key, error) {
	ring, err := c.ring()
	if err != nil {
		return Key{}, err
	}
	before, err := ring.Active(p)
	if err != nil {
		return Key{}, err
	}
	if next, ok := successor(ring, p); ok {
		return Key{}, fmt.Errorf("rotate %s: key %s takes its place at %s already", p, next.ID, next.decided().Activates.Format(time.RFC3339))
	}
	k, err := c.succeed(ctx, ring, before)
	if err != nil {
		return Key{}, err
	}
	at := c.Now().UTC().Add(ahead).Truncate(time.Second)
	return k, c.decide(ctx, "key.rotate", k, func(b *Book, ring *Ring) error {
		if next, ok := successor(ring, p); ok {
			return fmt.Errorf("rotate %s: key %s takes its place already", p, next.ID)
		}
		if err := c.settle(b, ring, p); err != nil {
			return err
		}
		old := b.Keys[before.ID]
		old.Retires, old.Changed, old.By = at.Add(keep), c.Now().UTC(), c.By
		return errors.Join(
			b.Set(before.ID, before.decided(), old),
			b.Set(k.ID, k.decided(), Status{State: StateCreated, Activates: at, Changed: c.Now().UTC(), By: c.By}),
		)
	})
}

// ring reads the keys as they stand. An expired certificate keeps nobody from what must be done about it.
func (c Custodian) ring() (*Ring, error) {
	ring, err := c.Dir.Ring(c.Now())
	if ring == nil {
		return nil, err
	}
	return ring, nil
}

// successor returns the key that is to take the active one's place.
func successor(r *Ring, p Purpose) (Key, bool) {
	for _, k := range r.All() {
		if k.Purpose == p && k.State == StateCreated && !k.decided().Activates.IsZero() {
			return k, true
		}
	}
	return Key{}, false
}

// succeed makes and saves a key like another, with a certificate where that has one.
func (c Custodian) succeed(ctx context.Context, ring *Ring, before Key) (Key, error) {
	k, err := c.Make(ctx, before.Purpose, c.Now())
	if err != nil {
		return Key{}, err
	}
	switch {
	case len(before.Chain) == 0:
	case before.Purpose == PurposeIACA || before.Purpose == PurposeReaderRoot:
		k, err = c.renew(before, k)
	default:
		k, err = c.certify(ring, before, k)
	}
	if err != nil {
		return Key{}, err
	}
	return k, c.Dir.Save(k)
}

// renew gives a root its certificate and, when the one before still stands, its link.
func (c Custodian) renew(before, k Key) (Key, error) {
	a, err := AuthorityOf(before)
	if err != nil {
		return Key{}, err
	}
	if k, err = CertifyRoot(a, k, c.Now()); err != nil || before.Purpose != PurposeIACA || before.State == StateRevoked {
		return k, err
	}
	return LinkRoots(before, k, c.Now())
}

func (c Custodian) certify(ring *Ring, before, k Key) (Key, error) {
	root, err := ring.Active(parents()[k.Purpose])
	if err != nil {
		return Key{}, err
	}
	host := ""
	if names := before.Chain[0].DNSNames; len(names) > 0 {
		host = names[0]
	}
	return Certify(root, k, host, c.Now())
}

// Due rotates what has signed for its period, and returns the new keys.
func (c Custodian) Due(ctx context.Context) ([]Key, error) {
	ring, err := c.ring()
	if err != nil {
		return nil, err
	}
	var made []Key
	for _, p := range purposes() {
		period := PeriodOf(p)
		k, err := ring.Active(p)
		if _, coming := successor(ring, p); err != nil || coming || c.Now().Before(k.since().Add(period.Signs-period.Ahead)) {
			continue // there is none, or its time has not come
		}
		next, err := c.Rotate(ctx, p, period.Ahead, period.Keep)
		if err != nil {
			return made, err
		}
		made = append(made, next)
	}
	return made, nil
}

// purposes lists all, roots first: what is certified by a root comes after it.
func purposes() []Purpose {
	return []Purpose{
		PurposeIACA, PurposeReaderRoot, PurposeDocument, PurposeReader, PurposeOffer, PurposeCredential, PurposeStatusList, PurposeLetter,
	}
}

// since is from when a key signs.
func (k Key) since() time.Time {
	if at := k.decided().Activates; !at.IsZero() {
		return at
	}
	return k.Created
}

// Revoke takes a key back, for good and at once, and returns what it took back: a root takes what it certified with it, for
// nobody can tell what else it did. With replace, new keys are active at once where one was; a successor that was on its
// way comes now.
func (c Custodian) Revoke(ctx context.Context, id string, reason Reason, replace bool) ([]Key, error) {
	ring, err := c.ring()
	if err != nil {
		return nil, err
	}
	k, ok := ring.ByID(id)
	if !ok || k.State == StateRevoked {
		return nil, fmt.Errorf("revoke: there is no key %s, or it is revoked", id)
	}
	gone := append([]Key{k}, ring.under(k)...)
	var fresh []Key
	if replace {
		if fresh, err = c.replace(ctx, ring, gone); err != nil {
			return nil, err
		}
	}
	return gone, c.decide(ctx, "key.revoke", k, func(b *Book, ring *Ring) error {
		now := c.Now().UTC()
		for _, k := range gone {
			if err := c.settle(b, ring, k.Purpose); err != nil {
				return err
			}
			was := b.Keys[k.ID]
			err := b.Set(k.ID, k.decided(), Status{State: StateRevoked, Activates: was.Activates, Reason: reason, Changed: now, By: c.By})
			if err != nil {
				return err
			}
		}
		for _, k := range fresh {
			if err := b.Set(k.ID, k.decided(), Status{State: StateActive, Activates: now, Changed: now, By: c.By}); err != nil {
				return err
			}
		}
		return nil
	})
}

// under returns what a root certified and nobody has revoked.
func (r *Ring) under(root Key) []Key {
	var out []Key
	for _, k := range r.All() {
		if parents()[k.Purpose] == root.Purpose && k.State != StateRevoked && len(k.Chain) > 0 && signedBy(k.Chain[0], root.Chain[0]) {
			out = append(out, k)
		}
	}
	return out
}

// replace makes a key for each that was active, roots first, and returns them.
func (c Custodian) replace(ctx context.Context, ring *Ring, gone []Key) ([]Key, error) {
	lost := standingWithout(ring, gone)
	var fresh []Key
	for _, k := range gone {
		if k.State != StateActive {
			continue
		}
		next, ok := successor(lost, k.Purpose)
		if !ok {
			k.State = StateRevoked
			var err error
			if next, err = c.succeed(ctx, lost, k); err != nil {
				return nil, err
			}
		}
		fresh = append(fresh, next)
		next.State, next.Status = StateActive, Status{}
		lost = standingWithout(lost, nil, next)
	}
	return fresh, nil
}

// standingWithout is a ring without some keys, and with others.
func standingWithout(r *Ring, gone []Key, more ...Key) *Ring {
	keep := slices.DeleteFunc(r.All(), func(k Key) bool {
		is := func(o Key) bool { return o.ID == k.ID }
		return slices.ContainsFunc(gone, is) || slices.ContainsFunc(more, is)
	})
	return standing(r.at, append(keep, more...))
}

// Activate has a key that nobody decided on sign: the first of its purpose, or one that takes another's place at once.
func (c Custodian) Activate(ctx context.Context, k Key) error {
	return c.decide(ctx, "key.activate", k, func(b *Book, ring *Ring) error {
		if err := c.settle(b, ring, k.Purpose); err != nil {
			return err
		}
		now := c.Now().UTC()
		for _, before := range ring.All() {
			if before.Purpose != k.Purpose || before.State != StateActive || before.ID == k.ID {
				continue
			}
			s := b.Keys[before.ID]
			s.State, s.Changed, s.By = StateInactive, now, c.By
			if err := b.Set(before.ID, before.decided(), s); err != nil {
				return err
			}
		}
		return b.Set(k.ID, k.decided(), Status{State: StateActive, Activates: now, Changed: now, By: c.By})
	})
}

// settle writes down what the clock has decided about the keys of a purpose, so that the book says it without one.
func (c Custodian) settle(b *Book, ring *Ring, p Purpose) error {
	for _, k := range ring.All() {
		if k.Purpose != p || k.State == StateRevoked {
			continue
		}
		s := k.decided()
		if s.State != k.State && k.State == StateInactive && s.State == StateCreated {
			s.State = StateActive // its time came, and went
			if err := b.Set(k.ID, k.decided(), s); err != nil {
				return err
			}
		}
		if s.State != k.State || b.Keys[k.ID].State == "" {
			s.State, s.Changed, s.By = k.State, c.Now().UTC(), c.By
		}
		if err := b.Set(k.ID, k.decided(), s); err != nil {
			return err
		}
	}
	return nil
}

// decide changes the book, after a record of it.
func (c Custodian) decide(ctx context.Context, what string, k Key, change func(b *Book, ring *Ring) error) error {
	return c.Dir.Decide(func(b *Book) error {
		all, err := c.Dir.Keys()
		if err != nil {
			return err
		}
		if err := change(b, standing(c.Now(), all)); err != nil {
			return err
		}
		for i := range all {
			all[i].Status = b.Keys[all[i].ID]
		}
		if err := checkAll(all); err != nil {
			return err
		}
		details := map[string]string{"purpose": string(k.Purpose), "state": string(b.Keys[k.ID].State), "reason": string(b.Keys[k.ID].Reason)}
		return c.Audit.Record(ctx, audit.Event{What: what, When: c.Now(), Who: c.By, Subject: k.ID, Details: details})
	})
}
