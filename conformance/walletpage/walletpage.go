// Package walletpage gives the simulated wallet pages of its own, so that a person, or a browser in a test, can do what is
// done in an app on a phone: add a document from an offer, see what is held, update it, and share with whoever asks, or
// not. It is a stand-in for the development rig on loopback; its people are synthetic and no password is asked for.
package walletpage

import (
	"context"
	"crypto/x509"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"justice-wallet/conformance/wallet"
)

// Person is somebody with a wallet.
type Person struct{ Name, Account string }

// Options of the pages. All are required.
type Options struct {
	People    []Person
	NewWallet func(ctx context.Context, account string) (*wallet.Wallet, error)
	Roots     func() *x509.CertPool // of those who may ask
}

// Pages is an http.Handler, safe for concurrent use.
type Pages struct {
	Options
	handler http.Handler

	mu     sync.Mutex
	phones map[string]*phone
}

// phone is one person's wallet and what it holds.
type phone struct {
	mu     sync.Mutex
	wallet *wallet.Wallet
	held   []*wallet.Held
}

// New returns the pages of wallets that hold nothing yet.
func New(o Options) *Pages {
	p := &Pages{Options: o, phones: map[string]*phone{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("POST /person", p.choose)
	mux.HandleFunc("POST /open", p.open)
	mux.HandleFunc("GET /add", p.offer)
	mux.HandleFunc("POST /add", p.add)
	mux.HandleFunc("POST /update", p.update)
	mux.HandleFunc("GET /authorize", p.ask)
	mux.HandleFunc("POST /share", p.share)
	mux.HandleFunc("POST /refuse", p.refuse)
	p.handler = http.NewCrossOriginProtection().Handler(mux)
	return p
}

// ServeHTTP answers one request.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	p.handler.ServeHTTP(w, r)
}

const cookie = "wallet-person"

// phone returns the wallet of the person whose browser this is, made when it is first needed.
func (p *Pages) phone(r *http.Request) (*phone, error) {
	chosen, err := r.Cookie(cookie)
	if err != nil {
		return nil, errors.New("choose whose wallet this is first")
	}
	i, err := strconv.Atoi(chosen.Value)
	if err != nil || i < 0 || i >= len(p.People) {
		return nil, errors.New("there is no such person")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	account := p.People[i].Account
	if p.phones[account] == nil {
		w, err := p.NewWallet(r.Context(), account)
		if err != nil {
			return nil, err
		}
		p.phones[account] = &phone{wallet: w}
	}
	return p.phones[account], nil
}

// Held returns what the wallet of an account holds.
func (p *Pages) Held(account string) []*wallet.Held {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phones[account] == nil {
		return nil
	}
	return slices.Clone(p.phones[account].held)
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) {
	v := view{Title: "Stand-in wallet", People: p.People}
	if phone, err := p.phone(r); err == nil {
		phone.mu.Lock()
		defer phone.mu.Unlock()
		v.Chosen = true
		for _, h := range phone.held {
			v.Held = append(v.Held, card(r.Context(), phone.wallet, h))
		}
	}
	show(w, http.StatusOK, v)
}

// card is what the wallet's list says of a document: its kind, and whether it may still be relied on.
func card(ctx context.Context, w *wallet.Wallet, h *wallet.Held) line {
	kind := h.DocType
	if kind == "" {
		kind = strings.Join(h.Types, ", ")
	}
	status, err := w.CheckStatus(ctx, h.Status)
	switch {
	case h.Status.URI == "":
		return line{kind, "has no status"}
	case err != nil:
		return line{kind, "its status could not be read"}
	case status != 0:
		return line{kind, "ended"}
	}
	return line{kind, "valid until " + h.ValidUntil.UTC().Format("2 January 2006 15:04 UTC")}
}

func (p *Pages) choose(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: r.PostFormValue("person"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// open reads a link as a camera would: an offer, or a request.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) {
	link, err := url.Parse(strings.TrimSpace(r.PostFormValue("link")))
	switch {
	case err == nil && link.Query().Has("credential_offer"):
		http.Redirect(w, r, "/add?"+link.RawQuery, http.StatusSeeOther)
	case err == nil && link.Query().Has("request_uri"):
		http.Redirect(w, r, "/authorize?"+link.RawQuery, http.StatusSeeOther)
	default:
		problem(w, errors.New("this link is neither an offer nor a request"))
	}
}

func (p *Pages) offer(w http.ResponseWriter, r *http.Request) {
	link := "wallet://add?" + r.URL.RawQuery
	o, err := wallet.ParseOffer(link)
	if err != nil {
		problem(w, err)
		return
	}
	show(w, http.StatusOK, view{Title: "Add this document?", People: p.People, Chosen: p.chosen(r), Action: "/add", Button: "Add", Link: link, Lines: []line{{o.Configuration, o.Issuer}}})
}

func (p *Pages) chosen(r *http.Request) bool {
	_, err := r.Cookie(cookie)
	return err == nil
}

func (p *Pages) add(w http.ResponseWriter, r *http.Request) {
	phone, err := p.phone(r)
	if err != nil {
		problem(w, err)
		return
	}
	phone.mu.Lock()
	defer phone.mu.Unlock()
	held, err := phone.wallet.Collect(r.Context(), r.PostFormValue("link"))
	if held == nil || err != nil {
		problem(w, err)
		return
	}
	phone.held = append(phone.held, held)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// update asks the issuer for a new copy, as the app's own button does.
func (p *Pages) update(w http.ResponseWriter, r *http.Request) {
	phone, err := p.phone(r)
	if err != nil {
		problem(w, err)
		return
	}
	phone.mu.Lock()
	defer phone.mu.Unlock()
	i, err := strconv.Atoi(r.PostFormValue("document"))
	if err != nil || i < 0 || i >= len(phone.held) {
		problem(w, errors.New("there is no such document"))
		return
	}
	held, err := phone.wallet.Refresh(r.Context(), phone.held[i])
	if err != nil {
		problem(w, err)
		return
	}
	phone.held[i] = held
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// read fetches and verifies the request a link names. It may be fetched twice: once to show it, once to answer.
func (p *Pages) read(r *http.Request, link string) (*phone, *wallet.Ask, error) {
	phone, err := p.phone(r)
	if err != nil {
		return nil, nil, err
	}
	ask, err := phone.wallet.ReadLink(r.Context(), link, p.Roots(), false)
	return phone, ask, err
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) {
	link := "wallet://authorize?" + r.URL.RawQuery
	phone, ask, err := p.read(r, link)
	if err != nil {
		problem(w, err)
		return
	}
	phone.mu.Lock()
	defer phone.mu.Unlock()
	v := view{Title: "Share with " + ask.ClientID + "?", Chosen: true, Action: "/share", Button: "Share", Refuse: true, Link: link}
	wanted, err := ask.Match(phone.held...)
	if err != nil {
		v.Action, v.Notice = "", "You have nothing that answers this."
	}
	for _, x := range wanted {
		for _, e := range x.Elements {
			v.Lines = append(v.Lines, line{e[1], e[0]})
		}
	}
	show(w, http.StatusOK, v)
}

func (p *Pages) share(w http.ResponseWriter, r *http.Request) {
	phone, ask, err := p.read(r, r.PostFormValue("link"))
	if err != nil {
		problem(w, err)
		return
	}
	phone.mu.Lock()
	defer phone.mu.Unlock()
	wanted, err := ask.Match(phone.held...)
	if err != nil {
		problem(w, err)
		return
	}
	token, err := phone.wallet.Answer(ask, wanted)
	if err != nil {
		problem(w, err)
		return
	}
	form, err := phone.wallet.Form(ask, token, "")
	if err != nil {
		problem(w, err)
		return
	}
	p.answer(w, r, phone, ask, form, "You have shared it")
}

// refuse tells the verifier no, in the words of OpenID4VP 1.0 §8.5.
func (p *Pages) refuse(w http.ResponseWriter, r *http.Request) {
	phone, ask, err := p.read(r, r.PostFormValue("link"))
	if err != nil {
		problem(w, err)
		return
	}
	p.answer(w, r, phone, ask, url.Values{"error": {"access_denied"}, "state": {ask.State}}, "You have not shared anything")
}

// answer sends an answer, and goes where the verifier says, when it says so.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, phone *phone, ask *wallet.Ask, form url.Values, title string) {
	status, body, err := phone.wallet.Post(r.Context(), ask.ResponseURI, form)
	if err != nil {
		problem(w, err)
		return
	}
	if next, ok := body["redirect_uri"].(string); ok {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	v := view{Title: title, Chosen: true}
	if status != http.StatusOK {
		v.Notice = "Whoever asked did not accept it."
	}
	show(w, http.StatusOK, v)
}

// view is a page.
type view struct {
	Title, Notice        string
	People               []Person
	Chosen, Refuse       bool
	Held, Lines          []line
	Action, Button, Link string
}

type line struct{ Name, Detail string }

func problem(w http.ResponseWriter, err error) {
	show(w, http.StatusBadRequest, view{Title: "This did not work", Notice: err.Error(), Chosen: true})
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}} - stand-in wallet</title></head>
<body>
<main>
<h1>{{.Title}}</h1>
{{with .Notice}}<p>{{.}}</p>
{{end}}{{with .Lines}}<ul>
{{range .}}<li>{{.Name}} ({{.Detail}})</li>
{{end}}</ul>
{{end}}{{if .Action}}<form method="post" action="{{.Action}}"><input type="hidden" name="link" value="{{.Link}}"><button type="submit">{{.Button}}</button></form>
{{end}}{{if .Refuse}}<form method="post" action="/refuse"><input type="hidden" name="link" value="{{.Link}}"><button type="submit">Do not share</button></form>
{{end}}{{range $i, $h := .Held}}<h2>{{.Name}}</h2>
<p>{{.Detail}}</p>
<form method="post" action="/update"><input type="hidden" name="document" value="{{$i}}"><button type="submit">Update</button></form>
{{end}}{{if and .Chosen (not .Action)}}<form method="post" action="/open"><p><label for="link">A link, as the camera reads it</label> <input id="link" name="link" type="text"></p><button type="submit">Open</button></form>
{{end}}{{with .People}}<form method="post" action="/person"><p><label for="person">Whose wallet this is</label> <select id="person" name="person">
{{range $i, $p := .}}<option value="{{$i}}">{{.Name}}</option>
{{end}}</select></p><button type="submit">Choose</button></form>
{{end}}<p><a href="/">The wallet</a></p>
</main>
</body>
</html>
`))

func show(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = page.Execute(w, v) // the reader has gone; there is no one to tell
}
