// Package statustoken reads and writes status list tokens as CWT (draft-ietf-oauth-status-list-20 §5.2), the form that
// readers of mdocs follow, and reads the status of a token that is itself a CWT (§6.3).
//
// One form of each is accepted: COSE_Sign1 with tag 18 and without the CWT tag, ES256, deterministic CBOR but for the order
// of map keys, the protected header exactly what the form demands, the unprotected header a kid or nothing. The signature
// covers the bytes received. Whose key it must be is the caller's to say.
package statustoken

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/statuslist"
)

// MediaType is the type of a status list as CWT, on the wire and in its protected header.
const MediaType = "application/statuslist+cwt"

// MaxBytes bounds a token: statuslist.MaxEntries entries of two bits, though they do not compress.
const MaxBytes = 384 << 10

// Errors of a token that is refused. They quote nothing of it.
var (
	ErrForm      = errors.New("status token: not in the accepted form")
	ErrType      = errors.New("status token: not a status list")
	ErrAlgorithm = errors.New("status token: not signed with ES256")
	ErrSignature = errors.New("status token: the signature does not verify")
	ErrClaims    = errors.New("status token: a claim is missing or of the wrong form")
)

// Labels of COSE headers (RFC 9052 §3.1, RFC 9596) and of CWT claims (RFC 8392 §4; the last three as the draft asks for).
const (
	tagSign1   = 0xd2 // the one byte of tag 18
	labelAlg   = 1
	labelKeyID = 4
	labelType  = 16
	algES256   = -7

	claimSubject = 2
	claimExpires = 4
	claimIssued  = 6
	claimTTL     = 65534
	claimList    = 65533
	claimStatus  = 65535
)

// List is what a status list token says.
type List struct {
	Subject string // the URI it is at
	Issued  time.Time
	Expires time.Time     // zero when it does not say
	TTL     time.Duration // zero when it does not say
	Bits    int
	Zlib    []byte // lst
}

// Statuses opens the list, of at most maxEntries entries (0 means statuslist.MaxEntries).
func (l List) Statuses(maxEntries int) (*statuslist.List, error) {
	return statuslist.DecodeToken(statuslist.Claim{Bits: l.Bits, List: base64.RawURLEncoding.EncodeToString(l.Zlib)}, maxEntries)
}

// Reference is where a token's own status stands.
type Reference struct {
	URI   string
	Index int
}

// message is a COSE_Sign1 whose form is right. Nothing of it is verified.
type message struct {
	protected []byte
	keyID     []byte // nil when there is none
	payload   []byte
	signature []byte
}

// Unverified is a status list token in the accepted form, before its signature is known to be right.
type Unverified struct{ message message }

// Parse reads the form of a status list token.
func Parse(raw []byte) (Unverified, error) {
	m, header, err := open(raw)
	if err != nil {
		return Unverified{}, err
	}
	var typ string
	if header[labelType] == nil || len(header) != 2 || cbor.Decode(header[labelType], &typ) != nil || typ != MediaType {
		return Unverified{}, ErrType
	}
	return Unverified{m}, nil
}

// KeyID is the kid, to choose among trusted keys with and for nothing else.
func (u Unverified) KeyID() []byte { return u.message.keyID }

// Verify returns what the token says, if key signed it.
func (u Unverified) Verify(key *ecdsa.PublicKey) (List, error) {
	if err := u.message.verify(key); err != nil {
		return List{}, err
	}
	return readList(u.message.payload)
}

// VerifyReference returns where the status of a CWT stands, if key signed it.
func VerifyReference(raw []byte, key *ecdsa.PublicKey) (Reference, error) {
	m, header, err := open(raw)
	if err != nil {
		return Reference{}, err
	}
	if len(header) != 1 {
		return Reference{}, ErrForm
	}
	if err := m.verify(key); err != nil {
		return Reference{}, err
	}
	return readReference(m.payload)
}

// open reads COSE_Sign1_Tagged, and its protected header, whose algorithm is ES256.
func open(raw []byte) (message, map[int64]cbor.RawMessage, error) {
	if len(raw) < 2 || len(raw) > MaxBytes || raw[0] != tagSign1 {
		return message{}, nil, ErrForm
	}
	var parts []cbor.RawMessage
	if err := cbor.Decode(raw[1:], &parts); err != nil || len(parts) != 4 {
		return message{}, nil, ErrForm
	}
	var protected, payload, signature cbor.Bytes
	var unprotected map[int64]cbor.Bytes
	err := errors.Join(cbor.Decode(parts[0], &protected), cbor.Decode(parts[1], &unprotected), cbor.Decode(parts[2], &payload), cbor.Decode(parts[3], &signature))
	_, named := unprotected[labelKeyID]
	if err != nil || len(unprotected) > 1 || len(unprotected) == 1 && !named {
		return message{}, nil, ErrForm
	}
	var header map[int64]cbor.RawMessage
	if err := cbor.Decode(protected, &header); err != nil {
		return message{}, nil, ErrForm
	}
	var algorithm int64
	if header[labelAlg] == nil || cbor.Decode(header[labelAlg], &algorithm) != nil || algorithm != algES256 {
		return message{}, nil, ErrAlgorithm
	}
	return message{protected, unprotected[labelKeyID], payload, signature}, header, nil
}

// toBeSigned is the Sig_structure (RFC 9052 §4.4), with empty external data.
func toBeSigned(protected, payload []byte) ([]byte, error) {
	return cbor.Encode([]any{"Signature1", protected, []byte{}, payload})
}

func (m message) verify(key *ecdsa.PublicKey) error {
	input, err := toBeSigned(m.protected, m.payload)
	if err != nil || key == nil || key.Curve != elliptic.P256() || len(m.signature) != 64 {
		return ErrSignature
	}
	digest := sha256.Sum256(input)
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(m.signature[:32]), new(big.Int).SetBytes(m.signature[32:])) {
		return ErrSignature
	}
	return nil
}

// claimsOf reads a CWT claims set. Claims we do not know are read past (RFC 8392 §3).
func claimsOf(payload []byte) (map[int64]cbor.RawMessage, error) {
	var claims map[int64]cbor.RawMessage
	if err := cbor.Decode(payload, &claims); err != nil {
		return nil, ErrClaims
	}
	return claims, nil
}

func readList(payload []byte) (List, error) {
	claims, err := claimsOf(payload)
	if err != nil {
		return List{}, err
	}
	var l List
	var ttl time.Time
	err1 := cbor.Decode(claims[claimSubject], &l.Subject)
	err2 := seconds(claims[claimIssued], &l.Issued)
	var err3, err4 error
	if claims[claimExpires] != nil {
		err3 = seconds(claims[claimExpires], &l.Expires)
	}
	if claims[claimTTL] != nil {
		err4 = seconds(claims[claimTTL], &ttl)
		l.TTL = ttl.Sub(time.Unix(0, 0))
	}
	list, err5 := cbor.DecodeMap(claims[claimList], []string{"bits", "lst"}, []string{"aggregation_uri"})
	if errors.Join(err1, err2, err3, err4, err5) != nil || claims[claimTTL] != nil && l.TTL <= 0 {
		return List{}, ErrClaims
	}
	var zlib cbor.Bytes
	if err := errors.Join(cbor.Decode(list["bits"], &l.Bits), cbor.Decode(list["lst"], &zlib)); err != nil {
		return List{}, ErrClaims
	}
	l.Zlib = zlib
	return l, nil
}

// most is where seconds end: the year 2286, far enough, and no overflow.
const most = 9_999_999_999

// seconds reads a whole number of seconds since 1970.
func seconds(raw cbor.RawMessage, into *time.Time) error {
	var n uint64
	if err := cbor.Decode(raw, &n); err != nil || n > most {
		return ErrClaims
	}
	*into = time.Unix(int64(n), 0).UTC()
	return nil
}

func readReference(payload []byte) (Reference, error) {
	claims, err := claimsOf(payload)
	if err != nil {
		return Reference{}, err
	}
	status, err := cbor.DecodeMap(claims[claimStatus], []string{"status_list"}, nil)
	if err != nil {
		return Reference{}, ErrClaims
	}
	members, err := cbor.DecodeMap(status["status_list"], []string{"idx", "uri"}, nil)
	if err != nil {
		return Reference{}, ErrClaims
	}
	var r Reference
	var index uint32
	if err := errors.Join(cbor.Decode(members["idx"], &index), cbor.Decode(members["uri"], &r.URI)); err != nil || r.URI == "" {
		return Reference{}, ErrClaims
	}
	r.Index = int(index)
	return r, nil
}

// Sign writes a status list token. sign signs a message with ES256, as 64 bytes r||s. keyID may be nil.
func Sign(sign func(message []byte) ([]byte, error), keyID []byte, l List) ([]byte, error) {
	protected, err := cbor.Encode(map[int64]any{labelAlg: algES256, labelType: MediaType})
	if err != nil {
		return nil, fmt.Errorf("write status token: %w", err)
	}
	claims := map[int64]any{
		claimSubject: l.Subject, claimIssued: uint64(l.Issued.Unix()), claimList: map[string]any{"bits": l.Bits, "lst": l.Zlib},
	}
	if !l.Expires.IsZero() {
		claims[claimExpires] = uint64(l.Expires.Unix())
	}
	if l.TTL > 0 {
		claims[claimTTL] = uint64(l.TTL / time.Second)
	}
	payload, err := cbor.Encode(claims)
	if err != nil {
		return nil, fmt.Errorf("write status token: %w", err)
	}
	input, err := toBeSigned(protected, payload)
	if err != nil {
		return nil, fmt.Errorf("write status token: %w", err)
	}
	signature, err := sign(input)
	if err != nil {
		return nil, fmt.Errorf("sign status token: %w", err)
	}
	unprotected := map[int64]any{}
	if keyID != nil {
		unprotected[labelKeyID] = keyID
	}
	return cbor.Encode(cbor.Tag{Number: 18, Content: []any{protected, unprotected, payload, signature}})
}
