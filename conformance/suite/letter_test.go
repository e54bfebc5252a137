package suite_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	qrcode "github.com/skip2/go-qrcode"

	"justice-wallet/conformance/rig"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/seal"
	"justice-wallet/pkg/ui"
	"justice-wallet/pkg/ui/uitest"
)

var (
	choiceOnPage = regexp.MustCompile(`(?s)<input[^>]* type="radio"[^>]* value="([^"]+)"[^>]*>\s*<label[^>]*>(.*?)</label>`)
	imageOnPage  = regexp.MustCompile(`<img[^>]* src="([^"]+/code\.svg)"`)
	barOnCode    = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1H(\d+)z`)
)

// press is where the letters of a rig are printed and checked.
type press struct {
	t      *testing.T
	rig    *rig.Rig
	secret []byte
}

// links are what the codes of a person's letters that stand hold, by the store and the secret of the issuer.
func (d press) links(person string) (links []string) {
	d.t.Helper()
	mac := hmac.New(sha256.New, d.secret)
	mac.Write([]byte("justice-wallet letters"))
	box, err := seal.New(mac.Sum(nil), rand.Reader)
	if err != nil {
		d.t.Fatal(err)
	}
	all, err := d.rig.Store.CredentialsOf(context.Background(), person)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, c := range all {
		if c.Format != issuance.FormatLetter || !c.Revoked.IsZero() {
			continue
		}
		kept, err := d.rig.Store.Letter(context.Background(), c.ID)
		if err != nil {
			d.t.Fatal(err)
		}
		token, err := box.Open(c.ID, kept.Sealed)
		if err != nil {
			d.t.Fatal(err)
		}
		links = append(links, d.rig.VerifierURL+"/letter#"+string(token))
	}
	return links
}

// printed is the link of the letter on the officer's page. The code that is drawn there is that link's, module by module.
func (d press) printed(officer caseworker, person string) string {
	d.t.Helper()
	links := d.links(person)
	image := imageOnPage.FindStringSubmatch(officer.body)
	if len(links) != 1 || image == nil {
		d.t.Fatalf("%d letters stand; %s: %s", len(links), officer.url.Path, officer.text())
	}
	code, err := qrcode.New(links[0], qrcode.Medium)
	if err != nil {
		d.t.Fatal(err)
	}
	officer.at(image[1])
	drawn, want := map[string]bool{}, 0
	for _, bar := range barOnCode.FindAllStringSubmatch(officer.body, -1) {
		drawn[fmt.Sprint(bar[1], " ", bar[2], " ", bar[3])] = true
	}
	for y, row := range code.Bitmap() {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				want++
				if !drawn[fmt.Sprint(from, " ", y, " ", x-from)] {
					d.t.Fatal("the code that is printed is not the letter's")
				}
			}
		}
	}
	if want != len(drawn) {
		d.t.Fatal("the code that is printed says more than the letter's")
	}
	return links[0]
}

// says is what the page that checks letters says of a link, to somebody whose browser runs no script.
func (d press) says(link string, words ...string) {
	d.t.Helper()
	reader := visit(d.t, d.rig)
	reader.get(d.rig.VerifierURL+"/letter/check").send(0, url.Values{"letter": {link}}).sees(words...)
	uitest.CheckPage(d.t, []byte(reader.body), ui.English)
}

// TestALetterFromTheWishToTheReader: a person asks, the officer prints, a reader with any phone is told that it is genuine and
// valid; and once a new one is printed, that the earlier one no longer is.
func TestALetterFromTheWishToTheReader(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	log := &safeBuffer{}
	r := start(t, rig.Options{Pages: true, Assets: uitest.Assets(t), Log: log, Secret: secret})
	d := press{t, r, secret}
	person := "A0025SY"
	v := visit(t, r)
	v.signIn(holderAccount(t, "quinton"))
	v.at("/letter").sees("Which letter do you want?", "For a landlord or an employer")
	v.send(0, url.Values{"answer": {choice(v, "For a landlord")}}).sees("How should we print it?")
	v.send(0, url.Values{"answer": {"plain"}}).send(0, url.Values{"answer": {"post"}}).sees("Where should we send it?")
	v.send(0, url.Values{"line1": {"1 Synthetic Street"}, "town": {"Aberystwyth"}, "postcode": {"SY23 2AX"}}).sees("We have your request", "We will post it")
	waiting, err := r.Store.Wishes(context.Background(), issuance.LetterWish{}, 10)
	if err != nil || len(waiting) != 1 || bytes.Contains(waiting[0].Sealed, []byte("Synthetic Street")) {
		t.Fatalf("%d wishes wait (%v), or the store can read the address", len(waiting), err)
	}

	signedIn(t, r, "SYN_READER").at("/console/letters").sees("You cannot do this")
	signedIn(t, r, "SYN_WELSH").at("/console/letters").sees("No letter waits") // for that team
	officer := signedIn(t, r, "SYN_CASEWORKER")
	officer.allowed = append(officer.allowed, person, "X900025")
	officer.at("/console/letters").sees("Letters to print", "Synthia Quinton", "By post").send(0, nil)
	officer.sees("Letter from HM Prison and Probation Service", "Synthia", "Aberystwyth", "SY23 2AX")
	first := d.printed(officer, person)
	d.publish()
	d.says(first, "This letter is genuine and valid", "Quinton")
	officer.at("/console/letters").sees("No letter waits")

	officer.find(person).follow("Synthia").follow("Print a letter")
	officer.send(0, url.Values{"letter": {choice(officer.visitor, "For a landlord")}, "size": {"large"}, "language": {"en"}}).sees("Letter from HM Prison and Probation Service")
	second := d.printed(officer, person)
	d.publish()
	d.says(first, "This letter is no longer valid")
	d.says(second, "This letter is genuine and valid", "Quinton")
	uitest.Forbidden(t, log.String())
	if strings.Contains(log.String(), "Quinton") || strings.Contains(log.String(), "Synthetic Street") {
		t.Error("the log names the person")
	}
}

// choice is the value of the radio whose label begins with words.
func choice(v *visitor, words string) string {
	v.t.Helper()
	for _, m := range choiceOnPage.FindAllStringSubmatch(v.body, -1) {
		if strings.HasPrefix(strings.TrimSpace(m[2]), words) {
			return m[1]
		}
	}
	v.t.Fatalf("%s has no choice %q: %s", v.url.Path, words, v.text())
	return ""
}

func (d press) publish() {
	d.t.Helper()
	if err := d.rig.Issuer.Publish(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}
