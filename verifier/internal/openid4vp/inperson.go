package openid4vp

import (
	"context"
	"crypto/ecdh"
	"fmt"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/proximity"
	"justice-wallet/pkg/verification"
)

// CodeEngagement is said of a QR code that is no device engagement.
const CodeEngagement = "invalid_engagement"

// engage begins an in-person session with the device whose QR code the front end read. The message goes to the device.
func (s *Service) engage(n *session, qr string) ([]byte, error) {
	engagement, err := proximity.ParseQR(qr)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, CodeEngagement, "the QR code is not a device engagement", err)
	}
	reader, err := ecdh.P256().GenerateKey(s.options.Rand)
	if err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	if n.person, err = proximity.NewSession(engagement, reader, nil); err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	request, err := s.deviceRequest(n.query, n.person.Transcript())
	if err != nil {
		return nil, err
	}
	return n.person.Establish(request)
}

// Relay takes the device's message that the front end of an in-person check received, and returns the one to send back:
// it ends the session. Only the browser that began the check may relay.
func (s *Service) Relay(ctx context.Context, id, secret string, message []byte) ([]byte, error) {
	n := s.sessions.find(byID, id)
	if n == nil || !n.opens(secret) {
		return nil, notFound()
	}
	if n.flow != InPerson || !n.take() {
		return nil, refused("no message of a device is awaited")
	}
	response, err := n.person.Receive(message)
	status := proximity.StatusTermination
	switch {
	case err != nil: // §9.1.1.4: a message that does not decrypt ends the session
		s.finish(ctx, n, s.ended(verification.CouldNotCheck, verification.ReasonResponse))
		status = proximity.StatusEncryption
	case response == nil: // the device ended it without an answer
		s.finish(ctx, n, s.ended(verification.CouldNotCheck, verification.ReasonDeclined))
	default:
		session := verification.Session{Transcript: n.person.Transcript(), MACKey: n.person.MACKey}
		s.finish(ctx, n, s.judgeResponse(context.WithoutCancel(ctx), n.query, response, session))
	}
	return n.person.End(status)
}
