package wallet

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"strings"
	"time"
)

const maxListBytes = 4 << 20

// newStatusRef checks a reference to a status list as it came from a document.
func newStatusRef(uri string, idx int64) (StatusRef, error) {
	if err := checkURL(uri); err != nil {
		return StatusRef{}, fmt.Errorf("status list uri: %w", err)
	}
	if idx < 0 || idx > math.MaxInt32 {
		return StatusRef{}, errors.New("status list idx is out of range")
	}
	return StatusRef{uri, int(idx)}, nil
}

// CheckStatus fetches the status list that ref names, verifies it with its issuer's keys, and returns the entry: 0 is
// valid, 1 invalid. Whatever is wrong with the list is an error, never a status.
func (w *Wallet) CheckStatus(ctx context.Context, ref StatusRef) (int, error) {
	if ref.URI == "" {
		return 0, errors.New("document names no status list")
	}
	raw, err := w.get(ctx, ref.URI, "application/statuslist+jwt")
	if err != nil {
		return 0, err
	}
	t, err := parseToken(string(raw))
	if err != nil {
		return 0, err
	}
	iss, err := checkListIssuer(t, ref.URI)
	if err != nil {
		return 0, err
	}
	if err := w.verifyWithKeySet(ctx, t, iss+"/.well-known/jwks.json"); err != nil {
		return 0, fmt.Errorf("status list: %w", err)
	}
	return readStatus(t, ref, w.now())
}

// checkListIssuer returns the list's issuer, which must live where the list lives: the document vouches for that host.
func checkListIssuer(t *token, uri string) (string, error) {
	if t.header["typ"] != "statuslist+jwt" {
		return "", errors.New("status list has a wrong typ")
	}
	iss, err := t.claims.text("iss")
	if err != nil {
		return "", err
	}
	a, errA := url.Parse(iss)
	b, errB := url.Parse(uri)
	if errA != nil || errB != nil || a.Scheme != b.Scheme || a.Host != b.Host {
		return "", errors.New("status list's issuer is on another host than the list")
	}
	return strings.TrimSuffix(iss, "/"), nil
}

// readStatus reads one entry of a verified list (Token Status List §8.3).
func readStatus(t *token, ref StatusRef, now time.Time) (int, error) {
	if t.claims["sub"] != ref.URI {
		return 0, errors.New("status list is about another URI")
	}
	if err := checkListTimes(t.claims, now); err != nil {
		return 0, err
	}
	list, err := t.claims.child("status_list")
	if err != nil {
		return 0, err
	}
	bits, err := list.number("bits")
	if err != nil {
		return 0, err
	}
	lst, err := list.text("lst")
	if err != nil {
		return 0, err
	}
	return StatusAt(lst, int(bits), ref.Index)
}

func checkListTimes(claims object, now time.Time) error {
	iat, err := claims.number("iat")
	if err != nil || iat > now.Unix() {
		return errors.New("status list's iat is missing or in the future")
	}
	exp, err := claims.number("exp") // GOV.UK's status list contract has exp always
	if err != nil || exp <= now.Unix() {
		return errors.New("status list has expired")
	}
	if ttl, ok := claims["ttl"]; ok {
		n, isNumber := ttl.(json.Number)
		if v, err := n.Float64(); !isNumber || err != nil || v <= 0 {
			return errors.New("status list's ttl is not a positive number")
		}
	}
	return nil
}

// StatusAt reads entry index of lst, base64url of a zlib stream of entries of 1, 2, 4 or 8 bits, the first in the least
// significant bits (Token Status List §4.1).
func StatusAt(lst string, bits, index int) (int, error) {
	if bits != 1 && bits != 2 && bits != 4 && bits != 8 {
		return 0, errors.New("status list's bits is not 1, 2, 4 or 8")
	}
	packed, err := decodeBase64URL(lst)
	if err != nil {
		return 0, err
	}
	list, err := inflate(packed)
	if err != nil {
		return 0, err
	}
	perByte := 8 / bits
	if index < 0 || index/perByte >= len(list) {
		return 0, errors.New("status list has no such index")
	}
	return int(list[index/perByte]>>(index%perByte*bits)) & (1<<bits - 1), nil
}

func inflate(packed []byte) ([]byte, error) {
	src := bytes.NewReader(packed)
	z, err := zlib.NewReader(src)
	if err != nil {
		return nil, fmt.Errorf("inflate status list: %w", err)
	}
	list, err := io.ReadAll(io.LimitReader(z, maxListBytes+1))
	if err != nil {
		return nil, fmt.Errorf("inflate status list: %w", err)
	}
	if len(list) > maxListBytes || src.Len() != 0 {
		return nil, errors.New("status list is too long, or something follows it")
	}
	return list, nil
}
