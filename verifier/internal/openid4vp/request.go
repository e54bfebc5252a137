package openid4vp

import (
	"encoding/json"
	"fmt"

	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vp"
)

// CodeNotFound is said of a check that has ended, has expired or never was.
const CodeNotFound = "not_found"

// maxWalletNonce bounds what a wallet may have us sign.
const maxWalletNonce = 256

// RequestObject returns the signed request of the check whose request id this is (OpenID4VP 1.0 §5.10). The same wallet
// nonce, empty for none, gives the same object.
func (s *Service) RequestObject(requestID, walletNonce string) (string, error) {
	n := s.sessions.find(byRequest, requestID)
	if n == nil || !n.byRedirect() {
		return "", notFound()
	}
	if !validWalletNonce(walletNonce) {
		return "", fault.New(fault.Invalid, "invalid_request", "wallet_nonce is too long, or not of visible ASCII")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.phase != waiting {
		return "", notFound()
	}
	if object, ok := n.objects[walletNonce]; ok {
		return object, nil
	}
	if len(n.objects) >= maxRequests {
		return "", notFound()
	}
	claims := s.claims(n)
	claims.ResponseURI, claims.WalletNonce = s.responseURI(n), walletNonce
	object, err := s.sign(claims)
	if err == nil {
		n.objects[walletNonce] = object
	}
	return object, err
}

func (s *session) byRedirect() bool { return s.flow == CrossDevice || s.flow == SameDevice }

func notFound() error { return fault.New(fault.NotFound, CodeNotFound, "") }

func validWalletNonce(s string) bool {
	for _, c := range []byte(s) {
		if c < '!' || c > '~' {
			return false
		}
	}
	return len(s) <= maxWalletNonce
}

func (s *Service) responseURI(n *session) string { return s.options.URL + ResponsePath + n.responseID }

// claims are those that a request has in every mode.
func (s *Service) claims(n *session) oid4vp.Request {
	r := oid4vp.Request{
		ClientID: s.clientID, ResponseType: oid4vp.ResponseTypeVP, ResponseMode: n.mode, Nonce: n.nonce, State: n.state,
		Audience: oid4vp.AudienceWallet, IssuedAt: n.began.Unix(), Expires: n.expires.Unix(), Query: dcql(n.query),
		Metadata: oid4vp.ClientMetadata{Formats: map[string]oid4vp.Formats{
			oid4vp.FormatMDoc: {IssuerAuth: []int{int(cose.ES256), int(cose.ESP256)}, DeviceAuth: deviceAlgorithms()},
			oid4vp.FormatJWT:  {JWT: []string{string(jose.ES256)}},
		}},
	}
	if n.key != nil {
		r.Metadata.Keys = &oid4vp.KeySet{Keys: []jose.PublicJWK{n.key.Public()}}
		r.Metadata.Encryption = []string{jose.A128GCM, jose.A256GCM}
	}
	return r
}

// deviceAlgorithms are those that the engine takes of a device, each under both its names (RFC 9864).
func deviceAlgorithms() []int {
	return []int{int(cose.ES256), int(cose.ESP256), int(cose.EdDSA), int(cose.Ed25519)}
}

// sign lints the query first: only what the specification allows can reach the key.
func (s *Service) sign(claims oid4vp.Request) (string, error) {
	query, err := json.Marshal(claims.Query)
	if err != nil {
		return "", fmt.Errorf("write request object: %w", err)
	}
	if _, err := oid4vp.ParseQuery(query); err != nil {
		return "", fmt.Errorf("write request object: %w", err)
	}
	chain := make([][]byte, len(s.options.Chain))
	for i, c := range s.options.Chain {
		chain[i] = c.Raw
	}
	object, err := jose.SignWithChain(s.options.Sign, jose.Header{Algorithm: jose.ES256, Type: oid4vp.TypeRequestObject}, chain, claims)
	if err != nil {
		return "", fmt.Errorf("write request object: %w", err)
	}
	return object, nil
}
