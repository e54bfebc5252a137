package coreidentity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"justice-wallet/issuer/internal/coreidentity"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
)

const (
	serviceDID = "did:web:identity.example"
	serviceISS = "https://identity.example/"
	subject    = "urn:fdc:gov.uk:2022:synthetic"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// service is the identity service of a test.
type service struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	did    string
	status int
	verify *coreidentity.Verifier
}

func start(t *testing.T) *service {
	t.Helper()
	s := &service{t: t, key: newKey(t), did: serviceDID, status: http.StatusOK}
	published, err := jose.NewPublicJWK(&s.key.PublicKey, "")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(s.status)
		document := map[string]any{"@context": []string{"https://www.w3.org/ns/did/v1"}, "id": s.did, "assertionMethod": []any{
			map[string]any{"id": serviceDID + "#one", "type": "JsonWebKey", "controller": serviceDID, "publicKeyJwk": published},
		}}
		if err := json.NewEncoder(w).Encode(document); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	s.verify = coreidentity.New(coreidentity.Options{
		Issuer: serviceISS, DID: serviceDID, Document: server.URL, ClientID: "client", Client: fetch.New(fetch.Options{}), Now: func() time.Time { return now },
	})
	return s
}

type object = map[string]any

func good() object {
	return object{
		"iss": serviceISS, "sub": subject, "aud": "client", "exp": now.Add(time.Minute).Unix(), "nbf": now.Unix(), "vot": "P2",
		"vc": object{"credentialSubject": object{
			"name": []any{
				object{"validUntil": "2020-01-01", "nameParts": []any{object{"type": "FamilyName", "value": "Earlier"}}},
				object{"nameParts": []any{object{"type": "GivenName", "value": "Michael"}, object{"type": "GivenName", "value": "John"}, object{"type": "FamilyName", "value": "Example"}}},
			},
			"birthDate": []any{object{"value": "1987-05-12"}},
		}},
	}
}

func about(c object) object { return c["vc"].(object)["credentialSubject"].(object) }

func (s *service) sign(key *ecdsa.PrivateKey, header jose.Header, c object) string {
	s.t.Helper()
	token, err := jose.Sign(es256.Signer(key), header, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func header() jose.Header {
	return jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: serviceDID + "#one"}
}

func TestVerify(t *testing.T) {
	s := start(t)
	got, err := s.verify.Verify(context.Background(), s.sign(s.key, header(), good()), subject)
	if err != nil || strings.Join(got.GivenNames, " ") != "Michael John" || got.FamilyName != "Example" || got.BirthDate.String() != "1987-05-12" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for name, change := range map[string]func(object){
		"another issuer":   func(c object) { c["iss"] = "https://elsewhere.example/" },
		"another person":   func(c object) { c["sub"] = "urn:fdc:gov.uk:2022:another" },
		"another client":   func(c object) { c["aud"] = "other" },
		"several clients":  func(c object) { c["aud"] = []string{"client", "other"} },
		"expired":          func(c object) { c["exp"] = now.Unix() },
		"no end":           func(c object) { delete(c, "exp") },
		"not yet":          func(c object) { c["nbf"] = now.Add(time.Hour).Unix() },
		"a lower level":    func(c object) { c["vot"] = "P1" },
		"no level":         func(c object) { delete(c, "vot") },
		"no credential":    func(c object) { delete(c, "vc") },
		"no name in use":   func(c object) { about(c)["name"] = about(c)["name"].([]any)[:1] },
		"two names in use": func(c object) { n := about(c)["name"].([]any); about(c)["name"] = append(n, n[1]) },
		"no family name": func(c object) {
			about(c)["name"] = []any{object{"nameParts": []any{object{"type": "GivenName", "value": "Michael"}}}}
		},
		"two birth dates": func(c object) {
			about(c)["birthDate"] = []any{object{"value": "1987-05-12"}, object{"value": "1987-05-13"}}
		},
		"no birth date":      func(c object) { delete(about(c), "birthDate") },
		"not a birth date":   func(c object) { about(c)["birthDate"] = []any{object{"value": "12/05/1987"}} },
		"names of no string": func(c object) { about(c)["name"] = "Example" },
	} {
		s := start(t)
		c := good()
		change(c)
		if got, err := s.verify.Verify(context.Background(), s.sign(s.key, header(), c), subject); fault.CodeOf(err) != coreidentity.CodeUnproven || got.FamilyName != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestKeys(t *testing.T) {
	s := start(t)
	unknown := header()
	unknown.KeyID = serviceDID + "#two"
	other := header()
	other.Type = "at+jwt"
	for name, token := range map[string]string{
		"another key's":     s.sign(newKey(t), header(), good()),
		"an unknown key id": s.sign(s.key, unknown, good()),
		"another type":      s.sign(s.key, other, good()),
		"nothing":           "",
	} {
		if _, err := s.verify.Verify(context.Background(), token, subject); fault.CodeOf(err) != coreidentity.CodeUnproven {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := s.sign(s.key, header(), good())
	for name, change := range map[string]func(){
		"another's document": func() { s.did = "did:web:elsewhere.example" },
		"away":               func() { s.status = http.StatusBadGateway },
	} {
		change()
		if _, err := s.verify.Verify(context.Background(), token, subject); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
		s.did = serviceDID
	}
}

func TestNoErrorHoldsTheName(t *testing.T) {
	s := start(t)
	c := good()
	about(c)["birthDate"] = []any{object{"value": "Example"}}
	_, err := s.verify.Verify(context.Background(), s.sign(s.key, header(), c), subject)
	if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "Example") {
		t.Error(text)
	}
}
