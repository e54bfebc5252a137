package statusapi

import (
	"time"

	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
)

const (
	bitsPerEntry  = 2 // GOV.UK: 00 valid, 01 invalid, 10 and 11 unused
	maxTokenBytes = 4 << 20
)

var (
	tokenType     = jose.Expect{Type: "statuslist+jwt", Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxTokenBytes}
	bitstringType = jose.Expect{Type: "vc+jwt", ContentType: "vc", Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxTokenBytes}
)

// token is the payload of a status list token (draft-ietf-oauth-status-list-20 §5.1).
type token struct {
	Issuer     string           `json:"iss"`
	Subject    string           `json:"sub"`
	IssuedAt   int64            `json:"iat"`
	Expires    int64            `json:"exp"`
	TTL        int64            `json:"ttl"` // seconds
	StatusList statuslist.Claim `json:"status_list"`
}

// bitstringCredential is a BitstringStatusListCredential (W3C Bitstring Status List v1.0 §2.2).
type bitstringCredential struct {
	Context    []string         `json:"@context"`
	ID         string           `json:"id"`
	Type       []string         `json:"type"`
	Issuer     string           `json:"issuer"`
	ValidFrom  time.Time        `json:"validFrom"`
	ValidUntil time.Time        `json:"validUntil"`
	Subject    bitstringSubject `json:"credentialSubject"`
}

// bitstringSubject carries statusSize and statusMessage as GOV.UK publishes them; W3C puts them in the credential's
// entry, where a reader of W3C's looks for them.
type bitstringSubject struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Purpose string          `json:"statusPurpose"`
	Size    int             `json:"statusSize"`
	Message []statusMessage `json:"statusMessage"`
	TTL     int64           `json:"ttl"` // milliseconds
	List    string          `json:"encodedList"`
}

type statusMessage struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func (s *Service) token(p statuslist.Published, claim statuslist.Claim) token {
	return token{
		Issuer:     s.config.BaseURL,
		Subject:    s.tokenURI(p.List),
		IssuedAt:   p.Issued.Unix(),
		Expires:    p.Expires.Unix(),
		TTL:        int64(s.config.TTL / time.Second),
		StatusList: claim,
	}
}

func (s *Service) bitstringCredential(p statuslist.Published, encoded string) bitstringCredential {
	uri := s.bitstringURI(p.List)
	return bitstringCredential{
		Context:    []string{"https://www.w3.org/ns/credentials/v2"},
		ID:         uri,
		Type:       []string{"VerifiableCredential", "BitstringStatusListCredential"},
		Issuer:     s.config.DID,
		ValidFrom:  p.Issued,
		ValidUntil: p.Expires,
		Subject: bitstringSubject{
			ID:      uri + "#list",
			Type:    "BitstringStatusList",
			Purpose: "message",
			Size:    bitsPerEntry,
			Message: []statusMessage{{"0x0", "valid"}, {"0x1", "invalid"}},
			TTL:     s.config.TTL.Milliseconds(),
			List:    encoded,
		},
	}
}
