package jose_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
)

var (
	ctx      = context.Background()
	testType = jose.Expect{Type: "at+jwt", Algorithms: []jose.Algorithm{jose.ES256}}
)

// testKey is P-256 private key number n: fixed, so that a failing case fails again.
func testKey(t testing.TB, n byte) *ecdsa.PrivateKey {
	t.Helper()
	d := make([]byte, 32)
	d[31] = n
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// signer signs as keys.Key does: r||s, 32 bytes each.
func signer(key *ecdsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(message []byte) ([]byte, error) {
		digest := sha256.Sum256(message)
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			return nil, err
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), nil
	}
}

// forge signs whatever header and payload it is given: the attacker who holds one good key.
func forge(t testing.TB, key *ecdsa.PrivateKey, header, payload string) string {
	t.Helper()
	input := b64(header) + "." + b64(payload)
	sig, err := signer(key)([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(string(sig))
}

func forgeRSA(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	input := b64(header) + "." + b64(payload)
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(string(sig))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func only(key crypto.PublicKey) jose.KeySource {
	return jose.KeyFunc(func(context.Context, jose.Header) (crypto.PublicKey, error) { return key, nil })
}

func wantReason(t *testing.T, err error, want jose.Reason) {
	t.Helper()
	var e *jose.Error
	if !errors.As(err, &e) || e.Reason != want {
		t.Fatalf("got error %v, want reason %q", err, want)
	}
}

const goodHeader = `{"alg":"ES256","typ":"at+jwt","kid":"k1"}`

func TestSignThenVerify(t *testing.T) {
	key := testKey(t, 1)
	h := jose.Header{Algorithm: jose.ES256, Type: "at+jwt", KeyID: "k1"}
	token, err := jose.Sign(signer(key), h, map[string]string{"sub": "a<b"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := jose.Verify(ctx, token, testType, only(&key.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if got.Header != h {
		t.Errorf("header %+v, want %+v", got.Header, h)
	}
	if string(got.Claims.Raw()) != `{"sub":"a<b"}` {
		t.Error("payload was not carried as written")
	}
	if !strings.HasPrefix(token, b64(`{"alg":"ES256","typ":"at+jwt","kid":"k1"}`)+".") {
		t.Error("header holds members that were not set, or in another order")
	}
}

func TestVerifyRefuses(t *testing.T) {
	key, other := testKey(t, 1), testKey(t, 2)
	good := forge(t, key, goodHeader, `{"sub":"x"}`)
	parts := strings.Split(good, ".")
	sig := parts[2]
	cases := []struct {
		name, token string
		want        jose.Reason
	}{
		{"empty", "", jose.ReasonMalformed},
		{"leading space", " " + good, jose.ReasonMalformed},
		{"trailing space", good + " ", jose.ReasonMalformed},
		{"two parts", parts[0] + "." + parts[1], jose.ReasonMalformed},
		{"four parts", good + ".e30", jose.ReasonMalformed},
		{"empty payload", parts[0] + ".." + sig, jose.ReasonMalformed},
		{"short signature", parts[0] + "." + parts[1] + "." + sig[:84], jose.ReasonMalformed},
		{"long signature", good + "AAAA", jose.ReasonMalformed},
		{"signature of text", good + "makeSignatureInvalid", jose.ReasonMalformed},
		{"too long", forge(t, key, goodHeader, `{"sub":"`+strings.Repeat("x", jose.DefaultMaxBytes)+`"}`), jose.ReasonMalformed},
		{"other key", forge(t, other, goodHeader, `{"sub":"x"}`), jose.ReasonSignature},
		{"payload changed", parts[0] + "." + b64(`{"sub":"y"}`) + "." + sig, jose.ReasonSignature},
		{"header changed", b64(`{"alg":"ES256","typ":"at+jwt","kid":"k2"}`) + "." + parts[1] + "." + sig, jose.ReasonSignature},
		{"no alg", forge(t, key, `{"typ":"at+jwt"}`, `{}`), jose.ReasonHeader},
		{"alg none", forge(t, key, `{"alg":"none","typ":"at+jwt"}`, `{}`), jose.ReasonAlgorithm},
		{"alg not allowed", forge(t, key, `{"alg":"RS256","typ":"at+jwt"}`, `{}`), jose.ReasonAlgorithm},
		{"alg in lower case", forge(t, key, `{"alg":"es256","typ":"at+jwt"}`, `{}`), jose.ReasonAlgorithm},
		{"no typ", forge(t, key, `{"alg":"ES256"}`, `{}`), jose.ReasonType},
		{"typ of another kind", forge(t, key, `{"alg":"ES256","typ":"JWT"}`, `{}`), jose.ReasonType},
		{"typ in upper case", forge(t, key, `{"alg":"ES256","typ":"AT+JWT"}`, `{}`), jose.ReasonType},
		{"typ with prefix", forge(t, key, `{"alg":"ES256","typ":"application/at+jwt"}`, `{}`), jose.ReasonType},
		{"unexpected cty", forge(t, key, `{"alg":"ES256","typ":"at+jwt","cty":"vc"}`, `{}`), jose.ReasonType},
		{"member in upper case", forge(t, key, `{"ALG":"ES256","typ":"at+jwt"}`, `{}`), jose.ReasonHeader},
		{"kid is a number", forge(t, key, `{"alg":"ES256","typ":"at+jwt","kid":1}`, `{}`), jose.ReasonHeader},
		{"kid with a line break", forge(t, key, `{"alg":"ES256","typ":"at+jwt","kid":"a\nb"}`, `{}`), jose.ReasonHeader},
		{"kid empty", forge(t, key, `{"alg":"ES256","typ":"at+jwt","kid":""}`, `{}`), jose.ReasonHeader},
		{"header is an array", forge(t, key, `[]`, `{}`), jose.ReasonHeader},
		{"payload is no object", forge(t, key, goodHeader, `"x"`), jose.ReasonClaims},
		{"payload is bad UTF-8", forge(t, key, goodHeader, "{\"sub\":\"\xff\"}"), jose.ReasonClaims},
		{"payload nested deeply", forge(t, key, goodHeader, `{"a":`+strings.Repeat("[", 16)+strings.Repeat("]", 16)+`}`), jose.ReasonClaims},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := jose.Verify(ctx, c.token, testType, only(&key.PublicKey))
			wantReason(t, err, c.want)
			if len(c.token) > 20 && strings.Contains(err.Error(), c.token[:20]) {
				t.Error("the error holds bytes of the token")
			}
		})
	}
}

func TestNothingIsAllowedByDefault(t *testing.T) {
	key := testKey(t, 1)
	_, err := jose.Verify(ctx, forge(t, key, `{"alg":"ES256"}`, `{}`), jose.Expect{}, only(&key.PublicKey))
	wantReason(t, err, jose.ReasonAlgorithm)
}

func TestParseHonoursALowerLimit(t *testing.T) {
	token := forge(t, testKey(t, 1), goodHeader, `{}`)
	e := testType
	e.MaxBytes = len(token)
	if _, err := jose.Parse(token, e); err != nil {
		t.Fatalf("at the limit: %v", err)
	}
	e.MaxBytes--
	_, err := jose.Parse(token, e)
	wantReason(t, err, jose.ReasonMalformed)
}

func TestRS256(t *testing.T) {
	token := forgeRSA(t, rsaKey(), `{"alg":"RS256","typ":"JWT"}`, `{"sub":"staff"}`)
	e := jose.Expect{Type: "JWT", Algorithms: []jose.Algorithm{jose.RS256}}
	if _, err := jose.Verify(ctx, token, e, only(&rsaKey().PublicKey)); err != nil {
		t.Fatal(err)
	}
	t.Run("needs its own key type", func(t *testing.T) {
		_, err := jose.Verify(ctx, token, e, only(&testKey(t, 1).PublicKey))
		wantReason(t, err, jose.ReasonAlgorithm)
	})
	t.Run("weak key", func(t *testing.T) {
		weak := &rsa.PublicKey{N: new(big.Int).Rsh(rsaKey().N, 1024), E: 65537}
		_, err := jose.Verify(ctx, token, e, only(weak))
		wantReason(t, err, jose.ReasonAlgorithm)
	})
	t.Run("exponent 3", func(t *testing.T) {
		_, err := jose.Verify(ctx, token, e, only(&rsa.PublicKey{N: rsaKey().N, E: 3}))
		wantReason(t, err, jose.ReasonAlgorithm)
	})
}

// offCurve is a key that only its deprecated fields can make.
func offCurve() *ecdsa.PublicKey {
	//lint:ignore SA1019 there is no other way to hold a wrong point
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}
}

func TestKeysThatAreNoKeys(t *testing.T) {
	token := forge(t, testKey(t, 1), goodHeader, `{}`)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]crypto.PublicKey{
		"nil":         nil,
		"nil pointer": (*ecdsa.PublicKey)(nil),
		"P-384":       &p384.PublicKey,
		"off curve":   offCurve(),
		"secret":      []byte("secret"),
		"value":       testKey(t, 1).PublicKey,
	}
	for name, key := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := jose.Verify(ctx, token, testType, only(key))
			wantReason(t, err, jose.ReasonAlgorithm)
		})
	}
}

func TestKeySourceFaultIsKept(t *testing.T) {
	down := jose.KeyFunc(func(context.Context, jose.Header) (crypto.PublicKey, error) {
		return nil, fault.New(fault.Unavailable, "keys_unavailable", "")
	})
	_, err := jose.Verify(ctx, forge(t, testKey(t, 1), goodHeader, `{}`), testType, down)
	wantReason(t, err, jose.ReasonKey)
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind %v, want unavailable", fault.KindOf(err))
	}
}

// changing is a source whose key changed under its id.
type changing struct {
	old, new crypto.PublicKey
	err      error
	asked    int
}

func (c *changing) Key(context.Context, jose.Header) (crypto.PublicKey, error) { return c.old, nil }
func (c *changing) Refresh(context.Context, jose.Header) (crypto.PublicKey, error) {
	c.asked++
	return c.new, c.err
}

func TestRefresh(t *testing.T) {
	first, second := testKey(t, 1), testKey(t, 2)
	token := forge(t, second, goodHeader, `{}`)
	t.Run("key changed", func(t *testing.T) {
		source := &changing{old: &first.PublicKey, new: &second.PublicKey}
		if _, err := jose.Verify(ctx, token, testType, source); err != nil || source.asked != 1 {
			t.Fatalf("error %v after %d refreshes", err, source.asked)
		}
	})
	t.Run("key did not change", func(t *testing.T) {
		source := &changing{old: &first.PublicKey, new: &first.PublicKey}
		_, err := jose.Verify(ctx, token, testType, source)
		wantReason(t, err, jose.ReasonSignature)
	})
	t.Run("source is away", func(t *testing.T) {
		source := &changing{old: &first.PublicKey, err: fault.New(fault.Unavailable, "away", "")}
		_, err := jose.Verify(ctx, token, testType, source)
		wantReason(t, err, jose.ReasonSignature)
		if fault.KindOf(err) == fault.Unavailable {
			t.Error("a wrong signature became a reason to repeat the request")
		}
	})
	t.Run("not asked when the claims are wrong", func(t *testing.T) {
		source := &changing{old: &second.PublicKey, new: &first.PublicKey}
		_, err := jose.Verify(ctx, forge(t, second, goodHeader, `[]`), testType, source)
		wantReason(t, err, jose.ReasonClaims)
		if source.asked != 0 {
			t.Error("asked for another key although the signature was right")
		}
	})
}

func TestSignRefuses(t *testing.T) {
	sign := signer(testKey(t, 1))
	if _, err := jose.Sign(sign, jose.Header{Algorithm: jose.RS256}, struct{}{}); err == nil {
		t.Error("signed with RS256")
	}
	if _, err := jose.Sign(sign, jose.Header{Algorithm: jose.ES256}, func() {}); err == nil {
		t.Error("signed what is no JSON")
	}
	short := func([]byte) ([]byte, error) { return make([]byte, 63), nil }
	if _, err := jose.Sign(short, jose.Header{Algorithm: jose.ES256}, struct{}{}); err == nil {
		t.Error("took a signature of 63 bytes")
	}
	broken := errors.New("provider is away")
	failing := func([]byte) ([]byte, error) { return nil, broken }
	if _, err := jose.Sign(failing, jose.Header{Algorithm: jose.ES256}, struct{}{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the signer's own error", err)
	}
}
