// Package suite_test judges the issuer by rules stricter than GOV.UK's harness, with the wallet's own decoders.
package suite_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/story"
	"justice-wallet/conformance/wallet"
	"justice-wallet/issuer"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/statuslist"
)

const (
	account = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheSuite00000000000000000"
	release = "uk.gov.justice.prisonrelease.1"
	person  = "A0001SY" // "released-recently"
)

func start(t *testing.T, o rig.Options) *rig.Rig {
	t.Helper()
	r, err := rig.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func newWallet(t *testing.T, r *rig.Rig) *wallet.Wallet {
	t.Helper()
	w, err := r.NewWallet(context.Background(), account)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func offer(t *testing.T, r *rig.Rig, request rig.OfferRequest) string {
	t.Helper()
	request.WalletSubject = account
	link, err := r.Offer(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func releaseOffer() rig.OfferRequest {
	return rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person}
}

// attempt is one hand-made credential request: its token and proof may be bent.
type attempt struct {
	claims onelogin.AccessClaims
	token  onelogin.Mutate
	proof  wallet.Mutate
	body   func(proof string) string
}

func newAttempt(t *testing.T, r *rig.Rig, link, configuration string) attempt {
	t.Helper()
	parsed, err := wallet.ParseOffer(link)
	if err != nil {
		t.Fatal(err)
	}
	id, err := rig.OfferID(parsed.Code)
	if err != nil {
		t.Fatal(err)
	}
	return attempt{claims: onelogin.AccessClaims{
		Subject: account, Issuer: r.IssuerURL, Configuration: configuration, Identifier: id, Nonce: "a-nonce-of-the-suite-" + t.Name(),
	}}
}

func (a attempt) send(t *testing.T, r *rig.Rig, w *wallet.Wallet) (int, http.Header, string) {
	t.Helper()
	var mutations []onelogin.Mutate
	if a.token != nil {
		mutations = append(mutations, a.token)
	}
	token, err := r.OneLogin.MintAccessToken(a.claims, mutations...)
	if err != nil {
		t.Fatal(err)
	}
	return a.sendWith(t, r, w, token)
}

func (a attempt) sendWith(t *testing.T, r *rig.Rig, w *wallet.Wallet, token string) (int, http.Header, string) {
	t.Helper()
	var mutations []wallet.Mutate
	if a.proof != nil {
		mutations = append(mutations, a.proof)
	}
	proof, err := w.Proof(r.IssuerURL, a.claims.Nonce, mutations...)
	if err != nil {
		t.Fatal(err)
	}
	body := `{"proof":{"proof_type":"jwt","jwt":"` + proof + `"}}`
	if a.body != nil {
		body = a.body(proof)
	}
	status, header, answer, err := w.RequestCredential(context.Background(), r.IssuerURL+"/credential", token, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return status, header, string(answer)
}

func set(name string, value any) onelogin.Mutate {
	return func(_, claims map[string]any) { claims[name] = value }
}

func setHeader(name string, value any) onelogin.Mutate {
	return func(header, _ map[string]any) { header[name] = value }
}

// Each bad request gets its exact answer, burns nothing, and the offer is still good at the end.
func TestRefusalsBurnNothing(t *testing.T) {
	r := start(t, rig.Options{})
	w := newWallet(t, r)
	good := newAttempt(t, r, offer(t, r, releaseOffer()), release)
	const invalidToken = `Bearer error="invalid_token"`
	cases := []struct {
		name   string
		bend   func(*attempt)
		status int
		body   string
	}{
		{"another subject", func(a *attempt) { a.claims.Subject = strings.Replace(account, "Suite", "Other", 1) }, 401, ""},
		{"another configuration", func(a *attempt) { a.claims.Configuration = "PrisonReleaseConfirmation" }, 401, ""},
		{"an unknown offer", func(a *attempt) { a.claims.Identifier = "00000000-0000-4000-8000-000000000000" }, 401, ""},
		{"a refresh of nothing held", func(a *attempt) { a.claims.Identifier = "" }, 401, ""},
		{"an expired token", func(a *attempt) { a.token = set("exp", 1000) }, 401, ""},
		{"a token before its time", func(a *attempt) { a.token = set("nbf", 9999999999) }, 401, ""},
		{"exp as text", func(a *attempt) { a.token = set("exp", "9999999999") }, 401, ""},
		{"no exp", func(a *attempt) { a.token = func(_, c map[string]any) { delete(c, "exp") } }, 401, ""},
		{"no jti", func(a *attempt) { a.token = func(_, c map[string]any) { delete(c, "jti") } }, 401, ""},
		{"another issuer", func(a *attempt) { a.token = set("iss", "https://elsewhere.test") }, 401, ""},
		{"another audience", func(a *attempt) { a.token = set("aud", "https://elsewhere.test") }, 401, ""},
		{"two configurations", func(a *attempt) { a.token = set("credential_configuration_ids", []string{release, release}) }, 401, ""},
		{"another type", func(a *attempt) { a.token = setHeader("typ", "JWT") }, 401, ""},
		{"an embedded key", func(a *attempt) { a.token = setHeader("jwk", map[string]any{"kty": "EC"}) }, 401, ""},
		{"a critical header", func(a *attempt) { a.token = setHeader("crit", []string{"x"}) }, 401, ""},
		{"another nonce", func(a *attempt) { a.proof = wallet.Mutate(set("nonce", "not-it")) }, 400, `{"error":"invalid_nonce"}`},
		{"proof for another issuer", func(a *attempt) { a.proof = wallet.Mutate(set("aud", "https://elsewhere.test")) }, 400, `{"error":"invalid_proof"}`},
		{"proof by another wallet", func(a *attempt) { a.proof = wallet.Mutate(set("iss", "someone")) }, 400, `{"error":"invalid_proof"}`},
		{"proof before its time", func(a *attempt) { a.proof = wallet.Mutate(set("nbf", 9999999999)) }, 400, `{"error":"invalid_proof"}`},
		{"proof in milliseconds", func(a *attempt) { a.proof = wallet.Mutate(set("iat", 1745233623816)) }, 400, `{"error":"invalid_proof"}`},
		{"proof before the offer", func(a *attempt) { a.proof = wallet.Mutate(set("iat", 1000000000)) }, 400, `{"error":"invalid_proof"}`},
		{"proof of another type", func(a *attempt) { a.proof = wallet.Mutate(setHeader("typ", "JWT")) }, 400, `{"error":"invalid_proof"}`},
		{"proof with a key inside", func(a *attempt) { a.proof = wallet.Mutate(setHeader("jwk", map[string]any{})) }, 400, `{"error":"invalid_proof"}`},
		{"proof for another key", func(a *attempt) { a.proof = wallet.Mutate(setHeader("kid", newWallet(t, r).DIDKey())) }, 400, `{"error":"invalid_proof"}`},
		{"no proof", func(a *attempt) { a.body = func(string) string { return `{}` } }, 400, `{"error":"invalid_proof"}`},
		{"another kind of proof", func(a *attempt) {
			a.body = func(p string) string { return `{"proof":{"proof_type":"cwt","jwt":"` + p + `"}}` }
		}, 400, `{"error":"invalid_proof"}`},
		{"proof and proofs", func(a *attempt) {
			a.body = func(p string) string {
				return `{"proof":{"proof_type":"jwt","jwt":"` + p + `"},"proofs":{"jwt":["` + p + `"]}}`
			}
		}, 400, `{"error":"invalid_proof"}`},
		{"a member twice", func(a *attempt) {
			a.body = func(p string) string { return `{"proof":{},"proof":{"proof_type":"jwt","jwt":"` + p + `"}}` }
		}, 400, `{"error":"invalid_proof"}`},
		{"not JSON", func(a *attempt) { a.body = func(string) string { return `proof` } }, 400, `{"error":"invalid_proof"}`},
		{"too large", func(a *attempt) { a.body = func(string) string { return `{"x":"` + strings.Repeat("x", 70000) + `"}` } }, 413, `{"error":"request_too_large"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := good
			c.bend(&a)
			status, header, body := a.send(t, r, w)
			if status != c.status || body != c.body || header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %q %q", status, body, header.Get("Cache-Control"))
			}
			if c.status == 401 && header.Get("WWW-Authenticate") != invalidToken {
				t.Errorf("challenge %q", header.Get("WWW-Authenticate"))
			}
		})
	}
	if status, _, body := good.send(t, r, w); status != 200 {
		t.Errorf("the offer was burnt: %d %s", status, body)
	}
}

func TestReplays(t *testing.T) {
	r := start(t, rig.Options{})
	w := newWallet(t, r)
	a := newAttempt(t, r, offer(t, r, releaseOffer()), release)
	token, err := r.OneLogin.MintAccessToken(a.claims)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, body := a.sendWith(t, r, w, token); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, _, _ := a.sendWith(t, r, w, token); status != 401 {
		t.Errorf("the same token: %d", status)
	}
	if status, _, _ := a.send(t, r, w); status != 401 {
		t.Errorf("the same offer, a new token: %d", status)
	}
	refresh := a
	refresh.claims.Identifier = ""
	if status, _, body := refresh.send(t, r, w); status != 400 || body != `{"error":"invalid_nonce"}` {
		t.Errorf("a refresh with a spent nonce: %d %s", status, body)
	}
	refresh.claims.Nonce = "another-nonce"
	if token, err = r.OneLogin.MintAccessToken(refresh.claims); err != nil {
		t.Fatal(err)
	}
	if status, _, body := refresh.sendWith(t, r, w, token); status != 200 {
		t.Errorf("a refresh: %d %s", status, body)
	}
	if status, _, _ := refresh.sendWith(t, r, w, token); status != 401 {
		t.Errorf("the refresh again: %d", status)
	}
}

func TestOneOfManyRedemptionsSucceeds(t *testing.T) {
	r := start(t, rig.Options{})
	w := newWallet(t, r)
	a := newAttempt(t, r, offer(t, r, releaseOffer()), release)
	var good, refused atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			switch status, _, _ := a.send(t, r, w); status {
			case 200:
				good.Add(1)
			case 401:
				refused.Add(1)
			}
		}()
	}
	all.Wait()
	if good.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d succeeded, %d were refused", good.Load(), refused.Load())
	}
}

// flaky is a store whose status slots, or whose commit, can be away.
type flaky struct {
	issuer.Store
	slotsAway, commitAway atomic.Bool
}

var errAway = errors.New("away")

func (f *flaky) Next(ctx context.Context, operation, list string, until time.Time, floor int) (int, error) {
	if f.slotsAway.Load() {
		return 0, errAway
	}
	return f.Store.Next(ctx, operation, list, until, floor)
}

func (f *flaky) Commit(ctx context.Context, c issuance.Commit) error {
	if f.commitAway.Load() {
		return errAway
	}
	return f.Store.Commit(ctx, c)
}

// blocked is an audit log that hangs while it is told to, as a pipe does that nobody reads.
type blocked struct {
	audit.Recorder
	hangs atomic.Bool
}

func (b *blocked) Record(ctx context.Context, e audit.Event) error {
	if b.hangs.Load() {
		select {}
	}
	return b.Recorder.Record(ctx, e)
}

func TestAFailureBurnsNothing(t *testing.T) {
	var store *flaky
	log := &blocked{}
	r := start(t, rig.Options{
		WrapStore: func(s issuer.Store) issuer.Store { store = &flaky{Store: s}; return store },
		WrapAudit: func(a audit.Recorder) audit.Recorder { log.Recorder = a; return audit.Bound(log, 50*time.Millisecond) },
	})
	w := newWallet(t, r)
	for name, away := range map[string]func(bool){
		"the status service": func(b bool) { store.slotsAway.Store(b) },
		"the commit":         func(b bool) { store.commitAway.Store(b) },
		"the records":        r.HMPPS.SetDown,
		"the audit log":      log.hangs.Store,
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t, r, offer(t, r, releaseOffer()), release)
			token, err := r.OneLogin.MintAccessToken(a.claims)
			if err != nil {
				t.Fatal(err)
			}
			away(true)
			if status, header, _ := a.sendWith(t, r, w, token); status != 503 || header.Get("Retry-After") == "" {
				t.Errorf("while it is away: %d", status)
			}
			away(false)
			if status, _, body := a.sendWith(t, r, w, token); status != 200 {
				t.Errorf("the same token after: %d %s", status, body)
			}
		})
	}
}

// No audit, no service: nothing is offered or ended that could not be written down.
func TestNothingIsDoneWithoutAnAuditLog(t *testing.T) {
	log := &blocked{}
	r := start(t, rig.Options{WrapAudit: func(a audit.Recorder) audit.Recorder { log.Recorder = a; return audit.Bound(log, 50*time.Millisecond) }})
	w := newWallet(t, r)
	if _, err := w.Collect(t.Context(), offer(t, r, releaseOffer())); err != nil {
		t.Fatal(err)
	}
	log.hangs.Store(true)
	if _, err := r.Revoke(t.Context(), person, "RECALLED_STANDARD"); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("revoke: %v", err)
	}
	request := releaseOffer()
	request.WalletSubject = account
	if _, err := r.Offer(t.Context(), request); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("offer: %v", err)
	}
	for _, uri := range r.ListURIs {
		head, err := r.Store.Head(t.Context(), uri[strings.LastIndexByte(uri, '/')+1:])
		if err != nil || head.Sequence != 0 {
			t.Errorf("%d ended (%v)", head.Sequence, err)
		}
	}
	log.hangs.Store(false)
	if ended, err := r.Revoke(t.Context(), person, "RECALLED_STANDARD"); err != nil || len(ended) != 1 {
		t.Errorf("when it is back: %v %v", ended, err)
	}
}

var _ statuslist.Slots = (*flaky)(nil)

// Every document, in every form, for people of every kind: the wallet's own checks hold (device key, salts, certificate
// profile, nothing outside the metadata's list), and the verifier says valid.
func TestEveryDocument(t *testing.T) {
	r := start(t, rig.Options{})
	w := newWallet(t, r)
	for name, request := range map[string]rig.OfferRequest{
		"release mdoc":  {DocumentType: release, Format: "mdoc", Record: person},
		"release jwt":   {DocumentType: release, Format: "jwt", Record: person},
		"licence mdoc":  {DocumentType: "uk.gov.justice.licence.1", Format: "mdoc", Record: person},
		"licence jwt":   {DocumentType: "uk.gov.justice.licence.1", Format: "jwt", Record: person},
		"approval mdoc": {DocumentType: "uk.gov.justice.probationapproval.1", Format: "mdoc", Record: "A0025SY", Item: "APR-0001"},
		"approval jwt":  {DocumentType: "uk.gov.justice.probationapproval.1", Format: "jwt", Record: "A0026SY", Item: "APR-0002"},
		"mDL":           {DocumentType: "org.iso.18013.5.1.mDL", Format: "mdoc", Record: "synthetic-driver"},
		"veteran card":  {DocumentType: "uk.gov.conformance.veterancard", Format: "jwt", Record: "synthetic-veteran"},
		"Welsh name":    {DocumentType: release, Format: "mdoc", Record: "A0046SY"},
		"apostrophe":    {DocumentType: release, Format: "jwt", Record: "A0047SY"},
		"mononym":       {DocumentType: release, Format: "mdoc", Record: "A0048SY"},
		"long name":     {DocumentType: release, Format: "jwt", Record: "A0049SY"},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := w.Collect(context.Background(), offer(t, r, request))
			if err != nil {
				t.Fatal(err)
			}
			body := map[string]any{"vcJwt": h.Raw}
			if h.Format == wallet.FormatMDoc {
				body = map[string]any{"issuerSigned": h.Raw}
			}
			result, err := r.Verify(context.Background(), body)
			if err != nil || result.Verdict != "valid" || len(result.Elements) != len(h.Elements) {
				t.Errorf("%+v %v", result.Checks, err)
			}
		})
	}
}

// The people who may not have a document are refused one, for the reason the file states, and never told it by the wire.
func TestTheNotEntitled(t *testing.T) {
	r := start(t, rig.Options{})
	const licence = "uk.gov.justice.licence.1"
	for _, c := range []struct{ record, document, code string }{
		{"A0018SY", release, "died"},
		{"A0019SY", release, "record_under_review"},
		{"A0020SY", release, "record_under_review"},
		{"A0023SY", release, "sources_disagree"},
		{"A0037SY", release, "restricted_patient"},
		{"A0003SY", release, "recalled"},
		{"A0004SY", release, "recalled"},
		{"A0035SY", release, "not_released"},
		{"A0040SY", release, "not_released"},
		{"A0044SY", release, "confirmation_ended"},
		{"A0014SY", licence, "pss_only"},
		{"A0033SY", licence, "licence_not_active"},
		{"A0016SY", licence, "licence_"},
		{"Z9999ZZ", release, "record_unknown"},
	} {
		_, err := r.Offer(context.Background(), rig.OfferRequest{DocumentType: c.document, Format: "mdoc", Record: c.record, WalletSubject: account})
		var refused *rig.StatusError
		if !errors.As(err, &refused) || refused.Status != 403 || !strings.Contains(refused.Body, `"error":"`+c.code) {
			t.Errorf("%s: %v, want %s", c.record, err, c.code)
		}
	}
}

func TestTheServiceAPIAsksWho(t *testing.T) {
	r := start(t, rig.Options{})
	ctx := context.Background()
	plain, err := r.Token(ctx, rig.PlainClient)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/offers", "/api/revocations", "/api/credentials/search"} {
		for token, want := range map[string]int{"": 401, "rubbish": 401, plain: 403} {
			err := r.Post(ctx, r.IssuerURL+path, token, releaseOffer(), new(any))
			var refused *rig.StatusError
			if !errors.As(err, &refused) || refused.Status != want {
				t.Errorf("%s: %v, want %d", path, err, want)
			}
		}
	}
}

// Adding a document is adding a file: no Go.
func TestADocumentAddedAtRunTime(t *testing.T) {
	dir := t.TempDir()
	const file = `document: uk.gov.example.permit.1
source: conformance
card: {name: {en: Example permit, cy: Trwydded}, description: {en: A permit, cy: Trwydded}, background: "#112233", text: "#ffffff"}
jwt: {configuration: ExamplePermit, type: ExamplePermit}
validity: {for: 24h, refresh_lead: 6h, status_ttl: 15m}
elements:
  - {name: name, type: list, items: {type: object, members: [{name: nameParts, type: list, items: {type: object, members: [{name: type, type: text}, {name: value, type: text}]}}]},
     fact: name, sensitivity: medium, purposes: [holder], display: {en: Name, cy: Enw}}
`
	if err := os.WriteFile(filepath.Join(dir, "permit.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, rig.Options{DocumentsDir: dir})
	link := offer(t, r, rig.OfferRequest{DocumentType: "uk.gov.example.permit.1", Format: "jwt", Record: "synthetic-veteran"})
	if h, err := newWallet(t, r).Collect(context.Background(), link); err != nil || len(h.Elements) != 1 {
		t.Errorf("%v %v", h, err)
	}
}

func TestTheStoryHolds(t *testing.T) {
	if failed := play(t, start(t, rig.Options{})); len(failed) > 0 {
		t.Errorf("failed: %v", failed)
	}
}

func play(t *testing.T, r *rig.Rig) (failed []string) {
	t.Helper()
	err := story.Play(context.Background(), r, func(s story.Step) error {
		if !s.OK {
			failed = append(failed, s.Name)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return failed
}
