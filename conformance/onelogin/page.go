package onelogin

import (
	"html/template"
	"net/http"
)

// signIn is what the sign-in page shows.
type signIn struct {
	Request  string
	Accounts []Account
}

var signInPage = template.Must(template.New("sign-in").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Choose who to sign in as - stand-in for GOV.UK One Login</title></head>
<body>
<main>
<h1>Stand-in for GOV.UK One Login</h1>
<p>These people do not exist. No password is asked for.</p>
<form method="post" action="/authorize/confirm">
<input type="hidden" name="request" value="{{.Request}}">
<fieldset>
<legend>Who do you want to sign in as?</legend>
{{range $i, $a := .Accounts}}<p><input type="radio" id="account-{{$i}}" name="account" value="{{$a.Subject}}"{{if eq $i 0}} checked{{end}}>
<label for="account-{{$i}}">{{$a.Name}}</label></p>
{{end}}</fieldset>
<button type="submit">Continue</button>
</form>
<form method="post" action="/authorize/confirm">
<input type="hidden" name="request" value="{{.Request}}">
<button type="submit">Cancel</button>
</form>
</main>
</body>
</html>
`))

var problemPage = template.Must(template.New("problem").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Sorry, there is a problem - stand-in for GOV.UK One Login</title></head>
<body><main><h1>Sorry, there is a problem</h1>
<p>This sign-in did not begin at a registered service, or it has ended. Go back to the service and start again.</p></main></body>
</html>
`))

func writePage(w http.ResponseWriter, status int, page *template.Template, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = page.Execute(w, data) // the reader has gone; there is no one to tell
}
