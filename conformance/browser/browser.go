package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Browser is one Chromium.
type Browser struct {
	ctx    context.Context
	cancel []context.CancelFunc
	axe    string
	shots  string
	record *Record
}

// Options is what a browser is told. Axe is the source of axe-core.
type Options struct {
	Axe         string
	Screenshots string // a folder for pictures of every page; none when empty
	Record      *Record
}

// Start starts Chromium from the system's packages.
func Start(ctx context.Context, o Options) (*Browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("start browser: %w", err)
	}
	flags := append(append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")) // no page of a test's is elsewhere
	allocator, stop := chromedp.NewExecAllocator(ctx, flags...)
	tab, cancel := chromedp.NewContext(allocator)
	b := &Browser{ctx: tab, cancel: []context.CancelFunc{cancel, stop}, axe: o.Axe, shots: o.Screenshots, record: o.Record}
	if err := chromedp.Run(tab); err != nil {
		b.Close()
		return nil, fmt.Errorf("start browser: %w", err)
	}
	return b, nil
}

// Close ends the browser.
func (b *Browser) Close() {
	for _, cancel := range b.cancel {
		cancel()
	}
}

// stepLimit bounds one step of a person's: a page that does not come is an error, not a wait without end.
const stepLimit = 45 * time.Second

// Person opens a window with cookies of its own, in one mode.
func (b *Browser) Person(name string, mode Mode) (*Tab, error) {
	jar, err := target.CreateBrowserContext().Do(b.executor())
	if err != nil {
		return nil, fmt.Errorf("open window: %w", err)
	}
	return b.open(name, mode, jar)
}

// Another opens a second window of the same person's, with the same cookies.
func (t *Tab) Another() (*Tab, error) { return t.browser.open(t.name, t.Mode, t.jar) }

// open opens a window on a jar of cookies.
func (b *Browser) open(name string, mode Mode, jar cdp.BrowserContextID) (*Tab, error) {
	window, err := target.CreateTarget("about:blank").WithBrowserContextID(jar).WithNewWindow(true).Do(b.executor())
	if err != nil {
		return nil, fmt.Errorf("open window: %w", err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(window))
	t := &Tab{Mode: mode, browser: b, ctx: ctx, Close: cancel, name: name, jar: jar}
	actions := []chromedp.Action{
		network.Enable(), log.Enable(),
		emulation.SetDeviceMetricsOverride(int64(mode.Width), 900, 1, mode.Width == narrow),
	}
	if mode.NoScript {
		actions = append(actions, emulation.SetScriptExecutionDisabled(true))
	}
	if mode.ForcedColours {
		actions = append(actions, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}))
	}
	if mode.LargeText {
		actions = append(actions, page.SetFontSizes(&page.FontSizes{Standard: 32, Fixed: 26}))
	}
	chromedp.ListenTarget(ctx, t.listen)
	if err := chromedp.Run(ctx, actions...); err != nil {
		cancel()
		return nil, fmt.Errorf("open window: %w", err)
	}
	return t, nil
}

// executor speaks to the browser itself: chromedp asks for a mere tab, which headless Chromium refuses in a browser context
// without a window.
func (b *Browser) executor() context.Context {
	return cdp.WithExecutor(b.ctx, chromedp.FromContext(b.ctx).Browser)
}

// listen keeps what the browser sends, gets and complains of.
func (t *Tab) listen(event any) {
	r := t.browser.record
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		r.Add("url", t.name, e.Request.URL+e.Request.URLFragment)
		r.Add("sent", t.name, e.Request.URL)
	case *network.EventResponseReceived:
		for name, value := range e.Response.Headers {
			r.Add("header", e.Response.URL, fmt.Sprintf("%s: %v", name, value))
		}
	case *network.EventLoadingFinished:
		t.weight.Add(int64(e.EncodedDataLength))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError && e.Entry.Source != log.SourceNetwork {
			r.Trouble("%s at %s: %s", e.Entry.Source, e.Entry.URL, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		r.Trouble("a script threw at %s: %s", e.ExceptionDetails.URL, e.ExceptionDetails.Error())
	}
}

// picture writes what the window shows.
func (t *Tab) picture(name string) error {
	if t.browser.shots == "" {
		return nil
	}
	var png []byte
	if err := t.run(chromedp.FullScreenshot(&png, 100)); err != nil {
		return err
	}
	file := fmt.Sprintf("%s/%s.%s.png", t.browser.shots, strings.ReplaceAll(name, " ", "-"), t.Mode.Name)
	return os.WriteFile(file, png, 0o644)
}
