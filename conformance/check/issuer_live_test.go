package check_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/record"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

func (w *world) release(t *testing.T, format string) string {
	t.Helper()
	return w.offer(t, rig.OfferRequest{DocumentType: "uk.gov.justice.prisonrelease.1", Format: format, Record: "A0001SY"})
}

// onCredential has edit change every credential request on its way to the issuer.
func onCredential(edit func(r *http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/credential" {
				edit(r)
			}
			next.ServeHTTP(a, r)
		})
	}
}

// believing signs the access token again after edit, as if the issuer did not look at what edit mends. What the token
// service did not sign stays as it is.
func (w *world) believing(t *testing.T, edit func(claims map[string]any)) func(r *http.Request) {
	return func(r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		j, err := wallet.ParseJWS(token)
		if !ok || err != nil || len(j.Header) != 3 || j.Header["typ"] != "at+jwt" || !w.signed(t, j) {
			return
		}
		edit(j.Claims)
		again, err := w.server.Sign(rand.Reader, j.Header, j.Claims)
		if err != nil {
			t.Error(err)
		}
		r.Header.Set("Authorization", "Bearer "+again)
	}
}

// signed says whether the token service signed j.
func (w *world) signed(t *testing.T, j *wallet.JWS) bool {
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil))
	key, err := wallet.JWKKey(decode(t, answer.Body.Bytes())["keys"].([]any)[0].(map[string]any))
	if err != nil {
		t.Error(err)
		return false
	}
	return j.Verify(key) == nil
}

// trusting signs the proof again after edit, likewise.
func trusting(t *testing.T, device *ecdsa.PrivateKey, edit func(header, claims map[string]any)) func(r *http.Request) {
	return func(r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
		var body struct {
			Proof struct {
				Type string `json:"proof_type"`
				JWT  string `json:"jwt"`
			} `json:"proof"`
		}
		if json.Unmarshal(b, &body) != nil || body.Proof.Type != "jwt" {
			return
		}
		j, err := wallet.ParseJWS(body.Proof.JWT)
		if err != nil || j.Verify(&device.PublicKey) != nil {
			return
		}
		edit(j.Header, j.Claims)
		again, err := wallet.SignJWS(rand.Reader, device, j.Header, j.Claims)
		if err != nil {
			t.Error(err)
		}
		content := bytes.Replace(b, []byte(body.Proof.JWT), []byte(again), 1)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	}
}

// Issuers that run, and do not look at one thing. The bad request is granted, the next offer is taken, and nothing else
// is said to be wrong.
func TestIssuersThatDoNotLook(t *testing.T) {
	w := newWorld(t)
	device := newKey(t)
	twins := []struct {
		name, rule string
		fault      func(http.Handler) http.Handler
	}{
		{"at the end of a token", "token.expired", onCredential(w.believing(t, func(c map[string]any) {
			if n, ok := c["exp"].(json.Number); ok && strings.HasPrefix(n.String(), "1") {
				c["exp"] = time.Now().Add(time.Minute).Unix()
			}
		}))},
		{"at the audience of a token", "token.audience", onCredential(w.believing(t, func(c map[string]any) {
			if c["aud"] != nil {
				c["aud"] = w.IssuerURL
			}
		}))},
		{"at the audience of a proof", "proof.audience", onCredential(trusting(t, device, func(_, c map[string]any) {
			if c["aud"] != nil {
				c["aud"] = w.IssuerURL
			}
		}))},
		{"at the type of a proof", "proof.type", onCredential(trusting(t, device, func(h, _ map[string]any) { h["typ"] = "openid4vci-proof+jwt" }))},
		{"at who refreshes", "refresh.subject", onCredential(w.believing(t, func(c map[string]any) {
			if c["credential_identifiers"] == nil {
				c["sub"] = account
			}
		}))},
	}
	failed := 0
	for _, tw := range twins {
		if !t.Run(tw.name, func(t *testing.T) {
			offers := []string{w.release(t, "mdoc"), w.release(t, "mdoc")}
			w.with(t, tw.fault)
			o := w.options(offers...)
			o.Device = device
			report, err := check.Issuer(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			if broken := unique(report.Broken()); !slices.Equal(broken, []string{tw.rule}) || report.Count(check.Unknown) != 0 {
				t.Errorf("broken are %v, want %s alone: %s\n%s", broken, tw.rule, report.Summary(), notHeld(report))
			}
		}) {
			failed++
		}
	}
	leave(t, record.Line{Kind: record.KindTwins, Group: "issuers that run and do not look", Count: len(twins), Failed: failed})
}

// With one offer, what comes after a bad request that was granted could not be checked, and nothing else is broken.
func TestOneOfferAndABadRequestGranted(t *testing.T) {
	w := newWorld(t)
	offer := w.release(t, "mdoc")
	w.with(t, onCredential(w.believing(t, func(c map[string]any) { c["aud"] = w.IssuerURL })))
	report, err := check.Issuer(context.Background(), w.options(offer))
	if err != nil {
		t.Fatal(err)
	}
	if broken := report.Broken(); !slices.Equal(broken, []string{"token.audience"}) || report.Count(check.Unknown) < 30 || report.Count(check.Held) < 100 {
		t.Errorf("%s %v", report.Summary(), broken)
	}
}

// Whatever an issuer does, the run ends and says so; and no report holds what was secret.
func TestHostileIssuers(t *testing.T) {
	w := newWorld(t)
	forever := func(a http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := a.Write(bytes.Repeat([]byte("a"), 1<<16)); err != nil {
				return
			}
		}
	}
	on := func(path string, h http.HandlerFunc) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
				if r.URL.Path == path || path == "" {
					h(a, r)
					return
				}
				next.ServeHTTP(a, r)
			})
		}
	}
	stop := make(chan struct{})
	defer close(stop)
	drip := func(a http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(a).Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}
	for name, c := range map[string]struct {
		fault  func(http.Handler) http.Handler
		broken string
	}{
		"endless metadata":      {on("/.well-known/openid-credential-issuer", forever), "metadata.answer"},
		"everything is endless": {on("", forever), "metadata.answer"},
		"everything drips":      {on("", drip), "metadata.answer"},
		"credentials drip":      {on("/credential", drip), "issue.answer"},
		"redirects to itself": {on("/credential", func(a http.ResponseWriter, r *http.Request) {
			http.Redirect(a, r, "/credential", http.StatusTemporaryRedirect)
		}), "issue.answer"},
		"everything is a page":       {on("", func(a http.ResponseWriter, _ *http.Request) { io.WriteString(a, "<html>") }), "metadata.answer"},
		"metadata that nests":        {on("/.well-known/openid-credential-issuer", nest), "metadata.answer"},
		"credentials that are odd":   {on("/credential", odd), "issue.credentials"},
		"control characters in word": {on("/credential", rude), "proof.signature"},
	} {
		t.Run(name, func(t *testing.T) {
			o := w.options(w.release(t, "mdoc"))
			w.with(t, c.fault)
			o.Limits = check.Limits{Body: 1 << 20, Answer: time.Second, Silence: 1}
			report, err := check.Issuer(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(report.Broken(), c.broken) {
				t.Errorf("%s %v", report.Summary(), report.Broken())
			}
			discreet(t, report, o.Offers[0])
		})
		caught[c.broken] = true
	}
}

func nest(a http.ResponseWriter, _ *http.Request) {
	a.Header().Set("Content-Type", "application/json")
	io.WriteString(a, strings.Repeat(`{"a":`, 10000))
}

func odd(a http.ResponseWriter, _ *http.Request) {
	a.Header().Set("Content-Type", "application/json")
	io.WriteString(a, `{"credentials":[{"credential":7}],"notification_id":[]}`)
}

func rude(a http.ResponseWriter, _ *http.Request) {
	a.Header().Set("Content-Type", "application/json")
	a.WriteHeader(http.StatusBadRequest)
	io.WriteString(a, `{"error":"\u001b[2Jheld\u0000</td><script>"}`)
}

// discreet looks for secrets, and for what could spoil a terminal or a page.
func discreet(t *testing.T, report check.Report, offer string) {
	t.Helper()
	parsed, err := wallet.ParseOffer(offer)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{check.FormatText, check.FormatJSON, check.FormatJUnit, check.FormatHTML} {
		var b bytes.Buffer
		if err := report.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{account, parsed.Code, "eyJhbGci", "\x1b", "\x00"} {
			if strings.Contains(b.String(), secret) {
				t.Errorf("%s: the report holds %q", format, secret[:min(len(secret), 12)])
			}
		}
		if format != check.FormatText && strings.Contains(b.String(), "<script") {
			t.Errorf("%s: the report holds markup of the server's", format)
		}
	}
}

func TestAGoodReportIsDiscreet(t *testing.T) {
	w := newWorld(t)
	offer := w.release(t, "jwt")
	report, err := check.Issuer(context.Background(), w.options(offer))
	if err != nil {
		t.Fatal(err)
	}
	discreet(t, report, offer)
}
