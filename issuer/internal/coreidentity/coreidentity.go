// Package coreidentity reads who GOV.UK One Login has verified a person to be: the claim
// https://vocab.account.gov.uk/v1/coreIdentityJWT of its userinfo, a JWS of its own by the identity service's own key.
//
// The identity service is configured. Its keys are fetched anew for each sign-in, which is seldom: a key it has withdrawn is
// refused at once. No error holds a name or a birth date.
package coreidentity

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
)

// Claim is the name of the userinfo claim.
const Claim = "https://vocab.account.gov.uk/v1/coreIdentityJWT"

// Request is what the authorisation request says to get the claim: its vtr and claims parameters.
func Request() map[string]string {
	return map[string]string{"vtr": `["Cl.Cm.P2"]`, "claims": `{"userinfo":{"` + Claim + `":null}}`}
}

// CodeUnproven is the code of a claim that proves no identity.
const CodeUnproven = "identity_not_proven"

// level is the confidence we ask for (GOV.UK: vectors of trust, P2, medium).
const level = "P2"

// Options name the identity service. All are required.
type Options struct {
	Issuer   string // iss of the claim: https://identity.account.gov.uk/
	DID      string // of its keys: did:web:identity.account.gov.uk
	Document string // where its DID document is
	ClientID string // ours at GOV.UK One Login: aud of the claim
	Client   *fetch.Client
	Now      func() time.Time
}

// Verifier verifies claims. Safe for concurrent use.
type Verifier struct{ Options }

// New returns a verifier. It fetches nothing.
func New(o Options) *Verifier { return &Verifier{o} }

// Identity is who a person was verified to be.
type Identity struct {
	GivenNames []string
	FamilyName string
	BirthDate  credential.Date
}

// claims is what we read of the claim.
type claims struct {
	Vot string `json:"vot"`
	VC  struct {
		Subject struct {
			Name []struct {
				ValidUntil string `json:"validUntil"`
				Parts      []struct {
					Type  string `json:"type"`
					Value string `json:"value"`
				} `json:"nameParts"`
			} `json:"name"`
			BirthDate []struct {
				Value string `json:"value"`
			} `json:"birthDate"`
		} `json:"credentialSubject"`
	} `json:"vc"`
}

// Verify returns the identity in a claim about subject, the sub of the ID token. A claim that is not to be believed, or that
// leaves the name or the birth date open, is a fault of kind Forbidden; keys that cannot be had are one of kind Unavailable.
func (v *Verifier) Verify(ctx context.Context, token, subject string) (Identity, error) {
	keys, err := v.keys(ctx)
	if err != nil {
		return Identity{}, err
	}
	verified, err := jose.Verify(ctx, token, jose.Expect{Type: "JWT", Algorithms: []jose.Algorithm{jose.ES256}}, keys)
	if err == nil {
		err = v.addressed(verified.Claims, subject)
	}
	if err != nil {
		return Identity{}, unproven(err)
	}
	var c claims
	if err := verified.Claims.Decode(&c); err != nil {
		return Identity{}, unproven(err)
	}
	return c.identity()
}

func unproven(cause error) error { return fault.Wrap(fault.Forbidden, CodeUnproven, "", cause) }

// addressed checks who says it, of whom, to whom and until when.
func (v *Verifier) addressed(c jose.Claims, subject string) error {
	issuer, err1 := c.String("iss")
	about, err2 := c.String("sub")
	to, err3 := c.Audience()
	expires, err4 := c.Time("exp")
	switch {
	case errors.Join(err1, err2, err3, err4) != nil:
		return errors.New("core identity: iss, sub, aud or exp is missing")
	case issuer != v.Issuer, about != subject, len(to) != 1 || to[0] != v.ClientID:
		return errors.New("core identity: it is another's, or of another")
	case !v.Now().Before(expires):
		return errors.New("core identity: expired")
	}
	if from, err := c.Time("nbf"); c.Has("nbf") && (err != nil || v.Now().Add(time.Minute).Before(from)) {
		return errors.New("core identity: not yet valid")
	}
	return nil
}

// identity reads the name that is in use now, which has no end, and the one birth date.
func (c claims) identity() (Identity, error) {
	if c.Vot != level {
		return Identity{}, unproven(errors.New("core identity: not proven to the level we ask for"))
	}
	var out Identity
	current := 0
	for _, name := range c.VC.Subject.Name {
		if name.ValidUntil != "" {
			continue
		}
		current++
		for _, part := range name.Parts {
			switch part.Type {
			case "GivenName":
				out.GivenNames = append(out.GivenNames, part.Value)
			case "FamilyName":
				out.FamilyName = join(out.FamilyName, part.Value)
			}
		}
	}
	if current != 1 || out.FamilyName == "" || len(c.VC.Subject.BirthDate) != 1 {
		return Identity{}, unproven(errors.New("core identity: not one name and one birth date"))
	}
	born, err := credential.ParseDate(c.VC.Subject.BirthDate[0].Value)
	if err != nil {
		return Identity{}, unproven(errors.New("core identity: not a birth date"))
	}
	out.BirthDate = born
	return out, nil
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// document is the identity service's DID document: its keys stand in assertionMethod themselves (DID Core §5.3.2).
type document struct {
	ID      string `json:"id"`
	Methods []struct {
		ID         string          `json:"id"`
		Controller string          `json:"controller"`
		Key        json.RawMessage `json:"publicKeyJwk"`
	} `json:"assertionMethod"`
}

const maxMethods = 64

// keys fetches the service's keys as they are now.
func (v *Verifier) keys(ctx context.Context) (jose.KeySource, error) {
	response, err := v.Client.Get(ctx, v.Document, "application/did+ld+json, application/did+json, application/json")
	if err != nil {
		return nil, err
	}
	var d document
	object, err := jose.ParseClaims(response.Body)
	if err == nil {
		err = object.Decode(&d)
	}
	if err != nil || d.ID != v.DID || len(d.Methods) == 0 || len(d.Methods) > maxMethods {
		return nil, fault.Wrap(fault.Unavailable, "identity_keys", "", fmt.Errorf("core identity: not the service's DID document: %w", err))
	}
	keys := map[string]crypto.PublicKey{}
	for _, m := range d.Methods {
		key, err := jose.ParsePublicJWK(m.Key)
		if err != nil || m.Controller != v.DID || keys[m.ID] != nil {
			return nil, fault.New(fault.Unavailable, "identity_keys", "")
		}
		keys[m.ID] = key
	}
	return jose.KeyFunc(func(_ context.Context, h jose.Header) (crypto.PublicKey, error) {
		if key := keys[h.KeyID]; key != nil {
			return key, nil
		}
		return nil, errors.New("core identity: a key that the service does not publish")
	}), nil
}
