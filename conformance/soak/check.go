package soak

import (
	"context"
	"fmt"
	"slices"
	"time"

	"justice-wallet/conformance/listwatch"
)

// violation notes that a promise was broken.
func (w *World) violation(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

// Violations are all promises that were broken.
func (w *World) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.violations)
}

// promised is for how long after an ending was acknowledged a list from before may be relied on: the list's ttl, a tick
// until a newer one is there, and what the publisher may be away.
func (w *World) promised() time.Duration { return ttl + w.pace.Tick + patient }

// judge asks the verifier about a document that ended at a time. "Valid" is wrong when the list it rests on was read after
// the ending was seen published, or when the promised time has passed.
func (w *World) judge(ctx context.Context, s slot, ended time.Time) verdict {
	document, err := w.publisher.issue(s)
	if err != nil {
		w.violation("make a document: %v", err)
		return verdict{}
	}
	v, err := ask(ctx, w.checks, document)
	if err != nil {
		if ctx.Err() == nil {
			w.violation("the verifier: %v", err)
		}
		return verdict{}
	}
	w.Counts.add(verdicts, 1)
	if why := w.wrong(s, v, ended); why != "" {
		if _, told := w.told.LoadOrStore(s, true); !told {
			w.violation("%s: %v", why, s)
		}
	}
	return v
}

// wrong says what is wrong with a verdict on a document that ended.
func (w *World) wrong(s slot, v verdict, ended time.Time) string {
	published, seen := w.seen.Load(s)
	switch {
	case v.word != "valid":
		return ""
	case time.Since(ended) > w.promised():
		return fmt.Sprintf("valid %v after it ended", time.Since(ended))
	case seen && v.listRead.After(published.(time.Time)):
		return fmt.Sprintf("valid by a list of %v, though ended in the one of %v", v.listRead, published)
	}
	return ""
}

// check looks, when all is well again, whether anything that was acknowledged is missing.
func (w *World) check() {
	given, ended, err := w.oracle.read()
	if err != nil {
		w.violation("%v", err)
		return
	}
	for s, times := range given {
		if times > 1 {
			w.violation("given %d times: %v", times, s)
		}
	}
	if err := eventually("every ending is published", func() error { return w.missing(ended) }); err != nil {
		w.violation("%v", err)
	}
	if w.Counts.Of(rounds)%verdictsEvery == 0 {
		w.checkVerdicts()
	}
}

// missing reads the lists from outside, and says which endings they lack.
func (w *World) missing(ended map[slot]bool) error {
	report, err := w.look(context.Background())
	if err != nil {
		return err
	}
	lacking := 0
	for s := range ended {
		if v, ok := w.watch.Value(s.uri, s.index); !ok || v == 0 {
			lacking++
			continue
		}
		w.seen.LoadOrStore(s, report.At)
	}
	for _, a := range report.Alarms {
		if a.Kind == listwatch.KindUndone || a.Kind == listwatch.KindRolledBack {
			return fmt.Errorf("listwatch: %s: %s", a.Kind, a.Detail)
		}
	}
	if lacking > 0 {
		return fmt.Errorf("%d acknowledged endings of %d are missing", lacking, len(ended))
	}
	return nil
}

// look has the lists checked from outside. That one is away is no alarm here. When Redis lost writes that it had
// acknowledged, it lost the newest publication with them, and the one before may show until the list is published again:
// that is counted, and an alarm when it lasts.
func (w *World) look(ctx context.Context) (listwatch.Report, error) {
	report, err := w.watch.Round(ctx, w.lists)
	for _, a := range report.Alarms {
		switch a.Kind {
		case listwatch.KindUnavailable, listwatch.KindKeys:
		case listwatch.KindUndone, listwatch.KindRolledBack:
			if w.forgetful {
				w.Counts.add(wentBack, 1)
				continue
			}
			w.violation("listwatch: %s: %s", a.Kind, a.Detail)
		default:
			w.violation("listwatch: %s: %s", a.Kind, a.Detail)
		}
	}
	w.Counts.add(listsRead, len(report.Lists))
	return report, err
}

// After every so many rounds, so many documents are judged: the verifier reads lists once a second.
const verdictsEvery, sample = 4, 20

// checkVerdicts has some of the newest endings judged: the verifier must come to say that they ended.
func (w *World) checkVerdicts() {
	n := 0
	for s, at := range w.oracle.endings() {
		if _, judged := w.judged.Load(s); judged {
			continue
		}
		if n++; n > sample {
			return
		}
		err := eventually("the verifier says that it ended", func() error {
			if v := w.judge(context.Background(), s, at); v.word != "not_valid" {
				return fmt.Errorf("%s (%s)", v.word, v.reason)
			}
			return nil
		})
		if err != nil {
			w.violation("%v: %v", err, s)
		}
		w.judged.Store(s, true)
	}
}
