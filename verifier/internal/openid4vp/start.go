package openid4vp

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vp"
)

// Start is what begins a check. The caller has made sure of Organisation, the type of whoever asks.
type Start struct {
	Organisation string
	Purpose      string
	Flow         Flow
	Plain        bool   // the answer is not encrypted within TLS: direct_post or dc_api
	Engagement   string // of InPerson: the text of the holder's QR code

	// Of pages that people read, and read again. Keep has the answer told for as long as Kept, to its browser. Return is the
	// path that a same-device wallet sends the browser to, whatever the verdict, for that is told there; the id follows. Empty:
	// the service's own, and only with an answer that is accepted.
	Keep   bool
	Return string
}

// Started is a check that has begun.
type Started struct {
	ID      string
	Secret  string      // of the browser: whoever has it may see the answer
	Link    string      // for the wallet, by redirect
	Request *APIRequest // for the browser's Digital Credentials API
	Message []byte      // of InPerson: the first message to the holder's device
	Expires time.Time
}

// Codes of what may be wrong with a Start.
const (
	CodePurpose = "purpose_not_allowed"
	CodeFlow    = "flow_not_known"
	CodeBusy    = "too_many_checks"
)

// Start begins a check. It is a fault to ask for a purpose that the organisation does not have.
func (s *Service) Start(in Start) (Started, error) {
	n, secret, err := s.newSession(in)
	if err != nil {
		return Started{}, err
	}
	out := Started{ID: n.id, Secret: secret, Expires: n.expires}
	switch n.flow {
	case API:
		out.Request, err = s.apiRequest(n)
	case MDocAPI:
		out.Request, err = s.mdocRequest(n)
	case InPerson:
		out.Message, err = s.engage(n, in.Engagement)
	default:
		out.Link = s.link(n)
	}
	if err != nil {
		return Started{}, err
	}
	if !s.sessions.add(n) {
		return Started{}, fault.New(fault.Unavailable, CodeBusy, "too many checks are under way")
	}
	return out, nil
}

func (s *Service) link(n *session) string {
	return s.options.Scheme + "?" + url.Values{
		"client_id": {s.clientID}, "request_uri": {s.options.URL + RequestPath + n.requestID}, "request_uri_method": {"post"},
	}.Encode()
}

func (s *Service) newSession(in Start) (*session, string, error) {
	query, ok := s.options.Register.Query(in.Organisation, in.Purpose)
	if !ok {
		return nil, "", fault.New(fault.Forbidden, CodePurpose, "the organisation may not ask for this purpose")
	}
	mode, err := responseMode(in)
	if err != nil {
		return nil, "", err
	}
	now := s.options.Now()
	n := &session{
		organisation: in.Organisation, query: query, flow: in.Flow, mode: mode,
		began: now, expires: now.Add(lifetime), ends: now.Add(lifetime), back: in.Return, objects: map[string]string{},
	}
	if in.Keep {
		n.ends = now.Add(Kept)
	}
	var secret string
	for _, value := range []*string{&n.id, &n.requestID, &n.responseID, &n.nonce, &n.state, &n.responseCode, &secret} {
		if *value, err = newSecret(s.options.Rand); err != nil {
			return nil, "", fmt.Errorf("begin a check: %w", err)
		}
	}
	n.browser = sha256.Sum256([]byte(secret))
	if n.encrypted() {
		if n.key, err = jose.NewEncryptionKey(s.options.Rand); err != nil {
			return nil, "", fmt.Errorf("begin a check: %w", err)
		}
	}
	return n, secret, nil
}

func responseMode(in Start) (string, error) {
	modes := map[Flow][2]string{
		CrossDevice: {oid4vp.DirectPostJWT, oid4vp.DirectPost},
		SameDevice:  {oid4vp.DirectPostJWT, oid4vp.DirectPost},
		API:         {oid4vp.DCAPIJWT, oid4vp.DCAPI},
		MDocAPI:     {}, // always encrypted, in their own ways
		InPerson:    {},
	}
	pair, ok := modes[in.Flow]
	if !ok || in.Plain && pair[1] == "" || in.Engagement != "" && in.Flow != InPerson {
		return "", fault.New(fault.Invalid, CodeFlow, "there is no such flow, or not with this")
	}
	if in.Plain {
		return pair[1], nil
	}
	return pair[0], nil
}

func (s *session) encrypted() bool {
	return s.mode == oid4vp.DirectPostJWT || s.mode == oid4vp.DCAPIJWT
}

// thumbprint is nil when the response is not encrypted: the transcript then holds null (Appendix B.2.6).
func (s *session) thumbprint() []byte {
	if s.key == nil {
		return nil
	}
	return s.key.Thumbprint()
}
