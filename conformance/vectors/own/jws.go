package own

import (
	"encoding/json"
	"fmt"
	"maps"
)

// token is a JWS before it is signed. Marshalling sorts the members, so that the same one is the same text.
type token struct {
	header, claims map[string]any
	key            string
}

// with is the token with other members; nil takes one away.
func (t token) with(header, claims map[string]any) token {
	merge := func(old, new map[string]any) map[string]any {
		out := maps.Clone(old)
		for name, value := range new {
			if out[name] = value; value == nil {
				delete(out, name)
			}
		}
		return out
	}
	t.header, t.claims = merge(t.header, header), merge(t.claims, claims)
	return t
}

// text signs header and claims, byte for byte.
func (w *workshop) text(key, header, claims string) (string, error) {
	input := b64([]byte(header)) + "." + b64([]byte(claims))
	signature, err := sign(w.keys[key], []byte(input))
	return input + "." + b64(signature), err
}

func (w *workshop) compact(t token) (string, error) {
	header, err := json.Marshal(t.header)
	if err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	claims, err := json.Marshal(t.claims)
	if err != nil {
		return "", fmt.Errorf("write token: %w", err)
	}
	return w.text(t.key, string(header), string(claims))
}

// variant is a good token, changed.
type variant struct {
	name           string
	header, claims map[string]any
	key            string // another than the good one's
	outcome, why   string
}

// variants writes every variant of good, under the member name of the input.
func (w *workshop) variants(good token, member string, all []variant) ([]Case, error) {
	var out []Case
	for _, v := range all {
		t := good.with(v.header, v.claims)
		if v.key != "" {
			t.key = v.key
		}
		text, err := w.compact(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		out = append(out, Case{Name: v.name, Input: map[string]string{member: text}, Outcome: v.outcome, Why: v.why})
	}
	return out, nil
}
