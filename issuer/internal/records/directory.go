package records

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// Identity is who somebody was verified to be. It prints as [redacted].
type Identity struct {
	GivenNames []string
	FamilyName string
	BirthDate  credential.Date
}

func (Identity) String() string       { return "[redacted]" }
func (Identity) GoString() string     { return "[redacted]" }
func (Identity) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Query is how a member of staff looks for somebody: by one number, or by a name and a birth date. It prints as [redacted].
type Query struct {
	PrisonNumber string // A1234AA
	CRN          string // X123456
	GivenName    string
	FamilyName   string
	BirthDate    credential.Date
}

func (Query) String() string       { return "[redacted]" }
func (Query) GoString() string     { return "[redacted]" }
func (Query) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Case is somebody as staff know them. It prints as [redacted].
type Case struct {
	PrisonNumber string
	CRN          string
	GivenNames   string
	FamilyName   string
	BirthDate    credential.Date
	Team         string // its code
	TeamName     string
	Restricted   bool // an exclusion or a restriction: nobody may be told that there is such a case
}

func (Case) String() string       { return "[redacted]" }
func (Case) GoString() string     { return "[redacted]" }
func (Case) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Directory finds people in the systems of record. Nothing is cached. Safe for concurrent use.
type Directory struct{ h *hmpps }

// NewHMPPSDirectory returns a directory that asks HMPPS's systems over HTTP: prisoner search to match an identity, the
// supervision record for cases.
func NewHMPPSDirectory(o HMPPSOptions) (*Directory, error) {
	h, err := openHMPPS(o)
	return &Directory{h}, err
}

// NewFileDirectory returns a directory of a file of synthetic people.
func NewFileDirectory(o FileOptions) (*Directory, error) {
	h, err := openFile(o)
	return &Directory{h}, err
}

func (d *Directory) systems(ctx context.Context) (systems, context.Context, context.CancelFunc, error) {
	s, err := d.h.open()
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.h.timeout)
	return s, ctx, cancel, nil
}

// Match returns the prison number of the one record of a verified identity. When there is none, or more than one, it is
// issuance.ErrNotFound either way: nobody is told which, and nobody chooses.
//
// Names are compared without case, accents and punctuation, for the systems spell them in different ways: the family name
// whole, and the first of the given names. The birth date is compared exactly.
func (d *Directory) Match(ctx context.Context, i Identity) (string, error) {
	if plain(i.FamilyName) == "" {
		return "", issuance.ErrNotFound
	}
	s, ctx, cancel, err := d.systems(ctx)
	if err != nil {
		return "", err
	}
	defer cancel()
	candidates, err := s.born(ctx, i)
	if err != nil {
		return "", err
	}
	var found []string
	for _, p := range candidates {
		if p.DateOfBirth.Date == i.BirthDate && plain(p.LastName) == plain(i.FamilyName) && plain(first(p.FirstName)) == plain(first(strings.Join(i.GivenNames, " "))) {
			found = append(found, p.PrisonerNumber)
		}
	}
	if len(found) != 1 {
		return "", issuance.ErrNotFound
	}
	return found[0], nil
}

// first returns the first word of given names.
func first(names string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(names), " ")
	return word
}

// plain takes case, accents, spaces and punctuation out of a name.
func plain(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return r
	}, norm.NFD.String(name)))
}

var crn = regexp.MustCompile(`^[A-Z][0-9]{6}$`)

// maxCases bounds an answer: a search that finds more was no search for one person.
const maxCases = 50

// Find returns the cases that a query finds: none is no error. A query of the wrong form is a fault of kind Invalid, and is
// not sent anywhere. Whoever shows the answer leaves out what its reader may not know of (Case.Restricted, Case.Team).
func (d *Directory) Find(ctx context.Context, q Query) ([]Case, error) {
	if !q.wellFormed() {
		return nil, fault.New(fault.Invalid, "invalid_search", "search by one number, or by a name and a birth date")
	}
	s, ctx, cancel, err := d.systems(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	records, err := s.cases(ctx, q)
	if err != nil {
		return nil, err
	}
	cases := make([]Case, len(records))
	for i, r := range records {
		cases[i] = Case{
			PrisonNumber: r.PrisonNumber, CRN: r.CRN, GivenNames: strings.TrimSpace(r.FirstName + " " + r.MiddleNames), FamilyName: r.LastName,
			BirthDate: r.DateOfBirth.Date, Team: r.Team, TeamName: r.TeamName, Restricted: *r.Restricted,
		}
	}
	return cases, nil
}

func (q Query) wellFormed() bool {
	byName := q.FamilyName != "" && q.BirthDate != credential.Date{}
	switch {
	case q.PrisonNumber != "":
		return prisonNumber.MatchString(q.PrisonNumber) && q.CRN == "" && !byName
	case q.CRN != "":
		return crn.MatchString(q.CRN) && !byName
	}
	const maxName = 100
	return byName && len([]rune(q.FamilyName)) <= maxName && len([]rune(q.GivenName)) <= maxName
}

// caseRecord is a case in the supervision record.
type caseRecord struct {
	PrisonNumber string `json:"prisonNumber"`
	CRN          string `json:"crn"`
	FirstName    string `json:"firstName"`
	MiddleNames  string `json:"middleNames"`
	LastName     string `json:"lastName"`
	DateOfBirth  *day   `json:"dateOfBirth"`
	Team         string `json:"team"`
	TeamName     string `json:"teamName"`
	Restricted   *bool  `json:"restricted"`
}

// incomplete holds for a record that leaves open whether it may be spoken of.
func (c caseRecord) incomplete() bool {
	return c.LastName == "" || c.DateOfBirth == nil || c.Team == "" || c.Restricted == nil || !prisonNumber.MatchString(c.PrisonNumber)
}

// nameQuestion is what is asked by name: prisoner search's match-prisoners, and the supervision record.
type nameQuestion struct {
	PrisonNumber string `json:"prisonNumber,omitempty"`
	CRN          string `json:"crn,omitempty"`
	FirstName    string `json:"firstName,omitempty"`
	LastName     string `json:"lastName,omitempty"`
	DateOfBirth  string `json:"dateOfBirth,omitempty"`
}

func (r *remote) born(ctx context.Context, i Identity) ([]prisoner, error) {
	var answer struct {
		Matches []struct {
			Prisoner prisoner `json:"prisoner"`
		} `json:"matches"`
	}
	question := nameQuestion{FirstName: first(strings.Join(i.GivenNames, " ")), LastName: i.FamilyName, DateOfBirth: i.BirthDate.String()}
	if err := r.prisonerSearch.post(ctx, "/match-prisoners", question, &answer); err != nil {
		return nil, err
	}
	if answer.Matches == nil {
		return nil, unavailable(r.prisonerSearch.name, errNonsense)
	}
	people := make([]prisoner, len(answer.Matches))
	for i, m := range answer.Matches {
		if people[i] = m.Prisoner; m.Prisoner.check(m.Prisoner.PrisonerNumber) != nil || !prisonNumber.MatchString(m.Prisoner.PrisonerNumber) {
			return nil, unavailable(r.prisonerSearch.name, errNonsense)
		}
	}
	return people, nil
}

func (r *remote) cases(ctx context.Context, q Query) ([]caseRecord, error) {
	question := nameQuestion{PrisonNumber: q.PrisonNumber, CRN: q.CRN, FirstName: q.GivenName, LastName: q.FamilyName}
	if q.FamilyName != "" {
		question.DateOfBirth = q.BirthDate.String()
	}
	var answer struct {
		Records []caseRecord `json:"records"`
	}
	if err := r.supervisionRecord.post(ctx, "/cases/search", question, &answer); err != nil {
		return nil, err
	}
	if answer.Records == nil || len(answer.Records) > maxCases {
		return nil, unavailable(r.supervisionRecord.name, errNonsense)
	}
	for _, c := range answer.Records {
		if c.incomplete() {
			return nil, unavailable(r.supervisionRecord.name, errNonsense)
		}
	}
	return answer.Records, nil
}

func (p people) born(_ context.Context, i Identity) ([]prisoner, error) {
	var out []prisoner
	for _, person := range p {
		if person.Prisoner != nil && person.Prisoner.DateOfBirth != nil && person.Prisoner.DateOfBirth.Date == i.BirthDate {
			out = append(out, *person.Prisoner)
		}
	}
	return out, nil
}

// defaultTeam is whose case somebody of a people file is, when the file does not say.
var defaultTeam = struct{ code, name string }{"N07SYN", "Synthetic team"}

func (p people) cases(_ context.Context, q Query) ([]caseRecord, error) {
	var out []caseRecord
	for _, person := range p {
		if person.Prisoner == nil || person.Prisoner.DateOfBirth == nil || !person.answers(q) {
			continue
		}
		c := caseRecord{
			PrisonNumber: person.Prisoner.PrisonerNumber, CRN: person.Identity.CRN, FirstName: person.Prisoner.FirstName, MiddleNames: person.Prisoner.MiddleNames,
			LastName: person.Prisoner.LastName, DateOfBirth: person.Prisoner.DateOfBirth,
			Team: person.Case.Team, TeamName: person.Case.TeamName, Restricted: &person.Case.Restricted,
		}
		if c.Team == "" {
			c.Team, c.TeamName = defaultTeam.code, defaultTeam.name
		}
		out = append(out, c)
	}
	return out, nil
}

func (p filePerson) answers(q Query) bool {
	switch {
	case q.PrisonNumber != "":
		return p.Prisoner.PrisonerNumber == q.PrisonNumber
	case q.CRN != "":
		return p.Identity.CRN == q.CRN
	}
	return p.Prisoner.DateOfBirth.Date == q.BirthDate && plain(p.Prisoner.LastName) == plain(q.FamilyName) &&
		(q.GivenName == "" || plain(first(p.Prisoner.FirstName)) == plain(first(q.GivenName)))
}

// openHMPPS opens the systems over HTTP.
func openHMPPS(o HMPPSOptions) (*hmpps, error) {
	addresses := []string{o.PrisonerSearchURL, o.LicencesURL, o.PersonRecordURL, o.SupervisionURL, o.DutyToReferURL,
		o.ApprovalsURL, o.Credentials.TokenURL}
	for _, address := range addresses {
		if err := checkURL(address); err != nil {
			return nil, err
		}
	}
	r := newRemote(o)
	h, err := newHMPPS(func() (systems, error) { return r, nil }, o.Now, o.ReferenceKey)
	if err != nil {
		return nil, err
	}
	if o.Timeout != 0 {
		h.timeout = o.Timeout
	}
	return h, nil
}

// openFile opens a people file, which is read again for every question.
func openFile(o FileOptions) (*hmpps, error) {
	h, err := newHMPPS(nil, o.Now, o.ReferenceKey)
	if err != nil {
		return nil, err
	}
	file := &peopleFile{path: o.Path}
	if _, err := file.read(o.Now().In(h.london)); err != nil {
		return nil, fmt.Errorf("people file %s: %w", o.Path, err)
	}
	h.open = func() (systems, error) { return file.read(o.Now().In(h.london)) }
	return h, nil
}
