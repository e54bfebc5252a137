//go:build tools

package kms_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aws_kms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
	"justice-wallet/keys/keystest"
	"justice-wallet/keys/kms"
)

var (
	digest = sha256.Sum256([]byte("message"))
	moto   *keystest.Moto // one for all tests: each makes keys of its own
)

func TestMain(m *testing.M) {
	var err error
	if moto, err = keystest.StartMoto(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := moto.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func service(t *testing.T, change ...func(*kms.Options)) *kms.Service {
	t.Helper()
	o := moto.Options()
	o.Bounds = guard.Defaults()
	o.Bounds.Deadline = time.Minute // no test waits for it, however busy the machine
	for _, f := range change {
		f(&o)
	}
	s, err := kms.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newKey(t *testing.T, s *kms.Service, p keys.Purpose) (crypto.Signer, keys.Reference) {
	t.Helper()
	signer, text, err := s.Make(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := keys.ParseReference(text)
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

func TestAKeyIsFoundAgain(t *testing.T) {
	s := service(t)
	made, reference := newKey(t, s, keys.PurposeDocument)
	if err := sign(made); err != nil {
		t.Error(err)
	}
	opened, err := service(t).Open(t.Context(), keys.PurposeDocument, reference.String())
	if err != nil || !reference.Public.Equal(opened.Public()) {
		t.Fatal("another key was opened:", err)
	}
	if err := sign(opened); err != nil {
		t.Error(err)
	}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if err := sign(opened); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// client is KMS's own, for what only an operator does.
func client(t *testing.T) *aws_kms.Client {
	t.Helper()
	o := moto.Options()
	return aws_kms.New(aws_kms.Options{Region: o.Region, BaseEndpoint: &o.Endpoint, Credentials: o.Credentials})
}

// A key that others made is found by its alias, and stays the key it was wherever the alias leads afterwards.
func TestAKeyIsAdoptedByItsAlias(t *testing.T) {
	s, operator := service(t), client(t)
	_, first := newKey(t, s, keys.PurposeOffer)
	_, second := newKey(t, s, keys.PurposeOffer)
	alias := "alias/" + path.Base(first.Name)
	if _, err := operator.CreateAlias(t.Context(), &aws_kms.CreateAliasInput{AliasName: aws.String(alias), TargetKeyId: &first.Name}); err != nil {
		t.Fatal(err)
	}
	k, err := keys.AdoptKey(t.Context(), s, keys.PurposeOffer, alias, time.Now())
	if err != nil || !k.Public().Equal(first.Public) {
		t.Fatal("another key was adopted:", err)
	}
	if err := sign(k.Signer); err != nil {
		t.Error(err)
	}
	if _, err := operator.UpdateAlias(t.Context(), &aws_kms.UpdateAliasInput{AliasName: aws.String(alias), TargetKeyId: &second.Name}); err != nil {
		t.Fatal(err)
	}
	if err := sign(k.Signer); err != nil {
		t.Error("after its alias was moved:", err)
	}
	late, err := service(t).Open(t.Context(), keys.PurposeOffer, k.Reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(late); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Error("a start after the alias was moved:", err)
	}
}

// Each of these keys is in KMS, and none may sign: for each its own reason, before anything is signed.
func TestAKeyThatIsNotWhatItShouldBe(t *testing.T) {
	s, operator := service(t), client(t)
	_, good := newKey(t, s, keys.PurposeDocument)
	_, other := newKey(t, s, keys.PurposeDocument)
	_, disabled := newKey(t, s, keys.PurposeDocument)
	if _, err := operator.DisableKey(t.Context(), &aws_kms.DisableKeyInput{KeyId: aws.String(path.Base(disabled.Name))}); err != nil {
		t.Fatal(err)
	}
	made := func(in aws_kms.CreateKeyInput) string {
		in.Description = aws.String("justice-wallet document")
		out, err := operator.CreateKey(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		return *out.KeyMetadata.Arn
	}
	for name, c := range map[string]struct {
		purpose   keys.Purpose
		reference keys.Reference
		want      string
	}{
		"made for another purpose": {keys.PurposeOffer, good, "not described"},
		"another's public half":    {keys.PurposeDocument, keys.Reference{Name: good.Name, Public: other.Public}, "another key"},
		"disabled":                 {keys.PurposeDocument, disabled, "not enabled"},
		"not there":                {keys.PurposeDocument, keys.Reference{Name: "alias/nobody", Public: good.Public}, "describe key"},
		"on another curve": {keys.PurposeDocument, keys.Reference{Public: good.Public, Name: made(aws_kms.CreateKeyInput{
			KeySpec: types.KeySpecEccNistP384, KeyUsage: types.KeyUsageTypeSignVerify})}, "not one on P-256"},
		"for encryption": {keys.PurposeDocument, keys.Reference{Public: good.Public, Name: made(aws_kms.CreateKeyInput{})}, "not one on P-256"},
	} {
		signer, err := s.Open(t.Context(), c.purpose, c.reference.String())
		if err != nil {
			t.Errorf("%s: a key whose public half is known is opened without a call: %v", name, err)
			continue
		}
		if err := sign(signer); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, err := s.Open(t.Context(), c.purpose, c.reference.Name); err == nil && c.want != "another key" {
			t.Errorf("%s: adopted", name)
		}
	}
}

// between stands between the provider and KMS, and spoils what passes.
type between struct {
	*httptest.Server
	spoil atomic.Pointer[func(operation string, body map[string]any, answer func(map[string]any) map[string]any) (int, map[string]any)]
	calls atomic.Int64
}

func newBetween(t *testing.T) *between {
	t.Helper()
	b := &between{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.calls.Add(1)
		content, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		pass := func(body map[string]any) map[string]any { return passOn(t, r, body) }
		var body map[string]any
		if err := json.Unmarshal(content, &body); err != nil {
			t.Error(err)
			return
		}
		status, answer := http.StatusOK, map[string]any(nil)
		if spoil := b.spoil.Load(); spoil != nil {
			_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
			status, answer = (*spoil)(operation, body, pass)
		} else {
			answer = pass(body)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Log(err) // nobody waits for it any more
		}
	}))
	t.Cleanup(b.Close)
	return b
}

// passOn sends body to moto as the call it came in, and returns the answer.
func passOn(t *testing.T, r *http.Request, body map[string]any) map[string]any {
	content, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
		return nil
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), http.MethodPost, moto.URL, bytes.NewReader(content))
	if err != nil {
		t.Error(err)
		return nil
	}
	request.Header = r.Header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Error(err)
	}
	return answer
}

func (b *between) does(f func(operation string, body map[string]any, pass func(map[string]any) map[string]any) (int, map[string]any)) {
	b.spoil.Store(&f)
}

func (b *between) behaves() { b.spoil.Store(nil) }

// throughBetween is a provider whose calls pass through b, with a key that has signed.
func throughBetween(t *testing.T, b *between) (crypto.Signer, keys.Reference) {
	t.Helper()
	s := service(t, func(o *kms.Options) { o.Endpoint = b.URL })
	signer, reference := newKey(t, s, keys.PurposeDocument)
	if err := sign(signer); err != nil {
		t.Fatal(err)
	}
	return signer, reference
}

func TestAnotherKeysSignatureNeverLeaves(t *testing.T) {
	b := newBetween(t)
	signer, reference := throughBetween(t, b)
	_, other := newKey(t, service(t), keys.PurposeDocument)
	for name, c := range map[string]struct {
		claims string // whose signature the answer says it is
		want   string
	}{
		"and says so":            {other.Name, "of another key or algorithm"},
		"and says it is the one": {reference.Name, "does not verify"},
	} {
		b.does(func(operation string, body map[string]any, pass func(map[string]any) map[string]any) (int, map[string]any) {
			if operation != "Sign" {
				return 200, pass(body)
			}
			body["KeyId"] = other.Name
			answer := pass(body)
			answer["KeyId"] = c.claims
			return 200, answer
		})
		if err := sign(signer); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		b.behaves()
		if err := sign(signer); err != nil {
			t.Errorf("%s, and then mended: %v", name, err)
		}
	}
	b.does(func(_ string, body map[string]any, pass func(map[string]any) map[string]any) (int, map[string]any) {
		answer := pass(body)
		answer["SigningAlgorithm"] = "ECDSA_SHA_384"
		return 200, answer
	})
	if err := sign(signer); err == nil || !strings.Contains(err.Error(), "of another key or algorithm") {
		t.Errorf("another algorithm: %v", err)
	}
}

// KMS hangs: the caller has an answer at the deadline, and KMS is used again when it is back.
func TestKMSMayStallAndComeBack(t *testing.T) {
	b := newBetween(t)
	_, reference := throughBetween(t, b)
	hasty, err := service(t, func(o *kms.Options) { o.Endpoint, o.Bounds.Deadline = b.URL, 200*time.Millisecond }).Open(t.Context(), keys.PurposeDocument, reference.String())
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	b.does(func(_ string, body map[string]any, pass func(map[string]any) map[string]any) (int, map[string]any) {
		<-release
		return 200, pass(body)
	})
	if err := sign(hasty); err == nil {
		t.Error("signed while KMS hangs")
	}
	close(release)
	b.behaves()
	for range 50 { // a busy machine may be slower than a hasty caller
		if err = sign(hasty); err == nil {
			return
		}
	}
	t.Error("after the stall:", err)
}

func TestKMSMayFailAndComeBack(t *testing.T) {
	b := newBetween(t)
	signer, _ := throughBetween(t, b)
	before := b.calls.Load()
	b.does(func(string, map[string]any, func(map[string]any) map[string]any) (int, map[string]any) {
		return 500, map[string]any{"__type": "KMSInternalException"}
	})
	if err := sign(signer); err == nil {
		t.Error("signed while KMS fails")
	}
	if tries := b.calls.Load() - before; tries > 2 {
		t.Errorf("KMS was called %d times for one signature", tries)
	}
	b.behaves()
	if err := sign(signer); err != nil {
		t.Error("after the failure:", err)
	}
}

func TestAKeyWhoseMaterialWasImportedDoesNotSign(t *testing.T) {
	b := newBetween(t)
	_, reference := throughBetween(t, b)
	b.does(func(operation string, body map[string]any, pass func(map[string]any) map[string]any) (int, map[string]any) {
		answer := pass(body)
		if about, ok := answer["KeyMetadata"].(map[string]any); ok {
			about["Origin"] = "EXTERNAL"
		}
		return 200, answer
	})
	signer, err := service(t, func(o *kms.Options) { o.Endpoint = b.URL }).Open(t.Context(), keys.PurposeDocument, reference.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(signer); err == nil || !strings.Contains(err.Error(), "was not made there") {
		t.Error(err)
	}
}

// A throttled call is repeated once, within the deadline.
func TestAThrottledCallIsRepeated(t *testing.T) {
	b := newBetween(t)
	signer, _ := throughBetween(t, b)
	var refused atomic.Bool
	b.does(func(_ string, body map[string]any, pass func(map[string]any) map[string]any) (int, map[string]any) {
		if refused.CompareAndSwap(false, true) {
			return 400, map[string]any{"__type": "ThrottlingException"}
		}
		return 200, pass(body)
	})
	if err := sign(signer); err != nil || !refused.Load() {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]kms.Options{
		"no region": {}, "an endpoint without TLS": {Region: "eu-west-2", Endpoint: "http://kms.example"},
		"an endpoint that only looks local": {Region: "eu-west-2", Endpoint: "http://127.0.0.1.example"}, "no URL": {Region: "eu-west-2", Endpoint: "http://%"},
	} {
		o.Bounds = guard.Defaults()
		if _, err := kms.New(t.Context(), o); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	if _, err := kms.New(t.Context(), kms.Options{Region: "eu-west-2", Endpoint: "https://kms.example", Bounds: guard.Defaults()}); err != nil {
		t.Error(err)
	}
}
