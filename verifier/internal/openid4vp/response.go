package openid4vp

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/url"
	"strings"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/verification"
)

// CodeInvalidRequest answers whatever is not accepted: a wallet learns no more, and a stranger not which checks exist.
const CodeInvalidRequest = "invalid_request"

// maxResponse bounds an answer: a document with a photograph of 1 MiB, in base64 twice.
const maxResponse = 3 << 20

// Respond takes the wallet's answer to the check whose response id this is (OpenID4VP 1.0 §8.2). It returns where the
// wallet sends the browser, empty for nowhere. An answer that is not accepted is a fault; a wallet's own error is not.
func (s *Service) Respond(ctx context.Context, responseID string, form url.Values) (redirect string, err error) {
	n := s.sessions.find(byAnswer, responseID)
	if n == nil || !n.byRedirect() || !n.take() {
		return "", refused("no check is waiting for this")
	}
	response, err := n.readForm(form)
	if err != nil {
		n.giveBack(s.ended(verification.CouldNotCheck, verification.ReasonResponse))
		return "", refused(err.Error())
	}
	b, err := s.redirectBinding(n)
	if err != nil {
		n.giveBack(s.ended(verification.CouldNotCheck, verification.ReasonResponse))
		return "", err
	}
	answer := s.conclude(ctx, n, response, b)
	s.finish(ctx, n, answer)
	page := n.flow == SameDevice && n.back != "" // which tells the verdict, whatever it is
	if response.Error == "" && answer.Verdict != verification.Valid && !page {
		return "", refused("the presentation is not accepted")
	}
	if n.flow != SameDevice {
		return "", nil
	}
	path := s.options.Return
	if page {
		path = n.back
	}
	return s.options.URL + path + n.id + "?response_code=" + n.responseCode, nil
}

func refused(why string) error { return fault.New(fault.Invalid, CodeInvalidRequest, why) }

// readForm wants the answer in the mode that was asked for, and with the state of this check. An error of the wallet's
// own is taken in plain form in either mode (§8.3.1).
func (n *session) readForm(form url.Values) (oid4vp.Response, error) {
	response, err := oid4vp.ParseForm(form)
	if err != nil {
		return response, err
	}
	if response.Error == "" && (response.JWE != "") != n.encrypted() {
		return response, fmt.Errorf("not of response mode %s", n.mode)
	}
	if response.JWE != "" {
		if response, err = n.decrypt(response.JWE); err != nil {
			return response, err
		}
	}
	if subtle.ConstantTimeCompare([]byte(response.State), []byte(n.state)) != 1 {
		return response, fmt.Errorf("state is not this check's")
	}
	return response, nil
}

func (n *session) decrypt(compact string) (oid4vp.Response, error) {
	payload, err := n.key.Decrypt(compact, maxResponse)
	if err != nil {
		return oid4vp.Response{}, err
	}
	return oid4vp.ParsePayload(payload)
}

// conclude makes the answer of a response that belongs to this check.
func (s *Service) conclude(ctx context.Context, n *session, r oid4vp.Response, b binding) *Answer {
	switch {
	case r.Error == "access_denied":
		return s.ended(verification.CouldNotCheck, verification.ReasonDeclined)
	case r.Error != "":
		return s.ended(verification.CouldNotCheck, verification.ReasonWalletError)
	}
	// A wallet that hangs up must not end the check half-way: what it waits for bounds itself.
	return s.judge(context.WithoutCancel(ctx), n.query, *r.Token, b)
}

// redirectBinding ties an answer to the request object, with the transcripts that wallets take for its own.
func (s *Service) redirectBinding(n *session) (binding, error) {
	uri, thumbprint := s.responseURI(n), n.thumbprint()
	transcript, err := mdoc.OpenID4VPTranscript(s.clientID, n.nonce, uri, thumbprint)
	if err != nil {
		return binding{}, err
	}
	b := binding{session: verification.Session{Transcript: transcript}, nonce: n.nonce, audience: s.clientID}
	_, bare, _ := strings.Cut(s.clientID, ":")
	redirect := func(name, clientID, nonce, uri string, thumbprint []byte) {
		if wrong, err := mdoc.OpenID4VPTranscript(clientID, nonce, uri, thumbprint); err == nil {
			b.session.Mistakes = append(b.session.Mistakes, verification.Mistake{Name: name, Transcript: wrong})
		}
	}
	redirect("thumbprint_missing", s.clientID, n.nonce, uri, nil)
	redirect("client_id_without_prefix", bare, n.nonce, uri, thumbprint)
	redirect("wrong_nonce_state", s.clientID, n.state, uri, thumbprint)
	redirect("wrong_response_uri_request", s.clientID, n.nonce, s.options.URL+RequestPath+n.requestID, thumbprint)
	redirect("wrong_response_uri_origin", s.clientID, n.nonce, s.origin, thumbprint)
	for _, walletNonce := range n.walletNonces() {
		redirect("wrong_nonce_wallet", s.clientID, walletNonce, uri, thumbprint)
	}
	if wrong, err := mdoc.OpenID4VPDCAPITranscript(s.origin, n.nonce, thumbprint); err == nil {
		b.session.Mistakes = append(b.session.Mistakes, verification.Mistake{Name: "wrong_handover_dc_api", Transcript: wrong})
	}
	return b, nil
}
