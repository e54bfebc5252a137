package issuance

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/seal"
)

// Letters issues letters on paper. A letter is decided as a document is, has a slot of its own, and ends with everything
// else that rests on its record.
//
// At no time are two letters of one kind about one record both valid and both out of our hands, and nobody's only letter is
// ended for one that could still be lost. That is the order of Issue: the new letter is made durable, then every earlier
// one is ended, then the new one is handed out. A failure between leaves a letter that nobody has seen; asking again, with
// the same operation, goes on from there and hands out the same letter.
type Letters struct {
	service *Service
	options LetterOptions
}

// LetterOptions are all required.
type LetterOptions struct {
	Issuer    string // our URL, as letters name it
	Page      string // URL of the page that checks letters
	Documents LetterDocuments
	Book      LetterBook
	Seal      *seal.Box
}

// LetterDocuments finds a document by its type.
type LetterDocuments interface {
	ByType(name string) (*document.Document, bool)
}

// FormatLetter is the Format of the credential that a letter is recorded as.
const FormatLetter = "letter"

// Codes of letters.
const (
	CodeLetterReplaced = "letter_replaced" // there is a newer one, or it has ended: ask for a new letter
	CodeLetterGone     = "letter_gone"     // it is kept no longer: ask for a new letter
	CodeLetterTooLong  = "letter_too_long" // its code cannot hold what it would say
	CodeNoSuchLetter   = "no_such_letter"  // the document is not to be had as a letter of this kind
	codeOperation      = "operation_short"
)

// keepSealed is how long the text of a letter is kept, so that a printer that jammed need not cost the person a letter.
const keepSealed = 24 * time.Hour

// leastOperation is how long an operation's name must be: it is random, and nobody's guess.
const leastOperation = 16

// LetterCommit is the one act by which a letter comes to exist.
type LetterCommit struct {
	Credential Credential // Format is FormatLetter
	Sealed     []byte     // the text of its token
	Until      time.Time  // Sealed is kept until then
}

// LetterKept is a letter as it is kept.
type LetterKept struct {
	Credential Credential
	Sealed     []byte // nil after its time
	Newest     string // id of the newest letter of its configuration about its record
}

// LetterBook keeps letters. Safe for concurrent use. What it acknowledged is durable as the store is configured to be.
type LetterBook interface {
	// CommitLetter records a letter, for the Register too, and makes it the newest of its configuration about its record,
	// in one act. When there is a letter with its id it changes nothing. It returns the letter with that id.
	CommitLetter(ctx context.Context, c LetterCommit) (LetterKept, error)

	// Letter returns a letter by its id, or ErrNotFound.
	Letter(ctx context.Context, id string) (LetterKept, error)
}

// Letters returns the part of the service that issues letters.
func (s *Service) Letters(o LetterOptions) (*Letters, error) {
	if o.Issuer == "" || o.Page == "" || o.Documents == nil || o.Book == nil || o.Seal == nil {
		return nil, errors.New("letters need an issuer, a page, documents, a book and a seal")
	}
	return &Letters{s, o}, nil
}

// LetterRequest asks for one letter.
type LetterRequest struct {
	Record    Record
	Kind      letter.Kind
	Operation string // random, of the form that asks: the same operation is the same letter
	Actor     string // for the audit
}

// IssuedLetter is a letter on its way to paper. It prints as [redacted].
type IssuedLetter struct {
	ID     string
	Letter letter.Letter
	Link   string // what its QR code holds
}

func (IssuedLetter) String() string       { return "[redacted]" }
func (IssuedLetter) GoString() string     { return "[redacted]" }
func (IssuedLetter) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Issue decides whether a letter may be issued now, issues it, and ends every earlier one of its kind.
func (l *Letters) Issue(ctx context.Context, r LetterRequest) (IssuedLetter, error) {
	form, doc, err := l.form(r)
	if err != nil {
		return IssuedLetter{}, err
	}
	facts, err := l.service.entitled(ctx, doc, r.Record)
	if err != nil {
		return IssuedLetter{}, err
	}
	kept, err := l.kept(ctx, r.id())
	if fault.CodeOf(err) == CodeLetterGone {
		kept, err = l.make(ctx, r, form, doc, facts)
	}
	if err != nil {
		return IssuedLetter{}, err
	}
	if kept, err = l.endEarlier(ctx, kept.Credential, r.Actor); err != nil {
		return IssuedLetter{}, err
	}
	return l.hand(kept)
}

// Open returns a letter that was issued, to show or print it again. One that has ended, or has a successor, is not shown.
func (l *Letters) Open(ctx context.Context, id string) (IssuedLetter, error) {
	kept, err := l.kept(ctx, id)
	if err != nil {
		return IssuedLetter{}, err
	}
	return l.hand(kept)
}

func (l *Letters) kept(ctx context.Context, id string) (LetterKept, error) {
	kept, err := l.options.Book.Letter(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return LetterKept{}, fault.Wrap(fault.NotFound, CodeLetterGone, "", err)
	}
	if err != nil {
		return LetterKept{}, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	return kept, nil
}

func (l *Letters) form(r LetterRequest) (letter.Form, *document.Document, error) {
	if len(r.Operation) < leastOperation {
		return letter.Form{}, nil, fault.New(fault.Invalid, codeOperation, "")
	}
	form, ok := letter.FormOf(r.Kind)
	doc, served := l.options.Documents.ByType(form.Document)
	if !ok || !served {
		return letter.Form{}, nil, fault.New(fault.Invalid, CodeNoSuchLetter, "there is no such letter")
	}
	return form, doc, nil
}

// id is that of the letter an operation makes, whoever runs it and however often. It tells nothing of the person: the
// operation is random.
func (r LetterRequest) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "letter %q %q %q %q", r.Operation, r.Record.Person, r.Record.Item, r.Kind))
	id, _ := uuid.FromBytes(sum[:16])               // 16 bytes are never refused
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8 (RFC 9562 §5.8)
	return id.String()
}

// make writes, signs and commits a letter. The audit record is durable first.
func (l *Letters) make(ctx context.Context, r LetterRequest, form letter.Form, doc *document.Document, facts credential.Facts) (LetterKept, error) {
	return withKey(l.service, keys.PurposeLetter, func(key keys.Key) (LetterKept, error) {
		return l.makeWith(ctx, key, r, form, doc, facts)
	})
}

// makeWith makes a letter with one key. Done again with another, it takes the same slot.
func (l *Letters) makeWith(ctx context.Context, key keys.Key, r LetterRequest, form letter.Form, doc *document.Document, facts credential.Facts) (LetterKept, error) {
	s := l.service
	says, err := l.state(form, doc, facts, key)
	if err != nil {
		return LetterKept{}, err
	}
	id := r.id()
	if says.Status, err = s.Status.Allocate(ctx, id, says.Expires); err != nil {
		return LetterKept{}, fault.Wrap(fault.Unavailable, codeStatusAway, "", err)
	}
	token, err := l.write(says, key)
	if err != nil {
		return LetterKept{}, err
	}
	sealed, err := l.options.Seal.Seal(id, []byte(token))
	if err == nil {
		err = s.stands(key)
	}
	if err != nil {
		return LetterKept{}, err
	}
	if err := s.record(ctx, "letter.issue", r.Actor, id, map[string]string{"kind": string(r.Kind), "key": key.ID}); err != nil {
		return LetterKept{}, err
	}
	kept, err := l.options.Book.CommitLetter(ctx, LetterCommit{
		Credential: Credential{
			ID: id, Configuration: FormatLetter + "-" + string(r.Kind), DocumentType: doc.Type, Format: FormatLetter, DocumentNumber: says.Code,
			Record: r.Record, Subject: FormatLetter + ":" + r.Record.Person, Status: says.Status, KeyID: key.ID, Issued: says.Issued, Until: says.Expires,
		},
		Sealed: sealed, Until: says.Issued.Add(keepSealed),
	})
	if err != nil {
		return LetterKept{}, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	return kept, nil
}

// state makes what the letter says: the elements of its form that the document would state now.
func (l *Letters) state(form letter.Form, doc *document.Document, facts credential.Facts, key keys.Key) (letter.Letter, error) {
	whole, code, err := l.service.state(doc, facts, key)
	if err != nil {
		return letter.Letter{}, err
	}
	out := letter.Letter{Issuer: l.options.Issuer, Kind: form.Kind, Code: code, Issued: whole.Validity.Signed, Expires: whole.Validity.Until}
	if last := out.Issued.Add(letter.Life); last.Before(out.Expires) {
		out.Expires = last
	}
	for _, want := range form.Elements {
		for _, e := range whole.Elements {
			if e.Namespace == want.Namespace && e.Name == want.Name {
				out.Elements = append(out.Elements, e)
			}
		}
	}
	return out, nil
}

// write drafts and signs. Only what was re-opened and found to say what was decided reaches the key.
func (l *Letters) write(says letter.Letter, key keys.Key) (string, error) {
	draft, err := letter.NewDraft(says, key.ID)
	if err != nil {
		return "", err
	}
	message, err := draft.ToBeSigned()
	if err != nil {
		return "", err
	}
	if err := l.service.signs(key); err != nil {
		return "", err
	}
	signature, err := key.Sign(message)
	if err != nil {
		return "", err
	}
	token, err := draft.Seal(signature, key.Public())
	if err == nil {
		_, err = letter.Link(l.options.Page, token)
	}
	if errors.Is(err, letter.ErrTooLong) {
		return "", fault.Wrap(fault.Invalid, CodeLetterTooLong, "the letter would say more than its code can hold", err)
	}
	return token, err
}

// endEarlier ends every letter of the kind about the record but the newest, and returns made as it is kept by then. Which is
// the newest is asked after the letters were listed: one that was made in between is not on the list, and so is not ended by
// whoever did not know of it.
func (l *Letters) endEarlier(ctx context.Context, made Credential, actor string) (LetterKept, error) {
	all, err := l.service.Register.CredentialsOf(ctx, made.Record.Person)
	if err != nil {
		return LetterKept{}, fault.Wrap(fault.Unavailable, codeStoreAway, "", err)
	}
	kept, err := l.kept(ctx, made.ID)
	if err != nil {
		return LetterKept{}, err
	}
	for _, c := range all {
		if !c.Revoked.IsZero() || c.ID == kept.Newest || c.Format != FormatLetter || c.Configuration != made.Configuration || c.Record != made.Record {
			continue
		}
		if _, err := l.service.end(ctx, c, RevokeRequest{Reason: ReasonReprinted, Actor: actor}); err != nil {
			return LetterKept{}, err
		}
	}
	return kept, nil
}

// hand opens the text of a letter that stands.
func (l *Letters) hand(kept LetterKept) (IssuedLetter, error) {
	c := kept.Credential
	switch {
	case kept.Newest != c.ID || !c.Revoked.IsZero() || !l.service.Now().Before(c.Until):
		return IssuedLetter{}, fault.New(fault.Conflict, CodeLetterReplaced, "there is a newer letter, or this one has ended")
	case kept.Sealed == nil:
		return IssuedLetter{}, fault.New(fault.NotFound, CodeLetterGone, "")
	}
	text, err := l.options.Seal.Open(c.ID, kept.Sealed)
	if err != nil {
		return IssuedLetter{}, fmt.Errorf("open letter: %w", err)
	}
	key, ok := l.service.Keys.ByID(c.KeyID)
	token, err := letter.Parse(string(text))
	if err != nil || !ok || key.State == keys.StateRevoked {
		return IssuedLetter{}, errors.New("open letter: what was kept is no letter of a key of ours")
	}
	says, err := token.Verify(key.Public())
	if err != nil {
		return IssuedLetter{}, fmt.Errorf("open letter: %w", err)
	}
	link, err := letter.Link(l.options.Page, string(text))
	return IssuedLetter{ID: c.ID, Letter: says, Link: link}, err
}

// LetterWish is a person's wish for a letter, with the address it goes to if it is to be posted.
type LetterWish struct {
	ID     string // random: the same wish put twice is one
	Asked  time.Time
	Sealed []byte
}

// LetterWishes keeps wishes until an officer has printed them. Safe for concurrent use. What it acknowledged is durable as
// the store is configured to be.
type LetterWishes interface {
	// PutWish keeps w until then. Putting it again changes nothing.
	PutWish(ctx context.Context, w LetterWish, until time.Time) error

	// Wishes returns at most limit of the wishes that wait, the one that was asked first first: those that come after one that
	// was returned before, which need not wait any more. After the zero wish come all.
	Wishes(ctx context.Context, after LetterWish, limit int) ([]LetterWish, error)

	// DropWish may be repeated.
	DropWish(ctx context.Context, id string) error
}
