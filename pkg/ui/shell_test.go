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
messages:
  service: {en: Carry your documents, cy: Cario eich dogfennau}
  title: {en: Your documents, cy: Eich dogfennau}
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

func shell(t testing.TB, change func(*ui.ShellOptions)) *ui.Shell {
	t.Helper()
	o := ui.ShellOptions{
		Assets: uitest.Assets(t), Messages: messages(t, serviceMessages), ServiceKey: "service", ServiceURL: "/start", Phase: "beta",
		FooterLinks: ui.StandardFooter("/accessibility", "/privacy", "/cookies"), ExitURL: "https://www.bbc.co.uk/weather",
	}
	if change != nil {
		change(&o)
	}
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

func everything(w ui.Words) ui.Page {
	errors := ui.Errors{{"name", "x"}, {"dob-day", "y"}}
	return ui.Page{
		Title: w.Say("title"), Errors: errors, Back: "/", ExitThisPage: true, SignOut: "/sign-out", Nav: []ui.NavItem{{"z", "/z", true}},
		Content: []ui.Component{ui.Form{Action: "/name", CSRF: "token", Items: []ui.Component{
			ui.Input{Name: "name", Label: ui.Label{Text: "q"}, ErrorMessage: errors.At("name")},
			ui.DateInput{ID: "dob", ErrorMessage: errors.At("dob-day"), Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: "q"}}},
			ui.Button{Text: w.Say("common.continue")},
		}}, ui.WarningText{Text: "q"}, ui.NotificationBanner{Text: "q"}},
	}
}

func TestThePageIsInTheLanguageAskedFor(t *testing.T) {
	s := shell(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/documents?lang=cy&page=2", nil)
	page := write(t, s, r, everything(s.Words(r))).Body.String()
	for _, want := range []string{`<html lang="cy"`, "Gwall: Eich dogfennau – Cario eich dogfennau – GOV.UK", "Rhybudd", "Diwrnod", `href="/documents?lang=en&amp;page=2"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page:\n%s", want, page)
		}
	}
}
