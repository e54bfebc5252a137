package onelogin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The identity service, which has a key, an issuer and a DID document of its own.
const (
	identityPath      = "/identity"
	identityDID       = "did:web:identity.account.gov.uk"
	identityLife      = 30 * time.Minute
	coreIdentityClaim = "https://vocab.account.gov.uk/v1/coreIdentityJWT"
)

// IdentityIssuer is the iss of core identities of the stand-in at base.
func IdentityIssuer(base string) string { return base + identityPath + "/" }

// IdentityDID is the DID of the identity service.
func IdentityDID() string { return identityDID }

// IdentityDocument is where its DID document is.
func IdentityDocument(base string) string { return base + identityPath + "/.well-known/did.json" }

// asksIdentity holds for a request that names the claim and a vector of trust with an identity.
func asksIdentity(q url.Values) bool {
	var claims struct {
		Userinfo map[string]any `json:"userinfo"`
	}
	if json.Unmarshal([]byte(q.Get("claims")), &claims) != nil {
		return false
	}
	_, named := claims.Userinfo[coreIdentityClaim]
	return named && strings.Contains(q.Get("vtr"), "P2")
}

// coreIdentity says who somebody was verified to be.
func (s *Server) coreIdentity(g codeGrant) (string, error) {
	parts := []map[string]string{}
	for _, name := range g.account.GivenNames {
		parts = append(parts, map[string]string{"type": "GivenName", "value": name})
	}
	parts = append(parts, map[string]string{"type": "FamilyName", "value": g.account.FamilyName})
	now := s.now()
	return s.identity.sign(s.random, map[string]any{"alg": "ES256", "kid": s.identity.kid, "typ": "JWT"}, map[string]any{
		"sub": g.account.Subject, "iss": IdentityIssuer(s.url), "aud": g.clientID, "vot": "P2", "vtm": s.url + "/trustmark",
		"nbf": now.Unix(), "iat": now.Unix(), "exp": now.Add(identityLife).Unix(),
		"vc": map[string]any{
			"type": []string{"VerifiableCredential", "IdentityCheckCredential"},
			"credentialSubject": map[string]any{
				"name":      []any{map[string]any{"nameParts": parts}},
				"birthDate": []any{map[string]any{"value": g.account.BirthDate}},
			},
		},
	})
}

func (s *Server) serveIdentityKeys(w http.ResponseWriter, _ *http.Request) {
	point, err := s.identity.private.PublicKey.Bytes()
	if err != nil {
		writeRefusal(w, errServer)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"@context": []string{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"}, "id": identityDID,
		"assertionMethod": []any{map[string]any{"type": "JsonWebKey", "id": s.identity.kid, "controller": identityDID, "publicKeyJwk": map[string]string{
			"kty": "EC", "crv": "P-256", "alg": "ES256",
			"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
		}}},
	})
}
