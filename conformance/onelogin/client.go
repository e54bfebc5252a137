package onelogin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	maxAssertion  = time.Hour // how long an assertion may live; we remember it as long
)

// verifyByIssuer verifies j with the key its kid names in the issuer's own key set, fetched now.
func (s *Server) verifyByIssuer(ctx context.Context, j *jws, issuer Issuer) error {
	kid, ok := j.header["kid"].(string)
	if !ok || kid == "" {
		return errors.New("no kid")
	}
	keys, err := s.fetchKeys(ctx, issuer)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.Kid != kid {
			continue
		}
		key, err := k.key()
		if err != nil {
			return err
		}
		return j.verify(key)
	}
	return errors.New("kid is not in the issuer's key set")
}

func (s *Server) fetchKeys(ctx context.Context, issuer Issuer) ([]jwk, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer.URL+"/.well-known/jwks.json", nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	res, err := s.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	defer res.Body.Close() // read below; a close error tells nothing more
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch keys: status %d", res.StatusCode)
	}
	var set struct{ Keys []jwk }
	if err := json.NewDecoder(io.LimitReader(res.Body, maxBody)).Decode(&set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return set.Keys, nil
}

// authenticate verifies a private_key_jwt client assertion (OpenID Connect Core §9, RFC 7523 §3) and returns the client.
func (s *Server) authenticate(ctx context.Context, form url.Values) (Issuer, *refusal) {
	j, err := parseJWS(form.Get("client_assertion"))
	if err != nil || form.Get("client_assertion_type") != assertionType {
		return Issuer{}, errClient
	}
	client, ok := s.client(j.text("iss"))
	if !ok || form.Has("client_id") && form.Get("client_id") != client.ClientID {
		return Issuer{}, errClient
	}
	if err := s.verifyByIssuer(ctx, j, client); err != nil {
		return Issuer{}, errClient
	}
	if err := s.checkAssertion(j); err != nil {
		return Issuer{}, errClient
	}
	return client, nil
}

// checkAssertion checks the claims of a verified assertion, and spends its jti.
func (s *Server) checkAssertion(j *jws) error {
	now := s.now()
	exp, err := j.seconds("exp")
	expires := time.Unix(exp, 0)
	if err != nil || !expires.After(now) || expires.After(now.Add(maxAssertion)) {
		return errors.New("exp has passed or is too far off")
	}
	if j.text("sub") != j.text("iss") || j.claims["aud"] != s.url+"/token" || j.text("jti") == "" {
		return errors.New("sub, aud or jti is wrong")
	}
	if !s.assertions.put(now, j.text("iss")+" "+j.text("jti"), struct{}{}, expires) {
		return errors.New("used before")
	}
	return nil
}

func (s *Server) client(id string) (Issuer, bool) {
	for _, issuer := range s.issuers {
		if id != "" && issuer.ClientID == id {
			return issuer, true
		}
	}
	return Issuer{}, false
}
