package onelogin

import (
	"encoding/json"
	"net/http"
	"strings"
)

// refusal is an OAuth error answer (RFC 6749 §5.2).
type refusal struct {
	status int
	code   string
}

var (
	errRequest = &refusal{http.StatusBadRequest, "invalid_request"}
	errGrant   = &refusal{http.StatusBadRequest, "invalid_grant"}
	errType    = &refusal{http.StatusBadRequest, "unsupported_grant_type"}
	errClient  = &refusal{http.StatusUnauthorized, "invalid_client"}
	errServer  = &refusal{http.StatusInternalServerError, "server_error"}
)

func writeRefusal(w http.ResponseWriter, r *refusal) {
	writeJSON(w, r.status, map[string]string{"error": r.code})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; there is no one to tell
}

// bearer returns the bearer token of a request, or "".
func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}
