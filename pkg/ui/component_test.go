package ui_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"justice-wallet/pkg/ui"
)

const script = `"><script>alert('x')</script>`

// TestTextIsNeverMarkup puts a script into every text of every component.
func TestTextIsNeverMarkup(t *testing.T) {
	words := ui.Attributes{"data-a": script}
	wrong := &ui.ErrorMessage{Text: script, ID: script, Classes: script}
	legend := &ui.Fieldset{Legend: ui.Legend{Text: script}, DescribedBy: script}
	for _, c := range []ui.Component{
		ui.H1(script), ui.Heading{Text: script, Caption: script, ID: script}, ui.P(script), ui.Lead(script), ui.Bullets(script), ui.Numbers(script),
		ui.PHTML(ui.Link(script, script)), ui.PHTML(ui.Strong(script)), ui.Image{Src: script, Alt: script, Classes: script},
		ui.Form{Action: script, CSRF: script, ID: script}, ui.Hidden{Name: script, Value: script}, ui.Section{ID: script, Classes: script, Data: words},
		ui.Button{Text: script, Name: script, Value: script, Type: script, ID: script, Attributes: words}, ui.Button{Text: script, Href: script},
		ui.Details{SummaryText: script, Text: script}, ui.InsetText{Text: script, ID: script}, ui.WarningText{Text: script, IconFallbackText: script},
		ui.Tag{Text: script, Classes: script}, ui.Panel{TitleText: script, Text: script}, ui.NotificationBanner{TitleText: script, Text: script, Role: script},
		ui.ErrorSummary{TitleText: script, ErrorList: []ui.ErrorItem{{Text: script, Href: script}}}, ui.ExitThisPage{Text: script, ActivatedText: script, RedirectURL: script},
		ui.Input{Name: script, Value: script, Label: ui.Label{Text: script}, Hint: &ui.Hint{Text: script}, ErrorMessage: wrong, Pattern: script, Prefix: &ui.Affix{Text: script}},
		ui.Textarea{Name: script, Value: script + "</textarea>" + script, Label: ui.Label{Text: script}},
		ui.Select{Name: script, Items: []ui.SelectItem{{Text: script, Value: new(script)}}, Label: ui.Label{Text: script}},
		ui.Radios{Name: script, Fieldset: legend, Items: []ui.Item{{Text: script, Value: script}}}, ui.Checkboxes{Name: script, Fieldset: legend, Items: []ui.Item{{Text: script, Value: script}}},
		ui.DateInput{ID: script, Values: map[string]string{"day": script}},
		ui.SummaryList{Rows: []ui.SummaryRow{{Key: ui.Cell{Text: script}, Value: ui.Cell{Text: script}, Actions: ui.Actions{Items: []ui.Action{{Text: script, Href: script}}}}}},
		ui.Table{Caption: script, Head: []ui.TableCell{{Text: script}}, Rows: [][]ui.TableCell{{{Text: script}}}},
		ui.Tabs{Items: []ui.TabItem{{Label: script, Panel: ui.TabPanel{Text: script}}}}, ui.TaskList{Items: []ui.TaskItem{{Title: ui.Cell{Text: script}, Href: script}}},
		ui.Pagination{Previous: &ui.PageLink{Text: script, Href: script}, Items: []ui.PageItem{{Number: script, Href: script}}},
		ui.Breadcrumbs{Items: []ui.Crumb{{Text: script, Href: script}}}, ui.Header{ProductName: script}, ui.Footer{Meta: &ui.FooterMeta{Text: script, Items: []ui.FooterLink{{Text: script, Href: script}}}},
		ui.ServiceNavigation{ServiceName: script, Navigation: []ui.ServiceNavigationItem{{Text: script, Href: script}}}, ui.PhaseBanner{Text: script, Tag: ui.PhaseTag{Text: script}},
		ui.IdentityBar{Title: ui.Cell{Text: script}}, ui.Timeline{Items: []ui.TimelineItem{{Label: script, Byline: script, Text: script, When: script}}},
		ui.Alert{Title: script, Text: script, Variant: script}, ui.Badge{Text: script}, ui.SubNavigation{Items: []ui.SubNavigationItem{{Text: script, Href: script}}},
		ui.InterruptionCard{Heading: script, Actions: []ui.PanelAction{{Text: script, Href: script}, {Text: script}}},
	} {
		if got := string(c.HTML()); strings.Contains(got, "<script") {
			t.Errorf("%T lets a script through:\n%s", c, got)
		}
	}
}

// TestWhatIsGivenIsWhatIsRead holds for any text at all: a browser reads back what was put in, in text and in fields.
func TestWhatIsGivenIsWhatIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.StringMatching(`[^\x00\r\x{FFFD}]*`).Draw(t, "given")
		page := string(ui.Join(ui.P(given), ui.Input{Name: "i", Value: given}, ui.Textarea{Name: "t", Value: given}))
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			inside := ""
			for c := range n.ChildNodes() {
				inside += c.Data
			}
			for _, a := range n.Attr {
				if n.Data == "input" && a.Key == "value" {
					inside = a.Val
				}
			}
			if field := n.Data == "p" || n.Data == "textarea" || n.Data == "input"; field && inside != given {
				t.Fatalf("%s: %q is read as %q", n.Data, given, inside)
			}
		}
	})
}

func TestALinkLeadsOnlyWhereLinksMay(t *testing.T) {
	for href, want := range map[string]string{
		"/documents?a=b":                        `href="/documents?a=b"`,
		"https://example.org/":                  `href="https://example.org/"`,
		"tel:03000000000":                       `href="tel:03000000000"`,
		"openid4vp://?request_uri=x":            `href="openid4vp://?request_uri=x"`,
		"openid-credential-offer://?a=b":        `href="openid-credential-offer://?a=b"`,
		"javascript:alert(1)":                   `href="#"`,
		"JavaScript:alert(1)":                   `href="#"`,
		"data:text/html,x":                      `href="#"`,
		"\x00javascript:alert(1)":               `href="#"`,
		"intent://scan/#Intent;scheme=x;end":    `href="#"`,
		"vbscript:x":                            `href="#"`,
		" javascript:alert(1)":                  `href="#"`,
		"java\nscript:alert(1)":                 `href="#"`,
		"https://example.org/\"onclick=\"x()":   `href="https://example.org/%22onclick=%22x%28%29"`,
		"/where?name=<script>alert(1)</script>": `href="/where?name=%3cscript%3ealert%281%29%3c/script%3e"`,
	} {
		if got := string(ui.Link("x", href)); !strings.Contains(got, want) {
			t.Errorf("%q gives %s", href, got)
		}
	}
}

func TestAPictureIsOursOrWithinThePage(t *testing.T) {
	for src, want := range map[string]string{
		"/letter/qr.png":             `src="/letter/qr.png"`,
		"data:image/png;base64,AAAA": `src="data:image/png;base64,AAAA"`,
		"//example.org/x.png":        `src="#"`,
		"https://example.org/x.png":  `src="#"`,
		"data:image/svg+xml,<svg>":   `src="#"`,
		"data:text/html;base64,AAAA": `src="#"`,
	} {
		if got := string(ui.Image{Src: src}.HTML()); !strings.Contains(got, want) {
			t.Errorf("%q gives %s", src, got)
		}
	}
}

func TestAttributesThatThePolicyForbidsAreNotWritten(t *testing.T) {
	for _, name := range []string{"onclick", "style", "a b", "A", `x"`, ""} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is written", name)
				}
			}()
			ui.Tag{Text: "x", Attributes: ui.Attributes{name: "y"}}.HTML()
		})
	}
}

func TestAFormCarriesItsTokenAndWhatItAsks(t *testing.T) {
	got := string(ui.Form{Action: "/name", CSRF: "a token", ID: "f", Items: []ui.Component{ui.Hidden{Name: "a", Value: "b"}}}.HTML())
	want := `<form method="post" action="/name" novalidate id="f">
<input type="hidden" name="_csrf" value="a token">
<input type="hidden" name="a" value="b">
</form>`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := string(ui.Form{Action: "/photo", Upload: true}.HTML()); !strings.Contains(got, `enctype="multipart/form-data"`) {
		t.Errorf("a form for a file is sent as text: %s", got)
	}
}

func TestWhatWasTypedIsKept(t *testing.T) {
	typed := "\n line one\nline two "
	got := string(ui.Textarea{Name: "n", Value: typed}.HTML())
	if !strings.Contains(got, ">\n"+typed+"</textarea>") { // a browser drops the first line break
		t.Errorf("got %s", got)
	}
	if got := string(ui.Input{Name: "n", Value: "O'Neill"}.HTML()); !strings.Contains(got, `value="O&#39;Neill"`) {
		t.Errorf("got %s", got)
	}
}

// ownWords are the components that say something without being told, and what they say in English.
var ownWords = map[string]struct {
	component ui.Component
	english   []string
}{
	"back link":      {ui.BackLink{Href: "/"}, []string{"Back"}},
	"breadcrumbs":    {ui.Breadcrumbs{}, []string{"Breadcrumb"}},
	"date":           {ui.DateInput{ID: "d", ErrorMessage: &ui.ErrorMessage{Text: "x"}}, []string{"Day", "Month", "Year", "Error"}},
	"input":          {ui.Input{Name: "n", ErrorMessage: &ui.ErrorMessage{Text: "x"}}, []string{"Error"}},
	"textarea":       {ui.Textarea{Name: "n", ErrorMessage: &ui.ErrorMessage{Text: "x"}}, []string{"Error"}},
	"select":         {ui.Select{Name: "n", ErrorMessage: &ui.ErrorMessage{Text: "x"}}, []string{"Error"}},
	"radios":         {ui.Radios{Name: "n", ErrorMessage: &ui.ErrorMessage{Text: "x"}}, []string{"Error"}},
	"checkboxes":     {ui.Checkboxes{Name: "n", ErrorMessage: &ui.ErrorMessage{Text: "x"}}, []string{"Error"}},
	"error":          {ui.ErrorMessage{Text: "x"}, []string{"Error"}},
	"error summary":  {ui.ErrorSummary{}, []string{"There is a problem"}},
	"exit":           {ui.ExitThisPage{}, []string{"Emergency", "Exit this page", "Loading", "expired", "2 more times", "1 more time"}},
	"banner":         {ui.NotificationBanner{Text: "x"}, []string{"Important"}},
	"good news":      {ui.NotificationBanner{Text: "x", Type: "success"}, []string{"Success"}},
	"pagination":     {ui.Pagination{Previous: &ui.PageLink{Href: "/1"}, Next: &ui.PageLink{Href: "/3"}, Items: []ui.PageItem{{Number: "1"}}}, []string{"Previous", "Next", "Page 1", "Pagination"}},
	"tabs":           {ui.Tabs{}, []string{"Contents"}},
	"warning":        {ui.WarningText{Text: "x"}, []string{"Warning"}},
	"navigation":     {ui.ServiceNavigation{ServiceName: "x", Navigation: []ui.ServiceNavigationItem{{Text: "x"}, {Text: "y"}}}, []string{"Menu", "Service information"}},
	"languages":      {ui.LanguageNavigation{}, []string{"Language"}},
	"footer":         {ui.Footer{Meta: &ui.FooterMeta{}}, []string{"Support links", "Open Government Licence", "otherwise stated", "Crown copyright"}},
	"alert":          {ui.Alert{Title: "x"}, []string{"Information", "Dismiss"}},
	"sub-navigation": {ui.SubNavigation{}, []string{"Secondary navigation"}},
	"in a form":      {ui.Form{Action: "/", Items: []ui.Component{ui.WarningText{Text: "x"}}}, []string{"Warning"}},
	"in a section":   {ui.Section{Items: []ui.Component{ui.WarningText{Text: "x"}}}, []string{"Warning"}},
	"in a group":     {ui.ButtonGroup{Items: []ui.Component{ui.BackLink{}}}, []string{"Back"}},
	"in a card":      {ui.InterruptionCard{Items: []ui.Component{ui.WarningText{Text: "x"}}}, []string{"Warning"}},
}

func TestWhatComponentsSayOfThemselvesIsInTheLanguageOfThePage(t *testing.T) {
	m := messages(t)
	for name, c := range ownWords {
		t.Run(name, func(t *testing.T) {
			en, cy := string(m.In(ui.English).Join(c.component)), string(m.In(ui.Cymraeg).Join(c.component))
			for _, words := range c.english {
				if !strings.Contains(en, words) {
					t.Errorf("%q is not said in English:\n%s", words, en)
				}
				if strings.Contains(cy, words) {
					t.Errorf("%q is said in Welsh too:\n%s", words, cy)
				}
			}
		})
	}
}
