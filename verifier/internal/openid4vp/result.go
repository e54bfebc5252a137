package openid4vp

import "crypto/subtle"

// State is how far a check has come, as its browser may know.
type State struct {
	Flow    Flow
	Purpose string
	Answer  *Answer // nil while there is none, or none for this caller
}

// Result tells the browser that began a check how it stands. A check by redirect on one device is told only with the
// response code that the wallet brought back: whoever was sent a link to begin with must not see another's answer
// (OpenID4VP 1.0 §14.2). Any other caller meets the same fault as for a check that never was.
func (s *Service) Result(id, secret, responseCode string) (State, error) {
	n := s.sessions.find(byID, id)
	if n == nil || !n.opens(secret) {
		return State{}, notFound()
	}
	state := State{Flow: n.flow, Purpose: n.query.Purpose(), Answer: n.held()}
	accepted := subtle.ConstantTimeCompare([]byte(responseCode), []byte(n.responseCode)) == 1
	if n.flow == SameDevice && state.Answer != nil && len(state.Answer.Documents) > 0 && !accepted {
		state.Answer = nil
	}
	return state, nil
}
