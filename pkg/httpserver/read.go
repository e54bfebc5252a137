package httpserver

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/jose"
)

func asFault(err error) (*fault.Error, bool) {
	var f *fault.Error
	return f, errors.As(err, &f)
}

// CodeInvalidRequest is the code of a body that cannot be read.
const CodeInvalidRequest = "invalid_request"

// Bearer returns the token of the one Authorization header (RFC 6750 §2.1). No header is a fault without a code: the
// answer then carries none (RFC 6750 §3.1).
func Bearer(c *gin.Context) (string, error) {
	values := c.Request.Header.Values("Authorization")
	if len(values) == 0 {
		return "", fault.New(fault.Unauthorized, "", "")
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if len(values) != 1 || !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || strings.ContainsAny(token, " \t,") {
		return "", fault.New(fault.Unauthorized, "invalid_token", "")
	}
	return token, nil
}

// ReadJSON fills v from the body: Content-Type application/json, one JSON object in UTF-8, no member twice at any level,
// nothing after it, member names in their own case. Members v does not name are ignored (GOV.UK: notification page).
func ReadJSON(c *gin.Context, v any) error {
	object, err := ReadObject(c)
	if err != nil {
		return err
	}
	if err := object.Decode(v); err != nil {
		return fault.Wrap(fault.Invalid, CodeInvalidRequest, "a member of the body has the wrong name or type", err)
	}
	return nil
}

// ReadObject returns the body that ReadJSON decodes.
func ReadObject(c *gin.Context) (jose.Claims, error) {
	if err := wantMedia(c, "application/json"); err != nil {
		return jose.Claims{}, err
	}
	body, err := readBody(c)
	if err != nil {
		return jose.Claims{}, err
	}
	object, err := jose.ParseClaims(body)
	if err != nil {
		return jose.Claims{}, fault.Wrap(fault.Invalid, CodeInvalidRequest, "the body is not one JSON object", err)
	}
	return object, nil
}

// ReadForm returns the form in the body: Content-Type application/x-www-form-urlencoded. The URL is not read.
func ReadForm(c *gin.Context) (url.Values, error) {
	if err := wantMedia(c, "application/x-www-form-urlencoded"); err != nil {
		return nil, err
	}
	body, err := readBody(c)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fault.New(fault.Invalid, CodeInvalidRequest, "the body is not a form")
	}
	return form, nil
}

func wantMedia(c *gin.Context, want string) error {
	media, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || media != want || !onlyUTF8(params) {
		return fault.New(fault.Invalid, CodeInvalidRequest, "the Content-Type must be "+want)
	}
	return nil
}

func readBody(c *gin.Context) ([]byte, error) {
	body, err := io.ReadAll(c.Request.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, fault.Wrap(fault.TooLarge, "request_too_large", "the body is too large", err)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, CodeInvalidRequest, "the body ended early", err)
	}
	return body, nil
}

func onlyUTF8(params map[string]string) bool {
	charset, ok := params["charset"]
	return len(params) == 0 || (len(params) == 1 && ok && strings.EqualFold(charset, "utf-8"))
}
