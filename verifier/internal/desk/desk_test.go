package desk_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/oidc"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/openid4vp"
)

func TestPagesForEveryone(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.get("/").shows(b.say("start.title"), b.say("start.dvs"), b.say("start.not.employer"), b.say("start.not.must"))
		b.get("/privacy").shows(b.say("privacy.link.text"), b.say("privacy.link.limit"))
		b.get("/cookies").shows("__Host-desk")
		b.get("/accessibility").shows(b.say("access.state.text"))
		b.get("/nowhere").get("/purpose").shows(b.say("start.title")) // nobody is signed in
	})
}

func TestEveryMessageIsInWelsh(t *testing.T) {
	m := newWorld(t).words
	uitest.Translated(t, m, "common.govuk", "common.phase.beta", "call.relay")
	if !m.Draft(ui.Cymraeg) {
		t.Error("the Welsh is not marked as a draft")
	}
}

func TestSignIn(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter("synthetic-council").shows(b.say("purpose.title"), b.say("common.signout"))
		if b.signIn.language != b.lang {
			t.Errorf("the provider is asked for %q", b.signIn.language)
		}
		b.get("/sign-in").shows(b.say("purpose.title"))
		b.get("/sign-in/return?state=good").shows(b.say("purpose.title")) // opened again
		b.get("/sign-out").shows(b.say("signedout.title")).lacks(`href="/sign-out"`)
		b.get("/purpose").shows(b.say("start.title"))
	})
}

func TestSignInsThatEndElsewhere(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.get("/sign-in/return?state=good&code=c").shows(b.say("signin.again.title")) // nobody began it
		b.send(http.MethodGet, "/sign-in", nil)
		b.get("/sign-in/return?state=forged&code=c").shows(b.say("signin.again.title"))
		b.get("/sign-in/return?state=good&code=c").shows(b.say("signin.again.title")) // it is spent
		b.enter("synthetic-of-nowhere").shows(b.say("unknown.title"), b.say("unknown.next"), "020 7946 0000")
		b.get("/purpose").shows(b.say("start.title"))
		b.signIn.finish = fault.New(fault.Forbidden, oidc.CodeCancelled, "")
		b.enter("synthetic-council").shows(b.say("cancelled.title"))
		b.signIn.finish = fault.New(fault.Unavailable, oidc.CodeAway, "")
		b.enter("synthetic-council").shows(b.say("signin.away.title"))
		b.signIn.begin = fault.New(fault.Unavailable, oidc.CodeAway, "")
		if b.get("/sign-in").shows(b.say("signin.away.title")); b.last.Code != http.StatusServiceUnavailable {
			t.Errorf("%d", b.last.Code)
		}
	})
}

// An organisation that was taken off the list may ask for nothing more, from that moment.
func TestAnOrganisationThatIsTakenOffTheList(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter("synthetic-council").post("purpose", "council-housing")
		delete(b.orgs, "synthetic-council")
		if b.post("how", "code").shows(b.say("unknown.title")); len(b.checks.asked) != 0 {
			t.Error("a check was begun")
		}
	})
}

// elements lists the names of what the register lets a purpose ask, one document after the other.
func (b *browser) elements(organisation, purpose string) []string {
	query, _ := b.register.Query(organisation, purpose)
	var out []string
	group := -1
	for _, a := range query.Asks() {
		if a.Group == group {
			continue
		}
		group = a.Group
		for _, e := range a.Elements {
			name := b.textOf(e.Display)
			if e.Optional {
				name = b.say("ask.optional", "name", name)
			}
			out = append(out, name)
		}
	}
	return out
}

func (b *browser) textOf(t document.Text) string {
	return map[string]string{"en": t.EN, "cy": t.CY}[b.lang]
}

// listed returns the items of the lists between the headings of what will and what will not be seen.
func (b *browser) listed() []string {
	_, after, _ := strings.Cut(b.body(), b.say("ask.will")+"</h2>")
	will, _, _ := strings.Cut(after, b.say("ask.not")+"</h2>")
	var out []string
	for _, item := range strings.Split(will, "<li>")[1:] {
		text, _, _ := strings.Cut(item, "</li>")
		out = append(out, html.UnescapeString(text))
	}
	return out
}

// For every type of organisation, every purpose and every element: the page lists exactly what the register has, the request
// asks exactly that, and another type's purpose begins nothing.
func TestNobodyAsksForMoreThanTheirPurpose(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		var all []string
		for _, o := range b.register.Organisations() {
			for _, row := range b.register.Of(o.Type) {
				all = append(all, row.ID)
			}
		}
		all = append(all, "other", "police", "holder", "<script>alert(1)</script>", "council-housing ", strings.Repeat("x", 5000))
		for _, o := range b.register.Organisations() {
			for _, id := range all {
				b.asks(t, o.Type, id)
			}
		}
	})
}

func (b *browser) asks(t *testing.T, organisation, id string) {
	t.Helper()
	one := b.world.browser(b.lang)
	_, allowed := b.register.Query(organisation, id)
	before := len(b.checks.begun)
	one.enter("synthetic-" + organisation)
	if !allowed {
		one.refusesEverywhere(t, id)
		if len(b.checks.begun) != before {
			t.Errorf("%s began %q", organisation, id)
		}
		return
	}
	one.post("purpose", id)
	if got, want := one.listed(), one.elements(organisation, id); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%s, %s: the page lists %q, the register has %q", organisation, id, got, want)
	}
	one.post("how", "code").shows(one.say("show.title"))
	if got, want := one.wire(), one.inRegister(organisation, id); !slices.Equal(got, want) {
		t.Errorf("%s, %s: the request asks %q, the register has %q", organisation, id, got, want)
	}
}

// refusesEverywhere tries a purpose at each form and address that takes one.
func (b *browser) refusesEverywhere(t *testing.T, id string) {
	t.Helper()
	for _, path := range []string{"/purpose", "/ask"} {
		form := url.Values{"_csrf": {b.token()}, "purpose": {id}, "how": {"code"}, "once": {strings.Repeat("a", 43)}}
		b.send(http.MethodPost, path, form)
		if b.follow().shows(b.say("refused.title"), b.say("refused.nothing")); b.last.Code != http.StatusForbidden {
			t.Errorf("%s of %q: %d", path, id, b.last.Code)
		}
	}
	b.send(http.MethodGet, "/ask?"+url.Values{"purpose": {id}}.Encode(), nil)
	b.shows(b.say("refused.title")).lacks("<script>alert(1)")
}

// token is that of the visit's forms, from a page that has one whatever the organisation may ask.
func (b *browser) token() string {
	b.orgs["probe"] = b.orgs["synthetic-council"]
	b.t.Helper()
	kept := b.orgs["synthetic-police"]
	defer func() { b.orgs["synthetic-police"] = kept }()
	b.orgs["synthetic-police"] = b.orgs["synthetic-council"]
	b.send(http.MethodGet, "/purpose", nil)
	return b.fields().Get("_csrf")
}

// wire lists the elements of the request object.
func (b *browser) wire() []string {
	var out []string
	for _, c := range b.request().Query.Credentials {
		for _, claim := range c.Claims {
			out = append(out, c.ID+" "+strings.Join(claim.Path, "/"))
		}
	}
	return out
}

func (b *browser) inRegister(organisation, id string) []string {
	query, _ := b.register.Query(organisation, id)
	var out []string
	for _, a := range query.Asks() {
		for _, e := range a.Elements {
			space := e.Namespace
			if space == "" {
				space = "credentialSubject"
			}
			out = append(out, a.ID+" "+space+"/"+e.Name)
		}
	}
	return out
}

func TestAPurposeMustBeChosen(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter("synthetic-council").post().shows(b.say("purpose.error"))
		if b.last.Code != http.StatusBadRequest || !strings.Contains(b.body(), `href="#purpose"`) {
			t.Errorf("%d: no error summary", b.last.Code)
		}
		b.post("purpose", "other").shows(b.say("refused.title"), b.say("refused.link"))
	})
}

func TestTheLawOfARefusal(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.world.browser(b.lang).enter("synthetic-employer").post("purpose", "other").shows(b.say("refused.law.employer"))
		b.world.browser(b.lang).enter("synthetic-police").shows(b.say("refused.title"), b.say("refused.law.police"))
	})
}

// V4.
func TestTheCode(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.begins("council", "council-housing", "code").shows(b.say("show.title"), b.say("show.text.label"), b.say("show.waiting"))
		path := b.path
		if strings.Contains(b.body(), `http-equiv="refresh"`) {
			t.Error("without a script the page moves unasked")
		}
		if b.get(path + "?watch=1").shows(b.say("show.unwatch")); !strings.Contains(b.body(), `http-equiv="refresh"`) {
			t.Error("asked to, it does not look again without a script")
		}
		b.get(path).shows(b.say("show.watch"))
		for _, want := range []string{`data-refresh="5"`, `data-events="` + path + `/events"`, path + `/qr.png`, html.EscapeString("client_id=")} {
			if !strings.Contains(b.body(), want) {
				t.Errorf("%s is missing", want)
			}
		}
		qr := b.send(http.MethodGet, path+"/qr.png", nil)
		if qr.Code != 200 || !strings.HasPrefix(qr.Body.String(), "\x89PNG") || qr.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", qr.Code, qr.Header())
		}
		other := b.world.browser(b.lang)
		other.enter("synthetic-council")
		for _, at := range []string{path, path + "/qr.png", "/checks/" + strings.Repeat("a", 43)} {
			if other.get(at); other.last.Code != http.StatusNotFound {
				t.Errorf("%s in another visit: %d", at, other.last.Code)
			}
		}
	})
}

func TestOneFormOneCheck(t *testing.T) {
	b := newWorld(t).browser("en")
	b.enter("synthetic-council").post("purpose", "council-housing")
	form := b.fields()
	form.Set("how", "code")
	b.send(http.MethodPost, "/ask", form)
	first := b.last.Header().Get("Location")
	b.send(http.MethodPost, "/ask", form)
	if b.last.Header().Get("Location") != first || len(b.checks.begun) != 1 {
		t.Errorf("sent twice: %d checks", len(b.checks.begun))
	}
	b.get("/ask?purpose=council-housing").post("how", "code") // another tab
	if b.path == first || len(b.checks.begun) != 2 {
		t.Error("two tabs share a check")
	}
	b.checks.answers[strings.TrimPrefix(first, "/checks/")] = answered(t, b.world, verification.NotValid, verification.ReasonExpired)
	b.get(b.path).shows(b.say("show.title"))
	b.get(first).shows("This document has expired")
}

func TestAVisitHasFewChecks(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter("synthetic-council")
		for range 20 {
			b.get("/ask?purpose=council-housing").post("how", "code").shows(b.say("show.title"))
		}
		b.get("/ask?purpose=council-housing").post("how", "code").shows(b.say("busy.title"))
		b.now = b.now.Add(15 * time.Minute)
		b.get("/ask?purpose=council-housing").post("how", "code").shows(b.say("show.title"))
	})
}

func TestFormsThatAreNotOurs(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter("synthetic-council").post("purpose", "council-housing")
		for name, value := range map[string]string{"_csrf": "forged", "once": "short", "how": "dc_api"} {
			form := b.fields()
			form.Set("how", "code")
			form.Set(name, value)
			if a := b.send(http.MethodPost, "/ask", form); a.Code != http.StatusForbidden && a.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", name, a.Code)
			}
			b.get("/ask?purpose=council-housing")
		}
		if len(b.checks.begun) != 0 {
			t.Error("a check was begun")
		}
	})
}

// What was chosen is there again after signing in, and does nothing until it is sent again.
func TestAVisitThatEndsMidForm(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.enter("synthetic-council")
		b.now = b.now.Add(20 * time.Minute)
		b.post("purpose", "council-housing").shows(b.say("ended.title"))
		if b.enter("synthetic-council"); !strings.Contains(b.body(), `value="council-housing" checked`) {
			t.Errorf("the choice is lost: %s", b.body())
		}
		b.post("purpose", "council-housing")
		b.now = b.now.Add(20 * time.Minute)
		b.post("how", "code", "purpose", "<script>alert(1)</script>").shows(b.say("ended.title"))
		b.enter("synthetic-council").shows(b.say("purpose.title")).lacks("<script>alert", "checked") // what is no purpose is not kept
		b.get("/ask?purpose=council-housing")
		b.now = b.now.Add(20 * time.Minute)
		b.post("how", "code").shows(b.say("ended.title"))
		if b.enter("synthetic-council").shows(b.say("ask.title")); len(b.checks.begun) != 0 {
			t.Error("a check was begun")
		}
	})
}

func TestNobodyAnswers(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.begins("council", "council-housing", "code")
		path := b.path
		b.now = b.now.Add(5 * time.Minute)
		b.get(path).shows(b.say("timeout.title"), b.say("timeout.hold"))
		if qr := b.send(http.MethodGet, path+"/qr.png", nil); qr.Code != http.StatusNotFound {
			t.Errorf("the code of a check that is over: %d", qr.Code)
		}
		b.now = b.now.Add(10 * time.Minute)
		b.get(path).shows(b.say("over.title"))
	})
}

// On one device: the wallet brings the browser back, and the code it brings is in the address no longer than that.
func TestOnTheSameDevice(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.begins("council", "council-housing", "here").shows(b.say("here.title"))
		if qr := b.send(http.MethodGet, b.path+"/qr.png", nil); qr.Code != http.StatusNotFound {
			t.Errorf("a code for another phone: %d", qr.Code)
		}
		back, err := url.Parse(b.declines())
		if err != nil || !strings.HasPrefix(back.Path, "/checks/") || back.Query().Get("response_code") == "" {
			t.Fatalf("the wallet sends the browser to %v", back)
		}
		b.get(back.RequestURI())
		if strings.Contains(b.path, "?") || b.last.Code != http.StatusOK {
			t.Errorf("%s: %d", b.path, b.last.Code)
		}
		b.shows(map[string]string{"en": "The person chose not to share", "cy": "Dewisodd y person beidio â rhannu"}[b.lang])
		other := b.world.browser(b.lang)
		other.enter("synthetic-council").get(back.RequestURI())
		other.shows(b.say("over.title"))
	})
}

func TestAResultIsGoneAfterFifteenMinutes(t *testing.T) {
	b := newWorld(t).browser("en")
	b.begins("council", "council-housing", "code")
	path := b.path
	b.declines()
	for _, minutes := range []int{0, 4, 10} {
		b.now = began.Add(time.Duration(minutes) * time.Minute)
		b.get(path).shows("The person chose not to share")
		b.get("/purpose") // the visit goes on
		b.get(path).shows("Checked at 11:42am on 23 November 2026.")
	}
	b.now = began.Add(15 * time.Minute)
	b.get(path).shows(b.say("over.title"))
}

func TestSigningOutForgets(t *testing.T) {
	b := newWorld(t).browser("en")
	b.begins("council", "council-housing", "code")
	path := b.path
	b.get("/sign-out")
	b.enter("synthetic-council").get(path).shows(b.say("over.title"))
}

func TestEvents(t *testing.T) {
	b := newWorld(t).browser("en")
	b.begins("council", "council-housing", "code")
	path := b.path + "/events"
	for range 10 {
		b.tick <- b.now
	}
	waits := b.send(http.MethodGet, path, nil)
	if waits.Header().Get("Content-Type") != "text/event-stream" || strings.Contains(waits.Body.String(), "done") || !strings.Contains(waits.Body.String(), "retry:") || len(b.tick) != 0 {
		t.Errorf("%v %q, %d looks left", waits.Header(), waits.Body, len(b.tick))
	}
	b.declines()
	if done := b.send(http.MethodGet, path, nil).Body.String(); !strings.HasSuffix(done, "event: done\ndata: \n\n") {
		t.Errorf("%q", done)
	}
	other := b.world.browser("en")
	other.enter("synthetic-council")
	if none := other.send(http.MethodGet, path, nil).Body.String(); !strings.HasSuffix(none, "event: done\ndata: \n\n") {
		t.Errorf("another visit: %q", none)
	}
}

// A visit has few streams at a time: one too many is told not to come back, and the page then asks by the clock.
func TestAVisitHasFewStreams(t *testing.T) {
	b := newWorld(t).browser("en")
	b.begins("council", "council-housing", "code")
	path, ended := b.path+"/events", make(chan int)
	for range 4 {
		r := httptest.NewRequest(http.MethodGet, origin+path, nil)
		r.AddCookie(&http.Cookie{Name: "desk", Value: b.cookies["desk"]})
		go func() {
			w := httptest.NewRecorder()
			b.server.ServeHTTP(w, r)
			ended <- w.Code
		}()
	}
	for range 4 {
		<-b.opened
	}
	if code := b.send(http.MethodGet, path, nil).Code; code != http.StatusNoContent {
		t.Errorf("a fifth stream: %d", code)
	}
	for range 4 * 10 {
		b.tick <- b.now
	}
	for range 4 {
		if code := <-ended; code != http.StatusOK {
			t.Errorf("%d", code)
		}
	}
	for range 10 {
		b.tick <- b.now
	}
	if code := b.send(http.MethodGet, path, nil).Code; code != http.StatusOK {
		t.Errorf("a stream when the others are over: %d", code)
	}
}

// answered is an answer of one document of the council's purpose.
func answered(t *testing.T, w *world, v verification.Verdict, r verification.Reason) *openid4vp.Answer {
	t.Helper()
	result := verification.Result{Verdict: v, Scope: verification.ScopePresentation}
	deciding := map[verification.Reason]verification.Name{
		verification.ReasonStatusInvalid: verification.Status, verification.ReasonStatusUnavailable: verification.Status,
		verification.ReasonExpired: verification.ValidityPeriod, verification.ReasonNotYetValid: verification.ValidityPeriod,
		verification.ReasonSignature: verification.IssuerSignature, verification.ReasonDeviceSignature: verification.HolderBinding,
		verification.ReasonElementMissing: verification.RequestMatch,
	}[r]
	failed := map[verification.Verdict]verification.Outcome{verification.NotValid: verification.Failed, verification.CouldNotCheck: verification.Unknown}[v]
	for _, name := range []verification.Name{verification.Format, verification.IssuerSignature, verification.Trust, verification.ValidityPeriod, verification.HolderBinding, verification.RequestMatch, verification.Status} {
		c := verification.Check{Name: name, Outcome: verification.Passed}
		switch {
		case name == deciding:
			c.Outcome, c.Reason = failed, r
			c.Evidence = map[string]string{"from": "2026-12-01T00:00:00Z", "listIssued": "2026-11-23T09:10:00Z", "transcript": strings.Repeat("83f6", 40)}
		case r != "" && len(result.Checks) > 0 && result.Reason() != "":
			c.Outcome, c.Reason = verification.Unknown, verification.ReasonNotReached
		}
		result.Checks = append(result.Checks, c)
	}
	if v == verification.Valid {
		space, own := "org.iso.23220.1", "uk.gov.justice.prisonrelease.1"
		result.Elements = []credential.Element{
			{Namespace: space, Name: "family_name", Value: "O'Synthetic <script>alert(1)</script>"}, {Namespace: space, Name: "given_name", Value: "NONE"},
			{Namespace: space, Name: "birth_date", Value: credential.Date{Year: 1987, Month: 5, Day: 12}},
			{Namespace: own, Name: "release_date", Value: credential.Date{Year: 2026, Month: 11, Day: 22}},
			{Namespace: own, Name: "released_within_56_days", Value: true}, {Namespace: own, Name: "time_in_custody_band", Value: "3_TO_12_MONTHS"},
			{Namespace: own, Name: "portrait_of_nobody", Value: "surplus value"},
		}
	}
	return &openid4vp.Answer{Verdict: v, At: w.now, Receipt: "0123456789ABCDEFGHJKMNPQRS", Documents: []openid4vp.Document{
		{ID: "prisonrelease-mdoc", Document: "uk.gov.justice.prisonrelease.1", Needed: true, Result: result},
	}}
}

// V5: the words of the brief, in its order, for every class of outcome.
func TestResults(t *testing.T) {
	for _, c := range []struct {
		verdict verification.Verdict
		reason  verification.Reason
		en, cy  []string
	}{
		{verification.Valid, "",
			[]string{"This document is genuine and valid", "HM Prison and Probation Service issued it.", "Checked at 11:42am on 23 November 2026.", "It answers only the question you asked.",
				"12 May 1987", "22 November 2026", "Yes", "3 to 12 months", "O'Synthetic <script>alert(1)</script>", "NONE"},
			[]string{"Mae'r ddogfen hon yn ddilys ac yn gyfredol", "12 Mai 1987", "22 Tachwedd 2026", "Ie", "3 i 12 mis"}},
		{verification.NotValid, verification.ReasonStatusInvalid,
			[]string{"This document is no longer valid", "Ask the person for an up-to-date document. This does not tell you why, and you must not guess. Documents are replaced for many everyday reasons."},
			[]string{"Nid yw'r ddogfen hon yn ddilys mwyach"}},
		{verification.NotValid, verification.ReasonExpired, []string{"This document has expired", "The person can update it in the GOV.UK One Login app."}, []string{"Mae'r ddogfen hon wedi dod i ben"}},
		{verification.NotValid, verification.ReasonNotYetValid, []string{"This document cannot be used yet", "It starts on 1 December 2026."}, []string{"Mae'n dechrau ar 1 Rhagfyr 2026."}},
		{verification.CouldNotCheck, verification.ReasonStatusUnavailable,
			[]string{"We could not check if this document is still valid", "The latest list we have is from 9:10am on 23 November 2026.", "Try again in 10 minutes", "call 020 7946 0000"},
			[]string{"9:10yb", "020 7946 0000"}},
		{verification.NotValid, verification.ReasonSignature, []string{"We cannot confirm this document", "Do not make a decision from it."}, []string{"Ni allwn gadarnhau'r ddogfen hon"}},
		{verification.NotValid, verification.ReasonElementMissing, []string{"The person has not shared what you asked for", "You must not hold this against them."}, []string{"Nid yw'r person wedi rhannu"}},
		{verification.NotValid, verification.ReasonDeviceSignature,
			[]string{"This document is not being shown from the phone it was issued to", "Ask them to open it in their own app.", "transcript: 83f6"}, []string{"o'r ffôn y'i cyhoeddwyd iddo", "transcript: 83f6"}},
	} {
		t.Run(fmt.Sprint(c.verdict, c.reason), func(t *testing.T) {
			inBoth(t, func(t *testing.T, b *browser) {
				b.begins("council", "council-housing", "code")
				path := b.path
				b.checks.answers[b.checks.last().ID] = answered(t, b.world, c.verdict, c.reason)
				want := map[string][]string{"en": c.en, "cy": c.cy}[b.lang]
				b.get(path).shows(want...).shows(b.say("kept.title"), "0123456789ABCDEFGHJKMNPQRS", b.say("result.new"), b.say("detail.professional"), b.say("detail.engineer"), b.say("check.status"))
				b.lacks("<script>alert", "surplus value", "download", "refresh", "REVOKED", "recalled", `class="govuk-error`, "govuk-tag--red", "qr.png")
				if c.verdict != verification.Valid {
					if before, _, _ := strings.Cut(b.body(), "<details"); strings.Contains(before, "govuk-summary-list") {
						t.Error("something that was shared is shown")
					}
				}
				if heading := strings.Index(b.body(), "<h1"); heading < 0 || !strings.Contains(b.body(), `role="alert"`) || !strings.Contains(b.body(), b.say("result.mark."+map[bool]string{true: "valid", false: "other"}[c.verdict == verification.Valid])) {
					t.Error("the heading has no mark in words")
				}
				b.get(path).shows(want[0]) // read again
			})
		})
	}
}

// Whatever a document is not, its page weighs the same: what differs is words.
func TestNoOutcomeLooksWorse(t *testing.T) {
	var first string
	for _, reason := range []verification.Reason{verification.ReasonStatusInvalid, verification.ReasonExpired, verification.ReasonSignature} {
		b := newWorld(t).browser("en")
		b.begins("council", "council-housing", "code")
		b.checks.answers[b.checks.last().ID] = answered(t, b.world, verification.NotValid, reason)
		_, after, _ := strings.Cut(b.get(b.path).body(), `<div class="app-outcome"`)
		frame, _, _ := strings.Cut(after, "<h1")
		if first == "" {
			first = frame
		}
		if frame != first || frame == "" {
			t.Errorf("%s: %q is not %q", reason, frame, first)
		}
	}
}

// A document that the purpose only likes to have is told of by itself, and changes nothing.
func TestADocumentThatIsNotNeeded(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		b.begins("council", "council-housing", "code")
		a := answered(t, b.world, verification.Valid, "")
		extra := answered(t, b.world, verification.NotValid, verification.ReasonExpired).Documents[0]
		extra.ID, extra.Document, extra.Needed = "licence-mdoc", "uk.gov.justice.licence.1", false
		a.Documents = append(a.Documents, extra, openid4vp.Document{ID: "nobody-asked", Document: "x", Result: a.Documents[0].Result})
		b.checks.answers[b.checks.last().ID] = a
		b.get(b.path).shows("12 Ma", map[string]string{"en": "This document has expired.", "cy": "wedi dod i ben."}[b.lang])
	})
}

func TestAnAnswerWithoutAReceipt(t *testing.T) {
	b := newWorld(t).browser("en")
	b.begins("council", "council-housing", "code")
	a := answered(t, b.world, verification.Valid, "")
	a.Receipt = ""
	b.checks.answers[b.checks.last().ID] = a
	b.get(b.path).shows(b.say("kept.noreceipt"))
}

func TestReceipts(t *testing.T) {
	inBoth(t, func(t *testing.T, b *browser) {
		id := b.keepReceipt(verification.Valid)
		b.get("/receipts").post("receipt", strings.ToLower(id[:6])+" "+id[6:]).shows(b.say("receipt.outcome.valid"), b.say("receipt.all"))
		b.shows(map[string]string{"en": "In the hour from 11am on 23 November 2026", "cy": "Yn yr awr o 11yb ar 23 Tachwedd 2026"}[b.lang])
		b.get("/receipts").post("receipt", strings.Repeat("0", 26)).shows(b.say("receipts.error.none"))
		for _, typed := range []string{"", "<script>alert(1)</script>", strings.Repeat("é", 4000)} {
			b.get("/receipts").post("receipt", typed).shows(b.say("receipts.error.form")).lacks("<script>alert")
			if b.last.Code != http.StatusBadRequest || b.last.Body.Len() > 20000 {
				t.Errorf("%d, %d bytes", b.last.Code, b.last.Body.Len())
			}
		}
	})
}
