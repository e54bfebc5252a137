package signin

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`) // RFC 7636 §4.2, S256

// getAuthorize begins a sign-in and lists who may sign in.
func (p *Provider) getAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	client, ok := p.client(q.Get("client_id"))
	if !ok || !slices.Contains(client.RedirectURIs, q.Get("redirect_uri")) {
		write(w, http.StatusBadRequest, problemPage, p.Title) // RFC 6749 §4.1.2.1: never redirect to an address that is not the client's
		return
	}
	in := request{client: client, redirect: q.Get("redirect_uri"), state: q.Get("state"), nonce: q.Get("nonce"), proof: q.Get("code_challenge"), until: p.Now().Add(requestLife)}
	if code := p.refuses(q); code != "" {
		p.back(w, r, in, "error", code)
		return
	}
	id, err := put(p, p.requests, in, requestEnds)
	if err != nil {
		p.back(w, r, in, "error", "server_error")
		return
	}
	write(w, http.StatusOK, signInPage, map[string]any{"Title": p.Title, "Request": id, "Accounts": p.Accounts})
}

// refuses returns the error code for a request, or "".
func (p *Provider) refuses(q url.Values) string {
	p.mu.Lock()
	refusal := p.refusal
	p.mu.Unlock()
	switch {
	case refusal != "":
		return refusal
	case q.Get("response_type") != "code":
		return "unsupported_response_type"
	case !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return "invalid_scope"
	case q.Get("code_challenge_method") != "S256" || !challengeForm.MatchString(q.Get("code_challenge")), len(q.Get("state")) < 22, len(q.Get("nonce")) < 22:
		return "invalid_request" // 128 bits in base64url are 22 characters
	}
	return ""
}

// postAuthorize is the person's answer: an account, or no.
func (p *Provider) postAuthorize(w http.ResponseWriter, r *http.Request) {
	in, ok := take(p, p.requests, r.PostFormValue("request"), requestEnds)
	if !ok {
		write(w, http.StatusBadRequest, problemPage, p.Title)
		return
	}
	for _, a := range p.Accounts {
		if a.Subject == r.PostFormValue("account") {
			in.until = p.Now().Add(codeLife)
			code, err := put(p, p.codes, grant{in, a}, grantEnds)
			if err != nil {
				p.back(w, r, in, "error", "server_error")
				return
			}
			p.back(w, r, in, "code", code)
			return
		}
	}
	p.back(w, r, in, "error", "access_denied")
}

// back sends the person back to the client, with the issuer's name beside the answer (RFC 9207).
func (p *Provider) back(w http.ResponseWriter, r *http.Request, in request, name, value string) {
	query := url.Values{name: {value}, "state": {in.state}, "iss": {p.Issuer()}}
	http.Redirect(w, r, in.redirect+"?"+query.Encode(), http.StatusSeeOther)
}

var signInPage = template.Must(template.New("sign-in").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Choose who to sign in as - {{.Title}}</title></head>
<body>
<main>
<h1>{{.Title}}</h1>
<p>These people do not exist. No password is asked for.</p>
<form method="post" action="authorize">
<input type="hidden" name="request" value="{{.Request}}">
<fieldset>
<legend>Who do you want to sign in as?</legend>
{{range $i, $a := .Accounts}}<p><input type="radio" id="account-{{$i}}" name="account" value="{{$a.Subject}}"{{if eq $i 0}} checked{{end}}>
<label for="account-{{$i}}">{{$a.Label}}</label></p>
{{end}}</fieldset>
<button type="submit">Continue</button>
</form>
<form method="post" action="authorize">
<input type="hidden" name="request" value="{{.Request}}">
<button type="submit">Cancel</button>
</form>
</main>
</body>
</html>
`))

var problemPage = template.Must(template.New("problem").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Sorry, there is a problem - {{.}}</title></head>
<body><main><h1>Sorry, there is a problem</h1>
<p>This sign-in did not begin at a registered service, or it has ended. Go back to the service and start again.</p></main></body>
</html>
`))

func write(w http.ResponseWriter, status int, page *template.Template, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = page.Execute(w, data) // the reader has gone; there is no one to tell
}
