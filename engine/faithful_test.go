package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// The source moves on between a plan and its apply, in a part that this plan
// does not read. The next plan finds it.
func TestWhatMovedMeanwhileIsFoundLater(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindMilestone, "m1", nil, `{"title":"one","state":"open"}`)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.apply(t)
	f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"b","state":"open"}`)
	s := f.open(t)
	c := f.plan(t, s)
	f.from.add(schema.KindMilestone, "m2", nil, `{"title":"two","state":"open"}`)
	outcome, err := engine.Apply(t.Context(), c, f.work(t, s))
	s.Close()
	if err != nil || !outcome.Complete() {
		t.Fatalf("outcome %+v, %v", outcome, err)
	}
	if _, n := f.to.of(schema.KindMilestone, "m2"); n != 0 {
		t.Fatal("the milestone was carried over by a plan that does not read milestones")
	}
	if outcome, c := f.apply(t); outcome.Resynced != 1 {
		t.Errorf("the next plan did not see the milestone: %+v", c.Changes[0])
	}
	if _, n := f.to.of(schema.KindMilestone, "m2"); n != 1 {
		t.Error("the milestone was lost")
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Changes[0])
	}
}

// Only the stream that changed is read.
func TestOnlyWhatChangedIsRead(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindMilestone, "m1", nil, `{"title":"one","state":"open"}`)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.apply(t)
	f.from.add(schema.KindMilestone, "m2", nil, `{"title":"two","state":"open"}`)
	f.apply(t)
	var read []string
	for _, e := range f.events {
		if s, ok := e.(engine.StageStarted); ok && s.Stage == engine.StageRecords {
			read = append(read, s.Stream)
		}
	}
	if diff := cmp.Diff([]string{"base"}, read); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
}

// Objects that failed for good leave the resource partial, and do not make work
// for every plan to come.
func TestLastingFailuresMakeNoWork(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindIssue, "bad", nil, `{"number":2,"title":"b","state":"open"}`)
	f.to.fail = func(r schema.Record, times int) failing {
		if r.ID == "bad" {
			return failing{problem: providers.Errorf(providers.CodeInvalid, "title is forbidden")}
		}
		return failing{}
	}
	if outcome, _ := f.apply(t); outcome.Partial != 1 {
		t.Fatalf("outcome %+v", outcome)
	}
	if _, c := f.apply(t); c.Summary.Unchanged != 1 {
		t.Errorf("the next plan: %+v %+v", c.Summary, c.Changes[0].Reasons)
	}
	// It is mended at the source: that is a change, and is carried over.
	f.to.fail = nil
	f.from.records[1].Revision, f.from.records[1].Body = "mended", []byte(`{"number":2,"title":"good","state":"open"}`)
	if outcome, _ := f.apply(t); !outcome.Complete() || outcome.Resynced != 1 {
		t.Errorf("outcome %+v", outcome)
	}
	if _, n := f.to.of(schema.KindIssue, "bad"); n != 1 {
		t.Errorf("it stands %d times at the target", n)
	}
}

// A record whose write was answered with an error until the engine gave up, and
// was stored all the same, is found by the next apply.
func TestFailedMayHaveBeenStored(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.to.fail = func(r schema.Record, times int) failing {
		return failing{problem: providers.Errorf(providers.CodeInternal, "template error"), after: true}
	}
	if outcome, _ := f.apply(t); outcome.Partial != 1 {
		t.Fatalf("outcome %+v", outcome)
	}
	f.to.fail = nil
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Errorf("outcome %+v", outcome)
	}
	if _, n := f.to.of(schema.KindIssue, "i1"); n != 1 {
		t.Errorf("it stands %d times at the target: %v", n, f.to.calls)
	}
}

// The target was deleted, and the plan says that it may be made again: all of it
// is.
func TestAGoneTargetIsMadeAgainWhole(t *testing.T) {
	f := newForges(t)
	f.resource.Lifecycle.OnTargetDrift = "overwrite"
	f.from.add(schema.KindMilestone, "m1", nil, `{"title":"one","state":"open"}`)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.apply(t)
	f.to = newForge()
	outcome, c := f.apply(t)
	if !outcome.Complete() || outcome.Created != 1 {
		t.Errorf("outcome %+v of %+v", outcome, c.Summary)
	}
	for _, key := range []schema.Key{{Kind: schema.KindMilestone, ID: "m1"}, {Kind: schema.KindIssue, ID: "i1"}} {
		if _, n := f.to.of(key.Kind, key.ID); n != 1 {
			t.Errorf("%s stands %d times at the new target", key, n)
		}
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Changes[0])
	}
}

// A target that holds less than it said it stored is not in order: the resource
// is partial, and verify says what is missing.
func TestVerifyFindsWhatIsMissing(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"b","state":"open"}`)
	f.to.lost = map[string]bool{"o101": true}
	outcome, _ := f.apply(t)
	if outcome.Partial != 1 || outcome.Items != 1 {
		t.Errorf("outcome %+v, want a partial resource", outcome)
	}
	var told []string
	for _, e := range f.events {
		if x, ok := e.(engine.ItemFailed); ok {
			told = append(told, x.Failure.Stage+": "+x.Failure.Message)
		}
	}
	if diff := cmp.Diff([]string{"verify: the target holds 1 issues, and 2 were stored"}, told); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	f.to.lost = nil
	if outcome, _ := f.apply(t); !outcome.Complete() || outcome.Resumed != 1 {
		t.Errorf("once it is there again: %+v", outcome)
	}
}

// A clock that jumps by years, backwards and forwards, between applies and in
// the middle of one, leads to the same target as one that does not.
func TestWaitsUnderAClockThatJumps(t *testing.T) {
	f := newForges(t)
	at := func(year int) time.Time { return time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC) }
	jump := func(year int) {
		f.clock.mu.Lock()
		defer f.clock.mu.Unlock()
		f.clock.now = at(year)
	}
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		f.from.add(schema.KindIssue, "i"+id, nil, `{"number":`+id+`,"title":"a","state":"open"}`)
	}
	f.to.fail = func(r schema.Record, times int) failing {
		switch {
		case r.ID == "i2" && times == 1:
			jump(1985)
			return failing{problem: providers.Errorf(providers.CodeUnavailable, "gateway timeout"), after: true}
		case r.ID == "i3" && times == 1:
			jump(2040)
			return failing{problem: &providers.Error{Code: providers.CodeRateLimited, Message: "slow down", Until: at(2026)}}
		case r.ID == "i4" && times == 1:
			jump(1999)
			return failing{problem: providers.Errorf(providers.CodeAuth, "token expired"), whole: true, after: true}
		}
		return failing{}
	}
	if outcome, _ := f.apply(t); outcome.Failed != 1 {
		t.Fatalf("outcome %+v", outcome)
	}
	for _, year := range []int{1971, 2090, 2026} {
		jump(year)
		if outcome, c := f.apply(t); !outcome.Complete() {
			t.Errorf("in %d: outcome %+v of %+v", year, outcome, c.Summary)
		}
		f.from.add(schema.KindIssue, "of "+at(year).Format("2006"), nil, `{"number":9,"title":"late","state":"open"}`)
	}
	jump(1990)
	f.apply(t)
	for _, r := range f.from.records {
		if _, n := f.to.of(r.Kind, r.ID); n != 1 {
			t.Errorf("%s stands %d times at the target", r.Key(), n)
		}
	}
	s := f.open(t)
	defer s.Close()
	if problems, err := s.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("state check: %v, %v", problems, err)
	}
	if c := f.plan(t, s); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Changes[0])
	}
	wrote := slices.DeleteFunc(slices.Clone(f.to.calls), func(c string) bool { return !strings.HasPrefix(c, "create") })
	if len(wrote) != len(f.from.records) {
		t.Errorf("%d objects were made for %d records", len(wrote), len(f.from.records))
	}
}
