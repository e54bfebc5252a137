package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"justice-wallet/conformance/wallet"
)

var metadataSteps = []string{stepMetadata}

const harnessMetadata = "H: isValidMetadata"

var metadataRules = []rule[*IssuerRecord]{
	{"metadata.answer", "Metadata is answered with 200 and JSON without duplicate members", harnessMetadata + ", RFC 8259 §4", metadataSteps, func(r *IssuerRecord) error {
		a, err := r.step(stepMetadata)
		if err != nil {
			return err
		}
		_, err = a.json(http.StatusOK)
		return err
	}},
	{"metadata.issuer", "credential_issuer is the issuer that was asked", harnessMetadata, metadataSteps, inMetadata(func(r *IssuerRecord, m map[string]any) error {
		return want(m["credential_issuer"] == r.URL, "it is another")
	})},
	{"metadata.authorization-servers", "authorization_servers names the token service", harnessMetadata, metadataSteps, inMetadata(func(r *IssuerRecord, m map[string]any) error {
		list, err := texts(m, "authorization_servers")
		if err != nil {
			return err
		}
		return want(slices.Contains(list, r.AuthServer) && !slices.ContainsFunc(list, notURL), "it does not, or holds no URL")
	})},
	{"metadata.credential-endpoint", "credential_endpoint is the issuer's /credential", harnessMetadata, metadataSteps, inMetadata(func(r *IssuerRecord, m map[string]any) error {
		return want(m["credential_endpoint"] == r.URL+"/credential", "it is another")
	})},
	{"metadata.notification-endpoint", "notification_endpoint is the issuer's /notification", harnessMetadata, metadataSteps, inMetadata(func(r *IssuerRecord, m map[string]any) error {
		if _, stated := m["notification_endpoint"]; !stated {
			return apart("the issuer takes no notifications")
		}
		return want(m["notification_endpoint"] == r.URL+"/notification", "it is another")
	})},
	{"metadata.iacas", "With an mdoc among its documents, mdoc_iacas_uri is the issuer's /iacas", harnessMetadata, metadataSteps, inMetadata(func(r *IssuerRecord, m map[string]any) error {
		for _, c := range configurations(m) {
			if c["format"] == wallet.FormatMDoc {
				return want(m["mdoc_iacas_uri"] == r.URL+"/iacas", "it is another, or missing")
			}
		}
		return apart("it has no mdoc")
	})},
	{"metadata.configuration", "It knows the offered configuration", harnessMetadata, []string{stepOffer, stepMetadata}, inMetadata(func(r *IssuerRecord, m map[string]any) error {
		o, err := r.offer()
		if err != nil {
			return needs(err)
		}
		_, ok := configurations(m)[o.Configuration]
		return want(ok, "it does not")
	})},
	{"metadata.format", "Every configuration is mso_mdoc or jwt_vc_json: another makes GOV.UK's harness fail", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		return want(c["format"] == wallet.FormatMDoc || c["format"] == wallet.FormatJWT, "its format is %q", printable(text(c, "format"), 40))
	})},
	{"metadata.binding", "Every configuration binds to cose_key (mdoc) or did:key (JWT)", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		methods, err := texts(c, "cryptographic_binding_methods_supported")
		if err != nil {
			return err
		}
		method := map[any]string{wallet.FormatMDoc: "cose_key", wallet.FormatJWT: "did:key"}[c["format"]]
		return want(method == "" || slices.Contains(methods, method), "it lacks %s", method)
	})},
	{"metadata.algorithms", "Every configuration is signed with ES256, by that name", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		algorithms, err := texts(c, "credential_signing_alg_values_supported")
		if err != nil {
			return err
		}
		return want(slices.Contains(algorithms, "ES256"), "it lacks ES256")
	})},
	{"metadata.validity", "Every configuration says for how many days it is valid", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		n, ok := c["credential_validity_period_max_days"].(json.Number)
		if !ok {
			return errors.New("credential_validity_period_max_days is no number")
		}
		days, err := n.Float64()
		return want(err == nil && days > 0, "it is not positive")
	})},
	{"metadata.refresh-url", "Every configuration says on which page it is renewed", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		return want(!notURL(text(c, "credential_refresh_web_journey_url")), "credential_refresh_web_journey_url is no URL")
	})},
	{"metadata.doctype", "Every mdoc has a doctype", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		return want(c["format"] != wallet.FormatMDoc || text(c, "doctype") != "", "it has none")
	})},
	{"metadata.types", "Every JWT has two types, VerifiableCredential and one more", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		if c["format"] != wallet.FormatJWT {
			return nil
		}
		definition := object(c, "credential_definition")
		types, err := texts(definition, "type")
		if err != nil {
			return err
		}
		return want(len(types) == 2 && slices.Contains(types, "VerifiableCredential"), "it has %d", len(types))
	})},
	{"metadata.proof-types", "Every JWT takes proofs signed with ES256", harnessMetadata, metadataSteps, inConfigurations(func(c map[string]any) error {
		if c["format"] != wallet.FormatJWT {
			return nil
		}
		types := object(c, "proof_types_supported")
		jwt := object(types, "jwt")
		algorithms, err := texts(jwt, "proof_signing_alg_values_supported")
		if err != nil {
			return err
		}
		return want(slices.Contains(algorithms, "ES256"), "it lacks ES256")
	})},
	{"metadata.claims", "Every configuration lists its claims, each with a path of two names, none twice", "EX: metadata of a custom mdoc; OID4VCI Appendix B (unchecked by H)", metadataSteps, inConfigurations(func(c map[string]any) error {
		_, err := announced(c)
		return err
	})},
}

func inMetadata(holds func(*IssuerRecord, map[string]any) error) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		m, err := r.metadata()
		if err != nil {
			return err
		}
		return holds(r, m)
	}
}

func inConfigurations(holds func(map[string]any) error) func(*IssuerRecord) error {
	return inMetadata(func(_ *IssuerRecord, m map[string]any) error {
		all := configurations(m)
		if len(all) == 0 {
			return unknown("it has no configuration")
		}
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if err := holds(all[id]); err != nil {
				return fmt.Errorf("%s: %w", printable(id, 60), err)
			}
		}
		return nil
	})
}

func configurations(m map[string]any) map[string]map[string]any {
	all := object(m, "credential_configurations_supported")
	out := map[string]map[string]any{}
	for id, v := range all {
		c, _ := v.(map[string]any) // what is no object lacks every member
		out[id] = c
	}
	return out
}

// texts returns a member that must be a non-empty array of non-empty texts.
func texts(o map[string]any, name string) ([]string, error) {
	list, _ := o[name].([]any)
	var out []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok || s == "" {
			return nil, fmt.Errorf("%s holds something else than text", name)
		}
		out = append(out, s)
	}
	return out, want(len(out) > 0, "%s is missing or empty", name)
}

func notURL(s string) bool {
	u, err := url.Parse(s)
	return err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""
}

// claim is one element as metadata announces it.
type claim struct {
	mandatory bool
	valueType string
}

// announced lists the claims of a configuration by their path.
func announced(c map[string]any) (map[[2]string]claim, error) {
	meta := object(c, "credential_metadata")
	list := objects(meta["claims"])
	if len(list) == 0 {
		return nil, errors.New("credential_metadata.claims is missing or empty")
	}
	out := map[[2]string]claim{}
	for _, o := range list {
		path, _ := texts(o, "path") // what holds no two texts is refused next
		if len(path) != 2 {
			return nil, errors.New("a path is not two names")
		}
		key := [2]string{path[0], path[1]}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("%s is there twice", printable(path[1], 60))
		}
		mandatory, _ := o["mandatory"].(bool) // false when it does not say
		out[key] = claim{mandatory, text(o, "value_type")}
	}
	return out, nil
}

// element is one fact of a credential, under the path that metadata gives it.
type element struct {
	path  [2]string
	value any
}

// complete holds a credential's elements against what the metadata announces.
func complete(c map[string]any, elements []element) error {
	all, err := announced(c)
	if err != nil {
		return needs(err)
	}
	seen := map[[2]string]bool{}
	for _, e := range elements {
		if _, ok := all[e.path]; !ok {
			return fmt.Errorf("%s is not in the metadata", printable(e.path[1], 60))
		}
		seen[e.path] = true
	}
	for path, cl := range all {
		if cl.mandatory && !seen[path] {
			return fmt.Errorf("%s is mandatory, and missing", printable(path[1], 60))
		}
	}
	return nil
}

// typed holds the values of a credential's elements against the types that the metadata announces.
func typed(c map[string]any, elements []element) error {
	all, err := announced(c)
	if err != nil {
		return needs(err)
	}
	for _, e := range elements {
		if cl, ok := all[e.path]; ok && !wallet.Allows(e.path[0], cl.valueType, e.value) {
			return fmt.Errorf("%s is not of type %s", printable(e.path[1], 60), printable(cl.valueType, 20))
		}
	}
	return nil
}
