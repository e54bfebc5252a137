package verification_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/verification"
)

const sdjwtType = "https://issuer.example/types/synthetic"

func base64Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// sdjwt is an SD-JWT VC of one disclosure, with its payload changed by change; nil leaves a member out.
func (w *world) sdjwt(change map[string]any, disclosures ...string) string {
	w.t.Helper()
	holder, err := jose.NewPublicJWK(w.holder.Public(), "")
	w.must(err)
	name := w.disclosure("family_name", "Synthetic")
	v := w.statement.Validity
	payload := map[string]any{
		"iss": issuerURL, "vct": sdjwtType, "iat": v.Signed.Unix(), "nbf": v.From.Unix(), "exp": v.Until.Unix(), "cnf": map[string]any{"jwk": holder},
		"status": map[string]any{"status_list": map[string]any{"idx": w.statement.Status.Index, "uri": w.statement.Status.URI}},
		"_sd":    []string{base64Digest(name)}, "_sd_alg": "sha-256", "released": true,
	}
	maps.Copy(payload, change)
	maps.DeleteFunc(payload, func(_ string, v any) bool { return v == nil })
	token, err := jose.Sign(w.jwtKey.Sign, jose.Header{Algorithm: jose.ES256, Type: "dc+sd-jwt", KeyID: issuerDID + "#" + w.jwtKey.ID}, payload)
	w.must(err)
	return strings.Join(append([]string{token, name}, disclosures...), "~") + "~"
}

func (w *world) disclosure(name string, value any) string {
	w.t.Helper()
	b, err := json.Marshal([]any{"c2FsdA", name, value})
	w.must(err)
	return base64.RawURLEncoding.EncodeToString(b)
}

// bound adds the key binding of holder, with its claims changed by change.
func (w *world) bound(sdjwt string, holder keys.Key, change map[string]any) string {
	w.t.Helper()
	claims := map[string]any{"nonce": nonce, "aud": audience, "iat": w.now.Unix(), "sd_hash": base64Digest(sdjwt)}
	maps.Copy(claims, change)
	token, err := jose.Sign(holder.Sign, jose.Header{Algorithm: jose.ES256, Type: "kb+jwt"}, claims)
	w.must(err)
	return sdjwt + token
}

func TestSDJWTIsValid(t *testing.T) {
	w := newWorld(t)
	name, released := verification.ElementName{Name: "family_name"}, verification.ElementName{Name: "released"}
	for scope, r := range map[verification.Scope]verification.Result{
		verification.ScopeDocument: w.verifier().VerifySDJWT(context.Background(), w.sdjwt(nil), verification.Asked{}),
		verification.ScopePresentation: w.verifier().VerifyPresentedSDJWT(context.Background(), w.bound(w.sdjwt(nil), w.holder, nil), nonce, audience,
			verification.Asked{DocumentType: sdjwtType, Elements: []verification.ElementName{name, released}}),
	} {
		if r.Verdict != verification.Valid || r.Scope != scope || r.DocumentType != sdjwtType {
			t.Errorf("%s: %s, scope %s, type %q: %v", scope, r.Verdict, r.Scope, r.DocumentType, r.Checks)
		}
		if len(r.Elements) != 2 || r.Elements[0].Name != "family_name" || r.Elements[0].Value != "Synthetic" || r.Elements[1].Value != true {
			t.Errorf("%s: %d elements", scope, len(r.Elements))
		}
	}
	r := w.verifier().VerifySDJWT(context.Background(), w.sdjwt(nil), verification.Asked{Elements: []verification.ElementName{released}})
	if len(r.Elements) != 1 || r.Elements[0].Name != "released" {
		t.Errorf("%d elements are shown where one was asked for", len(r.Elements))
	}
}

func TestSDJWT(t *testing.T) {
	stranger := func(w *world) keys.Key { return newKey(w.t, keys.PurposeCredential) }
	cases := []struct {
		name    string
		compact func(w *world) string
		check   verification.Name
		outcome verification.Outcome
		reason  verification.Reason
	}{
		{"a JWT", (*world).jwt, verification.Format, verification.Failed, verification.ReasonMalformed},
		{"untrusted issuer", func(w *world) string { return w.sdjwt(map[string]any{"iss": "https://other.example"}) },
			verification.IssuerSignature, verification.Failed, verification.ReasonIssuerUntrusted},
		{"issuer away", func(w *world) string {
			w.keyErr = context.DeadlineExceeded
			return w.sdjwt(nil)
		}, verification.IssuerSignature, verification.Unknown, verification.ReasonIssuerKeysNotFound},
		{"another key", func(w *world) string {
			compact := w.sdjwt(nil)
			w.jwtKey = stranger(w)
			return compact
		}, verification.IssuerSignature, verification.Failed, verification.ReasonSignature},
		{"a disclosure of the holder's own", func(w *world) string { return w.sdjwt(nil, w.disclosure("portrait", "x")) },
			verification.IssuerSignature, verification.Failed, verification.ReasonDigest},
		{"expired", func(w *world) string {
			w.now = w.statement.Validity.Until
			return w.sdjwt(nil)
		}, verification.ValidityPeriod, verification.Failed, verification.ReasonExpired},
		{"not held", func(w *world) string { return w.sdjwt(nil) }, verification.HolderBinding, verification.Failed, verification.ReasonHolderSignature},
		{"bound to nobody", func(w *world) string { return w.bound(w.sdjwt(map[string]any{"cnf": nil}), w.holder, nil) },
			verification.HolderBinding, verification.Failed, verification.ReasonHolderSignature},
		{"another holder", func(w *world) string { return w.bound(w.sdjwt(nil), stranger(w), nil) },
			verification.HolderBinding, verification.Failed, verification.ReasonHolderSignature},
		{"another nonce", func(w *world) string { return w.bound(w.sdjwt(nil), w.holder, map[string]any{"nonce": "other"}) },
			verification.HolderBinding, verification.Failed, verification.ReasonNonce},
		{"another audience", func(w *world) string {
			return w.bound(w.sdjwt(nil), w.holder, map[string]any{"aud": "https://other.example"})
		},
			verification.HolderBinding, verification.Failed, verification.ReasonAudience},
		{"another presentation", func(w *world) string {
			return w.bound(w.sdjwt(nil), w.holder, map[string]any{"sd_hash": base64Digest("other")})
		},
			verification.HolderBinding, verification.Failed, verification.ReasonHolderSignature},
		{"too old", func(w *world) string {
			return w.bound(w.sdjwt(nil), w.holder, map[string]any{"iat": w.now.Add(-10*time.Minute - time.Second).Unix()})
		}, verification.HolderBinding, verification.Failed, verification.ReasonPresentedThen},
		{"to come", func(w *world) string {
			return w.bound(w.sdjwt(nil), w.holder, map[string]any{"iat": w.now.Add(61 * time.Second).Unix()})
		},
			verification.HolderBinding, verification.Failed, verification.ReasonPresentedThen},
		{"revoked", func(w *world) string {
			w.reading.Value = 1
			return w.bound(w.sdjwt(nil), w.holder, nil)
		}, verification.Status, verification.Failed, verification.ReasonStatusInvalid},
		{"no status", func(w *world) string { return w.bound(w.sdjwt(map[string]any{"status": nil}), w.holder, nil) },
			verification.Status, verification.Unknown, verification.ReasonStatusAbsent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyPresentedSDJWT(context.Background(), c.compact(w), nonce, audience, verification.Asked{})
			wantStop(t, w, r, c.check, c.outcome, c.reason)
		})
	}
}
