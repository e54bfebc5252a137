package check

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"

	"justice-wallet/conformance/wallet"
)

// Server stands in for GOV.UK One Login's token service, as GOV.UK's harness does: it publishes a key, and whoever holds
// it signs access tokens with it. The issuer under judgement must be set up to trust it.
type Server struct {
	URL string // its issuer identifier: aud of pre-authorised codes, iss of access tokens
	key *ecdsa.PrivateKey
}

// serverKeyID is the kid that GOV.UK's harness gives its key at every start, whatever the key is: an issuer that remembers
// keys by kid for ever fails the second run.
const serverKeyID = "5d76b492-d62e-46f4-a3d9-bc51e8b91ac5"

// NewServer makes a token service with a new key.
func NewServer(url string, rand io.Reader) (*Server, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand)
	if err != nil {
		return nil, err
	}
	return &Server{url, key}, nil
}

// Sign signs an access token, whatever it says, under the published kid unless header names another.
func (s *Server) Sign(rand io.Reader, header, claims map[string]any) (string, error) {
	if header["kid"] == nil {
		header["kid"] = serverKeyID
	}
	return wallet.SignJWS(rand, s.key, header, claims)
}

// ServeHTTP publishes the key, without alg and use, as the harness does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var v any
	switch r.URL.Path {
	case "/.well-known/jwks.json":
		v = map[string]any{"keys": []any{publicJWK(&s.key.PublicKey, serverKeyID)}}
	case "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration":
		v = map[string]string{"issuer": s.URL, "jwks_uri": s.URL + "/.well-known/jwks.json", "token_endpoint": s.URL + "/token"}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the issuer has gone: its answer will say so
	}
}

func publicJWK(key *ecdsa.PublicKey, kid string) map[string]string {
	point, err := key.Bytes()
	if err != nil {
		return nil // only a key off its curve has no bytes, and ours was made here
	}
	enc := base64.RawURLEncoding.EncodeToString
	return map[string]string{"kty": "EC", "crv": "P-256", "kid": kid, "x": enc(point[1:33]), "y": enc(point[33:])}
}
