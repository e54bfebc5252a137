package check

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// play is one wallet that answers one check. Each edit, when set, spoils one stage of a good answer.
type play struct {
	id, title, source, sent string
	good                    bool // it must be accepted
	again                   bool // it is sent twice

	document func(*verifierVisit, *minting) error           // before it is issued
	session  func(*wallet.Ask)                              // what the device signs for, not what is answered
	stranger bool                                           // another device signs
	elements func([]wallet.Wanted, *wallet.Held)            // what is shown
	response func(document wallet.Map) wallet.Map           // the document in the DeviceResponse
	token    func(v *verifierVisit, token wallet.Token)     // the vp_token
	encoded  func(ask *wallet.Ask)                          // what the answer is addressed with
	form     func(ask *wallet.Ask, f url.Values) url.Values // at last
}

// answer makes the form that p posts.
func (p play) answer(v *verifierVisit, ask *wallet.Ask) (url.Values, error) {
	token, err := p.present(v, ask)
	if err != nil {
		return nil, err
	}
	addressed := *ask
	if p.encoded != nil {
		p.encoded(&addressed)
	}
	form, err := v.wallet.Form(&addressed, token, "")
	if err != nil || p.form == nil {
		return form, err
	}
	return p.form(ask, form), nil
}

func (p play) present(v *verifierVisit, ask *wallet.Ask) (wallet.Token, error) {
	held, err := v.held(p.document)
	if err != nil {
		return nil, err
	}
	wanted, err := ask.Match(held)
	if err != nil {
		return nil, errors.Join(err, errors.New("the document that was given does not answer the verifier's request"))
	}
	if p.elements != nil {
		p.elements(wanted, held)
	}
	session, w := *ask, v.wallet
	if p.session != nil {
		p.session(&session)
	}
	if p.stranger {
		w = v.stranger
	}
	token, err := w.Answer(&session, wanted)
	if err != nil {
		return nil, err
	}
	v.tokens[p.id] = token
	if p.response != nil {
		if err := respond(token, p.response); err != nil {
			return nil, err
		}
	}
	if p.token != nil {
		p.token(v, token)
	}
	return token, nil
}

// respond changes the document in every DeviceResponse of a token.
func respond(token wallet.Token, edit func(wallet.Map) wallet.Map) error {
	for id, presentations := range token {
		b, err := wallet.DecodeBase64URL(presentations[0])
		if err != nil {
			return err
		}
		response, err := decodeMap(b)
		if err != nil {
			return err
		}
		documents, _ := response.Get("documents") // it was made here, with one
		list := documents.([]any)
		list[0] = edit(list[0].(wallet.Map))
		if b, err = wallet.EncodeCBOR(response); err != nil {
			return err
		}
		token[id] = []string{encodeBase64URL(b)}
	}
	return nil
}

func edited(edit func(*minting)) func(*verifierVisit, *minting) error {
	return func(_ *verifierVisit, m *minting) error {
		edit(m)
		return nil
	}
}

// status puts the document's status elsewhere.
func status(list string, entry int64) func(*verifierVisit, *minting) error {
	return func(v *verifierVisit, m *minting) error {
		m.statusURI, m.statusIdx = v.o.Lists.URL+list, entry
		return nil
	}
}

// certified has the document signed under another certificate.
func certified(edit func(v *verifierVisit, c *x509.Certificate)) func(*verifierVisit, *minting) error {
	return func(v *verifierVisit, m *minting) (err error) {
		m.signer, err = v.o.Authority.newSigner(v.o.Now(), func(c *x509.Certificate) { edit(v, c) })
		return err
	}
}

// foreign has the document signed by an authority of the same name that nobody trusts.
func foreign(v *verifierVisit, m *minting) error {
	other, err := NewAuthority(v.o.Rand, v.o.Now())
	if err != nil {
		return err
	}
	root := *v.o.Authority.Root // x509 takes the names from here, and the signature from other's key
	root.PublicKey, other.Root = &other.key.PublicKey, &root
	m.signer, err = other.newSigner(v.o.Now(), nil)
	return err
}

// first is the play whose answers others send again.
const first = "present.good"

// plays are all wallets, the good one first.
func plays() []play { return slices.Concat(holderPlays(), documentPlays(), answerPlays()) }

// Where the rules of the plays come from.
const (
	vp  = "OpenID4VP 1.0 "
	iso = "ISO 18013-5 "
)

// holderPlays are about who shows the document, and to whom.
func holderPlays() []play {
	return []play{
		{id: first, title: "A good presentation is accepted", source: vp + "§8.2", sent: "a good presentation", good: true, again: true},
		{id: "present.nonce", title: "A presentation for another nonce is refused", source: vp + "§14.1", sent: "a device signature over another nonce", session: func(a *wallet.Ask) { a.Nonce += "x" }},
		{id: "present.client", title: "A presentation for another verifier is refused", source: vp + "§14.1", sent: "a device signature over another client_id", session: func(a *wallet.Ask) { a.ClientID += "x" }},
		{id: "present.response-uri", title: "A presentation for another address is refused", source: vp + "Appendix B.2.6.1", sent: "a device signature over another response_uri", session: func(a *wallet.Ask) { a.ResponseURI += "x" }},
		{id: "present.encryption-key", title: "A presentation for another encryption key is refused", source: vp + "Appendix B.2.6.1", sent: "a device signature over no key's thumbprint", session: func(a *wallet.Ask) { a.Key = nil }},
		{id: "present.elsewhere", title: "A presentation that was shown in another check is refused", source: vp + "§14.1", sent: "the good presentation of another check, encrypted anew", token: func(v *verifierVisit, t wallet.Token) {
			for id := range t {
				t[id] = slices.Clone(v.tokens[first][id])
			}
		}},
		{id: "present.device", title: "A presentation by another device is refused", source: iso + "§9.1.3.4", sent: "a device signature by another key", stranger: true},
		{id: "present.device-signature", title: "A changed device signature is refused", source: iso + "§9.1.3.4", sent: "a device signature with one bit changed", response: device(func(s []byte) []byte {
			s = bytes.Clone(s)
			s[0] ^= 1
			return s
		})},
		{id: "present.device-unsigned", title: "A presentation that no device signed is refused", source: iso + "§9.1.3.4", sent: "an empty device signature", response: device(func([]byte) []byte { return []byte{} })},
	}
}

// documentPlays are about the document, its issuer and its status.
func documentPlays() []play {
	const none = draft + "§8.3"
	return []play{
		{id: "present.issuer-signature", title: "A document with a changed signature is refused", source: iso + "§9.3.1", sent: "an issuer signature with one bit changed", document: edited(func(m *minting) {
			m.signing = func(s []byte) []byte {
				s[0] ^= 1
				return s
			}
		})},
		{id: "present.authority", title: "A document of an authority that nobody trusts is refused", source: iso + "§9.3.3", sent: "a document signed under a root of the same name", document: foreign},
		{id: "present.signer-usage", title: "A document signed with a certificate for something else is refused", source: iso + "§9.3.3, Table B.3", sent: "a signer without the extended key usage", document: certified(func(_ *verifierVisit, c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[:1] })},
		{id: "present.signer-expired", title: "A document of a signer that has expired is refused", source: iso + "§9.3.3", sent: "a signer whose certificate ended yesterday", document: certified(func(v *verifierVisit, c *x509.Certificate) {
			c.NotBefore, c.NotAfter = v.o.Now().AddDate(0, 0, -20), v.o.Now().AddDate(0, 0, -1)
		})},
		{id: "present.digest", title: "A changed element is refused", source: iso + "§9.3.1", sent: "items that are not those that were signed", document: edited(func(m *minting) {
			m.after = func(items []item) {
				for n := range items {
					items[n].random = bytes.Repeat([]byte{1}, 32)
					if err := items[n].tag(); err != nil {
						panic("check: " + err.Error()) // the item was written before
					}
				}
			}
		})},
		{id: "present.signed-doctype", title: "A document that was signed as another type is refused", source: iso + "§9.3.1", sent: "an MSO with another docType", document: edited(func(m *minting) {
			m.mso = func(mso wallet.Map) wallet.Map { return set(mso, "docType", "org.example.other.1") }
		})},
		{id: "present.doctype", title: "A document of a type nobody asked for is refused", source: vp + "§8.6", sent: "a DeviceResponse with another docType", response: func(d wallet.Map) wallet.Map { return set(d, "docType", "org.example.other.1") }},
		{id: "present.expired", title: "A document that has ended is refused", source: iso + "§9.3.1", sent: "a document that ended an hour ago", document: edited(func(m *minting) { m.until, m.at, m.from = m.at, m.at.Add(-time.Hour), m.at.Add(-time.Hour) })},
		{id: "present.not-yet", title: "A document that has not begun is refused", source: iso + "§9.3.1", sent: "a document that begins in a day", document: edited(func(m *minting) { m.from = m.from.AddDate(0, 0, 1) })},
		{id: "present.revoked", title: "A document that was revoked is refused", source: none, sent: "a document whose status is 1", document: status(listGood, entryRevoked)},
		{id: "present.status-missing", title: "A document whose status cannot be had is not accepted", source: none, sent: "a document whose list is not there", document: status(listMissing, entryValid)},
		{id: "present.status-forged", title: "A status list that another signed is not believed", source: none, sent: "a document whose list another key signed", document: status(listForged, entryValid)},
		{id: "present.status-expired", title: "A status list that has ended is not believed", source: none, sent: "a document whose list has ended", document: status(listExpired, entryValid)},
		{id: "present.status-range", title: "An entry that the list does not have is not valid", source: none, sent: "a document whose entry is past the end of its list", document: status(listGood, listEntries+1)},
	}
}

// answerPlays are about the answer around the document, beside what was asked.
func answerPlays() []play {
	return []play{
		{id: "present.missing", title: "A presentation without what was asked for is refused", source: vp + "§8.6", sent: "one element of those that were asked for", elements: func(w []wallet.Wanted, _ *wallet.Held) { w[0].Elements = w[0].Elements[:1] }},
		{id: "present.surplus", title: "What nobody asked for is shown to nobody", source: "UK GDPR article 5(1)(c); " + vp + "§14", sent: "an element that nobody asked for", document: surplus, elements: func(w []wallet.Wanted, h *wallet.Held) {
			last := h.Elements[len(h.Elements)-1]
			w[0].Elements = append(w[0].Elements, [2]string{last.Namespace, last.Name})
		}},
		{id: "present.two", title: "Two presentations for one question are refused", source: vp + "§8.1", sent: "the presentation twice", token: func(_ *verifierVisit, t wallet.Token) {
			for id := range t {
				t[id] = append(t[id], t[id]...)
			}
		}},
		{id: "present.unasked", title: "A presentation under a name nobody asked for is refused", source: vp + "§8.1", sent: "the presentation under another query's id", token: func(_ *verifierVisit, t wallet.Token) {
			for id, p := range t {
				delete(t, id)
				t["another-"+id] = p
				return
			}
		}},
		{id: "present.nothing", title: "An answer of nothing is refused", source: vp + "§8.1", sent: "an empty vp_token", token: func(_ *verifierVisit, t wallet.Token) { clear(t) }},
		{id: "present.rubbish", title: "A presentation that is none is refused", source: vp + "Appendix B.2", sent: "letters for a DeviceResponse", token: func(_ *verifierVisit, t wallet.Token) {
			for id := range t {
				t[id] = []string{"cnViYmlzaA"}
			}
		}},
		{id: "present.padding", title: "A presentation in another spelling is refused", source: vp + "Appendix B.2: base64url without padding", sent: "the presentation with padding", token: func(_ *verifierVisit, t wallet.Token) {
			for id := range t {
				t[id][0] += "="
			}
		}},
		{id: "present.state", title: "An answer to another state is refused", source: vp + "§8.2", sent: "another state", encoded: func(a *wallet.Ask) { a.State += "x" }},
		{id: "present.clear", title: "An answer in the clear is refused when encryption was asked for", source: vp + "§8.3", sent: "the answer unencrypted", encoded: func(a *wallet.Ask) { a.Key = nil }},
		{id: "present.form", title: "A form that is no answer is refused", source: vp + "§8.2", sent: "a form of another thing", form: func(*wallet.Ask, url.Values) url.Values { return url.Values{"hello": {"world"}} }},
		{id: "present.large", title: "An answer of megabytes is refused", source: "RFC 9110 §15.5.14", sent: "an answer of 8 MiB", form: func(_ *wallet.Ask, f url.Values) url.Values {
			f.Set("padding", strings.Repeat("x", 8<<20))
			return f
		}},
	}
}

// device changes the device's signature.
func device(edit func([]byte) []byte) func(wallet.Map) wallet.Map {
	return func(document wallet.Map) wallet.Map {
		signed, _ := mapIn(document, "deviceSigned") // it was made here
		auth, _ := mapIn(signed, "deviceAuth")       // likewise
		v, _ := auth.Get("deviceSignature")          // likewise
		parts := v.([]any)
		parts[3] = edit(parts[3].([]byte))
		return document
	}
}

// surplus adds an element that nobody asks for.
func surplus(_ *verifierVisit, m *minting) error {
	m.items = append(slices.Clone(m.items), item{space: m.items[0].space, name: "check_surplus", value: canary})
	return nil
}

// accepted says whether the verifier took a presentation for good.
func (r *VerifierRecord) accepted(play string) (bool, error) {
	a, err := r.step(play)
	if err != nil {
		return false, needs(err)
	}
	if a.Status >= http.StatusInternalServerError {
		return false, errors.New("the verifier failed: " + a.words())
	}
	if !r.Results {
		return a.Status == http.StatusOK, nil
	}
	result, err := r.step(play + ".result")
	if err != nil {
		return false, needs(err)
	}
	var o map[string]json.RawMessage
	var verdict string
	if err := json.Unmarshal(result.Body, &o); err != nil || result.Status != http.StatusOK {
		return false, errors.New("how the check stands cannot be read: " + result.words())
	}
	if raw, ok := o[r.Verdict]; ok && json.Unmarshal(raw, &verdict) != nil {
		return false, errors.New("the verdict is no text")
	}
	return verdict == r.Valid, nil
}
