package wallet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
)

func TestCollectMDoc(t *testing.T) {
	d := newDesk(t)
	h := d.collect("mdoc")
	if h.DocType != docType || h.Format != wallet.FormatMDoc || h.Issuer != d.url || h.Configuration != "mdoc" {
		t.Error("document is not what was offered")
	}
	if element(h, "family_name") != "Synthetic" || element(h, "birth_date") != (wallet.Tag{Number: 1004, Content: "1990-01-02"}) {
		t.Error("an element is wrong")
	}
	d.checkHeld(h)
}

func TestCollectJWT(t *testing.T) {
	d := newDesk(t)
	h := d.collect("jwt")
	if !slices.Equal(h.Types, []string{"VerifiableCredential", "Release"}) || h.Format != wallet.FormatJWT {
		t.Error("document is not what was offered")
	}
	if element(h, "familyName") != "Synthetic" || len(h.Elements) != 2 {
		t.Error("an element is wrong")
	}
	d.checkHeld(h)
}

func (d *desk) collect(id string) *wallet.Held {
	d.t.Helper()
	h, err := d.wallet.Collect(context.Background(), d.offer(id))
	if err != nil {
		d.t.Fatal(err)
	}
	return h
}

// checkHeld checks what the two formats have in common, and what was said on the way.
func (d *desk) checkHeld(h *wallet.Held) {
	d.t.Helper()
	if h.Status != (wallet.StatusRef{URI: d.url + "/t/1", Index: 5}) || !h.ValidUntil.Equal(noon.Add(24*time.Hour)) ||
		!h.ExpectedUpdate.Equal(noon.Add(time.Hour)) || h.NotificationID != "n-1" || h.RefreshToken == "" {
		d.t.Error("status, validity, notification or refresh token is wrong")
	}
	if !slices.Equal(d.events, []string{wallet.EventAccepted}) {
		d.t.Errorf("events are %v", d.events)
	}
	if s := fmt.Sprintf("%v %+v %#v %v", h, *h, *h, h.Elements); strings.Contains(s, "Synthetic") {
		d.t.Error("a held document prints what it states")
	}
}

// The proof is GOV.UK Wallet's to the letter.
func TestProof(t *testing.T) {
	d := newDesk(t)
	d.collect("mdoc")
	proof := d.proofs[0]
	if !verifies(proof, d.wallet.PublicKey()) {
		t.Fatal("proof does not verify")
	}
	header, err := partOf(proof, 0)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := partOf(proof, 1)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(header) != fmt.Sprint(claims{"alg": "ES256", "typ": "openid4vci-proof+jwt", "kid": d.wallet.DIDKey()}) {
		t.Errorf("header is %v", header)
	}
	want := claims{"iss": "urn:fdc:gov:uk:wallet", "aud": d.url, "nonce": "nonce-1", "iat": float64(noon.Unix())}
	if fmt.Sprint(payload) != fmt.Sprint(want) {
		t.Errorf("claims are %v", payload)
	}
	spoilt, err := d.wallet.Proof(d.url, "n", func(h, c map[string]any) { h["typ"], c["nonce"] = "JWT", "other" })
	if err != nil {
		t.Fatal(err)
	}
	if p, err := payloadOf(spoilt); err != nil || p["nonce"] != "other" {
		t.Error("mutation was not applied")
	}
}

func TestRefresh(t *testing.T) {
	d := newDesk(t)
	h := d.collect("jwt")
	old := h.RefreshToken
	again, err := d.wallet.Refresh(context.Background(), h)
	if err != nil {
		t.Fatal(err)
	}
	last := d.tokens[len(d.tokens)-1]
	if last.Get("grant_type") != "refresh_token" || last.Get("refresh_token") != old {
		t.Error("the refresh token was not spent")
	}
	if again.Raw == h.Raw || again.Configuration != "jwt" || again.RefreshToken == old || h.RefreshToken == old {
		t.Error("not a new copy with a new refresh token")
	}
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		path   string
		status int
		code   string
	}{
		"token":      {"/token", http.StatusBadRequest, "invalid_grant"},
		"credential": {"/credential", http.StatusUnauthorized, "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h := d.collect("jwt")
			d.refuse[test.path] = claims{"status": test.status, "error": test.code}
			_, errCollect := d.wallet.Collect(context.Background(), d.offer("jwt"))
			_, errRefresh := d.wallet.Refresh(context.Background(), h)
			for _, err := range []error{errCollect, errRefresh} {
				var refused *wallet.RefusedError
				if !errors.As(err, &refused) || refused.Status != test.status || refused.Code != test.code {
					t.Errorf("got %v", err)
				}
			}
			if len(d.events) != 1 {
				t.Errorf("events are %v", d.events)
			}
		})
	}
}

func TestAcceptedThoughTheIssuerWasNotTold(t *testing.T) {
	d := newDesk(t)
	d.refuse["/notification"] = claims{"status": http.StatusInternalServerError, "error": "x"}
	h, err := d.wallet.Collect(context.Background(), d.offer("mdoc"))
	if h == nil || err == nil {
		t.Error("want both the document and the error")
	}
}

func TestAnswersThatAreNot(t *testing.T) {
	for name, spoil := range map[string]func(a claims){
		"no credential":      func(a claims) { a["credentials"] = []claims{} },
		"two credentials":    func(a claims) { a["credentials"] = []claims{{"credential": "a"}, {"credential": "b"}} },
		"credential no text": func(a claims) { a["credentials"] = []claims{{"credential": claims{}}} },
		"no notification id": func(a claims) { delete(a, "notification_id") },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.answer = spoil
			if _, err := d.wallet.Collect(context.Background(), d.offer("jwt")); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestTokenAnswersThatAreNot(t *testing.T) {
	for name, spoil := range map[string]func(a claims){
		"another token type": func(a claims) { a["token_type"] = "DPoP" },
		"no access token":    func(a claims) { delete(a, "access_token") },
		"an opaque token":    func(a claims) { a["access_token"] = "opaque" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.tokenAnswer = spoil
			if _, err := d.wallet.Collect(context.Background(), d.offer("jwt")); err == nil || len(d.proofs) != 0 {
				t.Error("accepted")
			}
		})
	}
}

// Every answer has one media type, one status and a bound.
func TestAnswersAreTakenInOneForm(t *testing.T) {
	for name, spoil := range map[string]func(w http.ResponseWriter){
		"as text":   func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/plain") },
		"not 200":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
		"too large": func(w http.ResponseWriter) { _, _ = w.Write([]byte(strings.Repeat(" ", 4<<20))) },
	} {
		for _, path := range []string{"/.well-known/openid-credential-issuer", "/token", "/credential"} {
			t.Run(name+path, func(t *testing.T) {
				d := newDesk(t)
				d.before[path] = spoil
				if _, err := d.wallet.Collect(context.Background(), d.offer("jwt")); err == nil {
					t.Error("accepted")
				}
			})
		}
	}
}

func TestMetadataThatIsNot(t *testing.T) {
	for name, spoil := range map[string]func(m, mdoc, jwt claims){
		"another issuer":                func(m, _, _ claims) { m["credential_issuer"] = "https://other.example" },
		"no authorisation server":       func(m, _, _ claims) { m["authorization_servers"] = []string{} },
		"credential endpoint elsewhere": func(m, _, _ claims) { m["credential_endpoint"] = "https://other.example/credential" },
		"notification elsewhere":        func(m, _, _ claims) { m["notification_endpoint"] = "https://other.example/notification" },
		"iacas elsewhere":               func(m, _, _ claims) { m["mdoc_iacas_uri"] = "https://other.example/iacas" },
		"no iacas":                      func(m, _, _ claims) { delete(m, "mdoc_iacas_uri") },
		"unknown format":                func(_, _, jwt claims) { jwt["format"] = "dc+sd-jwt" },
		"COSE algorithm numbers":        func(_, mdoc, _ claims) { mdoc["credential_signing_alg_values_supported"] = []int{-7} },
		"another algorithm":             func(_, mdoc, _ claims) { mdoc["credential_signing_alg_values_supported"] = []string{"ES384"} },
		"no validity period":            func(_, mdoc, _ claims) { delete(mdoc, "credential_validity_period_max_days") },
		"no refresh journey":            func(_, mdoc, _ claims) { delete(mdoc, "credential_refresh_web_journey_url") },
		"no doctype":                    func(_, mdoc, _ claims) { delete(mdoc, "doctype") },
		"mdoc bound to did:key":         func(_, mdoc, _ claims) { mdoc["cryptographic_binding_methods_supported"] = []string{"did:key"} },
		"JWT bound to cose_key":         func(_, _, jwt claims) { jwt["cryptographic_binding_methods_supported"] = []string{"cose_key"} },
		"one type": func(_, _, jwt claims) {
			jwt["credential_definition"] = claims{"type": []string{"VerifiableCredential"}}
		},
		"no proof types": func(_, _, jwt claims) { delete(jwt, "proof_types_supported") },
		"no claims":      func(_, mdoc, _ claims) { delete(mdoc, "credential_metadata") },
		"claim path of three": func(_, mdoc, _ claims) {
			mdoc["credential_metadata"] = claims{"claims": []claims{{"path": []string{"a", "b", "c"}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			spoil(d.answers["/.well-known/openid-credential-issuer"].(claims), d.configuration("mdoc"), d.configuration("jwt"))
			if _, err := d.wallet.Discover(context.Background(), d.url); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestAuthorisationServerSpeaksForItselfAlone(t *testing.T) {
	d := newDesk(t)
	d.answers["/.well-known/oauth-authorization-server"].(claims)["issuer"] = "https://other.example"
	if _, err := d.wallet.TokenEndpoint(context.Background(), d.url); err == nil {
		t.Error("accepted")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	d := newDesk(t)
	status, _, _, err := d.wallet.RequestCredential(context.Background(), d.url+"/moved", "token", []byte("{}"))
	if err != nil || status != http.StatusTemporaryRedirect || len(d.proofs) != 0 {
		t.Errorf("status %d, %v", status, err)
	}
}
