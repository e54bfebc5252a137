// Package vectors holds what others have published, each file with its provenance in README.md, and says where each is
// tried. A file that nothing tries fails.
package vectors_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"justice-wallet/conformance/record"
)

// triedBy names, for each file, the tests that read it.
var triedBy = map[string][]string{
	"didkey/p256.json":                   {"pkg/did/did_test.go"},
	"didkey/p256_decoded.json":           {"pkg/did/did_test.go"},
	"mdoc/annexc_request.json":           {"pkg/proximity/proximity_test.go"},
	"mdoc/annexd.json":                   {"pkg/internal/fixture/fixture.go", "pkg/format/mdoc/device_test.go", "pkg/proximity/proximity_test.go"},
	"oid4vp/encrypted_response_1_0.json": {"pkg/jose/encrypt_test.go"},
	"oid4vp/handover_1_0.json":           {"pkg/format/mdoc/device_test.go"},
	"oid4vp/oid4vci_1_0_examples.json":   {"pkg/oid4vci/examples_test.go"},
	"oid4vp/oid4vci_jwt_proof_1_0.json":  {"pkg/oid4vci/proof_test.go"},
	"oid4vp/oid4vp_1_0_examples.json":    {"pkg/oid4vp/oid4vp_test.go"},
	"own/accesstoken.json":               {"conformance/vectors/own/own_test.go"},
	"own/bitstring.json":                 {"conformance/vectors/own/own_test.go"},
	"own/deviceresponse.json":            {"conformance/vectors/own/own_test.go"},
	"own/issuersigned.json":              {"conformance/vectors/own/own_test.go"},
	"own/jwtcredential.json":             {"conformance/vectors/own/own_test.go"},
	"own/keys.json":                      {"conformance/vectors/own/own_test.go"},
	"own/letter.json":                    {"conformance/vectors/own/own_test.go"},
	"own/proof.json":                     {"conformance/vectors/own/own_test.go"},
	"own/sdjwt.json":                     {"conformance/vectors/own/own_test.go"},
	"own/statuslist_cwt.json":            {"conformance/vectors/own/own_test.go"},
	"own/statuslist_jwt.json":            {"conformance/vectors/own/own_test.go"},
	"sdjwt/oid4vp_sd_jwt_vcld_01.json":   {"pkg/format/sdjwt/sdjwt_test.go"},
	"sdjwt/rfc9901.json":                 {"pkg/format/sdjwt/sdjwt_test.go"},
	"sdjwt/tsl_referenced_sdjwt.json":    {"pkg/format/sdjwt/sdjwt_test.go"},
	"tsl/examples.json":                  {"pkg/statuslist/vectors_test.go", "pkg/statustoken/cwt_test.go"},
	"tsl/govuk_dual_encoding.json":       {"pkg/statuslist/vectors_test.go"},
	"tsl/key.json":                       {"pkg/statustoken/cwt_test.go"},
	"tsl/test_vectors.json":              {"pkg/statuslist/vectors_test.go", "pkg/statustoken/cwt_test.go"},
}

func TestEveryFileIsTried(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	lists, err := os.ReadFile("tsl/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, ours := 0, 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		files++
		if strings.HasPrefix(path, "own/") {
			ours++
		}
		if !strings.Contains(string(readme)+"tsl/"+string(lists), filepath.Base(path)) {
			t.Errorf("%s: README.md does not say where it is from", path)
		}
		if len(triedBy[path]) == 0 {
			t.Errorf("%s: nothing tries it", path)
		}
		for _, test := range triedBy[path] {
			source, err := os.ReadFile("../../" + test)
			if err != nil {
				return err
			}
			if !strings.Contains(string(source), filepath.Base(path)) && !strings.Contains(string(source), "AnnexD(") && !strings.HasSuffix(path, "own/keys.json") {
				t.Errorf("%s does not read %s", test, path)
			}
		}
		return nil
	})
	if err != nil || files != len(triedBy) {
		t.Errorf("%d files, %d named: %v", files, len(triedBy), err)
	}
	if err := record.Write(os.Getenv(record.Variable), record.Line{Kind: record.KindVectors, Group: "files that others published", Count: files - ours}); err != nil {
		t.Error(err)
	}
}
