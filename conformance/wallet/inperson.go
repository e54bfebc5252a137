package wallet

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// InPerson is the holder's side of one ISO 18013-5 session.
type InPerson struct {
	wallet     *Wallet
	key        *ecdh.PrivateKey
	engagement []byte
	transcript []byte
	reader     *ecdh.PublicKey
	seal, open cipher.AEAD
}

// Engage begins a session, and returns what the QR code says.
func (w *Wallet) Engage() (*InPerson, string, error) {
	key, err := ecdh.P256().GenerateKey(w.rand)
	if err != nil {
		return nil, "", err
	}
	point := key.PublicKey().Bytes()
	device, err := encoded(Map{{1, 2}, {-1, 1}, {-2, point[1:33]}, {-3, point[33:]}})
	if err != nil {
		return nil, "", err
	}
	p := &InPerson{wallet: w, key: key}
	if p.engagement, err = EncodeCBOR(Map{{0, "1.0"}, {1, []any{1, device}}, {2, []any{[]any{2, 1, Map{{0, false}, {1, true}}}}}}); err != nil {
		return nil, "", err
	}
	return p, "mdoc:" + base64.RawURLEncoding.EncodeToString(p.engagement), nil
}

// Asked is one document that a reader asks for.
type Asked struct {
	DocType  string
	Elements [][2]string
}

// Establish reads the reader's first message, and says who asks and for what. A reader that chains to none of roots is
// refused.
func (p *InPerson) Establish(message []byte, roots *x509.CertPool) ([]Asked, error) {
	m, err := decodeMap(message)
	if err != nil {
		return nil, err
	}
	readerKey, ok := m.Get("eReaderKey")
	if !ok {
		return nil, errors.New("no eReaderKey")
	}
	inner, err := unwrapEncoded(readerKey)
	if err != nil {
		return nil, err
	}
	cose, err := DecodeCBOR(inner)
	if err != nil {
		return nil, err
	}
	public, err := coseKey(cose)
	if err != nil {
		return nil, err
	}
	if p.reader, err = public.ECDH(); err != nil {
		return nil, err
	}
	engagement := Tag{24, p.engagement}
	if p.transcript, err = EncodeCBOR([]any{engagement, readerKey, nil}); err != nil {
		return nil, err
	}
	if err := p.derive(); err != nil {
		return nil, err
	}
	data, _ := m.Get("data")
	sealed, _ := data.([]byte)
	request, err := p.open.Open(nil, append(make([]byte, 11), 1), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt the request: %w", err)
	}
	return p.wallet.readRequest(request, p.transcript, roots)
}

func (p *InPerson) derive() error {
	shared, err := p.key.ECDH(p.reader)
	if err != nil {
		return err
	}
	if p.open, err = sessionKey(shared, p.transcript, "SKReader"); err == nil {
		p.seal, err = sessionKey(shared, p.transcript, "SKDevice")
	}
	return err
}

func sessionKey(shared, transcript []byte, info string) (cipher.AEAD, error) {
	key, err := expand(shared, transcript, info)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func expand(shared, transcript []byte, info string) ([]byte, error) {
	whole, err := EncodeCBOR(Tag{24, transcript})
	if err != nil {
		return nil, err
	}
	salt := sha256.Sum256(whole)
	return hkdf.Key(sha256.New, shared, salt[:], info, 32)
}

// readRequest reads a DeviceRequest and verifies each readerAuth (ISO 18013-5 §9.1.1.4).
func (w *Wallet) readRequest(raw, transcript []byte, roots *x509.CertPool) ([]Asked, error) {
	m, err := decodeMap(raw)
	if err != nil {
		return nil, err
	}
	list, _ := m.Get("docRequests")
	requests, ok := list.([]any)
	if version, _ := m.Get("version"); version != "1.0" || !ok || len(requests) == 0 {
		return nil, errors.New("not a DeviceRequest")
	}
	var out []Asked
	for _, request := range requests {
		one, ok := request.(Map)
		if !ok {
			return nil, errors.New("a docRequest is not a map")
		}
		asked, err := w.readDocRequest(one, transcript, roots)
		if err != nil {
			return nil, err
		}
		out = append(out, asked)
	}
	return out, nil
}

func (w *Wallet) readDocRequest(m Map, transcript []byte, roots *x509.CertPool) (Asked, error) {
	items, _ := m.Get("itemsRequest")
	inner, err := unwrapEncoded(items)
	if err != nil {
		return Asked{}, err
	}
	auth, _ := m.Get("readerAuth")
	session, err := DecodeCBOR(transcript)
	if err != nil {
		return Asked{}, err
	}
	whole, err := encoded([]any{"ReaderAuthentication", session, items})
	if err != nil {
		return Asked{}, err
	}
	payload, err := EncodeCBOR(whole)
	if err != nil {
		return Asked{}, err
	}
	if err := w.verifyReader(auth, payload, roots); err != nil {
		return Asked{}, err
	}
	request, err := decodeMap(inner)
	if err != nil {
		return Asked{}, err
	}
	return readItems(request)
}

func (w *Wallet) verifyReader(auth any, payload []byte, roots *x509.CertPool) error {
	s, err := parseSign1(auth)
	if err != nil {
		return fmt.Errorf("readerAuth: %w", err)
	}
	der, _ := s.unprotected.Get(coseX5Chain)
	one, ok := der.([]byte)
	if !ok || s.payload != nil {
		return errors.New("readerAuth: not one certificate, or a payload of its own")
	}
	leaf, err := x509.ParseCertificate(one)
	if err != nil {
		return err
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: w.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return err
	}
	if len(leaf.UnknownExtKeyUsage) != 1 || leaf.UnknownExtKeyUsage[0].String() != "1.0.18013.5.1.6" {
		return errors.New("readerAuth: not a reader's certificate")
	}
	key, err := certificateKey(leaf)
	if err != nil {
		return err
	}
	return s.verify(key, payload)
}

func readItems(m Map) (Asked, error) {
	var out Asked
	docType, _ := m.Get("docType")
	out.DocType, _ = docType.(string)
	spaces, _ := m.Get("nameSpaces")
	namespaces, ok := spaces.(Map)
	if !ok || out.DocType == "" {
		return out, errors.New("itemsRequest without docType or nameSpaces")
	}
	for _, space := range namespaces {
		elements, ok := space.Value.(Map)
		if !ok {
			return out, errors.New("a namespace is not a map")
		}
		for _, e := range elements {
			if e.Value != false {
				return out, errors.New("the reader intends to retain an element")
			}
			out.Elements = append(out.Elements, [2]string{fmt.Sprint(space.Key), fmt.Sprint(e.Key)})
		}
	}
	return out, nil
}

// Answer encrypts what h has of what was asked; with mac, the device authenticates by MAC.
func (p *InPerson) Answer(asked Asked, h *Held, mac bool) ([]byte, error) {
	var device func(docType string) (Map, error)
	if mac {
		device = p.authenticateByMAC
	}
	response, err := p.wallet.present(h, p.wallet.has(h, asked), p.transcript, device)
	if err != nil {
		return nil, err
	}
	return p.Message(response)
}

// Message encrypts any first message.
func (p *InPerson) Message(plain []byte) ([]byte, error) {
	nonce := []byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}
	return EncodeCBOR(Map{{"data", p.seal.Seal(nil, nonce, plain, nil)}})
}

// has leaves out what h does not have: in person there are no claim sets.
func (w *Wallet) has(h *Held, asked Asked) [][2]string {
	return slices.DeleteFunc(slices.Clone(asked.Elements), func(want [2]string) bool {
		return !slices.ContainsFunc(h.Elements, func(e Element) bool { return e.Namespace == want[0] && e.Name == want[1] })
	})
}

// authenticateByMAC makes DeviceSigned with a MAC under EMacKey (ISO 18013-5 §9.1.3.5).
func (p *InPerson) authenticateByMAC(docType string) (Map, error) {
	private, err := p.wallet.key.ECDH()
	if err != nil {
		return nil, err
	}
	shared, err := private.ECDH(p.reader)
	if err != nil {
		return nil, err
	}
	key, err := expand(shared, p.transcript, "EMacKey")
	if err != nil {
		return nil, err
	}
	spaces, err := encoded(Map{})
	if err != nil {
		return nil, err
	}
	payload, err := deviceAuthentication(p.transcript, docType, spaces)
	if err != nil {
		return nil, err
	}
	protected := []byte{0xa1, 0x01, 0x05}
	structure, err := EncodeCBOR([]any{"MAC0", protected, []byte{}, payload})
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, key)
	h.Write(structure)
	return Map{{"nameSpaces", spaces}, {"deviceAuth", Map{{"deviceMac", []any{protected, Map{}, nil, h.Sum(nil)}}}}}, nil
}

// AnswerMDocAPI answers a request in the mdoc's own protocol over the Digital Credentials API (ISO/IEC TS 18013-7:2025
// Annex C): both parameters are base64url, and so is the answer.
func (w *Wallet) AnswerMDocAPI(deviceRequest, encryptionInfo, origin string, roots *x509.CertPool, h *Held) (string, error) {
	request, err := decodeBase64URL(deviceRequest)
	if err != nil {
		return "", err
	}
	recipient, err := readEncryptionInfo(encryptionInfo)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(mustEncode([]any{encryptionInfo, origin}))
	transcript := mustEncode([]any{nil, nil, []any{"dcapi", digest[:]}})
	asked, err := w.readRequest(request, transcript, roots)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(asked, func(a Asked) bool { return a.DocType == h.DocType })
	if i < 0 {
		return "", errors.New("the document is not asked for")
	}
	response, err := w.PresentMDoc(h, w.has(h, asked[i]), transcript)
	if err != nil {
		return "", err
	}
	public, err := hpke.NewDHKEMPublicKey(recipient)
	if err != nil {
		return "", err
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), transcript)
	if err != nil {
		return "", err
	}
	sealed, err := sender.Seal(nil, response)
	if err != nil {
		return "", err
	}
	answer, err := EncodeCBOR([]any{"dcapi", Map{{"enc", enc}, {"cipherText", sealed}}})
	return base64.RawURLEncoding.EncodeToString(answer), err
}

func readEncryptionInfo(text string) (*ecdh.PublicKey, error) {
	raw, err := decodeBase64URL(text)
	if err != nil {
		return nil, err
	}
	v, err := DecodeCBOR(raw)
	if err != nil {
		return nil, err
	}
	parts, ok := v.([]any)
	if !ok || len(parts) != 2 || parts[0] != "dcapi" {
		return nil, errors.New("not an EncryptionInfo")
	}
	m, _ := parts[1].(Map)
	nonce, _ := m.Get("nonce")
	if b, ok := nonce.([]byte); !ok || len(b) < 16 {
		return nil, errors.New("EncryptionInfo without a nonce of 16 bytes")
	}
	encodedKey, _ := m.Get("recipientPublicKey")
	key, err := coseKey(encodedKey)
	if err != nil {
		return nil, err
	}
	return key.ECDH()
}

func decodeMap(raw []byte) (Map, error) {
	v, err := DecodeCBOR(raw)
	if err != nil {
		return nil, err
	}
	m, ok := v.(Map)
	if !ok {
		return nil, errors.New("not a map")
	}
	return m, nil
}
