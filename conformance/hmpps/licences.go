package hmpps

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// inFlight are the statuses of the licences that the register lists; INACTIVE ones are had by their id alone.
var inFlight = [...]string{"ACTIVE", "IN_PROGRESS", "SUBMITTED", "APPROVED", "VARIATION_IN_PROGRESS", "VARIATION_SUBMITTED",
	"VARIATION_APPROVED", "VARIATION_REJECTED"}

func isInFlight(licence record) bool {
	return slices.Contains(inFlight[:], text(licence, "statusCode"))
}

func (s *Server) getLicenceSummaries(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	summaries := []record{}
	if p := s.byNumber(r.PathValue("number")); p != nil {
		for _, licence := range p.Licences {
			if isInFlight(licence) {
				summaries = append(summaries, summary(licence))
			}
		}
	}
	reply(w, http.StatusOK, summaries)
}

// summary is a licence without its start and its conditions.
func summary(licence record) record {
	short := maps.Clone(licence)
	delete(short, "licenceStartDate")
	delete(short, "conditions")
	return short
}

func (s *Server) getLicence(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.people {
		for _, licence := range p.Licences {
			if strconv.FormatInt(licenceID(licence), 10) == r.PathValue("id") {
				reply(w, http.StatusOK, licence)
				return
			}
		}
	}
	reply(w, http.StatusNotFound, map[string]any{"status": http.StatusNotFound})
}

func licenceID(licence record) int64 {
	id, _ := licence["id"].(float64)
	return int64(id)
}
