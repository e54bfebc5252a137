package hmpps

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// question is what the search services are asked.
type question struct {
	PrisonNumber string `json:"prisonNumber"`
	Reference    string `json:"reference"`
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		reply(w, http.StatusBadRequest, map[string]any{"status": http.StatusBadRequest})
		return false
	}
	return true
}

// postPrisonerNumbers is prisoner search's own; numbers nobody has are left out of the answer.
func (s *Server) postPrisonerNumbers(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		PrisonerNumbers []string `json:"prisonerNumbers"`
	}
	if !read(w, r, &asked) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []record{}
	for _, number := range asked.PrisonerNumbers {
		if p := s.byNumber(number); p != nil {
			found = append(found, p.Prisoner)
		}
	}
	reply(w, http.StatusOK, found)
}

// search answers {"record": …} with what of finds for the person asked after, or null.
func (s *Server) search(of func(*person, question) record) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q question
		if !read(w, r, &q) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		var found record
		if p := s.byNumber(q.PrisonNumber); p != nil {
			found = of(p, q)
		}
		reply(w, http.StatusOK, map[string]record{"record": found})
	}
}

// identityOf is the person record: the prison's own words, but where the file says that it differs.
func identityOf(p *person, _ question) record {
	if text(p.Identity, "crn") == "" {
		return nil
	}
	found := record{
		"prisonNumber": p.number(), "candidates": 1, "mergeUnderReview": p.Merge["underReview"] == true,
		"lastName": p.Prisoner["lastName"], "dateOfBirth": p.Prisoner["dateOfBirth"],
	}
	maps.Copy(found, p.Identity)
	return found
}

func supervisionOf(p *person, _ question) record { return p.Supervision }

func dutyToReferOf(p *person, _ question) record { return p.DutyToRefer }

func approvalOf(p *person, q question) record {
	i := slices.IndexFunc(p.Approvals, func(a record) bool { return text(a, "reference") == q.Reference })
	if i < 0 {
		return nil
	}
	return p.Approvals[i]
}

// postApprovals lists every approval of a person.
func (s *Server) postApprovals(w http.ResponseWriter, r *http.Request) {
	var q question
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []record{}
	if p := s.byNumber(q.PrisonNumber); p != nil {
		found = append(found, p.Approvals...)
	}
	reply(w, http.StatusOK, map[string][]record{"records": found})
}

// postApproval keeps a new approval, and answers with what is kept: for a reference that is known, what was kept before.
func (s *Server) postApproval(w http.ResponseWriter, r *http.Request) {
	var given record
	if !read(w, r, &given) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byNumber(text(given, "prisonNumber"))
	if p == nil || text(given, "reference") == "" {
		reply(w, http.StatusNotFound, map[string]any{"status": http.StatusNotFound})
		return
	}
	if kept := approvalOf(p, question{Reference: text(given, "reference")}); kept != nil {
		reply(w, http.StatusOK, map[string]record{"record": kept})
		return
	}
	p.Approvals = append(p.Approvals, given)
	reply(w, http.StatusOK, map[string]record{"record": given})
}

// postWithdrawal withdraws one approval.
func (s *Server) postWithdrawal(w http.ResponseWriter, r *http.Request) {
	var q question
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found record
	if p := s.byNumber(q.PrisonNumber); p != nil {
		found = approvalOf(p, q)
	}
	if found == nil {
		reply(w, http.StatusNotFound, map[string]any{"status": http.StatusNotFound})
		return
	}
	found["status"] = "WITHDRAWN"
	reply(w, http.StatusOK, map[string]record{"record": found})
}

// postFacts answers for the conformance records, by key, with typed literals.
func (s *Server) postFacts(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Record string `json:"record"`
	}
	if !read(w, r, &asked) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var facts record
	if p := s.byKey(asked.Record); p != nil {
		facts = p.Facts
	}
	reply(w, http.StatusOK, map[string]record{"facts": facts})
}
