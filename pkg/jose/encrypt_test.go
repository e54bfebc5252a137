package jose_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwe"

	"justice-wallet/pkg/jose"
)

const maxJWE = 64 << 10

// encryptedResponse is the example of OpenID4VP 1.0 §8.3, and the key it is encrypted to.
func encryptedResponse(t testing.TB) (*jose.EncryptionKey, string) {
	t.Helper()
	file, err := os.ReadFile("../../conformance/vectors/oid4vp/encrypted_response_1_0.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		PrivateJWK struct{ Kid, D string } `json:"private_jwk"`
		JWE        string
	}
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	d, err := base64.RawURLEncoding.DecodeString(v.PrivateJWK.D)
	if err != nil {
		t.Fatal(err)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jose.EncryptionKeyOf(private, v.PrivateJWK.Kid)
	if err != nil {
		t.Fatal(err)
	}
	return key, v.JWE
}

func newEncryptionKey(t testing.TB) *jose.EncryptionKey {
	t.Helper()
	key, err := jose.NewEncryptionKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// encryptTo makes a JWE as a wallet would; change edits its header.
func encryptTo(t testing.TB, public jose.PublicJWK, enc jwa.ContentEncryptionAlgorithm, change func(h jwe.Headers) error, options ...jwe.EncryptOption) string {
	t.Helper()
	x, errX := base64.RawURLEncoding.DecodeString(public.X)
	y, errY := base64.RawURLEncoding.DecodeString(public.Y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	headers := jwe.NewHeaders()
	if err := errors.Join(errX, errY, err, headers.Set("kid", public.KeyID)); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		if err := change(headers); err != nil {
			t.Fatal(err)
		}
	}
	options = append(options, jwe.WithKey(jwa.ECDH_ES, key, jwe.WithPerRecipientHeaders(headers)), jwe.WithContentEncryption(enc), jwe.WithProtectedHeaders(headers))
	compact, err := jwe.Encrypt([]byte(`{"vp_token":{}}`), options...)
	if err != nil {
		t.Fatal(err)
	}
	return string(compact)
}

func wantRefusal(t *testing.T, what string, err error, want jose.Reason) {
	t.Helper()
	var refusal *jose.Error
	if !errors.As(err, &refusal) || refusal.Reason != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestDecryptOfTheSpecification(t *testing.T) {
	key, compact := encryptedResponse(t)
	plaintext, err := key.Decrypt(compact, maxJWE)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jose.ParseClaims(plaintext); err != nil || !c.Has("vp_token") {
		t.Errorf("no vp_token: %v", err)
	}
}

// Every change of a character, to one that differs in one bit of what it encodes, is refused.
func TestDecryptRefusesEveryChange(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	key, compact := encryptedResponse(t)
	for i, c := range []byte(compact) {
		at := strings.IndexByte(alphabet, c)
		if at < 0 {
			continue
		}
		for bit := range 6 {
			changed := []byte(compact)
			changed[i] = alphabet[at^1<<bit]
			if _, err := key.Decrypt(string(changed), maxJWE); err == nil {
				t.Fatalf("character %d changed, and it decrypts", i)
			}
		}
	}
}

func TestDecryptRoundTrip(t *testing.T) {
	key := newEncryptionKey(t)
	public := key.Public()
	if public.Use != "enc" || public.Algorithm != jose.ECDHES || public.KeyID != base64.RawURLEncoding.EncodeToString(key.Thumbprint()) {
		t.Errorf("public key is %+v", public)
	}
	withParties := func(h jwe.Headers) error {
		return errors.Join(h.Set("apu", []byte("u")), h.Set("apv", []byte("v")), h.Set("typ", "JWT"), h.Set("cty", "JWT"))
	}
	for _, enc := range []jwa.ContentEncryptionAlgorithm{jwa.A128GCM, jwa.A256GCM} {
		for _, change := range []func(jwe.Headers) error{nil, withParties} {
			if plaintext, err := key.Decrypt(encryptTo(t, public, enc, change), maxJWE); err != nil || !bytes.Equal(plaintext, []byte(`{"vp_token":{}}`)) {
				t.Errorf("%s: %q, %v", enc, plaintext, err)
			}
		}
	}
}

func TestDecryptRefuses(t *testing.T) {
	key := newEncryptionKey(t)
	public := key.Public()
	set := func(name string, value any) func(jwe.Headers) error {
		return func(h jwe.Headers) error { return h.Set(name, value) }
	}
	other := newEncryptionKey(t).Public()
	other.KeyID = public.KeyID
	good := encryptTo(t, public, jwa.A128GCM, nil)
	parts := strings.Split(good, ".")
	with := func(i int, part string) string {
		p := append([]string{}, parts...)
		p[i] = part
		return strings.Join(p, ".")
	}
	for name, c := range map[string]struct {
		compact string
		want    jose.Reason
	}{
		"another kid":         {encryptTo(t, public, jwa.A128GCM, set("kid", "x")), jose.ReasonKey},
		"another key":         {encryptTo(t, other, jwa.A128GCM, nil), jose.ReasonSignature},
		"A192GCM":             {encryptTo(t, public, jwa.A192GCM, nil), jose.ReasonAlgorithm},
		"A128CBC-HS256":       {encryptTo(t, public, jwa.A128CBC_HS256, nil), jose.ReasonAlgorithm},
		"compressed":          {encryptTo(t, public, jwa.A128GCM, nil, jwe.WithCompress(jwa.Deflate)), jose.ReasonHeader},
		"a key of its own":    {encryptTo(t, public, jwa.A128GCM, set("jku", "https://x.example")), jose.ReasonHeader},
		"four parts":          {strings.Join(parts[:4], "."), jose.ReasonMalformed},
		"an encrypted key":    {with(1, "AAAA"), jose.ReasonMalformed},
		"a longer nonce":      {with(2, parts[2]+"AAAA"), jose.ReasonMalformed},
		"a shorter tag":       {with(4, parts[4][:16]), jose.ReasonMalformed},
		"padding":             {good + "=", jose.ReasonMalformed},
		"a line break":        {good + "\n", jose.ReasonMalformed},
		"longer than allowed": {good + strings.Repeat("A", maxJWE), jose.ReasonMalformed},
		"nothing":             {"", jose.ReasonMalformed},
		"JSON serialisation":  {`{"protected":"e30","ciphertext":"AA"}`, jose.ReasonMalformed},
	} {
		_, err := key.Decrypt(c.compact, maxJWE)
		wantRefusal(t, name, err, c.want)
	}
	for name, epk := range map[string]string{
		"missing": `1`, "on P-384": `{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}`, "off the curve": `{"kty":"EC","crv":"P-256","x":"` +
			strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}`, "private": `{"kty":"EC","crv":"P-256","d":"AA","x":"` + public.X + `","y":"` + public.Y + `"}`,
	} {
		header := fmt.Sprintf(`{"alg":"ECDH-ES","enc":"A128GCM","kid":%q,"epk":%s}`, public.KeyID, epk)
		_, err := key.Decrypt(with(0, base64.RawURLEncoding.EncodeToString([]byte(header))), maxJWE)
		wantRefusal(t, "epk "+name, err, jose.ReasonHeader)
	}
}

func TestEncryptionKeyIsNeverPrinted(t *testing.T) {
	key := newEncryptionKey(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, key); got != "[redacted]" {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestSignWithChain(t *testing.T) {
	key := testKey(t, 1)
	h := jose.Header{Algorithm: jose.ES256, Type: "oauth-authz-req+jwt"}
	compact, err := jose.SignWithChain(signer(key), h, [][]byte{{0xff, 0xfe, 0xfd}, {1}}, map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(compact, ".")[0])
	if err != nil || string(header) != `{"alg":"ES256","typ":"oauth-authz-req+jwt","x5c":["//79","AQ=="]}` {
		t.Errorf("header is %s, %v", header, err)
	}
	_, err = jose.Parse(compact, jose.Expect{Type: h.Type, Algorithms: []jose.Algorithm{jose.ES256}})
	wantRefusal(t, "a token that brings its key", err, jose.ReasonHeader)
	if _, err := jose.SignWithChain(signer(key), h, nil, 1); err == nil {
		t.Error("signed without a certificate")
	}
	if _, err := jose.SignWithChain(signer(key), jose.Header{Algorithm: jose.RS256}, [][]byte{{1}}, 1); err == nil {
		t.Error("signed with RS256")
	}
}

func FuzzDecrypt(f *testing.F) {
	key, compact := encryptedResponse(f)
	f.Add(compact)
	f.Add(strings.Replace(compact, ".", "..", 1))
	f.Add("....")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := key.Decrypt(s, maxJWE); err == nil && s != compact {
			t.Error("a mutant decrypts")
		}
	})
}
