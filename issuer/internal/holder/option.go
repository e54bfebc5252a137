package holder

import (
	"context"
	"errors"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
)

// option is one document the person might have: what it would say today, or the code of why they cannot have it now.
type option struct {
	Doc      *document.Document
	Record   issuance.Record
	Code     string // empty: they may have it
	Elements []credential.Element
}

func (o option) allowed() bool { return o.Code == "" }

// configuration prefers mdoc: the form new government documents must have (GOV.UK: before integrating).
func (o option) configuration() string {
	if o.Doc.MDoc != nil {
		return o.Doc.MDoc.Configuration
	}
	return o.Doc.JWT.Configuration
}

// key names the document within one person's.
func (o option) key() string { return o.Doc.Type + "\x00" + o.Record.Item }

// errClosed says that nothing may be shown of a record now, not even that it is there.
var errClosed = errors.New("the record is closed, or under review")

// closing are the refusals that close a record as a whole: the person is told no more than one who was not matched.
var closing = map[string]bool{"died": true, "record_under_review": true}

// options asks the systems of record, now, about every document the person might have. A document they have no record of
// at all is left out.
func (d *Door) options(ctx context.Context, person string) ([]option, error) {
	var out []option
	for _, doc := range d.Documents {
		items, err := d.Records.Items(ctx, doc.Source, person)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			o, err := d.option(ctx, doc, issuance.Record{Person: person, Item: item})
			if errors.Is(err, issuance.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if closing[o.Code] {
				return nil, errClosed
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// option decides as an issue would (issuance.Service), and fills the document without making it.
func (d *Door) option(ctx context.Context, doc *document.Document, r issuance.Record) (option, error) {
	facts, err := d.Records.Facts(ctx, doc.Source, r)
	if err != nil {
		return option{}, err
	}
	o := option{Doc: doc, Record: r}
	o.Elements, err = d.fill(doc, facts)
	if fault.KindOf(err) == fault.Forbidden {
		o.Code, err = fault.CodeOf(err), nil
	}
	return o, err
}

func (d *Door) fill(doc *document.Document, facts credential.Facts) ([]credential.Element, error) {
	if err := doc.Decide(facts); err != nil {
		return nil, err
	}
	validity, err := doc.Period(facts, d.Now(), d.Now().AddDate(10, 0, 0))
	if err != nil {
		return nil, err
	}
	return doc.Fill(facts, map[document.Made]any{
		document.MadeNumber:     "",
		document.MadeIssueDate:  credential.DateOf(d.Now().In(d.London)),
		document.MadeExpiryDate: credential.DateOf(validity.Until.In(d.London)),
	})
}

// why is the message that tells a person about a refusal. A code without a line here, known or new, is told neutrally:
// several causes share those words, so that they betray none (a recall is told by a person, not by a page).
func why(code string) string {
	switch code {
	case "not_released", "confirmation_ended", "licence_ended", "approval_ended", "pss_only":
		return "why." + code
	case document.CodeEnded:
		return "why.licence_ended"
	}
	return "why.neutral"
}
