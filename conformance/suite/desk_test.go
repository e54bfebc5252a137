package suite_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

// officer is somebody at an organisation's desk: a browser without scripts.
type officer struct {
	*desk
	http *http.Client
	at   *url.URL
	page string
}

func (d *desk) officer(organisation string) *officer {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	o := &officer{desk: d, http: &http.Client{Jar: jar}}
	o.get(d.VerifierURL + "/sign-in")
	return o.post("account", "SYN_"+organisation)
}

func (o *officer) get(address string) *officer {
	o.t.Helper()
	response, err := o.http.Get(address)
	return o.read(response, err)
}

var (
	formAction  = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	linkBox     = regexp.MustCompile(`(?s)<textarea[^>]*>([^<]+)</textarea>`)
)

// post sends the first form of the page.
func (o *officer) post(name, value string) *officer {
	o.t.Helper()
	form, action := url.Values{name: {value}}, formAction.FindStringSubmatch(o.page)
	if action == nil {
		o.t.Fatalf("%s has no form: %s", o.at, o.page)
	}
	for _, m := range hiddenField.FindAllStringSubmatch(o.page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	to, err := o.at.Parse(html.UnescapeString(action[1]))
	if err != nil {
		o.t.Fatal(err)
	}
	response, err := o.http.PostForm(to.String(), form)
	return o.read(response, err)
}

func (o *officer) read(response *http.Response, err error) *officer {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	o.at, o.page = response.Request.URL, string(body)
	if strings.HasPrefix(o.at.String(), o.VerifierURL) {
		uitest.CheckPage(o.t, body, ui.English)
	}
	return o
}

func (o *officer) sees(texts ...string) *officer {
	o.t.Helper()
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(o.page), text) {
			o.t.Errorf("%s does not say %q: %s", o.at, text, o.page)
		}
	}
	return o
}

// answeredBy has the wallet answer what the page that waits asks for, and returns where the wallet sends the browser.
func (o *officer) answeredBy(w *wallet.Wallet, link string, held ...*wallet.Held) string {
	o.t.Helper()
	ask, err := w.ReadLink(context.Background(), link, o.Roots(), true)
	if err != nil {
		o.t.Fatal(err)
	}
	_, body := o.desk.post(ask, o.answer(w, ask, "", held...))
	to, _ := body["redirect_uri"].(string) // none across devices
	return to
}

// TestTheDesk walks from the sign-in of a council to the result, with a wallet that holds a real document: valid, then ended,
// across devices and on one.
func TestTheDesk(t *testing.T) {
	d := newDesk(t, rig.Options{Pages: true, Assets: uitest.Assets(t)})
	o := d.officer("council").sees("Why do you need to check?")
	for _, step := range []struct{ heading, how string }{
		{"This document is genuine and valid", "code"}, {"This document is genuine and valid", "here"},
		{"This document is no longer valid", "code"}, {"This document is no longer valid", "here"},
	} {
		if strings.Contains(step.heading, "no longer") {
			if _, err := d.Revoke(context.Background(), person, "RECALLED_STANDARD"); err != nil { // again changes nothing
				t.Fatal(err)
			}
		}
		o.get(d.VerifierURL+"/ask?purpose=council-housing").post("how", step.how)
		page := o.at.String()
		link := html.UnescapeString(regexp.MustCompile(`href="([^"]*request_uri=[^"]*)"`).FindString(o.page))
		if step.how == "code" {
			link = strings.TrimSpace(html.UnescapeString(linkBox.FindStringSubmatch(o.page)[1]))
		} else {
			link = strings.TrimSuffix(strings.TrimPrefix(link, `href="`), `"`)
		}
		if back := o.answeredBy(d.wallet, link, d.mdoc); step.how == "here" {
			o.get(page).sees("We are waiting for the phone.") // the wallet has not brought the browser back
			page = back
		}
		o.get(page).sees(step.heading, "Receipt:")
		if strings.Contains(o.page, "Michael") != strings.HasSuffix(step.heading, "genuine and valid") || strings.Contains(o.at.String(), "response_code") {
			t.Errorf("%s: %s", o.at, o.page)
		}
		o.get(o.at.String()).sees(step.heading)
	}
}

func TestAnOrganisationThatTheDeskDoesNotKnow(t *testing.T) {
	d := newDesk(t, rig.Options{Pages: true, Assets: uitest.Assets(t)})
	d.officer("unknown").sees("Your organisation cannot use this service yet")
	d.officer("police").sees("You cannot ask for this")
}
