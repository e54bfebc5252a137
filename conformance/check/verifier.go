package check

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// VerifierOptions say which verifier is judged, how a check is begun there and where its verdict is, and by whom documents
// are issued that it trusts. All but Result and Header are required.
type VerifierOptions struct {
	HTTP   *http.Client
	Limits Limits
	Now    func() time.Time
	Rand   io.Reader

	URL      string            // the verifier, for the report
	Begin    string            // POST here begins a check
	Header   map[string]string // of that POST: a key, a content type
	Body     string            // of that POST
	Link     string            // member of its answer: the link for the wallet
	ID       string            // member of its answer: the check's name
	Result   string            // GET here, with {id} in it, says how the check stands; empty: what the wallet is told decides
	Verdict  string            // member of that answer
	Valid    string            // its value when the presentation was accepted
	Roots    *x509.CertPool    // vouch for the verifier's requests
	Document string            // a credential of the type it asks for: base64url of an IssuerSigned, as an issuer gives it

	Authority *Authority // signs new documents with that one's elements
	Lists     *Lists     // publishes their status
}

// VerifierRecord is everything that was asked of a verifier.
type VerifierRecord struct {
	*Record
	URL            string
	Verdict, Valid string // as in the options
	Results        bool   // there is a result to look at
	Asks           map[string]*wallet.Ask
	Refused        map[string]string // of a play whose request object a wallet must not follow: why
	Linked         bool              // a check could be begun, and gave a link that a wallet can follow
	Canary         string            // a value that nobody asked for
}

// Verifier judges a verifier. The error says that the check itself could not be set up.
func Verifier(ctx context.Context, o VerifierOptions) (Report, error) {
	r, err := GatherVerifier(ctx, o)
	if err != nil {
		return Report{}, err
	}
	return r.Judge(), nil
}

// verifierVisit is one run against a verifier.
type verifierVisit struct {
	*visitor
	o                VerifierOptions
	rec              *VerifierRecord
	wallet, stranger *wallet.Wallet
	signer           signer
	template         []item
	docType          string
	shown            map[string]url.Values // the answers that were sent, by play
	tokens           map[string]wallet.Token
}

// GatherVerifier begins one check for every wallet, good and bad, and answers it.
func GatherVerifier(ctx context.Context, o VerifierOptions) (*VerifierRecord, error) {
	v, err := newVerifierVisit(o)
	if err != nil {
		return nil, err
	}
	for _, p := range plays() {
		if err := v.play(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %w", p.id, err)
		}
	}
	return v.rec, nil
}

const canary = "canary-of-check"

func newVerifierVisit(o VerifierOptions) (*verifierVisit, error) {
	if o.HTTP == nil || o.Now == nil || o.Rand == nil || o.Begin == "" || o.Link == "" || o.Roots == nil || o.Document == "" || o.Authority == nil || o.Lists == nil {
		return nil, errors.New("a verifier needs where a check is begun, the roots of its requests, a document, an authority and status lists")
	}
	v := &verifierVisit{visitor: newVisitor(o.HTTP, o.Limits, o.Now()), o: o, shown: map[string]url.Values{}, tokens: map[string]wallet.Token{}}
	v.rec = &VerifierRecord{Record: v.record, URL: o.URL, Verdict: o.Verdict, Valid: o.Valid, Results: o.Result != "",
		Asks: map[string]*wallet.Ask{}, Refused: map[string]string{}, Canary: canary}
	template := &mdocCredential{raw: o.Document}
	mso, err := template.mso()
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	docType, _ := mso.Get("docType") // what has none is no document of any type
	v.docType, _ = docType.(string)
	if v.template, err = template.items(); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	for _, w := range []**wallet.Wallet{&v.wallet, &v.stranger} {
		options := wallet.Options{HTTP: o.HTTP, Rand: o.Rand, Now: o.Now, Account: "synthetic", Session: "none"}
		if *w, err = wallet.New(options); err != nil {
			return nil, err
		}
	}
	v.signer, err = o.Authority.newSigner(o.Now(), nil)
	return v, err
}

// play begins a check, reads its request, and answers as p does.
func (v *verifierVisit) play(ctx context.Context, p play) error {
	id, cookie := v.begin(ctx, p)
	ask, err := v.request(ctx, p)
	if err != nil {
		v.rec.Refused[p.id] = err.Error()
		return nil // the rules about requests say what is wrong with it
	}
	v.rec.Asks[p.id] = ask
	form, err := p.answer(v, ask)
	if err != nil {
		return err
	}
	v.shown[p.id] = form
	v.ask(ctx, question{step: p.id, sent: p.sent, method: http.MethodPost, url: ask.ResponseURI, header: formType, body: form.Encode()})
	if p.again {
		v.ask(ctx, question{step: p.id + ".again", sent: "the same answer once more", method: http.MethodPost, url: ask.ResponseURI, header: formType, body: form.Encode()})
	}
	if v.o.Result != "" {
		v.ask(ctx, question{step: p.id + ".result", sent: "how the check stands", url: strings.ReplaceAll(v.o.Result, "{id}", url.PathEscape(id)), header: v.own(cookie)})
	}
	return nil
}

var formType = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}

// own are the headers of the verifier's own client: those that were given, and the cookie it set.
func (v *verifierVisit) own(cookie string) map[string]string {
	out := map[string]string{}
	for name, value := range v.o.Header {
		out[name] = value
	}
	if cookie != "" {
		out["Cookie"] = cookie
	}
	return out
}

func (v *verifierVisit) begin(ctx context.Context, p play) (id, cookie string) {
	a := v.ask(ctx, question{step: p.id + ".begin", sent: "a check is begun", method: http.MethodPost, url: v.o.Begin, header: v.own(""), body: v.o.Body})
	if o, err := wallet.DecodeJSON(a.Body); err == nil {
		id = text(o, v.o.ID)
	}
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	return id, cookie
}

// link is what a begun check gives the wallet.
func (r *VerifierRecord) link(play, member string) (url.Values, error) {
	a, err := r.step(play + ".begin")
	if err != nil {
		return nil, err
	}
	o, err := wallet.DecodeJSON(a.Body)
	if err != nil || a.Status/100 != 2 {
		return nil, fmt.Errorf("a check could not be begun: %s", a.words())
	}
	u, err := url.Parse(text(o, member))
	if err != nil || u.Query().Get("client_id") == "" || notURL(u.Query().Get("request_uri")) {
		return nil, errors.New("the link does not hold client_id and request_uri")
	}
	return u.Query(), nil
}

// request fetches the request object as a wallet does, and refuses what a wallet must.
func (v *verifierVisit) request(ctx context.Context, p play) (*wallet.Ask, error) {
	q, err := v.rec.link(p.id, v.o.Link)
	if err != nil {
		return nil, err
	}
	v.rec.Linked = true
	step := question{step: p.id + ".request", sent: "the request object", url: q.Get("request_uri")}
	var nonce string
	if q.Get("request_uri_method") == "post" {
		if nonce, err = v.nonce(); err != nil {
			return nil, err
		}
		step.method, step.header, step.body = http.MethodPost, formType, url.Values{"wallet_nonce": {nonce}}.Encode()
		step.sent = "the request object, with a nonce of the wallet's"
	}
	a := v.ask(ctx, step)
	if a.Missing != "" || a.Status != http.StatusOK {
		return nil, errors.New("no request object came")
	}
	return v.wallet.ReadObject(string(a.Body), q.Get("client_id"), nonce, v.o.Roots)
}

func (v *verifierVisit) nonce() (string, error) {
	b := make([]byte, 16)
	_, err := io.ReadFull(v.o.Rand, b)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// held is the document as the wallet has it.
func (v *verifierVisit) held(edit func(*verifierVisit, *minting) error) (*wallet.Held, error) {
	now := v.o.Now()
	m := minting{
		signer: v.signer, device: v.wallet.PublicKey(), docType: v.docType, items: v.template, at: now.Add(-time.Hour), from: now.Add(-time.Hour),
		until: now.AddDate(0, 0, 7), statusURI: v.o.Lists.URL + listGood, statusIdx: entryValid,
	}
	if edit != nil {
		if err := edit(v, &m); err != nil {
			return nil, err
		}
	}
	raw, err := v.o.Authority.mint(m)
	if err != nil {
		return nil, err
	}
	h := &wallet.Held{Format: wallet.FormatMDoc, Raw: raw, DocType: v.docType}
	for _, i := range m.items {
		h.Elements = append(h.Elements, wallet.Element{Namespace: i.space, Name: i.name, Value: i.value})
	}
	return h, nil
}
