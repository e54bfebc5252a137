package hmpps

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
)

//go:embed people.json
var peopleJSON []byte

// record is one record of a system, as its JSON.
type record map[string]any

// person is one synthetic person, with what each system says about them.
type person struct {
	Synthetic   bool     `json:"synthetic"`
	Key         string   `json:"key"`
	Story       string   `json:"story"`
	Prisoner    record   `json:"prisoner"`
	Identity    record   `json:"identity"`
	Merge       record   `json:"merge"`
	Case        record   `json:"case"`
	Supervision record   `json:"supervision"`
	Licences    []record `json:"licences"`
	DutyToRefer record   `json:"dutyToRefer"`
	Approvals   []record `json:"approvals"`
	Facts       record   `json:"facts"`
}

func (p *person) number() string { return text(p.Prisoner, "prisonerNumber") }

// text returns a member that is text, or "".
func text(r record, name string) string {
	s, _ := r[name].(string)
	return s
}

// Person introduces one synthetic person.
type Person struct {
	Key          string `json:"key"`
	Story        string `json:"story"`
	PrisonNumber string `json:"prisonNumber,omitempty"` // empty for a record of free facts
	FirstName    string `json:"firstName,omitempty"`
	MiddleNames  string `json:"middleNames,omitempty"`
	LastName     string `json:"lastName,omitempty"`
	BirthDate    string `json:"birthDate,omitempty"` // YYYY-MM-DD
}

// People returns everyone, in the order of the file.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	introduced := make([]Person, len(s.people))
	for i, p := range s.people {
		introduced[i] = Person{
			Key: p.Key, Story: p.Story, PrisonNumber: p.number(),
			FirstName: text(p.Prisoner, "firstName"), MiddleNames: text(p.Prisoner, "middleNames"),
			LastName: text(p.Prisoner, "lastName"), BirthDate: text(p.Prisoner, "dateOfBirth"),
		}
	}
	return introduced
}

var relativeDay = regexp.MustCompile(`"today([+-][0-9]{1,5})?"`)

// loadPeople reads the people with every day that is relative to now made a date, so that they never grow old.
func loadPeople(now time.Time) ([]*person, error) {
	resolved := relativeDay.ReplaceAllFunc(peopleJSON, func(match []byte) []byte {
		offset, _ := strconv.Atoi(string(match[len(`"today`) : len(match)-1])) // absent means 0
		return []byte(`"` + now.AddDate(0, 0, offset).Format(time.DateOnly) + `"`)
	})
	var people []*person
	if err := json.Unmarshal(resolved, &people); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	if slices.ContainsFunc(people, func(p *person) bool { return !p.Synthetic }) {
		return nil, errors.New("read people: a person is not marked synthetic")
	}
	return people, nil
}

// find returns the person that matches, or nil. Its caller holds mu.
func (s *Server) find(match func(*person) bool) *person {
	i := slices.IndexFunc(s.people, match)
	if i < 0 {
		return nil
	}
	return s.people[i]
}

func (s *Server) byNumber(number string) *person {
	return s.find(func(p *person) bool { return p.Prisoner != nil && p.number() == number })
}

func (s *Server) byKey(key string) *person {
	return s.find(func(p *person) bool { return p.Key == key })
}

// Numbers returns the numbers that the systems know people by.
func (s *Server) Numbers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, p := range s.people {
		out = append(out, p.number(), text(p.Identity, "crn"))
	}
	return slices.DeleteFunc(out, func(n string) bool { return n == "" })
}

// Unsaid returns what the systems know of people and no part of the service has a use for: what they did, where they were
// held, and the words of conditions made for one person alone.
func (s *Server) Unsaid() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]bool{}
	for _, p := range s.people {
		out[text(p.Prisoner, "prisonName")] = true
		out[text(p.Prisoner, "mostSeriousOffence")] = true
		for _, l := range p.Licences {
			conditions, _ := l["conditions"].(map[string]any)
			ap, _ := conditions["AP"].(map[string]any)
			bespoke, _ := ap["bespoke"].([]any)
			for _, one := range bespoke {
				condition, _ := one.(map[string]any)
				said, _ := condition["text"].(string)
				out[said] = true
			}
		}
	}
	delete(out, "")
	return slices.Sorted(maps.Keys(out))
}
