package records

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
)

const maxFile = 8 << 20 // bytes

// FileOptions says where synthetic people are. The file is read again for every request.
type FileOptions struct {
	Path         string
	ReferenceKey []byte // as in HMPPSOptions
	Now          func() time.Time
}

// NewFile returns the three sources of HMPPS and the source conformance, answered from a file of synthetic people: the
// same records, read by the same rules, with no neighbour to ask. A file that cannot be read now is an error.
func NewFile(o FileOptions) (map[string]Source, error) {
	h, err := openFile(o)
	if err != nil {
		return nil, err
	}
	sources := h.sources()
	sources["conformance"] = sourceFunc(func(_ context.Context, r issuance.Record) (credential.Facts, error) {
		s, err := h.open()
		if err != nil {
			return nil, err
		}
		return s.(people).facts(r.Person)
	})
	return sources, nil
}

// people is the content of a people file: an array of synthetic people with what each system says about them. Dates may
// be written "today", "today-10" or "today+10", in days.
type people []filePerson

type filePerson struct {
	Synthetic bool      `json:"synthetic"`
	Key       string    `json:"key"`
	Prisoner  *prisoner `json:"prisoner"`
	Identity  struct {
		CRN        string `json:"crn"`
		LastName   string `json:"lastName"`   // only when it differs from the prison's
		Candidates *int   `json:"candidates"` // only when more than one
	} `json:"identity"`
	Merge struct {
		UnderReview bool `json:"underReview"`
	} `json:"merge"`
	Case struct { // whose case it is, when it is not the synthetic team's
		Team       string `json:"team"`
		TeamName   string `json:"teamName"`
		Restricted bool   `json:"restricted"`
	} `json:"case"`
	Supervision *supervision    `json:"supervision"`
	Licences    []licence       `json:"licences"`
	DutyToRefer *referral       `json:"dutyToRefer"`
	Approvals   []approval      `json:"approvals"`
	Facts       json.RawMessage `json:"facts"`
}

// peopleFile is read for every question, and parsed when its bytes, or the day, are not those of the question before.
type peopleFile struct {
	path string

	mu    sync.Mutex
	bytes []byte
	day   credential.Date
	held  people // nobody changes them
}

func (f *peopleFile) read(now time.Time) (people, error) {
	data, err := readBounded(f.path)
	if err != nil {
		return nil, unavailable("the people file", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if today := credential.DateOf(now); f.held == nil || f.day != today || !bytes.Equal(f.bytes, data) {
		p, err := parsePeople(data, now)
		if err != nil {
			return nil, err
		}
		f.bytes, f.day, f.held = data, today, p
	}
	return f.held, nil
}

func parsePeople(data []byte, now time.Time) (people, error) {
	var p people
	if err := json.Unmarshal(resolveDays(data, now), &p); err != nil {
		return nil, unavailable("the people file", errNonsense)
	}
	for _, person := range p {
		if !person.Synthetic {
			return nil, unavailable("the people file", errors.New("a person is not marked synthetic"))
		}
	}
	return p, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("longer than %d bytes", maxFile)
	}
	return data, err
}

var relativeDay = regexp.MustCompile(`"today([+-][0-9]{1,5})?"`)

// resolveDays replaces every day that is relative to now, so that a fixture never grows old.
func resolveDays(data []byte, now time.Time) []byte {
	return relativeDay.ReplaceAllFunc(data, func(match []byte) []byte {
		offset, _ := strconv.Atoi(string(match[len(`"today`) : len(match)-1])) // absent means 0
		return []byte(`"` + now.AddDate(0, 0, offset).Format(time.DateOnly) + `"`)
	})
}

// find returns the person with a prison number, or an empty one.
func (p people) find(number string) filePerson {
	for _, person := range p {
		if person.Prisoner != nil && person.Prisoner.PrisonerNumber == number {
			return person
		}
	}
	return filePerson{}
}

func (p people) facts(key string) (credential.Facts, error) {
	for _, person := range p {
		if person.Key == key && person.Facts != nil {
			facts, err := parseFacts(person.Facts)
			if err != nil {
				return nil, unavailable("the people file", err)
			}
			return facts, nil
		}
	}
	return nil, issuance.ErrNotFound
}
