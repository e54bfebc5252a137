// Package layout_test holds the walls of the house: which room may import which, and who may import what from outside.
package layout_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "justice-wallet/"

// rules is the whole plan: room < rooms of ours | modules from outside. "*" stands for one path element, "..." for any
// number. A package without a line fails: write its line first; if you cannot say what it may import, it is not a room yet.
// DO NOT CHANGE THIS TABLE TO FIX A BUILD: change it when the plan changes, with a page in docs/decisions.
const rules = `
	# types know nobody
	pkg/fault          <                                                                    |
	pkg/credential     <                                                                    |
	pkg/audit          <                                                                    |
	pkg/faultpoint     <                                                                    |
	pkg/document       < pkg/credential pkg/fault                                           | go.yaml.in/yaml/v3

	# primitives
	pkg/cbor           <                                                                    | github.com/fxamacker/cbor/v2
	pkg/cose           < pkg/cbor                                                           |
	pkg/jose           < pkg/fault                                                          | github.com/lestrrat-go/jwx/v2/jwa github.com/lestrrat-go/jwx/v2/jwe github.com/lestrrat-go/jwx/v2/jws
	pkg/vical          < pkg/cbor pkg/cose                                                  |
	pkg/proximity      < pkg/cbor pkg/cose                                                  |
	pkg/oid4vp         < pkg/jose                                                           |
	pkg/letter         < pkg/cbor pkg/cose pkg/credential                                   |
	pkg/did            < pkg/jose                                                           |
	pkg/oid4vci        < pkg/did pkg/jose                                                   |
	pkg/statuslist     <                                                                    | github.com/klauspost/compress/gzip github.com/klauspost/compress/zlib
	pkg/statustoken    < pkg/cbor pkg/statuslist                                            |
	pkg/fetch          < pkg/fault pkg/jose                                                 | golang.org/x/sync/singleflight
	pkg/journal        < pkg/faultpoint                                                     |
	pkg/config         <                                                                    |
	pkg/seal           <                                                                    | golang.org/x/crypto/chacha20poly1305
	pkg/es256          <                                                                    |
	pkg/pemfile        <                                                                    |
	pkg/nocore         <                                                                    |
	pkg/internal/fixture < pkg/cbor                                                         |
	keys               < pkg/audit pkg/es256 pkg/fault pkg/pemfile                          | golang.org/x/crypto/argon2 golang.org/x/crypto/chacha20poly1305
	keys/guard         <                                                                    |
	keys/pkcs11        < keys keys/guard                                                    | github.com/ThalesGroup/crypto11 github.com/google/uuid github.com/miekg/pkcs11
	keys/kms           < keys keys/guard                                                    | github.com/aws/aws-sdk-go-v2/aws github.com/aws/aws-sdk-go-v2/aws/... github.com/aws/aws-sdk-go-v2/config github.com/aws/aws-sdk-go-v2/service/kms github.com/aws/aws-sdk-go-v2/service/kms/types github.com/aws/smithy-go/logging
	keys/providers     < keys keys/guard keys/kms keys/pkcs11 pkg/config                    |
	keys/keystest      < keys keys/...                                                      | github.com/aws/aws-sdk-go-v2/credentials

	# decisions know types; formats know one another never
	pkg/issuance       < keys pkg/audit pkg/credential pkg/document pkg/fault pkg/faultpoint pkg/letter pkg/seal | github.com/google/uuid
	pkg/format/mdoc    < keys pkg/cbor pkg/cose pkg/credential pkg/document pkg/issuance    |
	pkg/format/vcjwt   < keys pkg/credential pkg/did pkg/document pkg/issuance pkg/jose     |
	pkg/format/sdjwt   < pkg/credential pkg/jose                                            |
	pkg/purpose        < pkg/document pkg/jose                                              | go.yaml.in/yaml/v3
	pkg/verification   < pkg/credential pkg/fault pkg/format/*                              |

	pkg/ui                 <                                                                | go.yaml.in/yaml/v3
	pkg/ui/uitest          < pkg/ui                                                         | golang.org/x/net/html
	pkg/casework       < pkg/audit pkg/credential pkg/document pkg/fault pkg/issuance pkg/oid4vci |

	pkg/receipt            < pkg/verification                                               |
	pkg/oidc               < pkg/fault                                                      | github.com/coreos/go-oidc/v3/oidc golang.org/x/oauth2 golang.org/x/sync/singleflight
	pkg/session            < pkg/fault                                                      | golang.org/x/crypto/chacha20poly1305
	pkg/verification/words < pkg/verification                                               | go.yaml.in/yaml/v3

	# adapters know decisions
	pkg/store/memstore   < keys pkg/casework pkg/issuance pkg/receipt pkg/session pkg/statuslist                          |
	pkg/store/redisstore < keys pkg/casework pkg/fault pkg/issuance pkg/receipt pkg/session pkg/statuslist                | github.com/redis/go-redis/v9
	pkg/store/durable    < pkg/faultpoint pkg/journal pkg/statuslist                                             |
	pkg/store/storetest  < keys pkg/casework pkg/credential pkg/issuance pkg/receipt pkg/session pkg/statuslist pkg/verification | pgregory.net/rapid
	pkg/httpserver       < pkg/fault pkg/jose                                               | github.com/gin-gonic/gin

	# services: neither knows the other
	issuer                             < issuer/internal/... keys pkg/...                   |
	issuer/internal/govuk              < keys pkg/...                                       | github.com/gin-gonic/gin github.com/skip2/go-qrcode
	issuer/internal/console            < issuer/internal/letters pkg/...                          | github.com/gin-gonic/gin github.com/google/uuid golang.org/x/crypto/chacha20poly1305
	issuer/internal/published          < pkg/...                                            |
	issuer/internal/serviceapi         < issuer/internal/govuk pkg/...                      | github.com/gin-gonic/gin
	issuer/internal/holder             < issuer/internal/coreidentity issuer/internal/govuk pkg/... | github.com/gin-gonic/gin github.com/google/uuid
	issuer/internal/statusapi          < keys pkg/...                                       | github.com/gin-gonic/gin
	issuer/internal/statusclient       < keys pkg/...                                       | github.com/google/uuid
	issuer/internal/certificates       < keys pkg/...                                       | github.com/gin-gonic/gin
	issuer/internal/letters            < keys pkg/...                                       | github.com/gin-gonic/gin github.com/skip2/go-qrcode
	issuer/internal/coreidentity       < pkg/...                                            |
	issuer/internal/records            < issuer/internal/records/conditions pkg/...         | golang.org/x/text/unicode/norm
	issuer/internal/records/conditions <                                                    | go.yaml.in/yaml/v3
	verifier                           < verifier/internal/... pkg/...                      | github.com/gin-gonic/gin
	verifier/internal/desk             < verifier/internal/openid4vp pkg/...                | github.com/gin-gonic/gin github.com/skip2/go-qrcode
	verifier/internal/letter           < pkg/...                                            | github.com/gin-gonic/gin
	verifier/internal/*                < pkg/...                                            | golang.org/x/sync/singleflight

	# commands know all of their own
	issuer/cmd/issuer     < issuer keys keys/providers pkg/...                                             |
	verifier/cmd/verifier < verifier pkg/...                                                |
	keys/cmd/keys         < keys keys/providers pkg/audit pkg/config pkg/es256 pkg/jose pkg/nocore pkg/pemfile pkg/vical |

	# the judges: imported by nobody else; those that judge share no code with the judged
	conformance/wallet    <                                                                 |
	conformance/onelogin  <                                                                 |
	conformance/signin    <                                                                 |
	conformance/hmpps     < conformance/signin                                              |
	conformance/record    <                                                                 |
	conformance/report    < conformance/record                                              |
	conformance/check     < conformance/wallet                                              |
	conformance/walletpage < conformance/wallet                                             |
	conformance/listwatch <                                                                 |
	conformance/cmd/listwatch < conformance/listwatch                                       |
	conformance/leaks     < conformance/hmpps conformance/onelogin pkg/document pkg/issuance pkg/purpose pkg/ui/uitest |
	conformance/rig       < conformance/hmpps conformance/leaks conformance/onelogin conformance/signin conformance/wallet conformance/walletpage issuer verifier keys keys/... pkg/... |
	conformance/story     < conformance/onelogin conformance/rig conformance/wallet                              |
	conformance/cmd/check < conformance/check                                               |
	conformance/cmd/*     < conformance/...                                                 |
	conformance/bench     <                                                                 |
	conformance/soak      < conformance/listwatch keys pkg/...                              |
	conformance/suite     <                                                                 |
	conformance/mutation  <                                                                 |
	conformance/hostile   <                                                                 |
	conformance/layout    <                                                                 |
	conformance/compose   <                                                                 |
	conformance/interop   <                                                                 |
	conformance/vectors   <                                                                 |
	conformance/differential <                                                              |
	conformance/browser   < conformance/leaks                                               | github.com/chromedp/cdproto/... github.com/chromedp/chromedp
	conformance/vectors/own < conformance/wallet                                           |
`

// forbidden is imported nowhere, tests included.
var forbidden = map[string]string{
	"github.com/lestrrat-go/jwx/v2/jwt": "accepts unsigned claims around a flattened JWS: use pkg/jose",
}

// standIn is the one judge that a test elsewhere may use: the adapters to the systems of record are tried against it.
const standIn = module + "conformance/hmpps"

type room struct{ ours, outside []string }

func plan(t *testing.T) map[string]room {
	t.Helper()
	out := map[string]room{}
	for _, line := range strings.Split(rules, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, ok := strings.Cut(line, "<")
		ours, outside, ok2 := strings.Cut(rest, "|")
		if !ok || !ok2 {
			t.Fatalf("malformed rule %q", line)
		}
		out[strings.TrimSpace(name)] = room{strings.Fields(ours), strings.Fields(outside)}
	}
	return out
}

// pkg is one package as the go tool lists it.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(name, prefix+"/")
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

func matchAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if matches(p, name) {
			return true
		}
	}
	return false
}

// breaches returns every import of p that the plan does not allow.
func breaches(rooms map[string]room, p pkg) []string {
	name := strings.TrimPrefix(p.ImportPath, module)
	r, ok := rooms[name]
	for pattern, candidate := range rooms {
		if !ok && matches(pattern, name) {
			r, ok = candidate, true
		}
	}
	if !ok {
		return []string{name + " has no line in the plan"}
	}
	var out []string
	for _, imported := range p.Imports {
		ours, mine := strings.CutPrefix(imported, module)
		switch {
		case mine && !matchAny(r.ours, ours), !mine && strings.Contains(strings.Split(imported, "/")[0], ".") && !matchAny(r.outside, imported):
			out = append(out, name+" imports "+imported)
		}
	}
	for _, imported := range append(append(append([]string{}, p.Imports...), p.TestImports...), p.XTestImports...) {
		if why, ok := forbidden[imported]; ok {
			out = append(out, name+" imports "+imported+": "+why)
		}
		if imported != standIn && strings.HasPrefix(imported, module+"conformance/") && !strings.HasPrefix(name, "conformance/") {
			out = append(out, name+" imports a judge: "+imported)
		}
	}
	return out
}

func TestTheWallsHold(t *testing.T) {
	rooms := plan(t)
	command := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "-tags", "redis,tools,mutation,interop,browser,pkcs11,soak", "justice-wallet/...")
	listing, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	d, n := json.NewDecoder(strings.NewReader(string(listing))), 0
	for {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
		for _, breach := range breaches(rooms, p) {
			t.Error(breach)
		}
	}
	if n < 30 {
		t.Errorf("only %d packages were looked at", n)
	}
}

func TestABreachIsSeen(t *testing.T) {
	rooms := plan(t)
	for _, p := range []pkg{
		{ImportPath: module + "pkg/nobody"},
		{ImportPath: module + "pkg/fault", Imports: []string{module + "pkg/jose"}},
		{ImportPath: module + "pkg/format/mdoc", Imports: []string{module + "pkg/format/vcjwt"}},
		{ImportPath: module + "issuer", Imports: []string{module + "verifier"}},
		{ImportPath: module + "pkg/issuance", Imports: []string{"github.com/gin-gonic/gin"}},
		{ImportPath: module + "pkg/issuance", Imports: []string{"github.com/redis/go-redis/v9"}},
		{ImportPath: module + "pkg/format/mdoc", Imports: []string{"github.com/fxamacker/cbor/v2"}},
		{ImportPath: module + "pkg/jose", XTestImports: []string{"github.com/lestrrat-go/jwx/v2/jwt"}},
		{ImportPath: module + "issuer", TestImports: []string{module + "conformance/rig"}},
		{ImportPath: module + "conformance/wallet", Imports: []string{module + "pkg/cbor"}},
	} {
		if len(breaches(rooms, p)) != 1 {
			t.Errorf("%+v: %v", p, breaches(rooms, p))
		}
	}
}
