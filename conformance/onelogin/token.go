package onelogin

import (
	"mime"
	"net/http"
)

const preAuthorisedGrant = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

// serveToken answers the three grants (RFC 6749 §3.2).
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	answer, refused := s.grant(r)
	if refused != nil {
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		writeRefusal(w, refused)
		return
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.1
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) grant(r *http.Request) (map[string]any, *refusal) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return nil, errRequest
	}
	for _, values := range r.PostForm {
		if len(values) != 1 { // RFC 6749 §3.2: parameters must not come twice
			return nil, errRequest
		}
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return s.grantCode(r.Context(), r.PostForm)
	case preAuthorisedGrant:
		return s.grantPreAuthorised(r.Context(), bearer(r), r.PostForm)
	case "refresh_token":
		return s.grantRefresh(r.PostForm)
	case "":
		return nil, errRequest
	}
	return nil, errType
}
