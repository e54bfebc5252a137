package letter_test

import (
	"crypto/ecdsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"justice-wallet/keys"
	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/purpose"
)

var issued = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// release is a letter about a synthetic person.
func release() letter.Letter {
	const own = "uk.gov.justice.prisonrelease.1"
	return letter.Letter{
		Issuer: "https://issuer.wallet.service.justice.gov.uk", Kind: letter.Release, Code: "234567BCDFGH",
		Issued: issued, Expires: issued.Add(letter.Life),
		Status: credential.StatusRef{URI: "https://issuer.wallet.service.justice.gov.uk/t/AbCdEfGhIjKlMnOp", Index: 131071},
		Elements: []credential.Element{
			{Namespace: "org.iso.23220.1", Name: "family_name", Value: "O’Neill-Llŷr"},
			{Namespace: "org.iso.23220.1", Name: "given_name", Value: "Siân"},
			{Namespace: own, Name: "released", Value: true},
			{Namespace: own, Name: "release_date", Value: credential.Date{Year: 2026, Month: 11, Day: 2}},
		},
	}
}

func approval(name, subject string) letter.Letter {
	const own = "uk.gov.justice.probationapproval.1"
	l := release()
	l.Kind = letter.Approval
	l.Elements = []credential.Element{
		{Namespace: "org.iso.23220.1", Name: "family_name", Value: name},
		{Namespace: own, Name: "approval_type", Value: "ACCOMMODATION"},
		{Namespace: own, Name: "approved", Value: true},
		{Namespace: own, Name: "approval_subject", Value: subject},
		{Namespace: own, Name: "approved_on", Value: credential.Date{Year: 2026, Month: 11, Day: 2}},
		{Namespace: own, Name: "valid_until", Value: credential.Date{Year: 2027, Month: 5, Day: 2}},
	}
	return l
}

func newKey(t testing.TB) keys.Key {
	t.Helper()
	k, err := keys.NewKey(keys.PurposeLetter, issued)
	if err != nil {
		t.Fatal(err)
	}
	k.State = keys.StateActive
	return k
}

func seal(t testing.TB, l letter.Letter, k keys.Key) string {
	t.Helper()
	text, err := trySeal(l, k)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func trySeal(l letter.Letter, k keys.Key) (string, error) {
	d, err := letter.NewDraft(l, k.ID)
	if err != nil {
		return "", err
	}
	message, err := d.ToBeSigned()
	if err != nil {
		return "", err
	}
	signature, err := k.Sign(message)
	if err != nil {
		return "", err
	}
	return d.Seal(signature, k.Public())
}

func read(text string, pub *ecdsa.PublicKey) (letter.Letter, error) {
	token, err := letter.Parse(text)
	if err != nil {
		return letter.Letter{}, err
	}
	return token.Verify(pub)
}

func TestATokenSaysWhatTheLetterSays(t *testing.T) {
	k := newKey(t)
	for _, want := range []letter.Letter{release(), approval("Synthetic", "1 Example Street, Exampleton")} {
		text := seal(t, want, k)
		got, err := read(text, k.Public())
		if err != nil || fmt.Sprintf("%#v", plainly(got)) != fmt.Sprintf("%#v", plainly(want)) {
			t.Errorf("%v: read %#v", err, plainly(got))
		}
		token, err := letter.Parse(text)
		if err != nil || token.KeyID() != k.ID || token.Issuer() != want.Issuer {
			t.Errorf("%v: its key or issuer is another", err)
		}
	}
}

// plainly shows what a letter otherwise keeps to itself.
func plainly(l letter.Letter) any {
	values := map[string]any{}
	for _, e := range l.Elements {
		values[e.Namespace+"/"+e.Name] = fmt.Sprint(e.Value)
	}
	return []any{l.Issuer, l.Kind, l.Code, l.Issued, l.Expires, l.Status, values}
}

func TestEveryBitCounts(t *testing.T) {
	k := newKey(t)
	text := seal(t, release(), k)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		changed := append([]byte{}, raw...)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := read(base64.RawURLEncoding.EncodeToString(changed), k.Public()); err == nil {
			t.Fatalf("bit %d turned round: taken", i)
		}
	}
	for _, other := range []string{
		text + "A", text + "=", text[:len(text)-1], text[:40] + "\n" + text[40:], " " + text, "", strings.Repeat("A", letter.MaxText+1),
		base64.RawURLEncoding.EncodeToString(append(raw, 0)), base64.RawURLEncoding.EncodeToString(append([]byte{0xd2}, raw...)),
	} {
		if _, err := read(other, k.Public()); err == nil {
			t.Errorf("%d characters: taken", len(other))
		}
	}
	if _, err := read(text, newKey(t).Public()); !errors.Is(err, letter.ErrSignature) {
		t.Errorf("another key's: %v", err)
	}
}

// A signature over the same bytes as another kind of document is no letter, and no letter is another kind of document.
func TestNoOtherSignatureIsALetters(t *testing.T) {
	k := newKey(t)
	raw, err := base64.RawURLEncoding.DecodeString(seal(t, release(), k))
	if err != nil {
		t.Fatal(err)
	}
	token, err := cose.DecodeTyped(raw, letter.Type)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cose.Decode(raw); err == nil {
		t.Error("a letter was read as the COSE_Sign1 of an mdoc")
	}
	if _, err := cose.DecodeTyped(raw, "application/other+cose"); err == nil {
		t.Error("a letter was read as another type")
	}
	tbs, err := cose.ToBeSigned(token.Payload)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := k.Sign(tbs)
	if err != nil {
		t.Fatal(err)
	}
	token.Signature = signature
	forged, err := token.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(base64.RawURLEncoding.EncodeToString(forged), k.Public()); !errors.Is(err, letter.ErrSignature) {
		t.Errorf("a signature of another kind: %v", err)
	}
}

func TestWhatIsNotALetterIsNotSigned(t *testing.T) {
	with := func(change func(*letter.Letter)) letter.Letter {
		l := release()
		change(&l)
		return l
	}
	value := func(i int, v any) letter.Letter {
		return with(func(l *letter.Letter) { l.Elements[i].Value = v })
	}
	for name, l := range map[string]letter.Letter{
		"an element more": with(func(l *letter.Letter) {
			l.Elements = append(l.Elements, credential.Element{Name: "offence", Value: "x"})
		}),
		"an element less":       with(func(l *letter.Letter) { l.Elements = l.Elements[:3] }),
		"another namespace":     with(func(l *letter.Letter) { l.Elements[0].Namespace = "other" }),
		"another kind":          with(func(l *letter.Letter) { l.Kind = letter.Approval }),
		"no kind":               with(func(l *letter.Letter) { l.Kind = "" }),
		"a letter that says no": value(2, false),
		"a number for a name":   value(0, int64(7)),
		"a name of 151":         value(0, strings.Repeat("a", 151)),
		"a turned name":         value(0, "abc\u202egfe"),
		"a line break":          value(0, "a\nb"),
		"no such day":           value(3, credential.Date{Year: 2026, Month: 2, Day: 30}),
		"29 days":               with(func(l *letter.Letter) { l.Expires = l.Issued.Add(letter.Life + time.Second) }),
		"no time":               with(func(l *letter.Letter) { l.Expires = l.Issued }),
		"half a second":         with(func(l *letter.Letter) { l.Issued = l.Issued.Add(time.Second / 2) }),
		"a code with a vowel":   with(func(l *letter.Letter) { l.Code = "A34567BCDFGH" }),
		"a list that is no URL": with(func(l *letter.Letter) { l.Status.URI = "javascript:x" }),
		"a list with a query":   with(func(l *letter.Letter) { l.Status.URI += "?who=x" }),
		"a negative index":      with(func(l *letter.Letter) { l.Status.Index = -1 }),
	} {
		if _, err := letter.NewDraft(l, newKey(t).ID); err == nil {
			t.Errorf("%s: drafted", name)
		}
	}
	d, err := letter.NewDraft(release(), newKey(t).ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Seal(make([]byte, 64), newKey(t).Public()); err == nil {
		t.Error("sealed with a signature that is none")
	}
}

// The code prints legibly: at 60 mm across, quiet zone included, a module of version 25 is 0.48 mm.
func TestTheCodeFitsItsPlaceOnThePage(t *testing.T) {
	const page, width = "https://check.wallet.service.justice.gov.uk/letter", 60.0
	k := newKey(t)
	for name, l := range map[string]letter.Letter{
		"a release": release(), "a long name and address": approval(strings.Repeat("Llŷ", 33), strings.Repeat("Example Street, ", 13)),
	} {
		link, err := letter.Link(page, seal(t, l, k))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		q, err := qrcode.New(link, qrcode.Medium)
		if err != nil {
			t.Fatal(err)
		}
		module := width / float64(17+4*q.VersionNumber+8)
		t.Logf("%s: %d characters, version %d, %.2f mm", name, len(link), q.VersionNumber, module)
		if q.VersionNumber > 25 || module < 0.4 {
			t.Errorf("%s: version %d, modules of %.2f mm", name, q.VersionNumber, module)
		}
	}
	text, err := trySeal(approval(strings.Repeat("ŵ", 150), strings.Repeat("ŷ", 300)), k)
	if err == nil {
		_, err = letter.Link(page, text)
	}
	if !errors.Is(err, letter.ErrTooLong) {
		t.Errorf("more than a code can hold: %v", err)
	}
}

// What a kind of letter states, one purpose of the register may ask for, and the document can give.
func TestALetterStatesNoMoreThanAPurposeMayAsk(t *testing.T) {
	catalogue, err := document.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	register, err := purpose.Shipped(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range letter.Forms() {
		covered := false
		for _, o := range register.Organisations() {
			for _, p := range register.Of(o.Type) {
				covered = covered || covers(catalogue, p.ID, form)
			}
		}
		if !covered {
			t.Errorf("%s: no purpose may ask for all that it states", form.Kind)
		}
		if k := letter.KindsOf(form.Document); len(k) == 0 {
			t.Errorf("%s: not found by its document", form.Kind)
		}
	}
	if got := letter.KindsOf("uk.gov.justice.licence.1"); got != nil {
		t.Errorf("a licence as a letter: %v", got)
	}
}

func covers(catalogue *document.Catalogue, id string, form letter.Form) bool {
	d, ok := catalogue.ByType(form.Document)
	if !ok {
		return false
	}
	may := map[string]bool{}
	for _, e := range d.MayAsk(id) {
		may[e.Namespace+"/"+e.Name] = true
	}
	for _, e := range form.Elements {
		if !may[e.Namespace+"/"+e.Name] {
			return false
		}
	}
	return true
}

func TestALetterDoesNotPrintItself(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, release()); strings.Contains(got, "Neill") || strings.Contains(got, "234567") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestACodeIsReadInGroups(t *testing.T) {
	if got := letter.GroupCode("234567BCDFGH"); got != "2345 67BC DFGH" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	k := newKey(f)
	f.Add(seal(f, release(), k))
	f.Add(seal(f, approval("Synthetic", "1 Example Street"), k))
	bare, err := cbor.Encode([]any{[]byte{0xa0}, map[int]any{}, []byte{0xa0}, make([]byte, 64)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(base64.RawURLEncoding.EncodeToString(bare))
	f.Fuzz(func(t *testing.T, text string) {
		token, err := letter.Parse(text)
		if err != nil {
			return
		}
		if l, err := token.Verify(newKey(t).Public()); err == nil {
			t.Errorf("%v verified under a key that was just made", l.Kind)
		}
	})
}
