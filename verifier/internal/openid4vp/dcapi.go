package openid4vp

import (
	"context"
	"fmt"

	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/verification"
)

// APIRequest is one member of navigator.credentials.get({digital: {requests}}).
type APIRequest struct {
	Protocol string         `json:"protocol"`
	Data     APIRequestData `json:"data"`
}

// APIRequestData holds the request object of OpenID4VP 1.0 (Appendix A.3.2), or what Annex C of ISO/IEC TS 18013-7 has
// in its place, in unpadded base64url.
type APIRequestData struct {
	Request        string `json:"request,omitempty"`
	DeviceRequest  string `json:"deviceRequest,omitempty"`
	EncryptionInfo string `json:"encryptionInfo,omitempty"`
}

// maxAPIData bounds what the page relays.
const maxAPIData = maxResponse

func (s *Service) apiRequest(n *session) (*APIRequest, error) {
	claims := s.claims(n)
	claims.State = "" // the browser ties the answer to the page (Appendix A.2)
	claims.ExpectedOrigins = []string{s.origin}
	object, err := s.sign(claims)
	if err != nil {
		return nil, err
	}
	return &APIRequest{Protocol: oid4vp.ProtocolSigned, Data: APIRequestData{Request: object}}, nil
}

// RespondAPI takes what the browser's Digital Credentials API gave the page: data is the JSON object that came under
// protocol. Only the browser that began the check may bring it. The origin in the transcript is ours, as the browser
// vouches for it to the wallet; none is taken from the page.
func (s *Service) RespondAPI(ctx context.Context, id, secret, protocol string, data []byte) error {
	n := s.sessions.find(byID, id)
	if n == nil || !n.opens(secret) {
		return notFound()
	}
	if n.flow != API && n.flow != MDocAPI || !n.take() {
		return refused("no answer of the browser is awaited")
	}
	answer, err := s.answerAPI(ctx, n, protocol, data)
	if err != nil {
		n.giveBack(s.ended(verification.CouldNotCheck, verification.ReasonResponse))
		return refused(err.Error())
	}
	s.finish(ctx, n, answer)
	if answer.Verdict != verification.Valid && answer.Reason != verification.ReasonDeclined && answer.Reason != verification.ReasonWalletError {
		return refused("the presentation is not accepted")
	}
	return nil
}

func (s *Service) answerAPI(ctx context.Context, n *session, protocol string, data []byte) (*Answer, error) {
	if n.flow == MDocAPI {
		response, session, err := s.readMDocAPI(n, protocol, data)
		if err != nil {
			return nil, err
		}
		return s.judgeResponse(context.WithoutCancel(ctx), n.query, response, session), nil
	}
	response, b, err := s.readAPI(n, protocol, data)
	if err != nil {
		return nil, err
	}
	return s.conclude(ctx, n, response, b), nil
}

func (s *Service) readAPI(n *session, protocol string, data []byte) (oid4vp.Response, binding, error) {
	if protocol != oid4vp.ProtocolSigned || len(data) > maxAPIData {
		return oid4vp.Response{}, binding{}, fmt.Errorf("another protocol, or too long")
	}
	response, err := oid4vp.ParseAPI(data)
	if err == nil && response.Error == "" && (response.JWE != "") != n.encrypted() {
		err = fmt.Errorf("not of response mode %s", n.mode)
	}
	if err == nil && response.JWE != "" {
		response, err = n.decrypt(response.JWE)
	}
	if err != nil {
		return oid4vp.Response{}, binding{}, err
	}
	b, err := s.apiBinding(n)
	return response, b, err
}

// apiBinding ties an answer to our origin (Appendix B.2.6.2; Appendix A.4: the audience is the origin with its prefix).
func (s *Service) apiBinding(n *session) (binding, error) {
	thumbprint := n.thumbprint()
	transcript, err := mdoc.OpenID4VPDCAPITranscript(s.origin, n.nonce, thumbprint)
	if err != nil {
		return binding{}, err
	}
	b := binding{session: verification.Session{Transcript: transcript}, nonce: n.nonce, audience: "origin:" + s.origin}
	for name, origin := range map[string]string{
		"origin_with_slash": s.origin + "/", "origin_with_prefix": "origin:" + s.origin, "client_id_for_origin": s.clientID,
	} {
		if wrong, err := mdoc.OpenID4VPDCAPITranscript(origin, n.nonce, thumbprint); err == nil {
			b.session.Mistakes = append(b.session.Mistakes, verification.Mistake{Name: name, Transcript: wrong})
		}
	}
	if wrong, err := mdoc.OpenID4VPDCAPITranscript(s.origin, n.nonce, nil); err == nil {
		b.session.Mistakes = append(b.session.Mistakes, verification.Mistake{Name: "thumbprint_missing", Transcript: wrong})
	}
	for _, uri := range []string{"", s.origin} {
		if wrong, err := mdoc.OpenID4VPTranscript(s.clientID, n.nonce, uri, thumbprint); err == nil {
			b.session.Mistakes = append(b.session.Mistakes, verification.Mistake{Name: "wrong_handover_redirect", Transcript: wrong})
		}
	}
	return b, nil
}
