package verifier

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/verification"
	"justice-wallet/pkg/verification/words"
	"justice-wallet/verifier/internal/openid4vp"
)

// startRequest is the body of POST /presentations.
type startRequest struct {
	Purpose      string `json:"purpose"`
	Flow         string `json:"flow"`         // cross_device, same_device, dc_api, dc_api_mdoc or in_person
	ResponseMode string `json:"responseMode"` // empty: encrypted; or direct_post, dc_api: not
	Engagement   string `json:"engagement"`   // of in_person: the text of the holder's QR code
}

type startAnswer struct {
	ID        string                `json:"id"`
	Link      string                `json:"link,omitempty"`
	DCRequest *openid4vp.APIRequest `json:"dcRequest,omitempty"`
	Message   string                `json:"message,omitempty"` // of in_person, unpadded base64url: for the holder's device
	Expires   time.Time             `json:"expires"`
}

type stateAnswer struct {
	State     string               `json:"state"` // waiting or answered
	Purpose   string               `json:"purpose"`
	Verdict   verification.Verdict `json:"verdict,omitempty"`
	Reason    verification.Reason  `json:"reason,omitempty"`
	Words     *words.Words         `json:"words,omitempty"`
	Receipt   string               `json:"receipt,omitempty"`
	CheckedAt *time.Time           `json:"checkedAt,omitempty"`
	Documents []documentJSON       `json:"documents,omitempty"`
}

type documentJSON struct {
	ID       string `json:"id"`
	Document string `json:"document"`
	Needed   bool   `json:"needed"`
	verifyAnswer
}

// start is POST /presentations: an organisation begins a check. The answer belongs to whoever holds the cookie.
func (v *Verifier) start(c *gin.Context) error {
	key, err := httpserver.Bearer(c)
	if err != nil {
		return err
	}
	who, err := v.organisations.find(key)
	if err != nil {
		return err
	}
	var request startRequest
	if err := httpserver.ReadJSON(c, &request); err != nil {
		return err
	}
	plain, err := request.plain()
	if err != nil {
		return err
	}
	started, err := v.wallets.Start(openid4vp.Start{
		Organisation: who.Type, Purpose: request.Purpose, Flow: openid4vp.Flow(request.Flow), Plain: plain,
		Engagement: request.Engagement,
	})
	if err != nil {
		return err
	}
	http.SetCookie(c.Writer, v.cookie(started))
	c.JSON(http.StatusCreated, startAnswer{
		ID: started.ID, Link: started.Link, DCRequest: started.Request, Message: base64.RawURLEncoding.EncodeToString(started.Message),
		Expires: started.Expires.UTC().Truncate(time.Second),
	})
	return nil
}

func (r startRequest) plain() (bool, error) {
	switch r.ResponseMode {
	case "", oid4vp.DirectPostJWT, oid4vp.DCAPIJWT:
		return false, nil
	case oid4vp.DirectPost, oid4vp.DCAPI:
		return true, nil
	}
	return false, invalid("there is no such responseMode")
}

// cookie ties the answer to the browser. Lax, for a same-device wallet brings the browser back by a link.
func (v *Verifier) cookie(s openid4vp.Started) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: s.Secret, Path: "/presentations/" + s.ID, Expires: s.Expires,
		HttpOnly: true, Secure: strings.HasPrefix(v.url, "https://"), SameSite: http.SameSiteLaxMode,
	}
}

const cookieName = "check"

// secret returns the browser's secret; without one, or with two, it opens nothing.
func secret(c *gin.Context) string {
	cookies := c.Request.CookiesNamed(cookieName)
	if len(cookies) != 1 {
		return ""
	}
	return cookies[0].Value
}

// state is GET /presentations/{id}.
func (v *Verifier) state(c *gin.Context) error {
	lang, err := language(c)
	if err != nil {
		return err
	}
	state, err := v.wallets.Result(c.Param("id"), secret(c), c.Query("response_code"))
	if err != nil {
		return err
	}
	out := stateAnswer{State: "waiting", Purpose: state.Purpose}
	if state.Answer != nil {
		if out, err = v.answered(state, lang); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (v *Verifier) answered(state openid4vp.State, lang words.Lang) (stateAnswer, error) {
	a := state.Answer
	at := a.At.UTC().Truncate(time.Second)
	out := stateAnswer{State: "answered", Purpose: state.Purpose, Verdict: a.Verdict, Reason: a.Why(), Receipt: a.Receipt, CheckedAt: &at}
	w, err := v.words.For(out.Verdict, out.Reason, lang)
	if err != nil {
		return out, err
	}
	out.Words = &w
	for _, d := range a.Documents {
		one, err := v.answer(d.Result, lang)
		if err != nil {
			return out, err
		}
		out.Documents = append(out.Documents, documentJSON{d.ID, d.Document, d.Needed, one})
	}
	return out, nil
}

// respondAPI is POST /presentations/{id}/response.
func (v *Verifier) respondAPI(c *gin.Context) error {
	if origin := c.GetHeader("Origin"); origin != "" && origin != v.url {
		return fault.New(fault.Forbidden, "wrong_origin", "")
	}
	body, err := httpserver.ReadObject(c) // {"protocol": text, "data": object}, as the browser gave them to the page
	if err != nil {
		return err
	}
	protocol, err := body.String("protocol")
	data, dataErr := body.Object("data")
	if err != nil || dataErr != nil {
		return invalid("protocol is not text, or data not an object")
	}
	if err := v.wallets.RespondAPI(c.Request.Context(), c.Param("id"), secret(c), protocol, data.Raw()); err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{})
	return nil
}

// findReceipt is GET /receipts/{id}: whoever has the id may see that there was a check.
func (v *Verifier) findReceipt(c *gin.Context) error {
	r, ok, err := v.receipts.FindReceipt(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, openid4vp.CodeNotFound, "")
	}
	c.JSON(http.StatusOK, r)
	return nil
}

// relay is POST /presentations/{id}/messages: a front end of an in-person check brings what the device sent, and takes
// what to send back. Both are unpadded base64url.
func (v *Verifier) relay(c *gin.Context) error {
	var body struct {
		Message string `json:"message"`
	}
	if err := httpserver.ReadJSON(c, &body); err != nil {
		return err
	}
	message, err := decode("message", body.Message)
	if err != nil {
		return err
	}
	reply, err := v.wallets.Relay(c.Request.Context(), c.Param("id"), secret(c), message)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"message": base64.RawURLEncoding.EncodeToString(reply)})
	return nil
}

// request is the request_uri, by GET and by POST (OpenID4VP 1.0 §5.10).
func (v *Verifier) request(c *gin.Context) error {
	walletNonce := ""
	if c.Request.Method == http.MethodPost {
		form, err := httpserver.ReadForm(c)
		if err != nil {
			return err
		}
		if len(form["wallet_nonce"]) > 1 {
			return invalid("wallet_nonce stands twice")
		}
		walletNonce = form.Get("wallet_nonce")
	}
	object, err := v.wallets.RequestObject(c.Param("id"), walletNonce)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, oid4vp.MediaRequestObject, []byte(object))
	return nil
}

// respond is the response_uri (OpenID4VP 1.0 §8.2).
func (v *Verifier) respond(c *gin.Context) error {
	form, err := httpserver.ReadForm(c)
	if err != nil {
		return err
	}
	redirect, err := v.wallets.Respond(c.Request.Context(), c.Param("id"), form)
	if err != nil {
		return err
	}
	body := gin.H{}
	if redirect != "" {
		body["redirect_uri"] = redirect
	}
	c.JSON(http.StatusOK, body)
	return nil
}
