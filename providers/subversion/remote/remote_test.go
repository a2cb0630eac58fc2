package remote

import (
	"context"
	"errors"
	"iter"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// plain fetches revisions without anything in them.
func plain(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
	for n := from; n <= to; n++ {
		if err := emit(&svn.Revision{Number: n}); err != nil {
			return err
		}
	}
	return nil
}

func TestInOrder(t *testing.T) {
	for _, ranges := range []Ranges{
		{From: 0, To: 0, Span: 5, Workers: 3},
		{From: 3, To: 100, Span: 7, Workers: 4},
		{From: 1, To: 14, Span: 7, Workers: 1},
		{From: 5, To: 4, Span: 7, Workers: 2},
	} {
		next := ranges.From
		for r, err := range InOrder(t.Context(), ranges, plain) {
			if err != nil || r.Number != next {
				t.Fatalf("%+v: r%d, %v, want r%d", ranges, r.Number, err, next)
			}
			next++
		}
		if next != ranges.To+1 {
			t.Errorf("%+v ended before r%d", ranges, next)
		}
	}
}

// The error of a range comes after all that was read before it.
func TestInOrderFails(t *testing.T) {
	broken := errors.New("broken")
	var got []int64
	for r, err := range InOrder(t.Context(), Ranges{From: 1, To: 100, Span: 10, Workers: 4}, func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
		if from == 31 {
			if err := plain(ctx, from, from+1, emit); err != nil {
				return err
			}
			return broken
		}
		return plain(ctx, from, to, emit)
	}) {
		if err != nil {
			if !errors.Is(err, broken) {
				t.Errorf("error = %v", err)
			}
			continue
		}
		got = append(got, r.Number)
	}
	if len(got) != 32 || got[31] != 32 {
		t.Errorf("before the error came %v", got)
	}
}

// Ranges that nobody has asked for yet stop when memory is used up, and the
// first goes on.
func TestInOrderIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		var emitted atomic.Int64
		next, stop := iter.Pull2(InOrder(t.Context(), Ranges{From: 0, To: 999, Span: 100, Workers: 4}, func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
			for n := from; n <= to; n++ {
				r := &svn.Revision{Number: n, Props: map[string][]byte{"x": make([]byte, size)}}
				if err := emit(r); err != nil {
					return err
				}
				emitted.Add(1)
			}
			return nil
		}))
		defer stop()
		for n := range int64(1000) {
			r, err, _ := next()
			if err != nil || r.Number != n {
				t.Fatalf("r%d, %v, want r%d", r.Number, err, n)
			}
			synctest.Wait() // until all workers are done or blocked
			if ahead := emitted.Load() - n; ahead > readAhead/size+1 {
				t.Fatalf("at r%d, %d MiB are held", n, ahead)
			}
		}
	})
}

// An end in between leaves no worker and closes what was read.
func TestInOrderEnds(t *testing.T) {
	dir := t.TempDir()
	var open sync.WaitGroup
	fetch := func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
		open.Add(1)
		defer open.Done()
		for n := from; n <= to; n++ {
			w := svn.NewTextWriter(true, dir)
			if _, err := w.Write(make([]byte, 9<<20)); err != nil {
				return err
			}
			if err := emit(&svn.Revision{Number: n, Nodes: []*svn.Node{{Path: "a", Text: w.Text()}}}); err != nil {
				return err
			}
		}
		return nil
	}
	for r, err := range InOrder(t.Context(), Ranges{From: 0, To: 20, Span: 2, Workers: 3}, fetch) {
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		break
	}
	open.Wait() // would not return if a worker were left
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestInOrderCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range InOrder(ctx, Ranges{From: 0, To: 20, Span: 2, Workers: 3}, func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
		if from > 0 {
			<-ctx.Done()
			return ctx.Err()
		}
		return plain(ctx, from, to, emit)
	}) {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("error = %v, want that of the context", last)
	}
}

// nodes describes what an editor made.
func nodes(r *svn.Revision) []string {
	var lines []string
	for _, n := range r.Nodes {
		line := n.Action.String() + " " + n.Kind.String() + " " + n.Path
		if n.Copied() {
			line += " from " + n.FromPath
		}
		if n.Props != nil {
			for name := range n.Props.Set {
				line += " +" + name
			}
			for _, name := range n.Props.Delete {
				line += " -" + name
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func TestEditor(t *testing.T) {
	e := NewEditor(5, t.TempDir())
	must := func(n *Node, err error) *Node {
		t.Helper()
		check(t, err)
		return n
	}
	root := must(e.Open("", svn.Dir))
	must(e.Open("untouched", svn.Dir))
	check(t, e.Delete("a"))
	must(e.Add("a", svn.Dir, Copy{Path: "/b", Revision: 4}))
	check(t, e.Delete("c"))
	check(t, e.Delete("d"))
	n := must(e.Add("c", svn.File, Copy{Revision: -1}))
	check(t, n.SetProp("svn:entry:uuid", []byte("x")))
	check(t, n.SetProp("p", []byte{}))
	check(t, n.SetProp("q", []byte("x")))
	check(t, n.SetProp("q", nil))
	check(t, root.SetProp("r", nil))
	m := must(e.Open("/e", svn.File))
	check(t, m.BeginText(strings.Repeat("0", 32)))
	check(t, m.EndText())
	check(t, m.Close("D41D8CD98F00B204E9800998ECF8427E"))
	r := e.Revision()
	want := []string{"replace dir a from b", "delete unknown c", "delete unknown d", "add file c +p -q", "change dir  -r", "change file e"}
	if diff := cmp.Diff(want, nodes(r)); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	last := r.Nodes[len(r.Nodes)-1]
	if last.MD5 != "d41d8cd98f00b204e9800998ecf8427e" || last.BaseMD5 != "" {
		t.Errorf("checksums %q, %q", last.MD5, last.BaseMD5)
	}
	if text, _, err := last.Text.Apply([]byte("before")); err != nil || len(text) > 0 {
		t.Errorf("no windows make %q, %v, want an empty text", text, err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A revision of many texts keeps a few megabytes of them in memory.
func TestEditorSpills(t *testing.T) {
	e := NewEditor(1, t.TempDir())
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		n, err := e.Add(name, svn.File, Copy{Revision: -1})
		check(t, err)
		check(t, n.BeginText(""))
		_, err = n.Write(make([]byte, 1<<20))
		check(t, err)
		check(t, n.EndText())
	}
	r := e.Revision()
	if held := Held(r); held > 10<<20 {
		t.Errorf("%d bytes are held in memory", held)
	}
	check(t, r.Close())
}

func TestEditorIsBounded(t *testing.T) {
	e := NewEditor(1, t.TempDir())
	n, err := e.Open("", svn.Dir)
	check(t, err)
	value := make([]byte, MaxProp)
	for range maxMetadata / MaxProp {
		if err = n.SetProp("p", value); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "exceed 512 MiB") {
		t.Errorf("properties without end give %v", err)
	}
}

func TestRetry(t *testing.T) {
	busy := &Lost{Problem: &providers.Error{Code: providers.CodeUnavailable, Message: "busy"}, After: -1}
	final := errors.New("no")
	for _, test := range []struct {
		name    string
		results []error
		further bool
		calls   int
		err     error
	}{
		{"at once", []error{nil}, false, 1, nil},
		{"in the end", []error{busy, busy, busy, nil}, false, 4, nil},
		{"never", []error{busy, busy, busy, busy, nil}, false, 4, busy},
		{"for good", []error{busy, final, nil}, false, 2, final},
		{"slowly", []error{busy, busy, busy, busy, busy, busy, nil}, true, 7, nil},
		{"much later", []error{&Lost{Problem: busy.Problem, After: time.Hour}, nil}, false, 1, busy.Problem},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			r := Retry{Meter: NewMeter(nil), Pause: func(context.Context, time.Duration) error { return nil }}
			err := r.Do(t.Context(), func() (bool, error) {
				calls++
				return test.further, test.results[calls-1]
			})
			if calls != test.calls || !errors.Is(err, test.err) {
				t.Errorf("%d calls, %v; want %d, %v", calls, err, test.calls, test.err)
			}
		})
	}
}

func TestMeter(t *testing.T) {
	var got []int64
	m := NewMeter(func(p providers.Progress) { got = append(got, p.Done) })
	for range 5 {
		m.Add(step / 2)
	}
	if diff := cmp.Diff([]int64{step, 2 * step}, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestEntries(t *testing.T) {
	entries := func(numbers ...int64) ReadLog {
		return func(from, to int64, emit func(svn.LogEntry) error) error {
			for _, n := range numbers {
				if err := emit(svn.LogEntry{Number: n}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, test := range []struct {
		name    string
		numbers []int64
		message string
	}{
		{"all", []int64{1, 2, 3}, ""},
		{"a gap", []int64{1, 3}, "out of order"},
		{"twice", []int64{1, 1}, "out of order"},
		{"too many", []int64{1, 2, 3, 4}, "out of order"},
		{"too few", []int64{1, 2}, "ends before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			retry := &Retry{Meter: NewMeter(nil), Pause: Pause}
			var last error
			for _, err := range Entries(t.Context(), retry, 1, 3, entries(test.numbers...)) {
				last = err
			}
			if (last == nil) != (test.message == "") || last != nil && !strings.Contains(last.Error(), test.message) {
				t.Errorf("error = %v, want %q", last, test.message)
			}
		})
	}
}
