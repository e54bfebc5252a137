package hostile_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"justice-wallet/conformance/wallet"
)

// markup are texts that would run, if a page took them for its own.
func markup() []string {
	return []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg onload=alert(1)>`, `</title><script>alert(1)</script>`,
		`javascript:alert(1)`, `{{.}}`, "\u2028<script>alert(1)</script>", `&lt;script&gt;`, `<a href="//evil.example">here</a>`, `${7*7}`,
	}
}

// tame says what a page does with what was sent: shown as text, or taken for the page's own.
func (w *browser) tame(sent string) string {
	root, err := html.Parse(strings.NewReader(w.page))
	if err != nil {
		return "no page: " + err.Error()
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "svg" || n.Data == "img" || n.Data == "iframe" || n.Data == "script" && n.FirstChild != nil {
			if strings.Contains(textWithin(n), "alert") || slices.ContainsFunc(n.Attr, hostileAttribute) {
				return "an element was made of it: " + n.Data
			}
		}
		if slices.ContainsFunc(n.Attr, hostileAttribute) {
			return "an attribute was made of it, of " + n.Data
		}
	}
	if strings.Contains(sent, "7*7") && strings.Contains(w.page, ">49<") {
		return "it was calculated"
	}
	return "shown as text"
}

// hostileAttribute holds for one that runs something, or leads where we lead nobody.
func hostileAttribute(a html.Attribute) bool {
	value := strings.ToLower(strings.TrimSpace(a.Val))
	leads := a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction"
	return strings.HasPrefix(a.Key, "on") || leads && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "//evil") || strings.HasPrefix(value, "https://evil"))
}

func textWithin(n *html.Node) string {
	out := ""
	for c := range n.Descendants() {
		out += c.Data
	}
	return out
}

// scripts are claims and fields with markup in them.
func scripts() []hostile {
	const from = "CWE-79; ui.Component escapes; html/template GO-2026-4603, -4865"
	var out []hostile
	field := func(name string, do func(b *bench) (show func(text string) *browser)) {
		for _, text := range markup() {
			out = append(out, hostile{name + ": " + text, func(b *bench) func() string {
				show := do(b)
				return func() string { b.mayWrite = true; return show(text).tame(text) }
			}, "shown as text", from})
		}
	}
	field("a name in a document, at the desk", func(b *bench) func(string) *browser {
		w := b.officer("council")
		w.get(b.VerifierURL+"/ask?purpose=council-housing").send(0, url.Values{"how": {"code"}})
		page := w.at.String()
		link := regexp.MustCompile(`(?s)<textarea[^>]*>([^<]+)</textarea>`).FindStringSubmatch(w.page)
		if link == nil {
			b.t.Fatalf("no link on the page: %s", w.page)
		}
		ask, err := b.wallet.ReadLink(b.ctx, strings.TrimSpace(strings.ReplaceAll(link[1], "&amp;", "&")), b.Roots(), true)
		if err != nil {
			b.t.Fatal(err)
		}
		return func(text string) *browser {
			b.answerForged(ask, text)
			return w.get(page)
		}
	})
	field("a number to search for, in the console", func(b *bench) func(string) *browser {
		w := b.staff("SYN_CASEWORKER")
		return func(text string) *browser { return w.issuer("/console").send(0, url.Values{"number": {text}}) }
	})
	field("a family name to search for, in the console", func(b *bench) func(string) *browser {
		w := b.staff("SYN_CASEWORKER")
		return func(text string) *browser {
			return w.issuer("/console").send(0, url.Values{"family": {text}, "born-day": {text}})
		}
	})
	field("an approval that is wrong, in the console", func(b *bench) func(string) *browser {
		w := b.found()
		w.get(w.link("Approvals")).get(w.link("Approve a place to live or a job"))
		return func(text string) *browser {
			return w.send(0, url.Values{"kind": {"WORK"}, "what": {text}, "phone": {text}})
		}
	})
	field("a receipt to look for, at the desk", func(b *bench) func(string) *browser {
		return func(text string) *browser {
			return b.browser().get(b.VerifierURL+"/receipts").send(0, url.Values{"receipt": {text}})
		}
	})
	field("a letter to check", func(b *bench) func(string) *browser {
		return func(text string) *browser {
			return b.browser().get(b.VerifierURL+"/letter/check").send(0, url.Values{"letter": {text}})
		}
	})
	field("an error that a sign-in came back with", func(b *bench) func(string) *browser {
		return func(text string) *browser {
			return b.browser().issuer("/sign-in/return?" + url.Values{"error": {text}, "error_description": {text}, "state": {text}}.Encode())
		}
	})
	field("an address that is not there", func(b *bench) func(string) *browser {
		return func(text string) *browser {
			return b.browser().issuer("/" + url.PathEscape(text) + "?q=" + url.QueryEscape(text))
		}
	})
	field("a language", func(b *bench) func(string) *browser {
		return func(text string) *browser { return b.browser().issuer("/?lang=" + url.QueryEscape(text)) }
	})
	return out
}

// answerForged answers with a document of the forge, whose family name is text.
func (b *bench) answerForged(ask *wallet.Ask, name string) {
	b.t.Helper()
	m := b.forge.mdoc()
	iso := "org.iso.23220.1"
	m.namespace = iso
	m.items = [][]byte{item(0, "family_name", text(name)), item(1, "given_name", text(name)), item(2, "birth_date", tag(1004, text("1990-01-01")))}
	response := mapping(text("version"), text("1.0"), text("documents"), array(deviceSigned(b.forge.holder, m.docType, m.issuerSigned(), ask.Transcript())), text("status"), number(0))
	form, err := b.wallet.Form(ask, wallet.Token{"prisonrelease-mdoc": {b64(response)}}, "")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, _, err := b.wallet.Post(b.ctx, ask.ResponseURI, form); err != nil {
		b.t.Fatal(err)
	}
}

// found is a caseworker's browser, at the page of a person.
func (b *bench) found() *browser {
	b.t.Helper()
	w := b.staff("SYN_CASEWORKER")
	w.issuer("/console").send(0, url.Values{"number": {person}, "wider": {""}})
	return w.get(w.link("Michael"))
}

// forms are those that change something, each with a browser that has it before it.
func forms() map[string]func(b *bench) (w *browser, to string, form url.Values) {
	of := func(w *browser, nth int, typed url.Values) (*browser, string, url.Values) {
		to, form := w.form(nth, typed)
		return w, to, form
	}
	return map[string]func(b *bench) (*browser, string, url.Values){
		"a person's sign-in": func(b *bench) (*browser, string, url.Values) { return of(b.browser().issuer("/sign-in"), 0, nil) },
		"a person's offer": func(b *bench) (*browser, string, url.Values) {
			w := b.person("alex")
			w.issuer("/documents")
			return of(w.get(w.link("See what it says")), 0, nil)
		},
		"a person's wish for a letter": func(b *bench) (*browser, string, url.Values) {
			w := b.person("quinton")
			return of(w.issuer("/letter"), 0, url.Values{"answer": {"x"}})
		},
		"staff's sign-in": func(b *bench) (*browser, string, url.Values) {
			return of(b.browser().issuer("/console/sign-in"), 0, nil)
		},
		"staff's search": func(b *bench) (*browser, string, url.Values) {
			return of(b.staff("SYN_CASEWORKER").issuer("/console"), 0, url.Values{"number": {person}, "wider": {""}})
		},
		"staff's ending": func(b *bench) (*browser, string, url.Values) {
			w := b.found()
			return of(w.get(w.link("End all documents of this person")), 0, url.Values{"reason": {"DEVICE_LOST"}})
		},
		"staff's approval": func(b *bench) (*browser, string, url.Values) {
			w := b.found()
			w.get(w.link("Approvals")).get(w.link("Approve a place to live or a job"))
			until := time.Now().AddDate(0, 3, 0)
			return of(w, 0, url.Values{"kind": {"WORK"}, "what": {"Synthetic Bakery, baker"}, "conditions": {"NONE"}, "phone": {"020 7946 0131"},
				"until-day": {until.Format("2")}, "until-month": {until.Format("1")}, "until-year": {until.Format("2006")}})
		},
		"an officer's purpose": func(b *bench) (*browser, string, url.Values) {
			return of(b.officer("council").get(b.VerifierURL+"/purpose"), 0, url.Values{"purpose": {"council-housing"}})
		},
		"an officer's question": func(b *bench) (*browser, string, url.Values) {
			return of(b.officer("council").get(b.VerifierURL+"/ask?purpose=council-housing"), 0, url.Values{"how": {"code"}})
		},
	}
}

// csrf are forms that another site has the browser send.
func csrf() []hostile {
	const from = "CWE-352; jans GHSA kin: a form of another site's, with the visitor's own cookie"
	var out []hostile
	for name, open := range forms() {
		for trick, bend := range map[string]func(b *bench, form url.Values) http.Header{
			"without its token":          func(_ *bench, f url.Values) http.Header { f.Del("_csrf"); return nil },
			"with an empty token":        func(_ *bench, f url.Values) http.Header { f.Set("_csrf", ""); return nil },
			"with another visit's token": func(b *bench, f url.Values) http.Header { f.Set("_csrf", rand.Text()+rand.Text()[:17]); return nil },
			"with a token that is cut":   func(_ *bench, f url.Values) http.Header { f.Set("_csrf", f.Get("_csrf")[:20]); return nil },
			"from another site":          func(*bench, url.Values) http.Header { return http.Header{"Sec-Fetch-Site": {"cross-site"}} },
			"from another host of ours":  func(*bench, url.Values) http.Header { return http.Header{"Sec-Fetch-Site": {"same-site"}} },
			"from another origin":        func(*bench, url.Values) http.Header { return http.Header{"Origin": {"https://evil.example"}} },
			"from an origin that is a lie": func(b *bench, _ url.Values) http.Header {
				return http.Header{"Origin": {b.IssuerURL + ".evil.example"}}
			},
			"as JSON": func(*bench, url.Values) http.Header { return http.Header{"Content-Type": {"application/json"}} },
			"as text": func(*bench, url.Values) http.Header { return http.Header{"Content-Type": {"text/plain"}} },
		} {
			out = append(out, hostile{name + ", " + trick, func(b *bench) func() string {
				w, to, form := open(b)
				header := bend(b, form)
				return func() string {
					w.still().open(http.MethodPost, to, header, form)
					if w.status == http.StatusSeeOther && strings.HasSuffix(w.location, w.at.Path+"?to=documents") || w.status/100 == 4 {
						return "refused"
					}
					return w.tell() + " " + w.location
				}
			}, "refused", from})
		}
	}
	return out
}

// fixation are sessions that somebody else has chosen, or kept.
func fixation() []hostile {
	const from = "CWE-384: a session that an attacker knows becomes somebody's"
	planted := func(name, cookie string, signIn func(b *bench, w *browser) *browser, host func(b *bench) string) hostile {
		return hostile{name + ": a planted session is not the one that signs in", func(b *bench) func() string {
			at, err := url.Parse(host(b))
			if err != nil {
				b.t.Fatal(err)
			}
			w, planted := b.browser(), rand.Text()+rand.Text()[:17]
			w.client.Jar.SetCookies(at, []*http.Cookie{{Name: cookie, Value: planted}})
			return func() string {
				signIn(b, w)
				for _, c := range w.client.Jar.Cookies(at) {
					if c.Name == cookie && c.Value == planted {
						return "it is kept"
					}
				}
				return "another name"
			}
		}, "another name", from}
	}
	rotated := func(name, cookie string, before, signIn func(b *bench, w *browser) *browser, host func(b *bench) string) hostile {
		return hostile{name + ": who saw the session before the sign-in has nothing after it", func(b *bench) func() string {
			at, err := url.Parse(host(b))
			if err != nil {
				b.t.Fatal(err)
			}
			w := b.browser()
			before(b, w)
			thief := b.browser()
			thief.client.Jar.SetCookies(at, w.client.Jar.Cookies(at))
			return func() string {
				signIn(b, w)
				inside := w.get(w.at.String()).page
				seen := thief.still().get(w.at.String())
				if seen.status == http.StatusOK && seen.page == inside {
					return "the thief is in"
				}
				return "nothing"
			}
		}, "nothing", from}
	}
	issuer, verifier := func(b *bench) string { return b.IssuerURL }, func(b *bench) string { return b.VerifierURL }
	person := func(b *bench, w *browser) *browser {
		return w.issuer("/sign-in").send(0, nil).send(0, url.Values{"account": {b.holderOf("alex").Subject}})
	}
	staff := func(b *bench, w *browser) *browser {
		return w.issuer("/console").send(0, nil).send(0, url.Values{"account": {"SYN_CASEWORKER"}})
	}
	officer := func(b *bench, w *browser) *browser {
		return w.get(b.VerifierURL+"/sign-in").send(0, url.Values{"account": {"SYN_council"}})
	}
	nobody := func(b *bench, w *browser) *browser { return w.issuer("/sign-in") }
	out := []hostile{
		planted("the person's pages", "session", person, issuer), planted("the console", "console", staff, issuer), planted("the desk", "desk", officer, verifier),
		rotated("the person's pages", "session", nobody, person, issuer),
		rotated("the console", "console", func(_ *bench, w *browser) *browser { return w.issuer("/console/sign-in") }, staff, issuer),
		{"a session that was signed out", func(b *bench) func() string {
			w := b.person("alex")
			thief := w.clone()
			w.issuer("/sign-out")
			return func() string { return thief.still().issuer("/documents").tell() }
		}, "OK: You were signed out", "CWE-613: a session that has ended"},
		{"a sign-in that another browser began", func(b *bench) func() string {
			attacker := b.browser()
			attacker.issuer("/sign-in").send(0, nil)
			to, form := attacker.form(0, url.Values{"account": {b.holderOf("alex").Subject}})
			back := returnOf(b, attacker, to, form)
			return func() string { return b.browser().still().get(back).tell() }
		}, "OK: Sign in again", "RFC 9700 §4.7: login CSRF, somebody is signed in as another"},
		{"a sign-in of the console that another browser began", func(b *bench) func() string {
			attacker := b.browser()
			attacker.issuer("/console").send(0, nil)
			to, form := attacker.form(0, url.Values{"account": {"SYN_CASEWORKER"}})
			back := returnOf(b, attacker, to, form)
			return func() string { return b.browser().get(back).tell() }
		}, "OK: Sign in", "RFC 9700 §4.7: login CSRF"},
		{"a code of one's own, with the other's state", func(b *bench) func() string {
			mine, theirs := b.browser(), b.browser()
			mine.issuer("/sign-in").send(0, nil)
			to, form := mine.form(0, url.Values{"account": {b.holderOf("alex").Subject}})
			code := query(b, returnOf(b, mine, to, form), "code")
			theirs.issuer("/sign-in").send(0, nil)
			to, form = theirs.form(0, url.Values{"account": {b.holderOf("bronwen").Subject}})
			state := query(b, returnOf(b, theirs, to, form), "state")
			return func() string {
				return theirs.still().issuer("/sign-in/return?" + url.Values{"code": {code}, "state": {state}}.Encode()).tell()
			}
		}, "OK: Sign in again", "RFC 9700 §4.5: code injection; PKCE and nonce hold"},
		{"the state twice", func(b *bench) func() string {
			w := b.browser()
			w.issuer("/sign-in").send(0, nil)
			to, form := w.form(0, url.Values{"account": {b.holderOf("alex").Subject}})
			back := returnOf(b, w, to, form)
			return func() string { return w.still().get(back + "&state=other&code=other").tell() }
		}, "OK: Sign in again", "RFC 6749 §3.1: no parameter twice"},
		{"another provider's iss", func(b *bench) func() string {
			w := b.browser()
			w.issuer("/console").send(0, nil)
			to, form := w.form(0, url.Values{"account": {"SYN_CASEWORKER"}})
			back := returnOf(b, w, to, form)
			return func() string {
				return w.get(strings.Replace(back, url.QueryEscape(b.HMPPS.Issuer()), url.QueryEscape("https://evil.example"), 1)).tell()
			}
		}, "OK: Sign in", "RFC 9207: mix-up"},
		{"the answer of another browser's check", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "same_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			other, err := b.Begin(b.ctx, "council", "council-housing", "same_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			other.ID = p.ID
			return func() string {
				_, status, err := other.Result(b.ctx, "")
				if err != nil {
					return err.Error()
				}
				return http.StatusText(status)
			}
		}, "Not Found", "OpenID4VP 1.0 §14.2: session fixation"},
		{"two cookies of one check", func(b *bench) func() string {
			p, err := b.Begin(b.ctx, "council", "council-housing", "cross_device", "")
			if err != nil {
				b.t.Fatal(err)
			}
			header := http.Header{"Cookie": {p.Cookie.Name + "=" + p.Cookie.Value + "; " + p.Cookie.Name + "=x"}}
			return func() string { return b.ask(http.MethodGet, b.VerifierURL+"/presentations/"+p.ID, header, "") }
		}, "404", "RFC 6265 §4.2.2: which of the two?"},
	}
	return out
}

func query(b *bench, address, name string) string {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Query().Get(name)
}
