package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// forge is a source and a target in memory that behaves as forges do: it gives
// objects numbers of its own, takes one record at a time, knows nothing of the
// keys it is given but a marker, and can be told to fail.
type forge struct {
	identity, fullName string

	// As a source.
	records     []schema.Record
	incremental bool     // Read tells only what changed, when asked so
	changed     []string // ids of issues that changed since the last reading
	yielded     []string // what Read told
	blobs       map[string]string
	opening     func(ctx context.Context) error // is passed by each OpenBlob

	// As a target.
	mu      sync.Mutex
	created bool
	place   string // where the repository stands
	marker  string

	numbers  []schema.Kind // that are numbered in the order of creation
	versions bool          // objects have versions

	snippetFiles int64 // the most files of a snippet
	next         int
	objects      map[string]*object // by id
	calls        []string           // of Write, with what came of them
	finds        int

	// fail is asked before each write, with how often the record was written.
	fail  func(r schema.Record, times int) failing
	times map[schema.Key]int

	// gate is passed by each write before anything else.
	gate func(ctx context.Context, r schema.Record)

	imports *importer // nil: it pulls from nowhere

	lost map[string]bool // objects that Finish does not count, by id
}

// object is what the forge holds of a record.
type object struct {
	marker  schema.Key
	body    string
	content string
	related []providers.Related
	number  int
}

// failing is how a write goes wrong.
type failing struct {
	problem *providers.Error // refused
	skip    string           // left out on purpose, and why
	after   bool             // refused only after the object was stored
	whole   bool             // as the error of the call, else as the answer for the record
}

func newForge() *forge {
	return &forge{identity: "forge-1", fullName: "acme/api", objects: map[string]*object{}, blobs: map[string]string{}, times: map[schema.Key]int{}, next: 100}
}

func (f *forge) description() providers.Description {
	var kinds []providers.Support
	for _, k := range schema.Kinds() {
		kinds = append(kinds, providers.Support{Kind: k})
	}
	return providers.Description{
		Name: "forge", Version: "1.0.0",
		Source: &providers.SourceDescription{Pages: schema.Pages{
			schema.PageIssue: {"/issues/{number}"}, schema.PageFile: {"/blob/{ref}/{path}"},
		}, Streams: []providers.Stream{
			{Name: "base", Kinds: []schema.Kind{schema.KindMilestone, schema.KindSnippet}},
			{Name: "issues", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment, schema.KindAttachment}, Picks: f.incremental},
		}},
		Target: &providers.TargetDescription{Kinds: kinds, Imports: f.importing(), Batch: 1, Rewrites: true, Numbers: f.numbers, SnippetFiles: f.snippetFiles, Pages: schema.Pages{
			schema.PageIssue: {"/issues/{number}"}, schema.PageFile: {"/src/{as}/{ref}/{path}"},
		}},
	}
}

func (f *forge) importing() []providers.Importing {
	if f.imports == nil {
		return nil
	}
	return []providers.Importing{{Source: "forge", Block: "repository", Kinds: []providers.Support{{Kind: schema.KindIssue}, {Kind: schema.KindComment}}}}
}

// add gives the source a record.
func (f *forge) add(kind schema.Kind, id string, parent *schema.Key, body string) *schema.Record {
	f.records = append(f.records, schema.Record{Kind: kind, ID: id, Parent: parent, Revision: schema.DigestBytes([]byte(body))[:20], Body: json.RawMessage(body)})
	return &f.records[len(f.records)-1]
}

func (f *forge) stream(name string) []schema.Record {
	var list []schema.Record
	for _, s := range f.description().Source.Streams {
		for _, r := range f.records {
			if s.Name == name && slices.Contains(s.Kinds, r.Kind) {
				list = append(list, r)
			}
		}
	}
	return list
}

func (f asSource) Inspect(_ context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, q := range queries {
			facts := &providers.Facts{Identity: f.identity, FullName: f.fullName, Name: f.fullName[5:], URL: "https://old.example/" + f.fullName, Counts: map[schema.Kind]int64{}, Streams: map[string]string{}}
			for _, r := range f.records {
				facts.Counts[r.Kind]++
				if r.Kind == schema.KindSnippet {
					facts.Files = int64(strings.Count(string(r.Body), `"text"`))
				}
			}
			for _, s := range f.description().Source.Streams {
				facts.Streams[s.Name] = schema.Digest(f.stream(s.Name))
			}
			if !yield(providers.Inspection{ID: q.ID, Facts: facts}, nil) {
				return
			}
		}
	}
}

func (f asSource) Read(_ context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	if len(req.Keys) > 0 || req.Since != "" {
		return f.readSome(req)
	}
	return func(yield func(providers.Message, error) bool) {
		counts := map[schema.Kind]int64{}
		var from int
		fmt.Sscan(string(req.Cursor), &from)
		for i, r := range f.stream(req.Stream) {
			counts[r.Kind]++
			if i < from {
				continue
			}
			if !yield(providers.Message{Record: &r}, nil) {
				return
			}
			next := schema.Cursor(fmt.Sprint(i + 1))
			if !yield(providers.Message{Checkpoint: &next}, nil) {
				return
			}
		}
		end := providers.StreamEnd{Counts: counts, Complete: true}
		if f.incremental {
			end.Next, f.changed = "later", nil
		}
		yield(providers.Message{End: &end}, nil)
	}
}

// readSome tells the records that are asked for, or those that changed and which
// others are still there.
func (f asSource) readSome(req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		tell := func(m providers.Message) {
			if m.Record != nil {
				f.yielded = append(f.yielded, m.Record.Key().String())
			}
			yield(m, nil)
		}
		for _, r := range f.stream(req.Stream) {
			key := r.Key()
			switch {
			case len(req.Keys) > 0 && slices.Contains(req.Keys, key), len(req.Keys) == 0 && slices.Contains(f.changed, r.Lane().ID):
				tell(providers.Message{Record: &r})
			case len(req.Keys) == 0 && r.Parent == nil:
				tell(providers.Message{Kept: &key})
			}
		}
		for _, id := range f.changed {
			if len(req.Keys) == 0 {
				tell(providers.Message{Whole: &schema.Key{Kind: schema.KindIssue, ID: id}})
			}
		}
		if len(req.Keys) == 0 {
			f.changed = nil
			tell(providers.Message{End: &providers.StreamEnd{Complete: true, Next: "later"}})
		}
	}
}

// edit changes an issue at the source.
func (f *forge) edit(id, body string) {
	for i := range f.records {
		if f.records[i].ID == id {
			f.records[i].Revision, f.records[i].Body = schema.DigestBytes([]byte(body))[:20], json.RawMessage(body)
		}
	}
	f.changed = append(f.changed, id)
}

// remove deletes an object at the source.
func (f *forge) remove(kind schema.Kind, id string) {
	f.records = slices.DeleteFunc(f.records, func(r schema.Record) bool {
		return r.Kind == kind && r.ID == id || r.Parent != nil && *r.Parent == (schema.Key{Kind: kind, ID: id})
	})
}

func (f asSource) OpenBlob(ctx context.Context, _ providers.Repo, b schema.Blob) (io.ReadCloser, error) {
	if f.opening != nil {
		if err := f.opening(ctx); err != nil {
			return nil, err
		}
	}
	text, ok := f.blobs[b.ID]
	if !ok {
		return nil, providers.Errorf(providers.CodeNotFound, "the attachment is gone")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

// asSource and asTarget are the two sides of a forge, whose Inspect differ.
type (
	asSource struct {
		providers.UnimplementedSource
		*forge
	}
	asTarget struct {
		providers.UnimplementedTarget
		*forge
	}
)

func (f asTarget) Inspect(_ context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) {
		f.mu.Lock()
		created, place := f.created, f.place
		f.mu.Unlock()
		for _, p := range places {
			s := providers.Standing{ID: p.ID, Exists: created && (p.Ref.ID == "repo" || p.Path() == place)}
			if s.Exists {
				s.Ref, s.Marker = f.ref(), f.marker
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (f asTarget) Create(_ context.Context, req providers.CreateRequest) (schema.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.created {
		f.created, f.place, f.marker = true, req.Place.Path(), req.Marker
	}
	return f.ref(), nil
}

// ref is the repository.
func (f *forge) ref() schema.Ref {
	return schema.Ref{ID: "repo", URL: "https://new.example/" + f.place}
}

func (f asTarget) Move(_ context.Context, _ schema.Ref, to providers.Place) (schema.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.place = to.Path()
	return f.ref(), nil
}

func (f asTarget) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	if f.gate != nil {
		for _, w := range req.Writes {
			f.gate(ctx, w.Record)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if req.Repo.ID == "" {
		return nil, providers.Errorf(providers.CodeNotFound, "no repository was named")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []providers.Written
	for _, w := range req.Writes {
		f.times[w.Record.Key()]++
		var how failing
		if f.fail != nil {
			how = f.fail(w.Record, f.times[w.Record.Key()])
		}
		if how.problem != nil && !how.after {
			f.calls = append(f.calls, "refused "+w.Record.Key().String())
			if how.whole {
				return nil, how.problem
			}
			out = append(out, providers.Written{Problem: how.problem})
			continue
		}
		if o := f.objects[w.Ref.ID]; f.versions && o != nil && w.Ref.Version != "" && w.Ref.Version != o.version() && !w.Overwrite {
			f.calls = append(f.calls, "refused "+w.Record.Key().String())
			out = append(out, providers.Written{Problem: providers.Errorf(providers.CodeConflict, "somebody changed it")})
			continue
		}
		if how.skip != "" {
			f.calls = append(f.calls, "left out "+w.Record.Key().String())
			out = append(out, providers.Written{Skipped: how.skip})
			continue
		}
		ref := f.store(w)
		switch {
		case how.problem != nil && how.whole:
			return nil, how.problem
		case how.problem != nil:
			out = append(out, providers.Written{Problem: how.problem})
		default:
			out = append(out, providers.Written{Ref: ref})
		}
	}
	return out, nil
}

func (f *forge) store(w providers.Write) schema.Ref {
	id := w.Ref.ID
	verb := "update "
	if id == "" {
		verb = "create "
		f.next++
		id = fmt.Sprint("o", f.next)
		f.objects[id] = &object{marker: w.Record.Key(), number: f.next}
	}
	f.calls = append(f.calls, verb+w.Record.Key().String())
	o := f.objects[id]
	o.body, o.related = string(w.Record.Body), w.Related
	if w.Content != "" {
		o.content = readFile(w.Content)
	}
	return f.refOf(id, o)
}

func (f *forge) refOf(id string, o *object) schema.Ref {
	ref := schema.Ref{ID: id, URL: "https://new.example/" + id, Text: fmt.Sprintf("#%d", o.number)}
	if f.versions {
		ref.Version = o.version()
	}
	return ref
}

func (o *object) version() string { return schema.Digest(o.body) }

func (f asTarget) Find(_ context.Context, _ schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finds++
	refs := make([]schema.Ref, len(wanted))
	for i, w := range wanted {
		for id, o := range f.objects {
			if o.marker == w.Key {
				refs[i] = f.refOf(id, o)
			}
		}
	}
	return refs, nil
}

func (f asTarget) Finish(context.Context, providers.FinishRequest) (map[schema.Kind]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := map[schema.Kind]int64{}
	for id, o := range f.objects {
		if !f.lost[id] {
			held[o.marker.Kind]++
		}
	}
	return held, nil
}

func (f asTarget) Push(context.Context, providers.PushRequest, func(providers.Progress)) (providers.Pushed, error) {
	return providers.Pushed{}, nil
}

// of returns what the forge holds of a record, and how many objects it made
// for it.
func (f *forge) of(kind schema.Kind, id string) (*object, int) {
	var found *object
	n := 0
	for _, o := range f.objects {
		if o.marker == (schema.Key{Kind: kind, ID: id}) {
			found = o
			n++
		}
	}
	return found, n
}

// jumpingClock is a clock that jumps to what is waited for.
type jumpingClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *jumpingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *jumpingClock) Wait(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	if until.After(c.now) {
		c.now = until
	}
	c.mu.Unlock()
	return ctx.Err()
}

// idOf is the id of what the forge holds of a record.
func (f *forge) idOf(kind schema.Kind, id string) string {
	for at, o := range f.objects {
		if o.marker == (schema.Key{Kind: kind, ID: id}) {
			return at
		}
	}
	return ""
}
