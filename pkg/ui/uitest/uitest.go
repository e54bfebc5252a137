// Package uitest holds what every page of ours must be, as checks that a test calls with the page.
package uitest

import (
	"testing"
	"testing/fstest"

	"justice-wallet/pkg/ui"
)

// Assets are styles and scripts without content, for tests that need pages and no browser.
func Assets(t testing.TB) *ui.Assets {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"govuk-frontend.min.css", "govuk-frontend.min.js", "moj-frontend.min.css", "moj-frontend.min.js"} {
		files[name] = &fstest.MapFile{}
	}
	a, err := ui.NewAssets(files, ui.Arial)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
