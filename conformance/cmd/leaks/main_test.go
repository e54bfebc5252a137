package main

import (
	"strings"
	"testing"

	"justice-wallet/conformance/leaks"
)

func TestWhatARunComesTo(t *testing.T) {
	all := []leaks.Entry{
		{Kind: leaks.URL, Text: "/documents"}, {Kind: leaks.Header, Text: "Location: /"}, {Kind: leaks.Log, Text: "a line"},
		{Kind: leaks.Page, Text: "Your documents"}, {Kind: leaks.StaffPage, Text: "A0001SY"},
	}
	for name, c := range map[string]struct {
		kept []leaks.Entry
		says string // of the error; empty when there is none
	}{
		"whole":         {all, ""},
		"empty":         {nil, "kept no url"},
		"without a log": {append(all[:2:2], all[3:]...), "kept no log"},
		"with a leak":   {append(all[:5:5], leaks.Entry{Kind: leaks.Log, Text: "Ashdown"}), "1 times something"},
	} {
		dir := t.TempDir()
		k, err := leaks.Keep(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.kept {
			k.Add(e.Kind, "here", e.Text)
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		err = run(dir, &out)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
		if !strings.Contains(out.String(), "in 1 files") {
			t.Errorf("%s: %s", name, &out)
		}
	}
}
