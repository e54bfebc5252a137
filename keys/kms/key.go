package kms

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"justice-wallet/keys"
	"justice-wallet/keys/guard"
)

// key implements guard.Remote for one key of KMS.
type key struct {
	service *Service
	purpose keys.Purpose
	name    string
	public  *ecdsa.PublicKey

	mu  sync.Mutex // held while the key is checked: others wait, the guard bounds how many
	arn string     // "" until the key was checked
}

func (k *key) Public() *ecdsa.PublicKey { return k.public }

// Distrust has the key checked again before it is next used.
func (k *key) Distrust() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.arn = ""
}

// SignDigest returns KMS's signature, which AWS encodes as ASN.1.
func (k *key) SignDigest(ctx context.Context, digest []byte) ([]byte, error) {
	arn, err := k.checked(ctx)
	if err != nil {
		return nil, err
	}
	signed, err := k.service.client.Sign(ctx, &kms.SignInput{
		KeyId: &arn, Message: digest, MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, fmt.Errorf("sign in KMS: %w", err)
	}
	if aws.ToString(signed.KeyId) != arn || signed.SigningAlgorithm != types.SigningAlgorithmSpecEcdsaSha256 {
		k.Distrust()
		return nil, errors.New("sign in KMS: the answer is of another key or algorithm")
	}
	return signed.Signature, nil
}

// checked returns the key's ARN, once the key is known to be what it should be.
func (k *key) checked(ctx context.Context) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.arn != "" {
		return k.arn, nil
	}
	arn, public, err := k.describe(ctx)
	if err != nil {
		return "", err
	}
	if !k.public.Equal(public) {
		return "", fmt.Errorf("%w: KMS has another key under this name", guard.ErrUnfit)
	}
	k.arn = arn
	return arn, nil
}

// ask returns the public half as KMS has it.
func (k *key) ask(ctx context.Context) (*ecdsa.PublicKey, error) {
	_, public, err := k.describe(ctx)
	return public, err
}

func (k *key) describe(ctx context.Context) (string, *ecdsa.PublicKey, error) {
	described, err := k.service.client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &k.name})
	if gone := (*types.NotFoundException)(nil); errors.As(err, &gone) {
		return "", nil, fmt.Errorf("%w: describe key in KMS: %w", guard.ErrUnfit, err)
	}
	if err != nil {
		return "", nil, fmt.Errorf("describe key in KMS: %w", err)
	}
	arn, err := k.accept(described.KeyMetadata)
	if err != nil {
		return "", nil, err
	}
	answer, err := k.service.client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &arn})
	if err != nil {
		return "", nil, fmt.Errorf("read public half in KMS: %w", err)
	}
	if aws.ToString(answer.KeyId) != arn {
		return "", nil, errors.New("read public half in KMS: the answer is of another key")
	}
	parsed, err := x509.ParsePKIXPublicKey(answer.PublicKey)
	public, ok := parsed.(*ecdsa.PublicKey)
	if err != nil || !ok || public.Curve != elliptic.P256() {
		return "", nil, errors.New("read public half in KMS: it is no key on P-256")
	}
	return arn, public, nil
}

// accept returns the ARN of a key that may sign for our purpose. Material that was imported exists elsewhere, too.
func (k *key) accept(m *types.KeyMetadata) (string, error) {
	wrong := ""
	switch {
	case m == nil || aws.ToString(m.Arn) == "":
		return "", errors.New("KMS does not say what key it is")
	case aws.ToString(m.Description) != description(k.purpose):
		wrong = "KMS's key is not described as " + description(k.purpose)
	case m.KeySpec != types.KeySpecEccNistP256 || m.KeyUsage != types.KeyUsageTypeSignVerify:
		wrong = "KMS's key is not one on P-256 for signing"
	case m.KeyState != types.KeyStateEnabled:
		wrong = "KMS's key is not enabled"
	case m.Origin != types.OriginTypeAwsKms && m.Origin != types.OriginTypeAwsCloudhsm:
		wrong = "KMS's key was not made there"
	default:
		return *m.Arn, nil
	}
	return "", fmt.Errorf("%w: %s", guard.ErrUnfit, wrong)
}
