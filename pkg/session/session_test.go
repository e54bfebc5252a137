package session_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/store/memstore"
)

// spy is a store that can be looked into, and be away.
type spy struct {
	session.Store
	puts map[string][]byte
	away error
}

func (s *spy) PutSession(ctx context.Context, digest string, sealed []byte, until time.Time) error {
	if s.away != nil {
		return s.away
	}
	s.puts[digest] = sealed
	return s.Store.PutSession(ctx, digest, sealed, until)
}

func (s *spy) ReplaceSession(ctx context.Context, digest string, sealed []byte, until time.Time) error {
	if s.away != nil {
		return s.away
	}
	s.puts[digest] = sealed
	return s.Store.ReplaceSession(ctx, digest, sealed, until)
}

func (s *spy) Session(ctx context.Context, digest string) ([]byte, error) {
	if s.away != nil {
		return nil, s.away
	}
	return s.Store.Session(ctx, digest)
}

// browser keeps one cookie.
type browser struct {
	t       *testing.T
	manager *session.Manager
	store   *spy
	now     time.Time
	cookie  *http.Cookie
}

func start(t *testing.T, change func(*session.Options)) *browser {
	t.Helper()
	b := &browser{t: t, now: time.Unix(1_800_000_000, 0)}
	clock := func() time.Time { return b.now }
	b.store = &spy{memstore.New(clock), map[string][]byte{}, nil}
	o := session.Options{Store: b.store, Key: bytes.Repeat([]byte{7}, 32), Now: clock, Rand: rand.Reader}
	if change != nil {
		change(&o)
	}
	var err error
	if b.manager, err = session.New(o); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://service.example/form", nil)
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	return r
}

func (b *browser) open() *session.Session {
	b.t.Helper()
	s, err := b.manager.Open(context.Background(), b.request())
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *browser) save(s *session.Session) {
	b.t.Helper()
	w := httptest.NewRecorder()
	if err := s.Save(context.Background(), w); err != nil {
		b.t.Fatal(err)
	}
	b.cookie = w.Result().Cookies()[0]
}

func (b *browser) keep(key, value string) *session.Session {
	b.t.Helper()
	s := b.open()
	if err := s.Keep(key, value); err != nil {
		b.t.Fatal(err)
	}
	b.save(s)
	return s
}

func TestKept(t *testing.T) {
	b := start(t, nil)
	b.keep("name", "Synthia Ashdown")
	if s := b.open(); s.Get("name") != "Synthia Ashdown" || s.Expired() {
		t.Errorf("%q, expired %t", s.Get("name"), s.Expired())
	}
	for digest, sealed := range b.store.puts {
		if bytes.Contains(sealed, []byte("Ashdown")) || strings.Contains(digest, b.cookie.Value) {
			t.Error("the store sees the session's name or what it holds")
		}
	}
	if fmt.Sprintf("%v %#v", b.open(), b.open()) != "[redacted] [redacted]" {
		t.Error("it prints what it holds")
	}
}

func TestCookie(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	if c := b.cookie; c.Name != "session" || c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	b = start(t, func(o *session.Options) { o.Secure = true })
	b.keep("a", "b")
	if c := b.cookie; c.Name != "__Host-session" || !c.Secure || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
}

func TestDoorsOfOneHost(t *testing.T) {
	b := start(t, nil)
	b.keep("who", "somebody")
	holder := b.cookie
	console := start(t, func(o *session.Options) { o.Name = "console" })
	console.store.Store = b.store.Store // one service has one store, and here one key
	console.keep("who", "staff")
	if console.cookie.Name != "console" {
		t.Errorf("cookie %+v", console.cookie)
	}
	console.cookie = &http.Cookie{Name: "console", Value: holder.Value}
	if s := console.open(); s.Get("who") != "" || !s.Expired() {
		t.Errorf("a session of another door is opened: %q", s.Get("who"))
	}
}

func TestItEnds(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	b.now = b.now.Add(20*time.Minute - time.Second)
	if b.open().Get("a") != "b" {
		t.Error("ended before its time")
	}
	b.now = b.now.Add(time.Second)
	if s := b.open(); s.Get("a") != "" || !s.Expired() {
		t.Error("goes on without use")
	}

	b = start(t, nil)
	b.keep("a", "b")
	for range 12 * 60 / 15 {
		b.now = b.now.Add(15 * time.Minute)
		if s := b.open(); s.Get("a") == "b" {
			b.save(s)
		}
	}
	if s := b.open(); s.Get("a") != "" || !s.Expired() {
		t.Error("goes on for ever with use")
	}
}

func TestRotate(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	planted, token := b.cookie, b.open().CSRF()
	s := b.open()
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	b.save(s)
	if b.cookie.Value == planted.Value || b.open().Get("a") != "b" || b.open().CSRF() == token {
		t.Error("the name or the form token is the old one, or what was kept is lost")
	}
	b.cookie = planted
	if s := b.open(); s.Get("a") != "" || !s.Expired() {
		t.Error("the old name still opens it")
	}
}

func TestEnd(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	w := httptest.NewRecorder()
	if err := b.open().End(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("cookies %+v", c)
	}
	if b.open().Get("a") != "" {
		t.Error("it goes on")
	}
}

func TestSavedAgainWhenTheStoreIsBack(t *testing.T) {
	b := start(t, nil)
	s := b.open()
	if err := s.Keep("a", "b"); err != nil {
		t.Fatal(err)
	}
	b.store.away = errors.New("away")
	if err := s.Save(context.Background(), httptest.NewRecorder()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("save: %v", err)
	}
	b.store.away = nil
	b.save(s)
	if b.open().Get("a") != "b" {
		t.Error("what was kept is lost")
	}
}

func TestWhatHasEndedStaysEnded(t *testing.T) {
	for name, end := range map[string]func(*browser, *session.Session) error{
		"signed out": func(b *browser, s *session.Session) error { return s.End(context.Background(), httptest.NewRecorder()) },
		"renamed": func(b *browser, s *session.Session) error {
			return errors.Join(s.Rotate(), s.Save(context.Background(), httptest.NewRecorder()))
		},
		"over": func(b *browser, _ *session.Session) error { b.now = b.now.Add(20 * time.Minute); return nil },
	} {
		b := start(t, nil)
		b.keep("who", "somebody")
		slow := b.open()
		if err := end(b, b.open()); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if err := slow.Save(context.Background(), w); fault.CodeOf(err) != session.CodeForm || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: a slow request saves it: %v, cookies %v", name, err, w.Result().Cookies())
		}
		if got := b.open().Get("who"); got != "" {
			t.Errorf("%s, and it is %q's again", name, got)
		}
	}
}

func TestStolenOrChanged(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	other := start(t, func(o *session.Options) { o.Key = bytes.Repeat([]byte{8}, 32) })
	other.store.Store, other.cookie = b.store.Store, b.cookie
	if other.open().Get("a") != "" {
		t.Error("another key opens it")
	}
	for digest, sealed := range b.store.puts {
		changed := bytes.Clone(sealed)
		changed[len(changed)-1] ^= 1
		if err := b.store.Store.PutSession(context.Background(), digest, changed, b.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if s := b.open(); s.Get("a") != "" || !s.Expired() {
		t.Error("a changed session is believed")
	}
}

func TestOneSessionIsNotPutForAnother(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "victim's")
	var theirs []byte
	for _, sealed := range b.store.puts {
		theirs = sealed
	}
	b.cookie, b.store.puts = nil, map[string][]byte{}
	b.keep("a", "mine")
	for digest := range b.store.puts {
		if err := b.store.Store.PutSession(context.Background(), digest, theirs, b.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.open().Get("a"); got != "" {
		t.Errorf("opened %q", got)
	}
}

func TestStoreAway(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	b.store.away = errors.New("away")
	if _, err := b.manager.Open(context.Background(), b.request()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("open: %v", err)
	}
	b.cookie = nil
	if err := b.open().Save(context.Background(), httptest.NewRecorder()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("save: %v", err)
	}
}

func TestTooMuch(t *testing.T) {
	b := start(t, nil)
	s := b.open()
	if err := s.Keep("a", strings.Repeat("x", 40<<10)); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(context.Background(), httptest.NewRecorder()); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("save: %v", err)
	}
}

func TestForms(t *testing.T) {
	b := start(t, nil)
	b.keep("a", "b")
	s := b.open()
	stranger := start(t, nil).open().CSRF()
	for name, c := range map[string]struct {
		token         string
		header, value string
		taken         bool
	}{
		"of this session":    {s.CSRF(), "", "", true},
		"same origin":        {s.CSRF(), "Sec-Fetch-Site", "same-origin", true},
		"origin of ours":     {s.CSRF(), "Origin", "http://service.example", true},
		"no token":           {"", "", "", false},
		"another's token":    {stranger, "", "", false},
		"another site":       {s.CSRF(), "Sec-Fetch-Site", "cross-site", false},
		"a sister site":      {s.CSRF(), "Sec-Fetch-Site", "same-site", false},
		"another origin":     {s.CSRF(), "Origin", "https://elsewhere.example", false},
		"an origin not said": {s.CSRF(), "Origin", "null", true}, // an older browser's form, of a page that said no-referrer
		"nor a token":        {"", "Origin", "null", false},
	} {
		r := b.request()
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		err := s.Check(r, url.Values{"_csrf": {c.token}})
		if (err == nil) != c.taken || (err != nil && fault.CodeOf(err) != session.CodeForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStash(t *testing.T) {
	b := start(t, nil)
	s := b.open()
	if err := s.Stash("/form", url.Values{"address": {"1 Synthetic Street"}, "_csrf": {"old"}}); err != nil {
		t.Fatal(err)
	}
	b.save(s)
	s = b.open()
	if err := s.Rotate(); err != nil {
		t.Fatal(err)
	}
	b.save(s)
	s = b.open()
	if s.Stashed() != "/form" {
		t.Errorf("stashed at %q", s.Stashed())
	}
	if _, ok := s.Unstash("/other"); ok {
		t.Error("given to another page")
	}
	form, ok := s.Unstash("/form")
	if !ok || form.Get("address") != "1 Synthetic Street" || form.Has("_csrf") {
		t.Errorf("%v %t", form, ok)
	}
	if _, ok := s.Unstash("/form"); ok {
		t.Error("given twice")
	}
	if err := s.Stash("/form", url.Values{}); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(30 * time.Minute)
	if _, ok := s.Unstash("/form"); ok || s.Stashed() != "" {
		t.Error("kept beyond its time")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := session.New(session.Options{Store: memstore.New(time.Now), Key: []byte("short"), Now: time.Now, Rand: rand.Reader}); err == nil {
		t.Error("a short key was taken")
	}
}
