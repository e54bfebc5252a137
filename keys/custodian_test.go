package keys_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/store/memstore"
)

// custodian acts on the directory, and makes keys in its vault.
func (a *authorityAt) custodian(log *events) keys.Custodian {
	return keys.Custodian{
		Dir: a.dir, Audit: log, Now: a.clock, By: "synthetic custodian",
		Make: func(ctx context.Context, p keys.Purpose, at time.Time) (keys.Key, error) {
			return keys.MakeKey(ctx, a.vault, p, at)
		},
	}
}

func (a *authorityAt) ring(t *testing.T) *keys.Ring {
	t.Helper()
	r, err := a.dir.Ring(a.clock())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rotate(t *testing.T, c keys.Custodian, p keys.Purpose, ahead, keep time.Duration) keys.Key {
	t.Helper()
	k, err := c.Rotate(t.Context(), p, ahead, keep)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Every purpose: published before it signs, then active, the one before kept and then no more; three times over.
func TestEveryPurposeRotates(t *testing.T) {
	a := newAuthority(t)
	log := &events{}
	c, l := a.custodian(log), a.live(t, memstore.New(a.clock), &events{})
	for p, before := range a.all {
		at := a.clock()
		for range 3 {
			next := rotate(t, c, p, time.Hour, 3*time.Hour)
			reload(t, l)
			if got := states(l, before, next); got != "active created" {
				t.Fatalf("%s: %s", p, got)
			}
			if ids := published(l, p); !strings.Contains(ids, next.ID) || !strings.Contains(ids, before.ID) {
				t.Errorf("%s: only %s is published", p, ids)
			}
			if _, err := c.Rotate(t.Context(), p, time.Hour, time.Hour); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("%s: a second successor: %v", p, err)
			}
			a.set(at.Add(time.Hour))
			wantActive(t, l, next)
			if got := states(l, before, next); got != "inactive active" {
				t.Errorf("%s: %s", p, got)
			}
			if len(next.Chain) > 0 && p == keys.PurposeIACA && len(next.Chain) != 2 {
				t.Errorf("the new root has no link")
			}
			a.set(at.Add(4 * time.Hour))
			if ids := published(l, p); strings.Contains(ids, before.ID) {
				t.Errorf("%s: %s is published still", p, before.ID)
			}
			at, before = at.Add(5*time.Hour), next
			a.set(at)
		}
	}
	if last := log.all[0]; last.What != "key.rotate" || last.Who != "synthetic custodian" || last.Details["state"] != "created" {
		t.Errorf("audit record %+v", last)
	}
	if len(log.all) != 18 {
		t.Errorf("%d audit records", len(log.all))
	}
}

func published(r keys.Keyring, p keys.Purpose) string {
	var ids []string
	for _, k := range r.Published(p) {
		ids = append(ids, k.ID)
	}
	return strings.Join(ids, " ")
}

// An act that cannot be written down is not done.
func TestNoRecordNoAct(t *testing.T) {
	a := newAuthority(t)
	log := &events{fail: errors.New("the log is away")}
	c := a.custodian(log)
	if _, err := c.Rotate(t.Context(), keys.PurposeOffer, 0, 0); !errors.Is(err, log.fail) {
		t.Errorf("rotated: %v", err)
	}
	if _, err := c.Revoke(t.Context(), a.all[keys.PurposeOffer].ID, keys.ReasonCompromised, true); !errors.Is(err, log.fail) {
		t.Errorf("revoked: %v", err)
	}
	wantActive(t, a.ring(t), a.all[keys.PurposeOffer])
	if b, err := a.dir.Book(); err != nil || b.Version != 0 {
		t.Errorf("%v: %+v", err, b)
	}
}

func TestWhatHasSignedForItsPeriodIsRotated(t *testing.T) {
	a := newAuthority(t)
	c := a.custodian(&events{})
	due := func(want ...keys.Purpose) {
		t.Helper()
		made, err := c.Due(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range made {
			got = append(got, string(k.Purpose))
		}
		var names []string
		for _, p := range want {
			names = append(names, string(p))
		}
		if sortedJoin(got) != sortedJoin(names) {
			t.Fatalf("rotated %v, want %v", got, want)
		}
	}
	due()
	a.set(now.Add(89*24*time.Hour - time.Second))
	due()
	a.set(now.Add(89 * 24 * time.Hour))
	due(keys.PurposeDocument, keys.PurposeOffer, keys.PurposeCredential, keys.PurposeStatusList, keys.PurposeLetter)
	due() // they are on their way
	a.set(now.Add(90 * 24 * time.Hour))
	for p, k := range a.all {
		got, err := a.ring(t).Active(p)
		if err != nil || (got.ID == k.ID) != (p == keys.PurposeIACA) {
			t.Errorf("%s: %s (%v)", p, got.ID, err)
		}
	}
	a.set(now.Add((3*365 - 30) * 24 * time.Hour)) // the certificate of the signer that nobody rotated since has expired
	if _, err := a.dir.Ring(a.clock()); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Fatalf("got %v", err)
	}
	due(keys.PurposeIACA, keys.PurposeOffer, keys.PurposeCredential, keys.PurposeStatusList, keys.PurposeLetter)
}

// The key's place is taken at once, and what anyone may have signed with it is believed no more.
func TestAKeyIsRevokedAndReplaced(t *testing.T) {
	a := newAuthority(t)
	log := &events{}
	c, l := a.custodian(log), a.live(t, memstore.New(a.clock), &events{})
	old := a.all[keys.PurposeDocument]
	a.set(now.Add(time.Hour))
	gone, err := c.Revoke(t.Context(), old.ID, keys.ReasonCompromised, true)
	if err != nil || len(gone) != 1 || gone[0].ID != old.ID {
		t.Fatalf("%v: %v", err, gone)
	}
	reload(t, l)
	next, err := l.Active(keys.PurposeDocument)
	if err != nil || next.ID == old.ID {
		t.Fatalf("%v: %s", err, next.ID)
	}
	wantActive(t, l, next)
	if got := states(l, old, next); got != "revoked active" {
		t.Errorf("%s", got)
	}
	a.set(now.Add(time.Hour - 5*time.Second)) // a replica whose clock is behind
	wantActive(t, a.ring(t), next)
	root := a.all[keys.PurposeIACA]
	root.State = keys.StateActive
	if list := crl(t, root, l.All(), now.Add(time.Hour)); len(list.RevokedCertificateEntries) != 1 {
		t.Errorf("%d entries", len(list.RevokedCertificateEntries))
	}
	if last := log.all[len(log.all)-1]; last.What != "key.revoke" || last.Subject != old.ID || last.Details["reason"] != "compromised" {
		t.Errorf("audit record %+v", last)
	}
	if _, err := c.Revoke(t.Context(), old.ID, keys.ReasonCeased, false); err == nil {
		t.Error("revoked twice")
	}
}

// A successor that is on its way comes at once.
func TestARevokedKeysSuccessorComesAtOnce(t *testing.T) {
	a := newAuthority(t)
	c := a.custodian(&events{})
	next := rotate(t, c, keys.PurposeCredential, 24*time.Hour, 0)
	a.set(now.Add(time.Hour))
	if _, err := c.Revoke(t.Context(), a.all[keys.PurposeCredential].ID, keys.ReasonCompromised, true); err != nil {
		t.Fatal(err)
	}
	wantActive(t, a.ring(t), next)
	// And without being asked for, nothing comes.
	if _, err := c.Revoke(t.Context(), next.ID, keys.ReasonCompromised, false); err != nil {
		t.Fatal(err)
	}
	wantNone(t, a.ring(t), keys.PurposeCredential, "")
	k, err := c.Make(t.Context(), keys.PurposeCredential, a.clock())
	if err == nil {
		err = a.dir.Save(k)
	}
	if err == nil {
		err = c.Activate(t.Context(), k)
	}
	if err != nil {
		t.Fatal(err)
	}
	wantActive(t, a.ring(t), k)
}

// A root takes what it certified with it: the new one has no link from it, and a signer of its own.
func TestARevokedRootTakesItsSignersWithIt(t *testing.T) {
	a := newAuthority(t)
	c := a.custodian(&events{})
	root, signer := a.all[keys.PurposeIACA], a.all[keys.PurposeDocument]
	a.set(now.Add(time.Hour))
	gone, err := c.Revoke(t.Context(), root.ID, keys.ReasonCompromised, true)
	if err != nil || len(gone) != 2 {
		t.Fatalf("%v: %d keys", err, len(gone))
	}
	r := a.ring(t)
	if got := states(r, root, signer); got != "revoked revoked" {
		t.Errorf("%s", got)
	}
	newRoot, err := r.Active(keys.PurposeIACA)
	if err != nil || len(newRoot.Chain) != 1 {
		t.Fatalf("%v: a chain of %d", err, len(newRoot.Chain))
	}
	newSigner, err := r.Active(keys.PurposeDocument)
	if err != nil || newSigner.Chain[0].CheckSignatureFrom(newRoot.Chain[0]) != nil {
		t.Errorf("%v: the new signer is not under the new root", err)
	}
	if list := keys.IACAs(r).Data; len(list) != 1 || list[0].ID != newRoot.ID {
		t.Errorf("%d roots", len(list))
	}
}

// The root that the signer in use is under is the first of the list, through the whole of a root's rotation.
func TestTheRootInUseIsListedFirst(t *testing.T) {
	a := newAuthority(t)
	c, old := a.custodian(&events{}), a.all[keys.PurposeIACA]
	first := func(step string, want keys.Key, listed int) {
		t.Helper()
		if data := keys.IACAs(a.ring(t)).Data; len(data) != listed || data[0].ID != want.ID {
			t.Errorf("%s: the first of %d is %s", step, len(data), data[0].ID)
		}
	}
	next := rotate(t, c, keys.PurposeIACA, time.Hour, 1000*time.Hour)
	first("a new root is there", old, 2)
	a.set(now.Add(2 * time.Hour))
	first("and active", old, 2)
	signer := rotate(t, c, keys.PurposeDocument, time.Hour, time.Hour)
	if signer.Chain[0].CheckSignatureFrom(next.Chain[0]) != nil {
		t.Fatal("the new signer is not under the new root")
	}
	first("its signer is there", old, 2)
	a.set(now.Add(4 * time.Hour))
	first("and active", next, 2)
}
