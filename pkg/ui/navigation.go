package ui

import "html/template"

// SkipLink leads past what every page begins with.
type SkipLink struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Href       string        `json:"href"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// HTML renders the link.
func (s SkipLink) HTML() template.HTML { return render("skip-link", s) }

// BackLink leads to the page before.
type BackLink struct {
	Text       string        `json:"text"` // "Back", in the language of the page, when nothing is said
	Html       template.HTML `json:"html"`
	Href       string        `json:"href"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// HTML renders the link.
func (b BackLink) HTML() template.HTML { return render("back-link", b) }

func (b BackLink) speak(w Words) Component {
	b.Text = or(b.Text, w.Say("common.back"))
	return b
}

// Crumb is one page on the way to this one.
type Crumb struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Href       string        `json:"href"` // none for the page itself
	Attributes Attributes    `json:"attributes"`
}

// Breadcrumbs is the way to a page.
type Breadcrumbs struct {
	Items            []Crumb    `json:"items"`
	CollapseOnMobile bool       `json:"collapseOnMobile"`
	LabelText        string     `json:"labelText"` // "Breadcrumb", in the language of the page, when nothing is said
	Classes          string     `json:"classes"`
	Attributes       Attributes `json:"attributes"`
}

// HTML renders the way.
func (b Breadcrumbs) HTML() template.HTML { return render("breadcrumbs", b) }

func (b Breadcrumbs) speak(w Words) Component {
	b.LabelText = or(b.LabelText, w.Say("common.breadcrumb"))
	return b
}

// PhaseTag names the phase of a service.
type PhaseTag struct {
	Text    string        `json:"text"`
	Html    template.HTML `json:"html"`
	Classes string        `json:"classes"`
}

// PhaseBanner says that a service is young.
type PhaseBanner struct {
	Tag        PhaseTag      `json:"tag"`
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Classes    string        `json:"classes"`
	Attributes Attributes    `json:"attributes"`
}

// HTML renders the banner.
func (p PhaseBanner) HTML() template.HTML { return render("phase-banner", p) }

// TagHTML is the name of the phase.
func (p PhaseBanner) TagHTML() template.HTML {
	return Tag{Text: p.Tag.Text, Html: p.Tag.Html, Classes: classes("govuk-phase-banner__content__tag", p.Tag.Classes)}.HTML()
}

// GenericHeader is the head of the pages of an organisation.
type GenericHeader struct {
	LogoText         string        `json:"logoText"`
	LogoHtml         template.HTML `json:"logoHtml"`
	URL              string        `json:"url"`
	ContainerClasses string        `json:"containerClasses"`
	Classes          string        `json:"classes"`
	Attributes       Attributes    `json:"attributes"`
}

// HTML renders the head.
func (h GenericHeader) HTML() template.HTML { return h.named("govuk-generic") }

func (h GenericHeader) named(namespace string) template.HTML {
	h.ContainerClasses = or(h.ContainerClasses, "govuk-width-container")
	return render("header", struct {
		GenericHeader
		Namespace string
	}{h, namespace})
}

// Header is the head of the pages of GOV.UK.
type Header struct {
	Logo             template.HTML `json:"-"` // from the assets; the name in letters without it
	ProductName      string        `json:"productName"`
	HomepageURL      string        `json:"homepageUrl"`
	ContainerClasses string        `json:"containerClasses"`
	Classes          string        `json:"classes"`
	Attributes       Attributes    `json:"attributes"`
}

// HTML renders the head.
func (h Header) HTML() template.HTML {
	return GenericHeader{
		LogoHtml: render("govuk-logo", h), URL: or(h.HomepageURL, "//gov.uk"), ContainerClasses: h.ContainerClasses,
		Classes: h.Classes, Attributes: h.Attributes,
	}.named("govuk")
}

// ServiceNavigationItem leads to a part of the service.
type ServiceNavigationItem struct {
	Text       string        `json:"text"`
	Html       template.HTML `json:"html"`
	Href       string        `json:"href"`
	Current    bool          `json:"current"` // this page
	Active     bool          `json:"active"`  // the part this page is in
	Attributes Attributes    `json:"attributes"`
}

// Marked says whether the item is where we are.
func (i ServiceNavigationItem) Marked() bool { return i.Active || i.Current }

// Slot is a place for what the design system does not foresee.
type Slot struct {
	Html  template.HTML `json:"html"`
	Align string        `json:"align"` // "inline"
}

// Slots are the places for what the design system does not foresee.
type Slots struct {
	Start           template.HTML `json:"start"`
	End             Slot          `json:"end"`
	NavigationStart template.HTML `json:"navigationStart"`
	NavigationEnd   template.HTML `json:"navigationEnd"`
}

// ServiceNavigation names the service and leads to its parts.
type ServiceNavigation struct {
	ServiceName                string                  `json:"serviceName"`
	ServiceURL                 string                  `json:"serviceUrl"`
	Navigation                 []ServiceNavigationItem `json:"navigation"`
	NavigationID               string                  `json:"navigationId"`
	NavigationClasses          string                  `json:"navigationClasses"`
	NavigationLabel            string                  `json:"navigationLabel"`
	CollapseNavigationOnMobile *bool                   `json:"collapseNavigationOnMobile"`
	MenuButtonText             string                  `json:"menuButtonText"`
	MenuButtonLabel            string                  `json:"menuButtonLabel"`
	AriaLabel                  string                  `json:"ariaLabel"`
	Slots                      Slots                   `json:"slots"`
	Classes                    string                  `json:"classes"`
	Attributes                 Attributes              `json:"attributes"`
}

// HTML renders the name and the parts.
func (s ServiceNavigation) HTML() template.HTML {
	s.MenuButtonText = or(s.MenuButtonText, "Menu")
	s.NavigationID = or(s.NavigationID, "navigation")
	s.NavigationLabel = or(s.NavigationLabel, s.MenuButtonText)
	s.AriaLabel = or(s.AriaLabel, "Service information")
	return render("service-navigation", s)
}

// Landmark says whether there is more than a list of parts.
func (s ServiceNavigation) Landmark() bool {
	return s.ServiceName != "" || s.Slots.Start != "" || s.Slots.End.Html != ""
}

func (s ServiceNavigation) parts() int {
	n := 0
	for _, item := range s.Navigation {
		if given(item) {
			n++
		}
	}
	return n
}

// Listed says whether there is a list of parts.
func (s ServiceNavigation) Listed() bool {
	return s.parts() > 0 || s.Slots.NavigationStart != "" || s.Slots.NavigationEnd != ""
}

// Collapses says whether the list hides behind a button on a phone.
func (s ServiceNavigation) Collapses() bool {
	return picked(s.CollapseNavigationOnMobile, s.parts() > 1)
}

// ToggleLabel is what is read out for the button, when it differs from what it shows.
func (s ServiceNavigation) ToggleLabel() string {
	return when(s.MenuButtonLabel != s.MenuButtonText, s.MenuButtonLabel)
}

func (s ServiceNavigation) speak(w Words) Component {
	s.MenuButtonText = or(s.MenuButtonText, w.Say("common.menu"))
	s.AriaLabel = or(s.AriaLabel, w.Say("common.service"))
	return s
}

// LanguageItem is one language a page can be read in.
type LanguageItem struct {
	Text                    string        `json:"text"`
	Html                    template.HTML `json:"html"`
	Href                    string        `json:"href"` // none for the language of this page
	Lang                    string        `json:"lang"`
	HrefLang                string        `json:"hrefLang"`
	Dir                     string        `json:"dir"`
	Current                 bool          `json:"current"`
	LanguageDescriptionText string        `json:"languageDescriptionText"`
	Classes                 string        `json:"classes"`
	Attributes              Attributes    `json:"attributes"`
}

// Here says whether this is the language of the page.
func (i LanguageItem) Here() bool { return i.Current || i.Href == "" }

// LanguageNavigation leads to the same page in another language.
type LanguageNavigation struct {
	Items      []LanguageItem `json:"items"`
	AriaLabel  string         `json:"ariaLabel"` // "Language", in the language of the page, when nothing is said
	Classes    string         `json:"classes"`
	Attributes Attributes     `json:"attributes"`
}

// HTML renders the languages.
func (l LanguageNavigation) HTML() template.HTML {
	l.AriaLabel = or(l.AriaLabel, "Language")
	return render("language-navigation", l)
}

func (l LanguageNavigation) speak(w Words) Component {
	l.AriaLabel = or(l.AriaLabel, w.Say("common.language"))
	return l
}

// FooterLink leads to what every page must offer.
type FooterLink struct {
	Text       string     `json:"text"`
	Href       string     `json:"href"`
	Attributes Attributes `json:"attributes"`
}

// FooterMeta is the last line of every page.
type FooterMeta struct {
	VisuallyHiddenTitle string        `json:"visuallyHiddenTitle"`
	Items               []FooterLink  `json:"items"`
	Text                string        `json:"text"`
	Html                template.HTML `json:"html"`
}

// FooterSection is a group of links.
type FooterSection struct {
	Title   string       `json:"title"`
	Width   string       `json:"width"`
	Columns int          `json:"columns"`
	Items   []FooterLink `json:"items"`
}

// Licence says under which terms the words may be used.
type Licence struct {
	Text string        `json:"text"`
	Html template.HTML `json:"html"`
}

// Footer is the end of every page.
type Footer struct {
	Crown            template.HTML   `json:"-"` // from the assets
	LicenceLogo      template.HTML   `json:"-"` // from the assets
	Meta             *FooterMeta     `json:"meta"`
	Navigation       []FooterSection `json:"navigation"`
	ContentLicence   Licence         `json:"contentLicence"`
	NoLicence        bool            `json:"noLicence"`
	Copyright        Licence         `json:"copyright"`
	ContainerClasses string          `json:"containerClasses"`
	Classes          string          `json:"classes"`
	Attributes       Attributes      `json:"attributes"`
}

const licenceURL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

func licenceLink(name string) template.HTML {
	return `<a class="govuk-footer__link" href="` + licenceURL + `" rel="license">` + content(name, "") + `</a>`
}

// HTML renders the end of the page.
func (f Footer) HTML() template.HTML {
	if f.ContentLicence == (Licence{}) {
		f.ContentLicence.Html = "All content is available under the " + licenceLink("Open Government Licence v3.0") + ", except where otherwise stated"
	}
	if f.Copyright == (Licence{}) {
		f.Copyright.Text = "© Crown copyright"
	}
	return render("footer", f)
}

func (f Footer) speak(w Words) Component {
	if f.ContentLicence == (Licence{}) {
		f.ContentLicence.Html = w.HTML("common.footer.licence", "licence", licenceLink(w.Say("common.footer.licence.name")))
	}
	if f.Copyright == (Licence{}) {
		f.Copyright.Text = w.Say("common.footer.copyright")
	}
	if f.Meta != nil {
		meta := *f.Meta
		meta.VisuallyHiddenTitle = or(meta.VisuallyHiddenTitle, w.Say("common.footer"))
		f.Meta = &meta
	}
	return f
}
