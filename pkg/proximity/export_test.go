package proximity

import (
	"crypto/x509"
	"math"
)

// Again returns a session like s at its beginning.
func Again(s *Session) *Session {
	return &Session{transcript: s.transcript, reader: s.reader, readerKey: s.readerKey, seal: s.seal, open: s.open}
}

// Exhaust uses up both counters.
func Exhaust(s *Session) { s.sent, s.received, s.ended = math.MaxUint32, math.MaxUint32, false }

// VerifySignature checks readerAuth under its own leaf, whoever vouches for that.
func VerifySignature(d DocRequest, transcript []byte) error {
	payload, err := readerAuthentication(d.encoded, transcript)
	if err != nil {
		return err
	}
	key, err := leafKey(d.auth.Chain[0])
	if err != nil {
		return err
	}
	return d.auth.Verify(key, payload)
}

func leafKey(der []byte) (any, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return c.PublicKey, nil
}
