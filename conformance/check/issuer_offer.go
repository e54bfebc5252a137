package check

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"justice-wallet/conformance/wallet"
)

var offerSteps = []string{stepOffer}

var offerRules = []rule[*IssuerRecord]{
	{"offer.link", "The link holds the offer by value, as percent-encoded JSON", "H: getCredentialOffer", offerSteps, (*IssuerRecord).byValue},
	{"offer.schema", "The offer has one configuration, one pre-authorised code, and nothing else", "H: isValidCredentialOffer; D: credential offer", offerSteps, func(r *IssuerRecord) error {
		if err := r.byValue(); err != nil {
			return needs(err)
		}
		_, err := r.offer()
		return err
	}},
	{"offer.issuer", "It names the issuer that was asked", "OID4VCI §4.1.1 (unchecked by H)", offerSteps, inOffer(func(r *IssuerRecord, o wallet.Offer) error {
		return want(o.Issuer == r.URL, "it names another")
	})},
	{"code.form", "The pre-authorised code is a compact JWS", "D: pre-authorised code", offerSteps, inOffer(func(_ *IssuerRecord, o wallet.Offer) error {
		_, err := wallet.ParseJWS(o.Code)
		return err
	})},
	{"code.header", "Its header is exactly kid, typ JWT and alg ES256", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(_ *IssuerRecord, t *wallet.JWS) error {
		return want(len(t.Header) == 3 && text(t.Header, "kid") != "" && t.Header["typ"] == "JWT" && t.Header["alg"] == "ES256", "it is another")
	})},
	{"code.signature", "A key of the issuer's JWKS verifies it", "H: isValidPreAuthorizedCode", []string{stepOffer, stepJWKS}, inCode(func(r *IssuerRecord, t *wallet.JWS) error {
		a, err := r.step(stepJWKS)
		if err != nil {
			return needs(err)
		}
		set, err := a.json(http.StatusOK)
		if err != nil {
			return needs(err)
		}
		for _, jwk := range objects(set["keys"]) {
			if key, err := wallet.JWKKey(jwk); err == nil && jwk["kid"] == t.Header["kid"] {
				return t.Verify(key)
			}
		}
		return errors.New("no key has its kid")
	})},
	{"code.claims", "Its claims are exactly aud, iss, clientId, credential_identifiers, credential_configuration_ids, iat and exp", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(_ *IssuerRecord, t *wallet.JWS) error {
		if len(t.Claims) != 7 {
			return want(false, "it has %d", len(t.Claims))
		}
		return onlyMembers(t.Claims, "aud iss clientId credential_identifiers credential_configuration_ids iat exp")
	})},
	{"code.audience", "It is for the token service", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(r *IssuerRecord, t *wallet.JWS) error {
		return want(t.Claims["aud"] == r.AuthServer, "aud is another, or no text")
	})},
	{"code.issuer", "It is from the issuer", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(r *IssuerRecord, t *wallet.JWS) error {
		return want(t.Claims["iss"] == r.URL, "iss is another")
	})},
	{"code.client", "It names the issuer's client id", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(r *IssuerRecord, t *wallet.JWS) error {
		return want(t.Claims["clientId"] == r.ClientID, "clientId is another")
	})},
	{"code.configuration", "It is for the offered configuration", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(r *IssuerRecord, t *wallet.JWS) error {
		o, err := r.offer()
		if err != nil {
			return needs(err)
		}
		return want(onlyOne(t.Claims["credential_configuration_ids"]) == o.Configuration, "it is for another")
	})},
	{"code.identifier", "It has one credential identifier", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(_ *IssuerRecord, t *wallet.JWS) error {
		return want(onlyOne(t.Claims["credential_identifiers"]) != "", "it has none, or several")
	})},
	{"code.life", "It was made in the past, has not expired, and lives for 5 to 60 minutes", "H: isValidPreAuthorizedCode", offerSteps, inCode(func(r *IssuerRecord, t *wallet.JWS) error {
		iat, err := seconds(t.Claims, "iat")
		if err != nil {
			return err
		}
		exp, err := seconds(t.Claims, "exp")
		if err != nil {
			return err
		}
		now := r.Began.Unix()
		return want(iat <= now && exp > now && exp-iat >= 5*60 && exp-iat <= 60*60, "it lives for %d seconds, made %d seconds ago", exp-iat, now-iat)
	})},
}

func (r *IssuerRecord) link() string {
	s, ok := r.Steps[stepOffer]
	if !ok {
		return ""
	}
	return strings.TrimSpace(string(s.Answer.Body))
}

// byValue says whether the link holds a JSON object.
func (r *IssuerRecord) byValue() error {
	_, query, _ := strings.Cut(r.link(), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("its query cannot be read")
	}
	_, err = wallet.DecodeJSON([]byte(values.Get("credential_offer")))
	return err
}

func (r *IssuerRecord) offer() (wallet.Offer, error) { return wallet.ParseOffer(r.link()) }

func inOffer(holds func(*IssuerRecord, wallet.Offer) error) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		o, err := r.offer()
		if err != nil {
			return needs(err)
		}
		return holds(r, o)
	}
}

func inCode(holds func(*IssuerRecord, *wallet.JWS) error) func(*IssuerRecord) error {
	return inOffer(func(r *IssuerRecord, o wallet.Offer) error {
		t, err := wallet.ParseJWS(o.Code)
		if err != nil {
			return needs(err)
		}
		return holds(r, t)
	})
}

// onlyOne returns the one text of an array, empty when it is none or holds another number.
func onlyOne(v any) string {
	list, _ := v.([]any)
	if len(list) != 1 {
		return ""
	}
	s, _ := list[0].(string) // what is no text is no name
	return s
}
