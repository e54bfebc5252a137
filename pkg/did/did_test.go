package did_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
)

const vectors = "../../conformance/vectors/didkey/"

// specKey is the P-256 example of the did:key specification.
const specKey = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func privateKey(t testing.TB, n byte) *ecdsa.PrivateKey {
	t.Helper()
	d := make([]byte, 32)
	d[31] = n
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestPublishedKeys(t *testing.T) {
	var file struct {
		Vectors []struct{ DID, X, Y string }
	}
	readJSON(t, vectors+"p256_decoded.json", &file)
	if len(file.Vectors) != 8 {
		t.Fatalf("%d vectors, want 8", len(file.Vectors))
	}
	for _, v := range file.Vectors {
		pub, err := did.ParseKey(v.DID)
		if err != nil {
			t.Fatalf("%s: %v", v.DID, err)
		}
		jwk, err := jose.NewPublicJWK(pub, "")
		if err != nil || jwk.X != v.X || jwk.Y != v.Y {
			t.Errorf("%s: decoded to another point: %v", v.DID, err)
		}
		if again, err := did.FormatKey(pub); err != nil || again != v.DID {
			t.Errorf("%s: encoded as %s: %v", v.DID, again, err)
		}
	}
}

func TestPublishedVerdicts(t *testing.T) {
	var file struct {
		Vectors []struct{ DID, Expect string }
	}
	readJSON(t, vectors+"p256.json", &file)
	for _, v := range file.Vectors {
		if _, err := did.ParseKey(v.DID); (err == nil) != (v.Expect == "accept") {
			t.Errorf("%s: got %v, want %s", v.DID, err, v.Expect)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	digits := strings.TrimPrefix(specKey, "did:key:z")
	cases := map[string]string{
		"empty":                "",
		"no prefix":            digits,
		"upper-case scheme":    strings.Replace(specKey, "did", "DID", 1),
		"base64url multibase":  strings.Replace(specKey, ":z", ":u", 1),
		"leading one":          "did:key:z1" + digits,
		"leading one, fitted":  "did:key:z1" + digits[1:],
		"one digit less":       specKey[:len(specKey)-1],
		"one digit more":       specKey + "1",
		"digit of no alphabet": specKey[:len(specKey)-1] + "0",
		"space":                specKey + " ",
		"fragment":             specKey + "#z" + digits,
		"too large a number":   "did:key:z" + strings.Repeat("z", 48),
		"ed25519":              "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
		"very long":            "did:key:z" + strings.Repeat("D", 1<<20),
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := did.ParseKey(text); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// Numbers other than the one of specKey that have 48 digits too.
func TestParseKeyRefusesOtherNumbers(t *testing.T) {
	pub, err := did.ParseKey(specKey)
	if err != nil {
		t.Fatal(err)
	}
	full, err := pub.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point := append([]byte{2 + full[64]&1}, full[1:33]...)
	number := func(prefix ...byte) *big.Int { return new(big.Int).SetBytes(append(prefix, point...)) }
	if spell(number(0x80, 0x24)) != specKey {
		t.Fatal("the test spells numbers otherwise than the specification")
	}
	for name, n := range map[string]*big.Int{
		"codec of another first byte":  number(0x81, 0x24),
		"codec of another second byte": number(0x80, 0x25),
		"one bit too many":             number(1, 0x80, 0x24),
	} {
		t.Run(name, func(t *testing.T) {
			text := spell(n)
			if len(text) != len(specKey) {
				t.Fatalf("%d characters, want %d", len(text), len(specKey))
			}
			if _, err := did.ParseKey(text); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func spell(n *big.Int) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var digits []byte
	for rest, digit := new(big.Int).Set(n), new(big.Int); rest.Sign() > 0; {
		rest.DivMod(rest, big.NewInt(58), digit)
		digits = append(digits, alphabet[digit.Int64()])
	}
	slices.Reverse(digits)
	return "did:key:z" + string(digits)
}

func TestFormatKeyRoundTrip(t *testing.T) {
	for n := byte(1); n < 200; n++ {
		pub := &privateKey(t, n).PublicKey
		text, err := did.FormatKey(pub)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := did.ParseKey(text); err != nil || !got.Equal(pub) {
			t.Fatalf("key %d came back as another: %v", n, err)
		}
	}
}

func TestFormatKeyRefuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, pub := range []*ecdsa.PublicKey{nil, {}, &p384.PublicKey} {
		if text, err := did.FormatKey(pub); err == nil {
			t.Errorf("wrote %s", text)
		}
	}
}

func TestParseKeyURL(t *testing.T) {
	multibase := strings.TrimPrefix(specKey, "did:key:")
	want, err := did.ParseKey(specKey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := did.ParseKeyURL(specKey + "#" + multibase); err != nil || !got.Equal(want) {
		t.Errorf("own fragment: %v", err)
	}
	other := "zDnaeo4ut8iyu1NUmzYN16cm3gWHp3YZWG2C6uEKeFZgEWPe7"
	for _, url := range []string{specKey, specKey + "#", specKey + "#" + other, specKey + "#" + multibase + "#", specKey + "?x#" + multibase, ""} {
		if _, err := did.ParseKeyURL(url); err == nil {
			t.Errorf("accepted %q", url)
		}
	}
}

func TestValidWeb(t *testing.T) {
	cases := map[string]bool{
		"did:web:issuer.example.gov.uk":          true,
		"did:web:localhost":                      true,
		"did:web:":                               false,
		"did:web:Issuer.example":                 false,
		"did:web:localhost%3A8080":               false,
		"did:web:issuer.example:path":            false,
		"did:web:issuer.example#key":             false,
		"did:key:z":                              false,
		"did:web:" + strings.Repeat("a", 254):    false,
		"https://issuer.example.gov.uk/did.json": false,
	}
	for text, want := range cases {
		if did.ValidWeb(text) != want {
			t.Errorf("ValidWeb(%q) = %v", text, !want)
		}
	}
}

// Every accepted identifier is the one its key encodes to.
func FuzzParseKey(f *testing.F) {
	var file struct{ Vectors []struct{ DID string } }
	readJSON(f, vectors+"p256.json", &file)
	for _, v := range file.Vectors {
		f.Add(v.DID)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pub, err := did.ParseKey(text)
		if err != nil {
			return
		}
		if again, err := did.FormatKey(pub); err != nil || again != text {
			t.Fatalf("a second spelling: %q and %q", text, again)
		}
	})
}

func BenchmarkParseKey(b *testing.B) {
	for b.Loop() {
		if _, err := did.ParseKey(specKey); err != nil {
			b.Fatal(err)
		}
	}
}

func TestKeyErrorsHoldNoIdentifier(t *testing.T) {
	_, err := did.ParseKey(specKey + "x")
	if err == nil || strings.Contains(err.Error(), specKey) {
		t.Errorf("error %v", err)
	}
}

// The fragment is the key again, and nothing else is.
func FuzzParseKeyURL(f *testing.F) {
	f.Add(specKey + "#" + strings.TrimPrefix(specKey, "did:key:"))
	f.Add(specKey)
	f.Fuzz(func(t *testing.T, text string) {
		pub, err := did.ParseKeyURL(text)
		if err != nil {
			return
		}
		if again, err := did.FormatKey(pub); err != nil || again+"#"+strings.TrimPrefix(again, "did:key:") != text {
			t.Fatalf("a second spelling: %q and %q", text, again)
		}
	})
}
