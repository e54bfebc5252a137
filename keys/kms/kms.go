// Package kms holds keys in AWS KMS, which signs digests and never gives a private half away.
//
// A key's description names its purpose, so that no key signs for another. Before a key first signs, KMS is asked what it
// is: an enabled ECC_NIST_P256 key for signing, made there, whose public half is the one we know. From then on it is called
// by its ARN, wherever an alias may lead by then. Every answer must name that ARN and ES256.
package kms

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go/logging"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
)

// Name is how key files name this provider.
const Name = "kms"

// Options say where KMS is and who we are there.
type Options struct {
	Region      string
	Endpoint    string                  // "" is that of AWS in the region
	Credentials aws.CredentialsProvider // nil is what AWS's programs find: environment, web identity, role of the container or machine
	Bounds      guard.Options
}

// Bounds of the calls that no caller waits for with a deadline of its own.
const (
	attempts    = 2
	mostBackoff = 200 * time.Millisecond
)

// Service implements keys.Provider. Safe for concurrent use.
type Service struct {
	client *kms.Client
	guard  *guard.Guard
}

// New returns the provider. It calls nobody.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Region == "" {
		return nil, errors.New("kms: want a region")
	}
	if err := checkEndpoint(o.Endpoint); err != nil {
		return nil, err
	}
	places := o.Bounds.Parallel + 1
	client := awshttp.NewBuildableClient().WithTimeout(o.Bounds.Deadline).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost, t.MaxConnsPerHost = places, places
	})
	loaded, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(o.Region), config.WithHTTPClient(client), config.WithRetryer(retryer),
		config.WithLogger(logging.Nop{})) // what goes wrong is in the error
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	if o.Credentials != nil {
		loaded.Credentials = o.Credentials
	}
	return &Service{guard: guard.New(o.Bounds), client: kms.NewFromConfig(loaded, func(k *kms.Options) {
		if o.Endpoint != "" {
			k.BaseEndpoint = &o.Endpoint
		}
	})}, nil
}

func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, mostBackoff })
}

// checkEndpoint wants TLS, for the public half of a new key is believed; an emulator on this machine needs none.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return errors.New("kms: the endpoint is no URL")
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("kms: the endpoint is neither https nor on this machine")
	}
	return nil
}

// Name returns "kms".
func (s *Service) Name() string { return Name }

// Close does nothing: connections that are idle close themselves.
func (s *Service) Close() error { return nil }

// description binds a key to its purpose.
func description(p keys.Purpose) string { return "justice-wallet " + string(p) }

// Make makes a key in KMS.
func (s *Service) Make(ctx context.Context, p keys.Purpose) (crypto.Signer, string, error) {
	made, err := s.client.CreateKey(ctx, &kms.CreateKeyInput{
		Description: aws.String(description(p)), KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify,
	})
	if err != nil {
		return nil, "", fmt.Errorf("make key in KMS: %w", err)
	}
	if made.KeyMetadata == nil || aws.ToString(made.KeyMetadata.Arn) == "" {
		return nil, "", errors.New("make key in KMS: the answer names no key")
	}
	k := &key{service: s, purpose: p, name: *made.KeyMetadata.Arn}
	if k.public, err = k.ask(ctx); err != nil {
		return nil, "", err
	}
	return s.guard.Signer(k), keys.Reference{Name: k.name, Public: k.public}.String(), nil
}

// Open returns the key that a reference names by its ARN, its id or an alias. It calls nobody when the public half is there,
// too: what is wrong with the key is found before it first signs.
func (s *Service) Open(ctx context.Context, p keys.Purpose, reference string) (crypto.Signer, error) {
	r, err := keys.ParseReference(reference)
	if err != nil {
		return nil, err
	}
	k := &key{service: s, purpose: p, name: r.Name, public: r.Public}
	if k.public == nil {
		if k.public, err = k.ask(ctx); err != nil {
			return nil, err
		}
	}
	return s.guard.Signer(k), nil
}
