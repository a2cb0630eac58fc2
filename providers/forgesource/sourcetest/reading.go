package sourcetest

import (
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Reading is a stream that was read.
type Reading struct {
	Records     []schema.Record
	Failed      []providers.ItemFailed
	Losses      []schema.Loss
	Kept, Whole []schema.Key
	Checkpoints []schema.Cursor
	After       []int // records before each checkpoint
	Waits       int
	End         *providers.StreamEnd
}

// Read reads a stream to its end.
func Read(t testing.TB, s providers.Source, req providers.ReadRequest) Reading {
	t.Helper()
	r, err := Gather(s.Read(t.Context(), req))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Gather gathers messages, up to an error. It is one when a record is not as records
// are to be, or when there is no end.
func Gather(messages iter.Seq2[providers.Message, error]) (Reading, error) {
	var r Reading
	for m, err := range messages {
		switch {
		case err != nil:
			return r, err
		case m.Record != nil:
			if err := m.Record.Check(); err != nil {
				return r, err
			}
			r.Records = append(r.Records, *m.Record)
		case m.Failed != nil:
			r.Failed = append(r.Failed, *m.Failed)
		case m.Loss != nil:
			r.Losses = append(r.Losses, *m.Loss)
		case m.Kept != nil:
			r.Kept = append(r.Kept, *m.Kept)
		case m.Whole != nil:
			r.Whole = append(r.Whole, *m.Whole)
		case m.Checkpoint != nil:
			r.Checkpoints, r.After = append(r.Checkpoints, *m.Checkpoint), append(r.After, len(r.Records))
		case m.Throttled != nil:
			r.Waits++
		case m.End != nil:
			r.End = m.End
		}
	}
	if r.End == nil {
		return r, errors.New("the stream has no end")
	}
	return r, nil
}

// Order are the keys of the records.
func (r Reading) Order() []schema.Key {
	var all []schema.Key
	for _, one := range r.Records {
		all = append(all, one.Key())
	}
	return all
}

// Keys are the keys of the records as text, and never nil.
func (r Reading) Keys() []string { return append([]string{}, Strings(r.Order())...) }

// Strings are keys as text.
func Strings(keys []schema.Key) []string {
	var all []string
	for _, k := range keys {
		all = append(all, k.String())
	}
	return all
}

// IDs are the ids of the records of a kind.
func (r Reading) IDs(kind schema.Kind) []string {
	var all []string
	for _, one := range r.Records {
		if one.Kind == kind {
			all = append(all, one.ID)
		}
	}
	return all
}

// Texts are the bodies of the records as they are.
func (r Reading) Texts() []string {
	var all []string
	for _, one := range r.Records {
		all = append(all, string(one.Body))
	}
	return all
}

// Unread are the keys of what could not be read.
func (r Reading) Unread() []schema.Key {
	var all []schema.Key
	for _, f := range r.Failed {
		all = append(all, f.Key)
	}
	return all
}

// Record is the record with a key; the zero one when there is none.
func (r Reading) Record(key schema.Key) schema.Record {
	if i := slices.IndexFunc(r.Records, func(one schema.Record) bool { return one.Key() == key }); i >= 0 {
		return r.Records[i]
	}
	return schema.Record{}
}

// Codes are the losses, by codes.
func (r Reading) Codes() map[string]int64 {
	all := map[string]int64{}
	for _, l := range r.Losses {
		all[l.Code] += l.Count
	}
	return all
}

// Loss is the first loss with a code; the zero one when there is none.
func (r Reading) Loss(code string) schema.Loss {
	if i := slices.IndexFunc(r.Losses, func(l schema.Loss) bool { return l.Code == code }); i >= 0 {
		return r.Losses[i]
	}
	return schema.Loss{}
}

// Body is the body of one record.
func Body[T any](t testing.TB, r Reading, kind schema.Kind, id string) T {
	t.Helper()
	record := r.Record(schema.Key{Kind: kind, ID: id})
	if record.ID == "" {
		t.Fatalf("there is no %s %s among %q", kind, id, r.Keys())
	}
	return decode[T](t, record)
}

// Bodies are the bodies of the records of a kind.
func Bodies[T any](t testing.TB, r Reading, kind schema.Kind) []T {
	t.Helper()
	var all []T
	for _, one := range r.Records {
		if one.Kind == kind {
			all = append(all, decode[T](t, one))
		}
	}
	return all
}

func decode[T any](t testing.TB, r schema.Record) T {
	t.Helper()
	var b T
	if err := json.Unmarshal(r.Body, &b); err != nil {
		t.Fatalf("%s: %v", r.Key(), err)
	}
	return b
}

// Inspect asks about one repository.
func Inspect(t testing.TB, s providers.Source, q providers.Lookup) providers.Inspection {
	t.Helper()
	var all []providers.Inspection
	for answer, err := range s.Inspect(t.Context(), []providers.Lookup{q}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer)
	}
	if len(all) != 1 || all[0].ID != q.ID {
		t.Fatalf("the answers to one question are %+v", all)
	}
	return all[0]
}

// JSON is the JSON of a value, such as settings.
func JSON(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Same fails the test, and goes on, when something is not what it is to be.
func Same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
