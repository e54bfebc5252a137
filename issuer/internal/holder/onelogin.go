package holder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"justice-wallet/issuer/internal/coreidentity"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/oidc"
)

// OneLogin is SignIn at GOV.UK One Login. Who the person is comes from the core identity JWT alone.
type OneLogin struct {
	Client   *oidc.Client
	Identity *coreidentity.Verifier
}

// claimWallet is asked for at onboarding: without it nothing can be put into a wallet.
const claimWallet = "wallet_subject_id"

// Begin implements SignIn.
func (o OneLogin) Begin(ctx context.Context, language string) (string, []byte, error) {
	params := coreidentity.Request()
	params["ui_locales"] = language
	address, pending, err := o.Client.Begin(ctx, params)
	if err != nil {
		return "", nil, err
	}
	attempt, err := json.Marshal(pending)
	return address, attempt, err
}

// Finish implements SignIn.
func (o OneLogin) Finish(ctx context.Context, attempt []byte, query url.Values) (Account, error) {
	var pending oidc.Pending
	if err := json.Unmarshal(attempt, &pending); err != nil {
		return Account{}, fmt.Errorf("finish sign-in: %w", err)
	}
	who, err := o.Client.Finish(ctx, query, pending)
	if fault.CodeOf(err) == oidc.CodeCancelled {
		return Account{}, ErrCancelled
	}
	if err != nil {
		return Account{}, err
	}
	a := Account{Subject: who.Subject, Wallet: who.String(claimWallet)}
	if a.Wallet == "" {
		return Account{}, errors.New("finish sign-in: no wallet subject")
	}
	claim := who.String(coreidentity.Claim)
	if claim == "" {
		return Account{}, ErrUnverified
	}
	verified, err := o.Identity.Verify(ctx, claim, who.Subject)
	if fault.CodeOf(err) == coreidentity.CodeUnproven {
		return Account{}, ErrUnverified
	}
	a.Identity = Identity(verified)
	return a, err
}
