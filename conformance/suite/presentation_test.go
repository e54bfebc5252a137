package suite_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

const (
	approval = "uk.gov.justice.probationapproval.1"
	licence  = "uk.gov.justice.licence.1"
)

// desk is a rig with a wallet that holds a release confirmation in both formats and a licence summary.
type desk struct {
	*rig.Rig
	t      *testing.T
	wallet *wallet.Wallet
	mdoc   *wallet.Held
	jwt    *wallet.Held
}

func newDesk(t *testing.T, o rig.Options) *desk {
	t.Helper()
	d := &desk{Rig: start(t, o), t: t}
	d.wallet = newWallet(t, d.Rig)
	d.mdoc = d.collect(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person})
	d.jwt = d.collect(rig.OfferRequest{DocumentType: release, Format: "jwt", Record: person})
	return d
}

func (d *desk) collect(request rig.OfferRequest) *wallet.Held {
	d.t.Helper()
	held, err := d.wallet.Collect(context.Background(), offer(d.t, d.Rig, request))
	if err != nil {
		d.t.Fatal(err)
	}
	return held
}

func (d *desk) begin(organisation, purpose, flow, mode string) *rig.Presentation {
	d.t.Helper()
	p, err := d.Begin(context.Background(), organisation, purpose, flow, mode)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) read(p *rig.Presentation, post bool) *wallet.Ask {
	d.t.Helper()
	ask, err := d.wallet.ReadLink(context.Background(), p.Link, d.Roots(), post)
	if err != nil {
		d.t.Fatal(err)
	}
	return ask
}

// answer makes the form that answers a request with what matches of held.
func (d *desk) answer(w *wallet.Wallet, ask *wallet.Ask, enc string, held ...*wallet.Held) url.Values {
	d.t.Helper()
	return d.form(w, ask, d.token(w, ask, held...), enc)
}

func (d *desk) token(w *wallet.Wallet, ask *wallet.Ask, held ...*wallet.Held) wallet.Token {
	d.t.Helper()
	wanted, err := ask.Match(held...)
	if err != nil {
		d.t.Fatal(err)
	}
	token, err := w.Answer(ask, wanted)
	if err != nil {
		d.t.Fatal(err)
	}
	return token
}

func (d *desk) form(w *wallet.Wallet, ask *wallet.Ask, token wallet.Token, enc string) url.Values {
	d.t.Helper()
	form, err := w.Form(ask, token, enc)
	if err != nil {
		d.t.Fatal(err)
	}
	return form
}

func (d *desk) post(ask *wallet.Ask, form url.Values) (int, map[string]any) {
	d.t.Helper()
	status, body, err := d.wallet.Post(context.Background(), ask.ResponseURI, form)
	if err != nil {
		d.t.Fatal(err)
	}
	return status, body
}

func (d *desk) result(p *rig.Presentation, responseCode string) rig.PresentationResult {
	d.t.Helper()
	result, status, err := p.Result(context.Background(), responseCode)
	if err != nil || status != http.StatusOK {
		d.t.Fatalf("%d %v %s", status, err, result.Body)
	}
	return result
}

func names(r rig.PresentationResult) []string {
	var out []string
	for _, document := range r.Documents {
		for _, e := range document.Elements {
			out = append(out, e.Name)
		}
	}
	slices.Sort(out)
	return out
}

var council = []string{"birth_date", "family_name", "given_name", "release_date", "released_within_56_days", "time_in_custody_band"}

// Every way a wallet can be asked across devices, and answers in both formats: valid, with exactly what was asked for.
func TestCrossDevice(t *testing.T) {
	for _, prefix := range []string{"x509_hash:", "x509_san_dns:"} {
		d := newDesk(t, rig.Options{ClientIDPrefix: prefix})
		for format, held := range map[string]*wallet.Held{"mdoc": d.mdoc, "jwt": d.jwt} {
			for _, mode := range []string{"direct_post", "direct_post.jwt"} {
				for _, post := range []bool{true, false} {
					for _, enc := range []string{"A128GCM", "A256GCM"} {
						t.Run(strings.Join([]string{prefix, format, mode, enc}, " "), func(t *testing.T) {
							p := d.begin("council", "council-housing", "cross_device", mode)
							ask := d.read(p, post)
							if ask.ResponseMode != mode || !strings.HasPrefix(ask.ClientID, prefix) {
								t.Errorf("asked in %s as %s", ask.ResponseMode, ask.ClientID)
							}
							if status, body := d.post(ask, d.answer(d.wallet, ask, enc, held)); status != http.StatusOK || len(body) != 0 {
								t.Fatalf("%d %v", status, body)
							}
							result := d.result(p, "")
							if result.State != "answered" || result.Verdict != "valid" || len(result.Documents) != 1 || result.Documents[0].Scope != "presentation" {
								t.Fatalf("%s", result.Body)
							}
							for _, name := range council {
								if !slices.Contains(names(result), name) {
									t.Errorf("%s is missing", name)
								}
							}
							for _, never := range []string{"document_number", "issuing_authority", "confirmation_line", "condition_texts"} {
								if slices.Contains(names(result), never) {
									t.Errorf("shows %s", never)
								}
							}
						})
					}
				}
			}
		}
	}
}

// On one device the answer is shown only to the browser that the wallet sent back.
func TestSameDevice(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("council", "council-housing", "same_device", "")
	ask := d.read(p, true)
	status, body := d.post(ask, d.answer(d.wallet, ask, "", d.mdoc))
	redirect, err := url.Parse(body["redirect_uri"].(string))
	if err != nil || status != http.StatusOK || !strings.HasPrefix(redirect.String(), d.VerifierURL+"/presentations/"+p.ID+"?") {
		t.Fatalf("%d %v", status, body)
	}
	code := redirect.Query().Get("response_code")
	if raw, err := base64.RawURLEncoding.DecodeString(code); err != nil || len(raw) < 16 {
		t.Errorf("response_code of %d bytes", len(raw))
	}
	if early := d.result(p, ""); early.State != "waiting" || len(early.Documents) != 0 {
		t.Errorf("without the code: %s", early.Body)
	}
	if early := d.result(p, code[1:]+"A"); early.State != "waiting" {
		t.Errorf("with another code: %s", early.Body)
	}
	if result := d.result(p, code); result.Verdict != "valid" {
		t.Errorf("with the code: %s", result.Body)
	}
	p.Cookie = nil
	if _, status, err := p.Result(context.Background(), code); err != nil || status != http.StatusNotFound {
		t.Errorf("with the code in another browser: %d, %v", status, err)
	}
}

func TestDigitalCredentialsAPI(t *testing.T) {
	d := newDesk(t, rig.Options{})
	for format, held := range map[string]*wallet.Held{"mdoc": d.mdoc, "jwt": d.jwt} {
		for _, mode := range []string{"dc_api", "dc_api.jwt"} {
			t.Run(format+" "+mode, func(t *testing.T) {
				p := d.begin("council", "council-housing", "dc_api", mode)
				if p.DCRequest.Protocol != "openid4vp-v1-signed" || p.Link != "" {
					t.Fatalf("%+v", p)
				}
				ask, err := d.wallet.ReadAPI(p.DCRequest.Data.Request, d.VerifierURL, d.Roots())
				if err != nil {
					t.Fatal(err)
				}
				data, err := d.wallet.Data(ask, d.token(d.wallet, ask, held), "A256GCM")
				if err != nil {
					t.Fatal(err)
				}
				cookie := p.Cookie
				p.Cookie = nil
				if status, err := p.RespondAPI(context.Background(), p.DCRequest.Protocol, data); err != nil || status != http.StatusNotFound {
					t.Errorf("another browser answers: %d, %v", status, err)
				}
				p.Cookie = cookie
				if status, err := p.RespondAPI(context.Background(), p.DCRequest.Protocol, data); err != nil || status != http.StatusOK {
					t.Fatalf("%d, %v", status, err)
				}
				if result := d.result(p, ""); result.Verdict != "valid" || len(result.Documents[0].Elements) < len(council) {
					t.Errorf("%s", result.Body)
				}
				if status, err := p.RespondAPI(context.Background(), p.DCRequest.Protocol, data); err != nil || status != http.StatusBadRequest {
					t.Errorf("a second answer: %d, %v", status, err)
				}
			})
		}
	}
}

func TestRequestObject(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("council", "council-housing", "cross_device", "")
	q, err := url.Parse(p.Link)
	if err != nil {
		t.Fatal(err)
	}
	uri := q.Query().Get("request_uri")
	fetch := func(method, body string) (int, string) {
		t.Helper()
		request, err := http.NewRequest(method, uri, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := d.HTTP.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	_, first := fetch(http.MethodGet, "")
	if _, second := fetch(http.MethodGet, ""); second != first {
		t.Error("two fetches give two objects")
	}
	_, nonced := fetch(http.MethodPost, "wallet_nonce=abc&later=ignored")
	if _, again := fetch(http.MethodPost, "wallet_nonce=abc"); again != nonced || nonced == first {
		t.Error("the same wallet nonce gives another object, or the nonce changes nothing")
	}
	for name, body := range map[string]string{"a nonce twice": "wallet_nonce=a&wallet_nonce=b", "a long nonce": "wallet_nonce=" + strings.Repeat("a", 300), "a nonce with a line": "wallet_nonce=a%0Ab"} {
		if status, _ := fetch(http.MethodPost, body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	fetch(http.MethodPost, "wallet_nonce=b")
	fetch(http.MethodPost, "wallet_nonce=c")
	if status, _ := fetch(http.MethodPost, "wallet_nonce=d"); status != http.StatusNotFound {
		t.Errorf("a fifth object: %d", status)
	}
	if status, _ := fetch(http.MethodGet, ""); status != http.StatusOK {
		t.Errorf("the first object is gone: %d", status)
	}
	ask := d.read(p, false)
	d.post(ask, d.answer(d.wallet, ask, "", d.mdoc))
	if status, _ := fetch(http.MethodGet, ""); status != http.StatusNotFound {
		t.Errorf("after the answer: %d", status)
	}
}

// Everything a wallet or a stranger may post. Nothing of it is believed, and it is told no more than that.
func TestAnswersThatAreNotAccepted(t *testing.T) {
	d := newDesk(t, rig.Options{})
	stranger := newWallet(t, d.Rig)
	const invalid = "invalid_request"
	cases := []struct {
		name string
		make func(ask *wallet.Ask) url.Values
		// how the check stands afterwards: waiting, or answered with a reason in a check or on the whole
		state, reason string
	}{
		{"nothing", func(*wallet.Ask) url.Values { return url.Values{} }, "waiting", ""},
		{"in the clear", func(ask *wallet.Ask) url.Values {
			token, err := json.Marshal(d.token(d.wallet, ask, d.mdoc))
			if err != nil {
				t.Fatal(err)
			}
			return url.Values{"vp_token": {string(token)}, "state": {ask.State}}
		}, "waiting", ""},
		{"another state", func(ask *wallet.Ask) url.Values {
			form := *ask
			form.State += "x"
			return d.answer(d.wallet, &form, "", d.mdoc)
		}, "waiting", ""},
		{"for another check", func(*wallet.Ask) url.Values {
			other := d.read(d.begin("council", "council-housing", "cross_device", ""), true)
			return d.answer(d.wallet, other, "", d.mdoc)
		}, "waiting", ""},
		{"re-encrypted for another check", func(ask *wallet.Ask) url.Values {
			other := d.read(d.begin("council", "council-housing", "cross_device", ""), true)
			return d.form(d.wallet, ask, d.token(d.wallet, other, d.mdoc), "")
		}, "answered", "device_signature"},
		{"a JWT for another check", func(ask *wallet.Ask) url.Values {
			other := d.read(d.begin("council", "council-housing", "cross_device", ""), true)
			return d.form(d.wallet, ask, d.token(d.wallet, other, d.jwt), "")
		}, "answered", "nonce_mismatch"},
		{"a JWT for another verifier", func(ask *wallet.Ask) url.Values {
			other := *ask
			other.ClientID = "x509_hash:another"
			return d.form(d.wallet, ask, d.token(d.wallet, &other, d.jwt), "")
		}, "answered", "audience_mismatch"},
		{"from another phone", func(ask *wallet.Ask) url.Values { return d.answer(stranger, ask, "", d.mdoc) }, "answered", "device_signature"},
		{"a JWT from another phone", func(ask *wallet.Ask) url.Values { return d.answer(stranger, ask, "", d.jwt) }, "answered", "holder_mismatch"},
		{"an id nobody asked for", func(ask *wallet.Ask) url.Values {
			token := d.token(d.wallet, ask, d.mdoc)
			token["other"] = token["prisonrelease-mdoc"]
			return d.form(d.wallet, ask, token, "")
		}, "answered", "not_asked_for"},
		{"two presentations", func(ask *wallet.Ask) url.Values {
			token := d.token(d.wallet, ask, d.mdoc)
			token["prisonrelease-mdoc"] = append(token["prisonrelease-mdoc"], token["prisonrelease-mdoc"]...)
			return d.form(d.wallet, ask, token, "")
		}, "answered", "document_count"},
		{"under the other format's id", func(ask *wallet.Ask) url.Values {
			token := d.token(d.wallet, ask, d.mdoc)
			return d.form(d.wallet, ask, wallet.Token{"prisonrelease-jwt": token["prisonrelease-mdoc"]}, "")
		}, "answered", "malformed"},
		{"under another document's id", func(ask *wallet.Ask) url.Values {
			token := d.token(d.wallet, ask, d.mdoc)
			token["licence-mdoc"] = token["prisonrelease-mdoc"]
			delete(token, "prisonrelease-mdoc")
			return d.form(d.wallet, ask, token, "")
		}, "answered", "not_shared"},
		{"nothing that is needed", func(ask *wallet.Ask) url.Values { return d.form(d.wallet, ask, wallet.Token{}, "") }, "answered", "not_shared"},
		{"padded base64", func(ask *wallet.Ask) url.Values {
			token := d.token(d.wallet, ask, d.mdoc)
			token["prisonrelease-mdoc"][0] += "="
			return d.form(d.wallet, ask, token, "")
		}, "answered", "malformed"},
		{"less than was asked for", func(ask *wallet.Ask) url.Values {
			wanted, err := ask.Match(d.mdoc)
			if err != nil {
				t.Fatal(err)
			}
			wanted[0].Elements = wanted[0].Elements[:2]
			token, err := d.wallet.Answer(ask, wanted)
			if err != nil {
				t.Fatal(err)
			}
			return d.form(d.wallet, ask, token, "")
		}, "answered", "element_missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := d.begin("council", "council-housing", "cross_device", "")
			ask := d.read(p, true)
			status, body := d.post(ask, c.make(ask))
			if status != http.StatusBadRequest || len(body) != 1 || body["error"] != invalid {
				t.Errorf("%d %v", status, body)
			}
			result := d.result(p, "")
			if result.State != c.state || !strings.Contains(result.Body, `"`+c.reason+`"`) && c.reason != "" {
				t.Errorf("%s", result.Body)
			}
			if result.Verdict == "valid" || len(names(result)) != 0 {
				t.Errorf("believed: %s", result.Body)
			}
			if c.state == "waiting" { // noise ends nothing
				if status, _ := d.post(ask, d.answer(d.wallet, ask, "", d.mdoc)); status != http.StatusOK {
					t.Errorf("the true answer afterwards: %d", status)
				}
			}
		})
	}
}

// More than was asked for is dropped before anyone sees it, and noted.
func TestSurplusIsSeenByNobody(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("bank", "bank", "cross_device", "")
	ask := d.read(p, true)
	wanted, err := ask.Match(d.mdoc)
	if err != nil {
		t.Fatal(err)
	}
	wanted[0].Elements = append(wanted[0].Elements, [2]string{release, "release_date"})
	token, err := d.wallet.Answer(ask, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := d.post(ask, d.form(d.wallet, ask, token, "")); status != http.StatusOK {
		t.Fatalf("%d", status)
	}
	result := d.result(p, "")
	if result.Verdict != "valid" || slices.Contains(names(result), "release_date") || !strings.Contains(result.Body, `"surplus":"1"`) {
		t.Errorf("%s", result.Body)
	}
}

func TestOneAnswerOnly(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("council", "council-housing", "cross_device", "")
	ask := d.read(p, true)
	form := d.answer(d.wallet, ask, "", d.mdoc)
	var group sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		group.Go(func() {
			status, _, err := d.wallet.Post(context.Background(), ask.ResponseURI, form)
			if err != nil {
				t.Error(err)
			}
			statuses[i] = status
		})
	}
	group.Wait()
	slices.Sort(statuses)
	if statuses[0] != http.StatusOK || statuses[1] != http.StatusBadRequest {
		t.Errorf("statuses %v", statuses)
	}
	if result := d.result(p, ""); result.Verdict != "valid" {
		t.Errorf("%s", result.Body)
	}
}

// A stranger's noise cannot keep a check open for ever, and what ends it is no verdict on the person.
func TestNoiseEndsACheckInTheEnd(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("council", "council-housing", "cross_device", "")
	ask := d.read(p, true)
	for range 5 {
		d.post(ask, url.Values{"response": {"a.b.c.d.e"}})
	}
	if result := d.result(p, ""); result.State != "answered" || result.Verdict != "could_not_check" || result.Reason != "response_unreadable" {
		t.Errorf("%s", result.Body)
	}
	if status, _ := d.post(ask, d.answer(d.wallet, ask, "", d.mdoc)); status != http.StatusBadRequest {
		t.Errorf("an answer to a check that has ended: %d", status)
	}
}

func TestTheHolderDeclines(t *testing.T) {
	d := newDesk(t, rig.Options{})
	for code, reason := range map[string]string{"access_denied": "declined", "invalid_request": "wallet_error"} {
		p := d.begin("council", "council-housing", "same_device", "")
		ask := d.read(p, true)
		status, body := d.post(ask, url.Values{"error": {code}, "state": {ask.State}})
		if status != http.StatusOK || body["redirect_uri"] == nil {
			t.Errorf("%s: %d %v", code, status, body)
		}
		if result := d.result(p, ""); result.Verdict != "could_not_check" || result.Reason != reason {
			t.Errorf("%s: %s", code, result.Body)
		}
	}
}

// Nothing tells a check that has ended from one that never was.
func TestNothingTellsWhichCheckExists(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("council", "council-housing", "cross_device", "")
	ask := d.read(p, true)
	d.post(ask, d.answer(d.wallet, ask, "", d.mdoc))
	never := *ask
	never.ResponseURI = d.VerifierURL + "/openid4vp/responses/" + strings.Repeat("A", 43)
	form := url.Values{"response": {"x"}}
	ended, endedBody := d.post(ask, form)
	unknown, unknownBody := d.post(&never, form)
	if ended != unknown || ended != http.StatusBadRequest || endedBody["error"] != unknownBody["error"] {
		t.Errorf("ended %d %v, unknown %d %v", ended, endedBody, unknown, unknownBody)
	}
	other := *p
	other.ID = strings.Repeat("A", 43)
	_, unknown, err := other.Result(context.Background(), "")
	p.Cookie.Value = "x" + p.Cookie.Value[1:]
	_, foreign, err2 := p.Result(context.Background(), "")
	if err != nil || err2 != nil || unknown != http.StatusNotFound || foreign != http.StatusNotFound {
		t.Errorf("unknown %d, another browser's %d", unknown, foreign)
	}
}

func TestWhoMayAskWhat(t *testing.T) {
	d := newDesk(t, rig.Options{})
	for _, c := range []struct{ organisation, purpose, flow, want string }{
		{"employer", "council-housing", "cross_device", "403"},
		{"police", "police", "cross_device", "403"},
		{"police", "employer", "cross_device", "403"},
		{"council", "", "cross_device", "403"},
		{"nobody", "council-housing", "cross_device", "401"},
		{"council", "council-housing", "by_post", "400"},
	} {
		if _, err := d.Begin(context.Background(), c.organisation, c.purpose, c.flow, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s asks for %q by %s: %v, want %s", c.organisation, c.purpose, c.flow, err, c.want)
		}
	}
	if _, err := d.Begin(context.Background(), "council", "council-housing", "cross_device", "fragment"); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("an unknown response mode: %v", err)
	}
}

func TestAnApprovalOfTheOtherKindIsNotShown(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("employer", "employer", "cross_device", "")
	ask := d.read(p, true)
	if _, err := ask.Match(d.mdoc, d.jwt); err == nil {
		t.Error("a release confirmation answers an employer")
	}
	query, err := json.Marshal(ask.Claims()["dcql_query"])
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"release", "ACCOMMODATION", "conditions_standard", licence, "birth_date"} {
		if strings.Contains(string(query), never) {
			t.Errorf("an employer asks for %s: %s", never, query)
		}
	}
	if !strings.Contains(string(query), approval) || !strings.Contains(string(query), `"values":["WORK"]`) {
		t.Errorf("%s", query)
	}
}

// A check lives for five minutes, answered or not.
func TestAChecksLife(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	d := newDesk(t, rig.Options{Now: clock})
	p, unanswered := d.begin("council", "council-housing", "cross_device", ""), d.begin("council", "council-housing", "cross_device", "")
	ask, late := d.read(p, true), d.read(unanswered, true)
	d.post(ask, d.answer(d.wallet, ask, "", d.mdoc))
	form := d.answer(d.wallet, late, "", d.mdoc)
	mu.Lock()
	now = now.Add(5 * time.Minute)
	mu.Unlock()
	for name, gone := range map[string]*rig.Presentation{"answered": p, "unanswered": unanswered} {
		if _, status, err := gone.Result(context.Background(), ""); err != nil || status != http.StatusNotFound {
			t.Errorf("%s: %d, %v", name, status, err)
		}
	}
	if status, _ := d.post(late, form); status != http.StatusBadRequest {
		t.Errorf("a late answer: %d", status)
	}
}

// recorder remembers what the verifier asks of others.
type recorder struct {
	mu    sync.Mutex
	asked []string
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.asked = append(r.asked, request.Method+" "+request.URL.Path+"?"+request.URL.RawQuery)
	r.mu.Unlock()
	return http.DefaultTransport.RoundTrip(request)
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.asked
	r.asked = nil
	return out
}

// Two people's documents, and one person's many: what the verifier asks of the issuer is the same. No phone home.
func TestNoPhoneHome(t *testing.T) {
	record := &recorder{}
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	d := newDesk(t, rig.Options{VerifierTransport: record, Now: clock})
	documents := []*wallet.Held{d.mdoc}
	for range 6 { // spread over the lists: that all fall into one happens once in thousands of runs
		documents = append(documents, d.collect(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person}))
	}
	documents = append(documents, d.collect(rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: "A0002SY"}))
	if err := d.Issuer.Publish(context.Background()); err != nil {
		t.Fatal(err)
	}
	var first []string
	for i, held := range documents {
		mu.Lock()
		now = now.Add(time.Hour) // no list is held any more: each check fetches all that it ever would
		mu.Unlock()
		if err := d.Issuer.Publish(context.Background()); err != nil {
			t.Fatal(err)
		}
		p := d.begin("council", "council-housing", "cross_device", "")
		ask := d.read(p, true)
		if status, _ := d.post(ask, d.answer(d.wallet, ask, "", held)); status != http.StatusOK {
			t.Fatalf("%s", d.result(p, "").Body)
		}
		asked := record.take()
		if i == 0 {
			first = asked
		}
		if !slices.Equal(asked, first) || len(asked) == 0 {
			t.Errorf("document %d: asked %v, before %v", i, asked, first)
		}
		for _, request := range asked {
			if !strings.HasSuffix(request, "?") {
				t.Errorf("a query: %s", request)
			}
		}
	}
}

// What is left of a check is its receipt: a purpose, an outcome and an hour.
func TestReceipt(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("bank", "bank", "cross_device", "")
	ask := d.read(p, true)
	d.post(ask, d.answer(d.wallet, ask, "", d.mdoc))
	result := d.result(p, "")
	fetch := func(id string) (int, map[string]any) {
		t.Helper()
		response, err := d.HTTP.Get(d.VerifierURL + "/receipts/" + id)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var body map[string]any
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, body
	}
	status, body := fetch(result.Receipt)
	if status != http.StatusOK || len(body) != 4 || body["purpose"] != "bank" || body["outcome"] != "valid" || body["hour"] != time.Now().UTC().Truncate(time.Hour).Format(time.RFC3339) {
		t.Errorf("%d %v", status, body)
	}
	if status, _ := fetch("00000000000000000000000000"); status != http.StatusNotFound {
		t.Errorf("a receipt of nothing: %d", status)
	}
}

func TestWordsInBothLanguages(t *testing.T) {
	d := newDesk(t, rig.Options{})
	p := d.begin("bank", "bank", "cross_device", "")
	ask := d.read(p, true)
	d.post(ask, d.answer(newWallet(t, d.Rig), ask, "", d.mdoc))
	english := d.result(p, "")
	if english.Words.Heading != "This document is not being shown from the phone it was issued to" || english.Words.Engineer == "" || english.Words.Professional == "" {
		t.Errorf("%s", english.Body)
	}
	for lang, want := range map[string]int{"cy": http.StatusOK, "en": http.StatusOK, "fr": http.StatusBadRequest} {
		request, err := http.NewRequest(http.MethodGet, d.VerifierURL+"/presentations/"+p.ID+"?lang="+lang, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.AddCookie(p.Cookie)
		response, err := d.HTTP.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want || lang == "cy" && (!strings.Contains(string(body), `"draft":true`) || strings.Contains(string(body), "This document")) {
			t.Errorf("%s: %d %s", lang, response.StatusCode, body)
		}
	}
}
