package proximity

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
)

// Status codes of session data (§9.1.1.4, Table 20). A status ends the session.
const (
	StatusEncryption  = 10 // session encryption error
	StatusDecoding    = 11 // CBOR decoding error
	StatusTermination = 20
)

const (
	keySize    = 32
	maxMessage = 2 << 20
)

var (
	// ErrEnded means the session is over: by either side, or because a message did not decrypt.
	ErrEnded = errors.New("the session has ended")

	// ErrDecrypt means a message is not the device's next one.
	ErrDecrypt = errors.New("the message does not decrypt")
)

// Session is the reader's side of one session. Safe for concurrent use.
type Session struct {
	transcript []byte
	reader     *ecdh.PrivateKey
	readerKey  cbor.Embedded // EReaderKeyBytes

	mu             sync.Mutex
	seal, open     cipher.AEAD // SKReader and SKDevice
	sent, received uint32
	ended          bool
}

// NewSession begins a session with the device of e. reader is a fresh P-256 key. handover is the encoded handover of the
// transcript: nil for a QR code, [Hs, Hr / null] for NFC (§9.1.5.1).
func NewSession(e *Engagement, reader *ecdh.PrivateKey, handover []byte) (*Session, error) {
	s := &Session{reader: reader}
	public, err := ecdsaKey(reader.PublicKey())
	if err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	if s.readerKey, err = cose.EncodeKey(public); err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	var last any
	if handover != nil {
		last = cbor.RawMessage(handover)
	}
	if s.transcript, err = cbor.Encode([]any{cbor.Embedded(e.raw), s.readerKey, last}); err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	shared, err := reader.ECDH(e.key)
	if err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	if s.seal, err = sessionCipher(shared, s.transcript, "SKReader"); err == nil {
		s.open, err = sessionCipher(shared, s.transcript, "SKDevice")
	}
	return s, err
}

func ecdsaKey(key *ecdh.PublicKey) (*ecdsa.PublicKey, error) {
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key.Bytes())
}

// derive is HKDF with SHA-256, salted with the digest of SessionTranscriptBytes (§9.1.1.5, §9.1.3.5).
func derive(shared, transcript []byte, info string) ([]byte, error) {
	salt := sha256.Sum256(cbor.Embedded(transcript).Encoded())
	return hkdf.Key(sha256.New, shared, salt[:], info, keySize)
}

func sessionCipher(shared, transcript []byte, info string) (cipher.AEAD, error) {
	key, err := derive(shared, transcript, info)
	if err != nil {
		return nil, fmt.Errorf("derive %s: %w", info, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive %s: %w", info, err)
	}
	return cipher.NewGCM(block)
}

// Transcript returns the encoded SessionTranscript = [DeviceEngagementBytes, EReaderKeyBytes, Handover] (§9.1.5.1).
func (s *Session) Transcript() []byte { return append([]byte{}, s.transcript...) }

// MACKey derives EMacKey from a device key on P-256 (§9.1.3.5).
func (s *Session) MACKey(device crypto.PublicKey) ([]byte, error) {
	key, ok := device.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("derive EMacKey: the device key is not on P-256")
	}
	public, err := key.ECDH()
	if err != nil {
		return nil, fmt.Errorf("derive EMacKey: %w", err)
	}
	shared, err := s.reader.ECDH(public)
	if err != nil {
		return nil, fmt.Errorf("derive EMacKey: %w", err)
	}
	return derive(shared, s.transcript, "EMacKey")
}

// Establish encrypts the first message, a DeviceRequest, into SessionEstablishment = {"eReaderKey": EReaderKeyBytes,
// "data": bstr} (§9.1.1.4).
func (s *Session) Establish(request []byte) ([]byte, error) {
	data, err := s.encrypt(request)
	if err != nil {
		return nil, err
	}
	return cbor.Encode(map[string]any{"eReaderKey": s.readerKey, "data": data})
}

// Send encrypts a further message into SessionData = {"data": bstr}.
func (s *Session) Send(message []byte) ([]byte, error) {
	data, err := s.encrypt(message)
	if err != nil {
		return nil, err
	}
	return cbor.Encode(map[string]any{"data": data})
}

// End ends the session and returns the SessionData that says so, with one of the status codes.
func (s *Session) End(status int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return cbor.Encode(map[string]any{"status": status})
}

// Receive decrypts the device's next message. A SessionData with a status ends the session, whether it brings data or
// not; so does one that does not decrypt. data is nil when there is none.
func (s *Session) Receive(raw []byte) (data []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, ErrEnded
	}
	message, status, err := parseSessionData(raw)
	if err != nil {
		s.ended = true
		return nil, err
	}
	s.ended = status != nil
	if message == nil {
		return nil, nil
	}
	if s.received == math.MaxUint32 {
		return nil, ErrEnded
	}
	s.received++
	plain, err := s.open.Open(nil, nonce(1, s.received), message, nil)
	if err != nil {
		s.ended = true
		return nil, ErrDecrypt
	}
	return plain, nil
}

func (s *Session) encrypt(message []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.sent == math.MaxUint32 {
		return nil, ErrEnded
	}
	s.sent++
	return s.seal.Seal(nil, nonce(0, s.sent), message, nil), nil
}

// nonce is the identifier of the sender, eight bytes, and its message counter, which begins at 1 (§9.1.1.5).
func nonce(sender uint64, counter uint32) []byte {
	b := binary.BigEndian.AppendUint64(nil, sender)
	return binary.BigEndian.AppendUint32(b, counter)
}

// parseSessionData reads {? "data": bstr, ? "status": uint}; one of the two is there.
func parseSessionData(raw []byte) (data []byte, status *uint64, err error) {
	if len(raw) > maxMessage {
		return nil, nil, errors.New("read SessionData: too long")
	}
	m, err := cbor.DecodeMap(raw, nil, []string{"data", "status"})
	if err != nil {
		return nil, nil, fmt.Errorf("read SessionData: %w", err)
	}
	if len(m) == 0 {
		return nil, nil, errors.New("read SessionData: neither data nor status")
	}
	if m["data"] != nil {
		content := cbor.Bytes{}
		if err := cbor.Decode(m["data"], &content); err != nil {
			return nil, nil, fmt.Errorf("read SessionData: %w", err)
		}
		data = content
	}
	if m["status"] != nil {
		status = new(uint64)
		if err := cbor.Decode(m["status"], status); err != nil {
			return nil, nil, fmt.Errorf("read SessionData: %w", err)
		}
	}
	return data, status, nil
}
