package soak

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// client is an issuer registered with the status lists (docs/status.md). It tells the oracle what was acknowledged.
type client struct {
	id     string
	key    *ecdsa.PrivateKey
	base   string
	http   *http.Client
	oracle *oracle
}

func newClient(id, base string, o *oracle) (*client, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &client{id: id, key: key, base: base, http: &http.Client{Timeout: 3 * time.Second}, oracle: o}, err
}

// registered is its entry in STATUS_CLIENTS_FILE.
func (c *client) registered() map[string]any {
	return map[string]any{"clientId": c.id, "jwks": map[string]any{"keys": []any{publicJWK(c.key, "k")}}}
}

func publicJWK(key *ecdsa.PrivateKey, id string) map[string]any {
	point, _ := key.PublicKey.Bytes() // P-256 has them
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": id, "x": base64url(point[1:33]), "y": base64url(point[33:])}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// issue asks for a place. A request that was not answered is asked again, as the same, a few times: it may get one place
// and no more.
func (c *client) issue(ctx context.Context) (slot, error) {
	body, err := c.sign(map[string]any{"statusExpiry": time.Now().AddDate(0, 6, 0).Unix()})
	if err != nil {
		return slot{}, err
	}
	var answer struct {
		Index int    `json:"idx"`
		URI   string `json:"uri"`
	}
	for attempt := range 3 {
		if err = c.post(ctx, "/issue", body, http.StatusOK, &answer); err == nil || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Duration(attempt) * 20 * time.Millisecond)
	}
	if err != nil {
		return slot{}, err
	}
	s := slot{answer.URI, answer.Index}
	return s, c.oracle.gave(s)
}

func (c *client) revoke(ctx context.Context, s slot) error {
	body, err := c.sign(map[string]any{"uri": s.uri, "idx": s.index})
	if err != nil {
		return err
	}
	if err := c.post(ctx, "/revoke", body, http.StatusAccepted, nil); err != nil {
		return err
	}
	return c.oracle.end(s)
}

func (c *client) post(ctx context.Context, path, body string, want int, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/jwt")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it is read whole
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("%s: %d %s", path, response.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// sign makes a request of the contract: a compact JWS of ES256.
func (c *client) sign(claims map[string]any) (string, error) {
	var id [16]byte
	rand.Read(id[:]) // never fails
	claims["iss"], claims["iat"], claims["jti"] = c.id, time.Now().Unix(), uuid(id)
	return signJWS(c.key, map[string]any{"alg": "ES256", "typ": "JWT", "kid": "k"}, claims)
}

// uuid writes 16 bytes as a UUID of version 4.
func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func signJWS(key *ecdsa.PrivateKey, header, claims map[string]any) (string, error) {
	h, errHeader := json.Marshal(header)
	p, errClaims := json.Marshal(claims)
	if errHeader != nil || errClaims != nil {
		return "", fmt.Errorf("encode: %v, %v", errHeader, errClaims)
	}
	input := base64url(h) + "." + base64url(p)
	digest := sha256.Sum256([]byte(input))
	der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return "", err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return "", err
	}
	signature := make([]byte, 64)
	pair.R.FillBytes(signature[:32])
	pair.S.FillBytes(signature[32:])
	return input + "." + base64url(signature), nil
}
