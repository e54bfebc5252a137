package onelogin

import (
	"context"
	"errors"
	"net/url"
	"time"
)

const (
	minCodeLife = 5 * time.Minute
	maxCodeLife = 60 * time.Minute
)

// grantPreAuthorised redeems an issuer's pre-authorised code, once, for the person of the wallet app's session.
func (s *Server) grantPreAuthorised(ctx context.Context, session string, form url.Values) (map[string]any, *refusal) {
	subject, ok := s.sessions.get(s.now(), session)
	if !ok {
		return nil, errClient
	}
	raw := form.Get("pre-authorized_code")
	if raw == "" || form.Has("tx_code") {
		return nil, errRequest
	}
	code, err := s.readCode(ctx, raw)
	if err != nil {
		return nil, errGrant
	}
	// The key is what was signed: a signature can be rewritten into another that verifies.
	if !s.redeemed.put(s.now(), code.signed, struct{}{}, code.expires) {
		return nil, errGrant
	}
	return s.answerTokens(AccessClaims{
		Subject: subject, Issuer: code.issuer, Configuration: code.configuration, Identifier: code.identifier,
	})
}

// preAuthorised is a verified pre-authorised code.
type preAuthorised struct {
	signed, issuer, configuration, identifier string
	expires                                   time.Time
}

// readCode verifies a code with the keys of the issuer it names, and holds it to GOV.UK's closed schema.
func (s *Server) readCode(ctx context.Context, raw string) (*preAuthorised, error) {
	j, err := parseJWS(raw)
	if err != nil {
		return nil, err
	}
	if !exactly(j.header, "kid", "typ", "alg") || j.header["typ"] != "JWT" {
		return nil, errors.New("header is not exactly kid, typ JWT and alg")
	}
	if !exactly(j.claims, "aud", "iss", "clientId", "credential_identifiers", "credential_configuration_ids", "iat", "exp") {
		return nil, errors.New("claims are not exactly those of the schema")
	}
	issuer, ok := s.client(j.text("clientId"))
	if !ok || j.claims["iss"] != issuer.URL || j.claims["aud"] != s.url {
		return nil, errors.New("iss, clientId or aud is wrong")
	}
	if err := s.verifyByIssuer(ctx, j, issuer); err != nil {
		return nil, err
	}
	code := &preAuthorised{signed: j.signed, issuer: issuer.URL}
	if code.expires, err = s.checkCodeTimes(j); err != nil {
		return nil, err
	}
	code.identifier = single(j.claims["credential_identifiers"])
	code.configuration = single(j.claims["credential_configuration_ids"])
	if code.identifier == "" || code.configuration == "" {
		return nil, errors.New("not one identifier and one configuration")
	}
	return code, nil
}

func (s *Server) checkCodeTimes(j *jws) (expires time.Time, err error) {
	iat, errIat := j.seconds("iat")
	exp, errExp := j.seconds("exp")
	if err := errors.Join(errIat, errExp); err != nil {
		return expires, err
	}
	issued, expires := time.Unix(iat, 0), time.Unix(exp, 0)
	life := expires.Sub(issued)
	if issued.After(s.now()) || !expires.After(s.now()) || life < minCodeLife || life > maxCodeLife {
		return expires, errors.New("iat or exp is wrong")
	}
	return expires, nil
}

// exactly says whether m has these members and no other.
func exactly(m map[string]any, names ...string) bool {
	for _, name := range names {
		if _, ok := m[name]; !ok {
			return false
		}
	}
	return len(m) == len(names)
}

// single returns the one non-empty string of an array of one, or "".
func single(v any) string {
	list, ok := v.([]any)
	if !ok || len(list) != 1 {
		return ""
	}
	s, _ := list[0].(string) // what is no string is no value we accept
	return s
}
