package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/jose"
)

// publisher is an issuer of synthetic documents whose places are in the lists that are tried. The verifier trusts it.
type publisher struct {
	key    keys.Key
	url    string
	server *http.Server
}

const publisherDID = "did:web:publisher.example"

func newPublisher() (*publisher, error) {
	key, err := keys.NewKey(keys.PurposeCredential, time.Now())
	if err != nil {
		return nil, err
	}
	jwk, err := jose.NewPublicJWK(key.Public(), key.ID)
	if err != nil {
		return nil, err
	}
	page, err := json.Marshal(did.NewDocument(publisherDID, []jose.PublicJWK{jwk}))
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	key.State = keys.StateActive
	p := &publisher{key: key, url: "http://" + ln.Addr().String()}
	p.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(page) // whoever hung up asks again
	})}
	go p.server.Serve(ln) //nolint:errcheck // it ends when it is closed
	return p, nil
}

const documentType = "uk.gov.justice.synthetic.1"

// issue writes a document whose status is at s.
func (p *publisher) issue(s slot) (string, error) {
	holder, err := keys.NewKey("", time.Now())
	if err != nil {
		return "", err
	}
	now := time.Now().UTC().Truncate(time.Second)
	d := &document.Document{
		Type: documentType, JWT: &document.JWTForm{Type: "SyntheticDocument"},
		Card:     document.Card{Name: document.Text{EN: "Synthetic"}, Description: document.Text{EN: "Synthetic"}},
		Elements: []document.Element{{Namespace: documentType, Name: "birth_date", Shape: document.Shape{Kind: document.KindDate}}},
	}
	draft, err := vcjwt.New(vcjwt.Options{Issuer: p.url, DID: publisherDID}).Draft(d, credential.Statement{
		DocumentType: documentType,
		Elements:     []credential.Element{{Namespace: documentType, Name: "birth_date", Value: credential.Date{Year: 1990, Month: 2, Day: 28}}},
		Validity:     credential.Validity{Signed: now, From: now, Until: now.AddDate(0, 1, 0)},
		Status:       credential.StatusRef{URI: s.uri, Index: s.index},
		Holder:       holder.Public(),
	}, p.key)
	if err != nil {
		return "", err
	}
	message, err := draft.ToBeSigned()
	if err != nil {
		return "", err
	}
	signature, err := p.key.Sign(message)
	if err != nil {
		return "", err
	}
	return draft.Seal(signature)
}

// verdict is what the verifier says of a document, and how fresh its evidence is.
type verdict struct {
	word     string    // valid, not_valid or could_not_check
	listRead time.Time // to the second
	reason   string
}

// ask has the verifier at base judge a document.
func ask(ctx context.Context, base, document string) (verdict, error) {
	body, err := json.Marshal(map[string]string{"vcJwt": document})
	if err != nil {
		return verdict{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/verify", bytes.NewReader(body))
	if err != nil {
		return verdict{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return verdict{}, err
	}
	defer response.Body.Close() //nolint:errcheck // it is read whole
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return verdict{}, err
	}
	var answer struct {
		Verdict string
		Checks  []struct {
			Name, Reason string
			Evidence     map[string]string
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Verdict == "" {
		return verdict{}, fmt.Errorf("verifier: %d %s", response.StatusCode, text)
	}
	v := verdict{word: answer.Verdict}
	for _, c := range answer.Checks {
		if c.Name == "status" {
			v.reason = c.Reason
			v.listRead, _ = time.Parse(time.RFC3339, c.Evidence["listRead"]) // zero when there was no list
		}
	}
	return v, nil
}
