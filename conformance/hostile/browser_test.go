package hostile_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"justice-wallet/conformance/onelogin"
)

// browser is a person's: it keeps cookies, follows where it is led, and runs no script.
type browser struct {
	b        *bench
	client   *http.Client
	at       *url.URL
	page     string
	status   int
	location string // where it would be led, if it is still
}

func (b *bench) browser() *browser {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &browser{b: b, client: &http.Client{Jar: jar}}
}

// open goes to an address with a browser's headers, and those of more.
func (w *browser) open(method, address string, more http.Header, form url.Values) *browser {
	w.b.t.Helper()
	request, err := http.NewRequestWithContext(w.b.ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.b.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range more {
		request.Header[name] = values
	}
	w.b.note(request.URL.RawQuery, form.Encode())
	response, err := w.client.Do(request)
	if err != nil {
		w.b.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		w.b.t.Fatal(err)
	}
	w.at, w.page, w.status, w.location = response.Request.URL, string(page), response.StatusCode, response.Header.Get("Location")
	return w
}

func (w *browser) get(address string) *browser {
	w.b.t.Helper()
	return w.open(http.MethodGet, address, nil, nil)
}

// issuer goes to a page of the issuer.
func (w *browser) issuer(path string) *browser { w.b.t.Helper(); return w.get(w.b.IssuerURL + path) }

var (
	formOnPage  = regexp.MustCompile(`(?s)<form[^>]* action="([^"]+)".*?</form>`)
	fieldOnPage = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	linkOnPage  = regexp.MustCompile(`(?s)<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>`)
	tagOnPage   = regexp.MustCompile(`<[^>]*>`)
)

// form is the nth form of the page, filled in: where it goes and what it says.
func (w *browser) form(nth int, typed url.Values) (string, url.Values) {
	w.b.t.Helper()
	forms := formOnPage.FindAllStringSubmatch(w.page, -1)
	if len(forms) <= nth {
		w.b.t.Fatalf("%s has no form %d: %d %s", w.at, nth, w.status, w.page)
	}
	values := url.Values{}
	for _, f := range fieldOnPage.FindAllStringSubmatch(forms[nth][0], -1) {
		values.Set(f[1], html.UnescapeString(f[2]))
	}
	for name, v := range typed {
		values[name] = v
	}
	to, err := w.at.Parse(html.UnescapeString(forms[nth][1]))
	if err != nil {
		w.b.t.Fatal(err)
	}
	return to.String(), values
}

// send sends the nth form of the page, filled in.
func (w *browser) send(nth int, typed url.Values) *browser {
	w.b.t.Helper()
	to, values := w.form(nth, typed)
	return w.open(http.MethodPost, to, nil, values)
}

// link is where the first link with those words leads.
func (w *browser) link(words string) string {
	w.b.t.Helper()
	for _, m := range linkOnPage.FindAllStringSubmatch(w.page, -1) {
		said := strings.Join(strings.Fields(html.UnescapeString(tagOnPage.ReplaceAllString(m[2], " "))), " ")
		if strings.HasPrefix(said, words) {
			to, err := w.at.Parse(html.UnescapeString(m[1]))
			if err != nil {
				w.b.t.Fatal(err)
			}
			return to.String()
		}
	}
	w.b.t.Fatalf("%s has no link %q: %d %s", w.at, words, w.status, w.page)
	return ""
}

// holderOf is the synthetic account whose address begins with word.
func (b *bench) holderOf(word string) onelogin.Account {
	b.t.Helper()
	all := onelogin.SyntheticAccounts()
	i := slices.IndexFunc(all, func(a onelogin.Account) bool { return strings.HasPrefix(a.Email, word+"@") })
	if i < 0 {
		b.t.Fatalf("no account %q", word)
	}
	return all[i]
}

// person is a browser whose person has signed in, at the page of their documents.
func (b *bench) person(word string) *browser {
	b.t.Helper()
	w := b.browser()
	w.issuer("/sign-in").send(0, nil).send(0, url.Values{"account": {b.holderOf(word).Subject}})
	return w
}

// staff is a browser of a member of staff who has signed in.
func (b *bench) staff(username string) *browser {
	b.t.Helper()
	w := b.browser()
	w.issuer("/console").send(0, nil).send(0, url.Values{"account": {username}})
	return w
}

// officer is a browser of somebody of an organisation, signed in at the desk.
func (b *bench) officer(organisation string) *browser {
	b.t.Helper()
	w := b.browser()
	w.get(b.VerifierURL+"/sign-in").send(0, url.Values{"account": {"SYN_" + organisation}})
	return w
}

// clone is another browser that has the cookies of the issuer: what a thief would have.
func (w *browser) clone() *browser {
	w.b.t.Helper()
	at, err := url.Parse(w.b.IssuerURL)
	if err != nil {
		w.b.t.Fatal(err)
	}
	twin := w.b.browser()
	twin.client.Jar.SetCookies(at, w.client.Jar.Cookies(at))
	return twin
}

// still makes the browser stay where it is led from.
func (w *browser) still() *browser {
	w.client = &http.Client{Jar: w.client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w
}

// tell is how a page answered: its status and its first heading.
func (w *browser) tell() string {
	heading := regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`).FindStringSubmatch(w.page)
	said := ""
	if heading != nil {
		said = strings.Join(strings.Fields(html.UnescapeString(tagOnPage.ReplaceAllString(heading[1], " "))), " ")
	}
	return strings.TrimSpace(http.StatusText(w.status) + ": " + said)
}
