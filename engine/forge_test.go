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
	// As a source.
	records []schema.Record
	blobs   map[string]string
	opening func(ctx context.Context) error // is passed by each OpenBlob

	// As a target.
	mu      sync.Mutex
	created bool
	place   string // where the repository stands
	next    int
	objects map[string]*object // by id
	calls   []string           // of Write, with what came of them
	finds   int

	// fail is asked before each write, with how often the record was written.
	fail  func(r schema.Record, times int) failing
	times map[schema.Key]int

	// gate is passed by each write before anything else.
	gate func(ctx context.Context, r schema.Record)

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
	after   bool             // refused only after the object was stored
	whole   bool             // as the error of the call, else as the answer for the record
}

func newForge() *forge {
	return &forge{objects: map[string]*object{}, blobs: map[string]string{}, times: map[schema.Key]int{}, next: 100}
}

func (f *forge) description() providers.Description {
	var kinds []providers.Support
	for _, k := range schema.Kinds() {
		kinds = append(kinds, providers.Support{Kind: k})
	}
	return providers.Description{
		Name: "forge", Version: "1.0.0",
		Source: &providers.SourceDescription{Streams: []providers.Stream{
			{Name: "base", Kinds: []schema.Kind{schema.KindMilestone}},
			{Name: "issues", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment, schema.KindAttachment}},
		}},
		Target: &providers.TargetDescription{Kinds: kinds, Batch: 1, Rewrites: true},
	}
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
			facts := &providers.Facts{Identity: "forge-1", FullName: "acme/api", Name: "api", Counts: map[schema.Kind]int64{}, Streams: map[string]string{}}
			for _, r := range f.records {
				facts.Counts[r.Kind]++
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
		yield(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: true}}, nil)
	}
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
				s.Ref, s.Marker = schema.Ref{ID: "repo"}, "forge-1"
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
		f.created, f.place = true, req.Place.Path()
	}
	return schema.Ref{ID: "repo"}, nil
}

func (f asTarget) Move(_ context.Context, _ schema.Ref, to providers.Place) (schema.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.place = to.Path()
	return schema.Ref{ID: "repo"}, nil
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
	return schema.Ref{ID: id, URL: "https://new.example/" + id, Text: fmt.Sprintf("#%d", o.number)}
}

func (f asTarget) Find(_ context.Context, _ schema.Ref, keys []schema.Key) ([]schema.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finds++
	refs := make([]schema.Ref, len(keys))
	for i, k := range keys {
		for id, o := range f.objects {
			if o.marker == k {
				refs[i] = schema.Ref{ID: id, URL: "https://new.example/" + id, Text: fmt.Sprintf("#%d", o.number)}
			}
		}
	}
	return refs, nil
}

func (f asTarget) Finish(context.Context, schema.Ref) (map[schema.Kind]int64, error) {
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
