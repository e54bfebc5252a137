package hmpps

import (
	"maps"
	"net/http"
	"strings"
)

// nameQuestion is how somebody is looked for.
type nameQuestion struct {
	PrisonNumber string `json:"prisonNumber"`
	CRN          string `json:"crn"`
	FirstName    string `json:"firstName"`
	LastName     string `json:"lastName"`
	DateOfBirth  string `json:"dateOfBirth"`
}

// postMatchPrisoners is prisoner search's own. It matches loosely, as the real one may: whoever asks must compare.
func (s *Server) postMatchPrisoners(w http.ResponseWriter, r *http.Request) {
	var q nameQuestion
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	matches := []map[string]record{}
	for _, p := range s.people {
		if p.Prisoner != nil && text(p.Prisoner, "dateOfBirth") == q.DateOfBirth && sameInitial(text(p.Prisoner, "lastName"), q.LastName) {
			matches = append(matches, map[string]record{"prisoner": p.Prisoner})
		}
	}
	reply(w, http.StatusOK, map[string]any{"matches": matches, "matchedBy": "PARTIAL_NAME"})
}

func sameInitial(a, b string) bool {
	return a != "" && b != "" && strings.EqualFold(a[:1], b[:1])
}

// postCases is the supervision record's search: by number, or by name and birth date.
func (s *Server) postCases(w http.ResponseWriter, r *http.Request) {
	var q nameQuestion
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []record{}
	for _, p := range s.people {
		if p.Prisoner != nil && q.finds(p) {
			found = append(found, caseOf(p))
		}
	}
	reply(w, http.StatusOK, map[string][]record{"records": found})
}

func (q nameQuestion) finds(p *person) bool {
	switch {
	case q.PrisonNumber != "":
		return p.number() == q.PrisonNumber
	case q.CRN != "":
		return text(p.Identity, "crn") == q.CRN
	}
	return text(p.Prisoner, "dateOfBirth") == q.DateOfBirth && strings.EqualFold(text(p.Prisoner, "lastName"), q.LastName) &&
		(q.FirstName == "" || strings.EqualFold(text(p.Prisoner, "firstName"), q.FirstName))
}

// caseOf is the synthetic team's, but where the file says that it is not.
func caseOf(p *person) record {
	found := record{
		"prisonNumber": p.number(), "crn": text(p.Identity, "crn"), "firstName": text(p.Prisoner, "firstName"), "middleNames": text(p.Prisoner, "middleNames"),
		"lastName": text(p.Prisoner, "lastName"), "dateOfBirth": p.Prisoner["dateOfBirth"],
		"team": "N07SYN", "teamName": "Synthetic team", "restricted": false,
	}
	maps.Copy(found, p.Case)
	return found
}
