package check

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"justice-wallet/conformance/wallet"
)

var jwksRules = []rule[*IssuerRecord]{
	{"jwks.answer", "The key set is answered with 200 and JSON, and has keys and nothing else", "H: isValidJwks", []string{stepJWKS}, func(r *IssuerRecord) error {
		o, err := r.document(stepJWKS)
		if err != nil {
			return err
		}
		if len(objects(o["keys"])) == 0 {
			return errors.New("it has no keys")
		}
		return onlyMembers(o, "keys")
	}},
	{"jwks.members", "Every key has exactly kty EC, crv P-256, x, y, kid, use sig and alg ES256", "H: isValidJwks; D: JWKS", []string{stepJWKS}, inKeys(func(jwk map[string]any) error {
		if err := onlyMembers(jwk, "kty crv x y kid use alg"); err != nil {
			return err
		}
		return want(jwk["kty"] == "EC" && jwk["crv"] == "P-256" && text(jwk, "kid") != "" && jwk["use"] == "sig" && jwk["alg"] == "ES256", "a member is another, or missing")
	})},
	{"jwks.points", "Every key is a point of its curve", "RFC 7518 §6.2.1 (unchecked by H)", []string{stepJWKS}, inKeys(func(jwk map[string]any) error {
		if jwk["kty"] != "EC" || jwk["crv"] != "P-256" {
			return unknown("it is not on P-256")
		}
		_, err := wallet.JWKKey(jwk)
		return err
	})},
	{"jwks.distinct", "No two keys have one kid", "RFC 7517 §4.5 (unchecked by H)", []string{stepJWKS}, func(r *IssuerRecord) error {
		o, err := r.document(stepJWKS)
		if err != nil {
			return needs(err)
		}
		seen := map[string]bool{}
		for _, jwk := range objects(o["keys"]) {
			if kid := text(jwk, "kid"); kid != "" && seen[kid] {
				return errors.New("two have")
			} else {
				seen[kid] = true
			}
		}
		return nil
	}},
}

// document is a JSON answer with status 200.
func (r *IssuerRecord) document(step string) (map[string]any, error) {
	a, err := r.step(step)
	if err != nil {
		return nil, err
	}
	return a.json(http.StatusOK)
}

func inKeys(holds func(map[string]any) error) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		o, err := r.document(stepJWKS)
		if err != nil {
			return needs(err)
		}
		return each(objects(o["keys"]), holds)
	}
}

func each(list []map[string]any, holds func(map[string]any) error) error {
	for i, o := range list {
		if err := holds(o); err != nil {
			return fmt.Errorf("number %d: %w", i+1, err)
		}
	}
	return nil
}

const (
	didContext = "https://www.w3.org/ns/did/v1"
	jwsContext = "https://w3id.org/security/suites/jws-2020/v1"
)

var didSteps = []string{stepDID}

var didRules = []rule[*IssuerRecord]{
	{"did.answer", "The DID document is answered with 200 and JSON", "H: isValidDidWebDocument", didSteps, func(r *IssuerRecord) error {
		_, err := r.document(stepDID)
		return err
	}},
	{"did.members", "It has @context, id, verificationMethod and assertionMethod, and nothing else", "H: isValidDidWebDocument", didSteps, inDID(func(_ *IssuerRecord, o map[string]any) error {
		if len(o) != 4 {
			return want(false, "it has %d", len(o))
		}
		return onlyMembers(o, "@context id verificationMethod assertionMethod")
	})},
	{"did.context", "Its contexts are those of DIDs and of JSON Web Signature 2020", "H: isValidDidWebDocument", didSteps, inDID(func(_ *IssuerRecord, o map[string]any) error {
		list, err := texts(o, "@context")
		if err != nil {
			return err
		}
		return want(len(list) == 2 && slices.Contains(list, didContext) && slices.Contains(list, jwsContext), "they are others")
	})},
	{"did.id", "Its id is did:web of the issuer's host, without a port", "H: isValidDidWebDocument", didSteps, inDID(func(r *IssuerRecord, o map[string]any) error {
		return want(o["id"] == r.did(), "it is another")
	})},
	{"did.methods", "Every method is a JsonWebKey2020 of the issuer, named by its kid", "H: isValidDidWebDocument", didSteps, inMethods(func(r *IssuerRecord, _, m map[string]any) error {
		jwk := object(m, "publicKeyJwk")
		if err := onlyMembers(m, "id type controller publicKeyJwk"); err != nil {
			return err
		}
		return want(m["type"] == "JsonWebKey2020" && m["controller"] == r.did() && m["id"] == r.did()+"#"+text(jwk, "kid"), "it is another's")
	})},
	{"did.keys", "Every key has exactly kty EC, kid, crv P-256, x, y and alg ES256, and is a point of its curve", "H: isValidDidWebDocument; RFC 7518 §6.2.1", didSteps, inMethods(func(_ *IssuerRecord, _, m map[string]any) error {
		jwk := object(m, "publicKeyJwk")
		if err := onlyMembers(jwk, "kty kid crv x y alg"); err != nil {
			return err
		}
		if _, err := wallet.JWKKey(jwk); err != nil {
			return err
		}
		return want(jwk["alg"] == "ES256", "alg is another")
	})},
	{"did.assertion", "Every method may assert", "H: isValidDidWebDocument", didSteps, inMethods(func(_ *IssuerRecord, o, m map[string]any) error {
		list, err := texts(o, "assertionMethod")
		if err != nil {
			return err
		}
		return want(slices.Contains(list, text(m, "id")), "one may not")
	})},
}

func inDID(holds func(*IssuerRecord, map[string]any) error) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		o, err := r.document(stepDID)
		if err != nil {
			return needs(err)
		}
		return holds(r, o)
	}
}

func inMethods(holds func(r *IssuerRecord, o, method map[string]any) error) func(*IssuerRecord) error {
	return inDID(func(r *IssuerRecord, o map[string]any) error {
		list := objects(o["verificationMethod"])
		if len(list) == 0 {
			return unknown("it has no method")
		}
		return each(list, func(m map[string]any) error { return holds(r, o, m) })
	})
}

// did is what the issuer must call itself: GOV.UK leaves out the port.
func (r *IssuerRecord) did() string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	return "did:web:" + u.Hostname()
}

// isoString is JavaScript's toISOString, which GOV.UK's harness compares with.
const isoString = "2006-01-02T15:04:05.000Z"

var iacasSteps = []string{stepIACAs}

var iacasRules = []rule[*IssuerRecord]{
	{"iacas.answer", "The issuing authorities are answered with 200 and JSON, and are in data and nowhere else", "H: isValidIacas", iacasSteps, func(r *IssuerRecord) error {
		o, err := r.document(stepIACAs)
		if err != nil {
			return err
		}
		if len(objects(o["data"])) == 0 {
			return errors.New("data is missing or empty")
		}
		return onlyMembers(o, "data")
	}},
	{"iacas.members", "Each has exactly an id, active, its certificate, what that says, its fingerprint and its key", "H: isValidIacas", iacasSteps, inIACAs(func(o map[string]any) error {
		_, active := o["active"].(bool)
		if err := onlyMembers(o, "id active certificatePem certificateData certificateFingerprint publicKeyJwk"); err != nil {
			return err
		}
		data := object(o, "certificateData")
		if err := onlyMembers(data, "notAfter notBefore country commonName"); err != nil {
			return err
		}
		return want(len(o) == 6 && len(data) == 4 && active && text(o, "id") != "", "a member is missing, or of another type")
	})},
	{"iacas.pem", "Each certificate is PEM of one certificate", "H: isValidIacas", iacasSteps, inIACAs(func(o map[string]any) error {
		_, err := iaca(o)
		return err
	})},
	{"iacas.data", "What is said of a certificate is what it says, with times as JavaScript writes them", "H: isValidIacas", iacasSteps, inIACAs(func(o map[string]any) error {
		c, err := iaca(o)
		if err != nil {
			return needs(err)
		}
		data := object(o, "certificateData")
		ok := data["notBefore"] == c.NotBefore.Format(isoString) && data["notAfter"] == c.NotAfter.Format(isoString) &&
			data["commonName"] == c.Subject.CommonName && data["country"] == "GB" && slices.Equal(c.Subject.Country, []string{"GB"})
		return want(ok, "it is not")
	})},
	{"iacas.fingerprint", "The fingerprint is the certificate's SHA-256, in small hexadecimal letters", "H: isValidIacas", iacasSteps, inIACAs(func(o map[string]any) error {
		c, err := iaca(o)
		if err != nil {
			return needs(err)
		}
		digest := sha256.Sum256(c.Raw)
		return want(o["certificateFingerprint"] == hex.EncodeToString(digest[:]), "it is another")
	})},
	{"iacas.key", "The key is the certificate's, for ES256", "H: isValidIacas", iacasSteps, inIACAs(func(o map[string]any) error {
		c, err := iaca(o)
		if err != nil {
			return needs(err)
		}
		jwk := object(o, "publicKeyJwk")
		said, err := wallet.JWKKey(jwk)
		if err != nil {
			return err
		}
		actual, ok := c.PublicKey.(*ecdsa.PublicKey)
		return want(ok && said.Equal(actual) && jwk["alg"] == "ES256", "it is another")
	})},
}

func inIACAs(holds func(map[string]any) error) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		o, err := r.document(stepIACAs)
		if err != nil {
			return needs(err)
		}
		return each(objects(o["data"]), holds)
	}
}

func iaca(o map[string]any) (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(text(o, "certificatePem")))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) != 0 {
		return nil, errors.New("certificatePem is not one certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// roots are the issuing authorities that are active.
func (r *IssuerRecord) roots() []*x509.Certificate {
	o, err := r.document(stepIACAs)
	if err != nil {
		return nil // iacas.answer says why
	}
	var out []*x509.Certificate
	for _, item := range objects(o["data"]) {
		if c, err := iaca(item); err == nil && item["active"] == true {
			out = append(out, c)
		}
	}
	return out
}
