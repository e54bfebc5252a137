package oid4vci

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
)

// ProofRules are what a key proof of type jwt must say (OID4VCI 1.0 Appendix F.1).
type ProofRules struct {
	CredentialIssuer string        // aud, exactly
	Nonce            string        // the c_nonce given out; empty: there is no nonce endpoint, and nonce must be absent
	ClientID         string        // iss; empty: nobody signed in as a client, and iss must be absent
	Now              time.Time     // to hold iat against
	MaxAge           time.Duration // of iat
	Skew             time.Duration // by which the wallet's clock may be ahead of Now
}

// KeyProof shows that whoever sent it held Holder's private key. It says nothing else of them.
type KeyProof struct {
	Holder *ecdsa.PublicKey
	Issued time.Time
}

// VerifyProof reads a key proof of type jwt. The key is the one its header brings in jwk, or the did:key of kid, as the
// bare identifier or the URL of its only key: exactly one of the two. x5c, trust_chain and key_attestation are refused:
// nobody vouches for keys here. GOV.UK's profile is stricter and does not use this: there, a header holds a kid.
//
// The error is a *jose.Error for whatever is wrong with the token itself.
func VerifyProof(compact string, want ProofRules) (KeyProof, error) {
	token, err := jose.Parse(compact, jose.Expect{Type: TypeProof, Algorithms: []jose.Algorithm{jose.ES256}, EmbeddedKey: true})
	if err != nil {
		return KeyProof{}, fmt.Errorf("key proof: %w", err)
	}
	holder, err := proofKey(token)
	if err != nil {
		return KeyProof{}, fmt.Errorf("key proof: %w", err)
	}
	claims, err := token.Verify(holder)
	if err != nil {
		return KeyProof{}, fmt.Errorf("key proof: %w", err)
	}
	issued, err := want.check(claims)
	if err != nil {
		return KeyProof{}, fmt.Errorf("key proof: %w", err)
	}
	return KeyProof{Holder: holder, Issued: issued}, nil
}

func proofKey(token *jose.Token) (*ecdsa.PublicKey, error) {
	if key := token.EmbeddedKey(); key != nil {
		return key, nil // jose has seen to it that there is no kid beside it
	}
	kid := token.Header().KeyID
	key, err := did.ParseKey(kid)
	if err != nil {
		key, err = did.ParseKeyURL(kid)
	}
	if err != nil {
		return nil, &jose.Error{Reason: jose.ReasonKey, Detail: "neither jwk nor a did:key in kid", Err: err}
	}
	return key, nil
}

func (want ProofRules) check(claims jose.Claims) (issued time.Time, err error) {
	if want.CredentialIssuer == "" {
		return time.Time{}, errors.New("no credential issuer to hold aud against")
	}
	for name, value := range map[string]string{"aud": want.CredentialIssuer, "nonce": want.Nonce, "iss": want.ClientID} {
		if err := exactly(claims, name, value); err != nil {
			return time.Time{}, err
		}
	}
	if issued, err = claims.Time("iat"); err != nil {
		return time.Time{}, err
	}
	if issued.After(want.Now.Add(want.Skew)) || want.Now.Sub(issued) > want.MaxAge {
		return time.Time{}, errors.New("iat is too long ago, or to come")
	}
	if !claims.Has("exp") {
		return issued, nil
	}
	if expires, err := claims.Time("exp"); err != nil || !want.Now.Before(expires) {
		return time.Time{}, errors.New("it has expired")
	}
	return issued, nil
}

// exactly wants a claim to be value or, when value is empty, absent.
func exactly(claims jose.Claims, name, value string) error {
	if value == "" {
		if claims.Has(name) {
			return fmt.Errorf("%s was not asked for", name)
		}
		return nil
	}
	if got, err := claims.String(name); err != nil || got != value {
		return fmt.Errorf("%s is not the expected one", name)
	}
	return nil
}
