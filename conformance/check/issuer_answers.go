package check

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

var (
	issueSteps   = []string{stepIssue}
	refreshSteps = []string{stepRefresh}
)

// answerRules are about the answers to the true requests, and to those that come again.
var answerRules = []rule[*IssuerRecord]{
	{"issue.answer", "After every bad request the true one is answered with 200 and JSON: no failure burns the offer or the nonce", "H: 5", issueSteps, answered(stepIssue)},
	{"issue.credentials", "The answer holds one credential", "H: 5", issueSteps, func(r *IssuerRecord) error {
		o, err := r.document(stepIssue)
		if err != nil {
			return needs(err)
		}
		list := objects(o["credentials"])
		return want(len(list) == 1 && text(list[0], "credential") != "", "it holds %d", len(list))
	}},
	{"issue.notification-id", "The answer has a notification_id, if notifications are taken", "H: 5", issueSteps, func(r *IssuerRecord) error {
		o, err := r.notified(stepIssue)
		if err != nil {
			return err
		}
		return want(text(o, "notification_id") != "", "it has none")
	}},
	{"issue.no-store", "No credential may be stored on its way", "D: credential response; RFC 6749 §5.1 (unchecked by H)", []string{stepIssue, stepRefresh}, func(r *IssuerRecord) error {
		for _, step := range []string{stepIssue, stepRefresh} {
			a, err := r.step(step)
			if err != nil || a.Status != http.StatusOK {
				continue // other rules say so
			}
			if !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
				return errors.New("Cache-Control is not no-store: " + step)
			}
		}
		_, err := r.credential(stepIssue)
		return needs(err)
	}},
	{"issue.nosniff", "The answer keeps its type", "EX: security headers on every answer (unchecked by H)", issueSteps, func(r *IssuerRecord) error {
		a, err := r.step(stepIssue)
		if err != nil {
			return needs(err)
		}
		return want(a.Header.Get("X-Content-Type-Options") == "nosniff", "X-Content-Type-Options is not nosniff")
	}},
	{"redeem.again", "An offer is redeemed once: a new token for it is refused as such", "H: 14", []string{stepRedeem}, refused(stepIssue, stepRedeem, tokenRefused)},
	{"redeem.token", "A token that gave a credential gives no other", "D: jti is unique (unchecked by H)", []string{stepRedeemToken}, refused(stepIssue, stepRedeemToken, tokenRefused)},
	{"refresh.answer", "A refresh is answered with 200 and JSON", "H: 13; D: in-app refresh", refreshSteps, func(r *IssuerRecord) error {
		if _, err := r.credential(stepIssue); err != nil {
			return err
		}
		return answered(stepRefresh)(r)
	}},
	{"refresh.new", "A refresh gives another credential", "D: in-app refresh (unchecked by H)", []string{stepIssue, stepRefresh}, func(r *IssuerRecord) error {
		first, err := r.credential(stepIssue)
		if err != nil {
			return err
		}
		second, err := r.credential(stepRefresh)
		if err != nil {
			return err
		}
		return want(first != second, "it is the same")
	}},
	{"refresh.notification-id", "A refresh has a notification_id of its own, if notifications are taken", "OID4VCI draft 14 §7.3 (unchecked by H)", []string{stepIssue, stepRefresh}, func(r *IssuerRecord) error {
		o, err := r.notified(stepRefresh)
		if err != nil {
			return err
		}
		first, err := r.notified(stepIssue)
		if err != nil {
			return err
		}
		return want(text(o, "notification_id") != "" && o["notification_id"] != first["notification_id"], "it has none, or the first one's")
	}},
	{"refresh.nonce", "A nonce that gave a credential gives no other", "D: nonce (unchecked by H)", []string{stepRefreshNonce}, refused(stepIssue, stepRefreshNonce, nonceRefused)},
	{"refresh.token", "A token that gave a refresh gives no other", "D: jti is unique (unchecked by H)", []string{stepRefreshToken}, refused(stepRefresh, stepRefreshToken, tokenRefused)},
	{"refresh.subject", "Somebody who never held the document is refused one", "D: in-app refresh (unchecked by H; EX accepts)", []string{stepRefreshStranger}, refused(stepIssue, stepRefreshStranger, tokenRefused)},
	{"refresh.race", "Of one request sent several times at once, one is answered", "RFC 9700 §2: tokens are spent once (unchecked by H)", raceSteps(), func(r *IssuerRecord) error {
		if _, err := r.credential(stepRefresh); err != nil {
			return unknown("no refresh was given")
		}
		given := 0
		for _, step := range raceSteps() {
			a, err := r.step(step)
			if err != nil {
				return needs(err)
			}
			if a.Status == http.StatusOK {
				given++
			}
		}
		return want(given == 1, "%d were", given)
	}},
}

func answered(step string) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		_, err := r.document(step)
		return err
	}
}

// refused holds the refusal of a request that comes again, once the first one was answered.
func refused(first, step string, holds func(Answer) error) func(*IssuerRecord) error {
	return func(r *IssuerRecord) error {
		if _, err := r.credential(first); err != nil {
			return unknown("there was no first one")
		}
		a, err := r.step(step)
		if err != nil {
			return needs(err)
		}
		return holds(a)
	}
}

func raceSteps() []string {
	out := make([]string, raced)
	for i := range out {
		out[i] = fmt.Sprintf("%s.%d", stepRace, i+1)
	}
	return out
}

// notified is an answer whose notification_id matters.
func (r *IssuerRecord) notified(step string) (map[string]any, error) {
	m, err := r.metadata()
	if err != nil {
		return nil, err
	}
	if _, takes := m["notification_endpoint"]; !takes {
		return nil, apart("the issuer takes no notifications")
	}
	o, err := r.document(step)
	return o, needs(err)
}
