package verifier

import "net/http"

// routes lists every path; httpserver adds /livez and /readyz.
func (v *Verifier) routes() {
	v.server.Handle(http.MethodPost, "/verify", v.verify)
}
