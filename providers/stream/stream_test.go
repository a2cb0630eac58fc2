package stream_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// told is a reading as words, with its last checkpoint.
type told struct {
	lines []string
	last  schema.Cursor
	err   error
	most  int // messages after which no more are wanted; 0: any number
}

func (g *told) take(m providers.Message, err error) bool {
	switch {
	case err != nil:
		g.err = err
	case m.Record != nil:
		g.lines = append(g.lines, m.Record.Key().String())
	case m.Failed != nil:
		g.lines = append(g.lines, "failed "+m.Failed.Key.String()+": "+m.Failed.Problem.Message)
	case m.Checkpoint != nil:
		g.last = *m.Checkpoint
		g.lines = append(g.lines, "checkpoint")
	case m.Loss != nil:
		g.lines = append(g.lines, fmt.Sprintf("loss %s %d", m.Loss.Code, m.Loss.Count))
	case m.End != nil:
		g.lines = append(g.lines, fmt.Sprintf("end %v", m.End.Counts))
		if !m.End.Complete {
			g.lines[len(g.lines)-1] += ", cut off"
		}
	}
	return g.most == 0 || len(g.lines) < g.most
}

// sections are labels, of which one loses something and one cannot be stored, then
// milestones, then a loss of no kind.
func sections(o *stream.Out) []stream.Section {
	put := func(kind schema.Kind, id string) error {
		return o.Put(stream.Record{Key: schema.Key{Kind: kind, ID: id}, Body: schema.Label{Name: id}})
	}
	return []stream.Section{
		{Name: "labels", Kinds: []schema.Kind{schema.KindLabel}, Read: func(context.Context) error {
			return errors.Join(put(schema.KindLabel, "1"), put(schema.KindLabel, strings.Repeat("x", schema.MaxID+1)), o.Loss("a", "", 0))
		}},
		{Name: "milestones", Kinds: []schema.Kind{schema.KindMilestone}, Read: func(context.Context) error { return put(schema.KindMilestone, "2") }},
		{Name: "rest", Read: func(context.Context) error { return o.Loss("b", "", 2) }},
	}
}

func read(t *testing.T, from schema.Cursor, kinds []schema.Kind, most int) told {
	t.Helper()
	g := told{most: most}
	o := stream.Start(kinds, g.take)
	err := o.Resume(from)
	if err == nil {
		err = o.Sections(t.Context(), sections(o))
	}
	o.End(err)
	for i, l := range g.lines {
		g.lines[i], _, _ = strings.Cut(l, "xxxx")
	}
	return g
}

func TestSections(t *testing.T) {
	failed := "failed label "
	whole := []string{"label 1", failed, "loss a 1", "checkpoint", "milestone 2", "checkpoint", "loss b 2", "end map[label:2 milestone:1]"}
	if diff := cmp.Diff(whole, read(t, "", nil, 0).lines); diff != "" {
		t.Errorf("whole (-want +got):\n%s", diff)
	}
	first := read(t, "", nil, 4)
	if first.err != nil {
		t.Error(first.err)
	}
	// What was lost before the cursor is told again, and counted as it was.
	if diff := cmp.Diff([]string{"loss a 1", "milestone 2", "checkpoint", "loss b 2", "end map[label:2 milestone:1]"}, read(t, first.last, nil, 0).lines); diff != "" {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"milestone 2", "checkpoint", "loss b 2", "end map[milestone:1]"}, read(t, "", []schema.Kind{schema.KindMilestone}, 0).lines); diff != "" {
		t.Errorf("one kind (-want +got):\n%s", diff)
	}
	if g := read(t, `{"v": 99}`, nil, 0); providers.CodeOf(g.err) != providers.CodeInvalid {
		t.Errorf("a strange cursor: %v", g.err)
	}
}

// TestTolerate reads on behind a list that the server does not give in time, and
// tries it again in a later call.
func TestTolerate(t *testing.T) {
	down := providers.Errorf(providers.CodeUnavailable, "down")
	var broken error
	read := func(from schema.Cursor, tolerant bool) told {
		var g told
		o := stream.Start([]schema.Kind{schema.KindMilestone}, g.take)
		if tolerant {
			o.Tolerate("https://forge.example/acme/lamp")
		}
		err := o.Resume(from)
		all := sections(o)
		all[1].Kinds = append([]schema.Kind{schema.KindLabel}, all[1].Kinds...)
		put := all[1].Read
		all[1].Read = func(ctx context.Context) error { return errors.Join(put(ctx), broken) }
		all[1], all[2] = all[2], all[1]
		all = append(all, stream.Section{Name: "more", Kinds: all[2].Kinds, Read: put})
		if err == nil {
			err = o.Sections(t.Context(), all[1:])
		}
		o.End(err)
		return g
	}
	broken = down
	first := read("", true)
	if diff := cmp.Diff([]string{"loss b 2", "milestone 2", "failed milestone list of milestones: down", "milestone 2", "checkpoint", "end map[milestone:3], cut off"}, first.lines); diff != "" || first.err != nil {
		t.Errorf("tolerant: %v (-want +got):\n%s", first.err, diff)
	}
	if got := read("", false); !errors.Is(got.err, down) || len(got.lines) != 2 {
		t.Errorf("not tolerant: %v, %v", got.lines, got.err)
	}
	broken = providers.Errorf(providers.CodeAuth, "refused")
	if got := read("", true); !errors.Is(got.err, broken) {
		t.Errorf("refused: %v, %v", got.lines, got.err)
	}
	broken = nil
	if diff := cmp.Diff([]string{"loss b 2", "milestone 2", "checkpoint", "end map[milestone:2]"}, read(first.last, true).lines); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
}

func TestDigest(t *testing.T) {
	digest, counts, err := stream.Digest(t.Context(), sections)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[schema.Kind]int64{schema.KindLabel: 2, schema.KindMilestone: 1}, counts); diff != "" {
		t.Error(diff)
	}
	fewer, _, err := stream.Digest(t.Context(), func(o *stream.Out) []stream.Section { return sections(o)[1:] })
	if err != nil || fewer == digest {
		t.Errorf("without labels the digest is %s too (%v)", fewer, err)
	}
	broken := providers.Errorf(providers.CodeUnavailable, "down")
	if _, _, err := stream.Digest(t.Context(), func(*stream.Out) []stream.Section {
		return []stream.Section{{Name: "x", Kinds: []schema.Kind{schema.KindLabel}, Read: func(context.Context) error { return broken }}}
	}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func numbers(n int, end error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if end != nil {
			yield(0, end)
		}
	}
}

func TestInOrder(t *testing.T) {
	broken := errors.New("broken")
	double := func(_ context.Context, n int) (int, error) {
		if n == 7 {
			return 0, broken
		}
		return 2 * n, nil
	}
	for name, test := range map[string]struct {
		items iter.Seq2[int, error]
		want  []int
		err   error
	}{
		"all":           {numbers(5, nil), []int{0, 2, 4, 6, 8}, nil},
		"none":          {numbers(0, nil), nil, nil},
		"work fails":    {numbers(20, nil), []int{0, 2, 4, 6, 8, 10, 12}, broken},
		"listing fails": {numbers(3, broken), []int{0, 2, 4}, broken},
	} {
		var got []int
		var end error
		for n, err := range stream.InOrder(t.Context(), 3, nil, test.items, double) {
			if end = err; err == nil {
				got = append(got, n)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(end, test.err) {
			t.Errorf("%s: %v (-want +got):\n%s", name, end, diff)
		}
	}
}

// The reader stops early: nothing goes on running, and a call that waits is made.
func TestInOrderStops(t *testing.T) {
	calls := make(chan func())
	began := make(chan struct{})
	made := make(chan struct{})
	go func() {
		<-began
		calls <- func() { close(made) }
	}()
	running := make(chan int, 100)
	for range stream.InOrder(t.Context(), 4, calls, numbers(100, nil), func(ctx context.Context, n int) (int, error) {
		running <- 1
		defer func() { <-running }()
		if n == 0 {
			close(began)
			<-made
			return n, nil
		}
		<-ctx.Done()
		return n, ctx.Err()
	}) {
		break
	}
	if n := len(running); n != 0 {
		t.Errorf("%d still run", n)
	}
}

func TestLasting(t *testing.T) {
	up := func(context.Context) error { return nil }
	down := func(context.Context) error { return errors.New("down") }
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx   context.Context
		code  providers.Code
		alive func(context.Context) error
		want  bool
	}{
		"signed out":           {t.Context(), providers.CodeAuth, up, true},
		"limited":              {t.Context(), providers.CodeRateLimited, up, true},
		"one object":           {t.Context(), providers.CodeUnavailable, up, false},
		"the server is down":   {t.Context(), providers.CodeUnavailable, down, true},
		"canceled":             {gone, providers.CodeUnavailable, up, true},
		"may not see":          {t.Context(), providers.CodeDenied, down, false},
		"not what was thought": {t.Context(), providers.CodeInvalid, down, false},
	} {
		if got := stream.Lasting(test.ctx, providers.Errorf(test.code, "x"), test.alive); (got != nil) != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFew(t *testing.T) {
	many := make([]string, 25)
	for i := range many {
		many[i] = fmt.Sprintf("n%02d", i)
	}
	if got := stream.Few(many); !strings.HasSuffix(got, "n19, …") {
		t.Error(got)
	}
	if got, want := stream.Few([]string{"b", "a\x1b[0m"}), `a\x1b[0m, b`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
