package check_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

func (w *world) verifier(t *testing.T) check.VerifierOptions {
	t.Helper()
	issued := decode(t, w.gatherIssuer(t, "mdoc").Steps["issue"].Answer.Body)
	return check.VerifierOptions{
		HTTP: client, Limits: check.DefaultLimits(), Now: time.Now, Rand: rand.Reader, URL: w.VerifierURL,
		Begin:  w.VerifierURL + "/presentations",
		Header: map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + rig.OrganisationKey("council")},
		Body:   `{"purpose":"council-housing","flow":"cross_device"}`, Link: "link", ID: "id",
		Result: w.VerifierURL + "/presentations/{id}", Verdict: "verdict", Valid: "valid", Roots: w.Roots(),
		Document:  issued["credentials"].([]any)[0].(map[string]any)["credential"].(string),
		Authority: w.authority, Lists: w.lists,
	}
}

// This project's verifier: all rules hold; and every bad wallet has a verifier that believes it.
func TestVerifiers(t *testing.T) {
	w := newWorld(t)
	good, err := check.GatherVerifier(context.Background(), w.verifier(t))
	if err != nil {
		t.Fatal(err)
	}
	if report := good.Judge(); report.Verdict() != check.Held {
		t.Fatalf("%s\n%s", report.Summary(), notHeld(report))
	}
	believed := func(play string) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) {
			*answer(t, r, play) = *answer(t, r, "present.good")
			*answer(t, r, play+".result") = *answer(t, r, "present.good.result")
		}
	}
	var twins []twin
	for _, f := range good.Judge().Findings {
		if strings.HasPrefix(f.ID, "present.") && f.ID != "present.good" && f.ID != "present.surplus" {
			twins = append(twins, twin{"believes " + f.ID, f.ID, believed(f.ID)})
		}
	}
	twins = append(twins,
		twin{"refuses the good one", "present.good", func(t *testing.T, r *check.Record) {
			*answer(t, r, "present.good.result") = *answer(t, r, "present.revoked.result")
		}},
		twin{"fails at a bad signature", "present.issuer-signature", status("present.issuer-signature", 500)},
		twin{"shows what nobody asked for", "present.surplus", func(t *testing.T, r *check.Record) {
			a := answer(t, r, "present.surplus.result")
			a.Body = bytes.Replace(a.Body, []byte(`"documents":[`), []byte(`"surplus":"canary-of-check","documents":[`), 1)
		}},
		twin{"takes an answer twice", "answer.once", status("present.good.again", 200)},
		twin{"tells a wallet nothing", "answer.type", served("present.good", "Content-Type", "text/plain")},
		twin{"asks for whole documents", "request.minimal", func(t *testing.T, r *check.Record) {
			a := answer(t, r, "present.good.request")
			nobody := func([]byte) ([]byte, error) { return make([]byte, 64), nil }
			a.Body = []byte(resign(t, string(a.Body), nobody, func(_, claims map[string]any) {
				for _, c := range claims["dcql_query"].(map[string]any)["credentials"].([]any) {
					delete(c.(map[string]any), "claims")
				}
			}))
		}},
		twin{"sends its request as text", "request.type", served("present.good.request", "Content-Type", "text/plain")},
	)
	if len(twins) < 35 {
		t.Errorf("only %d twins", len(twins))
	}
	judge := func(r *check.Record) check.Report {
		copied := *good
		copied.Record = r
		return copied.Judge()
	}
	try(t, "verifiers", good.Record, twins, judge)
}

// What a wallet sees of a verifier is judged by the requests themselves.
func TestVerifiersThatAskBadly(t *testing.T) {
	w := newWorld(t)
	good, err := check.GatherVerifier(context.Background(), w.verifier(t))
	if err != nil {
		t.Fatal(err)
	}
	asking := func(edit func(a *wallet.Ask)) map[string]*wallet.Ask {
		out := map[string]*wallet.Ask{}
		for play, a := range good.Asks {
			copied := *a
			if play == "present.good" {
				edit(&copied)
			}
			out[play] = &copied
		}
		return out
	}
	for rule, spoil := range map[string]func(r *check.VerifierRecord){
		"request.begin":     func(r *check.VerifierRecord) { r.Linked = false },
		"request.object":    func(r *check.VerifierRecord) { r.Refused = map[string]string{"present.good": "typ"} },
		"request.encrypted": func(r *check.VerifierRecord) { r.Asks = asking(func(a *wallet.Ask) { a.Key = nil }) },
		"request.response-uri": func(r *check.VerifierRecord) {
			r.Asks = asking(func(a *wallet.Ask) { a.ResponseURI = "http://verifier.test/x" })
		},
		"request.fresh": func(r *check.VerifierRecord) {
			r.Asks = asking(func(a *wallet.Ask) { a.Nonce = good.Asks["present.nonce"].Nonce })
		},
	} {
		t.Run(rule, func(t *testing.T) {
			copied := *good
			spoil(&copied)
			if broken := unique(copied.Judge().Broken()); !slices.Equal(broken, []string{rule}) {
				t.Errorf("broken are %v", broken)
			}
		})
		caught[rule] = true
	}
}

// A verifier that runs and takes an unknown status for a good one.
func TestAVerifierThatFailsOpen(t *testing.T) {
	w := newWorld(t)
	o := w.verifier(t)
	front := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), r.Method, w.VerifierURL+r.URL.RequestURI(), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header = r.Header
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		var b bytes.Buffer
		if _, err := b.ReadFrom(response.Body); err != nil {
			t.Error(err)
		}
		for name, values := range response.Header {
			a.Header()[name] = values
		}
		a.Header().Del("Content-Length")
		a.WriteHeader(response.StatusCode)
		a.Write(bytes.Replace(b.Bytes(), []byte(`"verdict":"could_not_check"`), []byte(`"verdict":"valid"`), 1)) // a client that has gone says so itself
	}))
	defer front.Close()
	o.Begin, o.Result = front.URL+"/presentations", front.URL+"/presentations/{id}"
	report, err := check.Verifier(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	// An answer of nothing is one, too, that could not be checked.
	want := []string{"present.nothing", "present.status-expired", "present.status-forged", "present.status-missing", "present.status-range"}
	if broken := unique(report.Broken()); !slices.Equal(broken, want) {
		t.Errorf("%v", broken)
	}
}

func TestHostileVerifiers(t *testing.T) {
	w := newWorld(t)
	for name, h := range map[string]http.HandlerFunc{
		"endless": func(a http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := a.Write(bytes.Repeat([]byte("a"), 1<<16)); err != nil {
					return
				}
			}
		},
		"a redirect to itself": func(a http.ResponseWriter, r *http.Request) { http.Redirect(a, r, r.URL.Path, http.StatusFound) },
		"a page":               func(a http.ResponseWriter, _ *http.Request) { a.Write([]byte("<html>")) },
		"a link to nowhere": func(a http.ResponseWriter, _ *http.Request) {
			a.WriteHeader(http.StatusCreated)
			json.NewEncoder(a).Encode(map[string]string{"link": "openid4vp://x?client_id=x&request_uri=http%3A%2F%2F127.0.0.1%3A1%2F", "id": "../../x"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(h)
			defer server.Close()
			o := w.verifier(t)
			o.Begin, o.Result, o.Limits = server.URL, server.URL+"/{id}", short()
			report, err := check.Verifier(context.Background(), o)
			if err != nil || report.Verdict() != check.Broken || report.Count(check.Held) > 1 {
				t.Errorf("%v %s\n%s", err, report.Summary(), why(report))
			}
		})
	}
}

func TestAnAuthorityIsReadBack(t *testing.T) {
	w := newWorld(t)
	root, key, err := w.authority.PEM()
	if err != nil {
		t.Fatal(err)
	}
	if a, err := check.ReadAuthority(rand.Reader, root, key); err != nil || !a.Root.Equal(w.authority.Root) {
		t.Error(err)
	}
	other, err := check.NewAuthority(rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	otherRoot, _, err := other.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string][2][]byte{"another's key": {otherRoot, key}, "nothing": {}, "the key twice": {key, key}} {
		if _, err := check.ReadAuthority(rand.Reader, files[0], files[1]); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if report := check.Certificates([]check.CertificateFile{{Name: "root", Content: root}}, "", time.Now()); report.Verdict() != check.Held {
		t.Error(why(report))
	}
}
