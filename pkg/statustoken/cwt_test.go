package statustoken_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/statustoken"
)

// draftKey is the key that signed the draft's examples.
func draftKey(t testing.TB) *ecdsa.PublicKey {
	t.Helper()
	var file struct{ JWK struct{ X, Y string } }
	fixture.Vector(t, "tsl/key.json", &file)
	x, err1 := base64.RawURLEncoding.DecodeString(file.JWK.X)
	y, err2 := base64.RawURLEncoding.DecodeString(file.JWK.Y)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
}

// example returns the bytes of an example that the draft prints in hexadecimal.
func example(t testing.TB, name string) []byte {
	t.Helper()
	var file struct{ Examples map[string]string }
	fixture.Vector(t, "tsl/examples.json", &file)
	text := file.Examples[name]
	if _, after, ok := strings.Cut(text, "encoded:"); ok {
		text = after
	}
	raw, err := hex.DecodeString(regexp.MustCompile(`\s`).ReplaceAllString(text, ""))
	if err != nil || len(raw) == 0 {
		t.Fatalf("example %q: %v", name, err)
	}
	return raw
}

func TestDraftStatusList(t *testing.T) {
	u, err := statustoken.Parse(example(t, "status_list_cwt.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(u.KeyID()) != "12" {
		t.Errorf("kid %q", u.KeyID())
	}
	l, err := u.Verify(draftKey(t))
	if err != nil {
		t.Fatal(err)
	}
	if l.Subject != "https://example.com/statuslists/1" || l.Issued.Unix() != 1686920170 || l.Expires.Unix() != 2291720170 || l.TTL != 43200*time.Second || l.Bits != 1 {
		t.Errorf("%+v", l)
	}
	wantStatuses(t, l, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1)
}

func wantStatuses(t *testing.T, l statustoken.List, want ...byte) {
	t.Helper()
	list, err := l.Statuses(0)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		if got, err := list.Get(i); err != nil || got != w {
			t.Errorf("entry %d is %d (%v), want %d", i, got, err, w)
		}
	}
}

func TestDraftReferencedToken(t *testing.T) {
	r, err := statustoken.VerifyReference(example(t, "referenced_token_cwt.md"), draftKey(t))
	if err != nil || r != (statustoken.Reference{URI: "https://example.com/statuslists/1", Index: 0}) {
		t.Errorf("%+v, %v", r, err)
	}
}

// Every single bit of both, changed, is refused.
func TestEveryBitOfTheDraftsTokens(t *testing.T) {
	key := draftKey(t)
	open := map[string]func([]byte) error{
		"status_list_cwt.md": func(raw []byte) error {
			u, err := statustoken.Parse(raw)
			if err != nil {
				return err
			}
			_, err = u.Verify(key)
			return err
		},
		"referenced_token_cwt.md": func(raw []byte) error { _, err := statustoken.VerifyReference(raw, key); return err },
	}
	for name, open := range open {
		raw := example(t, name)
		keyID := bytes.Index(raw, []byte{0xa1, 0x04, 0x42}) + 3 // two bytes that nothing signs
		for i := range raw {
			for bit := range 8 {
				raw[i] ^= 1 << bit
				unsigned := i == keyID || i == keyID+1
				if err := open(raw); (err == nil) != unsigned {
					t.Errorf("%s: bit %d of byte %d: %v", name, bit, i, err)
				}
				raw[i] ^= 1 << bit
			}
		}
	}
}

// The draft's lists in CBOR hold what those in JSON hold, and what its table says.
func TestDraftLists(t *testing.T) {
	var file struct {
		Sets map[string]struct {
			Status   map[int]byte
			Includes []string
		}
	}
	fixture.Vector(t, "tsl/test_vectors.json", &file)
	seen := 0
	for name, set := range file.Sets {
		for _, include := range set.Includes {
			if !strings.Contains(include, "cbor") {
				continue
			}
			seen++
			list := decodeList(t, example(t, include))
			if list.Len() != 1<<20 {
				t.Fatalf("%s: %d entries", name, list.Len())
			}
			for i := range list.Len() {
				if got, err := list.Get(i); err != nil || got != set.Status[i] {
					t.Fatalf("%s: entry %d is %d (%v), want %d", name, i, got, err, set.Status[i])
				}
			}
		}
	}
	if seen != 4 {
		t.Errorf("%d lists in CBOR, want 4", seen)
	}
	for name, want := range map[string][]byte{
		"status_list_encoding_cbor.md":  {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1},
		"status_list_encoding2_cbor.md": {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3},
	} {
		list := decodeList(t, example(t, name))
		for i, w := range want {
			if got, err := list.Get(i); err != nil || got != w {
				t.Errorf("%s: entry %d is %d (%v), want %d", name, i, got, err, w)
			}
		}
	}
}

func decodeList(t *testing.T, raw []byte) *statuslist.List {
	t.Helper()
	members, err := cbor.DecodeMap(raw, []string{"bits", "lst"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var bits int
	var lst cbor.Bytes
	if err := errors.Join(cbor.Decode(members["bits"], &bits), cbor.Decode(members["lst"], &lst)); err != nil {
		t.Fatal(err)
	}
	list, err := statustoken.List{Bits: bits, Zlib: lst}.Statuses(0)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func ours(t testing.TB) statustoken.List {
	t.Helper()
	list, err := statuslist.New(2, 16)
	if err == nil {
		err = list.Set(5, statuslist.Invalid)
	}
	if err != nil {
		t.Fatal(err)
	}
	claim, err := list.EncodeToken()
	if err != nil {
		t.Fatal(err)
	}
	zlib, err := base64.RawURLEncoding.DecodeString(claim.List)
	if err != nil {
		t.Fatal(err)
	}
	return statustoken.List{Subject: "https://status.example/t/a", Issued: fixture.Now, Expires: fixture.Now.Add(time.Hour), TTL: 15 * time.Minute, Bits: 2, Zlib: zlib}
}

func TestSign(t *testing.T) {
	key := fixture.Key(t)
	for _, keyID := range [][]byte{nil, []byte("a key")} {
		raw, err := statustoken.Sign(es256.Signer(key), keyID, ours(t))
		if err != nil {
			t.Fatal(err)
		}
		u, err := statustoken.Parse(raw)
		if err != nil || !bytes.Equal(u.KeyID(), keyID) {
			t.Fatalf("kid %q, %v", u.KeyID(), err)
		}
		l, err := u.Verify(&key.PublicKey)
		if want := ours(t); err != nil || l.Subject != want.Subject || !l.Issued.Equal(want.Issued) || !l.Expires.Equal(want.Expires) || l.TTL != want.TTL {
			t.Errorf("%+v, %v", l, err)
		}
		wantStatuses(t, l, 0, 0, 0, 0, 0, 1, 0)
		if _, err := u.Verify(&fixture.Key(t).PublicKey); !errors.Is(err, statustoken.ErrSignature) {
			t.Errorf("another key: %v", err)
		}
		if _, err := u.Verify(nil); !errors.Is(err, statustoken.ErrSignature) {
			t.Errorf("no key: %v", err)
		}
	}
}

// form is a token in parts, to be put together wrongly.
type form struct {
	tag         uint64
	protected   any
	unprotected any
	claims      map[int64]any
}

func goodForm(t testing.TB) form {
	l := ours(t)
	return form{18, map[int64]any{1: -7, 16: statustoken.MediaType}, map[int64]any{4: []byte("k")}, map[int64]any{
		2: l.Subject, 6: uint64(l.Issued.Unix()), 4: uint64(l.Expires.Unix()), 65534: 900, 65533: map[string]any{"bits": 2, "lst": l.Zlib},
	}}
}

func (f form) make(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	encode := func(v any) []byte {
		b, err := cbor.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	protected, payload := encode(f.protected), encode(f.claims)
	signature, err := es256.Sign(key, encode([]any{"Signature1", protected, []byte{}, payload}))
	if err != nil {
		t.Fatal(err)
	}
	return encode(cbor.Tag{Number: f.tag, Content: []any{protected, f.unprotected, payload, signature}})
}

func TestRefused(t *testing.T) {
	key := fixture.Key(t)
	list := func(f *form) map[string]any { return f.claims[65533].(map[string]any) }
	for name, c := range map[string]struct {
		change func(*form)
		want   error
	}{
		"good":                    {func(*form) {}, nil},
		"no kid":                  {func(f *form) { f.unprotected = map[int64]any{} }, nil},
		"no exp":                  {func(f *form) { delete(f.claims, 4) }, nil},
		"no ttl":                  {func(f *form) { delete(f.claims, 65534) }, nil},
		"a claim of others":       {func(f *form) { f.claims[7] = []byte("cti") }, nil},
		"an aggregation":          {func(f *form) { list(f)["aggregation_uri"] = "https://status.example/t" }, nil},
		"Mac0":                    {func(f *form) { f.tag = 17 }, statustoken.ErrForm},
		"the CWT tag":             {func(f *form) { f.tag = 61 }, statustoken.ErrForm},
		"another type":            {func(f *form) { f.protected = map[int64]any{1: -7, 16: "application/cwt"} }, statustoken.ErrType},
		"no type":                 {func(f *form) { f.protected = map[int64]any{1: -7} }, statustoken.ErrType},
		"a header more":           {func(f *form) { f.protected = map[int64]any{1: -7, 16: statustoken.MediaType, 2: []any{16}} }, statustoken.ErrType},
		"another algorithm":       {func(f *form) { f.protected = map[int64]any{1: -35, 16: statustoken.MediaType} }, statustoken.ErrAlgorithm},
		"no algorithm":            {func(f *form) { f.protected = map[int64]any{16: statustoken.MediaType} }, statustoken.ErrAlgorithm},
		"a key in the header":     {func(f *form) { f.unprotected = map[int64]any{33: []byte("certificate")} }, statustoken.ErrForm},
		"no subject":              {func(f *form) { delete(f.claims, 2) }, statustoken.ErrClaims},
		"no issue time":           {func(f *form) { delete(f.claims, 6) }, statustoken.ErrClaims},
		"a time before 1970":      {func(f *form) { f.claims[6] = -1 }, statustoken.ErrClaims},
		"a time in text":          {func(f *form) { f.claims[6] = "1686920170" }, statustoken.ErrClaims},
		"milliseconds":            {func(f *form) { f.claims[4] = uint64(1686920170000) }, statustoken.ErrClaims},
		"a ttl of nothing":        {func(f *form) { f.claims[65534] = 0 }, statustoken.ErrClaims},
		"no list":                 {func(f *form) { delete(f.claims, 65533) }, statustoken.ErrClaims},
		"a list without bits":     {func(f *form) { delete(list(f), "bits") }, statustoken.ErrClaims},
		"a list in base64":        {func(f *form) { list(f)["lst"] = "eNrbuRgAAhcBXQ" }, statustoken.ErrClaims},
		"a member more in a list": {func(f *form) { list(f)["time"] = 1 }, statustoken.ErrClaims},
	} {
		f := goodForm(t)
		c.change(&f)
		u, err := statustoken.Parse(f.make(t, key))
		if err == nil {
			_, err = u.Verify(&key.PublicKey)
		}
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	good := goodForm(t).make(t, key)
	for name, raw := range map[string][]byte{
		"nothing": nil, "a byte more": append(bytes.Clone(good), 0), "a byte less": good[:len(good)-1], "too long": make([]byte, statustoken.MaxBytes+1), "untagged": good[1:],
	} {
		if _, err := statustoken.Parse(raw); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestReferenceRefused(t *testing.T) {
	key := fixture.Key(t)
	for name, status := range map[string]any{
		"no index": map[string]any{"status_list": map[string]any{"uri": "u"}}, "no uri": map[string]any{"status_list": map[string]any{"idx": 1}},
		"a negative index": map[string]any{"status_list": map[string]any{"idx": -1, "uri": "u"}}, "an empty uri": map[string]any{"status_list": map[string]any{"idx": 1, "uri": ""}},
		"another status": map[string]any{"identifier_list": map[string]any{"id": 1}}, "two statuses": map[string]any{"status_list": map[string]any{"idx": 1, "uri": "u"}, "x": 1},
		"no map": "valid",
	} {
		f := form{18, map[int64]any{1: -7}, map[int64]any{}, map[int64]any{65535: status}}
		if _, err := statustoken.VerifyReference(f.make(t, key), &key.PublicKey); !errors.Is(err, statustoken.ErrClaims) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := goodForm(t)
	if _, err := statustoken.VerifyReference(f.make(t, key), &key.PublicKey); !errors.Is(err, statustoken.ErrForm) {
		t.Errorf("a status list for a referenced token: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example(f, "status_list_cwt.md"))
	f.Add(example(f, "referenced_token_cwt.md"))
	key := draftKey(f)
	good := example(f, "status_list_cwt.md")
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := statustoken.Parse(raw)
		if err != nil {
			return
		}
		if l, err := u.Verify(key); err == nil && (l.Subject != "https://example.com/statuslists/1" || len(raw) > len(good)+64) {
			t.Error("a token was made from another")
		}
	})
}
