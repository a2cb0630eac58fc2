package plugin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// The provider below runs in a process of its own, made from this test binary,
// so what it returns can be compared with what these functions return here.

const secretText = "s3cret-\xff-token"

// oddName is a ref name as old repositories have them: not UTF-8.
const oddName = "refs/heads/caf\xe9"

func wantConfig() providers.Config {
	return providers.Config{
		Settings: json.RawMessage(`{"url":"https://forge.example"}`),
		Secrets:  map[string]string{"token": secretText},
		Dir:      "/plans/caf\xe9",
	}
}

func wantError() *providers.Error {
	return &providers.Error{
		Code: providers.CodeRateLimited, Op: "list refs", Subject: "https://forge.example/caf\xe9",
		Message: "the budget of this hour is used up", Hint: "wait",
		Attribute: "token", Until: time.Date(2026, 11, 21, 12, 30, 0, 5, time.UTC),
	}
}

func wantRepo() providers.Repo {
	return providers.Repo{Settings: json.RawMessage(`{"project":"a/b"}`), Identity: "4711"}
}

func wantDiscovered() []providers.Discovered {
	return []providers.Discovered{
		{Item: &schema.Found{Identity: "1", FullName: "acme/api", Name: "api", Topics: []string{"go"}, Custom: json.RawMessage(`{"stars":3}`)}},
		{Throttled: &providers.Throttle{Until: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Reason: "too fast"}},
		{End: &providers.ListingEnd{Complete: false, Problem: wantError()}},
	}
}

func wantLookups() []providers.Lookup {
	return []providers.Lookup{{ID: 7, Repo: wantRepo(), ETag: "e1"}, {ID: 8, Repo: wantRepo()}, {ID: 9, Repo: wantRepo()}, {ID: 10, Repo: wantRepo()}}
}

func wantSized() []providers.Sized {
	return []providers.Sized{{Name: "ada/caf\xe9", URL: "https://forge.example/gist/1", Files: 12}, {Name: "ada/2", Files: 2}}
}

func wantInspections() []providers.Inspection {
	return []providers.Inspection{
		{ID: 8, Unchanged: true},
		{ID: 7, Facts: &providers.Facts{
			Identity: "4711", FullName: "acme/caf\xe9", Name: "cafe", URL: "https://forge.example/acme/cafe",
			Parts:         []providers.Part{providers.PartCode, providers.PartWiki},
			Refs:          map[string]string{"refs/heads/main": strings.Repeat("a", 40), oddName: strings.Repeat("b", 40)},
			WikiRefs:      map[string]string{"refs/heads/master": strings.Repeat("c", 40), oddName: strings.Repeat("d", 40)},
			DefaultBranch: "refs/heads/main", ObjectFormat: "sha1", GitBytes: 1 << 40,
			Counts: map[schema.Kind]int64{schema.KindIssue: 12}, Streams: map[string]string{"issues": "v1"},
			Requests: 99, Visibility: "private", ETag: "e2", LastNumber: 14, LastNumbers: map[schema.Kind]int64{schema.KindIssue: 14, schema.KindChange: 9}, GitETag: "g\xff", Files: 3, Largest: wantSized(),
		}},
		{ID: 9, Problem: wantError()},
		{ID: 10, Facts: &providers.Facts{Identity: "big", Refs: manyRefs()}},
	}
}

// manyRefs are the refs of a repository as large as they get: some 10 MB.
func manyRefs() map[string]string {
	refs := make(map[string]string)
	for i := range 100_000 {
		refs[fmt.Sprintf("refs/changes/%02d/%d/%s", i%100, i, strings.Repeat("x", 40))] = fmt.Sprintf("%040x", i)
	}
	return refs
}

func wantExportRequest() providers.ExportRequest {
	return providers.ExportRequest{Repo: wantRepo(), Part: providers.PartWiki, Dir: "/data/caf\xe9.git"}
}

func wantProgress() []providers.Progress {
	return []providers.Progress{
		{Phase: "counting", Done: 1, Unit: "objects"},
		{Phase: "receiving", Done: 2, Total: 3, Unit: "bytes", Throttled: &providers.Throttle{Reason: "busy"}},
	}
}

func wantFailed() []providers.ItemFailed {
	return []providers.ItemFailed{{
		Key: schema.Key{Kind: schema.KindRef, ID: oddName}, Title: "a title", URL: "https://forge.example/x", Problem: wantError(),
	}}
}

func wantExport() providers.Export {
	return providers.Export{
		Refs: manyRefs(), DefaultBranch: oddName, ObjectFormat: "sha256",
		LFS: schema.Count{Source: 5, Fetched: 4, Failed: 1}, Failed: wantFailed(), Losses: wantLosses(),
	}
}

// wantLosses exceed what one message may hold.
func wantLosses() []schema.Loss {
	losses := make([]schema.Loss, 20_000)
	for i := range losses {
		losses[i] = schema.Loss{
			Code: "fake.property", Message: "the property is not carried over", Path: fmt.Sprintf("caf\xe9/%d", i),
			Ref: oddName, Revision: "r1", Count: int64(i + 1),
		}
	}
	return losses
}

func wantDetection() providers.Detection {
	return providers.Detection{Found: true, Choices: []providers.ProjectChoice{
		{Label: "caf\xe9", Settings: json.RawMessage(`{"project":"a"}`)}, {Label: "b", Settings: json.RawMessage(`{"project":"b"}`)},
	}}
}

func wantVerifyRequest() providers.VerifyRequest {
	return providers.VerifyRequest{Repo: wantRepo(), Part: providers.PartWiki, Dir: "/data/caf\xe9.git", Every: true}
}

// wantVerified holds one comparison that exceeds what one message may hold.
func wantVerified() []providers.Verified {
	many := make([]providers.GitDifference, 20_000)
	for i := range many {
		many[i] = providers.GitDifference{Path: fmt.Sprintf("caf\xe9/%d", i), Problem: "has other contents"}
	}
	return []providers.Verified{
		{Ref: oddName, Revision: "r1", Commit: strings.Repeat("a", 40), Files: 7},
		{Commit: strings.Repeat("b", 40), Files: 20_000, Differences: many},
		{Commit: strings.Repeat("c", 40)},
	}
}

func wantAuthors() []schema.Author {
	authors := []schema.Author{{RemoteID: "a@x", RemoteName: "caf\xe9", Name: "A", Email: "a@x", Commits: 3, Records: 4}}
	for i := range 2000 {
		authors = append(authors, schema.Author{RemoteID: fmt.Sprintf("b%d@x", i), RemoteName: "B", Commits: int64(i)})
	}
	return authors
}

func wantReadRequest() providers.ReadRequest {
	return providers.ReadRequest{
		Repo: wantRepo(), Stream: "messages", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment}, Cursor: "c\xff1",
		Since: "s\xff", Keys: []schema.Key{{Kind: schema.KindIssue, ID: "caf\xe9"}},
	}
}

func record(i int) *schema.Record {
	return &schema.Record{
		Kind: schema.KindComment, ID: fmt.Sprint(i), Parent: &schema.Key{Kind: schema.KindIssue, ID: "1"}, Revision: "r1",
		Body: json.RawMessage(fmt.Sprintf(`{"text":"comment %d, of an ordinary length such as people write in reviews"}`, i)),
	}
}

func wantMessages() []providers.Message {
	cursor, empty := schema.Cursor("next\xff"), schema.Cursor("")
	return []providers.Message{
		{Record: &schema.Record{Kind: schema.KindIssue, ID: "caf\xe9", Revision: "1", Body: json.RawMessage(`{}`)}},
		{Record: record(1)},
		{Record: &schema.Record{
			Kind: schema.KindAttachment, ID: "a", Revision: "2", Body: json.RawMessage(`{"name":"x"}`),
			After: []schema.Key{{Kind: schema.KindIssue, ID: "1"}}, Blob: &schema.Blob{ID: "b1", Size: -1},
		}},
		{Record: &schema.Record{Kind: schema.KindSnippet, ID: "large", Revision: "1", Body: largeBody()}},
		{Checkpoint: &cursor},
		{Checkpoint: &empty},
		{Failed: &wantFailed()[0]},
		{Gone: &schema.Key{Kind: schema.KindIssue, ID: "5"}},
		{Throttled: &providers.Throttle{Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{Kept: &schema.Key{Kind: schema.KindIssue, ID: "6"}},
		{Whole: &schema.Key{Kind: schema.KindIssue, ID: "7"}},
		{Loss: &wantLosses()[0]},
		{End: &providers.StreamEnd{Counts: map[schema.Kind]int64{schema.KindIssue: 2}, Complete: true, Next: "n\xff"}},
	}
}

// largeBody is the largest body there may be.
func largeBody() json.RawMessage {
	return json.RawMessage(`"` + strings.Repeat("z", schema.MaxBody-2) + `"`)
}

func wantBlob() []byte { return bytes.Repeat([]byte("0123456789abcde\n"), 100_000) }

func wantPlaces() []providers.Place {
	return []providers.Place{
		{ID: 1, Namespace: "acme/team", Name: "api", Placement: json.RawMessage(`{"visibility":"private"}`), Ref: schema.Ref{ID: "9", URL: "u"}, Block: "group", Visibility: "internal", Counts: true},
		{ID: 2, Name: "caf\xe9", CreateNamespace: true},
	}
}

func wantStandings() []providers.Standing {
	return []providers.Standing{
		{ID: 2, Problem: wantError()},
		{
			ID: 1, Exists: true, Ref: schema.Ref{ID: "9", URL: "https://t/9"}, Marker: "4711", Refs: manyRefs(),
			WikiRefs: map[string]string{oddName: strings.Repeat("c", 40)}, DefaultBranch: "refs/heads/main",
			Counts: map[schema.Kind]int64{schema.KindLabel: 3}, Namespace: "caf\xe9", Name: "api", Notices: []string{"one", "two\xff"},
		},
	}
}

func wantCreate() providers.CreateRequest {
	return providers.CreateRequest{
		Place: wantPlaces()[0], Marker: "4711", ObjectFormat: "sha1", DefaultBranch: oddName,
		Settings: &schema.Repository{Name: "api", Topics: []string{"go"}}, Adopt: true,
	}
}

func wantRef() schema.Ref {
	return schema.Ref{ID: "42", URL: "https://t/42", Text: "#42", Version: "v\xff"}
}

func wantPush() providers.PushRequest {
	r := providers.PushRequest{Repo: wantRef(), Part: providers.PartCode, Dir: "/data/x.git", DefaultBranch: oddName, Overwrite: true, Placement: wantPlaces()[0].Placement}
	for i := range 50_000 {
		r.Updates = append(r.Updates, providers.RefUpdate{Name: fmt.Sprintf("refs/heads/%d\xff", i), Old: fmt.Sprintf("%040x", i), New: ""})
	}
	return r
}

func wantPushed() providers.Pushed {
	return providers.Pushed{Refs: manyRefs(), LFS: schema.Count{Source: 1, Imported: 1}, Failed: wantFailed()}
}

// wantWrite exceeds what one message may hold, and one record does so alone.
func wantWrite() providers.WriteRequest {
	r := providers.WriteRequest{Repo: wantRef(), Placement: wantPlaces()[0].Placement}
	for i := range 100 {
		w := providers.Write{Record: *record(i), Content: "/tmp/caf\xe9"}
		w.Record.Body = json.RawMessage(`"` + strings.Repeat("y", 30_000) + `"`)
		if i%2 == 0 {
			w.Ref, w.Overwrite = schema.Ref{ID: "old"}, true
			w.Related = []providers.Related{{Key: schema.Key{Kind: schema.KindIssue, ID: "1"}, Ref: wantRef()}}
		}
		r.Writes = append(r.Writes, w)
	}
	r.Writes[50].Record.Body = largeBody()
	return r
}

func wantWritten(i int) providers.Written {
	switch i % 4 {
	case 3:
		return providers.Written{Skipped: "its author has no account"}
	case 0:
		return providers.Written{Ref: schema.Ref{ID: fmt.Sprint(i)}}
	case 1:
		return providers.Written{Problem: wantError()}
	}
	return providers.Written{Ref: schema.Ref{ID: fmt.Sprint(i), URL: "u"}, Degraded: "its author is named in the text"}
}

func description() providers.Description {
	least := int64(1)
	return providers.Description{
		Name: "fake", Version: "1.2.3", Doc: "A source and target for tests.",
		Source: &providers.SourceDescription{
			Settings: schema.Attributes{
				{Name: "url", Type: schema.TypeString, Doc: "Address | of the forge.", Required: true},
				{Name: "token", Type: schema.TypeString, Doc: "The credential.", Secret: true},
				{Name: "pages", Type: schema.TypeNumber, Doc: "Pages.", Default: "5", Min: &least},
			},
			Repository: schema.Attributes{{Name: "project", Type: schema.TypeString, Doc: "The project.", OnChange: schema.EffectNewTarget}},
			Discover:   map[string]schema.Attributes{"repositories": {{Name: "owner", Type: schema.TypeString, Doc: "Owner."}}},
			Git:        true,
			Streams:    []providers.Stream{{Name: "issues", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment}}},
			Scopes:     []string{"read_api"},
		},
		Target: &providers.TargetDescription{
			Settings: schema.Attributes{{Name: "url", Type: schema.TypeString, Doc: "Address."}},
			Kinds:    []providers.Support{{Kind: schema.KindIssue, Author: true, Degraded: "Numbers change."}},
			Batch:    500,
		},
	}
}

func fake() *providers.Provider {
	return &providers.Provider{
		Description: description(),
		OpenSource: func(ctx context.Context, config providers.Config) (providers.Source, error) {
			if err := checkConfig(config); err != nil {
				return nil, err
			}
			return &fakeSource{}, nil
		},
		OpenTarget: func(ctx context.Context, config providers.Config) (providers.Target, error) {
			if err := checkConfig(config); err != nil {
				return nil, err
			}
			return &fakeTarget{}, nil
		},
		CheckPlaces: func(places []providers.Place) []*providers.Error {
			problems := make([]*providers.Error, len(places))
			for i, place := range places {
				if place.Name == "bad" {
					problems[i] = wantError()
				}
			}
			return problems
		},
	}
}

func wantFinish() providers.FinishRequest {
	return providers.FinishRequest{Repo: wantRef(), Placement: wantPlaces()[0].Placement}
}

func wantImport() providers.ImportRequest {
	return providers.ImportRequest{
		Source: "github", Settings: json.RawMessage(`{"url":"x"}`), Secrets: map[string]string{"token": "s\xff"}, Block: "gists",
		Repo: providers.Repo{Settings: json.RawMessage(`{"all_gists":true}`), Identity: "gists:1"}, FullName: "caf\xe9", URL: "https://x",
		Place: wantPlaces()[0], Expected: map[schema.Kind]int64{schema.KindSnippet: 3}, Largest: wantSized(),
	}
}

// wantStatus exceeds one message.
func wantStatus() providers.ImportStatus {
	s := providers.ImportStatus{Job: wantJob()}
	for i := range 3000 {
		project := int64(i)
		s.Job.Entities = append(s.Job.Entities, schema.JobEntity{
			ID: int64(i), Status: "finished", EntityType: "project", SourceFullPath: strings.Repeat("p", 300), ProjectID: &project,
			Stats:    map[string]schema.JobStats{"labels": {Source: 1, Fetched: 1, Imported: 1}},
			Failures: []schema.JobFailure{{Relation: "issues", Step: "loader", CorrelationID: "abc"}},
		})
		s.Failures = append(s.Failures, schema.JobFailure{Relation: "labels", Message: strings.Repeat("m", 200)})
	}
	return s
}

func wantJob() schema.Job {
	return schema.Job{
		ID: "bulk/1", URL: "https://t/1", State: schema.JobImporting, Status: "started", Text: "half way", Target: wantRefText(),
		HasFailures: true, Cancelable: true, Counts: schema.Counts{"issue": {Source: 2, Fetched: 2, Imported: 1, Failed: 1}},
		StartedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

// wantRefText is a ref that JSON can hold.
func wantRefText() schema.Ref { return schema.Ref{ID: "42", URL: "https://t/42"} }

func checkConfig(got providers.Config) error {
	if info, err := os.Stat(got.Scratch); err != nil || info.Mode().Perm() != 0o700 {
		return providers.Errorf(providers.CodeInvalid, "scratch is not a private folder: %v", err)
	}
	got.Scratch = ""
	if bytes.Contains(got.Settings, []byte("refuse")) {
		return wantError()
	}
	return mustEqual("config", wantConfig(), got)
}

// compared says how values are compared: bodies and refs are compared as wholes, because some of them
// are large, and the cause of an error stays in the provider.
func compared() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) }),
		cmp.Comparer(func(a, b map[string]string) bool { return maps.Equal(a, b) }),
		cmpopts.IgnoreFields(providers.Error{}, "Err"),
	}
}

func mustEqual(what string, want, got any) error {
	if diff := cmp.Diff(want, got, compared()); diff != "" {
		return providers.Errorf(providers.CodeInvalid, "%s arrived changed (-want +got):\n%s", what, diff[:min(len(diff), 2000)])
	}
	return nil
}

// produced counts the records that the provider has handed out, and ended how
// many reads have come to an end.
var produced, ended atomic.Int64

type fakeSource struct{ providers.UnimplementedSource }

func all[T any](items []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if err == nil && !yield(item, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

func (s *fakeSource) Discover(_ context.Context, q providers.Query) iter.Seq2[providers.Discovered, error] {
	want := providers.Query{Kind: "repositories", Settings: json.RawMessage(`{"owner":"acme"}`)}
	return all(wantDiscovered(), mustEqual("query", want, q))
}

func (s *fakeSource) Inspect(_ context.Context, lookups []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	if len(lookups) > 0 {
		switch lookups[0].Repo.Identity {
		case "counters":
			return all([]providers.Inspection{{ID: lookups[0].ID, Facts: &providers.Facts{
				GitBytes: produced.Load(), Requests: ended.Load(),
			}}}, nil)
		case "stranger":
			return all([]providers.Inspection{{ID: 99, Unchanged: true}}, nil)
		case "silent":
			return all([]providers.Inspection{}, nil)
		case "bulk":
			answers := make([]providers.Inspection, len(lookups))
			for i, l := range lookups {
				answers[i] = providers.Inspection{ID: l.ID, Unchanged: true}
			}
			return all(answers, nil)
		}
	}
	return all(wantInspections(), mustEqual("lookups", wantLookups(), lookups))
}

func (s *fakeSource) ExportGit(_ context.Context, r providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	for _, p := range wantProgress() {
		observe(p)
	}
	defer func() { go observe(providers.Progress{Phase: "too late"}) }()
	return wantExport(), mustEqual("request", wantExportRequest(), r)
}

func (s *fakeSource) Detect(_ context.Context, url string) (providers.Detection, error) {
	return wantDetection(), mustEqual("url", "https://forge.example/caf\xe9", url)
}

func (s *fakeSource) VerifyGit(_ context.Context, r providers.VerifyRequest, observe func(providers.Progress)) iter.Seq2[providers.Verified, error] {
	for _, p := range wantProgress() {
		observe(p)
	}
	return all(wantVerified(), mustEqual("request", wantVerifyRequest(), r))
}

func (s *fakeSource) Authors(_ context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return all(wantAuthors(), errors.Join(mustEqual("repo", wantRepo(), repo), mustEqual("cache", "/cache/\xff", cache)))
}

func (s *fakeSource) Budget(context.Context) (providers.Budget, error) { return wantBudget(), nil }

func wantBudget() providers.Budget {
	return providers.Budget{Limit: 5000, Remaining: 12, Resets: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Window: "1h"}
}

func (s *fakeSource) Read(ctx context.Context, r providers.ReadRequest) iter.Seq2[providers.Message, error] {
	switch r.Stream {
	case "messages":
		return all(wantMessages(), mustEqual("request", wantReadRequest(), r))
	case "unfit":
		return all(unfitMessages(), nil)
	case "long cursor":
		cursor := schema.Cursor(strings.Repeat("c", schema.MaxCursor+1))
		return all([]providers.Message{{Checkpoint: &cursor}}, nil)
	case "error":
		return func(yield func(providers.Message, error) bool) {
			if yield(providers.Message{Record: record(1)}, nil) {
				yield(providers.Message{}, fmt.Errorf("page 2: %w", wantError()))
			}
		}
	case "foreign error":
		return all([]providers.Message(nil), errors.New("plain failure"))
	case "panic":
		return func(func(providers.Message, error) bool) {
			var nothing []int
			_ = nothing[len(r.Stream)]
		}
	case "checkpoint at the end":
		return func(yield func(providers.Message, error) bool) {
			if !yield(providers.Message{Record: record(1)}, nil) {
				return
			}
			<-ctx.Done()
			cursor := schema.Cursor("last words")
			if yield(providers.Message{Checkpoint: &cursor}, nil) {
				yield(providers.Message{}, context.Cause(ctx))
			}
		}
	case "deaf": // does not mind its context
		return func(yield func(providers.Message, error) bool) {
			if yield(providers.Message{Record: record(1)}, nil) {
				select {}
			}
		}
	case "child":
		return func(yield func(providers.Message, error) bool) {
			sleep := exec.Command("sleep", "1000")
			sleep.Stderr = os.Stderr
			if err := sleep.Start(); err != nil {
				yield(providers.Message{}, err)
				return
			}
			r := record(0)
			r.ID = fmt.Sprint(sleep.Process.Pid)
			if yield(providers.Message{Record: r}, nil) {
				<-ctx.Done()
			}
		}
	case "pause": // one record, then nothing until the call is cancelled
		return func(yield func(providers.Message, error) bool) {
			if yield(providers.Message{Record: record(1)}, nil) {
				<-ctx.Done()
			}
		}
	}
	return func(yield func(providers.Message, error) bool) { // as many as one likes
		defer ended.Add(1)
		var limit int
		fmt.Sscan(r.Stream, &limit)
		for i := 0; limit == 0 || i < limit; i++ {
			produced.Add(1)
			if !yield(providers.Message{Record: record(i)}, nil) || ctx.Err() != nil {
				return
			}
		}
		yield(providers.Message{End: &providers.StreamEnd{}}, nil)
	}
}

// unfitMessages holds records that must not reach the engine.
func unfitMessages() []providers.Message {
	tooLarge, notJSON := record(1), record(2)
	tooLarge.Body = json.RawMessage(`"` + strings.Repeat("z", schema.MaxBody) + `"`)
	notJSON.Body = json.RawMessage(`{"text":`)
	unknown := record(3)
	unknown.Kind = "spaceship"
	return []providers.Message{{Record: tooLarge}, {Record: notJSON}, {Record: record(4)}, {Record: unknown}}
}

func (s *fakeSource) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	if err := mustEqual("repo", wantRepo(), repo); err != nil {
		return nil, err
	}
	switch blob.ID {
	case "missing":
		return nil, wantError()
	case "empty":
		return io.NopCloser(strings.NewReader("")), nil
	case "cut off":
		return io.NopCloser(io.MultiReader(strings.NewReader("half"), failingReader{})), nil
	case "slow":
		r, _ := io.Pipe()
		return r, nil
	}
	return io.NopCloser(bytes.NewReader(wantBlob())), nil
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type fakeTarget struct{ providers.UnimplementedTarget }

func (t *fakeTarget) Inspect(_ context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return all(wantStandings(), mustEqual("places", wantPlaces(), places))
}

func (t *fakeTarget) Create(_ context.Context, r providers.CreateRequest) (schema.Ref, error) {
	if r.Marker == "die" {
		fmt.Fprintln(os.Stderr, "disk full, token "+secretText)
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	}
	return wantRef(), mustEqual("request", wantCreate(), r)
}

func (t *fakeTarget) Move(_ context.Context, repo schema.Ref, to providers.Place) (schema.Ref, error) {
	if err := mustEqual("repo", schema.Ref{ID: "1"}, repo); err != nil {
		return schema.Ref{}, err
	}
	return wantRef(), mustEqual("place", wantPlaces()[0], to)
}

func (t *fakeTarget) Push(_ context.Context, r providers.PushRequest, observe func(providers.Progress)) (providers.Pushed, error) {
	for _, p := range wantProgress() {
		observe(p)
	}
	return wantPushed(), mustEqual("request", wantPush(), r)
}

func (t *fakeTarget) Write(_ context.Context, r providers.WriteRequest) ([]providers.Written, error) {
	if r.Repo.ID == "bench" {
		return make([]providers.Written, len(r.Writes)), nil
	}
	if r.Repo.ID == "forgetful" {
		return nil, nil
	}
	want := make(map[string]providers.Write)
	for _, w := range wantWrite().Writes {
		want[w.Record.ID] = w
	}
	written := make([]providers.Written, len(r.Writes))
	for i, w := range r.Writes {
		if err := mustEqual("write", want[w.Record.ID], w); err != nil {
			return nil, err
		}
		var n int
		fmt.Sscan(w.Record.ID, &n)
		written[i] = wantWritten(n)
	}
	r.Writes = nil
	return written, mustEqual("write", providers.WriteRequest{Repo: wantRef(), Placement: wantPlaces()[0].Placement}, r)
}

func (t *fakeTarget) Find(_ context.Context, repo schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs := make([]schema.Ref, len(wanted))
	for i, w := range wanted {
		if w.Key.Kind == schema.KindIssue {
			refs[i] = schema.Ref{ID: "found " + w.Key.ID, Text: fmt.Sprint(w.Number), Version: w.Ref.Version + w.Parent.Ref.ID}
		}
	}
	return refs, mustEqual("repo", wantRef(), repo)
}

func (t *fakeTarget) Finish(_ context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	slog.Info("finishing", "repo", req.Repo.ID, "provider", "somebody else")
	fmt.Println("a stray print")
	return map[schema.Kind]int64{schema.KindIssue: 3}, mustEqual("finish", wantFinish(), req)
}

func (t *fakeTarget) StartImport(_ context.Context, req providers.ImportRequest) (schema.Job, error) {
	return wantJob(), mustEqual("import", wantImport(), req)
}

func (t *fakeTarget) FindImport(_ context.Context, req providers.ImportRequest) (schema.Job, error) {
	return schema.Job{}, mustEqual("import", wantImport(), req)
}

func (t *fakeTarget) PollImport(_ context.Context, job schema.Job) (providers.ImportStatus, error) {
	return wantStatus(), mustEqual("job", wantJob(), job)
}

func (t *fakeTarget) CancelImport(_ context.Context, job schema.Job) (schema.Job, error) {
	if job.Status == "finished" {
		return schema.Job{}, wantError()
	}
	job.State, job.Status = schema.JobCanceled, "canceled"
	return job, nil
}
