package wallet_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
)

func readVectors(t testing.TB, name string, out any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "vectors", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
}

// annexD returns one value of ISO/IEC 18013-5:2021 Annex D.
func annexD(t testing.TB, name string) []byte {
	t.Helper()
	var file struct{ Vectors map[string]string }
	readVectors(t, "mdoc/annexd.json", &file)
	b, err := hex.DecodeString(file.Vectors[name])
	if err != nil || len(b) == 0 {
		t.Fatalf("no vector %s", name)
	}
	return b
}

// at walks decoded CBOR by map keys and array indices.
func at(t testing.TB, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch in := v.(type) {
		case wallet.Map:
			v, _ = in.Get(step) // what is missing fails below
		case []any:
			v = in[step.(int)]
		default:
			t.Fatalf("nothing at %v", path)
		}
	}
	if v == nil {
		t.Fatalf("nothing at %v", path)
	}
	return v
}

func decode(t testing.TB, raw []byte) any {
	t.Helper()
	v, err := wallet.DecodeCBOR(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// inside decodes #6.24(bstr .cbor).
func inside(t testing.TB, v any) any {
	t.Helper()
	return decode(t, v.(wallet.Tag).Content.([]byte))
}

func annexDDocument(t testing.TB) any {
	t.Helper()
	return at(t, decode(t, annexD(t, "device_response")), "documents", 0)
}

func TestAnnexDIssuerAuth(t *testing.T) {
	auth := at(t, annexDDocument(t), "issuerSigned", "issuerAuth").([]any)
	der := at(t, auth[1], int64(33)).([]byte)
	if !bytes.Equal(der, annexD(t, "ds_cert")) {
		t.Fatal("x5chain is not the document signer's certificate")
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := wallet.VerifySign1(auth, cert.PublicKey.(*ecdsa.PublicKey)); err != nil {
		t.Errorf("issuerAuth: %v", err)
	}
	auth[2].([]byte)[40] ^= 1
	if wallet.VerifySign1(auth, cert.PublicKey.(*ecdsa.PublicKey)) == nil {
		t.Error("a changed payload verifies")
	}
}

func TestAnnexDDigests(t *testing.T) {
	doc := annexDDocument(t)
	mso := inside(t, decode(t, at(t, doc, "issuerSigned", "issuerAuth", 2).([]byte)))
	checked := 0
	for _, space := range at(t, doc, "issuerSigned", "nameSpaces").(wallet.Map) {
		for _, item := range space.Value.([]any) {
			id := at(t, inside(t, item), "digestID")
			raw, err := wallet.EncodeCBOR(item)
			if err != nil {
				t.Fatal(err)
			}
			digest := sha256.Sum256(raw)
			if !bytes.Equal(digest[:], at(t, mso, "valueDigests", space.Key, id).([]byte)) {
				t.Errorf("digest %v does not match", id)
			}
			checked++
		}
	}
	if checked != 6 {
		t.Errorf("checked %d digests, want 6", checked)
	}
}

// The MAC of Annex D is over the same DeviceAuthenticationBytes a device signature is over.
func TestAnnexDDeviceAuthentication(t *testing.T) {
	doc := annexDDocument(t)
	transcript := annexD(t, "session_transcript_bytes")
	session := decode(t, transcript).(wallet.Tag).Content.([]byte)
	payload, err := wallet.DeviceAuthentication(session, at(t, doc, "docType").(string), at(t, doc, "deviceSigned", "nameSpaces").(wallet.Tag))
	if err != nil {
		t.Fatal(err)
	}
	mac := at(t, doc, "deviceSigned", "deviceAuth", "deviceMac").([]any)
	message, err := wallet.EncodeCBOR([]any{"MAC0", mac[0], []byte{}, payload})
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, annexDMacKey(t, transcript))
	h.Write(message)
	if !hmac.Equal(h.Sum(nil), mac[3].([]byte)) {
		t.Error("deviceMac does not verify")
	}
}

// annexDMacKey derives EMacKey (ISO 18013-5 §9.1.3.5).
func annexDMacKey(t *testing.T, transcript []byte) []byte {
	t.Helper()
	private, err := ecdh.P256().NewPrivateKey(annexD(t, "ephemeral_reader_key_d"))
	if err != nil {
		t.Fatal(err)
	}
	point := append([]byte{4}, append(annexD(t, "static_device_key_x"), annexD(t, "static_device_key_y")...)...)
	public, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := private.ECDH(public)
	if err != nil {
		t.Fatal(err)
	}
	salt := sha256.Sum256(transcript)
	key, err := hkdf.Key(sha256.New, secret, salt[:], "EMacKey", 32)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// The published signer fits the profile, but for its root, of which only a name is known.
func TestAnnexDSignerProfile(t *testing.T) {
	cert, err := x509.ParseCertificate(annexD(t, "ds_cert"))
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SubjectKeyId: cert.AuthorityKeyId}
	root.Subject.Country = []string{"US"}
	if err := wallet.CheckSigner(cert, root, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Error(err)
	}
	if wallet.CheckSigner(cert, root, time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)) == nil {
		t.Error("an expired signer passes")
	}
}

func TestHandover(t *testing.T) {
	var file struct {
		JWK         struct{ Kty, Crv, X, Y string }
		ClientID    string `json:"client_id"`
		Nonce       string
		ResponseURI string `json:"response_uri"`
		Vectors     map[string]string
	}
	readVectors(t, "oid4vp/handover_1_0.json", &file)
	// RFC 7638 §3.2: the required members, sorted.
	thumbprint := sha256.Sum256([]byte(`{"crv":"` + file.JWK.Crv + `","kty":"` + file.JWK.Kty + `","x":"` + file.JWK.X + `","y":"` + file.JWK.Y + `"}`))
	got := wallet.OID4VPTranscript(file.ClientID, file.Nonce, file.ResponseURI, thumbprint[:])
	if want := unhex(t, file.Vectors["SessionTranscript_redirect"]); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if bytes.Equal(got, wallet.OID4VPTranscript(file.ClientID, file.Nonce, file.ResponseURI, nil)) {
		t.Error("the thumbprint does not enter the transcript")
	}
}

func TestDIDKeyVectors(t *testing.T) {
	var decoded struct{ Vectors []struct{ DID, X, Y string } }
	readVectors(t, "didkey/p256_decoded.json", &decoded)
	for _, v := range decoded.Vectors {
		key, err := wallet.ParseDIDKey(v.DID)
		if err != nil {
			t.Errorf("%s: %v", v.DID, err)
			continue
		}
		point, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if base64.RawURLEncoding.EncodeToString(point[1:33]) != v.X || base64.RawURLEncoding.EncodeToString(point[33:]) != v.Y {
			t.Errorf("%s: another point", v.DID)
		}
		if back, err := wallet.DIDKey(key); err != nil || back != v.DID {
			t.Errorf("%s came back as %s, %v", v.DID, back, err)
		}
	}
	if len(decoded.Vectors) < 8 {
		t.Errorf("only %d vectors", len(decoded.Vectors))
	}
}

func TestDIDKeysThatAreNot(t *testing.T) {
	const good = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"
	for name, did := range map[string]string{
		"point prefix 7":  "did:key:zDnag8UdU6WNW8dXEXVMR8G2B8DoMSTbNt9ZYajQGE4v1dckd",
		"with a fragment": good + "#" + good[8:],
		"leading zero":    "did:key:z1" + good[9:],
		"not base58":      good[:len(good)-1] + "0",
		"another base":    "did:key:u" + good[9:],
		"an Ed25519 key":  "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
		"cut short":       good[:len(good)-1],
		"empty":           "did:key:z",
	} {
		if _, err := wallet.ParseDIDKey(did); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestStatusListVectors(t *testing.T) {
	var govuk struct {
		Bits int    `json:"tsl_bits"`
		Lst  string `json:"tsl_lst"`
		Want []int  `json:"statuses_both"`
	}
	readVectors(t, "tsl/govuk_dual_encoding.json", &govuk)
	for i, want := range govuk.Want {
		if got, err := wallet.StatusAt(govuk.Lst, govuk.Bits, i); err != nil || got != want {
			t.Errorf("entry %d is %d, %v, want %d", i, got, err, want)
		}
	}
	// Token Status List §4.2, bytes b9 a3: the first entry is the least significant bit.
	for i, want := range []int{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1} {
		if got, err := wallet.StatusAt("eNrbuRgAAhcBXQ", 1, i); err != nil || got != want {
			t.Errorf("entry %d is %d, %v, want %d", i, got, err, want)
		}
	}
}

func TestStatusListsThatAreNot(t *testing.T) {
	for name, v := range map[string]struct {
		lst         string
		bits, index int
	}{
		"past the end":      {"eNrbuRgAAhcBXQ", 1, 16},
		"negative":          {"eNrbuRgAAhcBXQ", 1, -1},
		"three bits":        {"eNrbuRgAAhcBXQ", 3, 0},
		"padded":            {"eNrbuRgAAhcBXQ==", 1, 0},
		"spare bits":        {"eNrbuRgAAhcBXR", 1, 0},
		"not zlib":          {"AAAA", 1, 0},
		"wrong checksum":    {"eNrbuRgAAhcBXg", 1, 0},
		"something follows": {"eNrbuRgAAhcBXQAA", 1, 0},
	} {
		if got, err := wallet.StatusAt(v.lst, v.bits, v.index); err == nil {
			t.Errorf("%s: accepted as %d", name, got)
		}
	}
}
