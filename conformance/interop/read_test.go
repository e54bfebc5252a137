//go:build interop

package interop_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/record"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/keys"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/format/sdjwt"
	"justice-wallet/pkg/statuslist"
)

// Directions, as docs/interop.md groups them.
const (
	weIssue   = "We issue, they read"
	weShow    = "We present, they verify"
	theyIssue = "They issue, we read"
	theyShow  = "Their wallets answer our verifier"
	theyLook  = "Their wallets refuse what is not ours"
)

// pair counts a test as one pair of ours and another stack.
func pair(t *testing.T, direction, name string) {
	t.Helper()
	t.Cleanup(func() {
		l := record.Line{Kind: record.KindPairs, Group: direction, Name: name, Count: 1}
		if t.Failed() {
			l.Failed = 1
		}
		if err := record.Write(os.Getenv(record.Variable), l); err != nil {
			t.Error(err)
		}
	})
}

// told is what a stack says: what it read, and what it made.
type told struct {
	Error string
	Read  []string
	Made  string
}

// ask gives a stack its task, in a process of its own.
func ask(t *testing.T, stack string, task map[string]any) told {
	t.Helper()
	input, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command := exec.Command("node", stack+".mjs")
	command.Stdin, command.Stderr = bytes.NewReader(input), &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", stack, err, &stderr)
	}
	var got told
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v\n%s", stack, err, out)
	}
	return got
}

// wants fails unless the stack read exactly that; and that it refuses what spoil changes in the task.
func wants(t *testing.T, stack string, task map[string]any, read []string, spoil func(map[string]any)) {
	t.Helper()
	if got := ask(t, stack, task); got.Error != "" || !slices.Equal(got.Read, read) {
		t.Errorf("%s: %+v, want %v", stack, got, read)
	}
	spoil(task)
	if got := ask(t, stack, task); got.Error == "" {
		t.Errorf("%s takes what was changed: %+v", stack, got)
	}
}

// changed is a base64url text with its last byte changed.
func changed(text string) string {
	return text[:len(text)-4] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, text[len(text)-4:])
}

func (b *bench) get(uri string) string {
	b.t.Helper()
	response, err := b.HTTP.Get(uri)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 {
		b.t.Fatalf("%d %v", response.StatusCode, err)
	}
	return string(body)
}

func (b *bench) offer() string {
	b.t.Helper()
	link, err := b.Offer(context.Background(), rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person, WalletSubject: account})
	if err != nil {
		b.t.Fatal(err)
	}
	return link
}

func TestJOSE(t *testing.T) {
	pair(t, weIssue, "jose: pre-authorised code, JWT credential and status list")
	b := newBench(t, "x509_hash:")
	offer, err := wallet.ParseOffer(b.offer())
	if err != nil {
		t.Fatal(err)
	}
	task := map[string]any{"issuer": b.IssuerURL, "audience": b.OneLoginURL, "code": offer.Code, "jwt": b.held["jwt"].JWT, "list": b.get(b.ListURIs[0]), "listURI": b.ListURIs[0]}
	wants(t, "read-jose", task, []string{release, "2", "PrisonReleaseConfirmation"}, func(task map[string]any) { task["jwt"] = changed(b.held["jwt"].JWT) })
}

func TestOpenID4VCI(t *testing.T) {
	pair(t, weIssue, "@openid4vc/openid4vci: offer and metadata")
	b := newBench(t, "x509_hash:")
	wants(t, "read-openid4vci", map[string]any{"offer": b.offer()}, []string{b.IssuerURL, "mso_mdoc", release, b.OneLoginURL},
		func(task map[string]any) { task["offer"] = "openid-credential-offer://?credential_offer=%7B%7D" })
}

// A list with one entry revoked, read by their libraries; and a list of theirs, read by ours.
func TestStatusLists(t *testing.T) {
	b := newBench(t, "x509_hash:")
	ctx := context.Background()
	ended, err := b.Revoke(ctx, person, "RECALLED_STANDARD")
	if err != nil || len(ended) == 0 {
		t.Fatalf("%v %v", ended, err)
	}
	uri, index := statusOf(t, b.held["mdoc"])
	t.Run("token", func(t *testing.T) {
		pair(t, weIssue, "@sd-jwt/jwt-status-list: token status list")
		pair(t, theyIssue, "@sd-jwt/jwt-status-list: token status list")
		entries := make([]int, 4096)
		entries[9], entries[1000] = 1, 2
		got := ask(t, "status-sdjwt", map[string]any{"list": b.get(uri), "indexes": []int{index, other(index)}, "entries": entries, "bits": 2})
		if got.Error != "" || !slices.Equal(got.Read, []string{"1", "0"}) {
			t.Errorf("%+v", got)
		}
		list, err := statuslist.DecodeToken(statuslist.Claim{Bits: 2, List: got.Made}, 4096)
		if err != nil {
			t.Fatal(err)
		}
		wantEntries(t, list, map[int]byte{9: 1, 10: 0, 1000: 2})
		if got := ask(t, "status-sdjwt", map[string]any{"list": "a.b.c", "indexes": []int{0}, "entries": entries, "bits": 2}); got.Error == "" {
			t.Errorf("reads rubbish: %+v", got)
		}
	})
	t.Run("bitstring", func(t *testing.T) {
		pair(t, weIssue, "@digitalbazaar/vc-bitstring-status-list: bitstring, of two bits an entry")
		pair(t, theyIssue, "@digitalbazaar/vc-bitstring-status-list: bitstring")
		encoded := encodedList(t, b.get(strings.Replace(uri, "/t/", "/b/", 1)))
		positions := []int{2 * index, 2*index + 1, 2 * other(index), 2*other(index) + 1}
		got := ask(t, "status-digitalbazaar", map[string]any{"encodedList": encoded, "positions": positions, "length": 131072, "set": []int{7, 100000}})
		if got.Error != "" || !slices.Equal(got.Read, []string{"0", "1", "0", "0"}) {
			t.Errorf("%+v", got)
		}
		list, err := statuslist.DecodeBitstring(got.Made, 1, 131072)
		if err != nil {
			t.Fatal(err)
		}
		wantEntries(t, list, map[int]byte{7: 1, 8: 0, 100000: 1})
		if got := ask(t, "status-digitalbazaar", map[string]any{"encodedList": encoded[1:], "positions": positions, "length": 8, "set": []int{}}); got.Error == "" {
			t.Errorf("reads what is not multibase: %+v", got)
		}
	})
}

// other is an entry that nobody revoked.
func other(index int) int {
	if index == 0 {
		return 1
	}
	return index - 1
}

func wantEntries(t *testing.T, list *statuslist.List, want map[int]byte) {
	t.Helper()
	for i, v := range want {
		if got, err := list.Get(i); err != nil || got != v {
			t.Errorf("entry %d is %d %v, want %d", i, got, err, v)
		}
	}
}

// statusOf is the entry that an mdoc names.
func statusOf(t *testing.T, c credential) (uri string, index int) {
	t.Helper()
	top := cborOf[wallet.Map](t, unbase64(t, c.IssuerSigned))
	auth, _ := top.Get("issuerAuth")
	payload := cborOf[wallet.Tag](t, auth.([]any)[2].([]byte))
	mso := cborOf[wallet.Map](t, payload.Content.([]byte))
	status, _ := mso.Get("status")
	list, _ := status.(wallet.Map).Get("status_list")
	u, _ := list.(wallet.Map).Get("uri")
	i, _ := list.(wallet.Map).Get("idx")
	return u.(string), int(i.(int64))
}

func cborOf[T any](t *testing.T, b []byte) T {
	t.Helper()
	v, err := wallet.DecodeCBOR(b)
	if err != nil {
		t.Fatal(err)
	}
	return v.(T)
}

func unbase64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encodedList(t *testing.T, token string) string {
	t.Helper()
	j, err := wallet.ParseJWS(token)
	if err != nil {
		t.Fatal(err)
	}
	return j.Claims["credentialSubject"].(map[string]any)["encodedList"].(string)
}

// A presentation that our wallet makes of what our issuer issued, verified by their libraries.
func TestPresentations(t *testing.T) {
	ctx := context.Background()
	r, err := rig.Start(ctx, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := r.NewWallet(ctx, account)
	if err != nil {
		t.Fatal(err)
	}
	link, err := r.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person, WalletSubject: account})
	if err != nil {
		t.Fatal(err)
	}
	held, err := w.Collect(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	const namespace = "org.iso.23220.1"
	name := ""
	for _, e := range held.Elements {
		if e.Name == "family_name" {
			name = e.Value.(string)
		}
	}
	transcript := wallet.OID4VPTranscript("x509_san_dns:verifier.test", "a-nonce-of-the-interop", "https://verifier.test/response", nil)
	response, err := w.PresentMDoc(held, [][2]string{{namespace, "family_name"}, {namespace, "given_name"}}, transcript)
	if err != nil {
		t.Fatal(err)
	}
	root, err := r.Ring.Active(keys.PurposeIACA)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := wallet.EncodeCBOR(wallet.Tag{Number: 24, Content: transcript})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := wallet.OID4VPTranscript("x509_san_dns:verifier.test", "another-nonce", "https://verifier.test/response", nil)
	for stack, library := range map[string]string{"read-owf": "@owf/mdoc", "read-auth0": "@auth0/mdl", "read-animo": "@animo-id/mdoc"} {
		t.Run(stack, func(t *testing.T) {
			pair(t, weShow, library+": an mdoc")
			enc := base64.RawURLEncoding.EncodeToString
			task := map[string]any{"response": enc(response), "transcript": enc(transcript), "wrapped": enc(wrapped), "root": enc(root.Chain[0].Raw), "namespace": namespace}
			wants(t, stack, task, []string{release, name}, func(task map[string]any) {
				other, err := wallet.EncodeCBOR(wallet.Tag{Number: 24, Content: elsewhere})
				if err != nil {
					t.Fatal(err)
				}
				task["transcript"], task["wrapped"] = enc(elsewhere), enc(other)
			})
		})
	}
}

// An mdoc that their library issued, read by ours: certificate, signature, digests, and what it says.
func TestTheirMDocs(t *testing.T) {
	signer, signerKey := newSigner(t)
	for stack, library := range map[string]string{"issue-owf": "@owf/mdoc", "issue-auth0": "@auth0/mdl"} {
		t.Run(stack, func(t *testing.T) {
			pair(t, theyIssue, library+": an mdoc")
			device := newKey(t)
			got := ask(t, stack, map[string]any{
				"docType": release, "namespaces": map[string]any{"org.iso.23220.1": map[string]any{"family_name": "Synthetic", "given_name": "Other"}},
				"signerKey": jwkOf(t, signerKey), "signerCertificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signer.Raw})),
				"deviceKey": publicOf(jwkOf(t, device)),
			})
			if got.Error != "" {
				t.Fatalf("%+v", got)
			}
			doc, err := mdoc.OpenBase64(got.Made)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(doc.VerifySignature(), doc.VerifyDigests()); err != nil {
				t.Error(err)
			}
			key, ok := doc.MSO.DeviceKey.(*ecdsa.PublicKey)
			if len(doc.Namespaces["org.iso.23220.1"]) != 2 || doc.MSO.DocType != release || !doc.Chain[0].Equal(signer) || !ok || !key.Equal(&device.PublicKey) {
				t.Errorf("reads %s, %d namespaces", doc.MSO.DocType, len(doc.Namespaces))
			}
			other, err := mdoc.OpenBase64(spoilt(t, got.Made))
			if err != nil {
				t.Fatal(err)
			}
			if err := other.VerifyDigests(); err == nil {
				t.Error("another name than was signed is believed")
			}
		})
	}
}

// spoilt is the mdoc with another family name than was signed.
func spoilt(t *testing.T, raw string) string {
	t.Helper()
	return base64.RawURLEncoding.EncodeToString(bytes.Replace(unbase64(t, raw), []byte("Synthetic"), []byte("synthetic"), 1))
}

func jwkOf(t *testing.T, key *ecdsa.PrivateKey) map[string]string {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return map[string]string{"kty": "EC", "crv": "P-256", "x": enc(point[1:33]), "y": enc(point[33:]), "d": enc(d)}
}

func publicOf(jwk map[string]string) map[string]string {
	delete(jwk, "d")
	return jwk
}

// newSigner makes a document signer under a root of its own, as this project's keys do.
func newSigner(t *testing.T) (signer *x509.Certificate, key *ecdsa.PrivateKey) {
	t.Helper()
	a := keys.Authority{Name: "Synthetic other authority", URL: "https://other.test", CRL: "https://other.test/crl", Country: "GB"}
	iaca, err := keys.NewRoot(a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := keys.NewSigner(a, iaca, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return leaf.Chain[0], leaf.Signer.(*ecdsa.PrivateKey)
}

// An SD-JWT VC that their library issued and presented, read by ours.
func TestTheirSDJWT(t *testing.T) {
	pair(t, theyIssue, "@sd-jwt/sd-jwt-vc: an SD-JWT VC, presented")
	issuer, device := newKey(t), newKey(t)
	task := map[string]any{
		"issuer": "https://other.test", "vct": "urn:example:permit", "kid": "key-1", "nonce": "a-nonce-of-the-interop", "audience": "x509_hash:verifier",
		"claims": map[string]string{"family_name": "Synthetic", "given_name": "Other"}, "signerKey": jwkOf(t, issuer), "deviceKey": jwkOf(t, device),
	}
	got := ask(t, "issue-sdjwt", task)
	if got.Error != "" {
		t.Fatalf("%+v", got)
	}
	c, err := sdjwt.OpenCredential(got.Made)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(context.Background(), &issuer.PublicKey); err != nil {
		t.Fatal(err)
	}
	if c.Issuer != "https://other.test" || c.Type != "urn:example:permit" || len(c.Elements) != 1 || c.Elements[0].Name != "family_name" {
		t.Errorf("%+v: %d elements", c.Type, len(c.Elements))
	}
	if err := c.VerifyHolder(sdjwt.Binding{Nonce: "a-nonce-of-the-interop", Audience: "x509_hash:verifier", Now: time.Now(), MaxAge: time.Hour}); err != nil {
		t.Error(err)
	}
	if err := c.VerifyHolder(sdjwt.Binding{Nonce: "another", Audience: "x509_hash:verifier", Now: time.Now(), MaxAge: time.Hour}); err == nil {
		t.Error("bound to another nonce")
	}
	if err := c.Verify(context.Background(), &device.PublicKey); err == nil {
		t.Error("signed by another key")
	}
}
