package verifier

import (
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/verification"
	"justice-wallet/pkg/verification/words"
)

// verifyAnswer is the body of an answer to POST /verify.
type verifyAnswer struct {
	Verdict      verification.Verdict `json:"verdict"`
	Reason       verification.Reason  `json:"reason,omitempty"` // absent of a valid document
	Words        words.Words          `json:"words"`
	DocumentType string               `json:"documentType,omitempty"`
	Scope        verification.Scope   `json:"scope"`
	Checks       []checkJSON          `json:"checks"`
	Elements     []elementJSON        `json:"elements"`
}

type checkJSON struct {
	Name     verification.Name    `json:"name"`
	Outcome  verification.Outcome `json:"outcome"`
	Reason   verification.Reason  `json:"reason,omitempty"`
	Evidence map[string]string    `json:"evidence,omitempty"`
}

type elementJSON struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Value     any    `json:"value"` // a Date is YYYY-MM-DD, a time RFC 3339, bytes are unpadded base64url
}

// verify is POST /verify. A document that cannot be relied on is an answer; only a request that makes no sense is refused.
func (v *Verifier) verify(c *gin.Context) error {
	lang, err := language(c)
	if err != nil {
		return err
	}
	var request verifyRequest
	if err := httpserver.ReadJSON(c, &request); err != nil {
		return err
	}
	result, err := request.run(c.Request.Context(), v.checks)
	if err != nil {
		return err
	}
	out, err := v.answer(result, lang)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// language is that of the words: ?lang=en, which is also the default, or cy.
func language(c *gin.Context) (words.Lang, error) {
	lang := words.Lang(c.DefaultQuery("lang", string(words.English)))
	if !slices.Contains(words.Languages(), lang) {
		return "", invalid("lang is neither en nor cy")
	}
	return lang, nil
}

func (v *Verifier) answer(r verification.Result, lang words.Lang) (verifyAnswer, error) {
	a := verifyAnswer{Verdict: r.Verdict, Reason: r.Reason(), DocumentType: r.DocumentType, Scope: r.Scope, Elements: []elementJSON{}}
	var err error
	if a.Words, err = v.words.For(r.Verdict, a.Reason, lang); err != nil {
		return a, err
	}
	for _, c := range r.Checks {
		a.Checks = append(a.Checks, checkJSON(c))
	}
	for _, e := range r.Elements {
		a.Elements = append(a.Elements, elementJSON{Namespace: e.Namespace, Name: e.Name, Value: plain(e.Value)})
	}
	return a, nil
}

// plain writes a value of an element in the types of JSON.
func plain(v any) any {
	switch v := v.(type) {
	case credential.Date:
		return v.String()
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case []byte:
		return base64.RawURLEncoding.EncodeToString(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plain(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = plain(member)
		}
		return out
	}
	return v
}
