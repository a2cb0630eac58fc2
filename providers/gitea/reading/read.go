package reading

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
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// Read yields one stream of a repository.
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

	cursor  cursor
	stopped bool // the caller wants no more
}

// cursor says which sections of a stream were yielded, with their counts. What is
// inside a section is not: these lists have no order that stays while things are
// added and removed, and beginning a section again costs a request or two.
type cursor struct {
	Version int                   `json:"v"`
	Done    []string              `json:"done,omitempty"`
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
	r.cursor.Done = c.Done
	return nil
}

// section is a part of a stream that is read in one go.
type section struct {
	name  string
	kinds []schema.Kind // what it yields; empty: no records
	read  func(context.Context) error
}

func (r *reading) read(ctx context.Context, req providers.ReadRequest) error {
	var err error
	if r.place, err = r.source.find(ctx, req.Repo); err != nil {
		return err
	}
	sections, err := r.sections(req.Stream)
	if err != nil {
		return err
	}
	for _, s := range sections {
		if slices.Contains(r.cursor.Done, s.name) || len(s.kinds) > 0 && !slices.ContainsFunc(s.kinds, r.wants) {
			continue
		}
		if err := s.read(ctx); err != nil {
			return err
		}
		if len(s.kinds) == 0 { // what no record carries is told in every reading
			continue
		}
		if err := r.checkpoint(s.name); err != nil {
			return err
		}
	}
	return r.send(providers.Message{End: &providers.StreamEnd{Counts: r.cursor.Counts, Complete: true}})
}

func (r *reading) sections(stream string) ([]section, error) {
	switch stream {
	case streamBase:
		return r.baseSections(), nil
	case streamReleases:
		return []section{{"releases", []schema.Kind{schema.KindRelease, schema.KindAttachment}, r.releases}}, nil
	}
	return nil, providers.Errorf(providers.CodeUnsupported, "there is no stream %q", schema.Printable(stream))
}

func (r *reading) wants(k schema.Kind) bool { return len(r.kinds) == 0 || slices.Contains(r.kinds, k) }

func (r *reading) send(m providers.Message) error {
	if r.stopped = r.stopped || !r.yield(m, nil); r.stopped {
		return errEnough
	}
	return nil
}

// put yields one record of a kind that is asked for, and counts it.
func (r *reading) put(kind schema.Kind, id string, parent *schema.Key, of any, blob *schema.Blob) error {
	if !r.wants(kind) {
		return nil
	}
	m, err := body.Record{Key: schema.Key{Kind: kind, ID: id}, Parent: parent, Body: of, Blob: blob}.Message()
	if err != nil {
		return err
	}
	r.cursor.Counts[kind]++
	return r.send(m)
}

func (r *reading) loss(code, message string, count int64) error {
	return r.send(providers.Message{Loss: &schema.Loss{Code: code, Message: message, Count: max(1, count)}})
}

func (r *reading) checkpoint(done string) error {
	r.cursor.Done = append(r.cursor.Done, done)
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

// few joins names for a sentence, and leaves out what would make it too long.
func few(names []string) string {
	const most, longest = 20, 80
	slices.Sort(names)
	more := ""
	if len(names) > most {
		more = ", …"
		names = names[:most]
	}
	for i, n := range names {
		if len(n) > longest {
			n = strings.ToValidUTF8(n[:longest], "") + "…"
		}
		names[i] = schema.Printable(n)
	}
	return strings.Join(names, ", ") + more
}

// cutSuffixFold cuts a suffix off s, however its letters are written.
func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}
