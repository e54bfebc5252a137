package records

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// HMPPSOptions says where the systems of record are. URLs are bases, without a trailing slash.
type HMPPSOptions struct {
	PrisonerSearchURL string // prisoner search: POST /prisoner-search/prisoner-numbers, /match-prisoners
	LicencesURL       string // create and vary a licence: GET /public/…
	PersonRecordURL   string // the person record: POST /identity/search
	SupervisionURL    string // probation's supervision record: POST /supervision/search, /cases/search
	DutyToReferURL    string // POST /duty-to-refer/search
	ApprovalsURL      string // POST /approvals/search, /approvals/list

	Credentials  Credentials
	ReferenceKey []byte            // makes licence references opaque; at least 16 bytes, the same in every instance
	Now          func() time.Time  // the clock
	Transport    http.RoundTripper // nil means the standard library's
	Timeout      time.Duration     // for all that one set of facts needs; 0 means 5 s
}

// NewHMPPS returns the sources hmpps-release, hmpps-licence and hmpps-approval, which ask HMPPS's systems over HTTP.
func NewHMPPS(o HMPPSOptions) (map[string]Source, error) {
	h, err := openHMPPS(o)
	if err != nil {
		return nil, err
	}
	return h.sources(), nil
}

func checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address of a system of record is not an absolute http or https URL")
	}
	return nil
}

// remote is the systems over HTTP.
type remote struct {
	prisonerSearch, licenceRegister, personRecord, supervisionRecord, dutyToRefer, approvalRecord system
}

func newRemote(o HMPPSOptions) *remote {
	c := newCaller(o.Transport)
	t := newTokens(o.Credentials, c, o.Now)
	at := func(name, address string) system { return system{name, address, c, t} }
	return &remote{
		prisonerSearch:    at("prisoner search", o.PrisonerSearchURL),
		licenceRegister:   at("the licence register", o.LicencesURL),
		personRecord:      at("the person record", o.PersonRecordURL),
		supervisionRecord: at("the supervision record", o.SupervisionURL),
		dutyToRefer:       at("duty to refer", o.DutyToReferURL),
		approvalRecord:    at("approvals", o.ApprovalsURL),
	}
}

func (r *remote) prisoner(ctx context.Context, number string) (*prisoner, error) {
	var found []prisoner
	question := map[string][]string{"prisonerNumbers": {number}}
	if err := r.prisonerSearch.post(ctx, "/prisoner-search/prisoner-numbers", question, &found); err != nil {
		return nil, err
	}
	if found == nil || len(found) > 1 {
		return nil, unavailable(r.prisonerSearch.name, errNonsense)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return checked(r.prisonerSearch, &found[0], found[0].check(number))
}

func (r *remote) identity(ctx context.Context, number string) (*identity, error) {
	return search(ctx, r.personRecord, "/identity/search", byNumber{PrisonNumber: number}, identity.check)
}

func (r *remote) supervision(ctx context.Context, number string) (*supervision, error) {
	return search(ctx, r.supervisionRecord, "/supervision/search", byNumber{PrisonNumber: number}, supervision.check)
}

func (r *remote) referral(ctx context.Context, number string) (*referral, error) {
	return search(ctx, r.dutyToRefer, "/duty-to-refer/search", byNumber{PrisonNumber: number}, referral.check)
}

func (r *remote) approval(ctx context.Context, number, reference string) (*approval, error) {
	check := func(a approval) error { return a.check(number, reference) }
	return search(ctx, r.approvalRecord, "/approvals/search", byNumber{number, reference}, check)
}

func (r *remote) approvals(ctx context.Context, number string) ([]approval, error) {
	var answer struct {
		Records []approval `json:"records"`
	}
	if err := r.approvalRecord.post(ctx, "/approvals/list", byNumber{PrisonNumber: number}, &answer); err != nil {
		return nil, err
	}
	wrong := func(a approval) bool {
		return a.check(number, a.Reference) != nil || !approvalReference.MatchString(a.Reference)
	}
	if answer.Records == nil || slices.ContainsFunc(answer.Records, wrong) {
		return nil, unavailable(r.approvalRecord.name, errNonsense)
	}
	return answer.Records, nil
}

func (r *remote) licences(ctx context.Context, number string) ([]licenceSummary, error) {
	var summaries []licenceSummary
	// The register offers no other way: here a prison number is in a URL of someone else's making.
	if err := r.licenceRegister.get(ctx, "/public/licence-summaries/prison-number/"+number, &summaries); err != nil {
		return nil, err
	}
	if summaries == nil || slices.ContainsFunc(summaries, licenceSummary.incomplete) {
		return nil, unavailable(r.licenceRegister.name, errNonsense)
	}
	return summaries, nil
}

func (r *remote) licence(ctx context.Context, id int64) (*licence, error) {
	var l licence
	if err := r.licenceRegister.get(ctx, "/public/licences/id/"+strconv.FormatInt(id, 10), &l); err != nil {
		return nil, err
	}
	return checked(r.licenceRegister, &l, l.check(id))
}

// byNumber is what a search service is asked.
type byNumber struct {
	PrisonNumber string `json:"prisonNumber"`
	Reference    string `json:"reference,omitempty"`
}

// search asks for one record. The answer is {"record": …}, with null when there is none; without the member it is no
// answer.
func search[T any](ctx context.Context, s system, path string, question byNumber, check func(T) error) (*T, error) {
	var answer struct {
		Record json.RawMessage `json:"record"`
	}
	if err := s.post(ctx, path, question, &answer); err != nil {
		return nil, err
	}
	var record *T
	if err := decode(answer.Record, &record); err != nil {
		return nil, unavailable(s.name, err)
	}
	if record == nil {
		return nil, nil
	}
	return checked(s, record, check(*record))
}

func checked[T any](s system, value *T, err error) (*T, error) {
	if err != nil {
		return nil, unavailable(s.name, err)
	}
	return value, nil
}
