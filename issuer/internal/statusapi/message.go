package statusapi

import (
	"errors"
	"io"
	"mime"
	"regexp"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
)

// message is a request that a registered client signed.
type message struct {
	client string
	id     string // jti
	claims jose.Claims
}

const (
	maxMessage = 8 << 10
	clockSkew  = time.Minute
)

var lowerUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

var undecodable = badRequest("Error decoding JWT or converting to JSON")

// read checks all that both requests share, in this order: form, header, client, signature, and only then claims, so that
// whoever is not a client learns nothing from their answers.
func (k *Contract) read(c *gin.Context) (message, error) {
	compact, err := readMessage(c)
	if err != nil {
		return message{}, err
	}
	header, payload, err := jose.Peek(compact, maxMessage)
	if err != nil {
		return message{}, undecodable
	}
	if err := checkHeader(header); err != nil {
		return message{}, err
	}
	id, client, err := k.client(payload)
	if err != nil {
		return message{}, err
	}
	verified, err := jose.Verify(c.Request.Context(), compact, jose.Expect{Type: "JWT", Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxMessage}, client.keys)
	if err != nil {
		return message{}, unverified(err)
	}
	if !client.speed.within(k.deps.Now()) {
		return message{}, unavailable(errors.New("too many requests of one client in a second"))
	}
	m := message{client: id, claims: verified.Claims}
	if err := k.checkTime(m.claims); err != nil {
		return message{}, err
	}
	m.id, err = requestID(m.claims)
	return m, err
}

func readMessage(c *gin.Context) (string, error) {
	if media, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || media != "application/jwt" {
		return "", badRequest("Content-Type header must be application/jwt")
	}
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, maxMessage+1))
	if err != nil || len(body) > maxMessage {
		return "", undecodable
	}
	return string(body), nil
}

func checkHeader(h jose.Claims) error {
	for _, member := range []struct{ name, words, want string }{
		{"kid", "Key ID", ""}, {"typ", "Type", "JWT"}, {"alg", "Algorithm", string(jose.ES256)},
	} {
		if !h.Has(member.name) {
			return unauthorised("No " + member.words + " in Header")
		}
		value, err := h.String(member.name)
		if err != nil || value == "" || member.want != "" && value != member.want {
			return unauthorised("Invalid " + member.words + " in Header")
		}
	}
	return nil
}

// client finds whose keys to check the message with: all that an unverified iss is good for.
func (k *Contract) client(payload jose.Claims) (string, *registered, error) {
	if !payload.Has("iss") {
		return "", nil, unauthorised("No Issuer in Payload")
	}
	id, err := payload.String("iss")
	client, known := k.clients[id]
	if err != nil || !known {
		return "", nil, unauthorised("JWT has non-matching Client ID")
	}
	return id, client, nil
}

// unverified says why a message is not its client's.
func unverified(err error) error {
	var e *jose.Error
	switch {
	case fault.KindOf(err) == fault.Unavailable: // the client's keys cannot be had
		return unavailable(err)
	case errors.As(err, &e) && e.Reason == jose.ReasonKey:
		return unauthorised("Invalid Key ID in Header")
	case errors.As(err, &e) && e.Reason == jose.ReasonHeader: // a member that could bring a key, or change the rules
		return undecodable
	}
	return unauthorised("JWT has non-verified signature")
}

// checkTime refuses a message older than what is remembered: nobody can send one again when its jti is forgotten.
func (k *Contract) checkTime(claims jose.Claims) error {
	if !claims.Has("iat") {
		return badRequest("No iat in Payload")
	}
	now := k.deps.Now()
	issued, err := claims.Time("iat")
	if err != nil || issued.After(now.Add(clockSkew)) || !issued.After(now.Add(clockSkew-statuslist.RequestWindow)) {
		return badRequest("Invalid iat in Payload")
	}
	return nil
}

func requestID(claims jose.Claims) (string, error) {
	if !claims.Has("jti") {
		return "", badRequest("No jti in Payload")
	}
	id, err := claims.String("jti")
	if err != nil || !lowerUUID.MatchString(id) {
		return "", badRequest("Invalid jti in Payload")
	}
	return id, nil
}
