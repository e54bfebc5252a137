package statusapi_test

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/statustoken"
)

func wantStatus(t *testing.T, l *statuslist.List, i int, want byte) {
	t.Helper()
	if got, err := l.Get(i); err != nil || got != want {
		t.Errorf("entry %d is %d (%v), want %d", i, got, err, want)
	}
}

// decode reads the forms of a publication, as a reader of each specification would. A CWT must say what the JWT does.
func (r *rig) decode(t *testing.T, p statuslist.Published) (token, bitstring *statuslist.List) {
	t.Helper()
	_, claims := r.open(t, p.Token, jose.Expect{Type: "statuslist+jwt"})
	var payload struct {
		StatusList statuslist.Claim `json:"status_list"`
	}
	if err := claims.Decode(&payload); err != nil {
		t.Fatal(err)
	}
	token, err := statuslist.DecodeToken(payload.StatusList, size)
	if err != nil {
		t.Fatal(err)
	}
	r.wantSameCWT(t, p, token)
	_, claims = r.open(t, p.Bitstring, jose.Expect{Type: "vc+jwt", ContentType: "vc"})
	subject, err := claims.Object("credentialSubject")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := subject.String("encodedList")
	if err != nil {
		t.Fatal(err)
	}
	bitstring, err = statuslist.DecodeBitstring(encoded, 2, size)
	if err != nil {
		t.Fatal(err)
	}
	return token, bitstring
}

func (r *rig) wantSameCWT(t *testing.T, p statuslist.Published, want *statuslist.List) {
	t.Helper()
	signed, err := statustoken.Parse(p.CWT)
	if err != nil {
		t.Fatal(err)
	}
	said, err := signed.Verify(r.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	got, err := said.Statuses(size)
	if err != nil || got.Len() != want.Len() || got.Bits() != want.Bits() {
		t.Fatalf("a list of %v (%v)", got, err)
	}
	for i := range want.Len() {
		if value, err := want.Get(i); err == nil {
			wantStatus(t, got, i, value)
		}
	}
}

func TestPublishedListsSayWhatWasRevoked(t *testing.T) {
	r := newRig(t)
	revoked := map[int]bool{}
	var last credential.StatusRef
	for i := range 60 {
		last = r.allocate(t, fmt.Sprint(i))
		if i%3 == 0 {
			r.revoke(t, last)
			revoked[last.Index] = true
		}
	}
	r.publish(t)
	p := r.published(t, last)
	if p.Revoked != 20 || p.Sequence != 20 {
		t.Errorf("publication of %d revoked at sequence %d, want 20", p.Revoked, p.Sequence)
	}
	token, bitstring := r.decode(t, p)
	for i := range size {
		want := statuslist.Valid
		if revoked[i] {
			want = statuslist.Invalid
		}
		wantStatus(t, token, i, want)
		wantStatus(t, bitstring, i, want)
	}
}

func TestAListIsPublishedBeforeItsFirstRevocation(t *testing.T) {
	r := newRig(t)
	r.publish(t)
	if p := r.published(t, r.allocate(t, "o")); p.Token == "" || p.Bitstring == "" || p.Revoked != 0 {
		t.Errorf("published %+v", p)
	}
}

func asJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func wantMembers(t *testing.T, got map[string]any, want string) {
	t.Helper()
	a, errGot := json.MarshalIndent(got, "", " ")
	b, errWant := json.MarshalIndent(asJSON(t, want), "", " ")
	if errGot != nil || errWant != nil || string(a) != string(b) {
		t.Errorf("got %s\nwant %s", a, b)
	}
}

func TestTokenOnTheWire(t *testing.T) {
	r := newRig(t)
	r.publish(t)
	ref := r.allocate(t, "o")
	header, claims := r.open(t, r.published(t, ref).Token, jose.Expect{Type: "statuslist+jwt"})
	if want := (jose.Header{Algorithm: "ES256", Type: "statuslist+jwt", KeyID: "status-list-key-1"}); header != want {
		t.Errorf("header %+v, want %+v", header, want)
	}
	got := asJSON(t, string(claims.Raw()))
	delete(got["status_list"].(map[string]any), "lst")
	wantMembers(t, got, `{
		"iss": "https://status.example", "sub": "`+ref.URI+`",
		"iat": 1772443800, "exp": 1772447400, "ttl": 900, "status_list": {"bits": 2}
	}`)
}

func TestCWTOnTheWire(t *testing.T) {
	r := newRig(t)
	r.publish(t)
	ref := r.allocate(t, "o")
	raw := r.published(t, ref).CWT
	signed, err := statustoken.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := signed.Verify(r.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if string(signed.KeyID()) != "status-list-key-1" || raw[0] != 0xd2 {
		t.Errorf("kid %q, tag %x", signed.KeyID(), raw[0])
	}
	if l.Subject != ref.URI || !l.Issued.Equal(start) || !l.Expires.Equal(start.Add(time.Hour)) || l.TTL != 15*time.Minute || l.Bits != 2 {
		t.Errorf("%q %v %v %v %d", l.Subject, l.Issued, l.Expires, l.TTL, l.Bits)
	}
}

// A publication of a version that made no CWT is made anew at once.
func TestAPublicationWithoutACWTIsRenewed(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	r.publish(t)
	old := r.published(t, ref)
	old.CWT = nil
	r.save(t, old)
	r.Service = r.again(t)
	if w := r.mustGet(t, ref.URI, "Accept", statustoken.MediaType); w.Header().Get("Content-Type") != "application/statuslist+jwt" || w.Body.String() != old.Token {
		t.Errorf("%s, where there is no CWT yet", w.Header().Get("Content-Type"))
	}
	r.publish(t)
	if len(r.published(t, ref).CWT) == 0 {
		t.Error("still none")
	}
}

// A list is signed anew at once when another key signs: the one before may have been revoked.
func TestAPublicationOfAnotherKeyIsRenewed(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	r.publish(t)
	first := r.published(t, ref)
	if want := []string{"status-list-key-1", "credential-key-1"}; !slices.Equal(first.KeyIDs, want) {
		t.Errorf("signed by %v, want %v", first.KeyIDs, want)
	}
	r.set(start.Add(time.Minute))
	r.publish(t)
	if got := r.published(t, ref); !got.Issued.Equal(first.Issued) {
		t.Error("renewed with the same keys")
	}
	r.key.ID = "key-2"
	r.publish(t)
	got := r.published(t, ref)
	if header, _ := r.open(t, got.Token, jose.Expect{Type: "statuslist+jwt"}); header.KeyID != "status-list-key-2" || !got.Issued.Equal(r.now()) {
		t.Errorf("signed by %s at %v", header.KeyID, got.Issued)
	}
}

func TestBitstringCredentialOnTheWire(t *testing.T) {
	r := newRig(t)
	r.publish(t)
	ref := r.allocate(t, "o")
	header, claims := r.open(t, r.published(t, ref).Bitstring, jose.Expect{Type: "vc+jwt", ContentType: "vc"})
	if want := (jose.Header{Algorithm: "ES256", Type: "vc+jwt", ContentType: "vc", KeyID: did + "#credential-key-1"}); header != want {
		t.Errorf("header %+v, want %+v", header, want)
	}
	got := asJSON(t, string(claims.Raw()))
	delete(got["credentialSubject"].(map[string]any), "encodedList")
	wantMembers(t, got, `{
		"@context": ["https://www.w3.org/ns/credentials/v2"],
		"id": "`+ref.Bitstring+`",
		"type": ["VerifiableCredential", "BitstringStatusListCredential"],
		"issuer": "did:web:issuer.example",
		"validFrom": "2026-03-02T09:30:00Z",
		"validUntil": "2026-03-02T10:30:00Z",
		"credentialSubject": {
			"id": "`+ref.Bitstring+`#list", "type": "BitstringStatusList", "statusPurpose": "message", "statusSize": 2,
			"statusMessage": [{"status": "0x0", "message": "valid"}, {"status": "0x1", "message": "invalid"}],
			"ttl": 900000
		}
	}`)
}

func TestPublishRenewsOnlyWhatIsDue(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	r.publish(t)
	first := r.published(t, ref)

	r.set(start.Add(30 * time.Minute))
	r.publish(t)
	if !reflect.DeepEqual(r.published(t, ref), first) {
		t.Error("renewed at half its life, with nothing changed")
	}
	r.set(start.Add(30*time.Minute + time.Second))
	r.publish(t)
	second := r.published(t, ref)
	if !second.Issued.Equal(r.now()) {
		t.Error("not renewed past half its life")
	}
	r.set(r.now().Add(time.Second))
	r.revoke(t, ref)
	r.publish(t)
	if got := r.published(t, ref); got.Revoked != 1 || !got.Issued.Equal(r.now()) {
		t.Errorf("not renewed after a revocation: %d revoked, issued %v", got.Revoked, got.Issued)
	}
}

func TestAFailureKeepsTheOldListByteForByte(t *testing.T) {
	for name, breakIt := range map[string]func(r *rig, now statuslist.Snapshot){
		"the key does not sign": func(r *rig, _ statuslist.Snapshot) { r.signer.broken = errBroken },
		"the key signs wrongly": func(r *rig, _ statuslist.Snapshot) { r.signer.wrong = newRig(t).signer },
		"the clock goes back":   func(r *rig, _ statuslist.Snapshot) { r.set(start.Add(-time.Hour)) },
		"the store is away":     func(r *rig, _ statuslist.Snapshot) { r.store.away = errBroken },
		"the store goes back": func(r *rig, now statuslist.Snapshot) {
			now.Sequence, now.Revoked = 0, make([]byte, size/8)
			r.store.past = &now
		},
		"another's part is owed": func(r *rig, now statuslist.Snapshot) {
			now.Owed = "another"
			r.store.past = &now
		},
		"the store was emptied": func(r *rig, now statuslist.Snapshot) {
			now.Epoch = "another"
			r.store.past = &now
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			ref := r.allocate(t, "a")
			r.revoke(t, ref)
			r.publish(t)
			before := r.published(t, ref)
			r.revoke(t, r.allocate(t, "b"))
			now, err := r.store.Snapshot(t.Context(), before.List)
			if err != nil {
				t.Fatal(err)
			}
			breakIt(r, now)
			if err := r.Publish(t.Context()); err == nil {
				t.Error("published")
			}
			if got := r.published(t, ref); !reflect.DeepEqual(got, before) {
				t.Error("the old list is not as it was")
			}
		})
	}
}

// A store and its publications that went back together are caught by what was published from here.
func TestARestoredStoreDoesNotBringBackAnOlderList(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	older, err := r.store.Snapshot(t.Context(), r.published(t, ref).List)
	if err != nil {
		t.Fatal(err)
	}
	r.revoke(t, ref)
	r.set(start.Add(time.Second))
	r.publish(t)
	newer := r.published(t, ref)

	r.store.past = &older
	r.store.lost = true
	if err := r.Publish(t.Context()); err == nil {
		t.Error("published")
	}
	if _, err := r.get(t, ref.URI); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a list is served of a store that lost the newest: %v", err)
	}
	r.store.lost = false
	if got := r.mustGet(t, ref.URI).Body.String(); got != newer.Token {
		t.Error("the newest list is not the one that is served")
	}
}

// Other processes read publications from the store alone: the one whose memory is whole must not take its own for theirs.
func TestAStoreThatLostTheNewestPublicationIsGivenAnother(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "a")
	r.publish(t)
	older := r.published(t, ref)
	r.revoke(t, ref)
	r.set(start.Add(time.Second))
	r.publish(t)
	r.store.back = &older
	r.set(start.Add(2 * time.Second))
	r.publish(t)
	if got := r.published(t, ref); got.Revoked != 1 || !got.Issued.Equal(start.Add(2*time.Second)) {
		t.Errorf("the store's has %d revoked, issued %v", got.Revoked, got.Issued)
	}
	r.set(start.Add(3 * time.Second))
	r.publish(t)
	if got := r.published(t, ref); !got.Issued.Equal(start.Add(2 * time.Second)) {
		t.Error("one that is whole was published again")
	}
}

func TestOneListThatFailsDoesNotKeepTheOthersBack(t *testing.T) {
	r := newRig(t, lists(3))
	first := r.allocate(t, "a")
	r.publish(t)
	r.set(start.Add(time.Minute))
	ahead := r.published(t, first)
	ahead.Issued = start.Add(time.Hour)
	ahead.Sequence = 9
	r.save(t, ahead)
	var others []credential.StatusRef
	for i := range 30 {
		if ref := r.allocate(t, fmt.Sprint(i)); ref.URI != first.URI {
			r.revoke(t, ref)
			others = append(others, ref)
		}
	}
	if err := r.Publish(t.Context()); err == nil {
		t.Error("published over a newer list")
	}
	for _, ref := range others {
		if r.published(t, ref).Revoked == 0 {
			t.Fatal("another list was kept back")
		}
	}
}

func TestTheRevokedNeverGrowFewer(t *testing.T) {
	r := newRig(t)
	highest := 0
	for i := range 20 {
		r.set(start.Add(time.Duration(i) * time.Minute))
		ref := r.allocate(t, fmt.Sprint(i))
		r.revoke(t, ref)
		r.signer.broken = nil
		if i%4 == 3 {
			r.signer.broken = errBroken
		}
		if err := r.Publish(t.Context()); (err != nil) != (i%4 == 3) {
			t.Fatalf("round %d: %v", i, err)
		}
		got := r.published(t, ref).Revoked
		if got < highest {
			t.Fatalf("round %d: %d revoked after %d", i, got, highest)
		}
		highest = got
	}
	if highest != 19 {
		t.Errorf("%d revoked at last, want 19", highest)
	}
}

func TestRunPublishesAtOnceAndAtEveryTick(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	ctx, stop := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() { defer close(done); r.Run(ctx, ticks) }()

	ticks <- start // taken only when the first publication is done
	if got := r.published(t, ref); got.Revoked != 0 {
		t.Errorf("%d revoked, want 0", got.Revoked)
	}
	r.revoke(t, ref)
	ticks <- start
	ticks <- start // taken only when the one before is done
	if got := r.published(t, ref); got.Revoked != 1 {
		t.Errorf("%d revoked after a tick, want 1", got.Revoked)
	}
	stop()
	<-done
	if r.log.Len() != 0 {
		t.Errorf("log: %s", r.log.String())
	}
}

func TestRunLogsAFailureAndGoesOn(t *testing.T) {
	r := newRig(t)
	ref := r.allocate(t, "o")
	r.signer.broken = errBroken
	ctx, stop := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() { defer close(done); r.Run(ctx, ticks) }()
	ticks <- start
	stop()
	<-done
	r.signer.broken = nil
	r.publish(t)
	if got := r.published(t, ref); got.Token == "" || !strings.Contains(r.log.String(), "broken") {
		t.Errorf("log: %s", r.log.String())
	}
}

// queued is a signer before which documents wait for ever; only the place of lists is free.
type queued struct{ *signer }

func (q queued) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("too many wait")
}

func (q queued) ForLists() crypto.Signer { return q.signer }

// The bitstring is signed with the key of credentials: it, too, must not wait behind them.
func TestListsDoNotWaitBehindDocuments(t *testing.T) {
	r := newRig(t)
	r.key.Signer = queued{r.signer}
	if err := r.Publish(t.Context()); err != nil {
		t.Error(err)
	}
}
