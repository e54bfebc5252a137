//go:build pkcs11

package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThalesGroup/crypto11"
	ckr "github.com/miekg/pkcs11"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
	"justice-wallet/keys/keystest"
	"justice-wallet/keys/pkcs11"
)

var digest = sha256.Sum256([]byte("message"))

// rig is a token, and a provider over it whose clock a test sets.
type rig struct {
	pkcs11.Provider
	token *keystest.SoftHSM
	at    atomic.Int64 // seconds
}

func newRig(t *testing.T, change ...func(*pkcs11.Options)) *rig {
	t.Helper()
	token, err := keystest.NewSoftHSM(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{token: token}
	r.Provider = r.again(t, change...)
	return r
}

// again is a provider over the same token, as after a restart.
func (r *rig) again(t *testing.T, change ...func(*pkcs11.Options)) pkcs11.Provider {
	t.Helper()
	o := r.token.Options()
	o.Bounds = guard.Defaults()
	o.Bounds.Deadline = time.Minute // no test waits for it, however busy the machine
	o.Now = func() time.Time { return time.Unix(r.at.Load(), 0) }
	for _, f := range change {
		f(&o)
	}
	p, err := pkcs11.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// leave logs the rig's own provider out: a process that is logged in is not asked for its PIN again.
func (r *rig) leave(t *testing.T) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) make(t *testing.T, p keys.Purpose) (crypto.Signer, string) {
	t.Helper()
	signer, reference, err := r.Make(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return signer, reference
}

func sign(s crypto.Signer) error {
	signature, err := s.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err == nil && !ecdsa.VerifyASN1(s.Public().(*ecdsa.PublicKey), digest[:], signature) {
		err = errors.New("a wrong signature left")
	}
	return err
}

func TestATokensKeyIsFoundAgain(t *testing.T) {
	r := newRig(t)
	made, reference := r.make(t, keys.PurposeDocument)
	other, _ := r.make(t, keys.PurposeDocument)
	if err := sign(made); err != nil {
		t.Error(err)
	}
	opened, err := r.Open(t.Context(), keys.PurposeDocument, reference)
	if err != nil {
		t.Fatal(err)
	}
	if !made.Public().(*ecdsa.PublicKey).Equal(opened.Public()) || other.Public().(*ecdsa.PublicKey).Equal(opened.Public()) {
		t.Error("another key was opened")
	}
	if err := sign(opened); err != nil {
		t.Error(err)
	}
	k, err := keys.AdoptKey(t.Context(), r, keys.PurposeDocument, strings.Fields(reference)[0], time.Now())
	if err != nil || k.Reference != reference {
		t.Errorf("by its id alone: %q, %v", k.Reference, err)
	}
}

func TestManySignAtOnce(t *testing.T) {
	r := newRig(t, func(o *pkcs11.Options) { o.Bounds.Parallel = 2 })
	s, _ := r.make(t, keys.PurposeCredential)
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if err := sign(s); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestAKeySignsForNoOtherPurpose(t *testing.T) {
	r := newRig(t)
	_, reference := r.make(t, keys.PurposeOffer)
	s, err := r.Open(t.Context(), keys.PurposeDocument, reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(s); err == nil {
		t.Error("the key of offers signed a document")
	}
	if _, err := r.Open(t.Context(), keys.PurposeDocument, strings.Fields(reference)[0]); err == nil {
		t.Error("the key of offers was adopted for documents")
	}
}

// A file that names one key and shows another's public half is found out before the token signs.
func TestAnotherKeysReferenceDoesNotSign(t *testing.T) {
	r := newRig(t)
	_, one := r.make(t, keys.PurposeOffer)
	_, two := r.make(t, keys.PurposeOffer)
	s, err := r.Open(t.Context(), keys.PurposeOffer, strings.Fields(one)[0]+" "+strings.Fields(two)[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(s); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	r := newRig(t)
	for name, reference := range map[string]string{
		"nothing": "", "no id": "id=", "not hexadecimal": "id=xyz", "a label": "label", "no such key": "id=00ff",
		"a point off the curve": "id=00ff public=AAAA",
	} {
		if _, err := r.Open(t.Context(), keys.PurposeOffer, reference); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// A token taken out of its slot, and put back, costs nothing but the time between.
func TestATokenMayGoAndComeBack(t *testing.T) {
	r := newRig(t)
	s, _ := r.make(t, keys.PurposeDocument)
	if err := r.token.Remove(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := sign(s); err == nil {
			t.Error("signed without a token")
		}
		r.at.Add(2)
	}
	if err := r.token.PutBack(); err != nil {
		t.Fatal(err)
	}
	if err := sign(s); err != nil {
		t.Error(err)
	}
}

func TestAServiceStartsWhileItsTokenIsOut(t *testing.T) {
	r := newRig(t)
	_, reference := r.make(t, keys.PurposeDocument)
	r.leave(t)
	if err := r.token.Remove(); err != nil {
		t.Fatal(err)
	}
	s, err := r.again(t).Open(t.Context(), keys.PurposeDocument, reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(s); err == nil || errors.Is(err, guard.ErrUnfit) {
		t.Errorf("without a token: %v", err)
	}
	if err := r.token.PutBack(); err != nil {
		t.Fatal(err)
	}
	r.at.Add(2)
	if err := sign(s); err != nil {
		t.Error(err)
	}
}

// A second login within the second is not tried: a token that is away is not to be hammered.
func TestLoginsArePaced(t *testing.T) {
	r := newRig(t)
	_, reference := r.make(t, keys.PurposeDocument)
	r.leave(t)
	s, err := r.again(t).Open(t.Context(), keys.PurposeDocument, reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.token.Remove(); err != nil {
		t.Fatal(err)
	}
	first := sign(s)
	if err := r.token.PutBack(); err != nil {
		t.Fatal(err)
	}
	if second := sign(s); first == nil || second == nil {
		t.Errorf("%v, and at once %v", first, second)
	}
	r.at.Add(1)
	if err := sign(s); err != nil {
		t.Error("after a second:", err)
	}
}

// SoftHSM counts no tries, but others lock after three: we stop after one, and do not even see that the PIN is right now.
func TestAWrongPINIsTriedOnce(t *testing.T) {
	const wrong = "wrong 1234"
	r := newRig(t)
	_, reference := r.make(t, keys.PurposeDocument)
	r.leave(t)
	s, err := r.again(t, func(o *pkcs11.Options) { o.PIN = wrong }).Open(t.Context(), keys.PurposeDocument, reference)
	if err != nil {
		t.Fatal(err)
	}
	refused := func() {
		t.Helper()
		if err := sign(s); !errors.Is(err, pkcs11.ErrRefused) || strings.Contains(err.Error(), wrong) {
			t.Error(err)
		}
	}
	refused()
	changePIN(t, r.token, wrong)
	r.at.Add(10)
	refused()
}

func changePIN(t *testing.T, token *keystest.SoftHSM, to string) {
	t.Helper()
	library := ckr.New(token.Module)
	if err := library.Initialize(); err != nil {
		t.Fatal(err)
	}
	session, err := library.OpenSession(slot(t, library, token), ckr.CKF_SERIAL_SESSION|ckr.CKF_RW_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(library.Login(session, ckr.CKU_USER, token.PIN), library.SetPIN(session, token.PIN, to), library.Finalize()); err != nil {
		t.Fatal(err)
	}
	library.Destroy()
}

// slot returns the slot of a token, in a library that is open.
func slot(t *testing.T, library *ckr.Ctx, token *keystest.SoftHSM) uint {
	t.Helper()
	slots, err := library.GetSlotList(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range slots {
		if about, err := library.GetTokenInfo(s); err == nil && about.Label == token.Label {
			return s
		}
	}
	t.Fatal("the token is in no slot")
	return 0
}

// A token that ends every session, as a cluster of tokens does when it changes over, is logged in to again.
func TestSessionsThatEndedAreMadeAnew(t *testing.T) {
	r := newRig(t)
	s, _ := r.make(t, keys.PurposeDocument)
	if err := sign(s); err != nil {
		t.Fatal(err)
	}
	library := ckr.New(r.token.Module) // the very library that the provider has open
	if err := library.CloseAllSessions(slot(t, library, r.token)); err != nil {
		t.Fatal(err)
	}
	if err := sign(s); err == nil {
		t.Error("signed in a session that has ended")
	}
	r.at.Add(1)
	if err := sign(s); err != nil {
		t.Error("after a second:", err)
	}
}

// A private half does not come out of its token, and a key whose private half would is not used.
func TestAKeyStaysInItsToken(t *testing.T) {
	r := newRig(t)
	s, _ := r.make(t, keys.PurposeDocument)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := keys.OpenDir(dir, []byte("passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(keys.Key{ID: "key", Purpose: keys.PurposeDocument, Signer: s}); err == nil {
		t.Error("the private half was written to a file")
	}

	r.leave(t)
	makeLoose(t, r.token)
	if _, err := r.Open(t.Context(), keys.PurposeDocument, "id=0a0b"); err == nil || !strings.Contains(err.Error(), "give the private half") {
		t.Error("a key that may leave its token:", err)
	}
}

// makeLoose makes a key of id 0a0b that its token would give away.
func makeLoose(t *testing.T, token *keystest.SoftHSM) {
	t.Helper()
	session, err := crypto11.Configure(&crypto11.Config{Path: token.Module, TokenLabel: token.Label, Pin: token.PIN})
	if err != nil {
		t.Fatal(err)
	}
	public, err := crypto11.NewAttributeSetWithIDAndLabel([]byte{0x0a, 0x0b}, []byte("justice-wallet document"))
	if err != nil {
		t.Fatal(err)
	}
	private := public.Copy()
	if err := errors.Join(private.Set(crypto11.CkaExtractable, true), private.Set(crypto11.CkaSensitive, false)); err != nil {
		t.Fatal(err)
	}
	if _, err := session.GenerateECDSAKeyPairWithAttributes(public, private, elliptic.P256()); err != nil {
		t.Fatal(err)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNewWantsEverything(t *testing.T) {
	o := pkcs11.Options{Module: "m", Token: "t", PIN: "1", Now: time.Now}
	for name, spoil := range map[string]func(*pkcs11.Options){
		"library": func(o *pkcs11.Options) { o.Module = "" }, "token": func(o *pkcs11.Options) { o.Token = "" },
		"PIN": func(o *pkcs11.Options) { o.PIN = "" }, "clock": func(o *pkcs11.Options) { o.Now = nil },
	} {
		spoiled := o
		spoil(&spoiled)
		if _, err := pkcs11.New(spoiled); err == nil {
			t.Errorf("made without a %s", name)
		}
	}
}
