package stream_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// TestRecord refuses what nobody could store.
func TestRecord(t *testing.T) {
	m, err := stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: strings.Repeat("x", schema.MaxID+1)}, Body: schema.Comment{}}.Message()
	if err != nil || m.Record != nil || m.Failed == nil || m.Failed.Problem.Op == "" {
		t.Errorf("%+v, %v", m, err)
	}
	first, _ := stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: "1"}, Body: schema.Comment{Text: "a"}}.Message()
	second, _ := stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: "1"}, Body: schema.Comment{Text: "a"}, Blob: &schema.Blob{ID: "b"}}.Message()
	if first.Record.Revision == second.Record.Revision {
		t.Error("a record with a blob has the revision of one without")
	}
}

// place is the cursor of the sources below.
type place struct {
	stream.Mark
	Next int64 `json:"next"`
}

// forum reads threads of one issue, with a comment and a file under each; the comment
// on the second cannot be had.
type forum struct {
	*stream.Threads
	cursor place
	told   chan struct{} // nil: the server does not ask for a wait; closed when one was told
}

func (f *forum) fetch(_ context.Context, number int64) (int64, error) {
	if f.told != nil && number == 1 {
		f.Waiting(providers.Throttle{Until: time.Unix(1, 0)})
		<-f.told
	}
	return number, nil
}

func (f *forum) thread(number int64) error {
	id := fmt.Sprint(number)
	entry := func(kind schema.Kind, id string) stream.Entry {
		return stream.Entry{Record: stream.Record{Key: schema.Key{Kind: kind, ID: id}, Body: schema.Comment{}}}
	}
	all := []stream.Entry{entry(schema.KindIssue, id), entry(schema.KindComment, id+"#a"), entry(schema.KindAttachment, id+"#file")}
	if number == 2 {
		all[1].Fault = providers.Errorf(providers.CodeNotFound, "gone")
	}
	if err := stream.Tell(f.Threads, all); err != nil {
		return err
	}
	f.cursor.Done = number
	return f.Checkpoint(f.cursor)
}

func readForum(t *testing.T, f *forum, files bool, req providers.ReadRequest, most int) (lines []string, last schema.Cursor) {
	t.Helper()
	out := stream.Start(req.Kinds, func(m providers.Message, err error) bool {
		switch {
		case err != nil:
			lines = append(lines, "error "+string(providers.CodeOf(err)))
		case m.Record != nil && m.Record.Parent != nil:
			lines = append(lines, m.Record.Key().String()+" under "+m.Record.Parent.String())
		case m.Record != nil:
			lines = append(lines, m.Record.Key().String())
		case m.Failed != nil:
			lines = append(lines, "failed "+m.Failed.Key.String())
		case m.Whole != nil:
			lines = append(lines, "whole "+m.Whole.String())
		case m.Checkpoint != nil:
			lines, last = append(lines, "checkpoint"), *m.Checkpoint
		case m.Throttled != nil:
			lines = append(lines, "throttled")
			close(f.told)
		case m.Loss != nil:
			lines = append(lines, fmt.Sprintf("loss %s %d: %s", m.Loss.Code, m.Loss.Count, m.Loss.Message))
		}
		return len(lines) != most
	})
	f.cursor = place{Mark: stream.Mark{Version: 1}}
	f.Threads = stream.NewThreads(out, &f.cursor.Mark, []schema.Kind{schema.KindIssue, schema.KindComment, schema.KindAttachment}, files)
	err := stream.Resume(&f.cursor, req.Cursor, func(p place) bool { return p.Version == 1 })
	numbers := []int64{1, 2}
	if len(req.Keys) > 0 {
		numbers = f.Pick(req.Keys, stream.NumberOf)
	}
	if err == nil {
		err = stream.Ahead(t.Context(), f.Threads, 2, f.cursor.After(numbers), f.fetch, f.thread)
	}
	if err == nil {
		err = f.FilesLoss("x.files", "files", f.cursor.Files)
	}
	if err == nil {
		err = f.Losses(map[string]int64{"x.b": 2, "x.a": 1}, func(code string) string { return "of " + code })
	}
	out.End(err)
	return lines, last
}

func TestThreads(t *testing.T) {
	first := []string{"issue 1", "comment 1#a under issue 1", "attachment 1#file under issue 1", "whole issue 1", "checkpoint"}
	second := []string{"issue 2", "failed comment 2#a", "attachment 2#file under issue 2", "checkpoint"}
	losses := []string{"loss x.a 1: of x.a", "loss x.b 2: of x.b"}
	var f forum
	lines, _ := readForum(t, &f, true, providers.ReadRequest{}, 0)
	if diff := cmp.Diff(slices.Concat(first, second, losses), lines); diff != "" {
		t.Errorf("whole (-want +got):\n%s", diff)
	}
	lines, last := readForum(t, &f, true, providers.ReadRequest{}, len(first))
	if diff := cmp.Diff(first, lines); diff != "" {
		t.Errorf("stopped (-want +got):\n%s", diff)
	}
	lines, _ = readForum(t, &f, true, providers.ReadRequest{Cursor: last}, 0)
	if diff := cmp.Diff(slices.Concat(second, losses), lines); diff != "" {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
	counts := map[schema.Kind]int64{schema.KindIssue: 2, schema.KindComment: 2, schema.KindAttachment: 2}
	if diff := cmp.Diff(counts, f.Counted()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	for _, bad := range []schema.Cursor{"x", `{"v":2}`} {
		if lines, _ = readForum(t, &f, true, providers.ReadRequest{Cursor: bad}, 0); !slices.Equal(lines, []string{"error invalid"}) {
			t.Errorf("the cursor %s: %q", bad, lines)
		}
	}
}

func TestThreadsLimited(t *testing.T) {
	losses := []string{"loss x.a 1: of x.a", "loss x.b 2: of x.b"}
	var f forum
	lines, _ := readForum(t, &f, false, providers.ReadRequest{Kinds: []schema.Kind{schema.KindIssue, schema.KindAttachment}}, 0)
	want := slices.Concat([]string{"issue 1", "whole issue 1", "checkpoint", "issue 2", "checkpoint", "loss x.files 2: files"}, losses)
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("some kinds, without files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[schema.Kind]int64{schema.KindIssue: 2}, f.Counted()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	keys := []schema.Key{{Kind: schema.KindComment, ID: "2#a"}, {Kind: schema.KindIssue, ID: "1"}, {Kind: schema.KindIssue, ID: "x"}, {Kind: schema.KindIssue, ID: "-1"}}
	lines, _ = readForum(t, &f, true, providers.ReadRequest{Keys: keys}, 0)
	if diff := cmp.Diff(slices.Concat([]string{"issue 1", "failed comment 2#a"}, losses), lines); diff != "" {
		t.Errorf("picked (-want +got):\n%s", diff)
	}
}

// TestWaiting tells of a wait while nothing can be yielded.
func TestWaiting(t *testing.T) {
	f := forum{told: make(chan struct{})}
	if lines, _ := readForum(t, &f, true, providers.ReadRequest{}, 0); lines[0] != "throttled" {
		t.Errorf("%q", lines)
	}
}
