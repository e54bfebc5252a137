package keys_test

import (
	"context"
	"crypto"
	"strings"
	"testing"

	"justice-wallet/keys"
)

func TestAReferenceComesBack(t *testing.T) {
	public := generate(t)[2].Public()
	for _, want := range []keys.Reference{{Name: "alias/offers"}, {Name: "id=0a0b", Public: public}} {
		got, err := keys.ParseReference(want.String())
		if err != nil || got.Name != want.Name || (want.Public == nil) != (got.Public == nil) || (want.Public != nil && !want.Public.Equal(got.Public)) {
			t.Errorf("%q came back as %+v, %v", want, got, err)
		}
	}
}

func TestParseReferenceRefuses(t *testing.T) {
	good := keys.Reference{Name: "id=0a0b", Public: generate(t)[2].Public()}.String()
	for name, text := range map[string]string{
		"nothing": "", "no name": " public=AAAA", "a space": "a b", "a line end": "a\nb", "another mark": "a private=AAAA",
		"not base64url": "a public=+/+/", "not on the curve": "a public=BAAA", "cut short": good[:len(good)-4], "more after it": good + "AAAA",
		"a line end within": good[:len(good)-4] + "\n" + good[len(good)-4:], "spare bits": good[:len(good)-1] + "_",
	} {
		if r, err := keys.ParseReference(text); err == nil {
			t.Errorf("%s: read as %+v", name, r)
		}
	}
}

// hall is a vault that knows its keys by their names, too, as a key management service does.
type hall struct{ vault }

func (h hall) Open(ctx context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	r, err := keys.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	return h.vault.Open(ctx, p, r.Name)
}

func TestAKeyThatOthersMadeIsAdopted(t *testing.T) {
	h := hall{vault{map[string]held{}}}
	h.held["offers"] = held{keys.PurposeOffer, generate(t)[2].Signer}
	k, err := keys.AdoptKey(t.Context(), h, keys.PurposeOffer, "offers", now)
	if err != nil {
		t.Fatal(err)
	}
	if k.State != keys.StateCreated || k.Provider != "vault" || !strings.HasPrefix(k.Reference, "offers public=") {
		t.Errorf("%+v", k)
	}
	dir, _ := vaultDir(t, h.vault)
	if err := dir.Save(k); err != nil {
		t.Error(err)
	}
	if _, err := keys.AdoptKey(t.Context(), h, keys.PurposeDocument, "offers", now); err == nil {
		t.Error("adopted for another purpose")
	}
}

// Every reference that is read is written as it stood.
func FuzzParseReference(f *testing.F) {
	f.Add("alias/offers")
	f.Add("id=0a0b public=BAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := keys.ParseReference(text); err == nil && r.String() != text {
			t.Errorf("%q is read as %q", text, r)
		}
	})
}
