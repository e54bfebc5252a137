package ui

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ShellOptions say whose pages these are.
type ShellOptions struct {
	Assets     *Assets
	Messages   *Messages
	ServiceKey string // of the message that names the service
	ServiceURL string // where the service starts
	MoJ        bool   // pages for staff: MoJ's styles too, and HMPPS in the place of GOV.UK
	Phase      string // "alpha" or "beta"; none when empty

	FormActions []string // origins, beside ours, that a form may lead to: the sign-in's
	FooterLinks []FooterKey
	ExitURL     string // where "exit this page" leads
}

// FooterKey is a link of the footer, in both languages.
type FooterKey struct{ Key, Href string }

// The links every service owes its readers.
func StandardFooter(accessibility, privacy, cookies string) []FooterKey {
	return []FooterKey{
		{"common.footer.accessibility", accessibility}, {"common.footer.privacy", privacy}, {"common.footer.cookies", cookies},
	}
}

// Shell is the frame of the pages of one service. Safe for concurrent use.
type Shell struct {
	options ShellOptions
	policy  string
}

// NewShell makes the frame. It refuses options that would make pages without a name, without styles, or with a hole in
// their policy.
func NewShell(o ShellOptions) (*Shell, error) {
	if o.Assets == nil || o.Messages == nil {
		return nil, errors.New("a shell needs assets and messages")
	}
	w := o.Messages.In(English)
	keys := []string{o.ServiceKey}
	if o.Phase != "" {
		keys = append(keys, "common.phase."+o.Phase)
	}
	for _, l := range o.FooterLinks {
		keys = append(keys, l.Key)
	}
	for _, key := range keys {
		if !w.Has(key) {
			return nil, fmt.Errorf("there is no message %q", key)
		}
	}
	actions := []string{"'self'"}
	for _, origin := range o.FormActions {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(origin, "*;, ") {
			return nil, fmt.Errorf("a form cannot lead to %q: give an origin", origin)
		}
		actions = append(actions, u.Scheme+"://"+u.Host)
	}
	return &Shell{options: o, policy: policy + strings.Join(actions, " ")}, nil
}

// policy is the Content-Security-Policy of every page but for the origins that forms may lead to. Nothing may be inline, and
// an address within the page may only be that of a picture: a QR code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action "

// NavItem leads to a part of the service.
type NavItem struct {
	Text, Href string
	Current    bool
}

// FieldError is what to put right, and the id of the field it is in; without a field it is about the page.
type FieldError struct{ Field, Text string }

// Errors is what to put right on a page.
type Errors []FieldError

// At is the message beside the field, or nil when there is none.
func (e Errors) At(field string) *ErrorMessage {
	for _, one := range e {
		if one.Field == field {
			return &ErrorMessage{Text: one.Text}
		}
	}
	return nil
}

// Page is one page. The zero value keeps it out of every cache.
type Page struct {
	Title        string // of the window; and the heading, unless the content has one
	Errors       Errors
	Back         string // where the back link leads; none when empty
	Content      []Component
	Wide         bool // the full width; two thirds otherwise
	ExitThisPage bool
	Refresh      int      // seconds after which a waiting page asks again
	Patient      bool     // without a script it does so only when the reader asks for that: see WCAG 2.2 SC 2.2.1
	Scripts      []string // names of our own scripts
	Nav          []NavItem
	SignOut      string // where signing out leads; none when empty
	LanguagePath string // the page to show in the other language; this one when empty
	Cacheable    bool   // nothing personal is on it
	Print        bool   // a page to be printed: nothing around it
}

// Words is what the service says to r.
func (s *Shell) Words(r *http.Request) Words { return s.options.Messages.In(LanguageOf(r)) }

// Write answers r with a page. It sets every header that a page needs, and remembers a language that was chosen.
func (s *Shell) Write(w http.ResponseWriter, r *http.Request, status int, p Page) error {
	words := s.Words(r)
	f, err := s.frame(r, words, p)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "page", f); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(words.Language()))
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Cache-Control", cacheControl(p.Cacheable))
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Add("Vary", "Cookie")
	remember(w, r)
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, err = w.Write(b.Bytes())
	}
	return err
}

// Redirect leads the reader on (303). A language that the address chose is remembered, as on a page; nothing keeps the answer.
func Redirect(w http.ResponseWriter, r *http.Request, to string) {
	remember(w, r)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// remember keeps the language that an address chose.
func remember(w http.ResponseWriter, r *http.Request) {
	if l, ok := chosen(r); ok {
		http.SetCookie(w, languageCookie(r, l))
	}
}

func cacheControl(cacheable bool) string {
	if cacheable {
		return "private, max-age=60"
	}
	return "no-store"
}

// languageCookie lasts a year and is no secret; it goes over plain HTTP only on this machine.
func languageCookie(r *http.Request, l Language) *http.Cookie {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	loopback := host == "localhost" || net.ParseIP(host).IsLoopback()
	return &http.Cookie{
		Name: languageName, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || !loopback,
	}
}

// frame is a page as the template takes it.
type frame struct {
	Page
	Language                                Language
	WindowTitle                             string
	Styles, Modules                         []string
	FaviconSVG, FaviconICO                  string
	Skip, Head, Navigation, Phase, BackLink template.HTML
	Exit, Summary, Heading, Inside, Footer  template.HTML
}

func (s *Shell) frame(r *http.Request, w Words, p Page) (*frame, error) {
	o, a := s.options, s.options.Assets
	service := w.Say(o.ServiceKey)
	f := &frame{Page: p, Language: w.Language(), WindowTitle: p.Title + " – " + service + " – " + w.Say(or(map[bool]string{true: "common.hmpps"}[o.MoJ], "common.govuk"))}
	f.Inside = w.Join(p.Content...)
	if !bytes.Contains([]byte(f.Inside), []byte("<h1")) {
		f.Heading = H1(p.Title).HTML()
	}
	if len(p.Errors) > 0 {
		f.WindowTitle = w.Say("common.error.title", "title", f.WindowTitle)
		f.Summary = w.Join(p.Errors.summary())
	}
	f.FaviconSVG, _ = a.URL("images/favicon.svg")
	f.FaviconICO, _ = a.URL("images/favicon.ico")
	if err := s.load(f); err != nil {
		return nil, err
	}
	f.Skip = SkipLink{Text: w.Say("common.skip"), Href: "#main-content"}.HTML()
	if p.Print {
		return f, nil
	}
	f.Head = s.head(w)
	f.Navigation = s.navigation(r, w, p)
	f.Phase = s.phase(w)
	if p.Back != "" {
		f.BackLink = w.Join(BackLink{Href: p.Back})
	}
	if p.ExitThisPage {
		f.Exit = w.Join(ExitThisPage{RedirectURL: o.ExitURL})
	}
	f.Footer = s.footer(w)
	return f, nil
}

// load lists the styles and scripts of a page. One that is not there is a mistake in the program.
func (s *Shell) load(f *frame) error {
	styles, modules := []string{govukCSS, ownCSS}, []string{pageJS}
	if s.options.MoJ {
		styles, modules = []string{govukCSS, mojCSS, ownCSS}, append(modules, consoleJS)
	}
	if f.Print {
		styles = append(styles, printCSS)
	}
	if f.Refresh > 0 && len(f.Scripts) == 0 {
		modules = append(modules, "refresh.js")
	}
	var err error
	if f.Styles, err = s.urls(styles); err != nil {
		return err
	}
	f.Modules, err = s.urls(append(modules, f.Scripts...))
	return err
}

func (s *Shell) urls(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		url, ok := s.options.Assets.URL(name)
		if !ok {
			return nil, fmt.Errorf("there is no asset %q", name)
		}
		out = append(out, url)
	}
	return out, nil
}

func (e Errors) summary() ErrorSummary {
	var out ErrorSummary
	for _, one := range e {
		out.ErrorList = append(out.ErrorList, ErrorItem{Text: one.Text, Href: when(one.Field != "", "#"+one.Field)})
	}
	return out
}

func (s *Shell) head(w Words) template.HTML {
	if s.options.MoJ {
		return GenericHeader{LogoText: w.Say("common.hmpps"), URL: s.options.ServiceURL}.HTML()
	}
	return Header{Logo: s.options.Assets.parts["logo"], HomepageURL: "https://www.gov.uk/"}.HTML()
}

func (s *Shell) navigation(r *http.Request, w Words, p Page) template.HTML {
	n := ServiceNavigation{ServiceName: w.Say(s.options.ServiceKey), ServiceURL: s.options.ServiceURL}
	for _, item := range p.Nav {
		n.Navigation = append(n.Navigation, ServiceNavigationItem{Text: item.Text, Href: item.Href, Current: item.Current})
	}
	if p.SignOut != "" {
		n.Navigation = append(n.Navigation, ServiceNavigationItem{Text: w.Say("common.signout"), Href: p.SignOut})
	}
	n.Slots.End = Slot{Html: w.Join(languages(r, w.Language(), p.LanguagePath)), Align: "inline"}
	return w.Join(n)
}

// languages leads to this page in the other language. It keeps what the address says, and asks again for the page, never
// for the effect, of a form.
func languages(r *http.Request, now Language, page string) LanguageNavigation {
	target := &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	if page != "" {
		if u, err := url.Parse(page); err == nil {
			target = u
		}
	}
	var out LanguageNavigation
	for _, l := range []struct {
		code Language
		name string
	}{{English, "English"}, {Cymraeg, "Cymraeg"}} {
		q := target.Query()
		q.Set(languageName, string(l.code))
		to := url.URL{Path: "/" + strings.TrimLeft(target.Path, `/\`), RawQuery: q.Encode()} // two slashes would lead to another host
		out.Items = append(out.Items, LanguageItem{
			Text: l.name, Lang: string(l.code), Current: l.code == now, Href: when(l.code != now, to.String()),
		})
	}
	return out
}

func (s *Shell) phase(w Words) template.HTML {
	if s.options.Phase == "" {
		return ""
	}
	return PhaseBanner{Tag: PhaseTag{Text: w.Say("common.phase." + s.options.Phase)}, Text: w.Say("common.phase.text")}.HTML()
}

func (s *Shell) footer(w Words) template.HTML {
	f := Footer{Crown: s.options.Assets.parts["crown"], LicenceLogo: s.options.Assets.parts["licence"]}
	if len(s.options.FooterLinks) > 0 {
		f.Meta = &FooterMeta{}
		for _, l := range s.options.FooterLinks {
			f.Meta.Items = append(f.Meta.Items, FooterLink{Text: w.Say(l.Key), Href: l.Href})
		}
	}
	return w.Join(f)
}
