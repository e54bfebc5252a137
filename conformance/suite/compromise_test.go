package suite_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/keys"
	"justice-wallet/pkg/issuance"
)

// withList has the verifier fetch the roots' revocation lists from where the roots say, as `keys trust -crl` does.
func withList(file map[string][]any) {
	for _, one := range file["iacas"] {
		root := one.(map[string]any)
		block, _ := pem.Decode([]byte(root["pem"].(string)))
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			root["crlURL"] = cert.CRLDistributionPoints[0]
		}
	}
}

// From one command to every document of a stolen key seen as not valid: the documents that it signed end, others do not, its
// certificate is on the list, the verifier believes it no more, and its holders may simply ask again.
func TestAStolenKeyIsRevoked(t *testing.T) {
	for _, c := range []struct {
		purpose     keys.Purpose
		format      string
		trust       func(map[string][]any)
		check, says string // of the verifier: the first that fails
	}{
		{keys.PurposeDocument, "mdoc", withList, "trust", "signer_revoked"},
		{keys.PurposeDocument, "mdoc", nil, "status", "status_invalid"}, // a verifier that reads no revocation list
		{keys.PurposeCredential, "jwt", nil, "issuer_signature", "issuer_key_unknown"},
	} {
		t.Run(c.says, func(t *testing.T) {
			clock := &stepped{at: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
			r := start(t, rig.Options{Now: clock.now, Trust: c.trust})
			w := newWallet(t, r)
			var held, others []*wallet.Held
			for n := range 4 {
				format := []string{"mdoc", "jwt"}[n%2]
				h, err := w.Collect(context.Background(), offer(t, r, rig.OfferRequest{DocumentType: release, Format: format, Record: person}))
				if err != nil {
					t.Fatal(err)
				}
				if wantVerdict(t, r, h, "valid"); format == c.format {
					held = append(held, h)
				} else {
					others = append(others, h)
				}
			}
			stolen, err := r.Ring.Active(c.purpose)
			if err != nil {
				t.Fatal(err)
			}

			// The command; and then what a running issuer does at its tick.
			if _, err := r.Custodian().Revoke(t.Context(), stolen.ID, keys.ReasonCompromised, true); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				for _, act := range []func(context.Context) error{r.Ring.Reload, r.Issuer.Work, r.Issuer.Publish} {
					if err := act(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			clock.add(6 * time.Minute) // what a verifier believes without asking again

			for _, h := range held {
				result := wantVerdict(t, r, h, "not_valid")
				if got := reasonOf(result, c.check); got != c.says {
					t.Errorf("%s: %q, want %q: %+v", c.check, got, c.says, result.Checks)
				}
			}
			for _, h := range others {
				wantVerdict(t, r, h, "valid")
			}
			wantEnded(t, r, stolen.ID, len(held))
			wantListed(t, r, stolen)
			wantLateOnesEnded(t, r, clock, stolen.ID)
			for _, h := range held {
				fresh, err := w.Refresh(context.Background(), h)
				if err != nil {
					t.Fatalf("a holder asks again: %v", err)
				}
				wantVerdict(t, r, fresh, "valid")
				if id, _ := signedBy(t, r, fresh); id == stolen.ID {
					t.Error("signed by the stolen key")
				}
			}
		})
	}
}

func wantVerdict(t *testing.T, r *rig.Rig, h *wallet.Held, want string) rig.Result {
	t.Helper()
	body := map[string]any{"vcJwt": h.Raw}
	if h.Format == wallet.FormatMDoc {
		body = map[string]any{"issuerSigned": h.Raw}
	}
	result, err := r.Verify(context.Background(), body)
	if err != nil || result.Verdict != want {
		t.Errorf("%s is %s (%v), want %s: %+v", h.Format, result.Verdict, err, want, result.Checks)
	}
	return result
}

func reasonOf(r rig.Result, check string) string {
	for _, c := range r.Checks {
		if c.Name == check {
			return c.Reason
		}
	}
	return ""
}

// wantEnded holds the register to it: what the key signed has ended, n documents for the one reason, and nothing else.
func wantEnded(t *testing.T, r *rig.Rig, key string, n int) {
	t.Helper()
	all, err := r.Store.CredentialsOf(context.Background(), person)
	if err != nil {
		t.Fatal(err)
	}
	ended := 0
	for _, c := range all {
		if c.Revoked.IsZero() == (c.KeyID == key) || c.KeyID == key && c.Reason != string(issuance.ReasonKeyCompromise) {
			t.Errorf("a document of key %s ended at %v for %q", c.KeyID, c.Revoked, c.Reason)
		}
		if c.KeyID == key {
			ended++
		}
	}
	if ended != n {
		t.Errorf("%d documents of the key, want %d", ended, n)
	}
}

// wantLateOnesEnded has a document come to exist when the ending is over, of a replica that did not know yet: it ends too.
func wantLateOnesEnded(t *testing.T, r *rig.Rig, clock *stepped, key string) {
	t.Helper()
	all, err := r.Store.CredentialsOf(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	late := all[0]
	late.ID, late.KeyID, late.Revoked, late.Reason = "00000000-0000-4000-8000-000000000001", key, time.Time{}, ""
	grant := issuance.Grant{Issuer: "https://late.example", TokenID: "late", Subject: late.Subject, Configuration: late.Configuration, Nonce: "late", Expires: clock.now().Add(time.Minute)}
	if err := r.Store.Commit(t.Context(), issuance.Commit{Operation: "late", Grant: grant, Credential: late}); err != nil {
		t.Fatal(err)
	}
	if err := r.Issuer.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Store.Credential(t.Context(), late.ID); err != nil || got.Reason != string(issuance.ReasonKeyCompromise) {
		t.Errorf("%v: a late document stands, or ended for %q", err, got.Reason)
	}
}

// wantListed looks for the key where everybody does: its certificate on the root's list, or its absence from the key sets.
func wantListed(t *testing.T, r *rig.Rig, k keys.Key) {
	t.Helper()
	if len(k.Chain) == 0 {
		for _, path := range []string{"/.well-known/did.json", "/.well-known/jwks.json"} {
			if content := download(t, r, r.IssuerURL+path); bytes.Contains(content, []byte(k.ID)) {
				t.Errorf("%s has the key still", path)
			}
		}
		return
	}
	list, err := x509.ParseRevocationList(download(t, r, k.Chain[0].CRLDistributionPoints[0]))
	if err != nil || len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].SerialNumber.Cmp(k.Chain[0].SerialNumber) != 0 {
		t.Errorf("the revocation list: %v", err)
	}
}

func download(t *testing.T, r *rig.Rig, url string) []byte {
	t.Helper()
	response, err := r.HTTP.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d (%v)", url, response.StatusCode, err)
	}
	return content
}
