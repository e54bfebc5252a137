package issuer

import (
	"context"
	"fmt"

	"justice-wallet/issuer/internal/console"
	"justice-wallet/issuer/internal/holder"
	"justice-wallet/issuer/internal/letters"
	"justice-wallet/keys"
	"justice-wallet/pkg/config"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/seal"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/ui"
)

func readLetters(r *config.Reader) (page, phone string) {
	if r.String("LETTER_PAGE_URL", "") == "" {
		return "", ""
	}
	return r.URL("LETTER_PAGE_URL", ""), r.Required("LETTER_PHONE")
}

// newLetters returns the service of letters on paper, or nil when there are none.
func newLetters(c Config, d Deps, service *issuance.Service, documents *document.Catalogue) (*letters.Service, error) {
	if c.LetterPage == "" {
		return nil, nil
	}
	if _, err := d.Ring.Active(keys.PurposeLetter); err != nil {
		return nil, fmt.Errorf("LETTER_PAGE_URL: %w", err)
	}
	texts, err := seal.New(c.derive("letters"), d.Rand)
	if err != nil {
		return nil, err
	}
	wishes, err := seal.New(c.derive("letter wishes"), d.Rand)
	if err != nil {
		return nil, err
	}
	maker, err := service.Letters(issuance.LetterOptions{Issuer: c.SelfURL, Page: c.LetterPage, Documents: documents, Book: d.Store, Seal: texts})
	if err != nil {
		return nil, err
	}
	return letters.New(letters.Deps{Maker: maker, Wishes: d.Store, Seal: wishes, Audit: d.Audit, Now: d.Now})
}

// wishes hands a person's wish for a letter to the service that officers print from.
type wishes struct{ service *letters.Service }

func (w wishes) Request(ctx context.Context, l holder.Letter) error {
	return w.service.Request(ctx, letters.Wish{ID: l.ID, Record: l.Record, Kind: l.Kind, Large: l.Large, Language: l.Language, Address: l.Address})
}

// newPrinting returns what officers print letters with, or nil when there are none.
func newPrinting(c Config, d Deps, assets *ui.Assets, sessions *session.Manager, documents *document.Catalogue, paper *letters.Service) (*console.Letters, error) {
	if paper == nil {
		return nil, nil
	}
	pages, err := letters.NewPages(letters.PageOptions{
		Assets: assets, Sessions: sessions, Maker: paper.Maker, Documents: documents, Phone: c.LetterPhone, Page: c.LetterPage, Rand: d.Rand,
	})
	if err != nil {
		return nil, err
	}
	return &console.Letters{Service: paper, Pages: pages}, nil
}
