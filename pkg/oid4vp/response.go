package oid4vp

import (
	"errors"
	"fmt"
	"net/url"

	"justice-wallet/pkg/jose"
)

// maxPresentations bounds what one answer may hold.
const maxPresentations = 16

// Response is what a wallet posts to response_uri (§8.2, §8.3.1, §8.5): one of JWE, Token and Error is set.
type Response struct {
	JWE   string   // response: encrypted
	Token *VPToken // not encrypted
	State string
	Error string // code of §8.5
}

// VPToken is vp_token (§8.1): the presentations by the id of the credential query they answer.
type VPToken map[string][]string

// ParseForm reads a posted response. A parameter that stands twice is refused (RFC 6749 §3.1); unknown ones are ignored.
func ParseForm(form url.Values) (Response, error) {
	for _, name := range []string{"response", "vp_token", "state", "error"} {
		if len(form[name]) > 1 {
			return Response{}, fmt.Errorf("%s stands twice", name)
		}
	}
	r := Response{JWE: form.Get("response"), State: form.Get("state"), Error: form.Get("error")}
	kinds := 0
	for _, name := range []string{"response", "vp_token", "error"} {
		if form.Get(name) != "" {
			kinds++
		}
	}
	if kinds != 1 {
		return Response{}, errors.New("want exactly one of response, vp_token and error")
	}
	if text := form.Get("vp_token"); text != "" {
		object, err := jose.ParseClaims([]byte(text))
		if err != nil {
			return Response{}, errors.New("vp_token is not one strict JSON object")
		}
		if r.Token, err = readToken(object); err != nil {
			return Response{}, err
		}
	}
	return r, nil
}

// ParsePayload reads the payload of an encrypted response, or the data of a response over the Digital Credentials API: a
// JSON object with vp_token and perhaps state, or with error.
func ParsePayload(raw []byte) (Response, error) {
	object, err := jose.ParseClaims(raw)
	if err != nil {
		return Response{}, errors.New("not one strict JSON object")
	}
	var r Response
	for name, into := range map[string]*string{"state": &r.State, "error": &r.Error} {
		if object.Has(name) {
			if *into, err = object.String(name); err != nil {
				return Response{}, fmt.Errorf("%s is not text", name)
			}
		}
	}
	if object.Has("vp_token") == (r.Error != "") {
		return Response{}, errors.New("want exactly one of vp_token and error")
	}
	if r.Error != "" {
		return r, nil
	}
	token, err := object.Object("vp_token")
	if err != nil {
		return Response{}, errors.New("vp_token is not an object")
	}
	r.Token, err = readToken(token)
	return r, err
}

// ParseAPI reads the data of a response over the Digital Credentials API (Appendix A.4): response, encrypted, or what
// ParsePayload reads.
func ParseAPI(raw []byte) (Response, error) {
	object, err := jose.ParseClaims(raw)
	if err != nil {
		return Response{}, errors.New("not one strict JSON object")
	}
	if !object.Has("response") {
		return ParsePayload(raw)
	}
	text, err := object.String("response")
	if err != nil || text == "" || object.Has("vp_token") || object.Has("error") {
		return Response{}, errors.New("response is not text, or not alone")
	}
	return Response{JWE: text}, nil
}

// readToken wants every value to be an array (§8.1), of texts: neither of our formats has another kind of presentation.
func readToken(object jose.Claims) (*VPToken, error) {
	out, count := VPToken{}, 0
	for _, id := range object.Names() {
		presentations, err := object.Strings(id)
		if err != nil || len(presentations) == 0 {
			return nil, errors.New("vp_token holds something other than arrays of presentations")
		}
		if count += len(presentations); count > maxPresentations || !validID(id) {
			return nil, errors.New("vp_token holds too many presentations, or an id of other letters")
		}
		out[id] = presentations
	}
	return &out, nil
}
