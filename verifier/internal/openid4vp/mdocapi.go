package openid4vp

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"encoding/base64"
	"errors"
	"fmt"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/proximity"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/verification"
)

// ProtocolMDoc names the mdoc's own protocol over the Digital Credentials API (ISO/IEC TS 18013-7:2025 Annex C).
const ProtocolMDoc = "org-iso-mdoc"

// dcapi is the first member of its CBOR structures.
const dcapi = "dcapi"

// mdocRequest is a DeviceRequest signed for this session, and the key that the answer is encrypted to:
//
//	EncryptionInfo = ["dcapi", {"nonce": bstr, "recipientPublicKey": COSE_Key}]
func (s *Service) mdocRequest(n *session) (*APIRequest, error) {
	var err error
	if n.recipient, err = ecdh.P256().GenerateKey(s.options.Rand); err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), n.recipient.PublicKey().Bytes())
	if err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	key, err := cose.EncodeKey(public)
	if err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	info, err := cbor.Encode([]any{dcapi, map[string]any{"nonce": []byte(n.nonce), "recipientPublicKey": cbor.RawMessage(key)}})
	if err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	n.encryptionInfo = base64.RawURLEncoding.EncodeToString(info)
	transcript, err := mdoc.DCAPITranscript(n.encryptionInfo, s.origin)
	if err != nil {
		return nil, fmt.Errorf("begin a check: %w", err)
	}
	request, err := s.deviceRequest(n.query, transcript)
	if err != nil {
		return nil, err
	}
	return &APIRequest{Protocol: ProtocolMDoc, Data: APIRequestData{
		DeviceRequest: base64.RawURLEncoding.EncodeToString(request), EncryptionInfo: n.encryptionInfo,
	}}, nil
}

// deviceRequest writes the mdocs of a purpose's query, and can write nothing else.
func (s *Service) deviceRequest(q purpose.Query, transcript []byte) ([]byte, error) {
	var items []proximity.Items
	for _, a := range q.Asks() {
		if a.Format != purpose.MDoc {
			continue
		}
		item := proximity.Items{DocType: a.Type, Namespaces: map[string]map[string]bool{}}
		for _, e := range a.Elements {
			if item.Namespaces[e.Namespace] == nil {
				item.Namespaces[e.Namespace] = map[string]bool{}
			}
			item.Namespaces[e.Namespace][e.Name] = false // nothing is retained
		}
		items = append(items, item)
	}
	chain := make([][]byte, len(s.options.Chain))
	for i, c := range s.options.Chain {
		chain[i] = c.Raw
	}
	return proximity.NewDeviceRequest(items, transcript, proximity.Reader{Sign: s.options.Sign, Chain: chain})
}

// readMDocAPI opens {"response": base64url}, in which
//
//	EncryptedResponse = ["dcapi", {"enc": bstr, "cipherText": bstr}]
//
// is HPKE in base mode, DHKEM(P-256), HKDF-SHA-256 and AES-128-GCM, with the SessionTranscript as info.
func (s *Service) readMDocAPI(n *session, protocol string, data []byte) ([]byte, verification.Session, error) {
	var none verification.Session
	if protocol != ProtocolMDoc || len(data) > maxAPIData {
		return nil, none, errors.New("another protocol, or too long")
	}
	object, err := jose.ParseClaims(data)
	if err != nil {
		return nil, none, errors.New("not one strict JSON object")
	}
	text, err := object.String("response")
	if err != nil {
		return nil, none, errors.New("response is not text")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(raw)) != len(text) {
		return nil, none, errors.New("response is not unpadded base64url")
	}
	transcript, err := mdoc.DCAPITranscript(n.encryptionInfo, s.origin)
	if err != nil {
		return nil, none, err
	}
	plain, err := openHPKE(n.recipient, raw, transcript)
	return plain, verification.Session{Transcript: transcript, Mistakes: s.mdocMistakes(n)}, err
}

func openHPKE(recipient *ecdh.PrivateKey, raw, info []byte) ([]byte, error) {
	var parts []cbor.RawMessage
	var kind string
	if err := cbor.Decode(raw, &parts); err != nil || len(parts) != 2 || cbor.Decode(parts[0], &kind) != nil || kind != dcapi {
		return nil, errors.New("not an EncryptedResponse")
	}
	m, err := cbor.DecodeMap(parts[1], []string{"enc", "cipherText"}, nil)
	if err != nil {
		return nil, errors.New("not an EncryptedResponse")
	}
	var enc, sealed cbor.Bytes
	if err := errors.Join(cbor.Decode(m["enc"], &enc), cbor.Decode(m["cipherText"], &sealed)); err != nil {
		return nil, errors.New("not an EncryptedResponse")
	}
	key, err := hpke.NewDHKEMPrivateKey(recipient)
	if err != nil {
		return nil, err
	}
	opener, err := hpke.NewRecipient(enc, key, hpke.HKDFSHA256(), hpke.AES128GCM(), info)
	if err != nil {
		return nil, errors.New("enc is not a point on P-256")
	}
	plain, err := opener.Open(nil, sealed)
	if err != nil {
		return nil, errors.New("the response does not decrypt")
	}
	return plain, nil
}

func (s *Service) mdocMistakes(n *session) []verification.Mistake {
	var out []verification.Mistake
	for name, make := range map[string]func() ([]byte, error){
		"origin_with_slash":        func() ([]byte, error) { return mdoc.DCAPITranscript(n.encryptionInfo, s.origin+"/") },
		"wrong_handover_openid4vp": func() ([]byte, error) { return mdoc.OpenID4VPDCAPITranscript(s.origin, n.nonce, nil) },
	} {
		if wrong, err := make(); err == nil {
			out = append(out, verification.Mistake{Name: name, Transcript: wrong})
		}
	}
	return out
}
