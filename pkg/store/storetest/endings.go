package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/issuance"
)

func ending(id string) casework.Ending {
	return casework.Ending{
		ID: id, By: "SYNTHETIC_A", Reason: issuance.ReasonSafety, Note: "a note", Scope: casework.ScopePerson, Person: person,
		Targets: []casework.Target{{Credential: "c-1", DocumentType: configuration, Progress: casework.Queued}, {Credential: "c-2", DocumentType: configuration, Progress: casework.Queued}},
		State:   casework.StatePlanned, Created: start, Runs: start.Add(10 * time.Second),
	}
}

func (f fixture) plan(t *testing.T, e casework.Ending) casework.Ending {
	t.Helper()
	kept, err := f.PutEnding(f.ctx, e)
	if err != nil {
		t.Fatalf("put ending: %v", err)
	}
	return kept
}

func (f fixture) ending(t *testing.T, id string) casework.Ending {
	t.Helper()
	e, err := f.Ending(f.ctx, id)
	if err != nil {
		t.Fatalf("ending: %v", err)
	}
	return e
}

func (f fixture) openIDs(t *testing.T) []string {
	t.Helper()
	open, err := f.OpenEndings(f.ctx)
	if err != nil {
		t.Fatalf("open endings: %v", err)
	}
	var ids []string
	for _, e := range open {
		ids = append(ids, e.ID)
	}
	return ids
}

var endingPromises = map[string]func(*testing.T, fixture){
	"an ending is kept as it was planned, and planning it again changes nothing": func(t *testing.T, f fixture) {
		f.plan(t, ending("e-1"))
		second := ending("e-1")
		second.Reason, second.Targets = issuance.ReasonDied, nil
		for _, got := range []casework.Ending{f.plan(t, second), f.ending(t, "e-1")} {
			if got.Version != 1 || got.Reason != issuance.ReasonSafety || got.Note != "a note" || len(got.Targets) != 2 || got.Person != person ||
				got.State != casework.StatePlanned || !got.Created.Equal(start) || !got.Runs.Equal(start.Add(10*time.Second)) {
				t.Errorf("version %d, state %s, %d documents", got.Version, got.State, len(got.Targets))
			}
		}
		if _, err := f.Ending(f.ctx, "e-2"); !errors.Is(err, issuance.ErrNotFound) {
			t.Errorf("an ending that nobody planned: %v", err)
		}
	},
	"an ending is swapped for the version that was read, once": func(t *testing.T, f fixture) {
		e := f.plan(t, ending("e-1"))
		stopped, running := e, e
		stopped.State, running.State = casework.StateStopped, casework.StateRunning
		if err := f.SwapEnding(f.ctx, running); err != nil {
			t.Fatalf("swap: %v", err)
		}
		if err := f.SwapEnding(f.ctx, running); err != nil {
			t.Errorf("the same swap, whose answer was lost: %v", err)
		}
		if err := f.SwapEnding(f.ctx, stopped); !errors.Is(err, casework.ErrConflict) {
			t.Errorf("another swap of the same version: %v", err)
		}
		if got := f.ending(t, "e-1"); got.State != casework.StateRunning || got.Version != 2 {
			t.Errorf("state %s, version %d", got.State, got.Version)
		}
		if err := f.SwapEnding(f.ctx, ending("e-9")); !errors.Is(err, issuance.ErrNotFound) {
			t.Errorf("a swap of nothing: %v", err)
		}
	},
	"of many that change an ending at once, one does": func(t *testing.T, f fixture) {
		e := f.plan(t, ending("e-1"))
		errs := atOnce(8, func(i int) error {
			mine := e
			mine.State, mine.Stopper = casework.StateStopped, string(rune('A'+i))
			return f.SwapEnding(f.ctx, mine)
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, casework.ErrConflict) {
				t.Errorf("a loser: %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	},
	"open endings are listed, oldest first, until they are not open": func(t *testing.T, f fixture) {
		late := ending("e-1")
		late.Created = start.Add(time.Second)
		f.plan(t, late)
		f.plan(t, ending("e-2"))
		awaiting := ending("e-3")
		awaiting.State = casework.StateAwaiting
		f.plan(t, awaiting)
		if got := f.openIDs(t); !slices.Equal(got, []string{"e-2", "e-3", "e-1"}) {
			t.Errorf("open: %v", got)
		}
		done := f.ending(t, "e-2")
		done.State = casework.StateDone
		if err := f.SwapEnding(f.ctx, done); err != nil {
			t.Fatal(err)
		}
		if got := f.openIDs(t); !slices.Equal(got, []string{"e-3", "e-1"}) {
			t.Errorf("open: %v", got)
		}
		if f.ending(t, "e-2").State != casework.StateDone {
			t.Error("one that is done is not kept")
		}
	},
	"an ending is kept for its time": func(t *testing.T, f fixture) {
		f.plan(t, ending("e-1"))
		f.clock.set(start.Add(casework.KeepEnding - time.Millisecond))
		if f.ending(t, "e-1"); len(f.openIDs(t)) != 1 {
			t.Error("gone before its time")
		}
		f.clock.set(start.Add(casework.KeepEnding))
		if _, err := f.Ending(f.ctx, "e-1"); !errors.Is(err, issuance.ErrNotFound) || len(f.openIDs(t)) != 0 {
			t.Errorf("kept beyond its time (%v)", err)
		}
	},
	"how far a large ending is is part of it": func(t *testing.T, f fixture) {
		e := ending("e-1")
		e.Targets, e.Bulk = nil, casework.Bulk{Set: "set", Pages: 2, Total: 501, Pass: casework.Tally{Ended: 3, Fresh: 2, Gone: 1, Failed: 4}}
		e = f.plan(t, e)
		first, second := e, e
		first.Bulk.Next, second.Bulk.Next = "1", "2"
		if err := f.SwapEnding(f.ctx, first); err != nil {
			t.Fatal(err)
		}
		if err := f.SwapEnding(f.ctx, second); !errors.Is(err, casework.ErrConflict) {
			t.Errorf("another page of the same version: %v", err)
		}
		if got := f.ending(t, "e-1"); got.Bulk != first.Bulk {
			t.Errorf("%+v, want %+v", got.Bulk, first.Bulk)
		}
	},
	"a page of a set is kept as it was put, for its time from then": func(t *testing.T, f fixture) {
		put := func(set string, page int, ids ...string) {
			t.Helper()
			if err := f.PutSetPage(f.ctx, set, page, ids); err != nil {
				t.Fatalf("put page: %v", err)
			}
		}
		put("a", 0, "c-1", "c-2")
		put("a", 1, "c-3")
		put("b", 0, "c-4")
		f.clock.set(start.Add(time.Hour))
		put("a", 1, "c-3")
		f.clock.set(start.Add(casework.KeepEnding - time.Millisecond))
		if got, err := f.SetPage(f.ctx, "a", 0); err != nil || !slices.Equal(got, []string{"c-1", "c-2"}) {
			t.Errorf("%v, %v", got, err)
		}
		f.clock.set(start.Add(casework.KeepEnding))
		if got, err := f.SetPage(f.ctx, "a", 1); err != nil || !slices.Equal(got, []string{"c-3"}) {
			t.Errorf("%v, %v: put again, it is kept for as long from then", got, err)
		}
		for set, page := range map[string]int{"a": 0, "b": 0, "c": 0} {
			if _, err := f.SetPage(f.ctx, set, page); !errors.Is(err, issuance.ErrNotFound) {
				t.Errorf("page %d of %s: %v", page, set, err)
			}
		}
	},
}
