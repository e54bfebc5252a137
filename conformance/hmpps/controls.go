package hmpps

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

var errNoPerson = errors.New("there is no such person, or they have no such record")

// Recall returns the person to prison: prisoner search says so, and every licence becomes inactive. No licence is ever
// marked as recalled.
func (s *Server) Recall(key string) error { return s.change(key, s.recall) }

// Vary puts a variation in force. One that was approved and waits is used; else the licence in force is varied by one
// more condition.
func (s *Server) Vary(key string) error { return s.change(key, s.vary) }

// WithdrawApproval withdraws every approval of the person.
func (s *Server) WithdrawApproval(key string) error { return s.change(key, s.withdrawApproval) }

// Die records the person's death, which nothing but their legal status shows.
func (s *Server) Die(key string) error { return s.change(key, s.die) }

// Merge begins a merge of the person's record with another, which someone must review.
func (s *Server) Merge(key string) error { return s.change(key, s.merge) }

// EndLicence lets the licence end: it expired yesterday.
func (s *Server) EndLicence(key string) error { return s.change(key, s.endLicence) }

func (s *Server) change(key string, action func(*person) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byKey(key)
	if p == nil || p.Prisoner == nil {
		return errNoPerson
	}
	return action(p)
}

func (s *Server) recall(p *person) error {
	maps.Copy(p.Prisoner, record{
		"recall": true, "legalStatus": "RECALL", "inOutStatus": "IN", "status": "ACTIVE IN", "prisonId": "SYN",
		"lastMovementTypeCode": "ADM", "lastMovementReasonCode": "24", "lastMovementDate": s.day(0),
	})
	deactivate(p)
	return nil
}

func (s *Server) vary(p *person) error {
	current := slices.IndexFunc(p.Licences, func(l record) bool { return text(l, "statusCode") == "ACTIVE" })
	if current < 0 {
		return errNoPerson
	}
	waiting := slices.IndexFunc(p.Licences, func(l record) bool { return text(l, "statusCode") == "VARIATION_APPROVED" })
	if waiting < 0 {
		waiting = len(p.Licences)
		p.Licences = append(p.Licences, s.variationOf(p.Licences[current]))
	}
	p.Licences[waiting]["statusCode"] = "ACTIVE"
	p.Licences[current]["statusCode"] = "INACTIVE"
	return nil
}

// variationOf is licence with trail monitoring added, under an id of its own.
func (s *Server) variationOf(licence record) record {
	varied := maps.Clone(licence)
	varied["id"] = float64(s.newestLicence() + 1)
	varied["version"] = text(licence, "version") + ".1"
	varied["kind"] = "VARIATION"
	if strings.HasPrefix(text(licence, "kind"), "HDC") {
		varied["kind"] = "HDC_VARIATION"
	}
	varied["conditions"] = withTrail(licence["conditions"])
	return varied
}

// withTrail adds one additional condition of every policy version, without changing the old conditions.
func withTrail(conditions any) any {
	both, _ := conditions.(map[string]any)
	ap, _ := both["AP"].(map[string]any)
	additional, _ := ap["additional"].([]any)
	trail := map[string]any{
		"id": 99999, "category": "Electronic monitoring", "type": "STANDARD",
		"code": "524f2fd6-ad53-47dd-8edc-2161d3dd2ed4", "text": "Synthetic wording: your whereabouts will be monitored.",
	}
	varied := maps.Clone(both)
	variedAP := maps.Clone(ap)
	variedAP["additional"] = append(slices.Clone(additional), trail)
	varied["AP"] = variedAP
	return varied
}

func (s *Server) newestLicence() int64 {
	var newest int64
	for _, p := range s.people {
		for _, l := range p.Licences {
			newest = max(newest, licenceID(l))
		}
	}
	return newest
}

func (s *Server) withdrawApproval(p *person) error {
	if len(p.Approvals) == 0 {
		return errNoPerson
	}
	for _, a := range p.Approvals {
		a["status"] = "WITHDRAWN"
	}
	return nil
}

func (s *Server) die(p *person) error {
	p.Prisoner["legalStatus"] = "DEAD"
	return nil
}

func (s *Server) merge(p *person) error {
	p.Merge = record{"underReview": true}
	return nil
}

func (s *Server) endLicence(p *person) error {
	p.Prisoner["licenceExpiryDate"] = s.day(-1)
	deactivate(p)
	return nil
}

// deactivate ends every licence and every variation that waits.
func deactivate(p *person) {
	for _, l := range p.Licences {
		if isInFlight(l) {
			l["statusCode"] = "INACTIVE"
		}
	}
}

// day is the day offset days from now, YYYY-MM-DD.
func (s *Server) day(offset int) string {
	return s.now().In(s.london).AddDate(0, 0, offset).Format(time.DateOnly)
}

func (s *Server) getPeople(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, s.People())
}

func (s *Server) postAction(w http.ResponseWriter, r *http.Request) {
	actions := map[string]func(string) error{
		"recall": s.Recall, "vary": s.Vary, "withdraw-approval": s.WithdrawApproval, "die": s.Die, "merge": s.Merge,
		"end-licence": s.EndLicence,
	}
	action, ok := actions[r.PathValue("action")]
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no such action"})
		return
	}
	if err := action(r.PathValue("key")); err != nil {
		reply(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
