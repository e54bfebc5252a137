package hostile_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"justice-wallet/conformance/record"
	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/ui/uitest"
)

// hostile is one thing that an attacker does.
type hostile struct {
	name string // unique in its group: where it is sent, and what is wrong with it
	make prepare
	want string // how the outcome begins: a status and a word, a verdict and a reason, or what a parser does
	from string // the CVE, issue or clause it is from, and what it would give
}

// prepare makes everything that a case needs, honestly, and returns what does the hostile thing and says what came of it.
type prepare func(*bench) (act func() string)

// group is a class of tricks.
type group struct {
	name  string
	cases []hostile
}

// fewest is how many cases the catalogue may never fall below.
const fewest = 250

// catalogue is all of it. Each class has a file of its own.
func catalogue() []group {
	return []group{
		{"algorithm confusion", algorithms()},
		{"JSON-serialised JWS", serialisations()},
		{"embedded keys", embeddedKeys()},
		{"critical headers", criticals()},
		{"duplicate members", duplicates()},
		{"base64 spellings", spellings()},
		{"did:key curves and points", didKeys()},
		{"CBOR encodings", encodings()},
		{"tampered documents", tampered()},
		{"certificate chains", chains()},
		{"twins", twins()},
		{"status lists", statusLists()},
		{"bombs", bombs()},
		{"expired and future", expired()},
		{"integer extremes", integers()},
		{"SSRF", ssrf()},
		{"Host headers", hosts()},
		{"path tricks", paths()},
		{"methods and media types", methods()},
		{"oversize", oversized()},
		{"script in claims and fields", scripts()},
		{"CSRF", csrf()},
		{"session fixation", fixation()},
		{"cross-account", crossAccount()},
		{"cross-client", append(crossClient(), statusClients()...)},
		{"Unicode tricks", unicodes()},
		{"header and log injection", injections()},
		{"answers of wallets", answers()},
		{"SD-JWTs", sdJWTs()},
		{"files and codes", parsers()},
		{"ID tokens", idTokens()},
		{"replays", replays()},
		{"races", append(races(), pageRaces()...)},
		{"slow clients", slow()},
	}
}

// TestTheCatalogue tries every case on everything assembled, one after another.
func TestTheCatalogue(t *testing.T) {
	b := newBench(t, rig.Options{Pages: true, Assets: uitest.Assets(t)})
	b.slow = b.startSlow()
	for _, g := range catalogue() {
		ran, failed := 0, 0
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				if !t.Run(c.name, func(t *testing.T) { b.try(t, c); ran++ }) {
					failed++
				}
			}
		})
		if ran != len(g.cases) {
			t.Errorf("%s: %d of %d cases came to their end", g.name, ran, len(g.cases))
		}
		t.Logf("%-24s %3d cases, %d failed", g.name, ran, failed)
		if err := record.Write(os.Getenv(record.Variable), record.Line{Kind: record.KindCases, Group: g.name, Count: len(g.cases), Failed: failed}); err != nil {
			t.Error(err)
		}
	}
}

func TestTheCatalogueIsWhole(t *testing.T) {
	total, groups := 0, []string{}
	for _, g := range catalogue() {
		if len(g.cases) == 0 || slices.Contains(groups, g.name) {
			t.Errorf("%s: empty, or there twice", g.name)
		}
		groups = append(groups, g.name)
		names := map[string]bool{}
		for _, c := range g.cases {
			if names[c.name] || strings.TrimSpace(c.name) == "" {
				t.Errorf("%s: %q is there twice", g.name, c.name)
			}
			if c.want == "" || c.from == "" || c.make == nil {
				t.Errorf("%s: %q does not say what must come back, and why", g.name, c.name)
			}
			names[c.name] = true
			total++
		}
	}
	if total < fewest {
		t.Errorf("%d cases, want %d at least", total, fewest)
	}
	t.Logf("%d cases in %d groups", total, len(groups))
}
