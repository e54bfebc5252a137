package check

import (
	"context"
	"net/http"
)

// notification is one notification, and how it must be answered.
type notification struct {
	id, title, source, sent string
	members                 map[string]any // notification_id is that of the issued document, unless it is here
	token                   func(v *issuerVisit, token string) (string, error)
	raw                     string // the body, whatever the members are
	holds                   func(Answer) error
}

func taken(a Answer) error {
	return want(a.Status == http.StatusNoContent && len(a.Body) == 0, "want 204: %s", a.words())
}

func bad(a Answer) error { return want(a.Status == http.StatusBadRequest, "want 400: %s", a.words()) }

// notTheirs: whether a document of that name is another's is nobody's to know, so several refusals will do.
func notTheirs(a Answer) error {
	return want(a.Status >= 400 && a.Status < 500, "want a refusal: %s", a.words())
}

// notifications are sent in this order, which is the harness's.
func notificationsToSend() []notification {
	const d = "D: notification endpoint; unchecked by H"
	good := map[string]any{"event": "credential_accepted"}
	minted := func(e edit) func(*issuerVisit, string) (string, error) {
		return func(v *issuerVisit, _ string) (string, error) { return v.access(attempt{token: e}) }
	}
	fixed := func(token string) func(*issuerVisit, string) (string, error) {
		return func(*issuerVisit, string) (string, error) { return token, nil }
	}
	return []notification{
		{"notify.accepted", "That a document was accepted is taken", "H: 6", "credential_accepted", good, nil, "", taken},
		{"notify.deleted", "That a document was deleted is taken, under the same token", "H: 7", "credential_deleted", map[string]any{"event": "credential_deleted"}, nil, "", taken},
		{"notify.failure", "That a document failed is taken, under the same token", "H: 8", "credential_failure", map[string]any{"event": "credential_failure"}, nil, "", taken},
		{"notify.again", "The same notification again is taken again", d, "credential_accepted once more", good, nil, "", taken},
		{"notify.unknown-member", "A member nobody knows is ignored", d, "credential_accepted with another member", map[string]any{"event": "credential_accepted", "later": "ignored"}, nil, "", taken},
		{"notify.no-id", "A notification of no document is refused", "H: 9", "no notification_id", map[string]any{"event": "credential_accepted", "notification_id": nil}, nil, "", bad},
		{"notify.event", "An event nobody knows is refused", "H: 10", "invalid_event", map[string]any{"event": "invalid_event"}, nil, "", bad},
		{"notify.not-json", "A body that is no JSON is refused", d, "the word accepted", nil, nil, "accepted", bad},
		{"notify.unknown-id", "A notification of an unknown document is refused", d, "an unknown notification_id", map[string]any{"event": "credential_accepted", "notification_id": "00000000-0000-4000-8000-000000000000"}, nil, "", bad},
		{"notify.token", "A token that is none is refused", "H: 11", "Bearer INVALID_TOKEN", good, fixed("INVALID_TOKEN"), "", tokenRefused},
		{"notify.no-token", "A notification without a token is challenged, and told of no error", "H: 12", "no token", good, fixed(""), "", challenged},
		{"notify.expired", "An expired token is refused", d, "a token that expired in 1970", good, minted(setClaim("exp", 1)), "", tokenRefused},
		{"notify.subject", "Nobody speaks of somebody else's document", d, "a token with another sub", good, minted(setClaim("sub", otherSubject)), "", notTheirs},
	}
}

// notifications tells the issuer what became of the issued document, if it wants to know.
func (v *issuerVisit) notifications(ctx context.Context, token string) error {
	o, err := v.rec.notified(stepIssue)
	if err != nil || text(o, "notification_id") == "" {
		return nil // a rule of its own says so
	}
	for _, n := range notificationsToSend() {
		if err := v.notify(ctx, n, token, text(o, "notification_id")); err != nil {
			return err
		}
	}
	return nil
}

func (v *issuerVisit) notify(ctx context.Context, n notification, token, id string) (err error) {
	if n.token != nil {
		if token, err = n.token(v, token); err != nil {
			return err
		}
	}
	members := map[string]any{"notification_id": id}
	for name, value := range n.members {
		members[name] = value
	}
	if members["notification_id"] == nil {
		delete(members, "notification_id")
	}
	q := question{step: n.id, sent: n.sent, method: http.MethodPost, url: v.o.URL + "/notification", header: bearer(token), body: mustJSON(members)}
	if n.raw != "" {
		q.body = n.raw
	}
	if token == "" {
		delete(q.header, "Authorization")
	}
	v.ask(ctx, q)
	return nil
}

func notificationRules() []rule[*IssuerRecord] {
	var out []rule[*IssuerRecord]
	for _, n := range notificationsToSend() {
		out = append(out, rule[*IssuerRecord]{n.id, n.title, n.source, []string{n.id}, func(r *IssuerRecord) error {
			if _, err := r.notified(stepIssue); err != nil {
				return err
			}
			a, err := r.step(n.id)
			if err != nil {
				return needs(err)
			}
			return n.holds(a)
		}})
	}
	return out
}
