package govuk

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"fmt"
	"time"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vci"
)

// proof is a verified proof of possession.
type proof struct {
	holder *ecdsa.PublicKey
	nonce  string
	issued time.Time
}

// openProof verifies the wallet's proof (GOV.UK: credential page, proof of possession). The key is the did:key of kid,
// bare: the proof shows that its sender holds that key, and nothing more is taken from it. iat is in seconds; one in
// milliseconds, as the page's example has it, is refused (docs/divergences.md).
func (p *Profile) openProof(ctx context.Context, request oid4vci.CredentialRequest) (proof, error) {
	if request.Proof == nil || request.Proofs != nil || request.Proof.Type != "jwt" {
		return proof{}, fmt.Errorf("proof: want one proof, of type jwt")
	}
	var out proof
	source := jose.KeyFunc(func(_ context.Context, h jose.Header) (crypto.PublicKey, error) {
		key, err := did.ParseKey(h.KeyID)
		out.holder = key
		return key, err
	})
	expect := jose.Expect{Type: oid4vci.TypeProof, Algorithms: []jose.Algorithm{jose.ES256}}
	verified, err := jose.Verify(ctx, request.Proof.JWT, expect, source)
	if err != nil {
		return proof{}, err
	}
	claims := verified.Claims
	for name, want := range map[string]string{"iss": walletIssuer, "aud": p.SelfURL} {
		if got, err := claims.String(name); err != nil || got != want {
			return proof{}, fmt.Errorf("proof: %s is not the expected one", name)
		}
	}
	if out.issued, err = claims.Time("iat"); err != nil {
		return proof{}, err
	}
	if claims.Has("exp") {
		if expires, err := claims.Time("exp"); err != nil || !p.Now().Before(expires) {
			return proof{}, fmt.Errorf("proof: expired")
		}
	}
	if err := begun(claims, p.Now()); err != nil {
		return proof{}, fmt.Errorf("proof: %w", err)
	}
	if out.nonce, err = claims.String("nonce"); err != nil {
		return proof{}, err
	}
	return out, nil
}
