package statusapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/statustoken"
)

// What is checked here cannot go wrong from outside while encoder and key are sound.
func TestOwnOutputIsCompared(t *testing.T) {
	key, other := newKey(t), newKey(t)
	l, changed := newList(t), newList(t)
	if err := changed.Set(9, statuslist.Invalid); err != nil {
		t.Fatal(err)
	}
	claim, err := l.EncodeToken()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := l.EncodeBitstring()
	if err != nil {
		t.Fatal(err)
	}
	signedToken := sign(t, key, tokenType, token{StatusList: claim})
	signedBitstring := sign(t, key, bitstringType, bitstringCredential{Subject: bitstringSubject{List: encoded}})
	packed, err := base64.RawURLEncoding.DecodeString(claim.List)
	if err != nil {
		t.Fatal(err)
	}
	signedCWT, err := statustoken.Sign(key.Sign, nil, statustoken.List{Subject: "list", Issued: time.Unix(1, 0), Bits: bitsPerEntry, Zlib: packed})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err error
		ok  bool
	}{
		"token":                     {checkToken(signedToken, key, l), true},
		"token of another list":     {checkToken(signedToken, key, changed), false},
		"token of another key":      {checkToken(signedToken, other, l), false},
		"bitstring as token":        {checkToken(signedBitstring, key, l), false},
		"CWT":                       {checkCWT(signedCWT, key, l), true},
		"CWT of another list":       {checkCWT(signedCWT, key, changed), false},
		"CWT of another key":        {checkCWT(signedCWT, other, l), false},
		"token as CWT":              {checkCWT([]byte(signedToken), key, l), false},
		"bitstring":                 {checkBitstring(signedBitstring, key, l), true},
		"bitstring of another list": {checkBitstring(signedBitstring, key, changed), false},
		"bitstring of another key":  {checkBitstring(signedBitstring, other, l), false},
		"token as bitstring":        {checkBitstring(signedToken, key, l), false},
	} {
		if (c.err == nil) != c.ok {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

func newKey(t *testing.T) keys.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys.Key{ID: "key", State: keys.StateActive, Signer: private}
}

func newList(t *testing.T) *statuslist.List {
	t.Helper()
	l, err := statuslist.New(bitsPerEntry, 21)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func sign(t *testing.T, key keys.Key, e jose.Expect, payload any) string {
	t.Helper()
	signed, err := jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: e.Type, ContentType: e.ContentType}, payload)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
