package statusapi_test

import (
	"net/http"
	"strings"
	"testing"

	"justice-wallet/issuer/internal/statusapi"
)

// Whatever is sent, the contract answers with one of its errors, and gives no place but for the client's own message.
func FuzzContract(f *testing.F) {
	r := newContract(&testing.T{})
	good := sign(&testing.T{}, r.a, goodHeader, issueClaims())
	f.Add(good)
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Add(sign(&testing.T{}, r.a, members{}, members{}))
	f.Add("")
	f.Fuzz(func(t *testing.T, message string) {
		for _, path := range []string{"/issue", "/revoke"} {
			got := r.send(t, path, "application/jwt", message)
			switch {
			case got.status == http.StatusOK && path == "/issue" && message == good:
			case got.status == http.StatusBadRequest && got.body["error"] == "BAD_REQUEST":
			case got.status == http.StatusUnauthorized && got.body["error"] == "UNAUTHORIZED":
			case got.status == http.StatusServiceUnavailable && strings.HasPrefix(message, good[:20]): // too often in a second that stands still
			default:
				t.Errorf("%s: %d %v", path, got.status, got.body)
			}
		}
	})
}

// A register that is taken has clients, each with a name.
func FuzzClients(f *testing.F) {
	f.Add([]byte(`{"clients":[{"clientId":"a","jwksUri":"https://a.example"}]}`))
	f.Add([]byte(`{"clients":[{"clientId":"a","jwks":` + string(jwks(&testing.T{}, newKey(&testing.T{}))) + `}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		clients, err := statusapi.ParseClients(file)
		if err != nil {
			return
		}
		for _, c := range clients {
			if c.ID == "" {
				t.Errorf("a client without a name: %q", file)
			}
		}
		if len(clients) == 0 {
			t.Errorf("nobody: %q", file)
		}
	})
}
