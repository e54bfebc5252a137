package onelogin_test

import (
	"crypto/sha256"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/onelogin"
)

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 Appendix B

func challenge() string {
	digest := sha256.Sum256([]byte(verifier))
	return b64(digest[:])
}

func (b *bench) authorizeQuery() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {b.issuerURL + "/callback"},
		"scope": {"openid email wallet-subject-id"}, "state": {"the state"}, "nonce": {"the nonce"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
}

func (b *bench) authorize(q url.Values) (*http.Response, string) {
	b.t.Helper()
	res, err := b.client.Get(b.url + "/authorize?" + q.Encode())
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(body)
}

var requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)

// signIn goes through the page as account and returns where it leads.
func (b *bench) signIn(account string) url.Values {
	b.t.Helper()
	_, page := b.authorize(b.authorizeQuery())
	m := requestField.FindStringSubmatch(page)
	if m == nil {
		b.t.Fatal("the page has no request field")
	}
	return b.confirm(html.UnescapeString(m[1]), account)
}

func (b *bench) confirm(request, account string) url.Values {
	b.t.Helper()
	res, err := b.client.PostForm(b.url+"/authorize/confirm", url.Values{"request": {request}, "account": {account}})
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	location, err := res.Location()
	if err != nil {
		b.t.Fatal(err)
	}
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(location.String(), b.issuerURL+"/callback?") {
		b.t.Fatal("does not lead back to the client")
	}
	return location.Query()
}

func (b *bench) assertion(mutate func(header, payload claims)) string {
	b.t.Helper()
	header := claims{"alg": "ES256", "kid": "issuer-key"}
	payload := claims{"iss": clientID, "sub": clientID, "aud": b.url + "/token", "jti": b.t.Name(), "exp": b.now().Add(time.Minute).Unix()}
	if mutate != nil {
		mutate(header, payload)
	}
	return sign(b.t, b.key, header, payload)
}

func (b *bench) codeForm(code, assertion string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {b.issuerURL + "/callback"}, "code_verifier": {verifier},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
	}
}

func TestSignIn(t *testing.T) {
	b := newBench(t)
	person := onelogin.SyntheticAccounts()[0]
	back := b.signIn(person.Subject)
	if back.Get("state") != "the state" || back.Get("code") == "" {
		t.Fatal("state or code is missing")
	}
	status, answer := b.token("", b.codeForm(back.Get("code"), b.assertion(nil)))
	if status != http.StatusOK {
		t.Fatalf("token: status %d %v", status, answer["error"])
	}
	_, id := b.verified(answer["id_token"].(string))
	if id["iss"] != b.url || id["aud"] != clientID || id["sub"] != person.Subject || id["nonce"] != "the nonce" || id["exp"] != float64(b.now().Unix()+120) {
		t.Error("a claim of the ID token is wrong")
	}
	info := b.userinfo(answer["access_token"].(string), http.StatusOK)
	if info["wallet_subject_id"] != person.WalletSubject || info["sub"] != person.Subject || info["email"] != person.Email {
		t.Error("userinfo is not the person's")
	}
	b.clock.Add(180)
	b.userinfo(answer["access_token"].(string), http.StatusUnauthorized)
}

func (b *bench) userinfo(token string, want int) claims {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+"/userinfo", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	var out claims
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != want {
		b.t.Fatalf("userinfo: status %d, want %d", res.StatusCode, want)
	}
	return out
}

func TestSignInPageListsPeopleWithLabels(t *testing.T) {
	b := newBench(t)
	res, page := b.authorize(b.authorizeQuery())
	if res.StatusCode != http.StatusOK || !strings.Contains(page, `<html lang="en">`) || !strings.Contains(page, "<legend>") {
		t.Fatal("not an accessible page")
	}
	for _, a := range onelogin.SyntheticAccounts() {
		if !strings.Contains(page, a.Name+"</label>") || !strings.Contains(a.Name, "synthetic") {
			t.Errorf("an account is not listed as synthetic")
		}
	}
}

func TestBadSignInsAreSentBack(t *testing.T) {
	b := newBench(t)
	tests := map[string]struct{ name, value, want string }{
		"implicit":         {"response_type", "token", "unsupported_response_type"},
		"no openid":        {"scope", "email", "invalid_scope"},
		"no state":         {"state", "", "invalid_request"},
		"no nonce":         {"nonce", "", "invalid_request"},
		"no challenge":     {"code_challenge", "", "invalid_request"},
		"plain challenge":  {"code_challenge_method", "plain", "invalid_request"},
		"short challenge":  {"code_challenge", "abc", "invalid_request"},
		"challenge method": {"code_challenge_method", "", "invalid_request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			q := b.authorizeQuery()
			q.Set(test.name, test.value)
			res, _ := b.authorize(q)
			location, err := res.Location()
			if err != nil || location.Query().Get("error") != test.want || location.Query().Has("code") {
				t.Errorf("status %d, want to be sent back with %s", res.StatusCode, test.want)
			}
		})
	}
}

func TestNobodyIsSentToAStranger(t *testing.T) {
	b := newBench(t)
	for name, change := range map[string][2]string{
		"another host":               {"redirect_uri", "http://attacker.example/callback"},
		"host with ours as a prefix": {"redirect_uri", b.issuerURL + ".attacker.example/callback"},
		"unknown client":             {"client_id", "nobody"},
		"no client":                  {"client_id", ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := b.authorizeQuery()
			q.Set(change[0], change[1])
			if res, _ := b.authorize(q); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
				t.Errorf("status %d, want 400 and no redirect", res.StatusCode)
			}
		})
	}
}

func TestParametersMustNotComeTwice(t *testing.T) {
	b := newBench(t)
	q := b.authorizeQuery()
	q.Add("nonce", "another")
	res, _ := b.authorize(q)
	if location, err := res.Location(); err != nil || location.Query().Get("error") != "invalid_request" {
		t.Errorf("status %d, want to be sent back with invalid_request", res.StatusCode)
	}
}

func TestConfirmNeedsASignInThatBegan(t *testing.T) {
	b := newBench(t)
	res, err := b.client.PostForm(b.url+"/authorize/confirm", url.Values{"request": {"x"}, "account": {onelogin.SyntheticAccounts()[0].Subject}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
		t.Errorf("status %d, want 400 and no redirect", res.StatusCode)
	}
}

func TestCancelledSignIn(t *testing.T) {
	b := newBench(t)
	if back := b.signIn(""); back.Get("error") != "access_denied" || back.Has("code") {
		t.Error("want access_denied and no code")
	}
}

func TestRefusedSignIns(t *testing.T) {
	b := newBench(t)
	for _, code := range []string{"login_required", "temporarily_unavailable"} {
		b.server.Refuse(code)
		res, _ := b.authorize(b.authorizeQuery())
		back, err := res.Location()
		if err != nil || back.Query().Get("error") != code || back.Query().Get("state") != "the state" || back.Query().Has("code") {
			t.Errorf("%s: %v, %v", code, back, err)
		}
	}
	b.server.Refuse("")
	if b.signIn(onelogin.SyntheticAccounts()[0].Subject).Get("code") == "" {
		t.Error("sign-ins are still refused")
	}
}

func TestAuthorisationCodeRefusals(t *testing.T) {
	tests := map[string]func(b *bench, form url.Values){
		"another verifier": func(_ *bench, f url.Values) { f.Set("code_verifier", strings.Repeat("a", 43)) },
		"no verifier":      func(_ *bench, f url.Values) { f.Del("code_verifier") },
		"another redirect": func(b *bench, f url.Values) { f.Set("redirect_uri", b.issuerURL+"/other") },
		"unknown code":     func(_ *bench, f url.Values) { f.Set("code", "x") },
		"expired code":     func(b *bench, f url.Values) { b.clock.Add(60); f.Set("client_assertion", b.assertion(nil)) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			code := b.signIn(onelogin.SyntheticAccounts()[0].Subject).Get("code")
			form := b.codeForm(code, b.assertion(nil))
			change(b, form)
			status, answer := b.token("", form)
			b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
		})
	}
}

func TestAuthorisationCodeIsRedeemedOnce(t *testing.T) {
	b := newBench(t)
	code := b.signIn(onelogin.SyntheticAccounts()[0].Subject).Get("code")
	if status, _ := b.token("", b.codeForm(code, b.assertion(nil))); status != http.StatusOK {
		t.Fatalf("first redemption: status %d", status)
	}
	again := b.assertion(func(_, p claims) { p["jti"] = "another" })
	status, answer := b.token("", b.codeForm(code, again))
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
}

func TestBadClientAssertions(t *testing.T) {
	b := newBench(t)
	tests := map[string]func(header, payload claims){
		"unknown client": func(_, p claims) { p["iss"], p["sub"] = "nobody", "nobody" },
		"another sub":    func(_, p claims) { p["sub"] = "another" },
		"another aud":    func(_, p claims) { p["aud"] = b.url },
		"no jti":         func(_, p claims) { delete(p, "jti") },
		"expired":        func(_, p claims) { p["exp"] = b.now().Unix() },
		"far off":        func(_, p claims) { p["exp"] = b.now().Add(61 * time.Minute).Unix() },
		"no exp":         func(_, p claims) { delete(p, "exp") },
		"unknown kid":    func(h, _ claims) { h["kid"] = "other" },
		"no kid":         func(h, _ claims) { delete(h, "kid") },
		"alg none":       func(h, _ claims) { h["alg"] = "none" },
	}
	for name, mutate := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := b.token("", b.codeForm("x", b.assertion(mutate)))
			b.wantRefusal(status, answer, http.StatusUnauthorized, "invalid_client")
		})
	}
	t.Run("another client id beside", func(t *testing.T) {
		form := b.codeForm("x", b.assertion(nil))
		form.Set("client_id", "another")
		status, answer := b.token("", form)
		b.wantRefusal(status, answer, http.StatusUnauthorized, "invalid_client")
	})
	t.Run("no assertion", func(t *testing.T) {
		status, answer := b.token("", b.codeForm("x", ""))
		b.wantRefusal(status, answer, http.StatusUnauthorized, "invalid_client")
	})
	t.Run("used twice", func(t *testing.T) {
		form := b.codeForm("x", b.assertion(nil))
		status, answer := b.token("", form)
		b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
		status, answer = b.token("", form)
		b.wantRefusal(status, answer, http.StatusUnauthorized, "invalid_client")
	})
}

func TestMetadata(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		var m claims
		b.getJSON(path, &m)
		if m["issuer"] != b.url || m["token_endpoint"] != b.url+"/token" || m["jwks_uri"] != b.url+"/.well-known/jwks.json" ||
			m["authorization_endpoint"] != b.url+"/authorize" || m["userinfo_endpoint"] != b.url+"/userinfo" {
			t.Errorf("%s: an endpoint is wrong", path)
		}
	}
}
