package wallet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Token is a vp_token: the presentations by the id of the credential query.
type Token map[string][]string

// Wanted is one credential query and what of a held document answers it.
type Wanted struct {
	ID       string
	Held     *Held
	Elements [][2]string // of an mdoc: namespace and name
}

// Match finds the documents that answer a request (DCQL, OpenID4VP 1.0 §6): of every set the first option it can answer.
// It fails when a required set has none.
func (a *Ask) Match(held ...*Held) ([]Wanted, error) {
	query, err := a.claims.child("dcql_query")
	if err != nil {
		return nil, err
	}
	credentials, err := query.objects("credentials")
	if err != nil {
		return nil, err
	}
	can := map[string]Wanted{}
	for _, c := range credentials {
		for _, h := range held {
			if elements, ok := answers(c, h); ok {
				can[c["id"].(string)] = Wanted{c["id"].(string), h, elements}
				break
			}
		}
	}
	sets, err := query.objects("credential_sets")
	if err != nil {
		return nil, err
	}
	var out []Wanted
	for _, set := range sets {
		wanted, ok := firstOption(set, can)
		if !ok && set["required"] == true {
			return nil, errors.New("nothing here answers what the verifier needs")
		}
		out = append(out, wanted...)
	}
	return out, nil
}

// firstOption wants each option to be a list of ids that can all be answered.
func firstOption(set object, can map[string]Wanted) ([]Wanted, bool) {
	options, _ := set["options"].([]any)
	for _, option := range options {
		ids, _ := option.([]any)
		var out []Wanted
		for _, id := range ids {
			if w, ok := can[fmt.Sprint(id)]; ok {
				out = append(out, w)
			}
		}
		if len(out) == len(ids) {
			return out, true
		}
	}
	return nil, false
}

// answers says which elements of h answer a credential query: those of the first claim set that h can answer.
func answers(c object, h *Held) ([][2]string, bool) {
	meta, err := c.child("meta")
	if err != nil || c["format"] != h.Format || !typeMatches(meta, h) {
		return nil, false
	}
	claims, err := c.objects("claims")
	if err != nil {
		return nil, false
	}
	paths := map[string]object{}
	var all []any
	for _, claim := range claims {
		id := fmt.Sprint(claim["id"])
		paths[id], all = claim, append(all, id)
	}
	sets, ok := c["claim_sets"].([]any)
	if !ok {
		sets = []any{all}
	}
	for _, set := range sets {
		if elements, ok := has(h, set.([]any), paths); ok {
			return elements, true
		}
	}
	return nil, false
}

func typeMatches(meta object, h *Held) bool {
	if h.Format == FormatMDoc {
		return meta["doctype_value"] == h.DocType
	}
	values, _ := meta["type_values"].([]any)
	return slices.ContainsFunc(values, func(v any) bool {
		types, _ := v.([]any)
		return !slices.ContainsFunc(types, func(t any) bool { return !slices.Contains(h.Types, fmt.Sprint(t)) })
	})
}

func has(h *Held, ids []any, paths map[string]object) ([][2]string, bool) {
	var out [][2]string
	for _, id := range ids {
		claim := paths[fmt.Sprint(id)]
		path, err := claim.texts("path")
		if err != nil || len(path) != 2 {
			return nil, false
		}
		namespace := path[0]
		if h.Format == FormatJWT {
			namespace = ""
		}
		i := slices.IndexFunc(h.Elements, func(e Element) bool { return e.Namespace == namespace && e.Name == path[1] })
		if i < 0 {
			return nil, false
		}
		if values, ok := claim["values"].([]any); ok && !slices.Contains(values, h.Elements[i].Value) {
			return nil, false
		}
		out = append(out, [2]string{path[0], path[1]})
	}
	return out, true
}

// Answer presents what matches.
func (w *Wallet) Answer(a *Ask, wanted []Wanted) (Token, error) {
	token := Token{}
	for _, want := range wanted {
		if want.Held.Format == FormatJWT {
			vp, err := w.PresentJWT(want.Held, a.Nonce, a.Audience())
			if err != nil {
				return nil, err
			}
			token[want.ID] = []string{vp}
			continue
		}
		response, err := w.PresentMDoc(want.Held, want.Elements, a.Transcript())
		if err != nil {
			return nil, err
		}
		token[want.ID] = []string{base64.RawURLEncoding.EncodeToString(response)}
	}
	return token, nil
}

// Form writes an answer by redirect: encrypted when the request has a key, with the first encryption it names or enc.
func (w *Wallet) Form(a *Ask, token Token, enc string) (url.Values, error) {
	payload, err := json.Marshal(map[string]any{"vp_token": token, "state": a.State})
	if err != nil {
		return nil, err
	}
	if a.Key == nil {
		inner, err := json.Marshal(token)
		if err != nil {
			return nil, err
		}
		return url.Values{"vp_token": {string(inner)}, "state": {a.State}}, nil
	}
	jwe, err := w.Encrypt(a.Key, enc, payload)
	return url.Values{"response": {jwe}}, err
}

// Data writes an answer over the Digital Credentials API.
func (w *Wallet) Data(a *Ask, token Token, enc string) (map[string]any, error) {
	if a.Key == nil {
		return map[string]any{"vp_token": token}, nil
	}
	payload, err := json.Marshal(map[string]any{"vp_token": token})
	if err != nil {
		return nil, err
	}
	jwe, err := w.Encrypt(a.Key, enc, payload)
	return map[string]any{"response": jwe}, err
}

// Post sends an answer to where the verifier takes it.
func (w *Wallet) Post(ctx context.Context, uri string, form url.Values) (status int, body map[string]any, err error) {
	r, err := w.send(ctx, http.MethodPost, uri, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	o, err := decodeObject(r.body)
	if err != nil {
		return r.status, nil, fmt.Errorf("read answer: %w", err)
	}
	return r.status, plain(o).(map[string]any), nil
}
