package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// mostBlobs is how many blobs of a reading are kept.
const mostBlobs = 20

// reading is what one call of Read yielded. Of records it keeps digests: a
// source may hold more than fits into memory.
type reading struct {
	items   []item
	cursors []mark
	blobs   []schema.Blob
	end     *providers.StreamEnd
}

// item is an object of a stream: read, unreadable or gone.
type item struct {
	key    schema.Key
	parent *schema.Key
	sum    string // of the record, or what else became of it
}

// mark is a checkpoint and the number of items before it.
type mark struct {
	after  int
	cursor schema.Cursor
}

// equal compares what two readings found.
func equal(a, b []item) bool {
	return slices.EqualFunc(a, b, func(a, b item) bool { return a.key == b.key && a.sum == b.sum })
}

// differ says where two readings part.
func differ(want, got []item) string {
	for i := range min(len(want), len(got)) {
		if want[i].key != got[i].key {
			return fmt.Sprintf("item %d should be %s and is %s", i+1, want[i].key, got[i].key)
		}
		if want[i].sum != got[i].sum {
			return fmt.Sprintf("item %d, %s, is not the same", i+1, want[i].key)
		}
	}
	return fmt.Sprintf("there should be %d items and there are %d", len(want), len(got))
}

// read reads a stream and judges each message by itself.
func read(ctx context.Context, source providers.Source, req providers.ReadRequest, kinds []schema.Kind) (reading, error) {
	var r reading
	for message, err := range source.Read(ctx, req) {
		if err != nil {
			return r, fmt.Errorf("read %s: %w", req.Stream, err)
		}
		if r.end != nil {
			return r, errors.New("something follows the end")
		}
		if err := r.add(message, kinds); err != nil {
			return r, err
		}
	}
	if r.end == nil {
		return r, errors.New("the stream has no end")
	}
	return r, nil
}

// wantKey complains about a message that names nothing.
func wantKey(key schema.Key, what string) error {
	if !key.Kind.Known() || key.ID == "" {
		return fmt.Errorf("%s has no key, but %q", what, key)
	}
	return nil
}

func (r *reading) add(m providers.Message, kinds []schema.Kind) error {
	var next item
	switch {
	case m.Record != nil:
		if err := judgeRecord(m.Record); err != nil {
			return err
		}
		next = item{key: m.Record.Key(), parent: m.Record.Parent, sum: schema.Digest(m.Record)}
		if m.Record.Blob != nil && len(r.blobs) < mostBlobs {
			r.blobs = append(r.blobs, *m.Record.Blob)
		}
	case m.Failed != nil:
		if m.Failed.Problem == nil || m.Failed.Key.ID == "" {
			return errors.New("an object failed without a key or a problem")
		}
		next = item{key: m.Failed.Key, sum: "failed"}
	case m.Gone != nil:
		next = item{key: *m.Gone, sum: "gone"}
	case m.Checkpoint != nil:
		if len(*m.Checkpoint) == 0 || len(*m.Checkpoint) > schema.MaxCursor {
			return fmt.Errorf("a checkpoint has %d bytes; it must have some, and at most %d", len(*m.Checkpoint), schema.MaxCursor)
		}
		r.cursors = append(r.cursors, mark{len(r.items), *m.Checkpoint})
		return nil
	case m.End != nil:
		r.end = m.End
		return nil
	case m.Kept != nil:
		return wantKey(*m.Kept, "a record that was kept")
	case m.Whole != nil:
		return wantKey(*m.Whole, "a record that is whole")
	case m.Loss != nil:
		if m.Loss.Code == "" || m.Loss.Message == "" || m.Loss.Count < 1 {
			return fmt.Errorf("a loss lacks its code, its message or its count: %+v", *m.Loss)
		}
		return nil
	case m.Throttled != nil:
		return nil
	default:
		return errors.New("a message has nothing in it")
	}
	if !slices.Contains(kinds, next.key.Kind) {
		return fmt.Errorf("%s is not of the kinds that were asked for", next.key)
	}
	r.items = append(r.items, next)
	return nil
}

// judgeRecord checks a record as the engine does, and that its body has the
// shape of its kind.
func judgeRecord(record *schema.Record) error {
	if err := record.Check(); err != nil {
		return err
	}
	if err := json.Unmarshal(record.Body, schema.NewBody(record.Kind)); err != nil {
		return fmt.Errorf("the body of %s is not that of its kind: %w", record.Key(), err)
	}
	return nil
}

// counts are the objects that a reading found, by kind.
func (r *reading) counts() map[schema.Kind]int64 {
	counts := map[schema.Kind]int64{}
	for _, it := range r.items {
		if it.sum != "gone" {
			counts[it.key.Kind]++
		}
	}
	return counts
}

// only returns the items of one kind.
func (r *reading) only(kind schema.Kind) []item {
	var items []item
	for _, it := range r.items {
		if it.key.Kind == kind {
			items = append(items, it)
		}
	}
	return items
}
