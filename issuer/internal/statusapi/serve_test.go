package statusapi_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/statuslist"
)

// get calls a handler as the server does; header is pairs of name and value.
func (r *rig) get(t *testing.T, url string, header ...string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	c.Request = httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i < len(header); i += 2 {
		c.Request.Header.Set(header[i], header[i+1])
	}
	kind, id, _ := strings.Cut(strings.Trim(c.Request.URL.Path, "/"), "/")
	c.Params = gin.Params{{Key: "id", Value: id}}
	handler := r.GetToken
	if kind == "b" {
		handler = r.GetBitstring
	}
	err := handler(c)
	c.Writer.WriteHeaderNow()
	return w, err
}

func (r *rig) mustGet(t *testing.T, url string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	w, err := r.get(t, url, header...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func publishedRig(t *testing.T) (*rig, credential.StatusRef) {
	t.Helper()
	r := newRig(t)
	ref := r.allocate(t, "o")
	r.publish(t)
	return r, ref
}

func TestListsAreServed(t *testing.T) {
	r, ref := publishedRig(t)
	p := r.published(t, ref)
	for _, c := range []struct{ url, mediaType, body string }{
		{ref.URI, "application/statuslist+jwt", p.Token},
		{ref.Bitstring, "application/vc+jwt", p.Bitstring},
		{ref.URI + "?time=1&id=unknown", "application/statuslist+jwt", p.Token},
	} {
		w := r.mustGet(t, c.url)
		if w.Code != http.StatusOK || w.Body.String() != c.body {
			t.Errorf("%s: %d, not the publication", c.url, w.Code)
		}
		for name, want := range map[string]string{
			"Content-Type":                c.mediaType,
			"Last-Modified":               "Mon, 02 Mar 2026 09:30:00 GMT",
			"Cache-Control":               "public, max-age=900",
			"Access-Control-Allow-Origin": "*",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.url, name, got, want)
			}
		}
	}
}

// Whoever does not say gets the JWT; whoever puts the CWT first gets that, under a tag of its own.
func TestTheFormThatIsAskedFor(t *testing.T) {
	r, ref := publishedRig(t)
	p := r.published(t, ref)
	const jwt, cwt = "application/statuslist+jwt", "application/statuslist+cwt"
	for accept, want := range map[string]string{
		"":                            jwt,
		"*/*":                         jwt,
		"application/*":               jwt,
		jwt:                           jwt,
		cwt:                           cwt,
		cwt + ", " + jwt:              jwt,
		cwt + "," + jwt + ";q=0.9":    cwt,
		jwt + "," + cwt + ";q=0.9":    jwt,
		cwt + ", */*;q=0.1":           cwt,
		cwt + ";q=0":                  jwt,
		cwt + ";q=0, */*":             jwt,
		cwt + ";q=NaN":                jwt,
		cwt + ";q=2":                  jwt,
		cwt + ";q=x":                  jwt,
		"Application/StatusList+CWT":  cwt,
		"text/html":                   jwt,
		"/, ;;;, " + cwt:              cwt,
		strings.Repeat("a/b,", 99999): jwt,
	} {
		w := r.mustGet(t, ref.URI, "Accept", accept)
		body := map[string]string{jwt: p.Token, cwt: string(p.CWT)}[want]
		if got := w.Header().Get("Content-Type"); got != want || w.Body.String() != body || w.Header().Get("Vary") != "Accept" {
			t.Errorf("%.60q: %s, want %s; Vary %q", accept, got, want, w.Header().Get("Vary"))
		}
	}
	tag := r.mustGet(t, ref.URI, "Accept", cwt).Header().Get("ETag")
	if w := r.mustGet(t, ref.URI, "Accept", cwt, "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("its own tag: %d", w.Code)
	}
	if w := r.mustGet(t, ref.URI, "Accept", jwt, "If-None-Match", tag); w.Code != http.StatusOK {
		t.Errorf("the tag of the other form: %d", w.Code)
	}
	if w := r.mustGet(t, ref.Bitstring, "Accept", cwt); w.Header().Get("Content-Type") != "application/vc+jwt" {
		t.Errorf("the bitstring: %s", w.Header().Get("Content-Type"))
	}
}

func TestACallerWhoHasTheListIsToldSo(t *testing.T) {
	r, ref := publishedRig(t)
	tag := r.mustGet(t, ref.URI).Header().Get("ETag")
	for _, header := range [][]string{
		{"If-None-Match", tag},
		{"If-None-Match", `"other", ` + tag},
		{"If-Modified-Since", "Mon, 02 Mar 2026 09:30:00 GMT"},
	} {
		w := r.mustGet(t, ref.URI, header...)
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("Cache-Control") == "" {
			t.Errorf("%q: %d with %d bytes", header, w.Code, w.Body.Len())
		}
	}
	r.revoke(t, ref)
	r.set(start.Add(time.Second))
	r.publish(t)
	w := r.mustGet(t, ref.URI, "If-None-Match", tag)
	if w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
		t.Errorf("a changed list: %d, ETag %s", w.Code, w.Header().Get("ETag"))
	}
}

func TestAListMayBeKeptForWhatIsLeftOfItsTimeToLive(t *testing.T) {
	r, ref := publishedRig(t)
	for after, want := range map[time.Duration]string{
		time.Minute:                       "public, max-age=840",
		14*time.Minute + 59*time.Second/2: "public, max-age=30",
		15 * time.Minute:                  "public, max-age=0",
		50 * time.Minute:                  "public, max-age=0",
	} {
		r.set(start.Add(after))
		if got := r.mustGet(t, ref.URI).Header().Get("Cache-Control"); got != want {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
}

func TestAnExpiredListIsNeverServed(t *testing.T) {
	r, ref := publishedRig(t)
	r.set(start.Add(time.Hour - time.Second))
	r.mustGet(t, ref.URI)
	r.set(start.Add(time.Hour))
	for _, url := range []string{ref.URI, ref.Bitstring} {
		w, err := r.get(t, url)
		wantKind(t, err, fault.Unavailable)
		if w.Body.Len() != 0 || w.Header().Get("ETag") != "" {
			t.Errorf("%s: something was written", url)
		}
	}
}

func TestUnknownListsAreNotFound(t *testing.T) {
	r, ref := publishedRig(t)
	foreign := statuslist.Published{List: "foreign", Token: "t", Expires: start.Add(time.Hour)}
	r.save(t, foreign)
	for _, url := range []string{base + "/t/unknown", base + "/b/unknown", base + "/t/foreign", strings.ToUpper(ref.URI[len(base):])} {
		_, err := r.get(t, url)
		wantKind(t, err, fault.NotFound)
		var f *fault.Error
		if f, _ = err.(*fault.Error); f == nil || f.Code != "NOT_FOUND" || f.Message != "Status List not found for endpoint uri" {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestAListNotYetPublishedIsUnavailable(t *testing.T) {
	r := newRig(t)
	_, err := r.get(t, r.allocate(t, "o").URI)
	wantKind(t, err, fault.Unavailable)
}

func TestListsAreServedWhileTheStoreIsAway(t *testing.T) {
	r, ref := publishedRig(t)
	want := r.published(t, ref).Token
	r.store.away = errBroken
	if got := r.mustGet(t, ref.URI).Body.String(); got != want {
		t.Error("not the newest list")
	}
	r.set(start.Add(time.Hour))
	_, err := r.get(t, ref.URI)
	wantKind(t, err, fault.Unavailable)

	r.Service = r.again(t)
	_, err = r.get(t, ref.URI)
	wantKind(t, err, fault.Unavailable)
}

// A store that was emptied holds no publication, and this process may not know the newest: none is served until there is one.
func TestNoOldListIsServedForAStoreThatWasEmptied(t *testing.T) {
	r, ref := publishedRig(t)
	r.store.lost = true
	_, err := r.get(t, ref.URI)
	wantKind(t, err, fault.Unavailable)
	r.store.lost = false
	r.mustGet(t, ref.URI)
}

// Whoever fetches every list tells nobody whose document it looks at: all are named to its operator, and none that is not
// served.
func TestEveryListIsNamed(t *testing.T) {
	r, ref := publishedRig(t)
	uris := statusapi.URIs(config())
	if len(uris) != config().Lists || !slices.Contains(uris, ref.URI) {
		t.Errorf("%v", uris)
	}
	for _, uri := range uris {
		r.mustGet(t, uri)
	}
	more := config()
	more.Lists = 5
	if got := statusapi.URIs(more); len(got) != 5 || !slices.Contains(got, ref.URI) {
		t.Errorf("with more lists %v", got)
	}
}
