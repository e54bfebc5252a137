package holder_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"justice-wallet/issuer/internal/holder"
	"justice-wallet/pkg/ui"
)

func parsed(t *testing.T) *ui.Messages {
	t.Helper()
	m, err := ui.ParseMessages(holder.Messages())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// own lists the messages of these pages, without those every service has.
func own(t *testing.T, m *ui.Messages) []string {
	t.Helper()
	var keys []string
	for _, key := range m.Keys() {
		if !strings.HasPrefix(key, "common.") {
			keys = append(keys, key)
		}
	}
	if len(keys) < 200 {
		t.Fatalf("only %d messages", len(keys))
	}
	return keys
}

func TestWelshIsADraftAndNoMessageIsTheEnglishOne(t *testing.T) {
	m := parsed(t)
	if !m.Draft(ui.Cymraeg) || m.Draft(ui.English) {
		t.Error("the Welsh is not marked as a draft, or the English is")
	}
	alike := map[string]bool{"docs.item": true, "purpose.landlord": true, "call.relay": false}
	for _, key := range own(t, m) {
		for _, cy := range m.Texts(ui.Cymraeg, key) {
			for _, en := range m.Texts(ui.English, key) {
				if en == cy && !alike[key] {
					t.Errorf("%s: the Welsh is the English: %q", key, cy)
				}
			}
		}
	}
}

// Words that a person may not be called, or told (domain: trauma-informed wording; style of the house).
var unsaid = regexp.MustCompile(`(?i)\b(offenders?|criminals?|subject|failed|failure|rejected|offences?|victims?|convict\w*|sentence[ds]?|recall\w*|revoked?|custody|risk|must show)\b`)

func TestNoMessageSaysAWordThatHurts(t *testing.T) {
	m := parsed(t)
	for _, key := range own(t, m) {
		for _, text := range m.Texts(ui.English, key) {
			if found := unsaid.FindString(text); found != "" {
				t.Errorf("%s says %q", key, found)
			}
		}
	}
}

// proper are names of things that have no other name: they count as one short word each.
var proper = strings.NewReplacer("HM Prison and Probation Service", "Us", "GOV.UK One Login", "Us", "Department for Work and Pensions", "Us", "British Sign Language", "Us",
	"JavaScript", "Script", "WCAG 2.2", "Rules", "e.g.", "", "9am", "nine", "5pm", "five")

var sentenceEnd = regexp.MustCompile(`[.!?:]+(\s|$)`)

// TestTheWordsCanBeReadAtNine holds the English to what a reader of nine years can follow: by Flesch and Kincaid's
// measure the whole is of grade 5 at most (ages 10 to 11 in their schools' counting begin at 5: ours end there), and no
// sentence has more than 16 words.
func TestTheWordsCanBeReadAtNine(t *testing.T) {
	m := parsed(t)
	words, sentences, syllables := 0, 0, 0
	for _, key := range own(t, m) {
		for _, text := range m.Texts(ui.English, key) {
			for _, sentence := range sentenceEnd.Split(proper.Replace(text), -1) {
				n := strings.Fields(sentence)
				if len(n) > 16 {
					t.Errorf("%s: a sentence of %d words: %q", key, len(n), sentence)
				}
				if len(n) < 4 || !strings.Contains(text, ".") {
					continue // a label is no sentence
				}
				sentences++
				words += len(n)
				for _, word := range n {
					syllables += syllablesOf(word)
				}
			}
		}
	}
	grade := 0.39*float64(words)/float64(sentences) + 11.8*float64(syllables)/float64(words) - 15.59
	t.Logf("%d sentences, %d words: grade %.1f", sentences, words, grade)
	if sentences < 80 || grade > 4 {
		t.Errorf("grade %.1f of %d sentences", grade, sentences)
	}
}

var vowels = regexp.MustCompile(`[aeiouy]+`)

// syllablesOf counts groups of vowels, without a silent e at the end.
func syllablesOf(word string) int {
	word = strings.Trim(strings.ToLower(word), "‘’'\"(),.{}")
	n := len(vowels.FindAllString(word, -1))
	if strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") && n > 1 {
		n--
	}
	return max(n, min(1, utf8.RuneCountInString(word)))
}
