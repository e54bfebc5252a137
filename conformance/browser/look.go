package browser

import (
	"errors"
	"fmt"
	"strings"

	"justice-wallet/conformance/leaks"
)

// axeTags are the levels that every page must meet.
var axeTags = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]`

// violation is one rule of axe-core that a page breaks.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Look judges the page in the window, and keeps it under name. The error names everything that is wrong with it.
func (t *Tab) Look(name string) error {
	html, err := t.HTML()
	if err != nil {
		return fmt.Errorf("look at %s: %w", name, err)
	}
	kind := leaks.Page
	if strings.Contains(t.Address(), "/console") {
		kind = leaks.StaffPage
	}
	t.browser.record.Add(kind, name, html)
	t.browser.record.looked(name)
	mistakes := []error{t.axe(), t.fits(), t.speaks()}
	if err := errors.Join(mistakes...); err != nil {
		return errors.Join(fmt.Errorf("%s (%s, %s)", name, t.Mode.Name, t.Address()), err, t.picture(name))
	}
	return t.picture(name)
}

// axe has axe-core judge the page.
func (t *Tab) axe() error {
	var result struct {
		Violations []violation `json:"violations"`
		Passes     int         `json:"passes"`
	}
	script := t.browser.axe + `;axe.run(document, {runOnly: {type: "tag", values: ` + axeTags + `}, resultTypes: ["violations"]})
		.then(r => ({violations: r.violations, passes: r.passes.length}))`
	if err := t.evaluate(script, &result); err != nil {
		return fmt.Errorf("axe-core: %w", err)
	}
	if result.Passes == 0 {
		return errors.New("axe-core looked at nothing")
	}
	var mistakes []error
	for _, v := range result.Violations {
		for _, n := range v.Nodes {
			mistakes = append(mistakes, fmt.Errorf("axe-core %s: %s: %s: %s", v.ID, v.Help, n.HTML, n.Summary))
		}
	}
	return errors.Join(mistakes...)
}

// fits says whether the page can be read without scrolling in two directions (WCAG 2.2 SC 1.4.10).
func (t *Tab) fits() error {
	var width int // the window's own says less: on a phone it grows with a page that is too wide
	if err := t.evaluate(`document.documentElement.scrollWidth`, &width); err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	if width > t.Mode.Width {
		return fmt.Errorf("the page is %d pixels wide, in a window of %d", width, t.Mode.Width)
	}
	return nil
}

// speaks says whether the page says that it is in the mode's language.
func (t *Tab) speaks() error {
	lang, err := t.Attribute("html", "lang")
	if err != nil {
		return err
	}
	if !strings.EqualFold(lang, t.Mode.Language) {
		return fmt.Errorf("the page is in %q, want %q", lang, t.Mode.Language)
	}
	return nil
}
