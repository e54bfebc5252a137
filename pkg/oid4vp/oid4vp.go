// Package oid4vp holds the messages of OpenID for Verifiable Presentations 1.0 as a verifier writes and reads them. It
// holds no rule of who may ask what: the service that uses it does.
package oid4vp

import "justice-wallet/pkg/jose"

// Of request objects (§5).
const (
	TypeRequestObject  = "oauth-authz-req+jwt"
	MediaRequestObject = "application/oauth-authz-req+jwt"
	AudienceWallet     = "https://self-issued.me/v2" // §5.8: a wallet that is not known beforehand
	ResponseTypeVP     = "vp_token"
)

// Response modes (§8.2, §8.3, Appendix A.2).
const (
	DirectPost    = "direct_post"
	DirectPostJWT = "direct_post.jwt" // encrypted
	DCAPI         = "dc_api"
	DCAPIJWT      = "dc_api.jwt" // encrypted
)

// ProtocolSigned names a signed request over the Digital Credentials API (Appendix A.1).
const ProtocolSigned = "openid4vp-v1-signed"

// Client identifier prefixes (§5.9.3). Everywhere but in the certificate a client id is written with its prefix.
const (
	PrefixX509SANDNS = "x509_san_dns:" // a DNS name of the leaf certificate
	PrefixX509Hash   = "x509_hash:"    // base64url of the SHA-256 of the leaf certificate
)

// Credential format identifiers (Appendix B).
const (
	FormatMDoc = "mso_mdoc"
	FormatJWT  = "jwt_vc_json"
)

// Request is the claims of a request object.
type Request struct {
	ClientID        string         `json:"client_id"`
	ResponseType    string         `json:"response_type"`
	ResponseMode    string         `json:"response_mode"`
	ResponseURI     string         `json:"response_uri,omitempty"` // by redirect
	ExpectedOrigins []string       `json:"expected_origins,omitempty"`
	Nonce           string         `json:"nonce"`
	State           string         `json:"state,omitempty"`
	Audience        string         `json:"aud"`
	IssuedAt        int64          `json:"iat"` // seconds
	Expires         int64          `json:"exp"`
	WalletNonce     string         `json:"wallet_nonce,omitempty"` // §5.10.1: as the wallet sent it
	Query           Query          `json:"dcql_query"`
	Metadata        ClientMetadata `json:"client_metadata"`
}

// ClientMetadata is what a wallet must know of the verifier (§5.1).
type ClientMetadata struct {
	Keys       *KeySet            `json:"jwks,omitempty"` // to encrypt to; nil when the response is not encrypted
	Encryption []string           `json:"encrypted_response_enc_values_supported,omitempty"`
	Formats    map[string]Formats `json:"vp_formats_supported"`
}

// KeySet is a JWK set.
type KeySet struct {
	Keys []jose.PublicJWK `json:"keys"`
}

// Formats says which algorithms the verifier takes: of an mdoc (Appendix B.2.2) or of a JWT (Appendix B.1.3.1).
type Formats struct {
	IssuerAuth []int    `json:"issuerauth_alg_values,omitempty"` // COSE
	DeviceAuth []int    `json:"deviceauth_alg_values,omitempty"`
	JWT        []string `json:"alg_values,omitempty"` // JOSE
}
