package ui

import (
	"html/template"
	"strings"
)

// Button does something; with Href it is a link that looks like a button.
type Button struct {
	Text               string        `json:"text"`
	Html               template.HTML `json:"html"`
	Href               string        `json:"href"`
	Type               string        `json:"type"` // "submit" when nothing is said
	Name               string        `json:"name"`
	Value              string        `json:"value"`
	ID                 string        `json:"id"`
	IsStartButton      bool          `json:"isStartButton"`
	PreventDoubleClick *bool         `json:"preventDoubleClick"`
	Disabled           bool          `json:"disabled"`
	Classes            string        `json:"classes"`
	Attributes         Attributes    `json:"attributes"`
}

// HTML renders the button.
func (b Button) HTML() template.HTML { return render("button", b) }

// SecondaryButton is a button that is not the main one.
func SecondaryButton(text, href string) Button {
	return Button{Text: text, Href: href, Classes: "govuk-button--secondary"}
}

// Details hides what few people need.
type Details struct {
	SummaryText string        `json:"summaryText"`
	SummaryHtml template.HTML `json:"summaryHtml"`
	Text        string        `json:"text"`
	Html        template.HTML `json:"html"`
	ID          string        `json:"id"`
	Open        bool          `json:"open"`
	Classes     string        `json:"classes"`
	Attributes  Attributes    `json:"attributes"`
}

// HTML renders what is hidden and its summary.
func (d Details) HTML() template.HTML { return render("details", d) }

// InsetText sets a few words apart.
type InsetText struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	ID         string        `json:"id"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// HTML renders the words.
func (i InsetText) HTML() template.HTML { return render("inset-text", i) }

// WarningText warns of a consequence.
type WarningText struct {
	Text             string        `json:"text"`
	Html             template.HTML `json:"html"`
	IconFallbackText string        `json:"iconFallbackText"` // "Warning", in the language of the page, when nothing is said
	Classes          string        `json:"classes"`
	Attributes       Attributes    `json:"attributes"`
}

// HTML renders the warning.
func (t WarningText) HTML() template.HTML { return render("warning-text", t) }

func (t WarningText) speak(w Words) Component {
	t.IconFallbackText = or(t.IconFallbackText, w.Say("common.warning"))
	return t
}

// Tag is a status in a word.
type Tag struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Classes    string        `json:"classes"` // "govuk-tag--green" and so on
	Attributes Attributes    `json:"attributes"`
}

// HTML renders the tag.
func (t Tag) HTML() template.HTML { return render("tag", t) }

// PanelAction is what can be done from an interruption.
type PanelAction struct {
	Text       string     `json:"text"`
	Href       string     `json:"href"`
	Type       string     `json:"type"`
	Classes    string     `json:"classes"`
	Attributes Attributes `json:"attributes"`
}

// HTML renders the action: a link, or else a button.
func (a PanelAction) HTML() template.HTML {
	if a.Href != "" && a.Type != "button" {
		return render("panel-link", a)
	}
	return Button{
		Text: a.Text, Type: or(a.Type, "button"), Href: a.Href,
		Classes: classes("govuk-button--inverse", a.Classes), Attributes: a.Attributes,
	}.HTML()
}

// PanelActions is what can be done from an interruption.
type PanelActions struct {
	Items      []PanelAction `json:"items"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// Panel says that something is done, or, as an interruption, stops before something is.
type Panel struct {
	TitleText    string        `json:"titleText"`
	TitleHtml    template.HTML `json:"titleHtml"`
	HeadingLevel int           `json:"headingLevel"` // 1 when nothing is said
	Text         string        `json:"text"`
	Html         template.HTML `json:"html"`
	Actions      *PanelActions `json:"actions"` // of an interruption
	Classes      string        `json:"classes"` // "govuk-panel--interruption"
	Attributes   Attributes    `json:"attributes"`
}

// HTML renders the panel.
func (p Panel) HTML() template.HTML { return render("panel", p) }

// Interruption says whether the panel is one.
func (p Panel) Interruption() bool { return strings.Contains(p.Classes, "govuk-panel--interruption") }

// HeadingRank is the level of the heading.
func (p Panel) HeadingRank() int { return or(p.HeadingLevel, 1) }

// NotificationBanner tells of something beside what the page is about.
type NotificationBanner struct {
	Text              string        `json:"text"`
	Html              template.HTML `json:"html"`
	TitleText         string        `json:"titleText"` // "Success" or "Important", in the language of the page, when nothing is said
	TitleHtml         template.HTML `json:"titleHtml"`
	TitleHeadingLevel int           `json:"titleHeadingLevel"`
	TitleID           string        `json:"titleId"`
	Type              string        `json:"type"` // "success"
	Role              string        `json:"role"`
	DisableAutoFocus  *bool         `json:"disableAutoFocus"`
	Classes           string        `json:"classes"`
	Attributes        Attributes    `json:"attributes"`
}

// HTML renders the banner.
func (b NotificationBanner) HTML() template.HTML {
	role, title := "region", "Important"
	if b.Success() {
		role, title = "alert", "Success"
	}
	b.Role, b.TitleText = or(b.Role, role), or(b.TitleText, title)
	b.TitleID = or(b.TitleID, "govuk-notification-banner-title")
	return render("notification-banner", b)
}

// Success says whether something went well.
func (b NotificationBanner) Success() bool { return b.Type == "success" }

// HeadingRank is the level of the heading.
func (b NotificationBanner) HeadingRank() int { return or(b.TitleHeadingLevel, 2) }

func (b NotificationBanner) speak(w Words) Component {
	key := "common.important"
	if b.Success() {
		key = "common.success"
	}
	b.TitleText = or(b.TitleText, w.Say(key))
	return b
}

// ErrorItem is one thing to put right.
type ErrorItem struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Href       string        `json:"href"` // "#" and the id of the field
	Attributes Attributes    `json:"attributes"`
}

// ErrorSummary lists what is to be put right, at the top of the page.
type ErrorSummary struct {
	TitleText        string        `json:"titleText"` // "There is a problem", in the language of the page, when nothing is said
	TitleHtml        template.HTML `json:"titleHtml"`
	DescriptionText  string        `json:"descriptionText"`
	DescriptionHtml  template.HTML `json:"descriptionHtml"`
	ErrorList        []ErrorItem   `json:"errorList"`
	DisableAutoFocus *bool         `json:"disableAutoFocus"`
	Classes          string        `json:"classes"`
	Attributes       Attributes    `json:"attributes"`
}

// HTML renders the summary.
func (e ErrorSummary) HTML() template.HTML { return render("error-summary", e) }

func (e ErrorSummary) speak(w Words) Component {
	e.TitleText = or(e.TitleText, w.Say("common.problem"))
	return e
}

// ExitThisPage leaves at once for a page that tells nothing.
type ExitThisPage struct {
	Text                  string        `json:"text"`
	Html                  template.HTML `json:"html"`
	RedirectURL           string        `json:"redirectUrl"`
	ID                    string        `json:"id"`
	ActivatedText         string        `json:"activatedText"`
	TimedOutText          string        `json:"timedOutText"`
	PressTwoMoreTimesText string        `json:"pressTwoMoreTimesText"`
	PressOneMoreTimeText  string        `json:"pressOneMoreTimeText"`
	Classes               string        `json:"classes"`
	Attributes            Attributes    `json:"attributes"`
}

// defaultExit is where the design system's own component goes.
const defaultExit = "https://www.bbc.co.uk/weather"

// HTML renders the way out.
func (e ExitThisPage) HTML() template.HTML { return render("exit-this-page", e) }

// Button is the button that leaves.
func (e ExitThisPage) Button() template.HTML {
	html := e.Html
	if html == "" && e.Text == "" {
		html = exitWords("Emergency", "Exit this page")
	}
	return Button{
		Text: e.Text, Html: html, Href: or(e.RedirectURL, defaultExit), Attributes: Attributes{"rel": "nofollow noreferrer"},
		Classes: "govuk-button--warning govuk-exit-this-page__button govuk-js-exit-this-page-button",
	}.HTML()
}

func exitWords(emergency, exit string) template.HTML {
	return `<span class="govuk-visually-hidden">` + content(emergency, "") + `</span> ` + content(exit, "")
}

func (e ExitThisPage) speak(w Words) Component {
	if e.Html == "" && e.Text == "" {
		e.Html = exitWords(w.Say("common.exit.emergency"), w.Say("common.exit"))
	}
	e.ActivatedText = or(e.ActivatedText, w.Say("common.exit.activated"))
	e.TimedOutText = or(e.TimedOutText, w.Say("common.exit.timedout"))
	e.PressTwoMoreTimesText = or(e.PressTwoMoreTimesText, w.Say("common.exit.two"))
	e.PressOneMoreTimeText = or(e.PressOneMoreTimeText, w.Say("common.exit.one"))
	return e
}
