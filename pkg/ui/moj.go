package ui

import (
	"html/template"
	"slices"
	"time"
)

// IdentityBar says whose page this is (MoJ).
type IdentityBar struct {
	Title      Cell // of the identity; its classes are not used
	Classes    string
	Attributes Attributes
}

// HTML renders the bar.
func (b IdentityBar) HTML() template.HTML { return render("moj-identity-bar", b) }

// TimelineItem is something that happened.
type TimelineItem struct {
	Label      string
	Byline     string // who did it, in words: "by the person"
	At         time.Time
	When       string // At in words; Words.Date and Words.Time of it when nothing is said
	Text       string
	Html       template.HTML
	Classes    string
	Attributes Attributes
}

// Timestamp is At for machines.
func (i TimelineItem) Timestamp() string { return i.At.UTC().Format(time.RFC3339) }

// Timeline tells what happened, the latest first (MoJ).
type Timeline struct {
	Items        []TimelineItem
	HeadingLevel int // 2 when nothing is said
	Classes      string
	Attributes   Attributes
}

// HTML renders the timeline.
func (t Timeline) HTML() template.HTML { return render("moj-timeline", t) }

// HeadingRank is the level of the heading.
func (t Timeline) HeadingRank() int { return or(t.HeadingLevel, 2) }

func (t Timeline) speak(w Words) Component {
	t.Items = slices.Clone(t.Items)
	for i, item := range t.Items {
		t.Items[i].When = or(item.When, w.Date(item.At)+", "+w.Time(item.At))
	}
	return t
}

// Alert tells staff of something in a few words (MoJ).
type Alert struct {
	Title              string // read out, and shown when there is nothing else to show
	Text               string
	Html               template.HTML
	Variant            string // "success", "warning" or "error"; "information" when nothing is said
	VariantText        string // the variant in words, in the language of the page when nothing is said
	ShowTitleAsHeading bool
	HeadingLevel       int // 2 when nothing is said
	Role               string
	Dismissible        bool
	DismissText        string
	Classes            string
	Attributes         Attributes
}

// HTML renders the alert.
func (a Alert) HTML() template.HTML {
	if !slices.Contains([]string{"success", "warning", "error"}, a.Variant) {
		a.Variant = "information"
	}
	return render("moj-alert", a)
}

// HeadingRank is the level of the heading.
func (a Alert) HeadingRank() int { return or(a.HeadingLevel, 2) }

// Headed says whether the title is shown above the words.
func (a Alert) Headed() bool { return a.ShowTitleAsHeading && (a.Text != "" || a.Html != "") }

// Shown is what is to be read.
func (a Alert) Shown() template.HTML { return content(or(a.Text, when(a.Html == "", a.Title)), a.Html) }

func (a Alert) speak(w Words) Component {
	key := "common." + a.Variant
	if !w.Has(key) {
		key = "common.information"
	}
	a.VariantText = or(a.VariantText, w.Say(key))
	a.DismissText = or(a.DismissText, w.Say("common.dismiss"))
	return a
}

// Badge is a mark in a word (MoJ).
type Badge struct {
	Text       string
	Html       template.HTML
	Classes    string // "moj-badge--large", "moj-badge--blue" and so on
	Attributes Attributes
}

// HTML renders the mark.
func (b Badge) HTML() template.HTML { return render("moj-badge", b) }

// SubNavigationItem leads to a part of what the page is about.
type SubNavigationItem struct {
	Text       string
	Html       template.HTML
	Href       string
	Active     bool
	Classes    string
	Attributes Attributes
}

// SubNavigation leads to the parts of what the page is about (MoJ).
type SubNavigation struct {
	Label      string // "Secondary navigation", in the language of the page, when nothing is said
	Items      []SubNavigationItem
	Classes    string
	Attributes Attributes
}

// HTML renders the parts.
func (s SubNavigation) HTML() template.HTML {
	s.Label = or(s.Label, "Secondary navigation")
	return render("moj-sub-navigation", s)
}

func (s SubNavigation) speak(w Words) Component {
	s.Label = or(s.Label, w.Say("common.subnavigation"))
	return s
}

// InterruptionCard stops before something that matters (MoJ). Its actions are PanelActions: a link, or else a button.
type InterruptionCard struct {
	Heading string
	Items   []Component
	Actions []PanelAction
}

// HTML renders the card.
func (c InterruptionCard) HTML() template.HTML { return render("moj-interruption-card", c) }

// Content is what the card says.
func (c InterruptionCard) Content() template.HTML { return Join(c.Items...) }

func (c InterruptionCard) speak(w Words) Component {
	c.Items = w.speak(c.Items)
	return c
}
