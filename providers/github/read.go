package github

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a repository or gist.
func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	if req.Stream == streamThreads {
		return s.readThreads(ctx, req)
	}
	return func(yield func(providers.Message, error) bool) {
		r := &reading{source: s, kinds: req.Kinds, yield: yield}
		// The client waits in this goroutine, so that waits are told in order.
		ctx = forgehttp.Throttles(ctx, r.throttled)
		err := r.resume(req.Cursor)
		if err == nil {
			err = r.read(ctx, req)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(providers.Message{}, providers.AsError(err))
		}
	}
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// reading is one reading of a stream that is read as a whole.
type reading struct {
	source *source
	place  place
	kinds  []schema.Kind // those that are asked for; empty: all
	yield  func(providers.Message, error) bool

	about   *api.Settings // of the repository; nil: not asked for yet
	cursor  cursor
	stopped bool // the caller wants no more

	muted      bool // the section at hand was yielded before, and is read for its losses
	told       bool // it told one
	incomplete bool // a list could not be had, and was reported as failed
}

// cursor says which sections of a stream were yielded, with their counts. What
// is inside a section is not: these lists have no order that stays while things
// are added and removed, and beginning a section again costs a request for a
// hundred objects.
type cursor struct {
	Version int                   `json:"v"`
	Done    []string              `json:"done,omitempty"`
	Told    []string              `json:"told,omitempty"` // of them, those that told of a loss
	Counts  map[schema.Kind]int64 `json:"counts,omitempty"`
}

const cursorVersion = 1

func (r *reading) resume(from schema.Cursor) error {
	r.cursor = cursor{Version: cursorVersion, Counts: map[schema.Kind]int64{}}
	if from == "" {
		return nil
	}
	var c cursor
	if err := json.Unmarshal([]byte(from), &c); err != nil || c.Version != cursorVersion {
		return providers.Errorf(providers.CodeInvalid, "the cursor is not one of this provider's")
	}
	maps.Copy(r.cursor.Counts, c.Counts)
	r.cursor.Done, r.cursor.Told = c.Done, c.Told
	return nil
}

// section is a part of a stream that is read in one go.
type section struct {
	name  string
	kinds []schema.Kind // what it yields; empty: no records
	read  func(context.Context) error
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	sections, err := r.sections(ctx, req)
	if err != nil {
		return err
	}
	for _, s := range sections {
		if len(s.kinds) > 0 && !slices.ContainsFunc(s.kinds, r.wants) {
			continue
		}
		if err := r.section(ctx, s); err != nil {
			return err
		}
	}
	return r.send(providers.Message{End: &providers.StreamEnd{Counts: r.cursor.Counts, Complete: !r.incomplete}})
}

// section reads one section. One that was yielded before this call is read only
// for the losses that it told: every reading tells all of them.
func (r *reading) section(ctx context.Context, s section) error {
	done := slices.Contains(r.cursor.Done, s.name)
	if done && !slices.Contains(r.cursor.Told, s.name) {
		return nil
	}
	r.muted, r.told = done, false
	err := s.read(ctx)
	if r.place.strategy == optimistic && providers.CodeOf(err) == providers.CodeUnavailable && ctx.Err() == nil && len(s.kinds) > 0 {
		r.incomplete = true
		return r.failed(schema.Key{Kind: s.kinds[0], ID: "list of " + s.name}, "", r.place.url, providers.AsError(err))
	}
	if err != nil || done || len(s.kinds) == 0 {
		return err
	}
	return r.checkpoint(s.name)
}

func (r *reading) sections(ctx context.Context, req providers.ReadRequest) ([]section, error) {
	p, err := r.source.chosen(req.Repo)
	if err != nil {
		return nil, err
	}
	gist := p.gist != ""
	if !gist {
		if p, err = r.source.find(ctx, req.Repo); err != nil {
			return nil, err
		}
	}
	r.place = p
	switch {
	case req.Stream == streamBase && gist:
		return r.gistSections(), nil
	case req.Stream == streamReleases && gist:
		return nil, nil
	case req.Stream == streamBase:
		return r.baseSections(), nil
	case req.Stream == streamReleases:
		return []section{{"releases", []schema.Kind{schema.KindRelease, schema.KindAttachment}, r.releases}}, nil
	}
	return nil, providers.Errorf(providers.CodeUnsupported, "there is no stream %q", schema.Printable(req.Stream))
}

func (r *reading) wants(k schema.Kind) bool { return len(r.kinds) == 0 || slices.Contains(r.kinds, k) }

func (r *reading) send(m providers.Message) error {
	if r.stopped = r.stopped || !r.yield(m, nil); r.stopped {
		return errEnough
	}
	return nil
}

// put yields one record of a kind that is asked for, and counts it.
func (r *reading) put(kind schema.Kind, id string, parent *schema.Key, body any, blob *schema.Blob) error {
	if r.muted || !r.wants(kind) {
		return nil
	}
	m, err := record(kind, id, parent, body, blob)
	if err != nil {
		return err
	}
	if err := m.Record.Check(); err != nil {
		return r.failed(schema.Key{Kind: kind, ID: id}, "", "", providers.Errorf(providers.CodeInvalid, "%w", err))
	}
	r.cursor.Counts[kind]++
	return r.send(m)
}

// failed yields an object that exists and cannot be had.
func (r *reading) failed(key schema.Key, title, url string, problem *providers.Error) error {
	if r.muted {
		return nil
	}
	r.cursor.Counts[key.Kind]++
	return r.send(providers.Message{Failed: &providers.ItemFailed{Key: key, Title: title, URL: url, Problem: problem}})
}

func (r *reading) loss(code, message string, count int64) error {
	return r.lost(schema.Loss{Code: code, Message: message, Count: max(1, count)})
}

func (r *reading) lost(l schema.Loss) error {
	r.told = true
	return r.send(providers.Message{Loss: &l})
}

func (r *reading) checkpoint(done string) error {
	r.cursor.Done = append(r.cursor.Done, done)
	if r.told {
		r.cursor.Told = append(r.cursor.Told, done)
	}
	data, err := json.Marshal(r.cursor)
	if err != nil {
		return providers.Errorf(providers.CodeInternal, "write a cursor: %w", err)
	}
	c := schema.Cursor(data)
	return r.send(providers.Message{Checkpoint: &c})
}

// throttled tells of a wait. Whether the caller still listens is seen when there
// is something else to say.
func (r *reading) throttled(t providers.Throttle) { _ = r.send(providers.Message{Throttled: &t}) }

// settings are those of the repository, which are asked for once.
func (r *reading) settings(ctx context.Context) (api.Settings, error) {
	if r.about == nil {
		s, err := r.place.client.Settings(ctx, r.place.nodeID, r.subject())
		if err != nil {
			return s, err
		}
		r.about = &s
	}
	return *r.about, nil
}

// subject is the repository in errors.
func (r *reading) subject() string {
	if r.place.gist != "" {
		return "gist " + r.place.gist
	}
	return r.place.fullName()
}

// few joins names for a sentence, and leaves out what would make it too long.
func few(names []string) string {
	const most = 20
	slices.Sort(names)
	more := ""
	if len(names) > most {
		more = ", …"
		names = names[:most]
	}
	for i, n := range names {
		if len(n) > 80 {
			n = strings.ToValidUTF8(n[:80], "") + "…"
		}
		names[i] = schema.Printable(n)
	}
	return strings.Join(names, ", ") + more
}
