package wallet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// walletClient is the iss of every proof GOV.UK Wallet makes.
const walletClient = "urn:fdc:gov:uk:wallet"

// Mutate changes a token's header or claims before it is signed: how a test misbehaves.
type Mutate func(header, claims map[string]any)

// Proof makes a proof of possession of the device key.
func (w *Wallet) Proof(audience, nonce string, mutate ...Mutate) (string, error) {
	header := map[string]any{"alg": es256, "typ": "openid4vci-proof+jwt", "kid": w.did}
	claims := map[string]any{"iss": walletClient, "aud": audience, "nonce": nonce, "iat": w.now().Unix()}
	for _, m := range mutate {
		m(header, claims)
	}
	return signToken(w.rand, w.key, header, claims)
}

// CredentialBody is the credential request GOV.UK Wallet sends: a proof, and nothing about what is wanted.
func CredentialBody(proof string) ([]byte, error) {
	return json.Marshal(map[string]any{"proof": map[string]string{"proof_type": "jwt", "jwt": proof}})
}

// RequestCredential posts body, whatever it is, and returns the answer, whatever it is.
func (w *Wallet) RequestCredential(ctx context.Context, endpoint, access string, body []byte) (status int, header http.Header, answer []byte, err error) {
	r, err := w.post(ctx, endpoint, access, body)
	if err != nil {
		return 0, nil, nil, err
	}
	return r.status, r.header, r.body, nil
}

func (w *Wallet) post(ctx context.Context, endpoint, access string, body []byte) (*reply, error) {
	return w.send(ctx, http.MethodPost, endpoint, map[string]string{
		"Content-Type":  "application/json",
		"Accept":        "application/json",
		"Authorization": "Bearer " + access,
	}, body)
}

// issued is a credential answer.
type issued struct{ credential, notificationID string }

func (w *Wallet) requestIssued(ctx context.Context, m *Metadata, access string) (issued, error) {
	nonce, err := AccessNonce(access)
	if err != nil {
		return issued{}, err
	}
	proof, err := w.Proof(m.Issuer, nonce)
	if err != nil {
		return issued{}, err
	}
	body, err := CredentialBody(proof)
	if err != nil {
		return issued{}, fmt.Errorf("encode credential request: %w", err)
	}
	r, err := w.post(ctx, m.CredentialEndpoint, access, body)
	if err != nil {
		return issued{}, err
	}
	if r.status != http.StatusOK {
		return issued{}, r.refusal()
	}
	return readIssued(r, m.NotificationEndpoint != "")
}

func readIssued(r *reply, wantNotification bool) (issued, error) {
	if !r.isType("application/json") {
		return issued{}, errors.New("credential answer is not JSON")
	}
	o, err := decodeObject(r.body)
	if err != nil {
		return issued{}, fmt.Errorf("read credential answer: %w", err)
	}
	list, err := o.objects("credentials")
	if err != nil || len(list) != 1 {
		return issued{}, errors.New("credential answer does not hold one credential")
	}
	out := issued{}
	if wantNotification {
		if out.notificationID, err = o.text("notification_id"); err != nil {
			return out, err
		}
	}
	out.credential, err = list[0].text("credential")
	return out, err
}

// Events a wallet notifies of (OpenID4VCI draft 14 §10.1).
const (
	EventAccepted = "credential_accepted"
	EventDeleted  = "credential_deleted"
	EventFailure  = "credential_failure"
)

// Notify tells the issuer what became of a credential. Any answer but 204 is a *RefusedError.
func (w *Wallet) Notify(ctx context.Context, endpoint, access, notificationID, event string) error {
	body, err := json.Marshal(map[string]string{"notification_id": notificationID, "event": event})
	if err != nil {
		return fmt.Errorf("encode notification: %w", err)
	}
	r, err := w.post(ctx, endpoint, access, body)
	if err != nil {
		return err
	}
	if r.status != http.StatusNoContent {
		return r.refusal()
	}
	return nil
}
