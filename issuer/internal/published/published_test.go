package published_test

import (
	"context"
	"crypto"
	"errors"
	"maps"
	"testing"
	"time"

	"justice-wallet/issuer/internal/published"
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/statuslist"
)

const uri = "https://issuer.test/t/abc"

var start = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// world is an issuer of one list, which a test can spoil.
type world struct {
	t      *testing.T
	now    time.Time
	key    keys.Key
	body   string
	err    error
	asked  int
	reader *published.Reader
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := keys.NewKey(keys.PurposeStatusList, start)
	if err != nil {
		t.Fatal(err)
	}
	key.State = keys.StateActive
	w := &world{t: t, now: start, key: key}
	w.body = w.token("statuslist+jwt", nil)
	w.reader = published.New(published.Options{Prefix: "https://issuer.test/t/", Keys: w, Client: w, Now: func() time.Time { return w.now }})
	return w
}

func (w *world) Get(context.Context, string, string) (*fetch.Response, error) {
	w.asked++
	return &fetch.Response{Status: 200, Body: []byte(w.body)}, w.err
}

func (w *world) Key(context.Context, jose.Header) (crypto.PublicKey, error) {
	return w.key.Public(), nil
}

// token is a list of eight entries, of which the third has ended.
func (w *world) token(typ string, change map[string]any) string {
	w.t.Helper()
	list, err := statuslist.New(2, 8)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := list.Set(3, 1); err != nil {
		w.t.Fatal(err)
	}
	claim, err := list.EncodeToken()
	if err != nil {
		w.t.Fatal(err)
	}
	claims := map[string]any{"sub": uri, "iat": w.now.Unix(), "exp": w.now.Add(time.Hour).Unix(), "status_list": claim}
	maps.Copy(claims, change)
	token, err := jose.Sign(w.key.Sign, jose.Header{Algorithm: jose.ES256, Type: typ, KeyID: "k"}, claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) ended(index int) (bool, error) {
	return w.reader.Ended(w.t.Context(), credential.StatusRef{URI: uri, Index: index})
}

func TestEnded(t *testing.T) {
	w := newWorld(t)
	for index, want := range map[int]bool{2: false, 3: true} {
		if got, err := w.ended(index); err != nil || got != want {
			t.Errorf("entry %d: %v, %v", index, got, err)
		}
	}
	if w.asked != 1 {
		t.Errorf("one list was fetched %d times at once", w.asked)
	}
	w.now = start.Add(2 * time.Second)
	if _, err := w.ended(3); err != nil || w.asked != 2 {
		t.Errorf("an old list was looked at: %v", err)
	}
}

func TestAListThatIsNotToBeBelievedSaysNothing(t *testing.T) {
	for name, spoil := range map[string]func(*world){
		"away":           func(w *world) { w.err = errors.New("no route") },
		"another's list": func(w *world) { w.body = w.token("statuslist+jwt", map[string]any{"sub": uri + "d"}) },
		"expired":        func(w *world) { w.body = w.token("statuslist+jwt", map[string]any{"exp": start.Unix()}) },
		"another type":   func(w *world) { w.body = w.token("JWT", nil) },
		"no list":        func(w *world) { w.body = w.token("statuslist+jwt", map[string]any{"status_list": 1}) },
		"not a list": func(w *world) {
			w.body = w.token("statuslist+jwt", map[string]any{"status_list": map[string]any{"bits": 2, "lst": "x"}})
		},
		"changed on the way": func(w *world) { w.body = w.body[:len(w.body)-4] + "AAAA" },
	} {
		w := newWorld(t)
		spoil(w)
		if ended, err := w.ended(3); fault.KindOf(err) != fault.Unavailable || ended {
			t.Errorf("%s: %v, %v", name, ended, err)
		}
	}
	w := newWorld(t)
	if _, err := w.ended(8); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("an entry outside the list: %v", err)
	}
}

func TestOnlyOurListsAreFetched(t *testing.T) {
	w := newWorld(t)
	for _, other := range []string{"https://elsewhere.test/t/abc", "https://issuer.test/t/", "https://issuer.test/t/a/b", "https://issuer.test/t/a?b", "https://issuer.test/t/a#b"} {
		if _, err := w.reader.Ended(t.Context(), credential.StatusRef{URI: other}); err == nil || w.asked != 0 {
			t.Errorf("%s was fetched", other)
		}
	}
}
