//go:build browser

package browser_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"justice-wallet/conformance/browser"
	"justice-wallet/conformance/leaks"
)

// TestMain installs axe-core as package-lock.json names it. Without it the tests fail.
func TestMain(m *testing.M) {
	if _, err := os.Stat("node_modules/axe-core/axe.min.js"); err != nil {
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		if out, err := install.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "npm ci: %v\n%s", err, out)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, record *browser.Record) *browser.Browser {
	t.Helper()
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if record.Keep, err = leaks.Keep(os.Getenv(leaks.Variable)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := record.Keep.Close(); err != nil {
			t.Error(err)
		}
	})
	b, err := browser.Start(context.Background(), browser.Options{Axe: string(axe), Screenshots: os.Getenv("SCREENSHOTS"), Record: record})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// inEvery walks in each of the modes, some at once: much of a walk is waiting. It returns when all have ended.
func inEvery(t *testing.T, modes []browser.Mode, walk func(t *testing.T, mode browser.Mode)) {
	t.Helper()
	t.Run("modes", func(t *testing.T) {
		for _, mode := range modes {
			t.Run(mode.Name, func(t *testing.T) {
				t.Parallel()
				walk(t, mode)
			})
		}
	})
}

// Every aspect that pages are met in is one that edges are met in, too.
func TestEdgesLeaveNoAspectOut(t *testing.T) {
	aspects := func(modes []browser.Mode) map[any]bool {
		out := map[any]bool{}
		for _, m := range modes {
			out[m.Language], out[m.Width] = true, true
			out["no script "+strconv.FormatBool(m.NoScript)] = true
			out["forced colours "+strconv.FormatBool(m.ForcedColours)] = true
			out["large text "+strconv.FormatBool(m.LargeText)] = true
		}
		return out
	}
	if all, edges := aspects(browser.Modes()), aspects(browser.Edges()); !maps.Equal(all, edges) || len(all) != 10 {
		t.Errorf("edges are walked in %v, journeys in %v", edges, all)
	}
}

// The judge sees what it is there to see, in every mode: without this a page that nobody judged would pass.
func TestTheJudgeSees(t *testing.T) {
	t.Setenv("SCREENSHOTS", "") // these are no pages of the services
	pages := map[string]struct{ body, want string }{
		"good":        {`<h1>A page</h1><p>Words</p>`, ""},
		"no contrast": {`<h1>A page</h1><p style="color:#ddd;background:#eee">Words</p>`, "color-contrast"},
		"no name":     {`<h1>A page</h1><input type="text">`, "label"},
		"too wide":    {`<h1>A page</h1><div style="width:3000px">Words</div>`, "pixels wide"},
	}
	record := &browser.Record{}
	b := start(t, record)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lang := "en"
		if strings.HasPrefix(r.URL.Path, "/cy/") {
			lang = "cy"
		}
		fmt.Fprintf(w, `<!doctype html><html lang=%q><meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title><main>%s</main></html>`, lang, pages[r.URL.Query().Get("page")].body)
	}))
	defer server.Close()
	for _, mode := range browser.Modes() {
		tab, err := b.Person("judge", mode)
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range pages {
			if p.want == "color-contrast" && mode.ForcedColours {
				continue // the person's own colours win: there is nothing to see
			}
			if _, err := tab.Visit(server.URL + "/" + mode.Language + "/?page=" + strings.ReplaceAll(name, " ", "%20")); err != nil {
				t.Fatal(err)
			}
			err := tab.Look(name)
			if (err == nil) != (p.want == "") || (err != nil && !strings.Contains(err.Error(), p.want)) {
				t.Errorf("%s, %s: %v, want %q", mode.Name, name, err, p.want)
			}
		}
		if _, err := tab.Visit(server.URL + "/other/?page=good"); err != nil {
			t.Fatal(err)
		}
		if err := tab.Look("language"); (err == nil) != (mode.Language == "en") {
			t.Errorf("%s: a page in English: %v", mode.Name, err)
		}
		tab.Close()
	}
	if record.Looks()["good"] != len(browser.Modes()) {
		t.Errorf("looks: %v", record.Looks())
	}
}
