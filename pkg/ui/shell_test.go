package ui_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

const serviceMessages = `
draft: {cy: true}
messages:
  service: {en: Carry your documents, cy: Cario eich dogfennau}
  title: {en: Tell us who you are, cy: Dywedwch wrthym pwy ydych chi}
  name: {en: "What is your name?", cy: "Beth yw eich enw?"}
  name.missing: {en: Enter your name, cy: Rhowch eich enw}
  born: {en: "When were you born?", cy: "Pryd cawsoch chi eich geni?"}
  born.missing: {en: Enter the day you were born, cy: Rhowch y diwrnod y cawsoch eich geni}
  note: {en: We keep nothing, cy: Nid ydym yn cadw dim}
  documents: {en: Documents, cy: Dogfennau}
`

func messages(t testing.TB, files ...string) *ui.Messages {
	t.Helper()
	var contents [][]byte
	for _, f := range files {
		contents = append(contents, []byte(f))
	}
	m, err := ui.ParseMessages(contents...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func request(method, target string) *http.Request { return httptest.NewRequest(method, target, nil) }

func options(t testing.TB) ui.ShellOptions {
	t.Helper()
	return ui.ShellOptions{
		Assets: uitest.Assets(t), Messages: messages(t, serviceMessages), ServiceKey: "service", ServiceURL: "/start", Phase: "beta",
		FormActions: []string{"https://signin.example"}, FooterLinks: ui.StandardFooter("/accessibility", "/privacy", "/cookies"),
		ExitURL: "https://weather.example/",
	}
}

func shell(t testing.TB, o ui.ShellOptions) *ui.Shell {
	t.Helper()
	s, err := ui.NewShell(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t testing.TB, s *ui.Shell, r *http.Request, p ui.Page) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Write(w, r, http.StatusOK, p); err != nil {
		t.Fatal(err)
	}
	return w
}

// everything is a page with something in every place.
func everything(w ui.Words) ui.Page {
	wrong := ui.Errors{{Field: "name", Text: w.Say("name.missing")}, {Field: "born-day", Text: w.Say("born.missing")}}
	return ui.Page{
		Title: w.Say("title"), Errors: wrong, Back: "/start", ExitThisPage: true, SignOut: "/sign-out", Refresh: 5, LanguagePath: "/name?step=2",
		Nav: []ui.NavItem{{Text: w.Say("documents"), Href: "/documents", Current: true}},
		Content: []ui.Component{
			ui.Form{Action: "/name", CSRF: "token", Items: []ui.Component{
				ui.Input{Name: "name", Label: ui.Label{Text: w.Say("name")}, ErrorMessage: wrong.At("name")},
				ui.DateInput{ID: "born", ErrorMessage: wrong.At("born-day"), Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: w.Say("born")}}},
				ui.Button{Text: w.Say("common.continue")},
			}},
			ui.WarningText{Text: w.Say("note")}, ui.NotificationBanner{Text: w.Say("note")},
		},
	}
}

func TestAPageWithEverythingOnItIsWithoutFault(t *testing.T) {
	for _, moj := range []bool{false, true} {
		o := options(t)
		o.MoJ = moj
		s := shell(t, o)
		for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
			r := request(http.MethodPost, "/name?lang="+string(l))
			page := write(t, s, r, everything(s.Words(r))).Body.Bytes()
			uitest.CheckPage(t, page, l)
			uitest.Forbidden(t, string(page))
			if l == ui.Cymraeg {
				uitest.NoEnglish(t, page, o.Messages)
			}
		}
	}
}

func has(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("%q is not on the page:\n%s", w, page)
		}
	}
}

func TestThePageIsInTheLanguageAskedFor(t *testing.T) {
	s := shell(t, options(t))
	r := request(http.MethodGet, "/documents?lang=cy&page=2")
	p := everything(s.Words(r))
	p.LanguagePath = ""
	w := write(t, s, r, p)
	has(t, w.Body.String(), `<html lang="cy"`, "<title>Gwall: Dywedwch wrthym pwy ydych chi – Cario eich dogfennau – GOV.UK</title>",
		"Gwall:", "Rhybudd", "Diwrnod", `href="/documents?lang=en&amp;page=2"`, `lang="cy">Cymraeg</span>`)
	if got := w.Header().Get("Content-Language"); got != "cy" {
		t.Errorf("Content-Language: %q", got)
	}
}

func TestEverythingHasItsPlace(t *testing.T) {
	s := shell(t, options(t))
	p := everything(s.Words(request(http.MethodGet, "/")))
	p.Errors = append(p.Errors, ui.FieldError{Text: "Nothing was sent"})
	page := write(t, s, request(http.MethodGet, "/"), p).Body.String()
	for _, place := range []string{
		`<a href="#main-content" class="govuk-skip-link"`, `<a href="https://www.gov.uk/" class="govuk-header__homepage-link">`,
		`<a href="/start" class="govuk-service-navigation__link">Carry your documents</a>`,
		`<a class="govuk-service-navigation__link" href="/documents" aria-current="page">`, `href="/sign-out">Sign out</a>`, `>Beta</strong>`,
		`<a href="/start" class="govuk-back-link">Back</a>`, `href="https://weather.example/"`, `<main class="govuk-main-wrapper" id="main-content"`,
		`govuk-grid-column-two-thirds`, `<a href="#name">Enter your name</a>`, `<li>Nothing was sent</li>`, `<h1 class="govuk-heading-l">`,
		`<input type="hidden" name="_csrf" value="token">`, `</main>`, `href="/accessibility">Accessibility statement</a>`,
	} {
		before, after, ok := strings.Cut(page, place)
		if !ok {
			t.Fatalf("%q is not there, or not where it should be, after:\n%s", place, before)
		}
		page = after
	}
}

func TestAWidePageTakesAllTheRoom(t *testing.T) {
	page := write(t, shell(t, options(t)), request(http.MethodGet, "/"), ui.Page{Title: "x", Wide: true}).Body.String()
	if strings.Contains(page, "two-thirds") {
		t.Errorf("the page is narrow:\n%s", page)
	}
	has(t, page, `<h1 class="govuk-heading-l">x</h1>`)
}

func TestTheOtherLanguageNeverRepeatsAForm(t *testing.T) {
	s := shell(t, options(t))
	page := write(t, s, request(http.MethodPost, "/name/save?a=b"), ui.Page{Title: "x", LanguagePath: "/name?step=2"}).Body.String()
	has(t, page, `href="/name?lang=cy&amp;step=2"`)
	if strings.Contains(page, "/name/save") {
		t.Errorf("the page leads to where the form went:\n%s", page)
	}
}

func TestTheLanguageSwitchStaysHere(t *testing.T) {
	s := shell(t, options(t))
	for _, c := range []struct{ target, page string }{{"/", "//elsewhere.example/x"}, {"/", "https://elsewhere.example/x"}, {"//elsewhere.example/x", ""}} {
		r := request(http.MethodGet, "/")
		r.URL.Path = c.target
		page := write(t, s, r, ui.Page{Title: "x", LanguagePath: c.page}).Body.String()
		if strings.Contains(page, `href="//elsewhere`) || strings.Contains(page, `href="https://elsewhere`) {
			t.Errorf("%+v leads elsewhere:\n%s", c, page)
		}
	}
}

func TestAChosenLanguageIsRemembered(t *testing.T) {
	s := shell(t, options(t))
	for _, c := range []struct{ target, want string }{
		{"https://wallet.example/?lang=cy", "lang=cy; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
		{"http://wallet.example/?lang=cy", "lang=cy; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
		{"http://127.0.0.1:8080/?lang=cy", "lang=cy; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"},
		{"http://localhost:8080/?lang=en", "lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"},
		{"https://wallet.example/?lang=fr", ""},
		{"https://wallet.example/", ""},
	} {
		if got := write(t, s, request(http.MethodGet, c.target), ui.Page{Title: "x"}).Header().Get("Set-Cookie"); got != c.want {
			t.Errorf("%s: %q, want %q", c.target, got, c.want)
		}
	}
}

func TestEveryPageIsGuarded(t *testing.T) {
	s := shell(t, options(t))
	h := write(t, s, request(http.MethodGet, "/"), ui.Page{Title: "x"}).Header()
	for name, want := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Cache-Control":                "no-store",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
			"base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self' https://signin.example",
	} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestOnlyAPageThatSaysSoIsKept(t *testing.T) {
	s := shell(t, options(t))
	h := write(t, s, request(http.MethodGet, "/"), ui.Page{Title: "x", Cacheable: true}).Header()
	if got := h.Get("Cache-Control"); got != "private, max-age=60" {
		t.Errorf("Cache-Control: %q", got)
	}
	if got := h.Get("Vary"); got != "Cookie" {
		t.Errorf("Vary: %q", got)
	}
}

func TestTheHeadingIsTheTitleUnlessTheContentHasOne(t *testing.T) {
	s := shell(t, options(t))
	r := request(http.MethodGet, "/")
	has(t, write(t, s, r, ui.Page{Title: "Who are you?", Content: []ui.Component{ui.P("x")}}).Body.String(), `<h1 class="govuk-heading-l">Who are you?</h1>`)
	page := write(t, s, r, ui.Page{Title: "Done", Content: []ui.Component{ui.Panel{TitleText: "Added"}}}).Body.String()
	if strings.Count(page, "<h1") != 1 {
		t.Errorf("there are two headings:\n%s", page)
	}
	page = write(t, s, r, ui.Page{Title: "Who are you?", Content: []ui.Component{ui.P("<h1>")}}).Body.String()
	if strings.Count(page, "<h1") != 1 {
		t.Errorf("text stands for the heading:\n%s", page)
	}
}

func TestWhatIsNotAskedForIsNotThere(t *testing.T) {
	o := options(t)
	o.Phase, o.FooterLinks = "", nil
	page := write(t, shell(t, o), request(http.MethodGet, "/"), ui.Page{Title: "x"}).Body.String()
	for _, unwanted := range []string{"govuk-back-link", "govuk-exit-this-page", "govuk-error-summary", "govuk-phase-banner", "refresh", "Sign out", "Support links", "Error"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("%q is on the page:\n%s", unwanted, page)
		}
	}
}

func TestAWaitingPageAsksAgainWithAndWithoutAScript(t *testing.T) {
	s := shell(t, options(t))
	r := request(http.MethodGet, "/")
	page := write(t, s, r, ui.Page{Title: "x", Refresh: 5}).Body.String()
	has(t, page, `<noscript><meta http-equiv="refresh" content="5"></noscript>`, `data-refresh="5"`, "/assets/refresh.")
	page = write(t, s, r, ui.Page{Title: "x", Refresh: 5, Scripts: []string{"page.js"}}).Body.String()
	if strings.Contains(page, "/assets/refresh.") { // the page's own script waits better
		t.Errorf("two scripts wait:\n%s", page)
	}
}

func TestALetterHasNothingAroundIt(t *testing.T) {
	s := shell(t, options(t))
	p := everything(s.Words(request(http.MethodGet, "/")))
	p.Print, p.Refresh = true, 0
	page := write(t, s, request(http.MethodGet, "/"), p).Body.String()
	has(t, page, "/assets/print.")
	for _, unwanted := range []string{"<header", "<footer", "govuk-phase-banner", "govuk-back-link", "govuk-exit-this-page", "Sign out"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("%q is on the page:\n%s", unwanted, page)
		}
	}
}

func TestAPageAsksForItsStylesAndScripts(t *testing.T) {
	o := options(t)
	o.MoJ = true
	staff := write(t, shell(t, o), request(http.MethodGet, "/"), ui.Page{Title: "x"}).Body.String()
	has(t, staff, "/assets/govuk-frontend.min.", "/assets/moj-frontend.min.", "/assets/own.", "/assets/page.", "/assets/console.", "HM Prison and Probation Service")
	public := write(t, shell(t, options(t)), request(http.MethodGet, "/"), ui.Page{Title: "x"}).Body.String()
	if strings.Contains(public, "moj-frontend") || strings.Contains(public, "console") {
		t.Errorf("a page for everyone loads what is for staff:\n%s", public)
	}
}

func TestAScriptThatIsNotThereIsAMistake(t *testing.T) {
	w := httptest.NewRecorder()
	err := shell(t, options(t)).Write(w, request(http.MethodGet, "/"), http.StatusOK, ui.Page{Title: "x", Scripts: []string{"nothing.js"}})
	if err == nil || w.Body.Len() != 0 {
		t.Errorf("the page is written all the same: %v", err)
	}
}

func TestHeadIsThePageWithoutItsBody(t *testing.T) {
	w := write(t, shell(t, options(t)), request(http.MethodHead, "/"), ui.Page{Title: "x"})
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("%d bytes, said to be %s", w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

func TestTheStatusIsTheOneGiven(t *testing.T) {
	w := httptest.NewRecorder()
	if err := shell(t, options(t)).Write(w, request(http.MethodGet, "/"), http.StatusNotFound, ui.Page{Title: "x"}); err != nil || w.Code != http.StatusNotFound {
		t.Errorf("%d, %v", w.Code, err)
	}
}

func TestAShellIsRefused(t *testing.T) {
	for name, change := range map[string]func(*ui.ShellOptions){
		"no assets":             func(o *ui.ShellOptions) { o.Assets = nil },
		"no messages":           func(o *ui.ShellOptions) { o.Messages = nil },
		"no name":               func(o *ui.ShellOptions) { o.ServiceKey = "nothing" },
		"no such phase":         func(o *ui.ShellOptions) { o.Phase = "gamma" },
		"footer without words":  func(o *ui.ShellOptions) { o.FooterLinks = []ui.FooterKey{{Key: "nothing", Href: "/"}} },
		"form to anywhere":      func(o *ui.ShellOptions) { o.FormActions = []string{"*"} },
		"form to a scheme":      func(o *ui.ShellOptions) { o.FormActions = []string{"https:"} },
		"form to any subdomain": func(o *ui.ShellOptions) { o.FormActions = []string{"https://*.example"} },
		"a second directive":    func(o *ui.ShellOptions) { o.FormActions = []string{"https://a.example; script-src *"} },
		"a second origin":       func(o *ui.ShellOptions) { o.FormActions = []string{"https://a.example,https://b.example"} },
		"a script":              func(o *ui.ShellOptions) { o.FormActions = []string{"javascript://a"} },
	} {
		o := options(t)
		change(&o)
		if _, err := ui.NewShell(o); err == nil {
			t.Errorf("%s: is made all the same", name)
		}
	}
}

func TestAFormMayLeadToTheOriginOfAnAddress(t *testing.T) {
	o := options(t)
	o.FormActions = []string{"https://signin.example/auth/authorize"}
	policy := write(t, shell(t, o), request(http.MethodGet, "/"), ui.Page{Title: "x"}).Header().Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, "form-action 'self' https://signin.example") {
		t.Errorf("the policy is %q", policy)
	}
}

// A reader who is led on is not asked for their language again.
func TestRedirect(t *testing.T) {
	for address, cookie := range map[string]string{
		"http://localhost:8080/console?lang=cy": "lang=cy; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
		"http://localhost:8080/console?lang=fr": "", "http://localhost:8080/console": "",
	} {
		w := httptest.NewRecorder()
		ui.Redirect(w, httptest.NewRequest(http.MethodGet, address, nil), "/console/sign-in")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console/sign-in" || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Set-Cookie") != cookie {
			t.Errorf("%s: %d %v", address, w.Code, w.Header())
		}
	}
}
