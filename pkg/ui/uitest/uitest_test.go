package uitest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

const messages = `
messages:
  service: {en: Carry your documents, cy: Cario eich dogfennau}
  question: {en: "Where do you live?", cy: "Ble ydych chi'n byw?"}
  mend: {en: Say where you live, cy: "Dywedwch ble rydych chi'n byw"}
  yes: {en: In a house, cy: Mewn tŷ}
  no: {en: Somewhere else, cy: Rhywle arall}
  sum: {en: Documents of all kinds, cy: Dogfennau o bob math}
`

func parsed(t *testing.T, files ...string) *ui.Messages {
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

// page is a page with nothing wrong, in the language asked for.
func page(t *testing.T, m *ui.Messages, l ui.Language) string {
	t.Helper()
	s, err := ui.NewShell(ui.ShellOptions{
		Assets: uitest.Assets(t), Messages: m, ServiceKey: "service", ServiceURL: "/start", Phase: "beta",
		FooterLinks: ui.StandardFooter("/accessibility", "/privacy", "/cookies"),
	})
	if err != nil {
		t.Fatal(err)
	}
	w := m.In(l)
	wrong := ui.Errors{{Field: "place", Text: w.Say("mend")}}
	p := ui.Page{Title: w.Say("question"), Errors: wrong, Back: "/start", Content: []ui.Component{
		ui.Form{Action: "/place", CSRF: "token", Items: []ui.Component{
			ui.Radios{
				Name: "place", ErrorMessage: wrong.At("place"), Hint: &ui.Hint{Text: "A"},
				Fieldset: &ui.Fieldset{Legend: ui.Legend{Text: w.Say("question"), IsPageHeading: true}},
				Items:    []ui.Item{{Value: "house", Text: w.Say("yes")}, {Value: "else", Text: w.Say("no")}},
			},
			ui.Button{Text: w.Say("common.continue")},
		}},
		ui.H2(w.Say("sum")),
		ui.Table{Head: []ui.TableCell{{Text: "A"}}, Rows: [][]ui.TableCell{{{Text: "B"}}}},
		ui.Image{Src: "/a.png", Alt: "A"},
	}}
	rec := httptest.NewRecorder()
	if err := s.Write(rec, httptest.NewRequest(http.MethodPost, "/place?lang="+string(l), nil), http.StatusOK, p); err != nil {
		t.Fatal(err)
	}
	return rec.Body.String()
}

func TestAPageWithoutFaultPasses(t *testing.T) {
	m := parsed(t, messages)
	for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
		uitest.CheckPage(t, []byte(page(t, m, l)), l)
		uitest.Forbidden(t, page(t, m, l))
	}
	uitest.NoEnglish(t, []byte(page(t, m, ui.Cymraeg)), m)
}

func TestEachFaultOfAPageIsSeen(t *testing.T) {
	good := page(t, parsed(t, messages), ui.English)
	for _, c := range []struct{ name, old, new, want string }{
		{"language", `<html lang="en"`, `<html lang="cy"`, "the page is marked"},
		{"no language", `<html lang="en"`, `<html`, "the page is marked"},
		{"doctype", `<!DOCTYPE html>`, ``, "no doctype"},
		{"title", "Error: Where do you live? – Carry your documents – GOV.UK", "", "no title"},
		{"title without error", "<title>Error: ", "<title>", "do not agree"},
		{"error without summary", `class="govuk-error-summary"`, `class="x"`, "do not agree"},
		{"no heading", `<h1 class="govuk-fieldset__heading">`, `<p>`, "0 headings of level 1"},
		{"two headings", `<main `, `<h1>A</h1><main `, "2 headings of level 1"},
		{"heading order", `<h2 class="govuk-heading-m">Documents of all kinds</h2>`, `<h4>A</h4>`, "a heading of level 4 follows one of level 1"},
		{"empty heading", `>Documents of all kinds<`, `><`, "a heading is empty"},
		{"main", `</main>`, `</main><main></main>`, "2 main parts"},
		{"skip link", `href="#main-content"`, `href="#nowhere"`, "no link to skip"},
		{"label for nothing", `for="place-2"`, `for="elsewhere"`, "a label is for"},
		{"field without label", `for="place-2"`, ``, "a field has no label"},
		{"empty label", `>Somewhere else<`, `><`, "the label of"},
		{"choice without group", `fieldset`, `div`, "a choice is in no group"},
		{"legend", `legend`, `div`, "no legend"},
		{"button without name", `>Continue<`, `><`, "no name"},
		{"link without name", `>Cookies<`, `><`, "no name"},
		{"link to nowhere", `href="/cookies"`, `href="#"`, "leads nowhere"},
		{"picture", ` alt="A"`, ``, "no alt"},
		{"landmark", ` aria-label="Service information"`, ``, "a landmark has no name"},
		{"table", ` scope="col"`, ``, "no scope"},
		{"description", `id="place-hint"`, `id="other"`, "aria-describedby names"},
		{"order", `<main `, `<main tabindex="3" `, "tabindex"},
		{"error to nowhere", `href="#place"`, `href="#nowhere"`, "the error"},
		{"error to no field", `href="#place"`, `href="#place-hint"`, "takes no answer"},
		{"error not first", `<div class="govuk-error-summary"`, `<p>A</p><div class="govuk-error-summary"`, "not first"},
		{"same id", `id="place-2"`, `id="place"`, "there twice"},
		{"bad id", `id="place-2"`, `id="place 2"`, "is no id"},
		{"style attribute", `<main `, `<main style="color:red" `, "style is written"},
		{"handler", `<main `, `<main onclick="x()" `, "onclick is written"},
		{"style element", `</head>`, `<style>a{}</style></head>`, "a style is written"},
		{"script element", `</head>`, `<script>x()</script></head>`, "a script is written"},
		{"script address", `href="/cookies"`, `href="javascript:x()"`, "an address is a script"},
		{"form", ` method="post"`, ``, "how it is sent"},
		{"template", `href="/cookies"`, `href="#ZgotmplZ"`, "not filled in"},
		{"message", `>Continue<`, `>Continue {name}<`, "not filled in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := strings.ReplaceAll(good, c.old, c.new)
			if bad == good {
				t.Fatalf("%q is not on the page", c.old)
			}
			faults := uitest.Faults([]byte(bad), ui.English)
			if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
				t.Errorf("no fault says %q: %q", c.want, faults)
			}
		})
	}
}

func TestWhatMayNeverBeShownIsSeen(t *testing.T) {
	for _, said := range []string{
		"A1234AA", "X124441", "2004/12345A", "04/12345A", "123456/04A", "HMP Nowhere", "your offence", "an ex-offender", "Recalled on Monday",
		"your sentence", "MAPPA", "a high risk", "the victim", "dedfryd",
	} {
		if len(uitest.NeverShown("<p>"+said+"</p>")) == 0 {
			t.Errorf("%q passes", said)
		}
	}
	for _, said := range []string{
		"HM Prison and Probation Service", "Your document ends on 1 December 2026", `<img src="data:image/png;base64,/A1234AA/">`, "2026-11-25T10:00:00Z",
	} {
		if found := uitest.NeverShown(said); len(found) > 0 {
			t.Errorf("%q is held to say %q", said, found)
		}
	}
	if found := uitest.NeverShown("It never says your offence.", "It never says your offence"); len(found) > 0 {
		t.Errorf("what is allowed is not: %q", found)
	}
}

func TestUnkindWordsAreSeen(t *testing.T) {
	uitest.Kind(t, "We could not match you")
	for _, said := range []string{"Your request was rejected", "It failed"} {
		if len(uitest.Unkind(said)) == 0 {
			t.Errorf("%q passes", said)
		}
	}
}

func TestEnglishOnAWelshPageIsSeen(t *testing.T) {
	m := parsed(t, messages)
	good := page(t, m, ui.Cymraeg)
	for _, c := range []struct{ name, old, new, want string }{
		{"a message", "Rhywle arall", "Somewhere else", "Somewhere else"},
		{"words that are in no message", "Rhywle arall", "Wait for the post", "the"},
		{"a label that is only read out", `aria-label="Iaith"`, `aria-label="Choose your language"`, "your"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%s: %q is not on the page", c.name, c.old)
		}
		if found := uitest.English([]byte(bad), m); !slices.Contains(found, c.want) {
			t.Errorf("%s: %q is not seen: %q", c.name, c.want, found)
		}
	}
	named := strings.Replace(good, "Rhywle arall", "The Smith and Jones", 1)
	if found := uitest.English([]byte(named), m, "The Smith and Jones"); len(found) > 0 {
		t.Errorf("what is allowed is not: %q", found)
	}
	if found := uitest.English([]byte(strings.Replace(good, "Rhywle arall", `<span lang="en">Somewhere else</span>`, 1)), m); len(found) > 0 {
		t.Errorf("what is marked as English is not: %q", found)
	}
}

func TestAMessageLeftInEnglishIsSeen(t *testing.T) {
	m := parsed(t, "messages: {a: {en: Some words, cy: Some words}, b: {en: Words, cy: Geiriau}}")
	if got := uitest.Untranslated(m); !slices.Contains(got, "a") || slices.Contains(got, "b") {
		t.Errorf("untranslated: %q", got)
	}
}

func TestOurOwnMessagesAreTranslated(t *testing.T) {
	uitest.Translated(t, parsed(t), "common.govuk", "common.phase.beta")
}
