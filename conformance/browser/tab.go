package browser

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Tab is a person at a window. Its steps are a person's: what to press and what to fill in are found by their words.
type Tab struct {
	Mode  Mode
	Close context.CancelFunc

	browser *Browser
	ctx     context.Context
	name    string
	jar     cdp.BrowserContextID
	weight  atomic.Int64 // bytes that came from the services
}

func (t *Tab) run(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(t.ctx, stepLimit)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// load runs actions and waits for the page they lead to. It returns that page's HTTP status.
func (t *Tab) load(actions ...chromedp.Action) (int, error) {
	ctx, cancel := context.WithTimeout(t.ctx, stepLimit)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		return 0, err
	}
	if response == nil {
		return 0, nil
	}
	return int(response.Status), nil
}

// Visit goes to an address.
func (t *Tab) Visit(address string) (int, error) {
	status, err := t.load(chromedp.Navigate(address))
	if err != nil {
		return 0, fmt.Errorf("visit %s: %w", address, err)
	}
	return status, nil
}

// Weigh goes to an address, and returns how many bytes came from the services for it: what the browser has kept does not
// come again.
func (t *Tab) Weigh(address string) (int64, error) {
	t.weight.Store(0)
	_, err := t.Visit(address)
	return t.weight.Load(), err
}

// Press presses the button or link that says words, and waits for the page it leads to.
func (t *Tab) Press(words string) (int, error) {
	target := `//*[self::a or self::button][not(ancestor-or-self::*[@hidden])][normalize-space(.)=` + literal(words) + `]`
	status, err := t.load(chromedp.Click(target, chromedp.BySearch, chromedp.NodeVisible))
	if err != nil {
		return 0, fmt.Errorf("press %q at %s: %w", words, t.Address(), err)
	}
	return status, nil
}

// Tap presses what opens or marks something on the page itself: a radio, a checkbox, a summary.
func (t *Tab) Tap(words string) error {
	target := `//*[self::label or self::summary or self::button][normalize-space(.)=` + literal(words) + `]`
	if err := t.run(chromedp.Click(target, chromedp.BySearch)); err != nil {
		return fmt.Errorf("tap %q at %s: %w", words, t.Address(), err)
	}
	return nil
}

// Fill writes value into the field whose label says words.
func (t *Tab) Fill(words, value string) error {
	target := `//*[@id=//label[normalize-space(.)=` + literal(words) + `]/@for]`
	var before string
	err := t.run(chromedp.Value(target, &before, chromedp.BySearch))
	if err == nil && before != "" {
		err = t.run(chromedp.Clear(target, chromedp.BySearch))
	}
	if err == nil {
		err = t.run(chromedp.SendKeys(target, value, chromedp.BySearch))
	}
	if err != nil {
		return fmt.Errorf("fill %q at %s: %w", words, t.Address(), err)
	}
	return nil
}

// Type types value into the field whose label says words, after what is there.
func (t *Tab) Type(words, value string) error {
	target := `//*[@id=//label[normalize-space(.)=` + literal(words) + `]/@for]`
	if err := t.run(chromedp.SendKeys(target, value, chromedp.BySearch)); err != nil {
		return fmt.Errorf("type into %q at %s: %w", words, t.Address(), err)
	}
	return nil
}

// Address returns where the window is.
func (t *Tab) Address() string {
	var address string
	if err := t.run(chromedp.Location(&address)); err != nil {
		return "(" + err.Error() + ")"
	}
	return address
}

// Heading returns the page's h1.
func (t *Tab) Heading() (string, error) {
	var heading string
	err := t.run(chromedp.Text("h1", &heading, chromedp.ByQuery))
	return strings.TrimSpace(heading), err
}

// Await lets the page renew itself, by its script or by its own refresh, until its h1 is heading.
func (t *Tab) Await(heading string) error {
	err := t.run(chromedp.WaitVisible(`//h1[normalize-space(.)=`+literal(heading)+`]`, chromedp.BySearch))
	if err != nil {
		got, none := t.Heading()
		return fmt.Errorf("await %q at %s, which says %q: %w", heading, t.Address(), got, errors.Join(err, none))
	}
	return nil
}

// Attribute returns an attribute of the first element that query finds.
func (t *Tab) Attribute(query, name string) (string, error) {
	var value string
	var ok bool
	err := t.run(chromedp.AttributeValue(query, name, &value, &ok, chromedp.ByQuery))
	if err == nil && !ok {
		err = errors.New("there is none")
	}
	if err != nil {
		return "", fmt.Errorf("%s of %s at %s: %w", name, query, t.Address(), err)
	}
	return value, nil
}

// HTML returns the page as it stands.
func (t *Tab) HTML() (string, error) {
	var html string
	err := t.evaluate("document.documentElement.outerHTML", &html)
	return html, err
}

// Text returns the words on the page.
func (t *Tab) Text() (string, error) {
	var text string
	err := t.evaluate("document.body.innerText", &text)
	return text, err
}

// evaluate runs a script of the judge's in the page, even where the page's own may not run: what was not run when the page
// came does not run later.
func (t *Tab) evaluate(script string, out any) error {
	await := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	judge := chromedp.Evaluate(script, out, await)
	if !t.Mode.NoScript {
		return t.run(judge)
	}
	return errors.Join(t.run(emulation.SetScriptExecutionDisabled(false), judge), t.run(emulation.SetScriptExecutionDisabled(true)))
}

// find counts what an XPath expression matches.
func (t *Tab) find(path string) (int, error) {
	var nodes []*cdp.Node
	err := t.run(chromedp.Nodes(path, &nodes, chromedp.BySearch, chromedp.AtLeast(0)))
	return len(nodes), err
}

// Offers says whether there is a button or link that says words.
func (t *Tab) Offers(words string) (bool, error) {
	n, err := t.find(`//*[self::a or self::button][normalize-space(.)=` + literal(words) + `]`)
	return n > 0, err
}

// literal writes a string of XPath 1.0, which has no escapes.
func literal(s string) string {
	if !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	parts := strings.Split(s, `"`)
	for i := range parts {
		parts[i] = strconv.Quote(parts[i])
	}
	return `concat(` + strings.Join(parts, `, '"', `) + `)`
}

// LinkText returns the first address on the page that holds part, wherever it is written: in a link, a field or the text.
func (t *Tab) LinkText(part string) (string, error) {
	html, err := t.HTML()
	if err != nil {
		return "", err
	}
	at := strings.Index(html, part)
	if at < 0 {
		return "", fmt.Errorf("no address with %q at %s", part, t.Address())
	}
	const ends = "\"'<> \t\r\n"
	begin := strings.LastIndexAny(html[:at], ends) + 1
	end := at + strings.IndexAny(html[at:], ends)
	return strings.ReplaceAll(html[begin:end], "&amp;", "&"), nil
}
