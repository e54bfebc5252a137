package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"justice-wallet/pkg/verification"
	"justice-wallet/pkg/verification/words"
)

// reasons are the constants of verification's own file: a reason without words fails here.
func reasons(t *testing.T) []verification.Reason {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []verification.Reason
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for _, v := range spec.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, verification.Reason(text))
			}
		}
		return true
	})
	if len(out) < 40 {
		t.Fatalf("only %d reasons", len(out))
	}
	return out
}

func load(t *testing.T) *words.Table {
	t.Helper()
	table, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Reasons of checks that a valid document may have: they never decide a verdict.
var harmless = map[verification.Reason]bool{verification.ReasonNotPresented: true, verification.ReasonNothingAsked: true}

// never stands in no word for a desk; "failed" and its like in no word for anyone.
var (
	neverAtADesk = regexp.MustCompile(`(?i)offen(ce|der)|criminal|recall|revok|reject|fail|fake|fraud|forg|invalid|suspicious|prison(er)? (number|name)|trosedd|twyll|ffug`)
	neverAtAll   = regexp.MustCompile(`(?i)offen(ce|der)|criminal|recall|fraud|fake|trosedd|twyll`)
)

func TestEveryReasonHasWords(t *testing.T) {
	table := load(t)
	for _, r := range reasons(t) {
		if harmless[r] {
			continue
		}
		seen := map[string]words.Lang{}
		for _, lang := range words.Languages() {
			w, err := table.For(verification.NotValid, r, lang)
			if err != nil {
				t.Errorf("%s in %s: %v", r, lang, err)
				continue
			}
			for level, text := range map[string]string{"heading": w.Heading, "body": w.Body, "professional": w.Professional, "engineer": w.Engineer} {
				if text == "" || neverAtAll.MatchString(text) || other(seen, level+text, lang) {
					t.Errorf("%s in %s, %s: %q is empty, unkind, or the same in the other language", r, lang, level, text)
				}
			}
			if neverAtADesk.MatchString(w.Heading + w.Body) {
				t.Errorf("%s in %s: %s %s", r, lang, w.Heading, w.Body)
			}
			if len(w.Body) > 230 || w.Draft != (lang == words.Welsh) {
				t.Errorf("%s in %s: %d characters, draft %t", r, lang, len(w.Body), w.Draft)
			}
		}
	}
}

func other(seen map[string]words.Lang, text string, lang words.Lang) bool {
	first, ok := seen[text]
	seen[text] = lang
	return ok && first != lang
}

func TestTheTableHasNoOtherRows(t *testing.T) {
	content, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^  ([a-z_]+):$`).FindAllStringSubmatch(string(content[strings.Index(string(content), "\nreasons:"):]), -1)
	known := map[string]bool{}
	for _, r := range reasons(t) {
		known[string(r)] = true
	}
	for _, row := range rows {
		if !known[row[1]] {
			t.Errorf("%s is no reason", row[1])
		}
	}
	if len(rows) != len(known) {
		t.Errorf("%d rows for %d reasons", len(rows), len(known))
	}
}

// The words of section C of the brief, exactly: these are what people were asked about.
func TestTheDesksOwnWords(t *testing.T) {
	table := load(t)
	for _, c := range []struct {
		verdict verification.Verdict
		reason  verification.Reason
		heading string
	}{
		{verification.Valid, "", "This document is genuine and valid"},
		{verification.NotValid, verification.ReasonStatusInvalid, "This document is no longer valid"},
		{verification.NotValid, verification.ReasonExpired, "This document has expired"},
		{verification.NotValid, verification.ReasonNotYetValid, "This document cannot be used yet"},
		{verification.CouldNotCheck, verification.ReasonStatusUnavailable, "We could not check if this document is still valid"},
		{verification.NotValid, verification.ReasonSignature, "We cannot confirm this document"},
		{verification.CouldNotCheck, verification.ReasonNotShared, "The person has not shared what you asked for"},
		{verification.CouldNotCheck, verification.ReasonDeclined, "The person chose not to share"},
		{verification.NotValid, verification.ReasonDeviceSignature, "This document is not being shown from the phone it was issued to"},
	} {
		if w, err := table.For(c.verdict, c.reason, words.English); err != nil || w.Heading != c.heading {
			t.Errorf("%s: %q, %v", c.reason, w.Heading, err)
		}
	}
}

// Reading age 9: the Flesch-Kincaid grade of what a desk reads, over all classes, is at most 5 on the average.
func TestReadingAge(t *testing.T) {
	table := load(t)
	seen, all := map[words.Class]bool{}, ""
	for _, r := range reasons(t) {
		if w, err := table.For(verification.NotValid, r, words.English); err == nil && !seen[w.Class] {
			seen[w.Class] = true
			all += w.Body + " "
		}
	}
	sentences := float64(strings.Count(all, ". "))
	list := strings.Fields(strings.ReplaceAll(all, "HM Prison and Probation Service", "they"))
	syllables := 0
	for _, word := range list {
		syllables += max(1, len(regexp.MustCompile(`(?i)[aeiouy]+`).FindAllString(strings.TrimSuffix(strings.Trim(word, ".,"), "e"), -1)))
	}
	grade := 0.39*float64(len(list))/sentences + 11.8*float64(syllables)/float64(len(list)) - 15.59
	if grade > 5 || sentences < 10 {
		t.Errorf("grade %.1f over %.0f sentences", grade, sentences)
	}
}

func TestNoWordsAreAnError(t *testing.T) {
	table := load(t)
	for name, call := range map[string]func() error{
		"another language":  func() error { _, err := table.For(verification.Valid, "", "fr"); return err },
		"an unknown reason": func() error { _, err := table.For(verification.NotValid, "because", words.English); return err },
		"no reason":         func() error { _, err := table.For(verification.NotValid, "", words.Welsh); return err },
		"a reason that is harmless": func() error {
			_, err := table.For(verification.NotValid, verification.ReasonNotPresented, words.English)
			return err
		},
	} {
		if call() == nil {
			t.Errorf("%s: there are words", name)
		}
	}
}

func TestATableWithHoles(t *testing.T) {
	content, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"no Welsh":         {", cy: Mae'r ddogfen hon wedi dod i ben}", "}"},
		"an unknown class": {"class: expired", "class: over"},
		"a third language": {"engineer: {en: Now is before", "engineer: {fr: Avant, en: Now is before"},
		"an unknown field": {"class: expired", "class: expired\n    colour: red"},
		"no valid":         {"\n  valid:\n", "\n  fine:\n"},
	} {
		text := strings.Replace(string(content), change[0], change[1], 1)
		if text == string(content) {
			t.Errorf("%s: nothing changed", name)
		}
		if err := words.Parse([]byte(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}
