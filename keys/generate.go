package keys

import (
	"context"
	"time"
)

// GenerateIn makes what Generate makes, with every private half in a provider.
func GenerateIn(ctx context.Context, from Provider, a Authority, now time.Time) ([]Key, error) {
	made := map[Purpose]Key{}
	for _, p := range []Purpose{PurposeIACA, PurposeDocument, PurposeOffer, PurposeCredential, PurposeStatusList, PurposeLetter} {
		k, err := MakeKey(ctx, from, p, now)
		if err != nil {
			return nil, err
		}
		k.State = StateActive
		made[p] = k
	}
	root, err := CertifyRoot(a, made[PurposeIACA], now)
	if err != nil {
		return nil, err
	}
	signer, err := CertifySigner(a, root, made[PurposeDocument], now)
	if err != nil {
		return nil, err
	}
	return []Key{root, signer, made[PurposeOffer], made[PurposeCredential], made[PurposeStatusList], made[PurposeLetter]}, nil
}
