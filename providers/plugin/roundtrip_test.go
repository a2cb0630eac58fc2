package plugin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, compared()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff[:min(len(diff), 4000)])
	}
}

func gather[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

func TestDescribe(t *testing.T) {
	c := launch(t, options(t, "fake"))
	if pid := c.PID(); pid != 0 {
		t.Errorf("process %d runs before it is needed", pid)
	}
	for range 2 {
		got, err := c.Describe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		same(t, description(), got)
	}
	if c.PID() == 0 {
		t.Error("no process")
	}
}

// TestSource calls every method of a source; the provider checks what arrives.
func TestSource(t *testing.T) {
	s := openSource(t, launch(t, options(t, "fake")))
	ctx := t.Context()

	t.Run("Discover", func(t *testing.T) {
		query := providers.Query{Kind: "repositories", Settings: json.RawMessage(`{"owner":"acme"}`)}
		same(t, wantDiscovered(), gather(t, s.Discover(ctx, query)))
	})
	t.Run("Inspect", func(t *testing.T) {
		same(t, wantInspections(), gather(t, s.Inspect(ctx, wantLookups())))
	})
	t.Run("Inspect many", func(t *testing.T) {
		lookups := make([]providers.Lookup, 30_000) // exceeds one message
		for i := range lookups {
			lookups[i] = providers.Lookup{ID: i, Repo: providers.Repo{Settings: json.RawMessage(`{"project":"a project with a longer name"}`), Identity: "bulk"}}
		}
		if got := gather(t, s.Inspect(ctx, lookups)); len(got) != len(lookups) {
			t.Errorf("%d answers to %d lookups", len(got), len(lookups))
		}
	})
	t.Run("ExportGit", func(t *testing.T) {
		var steps []providers.Progress
		export, err := s.ExportGit(ctx, wantExportRequest(), func(p providers.Progress) { steps = append(steps, p) })
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantExport(), export)
		same(t, wantProgress(), steps)
	})
	t.Run("ExportGit unobserved", func(t *testing.T) {
		if _, err := s.ExportGit(ctx, wantExportRequest(), nil); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("Detect", func(t *testing.T) {
		found, err := s.Detect(ctx, "https://forge.example/caf\xe9")
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantDetection(), found)
	})
	t.Run("VerifyGit", func(t *testing.T) {
		var steps []providers.Progress
		same(t, wantVerified(), gather(t, s.VerifyGit(ctx, wantVerifyRequest(), func(p providers.Progress) { steps = append(steps, p) })))
		same(t, wantProgress(), steps)
	})
	t.Run("Authors", func(t *testing.T) {
		same(t, wantAuthors(), gather(t, s.Authors(ctx, wantRepo(), "/cache/\xff")))
	})
	t.Run("Read", func(t *testing.T) {
		same(t, wantMessages(), gather(t, s.Read(ctx, wantReadRequest())))
	})
	t.Run("Budget", func(t *testing.T) {
		budget, err := s.Budget(ctx)
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantBudget(), budget)
	})
	t.Run("OpenBlob", func(t *testing.T) {
		for id, want := range map[string][]byte{"b1": wantBlob(), "empty": {}} {
			r, err := s.OpenBlob(ctx, wantRepo(), schema.Blob{ID: id, Size: -1})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			same(t, want, got)
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("Close", func(t *testing.T) {
		for range 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.ExportGit(ctx, wantExportRequest(), nil); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("a call after Close: %v", err)
		}
	})
}

func TestTarget(t *testing.T) {
	s := openTarget(t, launch(t, options(t, "fake")))
	ctx := t.Context()

	t.Run("Inspect", func(t *testing.T) {
		same(t, wantStandings(), gather(t, s.Inspect(ctx, wantPlaces())))
	})
	t.Run("Create", func(t *testing.T) {
		ref, err := s.Create(ctx, wantCreate())
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantRef(), ref)
	})
	t.Run("Move", func(t *testing.T) {
		ref, err := s.Move(ctx, schema.Ref{ID: "1"}, wantPlaces()[0])
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantRef(), ref)
	})
	t.Run("Push", func(t *testing.T) {
		var steps []providers.Progress
		pushed, err := s.Push(ctx, wantPush(), func(p providers.Progress) { steps = append(steps, p) })
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantPushed(), pushed)
		same(t, wantProgress(), steps)
	})
	t.Run("Write", func(t *testing.T) {
		written, err := s.Write(ctx, wantWrite())
		if err != nil {
			t.Fatal(err)
		}
		want := make([]providers.Written, len(wantWrite().Writes))
		for i := range want {
			want[i] = wantWritten(i)
		}
		same(t, want, written)
	})
	t.Run("Find", func(t *testing.T) {
		var wanted []providers.Wanted
		var want []schema.Ref
		for i := range 30_000 { // exceeds one message
			issue := schema.Key{Kind: schema.KindIssue, ID: fmt.Sprintf("%d\xff, and the id is rather long", i)}
			wanted = append(wanted,
				providers.Wanted{Key: issue, Number: int64(i), Ref: wantRef(), Parent: &providers.Related{Key: issue, Ref: wantRef()}},
				providers.Wanted{Key: schema.Key{Kind: schema.KindLabel, ID: "l"}})
			want = append(want, schema.Ref{ID: "found " + issue.ID, Text: fmt.Sprint(i), Version: wantRef().Version + wantRef().ID}, schema.Ref{})
		}
		refs, err := s.Find(ctx, wantRef(), wanted)
		if err != nil {
			t.Fatal(err)
		}
		same(t, want, refs)
	})
	t.Run("Finish", func(t *testing.T) {
		counts, err := s.Finish(ctx, wantFinish())
		if err != nil {
			t.Fatal(err)
		}
		same(t, map[schema.Kind]int64{schema.KindIssue: 3}, counts)
	})
	t.Run("StartImport", func(t *testing.T) {
		job, err := s.StartImport(ctx, wantImport())
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantJob(), job)
	})
	t.Run("FindImport", func(t *testing.T) {
		job, err := s.FindImport(ctx, wantImport())
		if err != nil {
			t.Fatal(err)
		}
		same(t, schema.Job{}, job)
	})
	t.Run("PollImport", func(t *testing.T) {
		asked := wantJob()
		asked.Entities = wantStatus().Job.Entities // which stay where they are
		status, err := s.PollImport(ctx, asked)
		if err != nil {
			t.Fatal(err)
		}
		same(t, wantStatus(), status)
	})
	t.Run("CancelImport", func(t *testing.T) {
		job, err := s.CancelImport(ctx, wantJob())
		if err != nil || job.State != schema.JobCanceled {
			t.Errorf("%+v, %v", job, err)
		}
		job.Status = "finished"
		if _, err := s.CancelImport(ctx, job); err == nil || err.Error() != wantError().Error() {
			t.Errorf("of one that is finished: %v", err)
		}
	})
}

func TestCheckPlaces(t *testing.T) {
	c := launch(t, options(t, "fake"))
	var places []providers.Place
	for i := range 3000 {
		places = append(places, providers.Place{ID: i, Namespace: strings.Repeat("n", 500), Name: "good"})
	}
	places[2999].Name = "bad"
	problems, err := c.CheckPlaces(t.Context(), places)
	if err != nil || len(problems) != len(places) {
		t.Fatalf("%d answers, %v", len(problems), err)
	}
	for i, p := range problems {
		if (p != nil) != (places[i].Name == "bad") {
			t.Errorf("%d: %v", i, p)
		}
	}
}
