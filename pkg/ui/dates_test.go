package ui_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"justice-wallet/pkg/ui"
)

func TestDatesAndTimesAreLondons(t *testing.T) {
	m := messages(t)
	en, cy := m.In(ui.English), m.In(ui.Cymraeg)
	winter := time.Date(2026, 11, 23, 11, 42, 0, 0, time.UTC)
	summer := time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)
	at := func(hour, minute int) time.Time { return time.Date(2026, 1, 5, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct{ got, want string }{
		{en.Date(winter), "23 November 2026"}, {cy.Date(winter), "23 Tachwedd 2026"},
		{en.Date(summer), "1 July 2026"}, {cy.Date(summer), "1 Gorffennaf 2026"},
		{en.Time(winter), "11:42am"}, {cy.Time(winter), "11:42yb"},
		{en.Time(summer), "12:30am"}, {cy.Time(at(15, 5)), "3:05yh"},
		{en.Time(at(15, 0)), "3pm"}, {en.Time(at(0, 0)), "midnight"}, {en.Time(at(12, 0)), "midday"}, {cy.Time(at(12, 0)), "canol dydd"},
		{en.Time(at(12, 1)), "12:01pm"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// monthNames are those of CLDR 48, cy.xml and en.xml.
var monthNames = map[ui.Language][]string{
	ui.English: strings.Fields("January February March April May June July August September October November December"),
	ui.Cymraeg: strings.Fields("Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr"),
}

// anInstant is any within two centuries.
func anInstant(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(-2208988800, 4102444800).Draw(t, "seconds"), 0)
}

func TestADateCanBeReadBack(t *testing.T) {
	m := messages(t)
	rapid.Check(t, func(t *rapid.T) {
		at, l := anInstant(t), rapid.SampledFrom([]ui.Language{ui.English, ui.Cymraeg}).Draw(t, "language")
		parts := strings.Fields(m.In(l).Date(at))
		year, month, day := at.In(ui.London()).Date()
		if len(parts) != 3 || parts[0] != strconv.Itoa(day) || slices.Index(monthNames[l], parts[1])+1 != int(month) || parts[2] != strconv.Itoa(year) {
			t.Fatalf("%v in %s is said as %q", at, l, parts)
		}
	})
}

var clock = regexp.MustCompile(`^(1[0-2]|[1-9])(?::([0-5][0-9]))?([a-z]{2})$`)

func TestATimeCanBeReadBack(t *testing.T) {
	m := messages(t)
	halves := map[ui.Language]string{ui.English: "am pm", ui.Cymraeg: "yb yh"}
	rapid.Check(t, func(t *rapid.T) {
		at, l := anInstant(t), rapid.SampledFrom([]ui.Language{ui.English, ui.Cymraeg}).Draw(t, "language")
		hour, minute, _ := at.In(ui.London()).Clock()
		said := m.In(l).Time(at)
		if minute == 0 && hour%12 == 0 {
			if !slices.Contains([]string{"midday", "midnight", "canol dydd", "canol nos"}, said) {
				t.Fatalf("%v in %s is said as %q", at, l, said)
			}
			return
		}
		parts := clock.FindStringSubmatch(said)
		if parts == nil {
			t.Fatalf("%q is no time", said)
		}
		got, err := strconv.Atoi(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		got = got%12 + 12*slices.Index(strings.Fields(halves[l]), parts[3])
		if got != hour || parts[2] != "" && parts[2] != at.In(ui.London()).Format("04") || (parts[2] == "") != (minute == 0) {
			t.Fatalf("%v in %s is said as %q", at, l, said)
		}
	})
}

// TestPluralsFollowCLDR checks against the samples that CLDR 48 gives with its rules, plurals.xml.
func TestPluralsFollowCLDR(t *testing.T) {
	samples := map[ui.Language]map[ui.Category][]int{
		ui.English: {ui.One: {1}, ui.Other: {0, 2, 3, 16, 100, 1000, 10000, 100000, 1000000}},
		ui.Cymraeg: {
			ui.Zero: {0}, ui.One: {1}, ui.Two: {2}, ui.Few: {3}, ui.Many: {6},
			ui.Other: {4, 5, 7, 20, 100, 1000, 10000, 100000, 1000000},
		},
	}
	for l, categories := range samples {
		for want, numbers := range categories {
			for _, n := range numbers {
				if got := l.Category(n); got != want {
					t.Errorf("%d in %s is %q, not %q", n, l, got, want)
				}
			}
		}
	}
}

func TestEveryOtherNumberIsOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(7, 1<<40).Draw(t, "n")
		for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
			if got := l.Category(n); got != ui.Other {
				t.Fatalf("%d in %s is %q", n, l, got)
			}
		}
	})
}

func TestEveryNumberIsCountedAndShown(t *testing.T) {
	m := messages(t, `messages: {a: {en: {one: "{n} thing", other: "{n} things"}, cy: {zero: "{n} peth", one: "{n} peth", two: "{n} beth", few: "{n} pheth", many: "{n} pheth", other: "{n} peth"}}}`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1<<40).Draw(t, "n")
		for _, l := range []ui.Language{ui.English, ui.Cymraeg} {
			if got := m.In(l).Count("a", n); !strings.HasPrefix(got, strconv.Itoa(n)+" ") {
				t.Fatalf("%d in %s is said as %q", n, l, got)
			}
		}
	})
}
