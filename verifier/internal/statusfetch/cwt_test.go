package statusfetch_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/statusfetch"
)

// Labels of a status list CWT (draft-ietf-oauth-status-list-20 §5.2).
const (
	cwtSub, cwtExp, cwtIat, cwtTTL, cwtList = 2, 4, 6, 65534, 65533
	cwtType                                 = "application/statuslist+cwt"
)

// cwt is a list of eight entries, of which entry 1 is invalid, with header and claims changed; nil leaves a claim out.
func (l *listIssuer) cwt(tag uint64, header, claims map[int64]any) string {
	return l.signedCWT(l.key, tag, "k", header, claims)
}

func (l *listIssuer) signedCWT(key keys.Key, tag uint64, kid string, header, claims map[int64]any) string {
	l.t.Helper()
	packed := []byte{0x78, 0x01, 0x01, 0x02, 0x00, 0xfd, 0xff, 0x04, 0x00, 0x00, 0x0a, 0x00, 0x05} // zlib, stored: 04 00
	h := map[int64]any{1: -7, 16: cwtType}
	c := map[int64]any{
		cwtSub: l.uri(), cwtIat: l.now.Unix(), cwtExp: l.now.Add(time.Hour).Unix(), cwtTTL: 600, cwtList: map[string]any{"bits": 2, "lst": packed},
	}
	maps.Copy(h, header)
	maps.Copy(c, claims)
	maps.DeleteFunc(c, func(_ int64, v any) bool { return v == nil })
	protected, payload := l.encode(h), l.encode(c)
	signature, err := key.Sign(l.encode([]any{"Signature1", protected, []byte{}, payload}))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(l.encode(cbor.Tag{Number: tag, Content: []any{protected, map[int64]any{4: []byte(kid)}, payload, signature}}))
}

func (l *listIssuer) encode(v any) []byte {
	l.t.Helper()
	b, err := cbor.Encode(v)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// asCWT serves what the list issuer has as a CWT, and says what was asked for.
func asCWT(t *testing.T, l *listIssuer) *[]string {
	t.Helper()
	var accepts []string
	l.server.Close()
	l.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		accepts = append(accepts, r.Header.Get("Accept"))
		l.mu.Unlock()
		w.Header().Set("Content-Type", cwtType)
		l.ServeHTTP(w, r)
	}))
	t.Cleanup(l.server.Close)
	l.body = l.cwt(18, nil, nil)
	return &accepts
}

func TestReadingACWT(t *testing.T) {
	l := newListIssuer(t)
	accepts := asCWT(t, l)
	r := l.reader(time.Minute)
	for i, want := range []int{0, 1, 0, 0, 0, 0, 0, 0} {
		got, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: i})
		if err != nil || got.Value != want || !got.ListIssued.Equal(start) || !got.ListExpires.Equal(start.Add(time.Hour)) {
			t.Errorf("entry %d is %+v (%v), want %d", i, got, err, want)
		}
	}
	_, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: 8})
	wantReason(t, err, verification.ReasonStatusIndex)
	if len(*accepts) != 1 || (*accepts)[0] != "application/statuslist+cwt, application/statuslist+jwt" {
		t.Errorf("asked for %v", *accepts)
	}
}

func TestEachFailureOfACWT(t *testing.T) {
	claim := func(label int64, v any) func(*listIssuer) {
		return func(l *listIssuer) { l.body = l.cwt(18, nil, map[int64]any{label: v}) }
	}
	header := func(label int64, v any) func(*listIssuer) {
		return func(l *listIssuer) { l.body = l.cwt(18, map[int64]any{label: v}, nil) }
	}
	for name, c := range map[string]struct {
		change func(l *listIssuer)
		reason verification.Reason
	}{
		"empty":                   {func(l *listIssuer) { l.body = "" }, verification.ReasonStatusMalformed},
		"a JWT":                   {func(l *listIssuer) { l.body = l.token(nil, nil) }, verification.ReasonStatusMalformed},
		"a byte after it":         {func(l *listIssuer) { l.body += "\x00" }, verification.ReasonStatusMalformed},
		"Mac0":                    {func(l *listIssuer) { l.body = l.cwt(17, nil, nil) }, verification.ReasonStatusMalformed},
		"the CWT tag":             {func(l *listIssuer) { l.body = l.cwt(61, nil, nil) }, verification.ReasonStatusMalformed},
		"another type":            {header(16, "application/cwt"), verification.ReasonStatusType},
		"another algorithm":       {header(1, -35), verification.ReasonStatusAlgorithm},
		"another key":             {func(l *listIssuer) { l.body = l.signedCWT(newListIssuer(l.t).key, 18, "k", nil, nil) }, verification.ReasonStatusSignature},
		"an unknown key":          {func(l *listIssuer) { l.body = l.signedCWT(l.key, 18, "other", nil, nil) }, verification.ReasonStatusKeyUnknown},
		"keys away":               {func(l *listIssuer) { l.keyErr = fault.New(fault.Unavailable, "keys_unavailable", "") }, verification.ReasonStatusKeys},
		"another list":            {claim(cwtSub, "https://status.example/t/other"), verification.ReasonStatusSubject},
		"no sub":                  {claim(cwtSub, nil), verification.ReasonStatusMalformed},
		"no iat":                  {claim(cwtIat, nil), verification.ReasonStatusMalformed},
		"no exp":                  {claim(cwtExp, nil), verification.ReasonStatusMalformed},
		"exp as text":             {claim(cwtExp, "1795424400"), verification.ReasonStatusMalformed},
		"of the future":           {claim(cwtIat, start.Add(time.Second).Unix()), verification.ReasonStatusIssued},
		"ended":                   {claim(cwtExp, start.Unix()), verification.ReasonStatusExpired},
		"ttl of nothing":          {claim(cwtTTL, 0), verification.ReasonStatusMalformed},
		"no list":                 {claim(cwtList, nil), verification.ReasonStatusMalformed},
		"a list of three bits":    {claim(cwtList, map[string]any{"bits": 3, "lst": []byte{0x78}}), verification.ReasonStatusMalformed},
		"a list that is not zlib": {claim(cwtList, map[string]any{"bits": 2, "lst": []byte{1, 2, 3}}), verification.ReasonStatusMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			l := newListIssuer(t)
			asCWT(t, l)
			c.change(l)
			_, err := l.reader(time.Minute).Status(context.Background(), credential.StatusRef{URI: l.uri()})
			wantReason(t, err, c.reason)
		})
	}
}

// A CWT is read as one where the answer says so, and nowhere else.
func TestACWTThatIsCalledAJWT(t *testing.T) {
	l := newListIssuer(t)
	l.serve(l.cwt(18, nil, nil), http.StatusOK)
	_, err := l.reader(time.Minute).Status(context.Background(), credential.StatusRef{URI: l.uri()})
	wantReason(t, err, verification.ReasonStatusMalformed)
}

// A ttl holds for a CWT as it does for a JWT, is cut to a day, and is five minutes where it is not said.
func TestTTLOfACWT(t *testing.T) {
	for name, c := range map[string]struct {
		ttl  any
		hold time.Duration
	}{"said": {600, 10 * time.Minute}, "not said": {nil, 5 * time.Minute}, "a year": {365 * 24 * 60 * 60, 24 * time.Hour}} {
		t.Run(name, func(t *testing.T) {
			l := newListIssuer(t)
			asCWT(t, l)
			l.body = l.cwt(18, nil, map[int64]any{cwtTTL: c.ttl, cwtExp: start.Add(48 * time.Hour).Unix()})
			r, ref := l.reader(time.Minute), credential.StatusRef{URI: l.uri()}
			if _, err := r.Status(context.Background(), ref); err != nil {
				t.Fatal(err)
			}
			l.serve("", http.StatusServiceUnavailable)
			l.now = start.Add(c.hold - time.Second)
			if _, err := r.Status(context.Background(), ref); err != nil {
				t.Errorf("a second before: %v", err)
			}
			l.now = start.Add(c.hold)
			_, err := r.Status(context.Background(), ref)
			wantReason(t, err, verification.ReasonStatusUnavailable)
		})
	}
}

// turning is a key source whose key was changed under its name.
type turning struct{ old, now crypto.PublicKey }

func (s turning) Key(context.Context, jose.Header) (crypto.PublicKey, error)     { return s.old, nil }
func (s turning) Refresh(context.Context, jose.Header) (crypto.PublicKey, error) { return s.now, nil }

func TestAKeyThatChangedUnderItsName(t *testing.T) {
	l := newListIssuer(t)
	asCWT(t, l)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := newListIssuer(t).key.Public()
	for name, c := range map[string]struct {
		keys   turning
		reason verification.Reason
	}{
		"changed":         {turning{other, l.key.Public()}, ""},
		"still another":   {turning{other, other}, verification.ReasonStatusSignature},
		"of another kind": {turning{"no key", "no key"}, verification.ReasonStatusSignature},
		"of P-384":        {turning{&p384.PublicKey, &p384.PublicKey}, verification.ReasonStatusSignature},
	} {
		r := statusfetch.New(statusfetch.Options{
			Issuers: []statusfetch.Issuer{{Prefix: l.prefix(), Keys: c.keys}}, MaxAge: time.Minute,
			Client: fetch.New(fetch.Options{MaxBytes: statusfetch.MaxBytes}), Now: func() time.Time { return l.now },
		})
		got, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: 1})
		if c.reason != "" {
			wantReason(t, err, c.reason)
		} else if err != nil || got.Value != int(statuslist.Invalid) {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
	}
}

// cwtAnswers gives whatever bytes as a CWT.
type cwtAnswers []byte

func (a cwtAnswers) GetChange(context.Context, string, string, string) (*fetch.Response, error) {
	return &fetch.Response{Status: http.StatusOK, ContentType: cwtType, Body: a}, nil
}

// No mutant of a token has a status that its issuer did not give.
func FuzzStatusCWT(f *testing.F) {
	l := newListIssuer(&testing.T{})
	good := l.cwt(18, nil, nil)
	f.Add([]byte(good))
	f.Add([]byte(l.cwt(61, nil, nil)))
	f.Fuzz(func(t *testing.T, token []byte) {
		r := statusfetch.New(statusfetch.Options{
			Issuers: []statusfetch.Issuer{{Prefix: l.prefix(), Keys: l}}, Client: cwtAnswers(token), Now: func() time.Time { return l.now }, MaxAge: time.Minute,
		})
		got, err := r.Status(context.Background(), credential.StatusRef{URI: l.uri(), Index: 1})
		if err == nil && (got.Value != int(statuslist.Invalid) || !got.ListExpires.Equal(start.Add(time.Hour))) {
			t.Errorf("a mutant has a status: %x", token)
		}
	})
}
