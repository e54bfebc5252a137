package ui_test

import (
	"html/template"
	"strings"
	"testing"

	"justice-wallet/pkg/ui"
)

func TestMessagesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"one language":              {`messages: {a: {en: Words}}`, `a: has no words in "cy"`},
		"blank":                     {`messages: {a: {en: Words, cy: " "}}`, `a: has no words in "cy"`},
		"another language":          {`messages: {a: {en: Words, cy: Geiriau, fr: Mots}}`, `a: there is no language "fr"`},
		"placeholders differ":       {`messages: {a: {en: "Call {name}", cy: "Ffoniwch {enw}"}}`, "a: placeholders differ"},
		"placeholder in one":        {`messages: {a: {en: "Call {name}", cy: Ffoniwch}}`, "a: placeholders differ"},
		"placeholders of forms":     {`messages: {a: {en: {one: "{name} has one", other: "{n}"}, cy: {other: "{n}"}}}`, "a: placeholders differ"},
		"plural in one language":    {`messages: {a: {en: {one: "1", other: "{n}"}, cy: "{n}"}}`, "a: has plural forms in one language only"},
		"no other form":             {`messages: {a: {en: {one: "1"}, cy: {other: "{n}"}}}`, `a: has no form "other" in "en"`},
		"a form English has not":    {`messages: {a: {en: {two: "2", other: "{n}"}, cy: {other: "{n}"}}}`, `a: "en" knows no form "two"`},
		"a key twice in a file":     {"messages:\n  a: {en: Words, cy: Geiriau}\n  a: {en: Words, cy: Geiriau}", "already defined"},
		"a key of ours":             {`messages: {common.back: {en: Back, cy: Yn ôl}}`, "common.back: is there twice"},
		"not text":                  {`messages: {a: {en: 3, cy: 4}}`, "a message is text"},
		"an unknown member":         {`extra: 1`, "field extra not found"},
		"more than one document":    {"messages: {}\n---\nmessages: {}", "more than one document"},
		"not a map of any language": {`messages: {a: Words}`, "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ui.ParseMessages([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
		})
	}
}

func TestAKeyInTwoFilesIsRefused(t *testing.T) {
	one := []byte(`messages: {a: {en: Words, cy: Geiriau}}`)
	if _, err := ui.ParseMessages(one, one); err == nil || !strings.Contains(err.Error(), "a: is there twice") {
		t.Errorf("got %v", err)
	}
}

const sayings = `
draft: {cy: true}
messages:
  plain: {en: Good day, cy: Dydd da}
  named: {en: "Call {who} at {time}", cy: "Ffoniwch {who} am {time}"}
  count:
    en: {one: "{n} document for {who}", other: "{n} documents for {who}"}
    cy: {two: "{n} ddogfen i {who}", few: "{n} dogfen i {who}", other: "{n} o ddogfennau i {who}"}
`

func TestWordsAreSaid(t *testing.T) {
	m := messages(t, sayings)
	en, cy := m.In(ui.English), m.In(ui.Cymraeg)
	for _, c := range []struct{ got, want string }{
		{en.Say("plain"), "Good day"},
		{cy.Say("plain"), "Dydd da"},
		{en.Say("named", "who", "Siân {time}", "time", "3pm"), "Call Siân {time} at 3pm"},
		{en.Count("count", 1, "who", "you"), "1 document for you"},
		{en.Count("count", 0, "who", "you"), "0 documents for you"},
		{cy.Count("count", 2, "who", "chi"), "2 ddogfen i chi"},
		{cy.Count("count", 3, "who", "chi"), "3 dogfen i chi"},
		{cy.Count("count", 6, "who", "chi"), "6 o ddogfennau i chi"},
		{string(en.HTML("named", "who", "<b>", "time", template.HTML("<i>3pm</i>"))), "Call &lt;b&gt; at <i>3pm</i>"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if got := string(messages(t, `messages: {a: {en: "<b> & {c}", cy: "<b> & {c}"}}`).In(ui.English).HTML("a", "c", "d")); got != "&lt;b&gt; &amp; d" {
		t.Errorf("the words of a message are taken for HTML: %s", got)
	}
	if !m.Draft(ui.Cymraeg) || m.Draft(ui.English) {
		t.Error("the Welsh, and it alone, is a draft")
	}
}

func TestOneDraftMakesAllADraft(t *testing.T) {
	if !messages(t, "draft: {en: true}", "draft: {en: false}", "messages: {}").Draft(ui.English) {
		t.Error("a later file says that the earlier is no draft")
	}
}

func TestAMistakeInTheProgramIsNotShownToPeople(t *testing.T) {
	w := messages(t, sayings).In(ui.English)
	for name, say := range map[string]func(){
		"no such key":           func() { w.Say("nothing") },
		"value missing":         func() { w.Say("named", "who", "x") },
		"value too many":        func() { w.Say("plain", "who", "x") },
		"name without value":    func() { w.Say("named", "who") },
		"plural without number": func() { w.Say("count", "who", "x") },
		"number without plural": func() { w.Count("plain", 1) },
		"value of no kind":      func() { w.HTML("named", "who", 3, "time", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it is said all the same")
				}
			}()
			say()
		})
	}
}

func TestTheLanguageIsTheOneAskedForThenTheOneChosenBefore(t *testing.T) {
	for _, c := range []struct {
		query, cookie string
		want          ui.Language
	}{
		{"", "", ui.English}, {"?lang=cy", "", ui.Cymraeg}, {"", "cy", ui.Cymraeg}, {"?lang=en", "cy", ui.English},
		{"?lang=fr", "cy", ui.Cymraeg}, {"?lang=", "<script>", ui.English},
	} {
		r := request("GET", "/"+c.query)
		if c.cookie != "" {
			r.Header.Set("Cookie", "lang="+c.cookie)
		}
		if got := ui.LanguageOf(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
