package rig

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// Token returns a token of HMPPS Auth for a client that asks for itself.
func (r *Rig) Token(ctx context.Context, client string) (string, error) {
	return r.TokenFor(ctx, client, "")
}

// TokenFor returns a token of HMPPS Auth for a client that asks on behalf of user.
func (r *Rig) TokenFor(ctx context.Context, client, user string) (string, error) {
	form := strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "username": {user}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.HMPPSURL+"/auth/oauth/token", form)
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(client, clientSecret)
	var answer struct {
		Token string `json:"access_token"`
	}
	err = r.send(request, &answer)
	return answer.Token, err
}

// OfferRequest is the body of POST /api/offers.
type OfferRequest struct {
	DocumentType  string `json:"documentType"`
	Format        string `json:"format"`
	Record        string `json:"record"`
	Item          string `json:"item,omitempty"`
	WalletSubject string `json:"walletSubjectId"`
}

// Offer asks the issuer for an offer link.
func (r *Rig) Offer(ctx context.Context, request OfferRequest) (string, error) {
	token, err := r.Token(ctx, ServiceClient)
	if err != nil {
		return "", err
	}
	var answer struct{ Link string }
	err = r.Post(ctx, r.IssuerURL+"/api/offers", token, request, &answer)
	return answer.Link, err
}

// OfferID reads the credential identifier out of a pre-authorised code, as an authorisation server would.
func OfferID(code string) (string, error) {
	parts := strings.Split(code, ".")
	if len(parts) != 3 {
		return "", errors.New("read code: not a compact JWS")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("read code: %w", err)
	}
	var claims struct {
		Identifiers []string `json:"credential_identifiers"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || len(claims.Identifiers) != 1 {
		return "", errors.New("read code: it does not hold one credential identifier")
	}
	return claims.Identifiers[0], nil
}

// Ended is one document that a revocation ended.
type Ended struct {
	CredentialID string    `json:"credentialId"`
	DocumentType string    `json:"documentType"`
	RevokedAt    time.Time `json:"revokedAt"`
}

// Revoke ends everything that stands about record, and publishes.
func (r *Rig) Revoke(ctx context.Context, record, reason string) ([]Ended, error) {
	return r.revoke(ctx, map[string]string{"record": record, "reason": reason})
}

// RevokeOne ends one document, and publishes.
func (r *Rig) RevokeOne(ctx context.Context, id, reason string) ([]Ended, error) {
	return r.revoke(ctx, map[string]string{"credentialId": id, "reason": reason})
}

func (r *Rig) revoke(ctx context.Context, body map[string]string) ([]Ended, error) {
	token, err := r.Token(ctx, ServiceClient)
	if err != nil {
		return nil, err
	}
	var answer struct{ Revoked []Ended }
	if err := r.Post(ctx, r.IssuerURL+"/api/revocations", token, body, &answer); err != nil {
		return nil, err
	}
	return answer.Revoked, r.Issuer.Publish(ctx)
}

// Check is one check of a Result.
type Check struct {
	Name     string            `json:"name"`
	Outcome  string            `json:"outcome"`
	Reason   string            `json:"reason,omitempty"`
	Evidence map[string]string `json:"evidence,omitempty"`
}

// Result is the answer of POST /verify.
type Result struct {
	Verdict      string  `json:"verdict"`
	DocumentType string  `json:"documentType"`
	Scope        string  `json:"scope"`
	Checks       []Check `json:"checks"`
	Elements     []struct {
		Namespace, Name string
		Value           any
	} `json:"elements"`
}

// Nonce and audience of what Present sends to POST /verify, whose caller makes its own session; Begin has the verifier make
// one.
const (
	presentationNonce = "a-nonce-of-the-rig"
	presentationURL   = "https://verifier.test/response"
	presentationID    = "x509_san_dns:verifier.test"
)

// Verify sends body to the verifier.
func (r *Rig) Verify(ctx context.Context, body map[string]any) (Result, error) {
	var result Result
	err := r.Post(ctx, r.VerifierURL+"/verify", "", body, &result)
	return result, err
}

// Present has w present h with those elements, and the verifier check the presentation.
func (r *Rig) Present(ctx context.Context, w *wallet.Wallet, h *wallet.Held, elements [][2]string) (Result, error) {
	if h.Format == wallet.FormatJWT {
		vp, err := w.PresentJWT(h, presentationNonce, presentationID)
		if err != nil {
			return Result{}, err
		}
		return r.Verify(ctx, map[string]any{"vpJwt": vp, "nonce": presentationNonce, "audience": presentationID})
	}
	transcript := wallet.OID4VPTranscript(presentationID, presentationNonce, presentationURL, nil)
	response, err := w.PresentMDoc(h, elements, transcript)
	if err != nil {
		return Result{}, err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return r.Verify(ctx, map[string]any{
		"deviceResponse": b64(response), "sessionTranscript": b64(transcript),
		"asked": map[string]any{"documentType": h.DocType, "elements": elements},
	})
}
