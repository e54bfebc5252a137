package statusapi

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/faultpoint"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/statustoken"
)

// sign makes a publication of a snapshot, and reads it back as a stranger would before it lets go of it.
func (s *Service) sign(held statuslist.Snapshot) (statuslist.Published, error) {
	l, revoked, err := listOf(held)
	if err != nil {
		return statuslist.Published{}, err
	}
	claim, err := l.EncodeToken()
	if err != nil {
		return statuslist.Published{}, err
	}
	issued := s.issue()
	p := statuslist.Published{
		List: held.List, Sequence: held.Sequence, Revoked: revoked, Issued: issued, Expires: issued.Add(s.config.Life).Truncate(time.Second),
	}
	list, err := s.deps.Keys.Active(keys.PurposeStatusList)
	if err != nil {
		return statuslist.Published{}, fmt.Errorf("find key: %w", err)
	}
	credential, err := s.deps.Keys.Active(keys.PurposeCredential)
	if err != nil {
		return statuslist.Published{}, fmt.Errorf("find key: %w", err)
	}
	p.KeyIDs = []string{list.ID, credential.ID}
	if p.Token, err = s.signToken(list, p, claim, l); err != nil {
		return statuslist.Published{}, fmt.Errorf("sign status list token: %w", err)
	}
	if err := faultpoint.Hit("publish.after_token"); err != nil {
		return statuslist.Published{}, err
	}
	if p.CWT, err = s.signCWT(list, p, claim, l); err != nil {
		return statuslist.Published{}, fmt.Errorf("sign status list CWT: %w", err)
	}
	if p.Bitstring, err = s.signBitstring(credential, p, l); err != nil {
		return statuslist.Published{}, fmt.Errorf("sign bitstring credential: %w", err)
	}
	return p, nil
}

// listOf returns the list a snapshot stands for and the number of revoked entries.
func listOf(held statuslist.Snapshot) (*statuslist.List, int, error) {
	l, err := statuslist.New(bitsPerEntry, held.Size)
	if err != nil {
		return nil, 0, err
	}
	revoked := 0
	for i := 0; i < held.Size; i++ {
		if held.Revoked[i/8] == 0 {
			i |= 7 // none of the eight
			continue
		}
		if held.Revoked[i/8]>>(i%8)&1 == 0 {
			continue
		}
		revoked++
		if err := l.Set(i, statuslist.Invalid); err != nil {
			return nil, 0, err
		}
	}
	return l, revoked, nil
}

func (s *Service) signToken(key keys.Key, p statuslist.Published, claim statuslist.Claim, l *statuslist.List) (string, error) {
	header := jose.Header{Algorithm: jose.ES256, Type: tokenType.Type, KeyID: key.ID}
	signed, err := jose.Sign(key.ForLists().Sign, header, s.token(p, claim))
	if err != nil {
		return "", err
	}
	return signed, checkToken(signed, key, l)
}

// signCWT signs with the key of the JWT, which has no certificate: readers of either form know it by its kid.
func (s *Service) signCWT(key keys.Key, p statuslist.Published, claim statuslist.Claim, l *statuslist.List) ([]byte, error) {
	packed, err := base64.RawURLEncoding.DecodeString(claim.List)
	if err != nil {
		return nil, err
	}
	signed, err := statustoken.Sign(key.ForLists().Sign, []byte(key.ID), statustoken.List{
		Subject: s.tokenURI(p.List), Issued: p.Issued, Expires: p.Expires, TTL: s.config.TTL, Bits: claim.Bits, Zlib: packed,
	})
	if err != nil {
		return nil, err
	}
	return signed, checkCWT(signed, key, l)
}

func (s *Service) signBitstring(key keys.Key, p statuslist.Published, l *statuslist.List) (string, error) {
	encoded, err := l.EncodeBitstring()
	if err != nil {
		return "", err
	}
	header := jose.Header{
		Algorithm: jose.ES256, Type: bitstringType.Type, ContentType: bitstringType.ContentType, KeyID: s.config.DID + "#" + key.ID,
	}
	signed, err := jose.Sign(key.ForLists().Sign, header, s.bitstringCredential(p, encoded))
	if err != nil {
		return "", err
	}
	return signed, checkBitstring(signed, key, l)
}

func checkToken(signed string, key keys.Key, want *statuslist.List) error {
	var t token
	if err := reopen(signed, tokenType, key, &t); err != nil {
		return err
	}
	got, err := statuslist.DecodeToken(t.StatusList, want.Len()+3)
	if err != nil {
		return err
	}
	return same(got, want)
}

func checkCWT(signed []byte, key keys.Key, want *statuslist.List) error {
	t, err := statustoken.Parse(signed)
	if err != nil {
		return err
	}
	list, err := t.Verify(key.Public())
	if err != nil {
		return err
	}
	got, err := list.Statuses(want.Len() + 3)
	if err != nil {
		return err
	}
	return same(got, want)
}

func checkBitstring(signed string, key keys.Key, want *statuslist.List) error {
	var c bitstringCredential
	if err := reopen(signed, bitstringType, key, &c); err != nil {
		return err
	}
	got, err := statuslist.DecodeBitstring(c.Subject.List, bitsPerEntry, want.Len()+3)
	if err != nil {
		return err
	}
	return same(got, want)
}

// reopen checks the signature of our own token, and decodes its payload into v.
func reopen(signed string, e jose.Expect, key keys.Key, v any) error {
	t, err := jose.Parse(signed, e)
	if err != nil {
		return err
	}
	claims, err := t.Verify(key.Public())
	if err != nil {
		return err
	}
	return claims.Decode(v)
}

// same compares the entries of want; got may have up to three more, which fill its last byte.
func same(got, want *statuslist.List) error {
	if !got.Same(want) {
		return errors.New("what was signed does not say what the store does")
	}
	return nil
}
