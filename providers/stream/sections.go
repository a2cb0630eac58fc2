package stream

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Section is a part of a stream that is read in one go. Its records go to Out.Put.
type Section struct {
	Name  string
	Kinds []schema.Kind // what it yields; empty: losses only
	Read  func(context.Context) error
}

// sectionCursor says which sections were yielded, with their counts. What is inside
// a section is not: short lists have no order that stays while things are added and
// removed, and beginning a section again costs a request or two.
type sectionCursor struct {
	Version int                   `json:"v"`
	Done    []string              `json:"done,omitempty"`
	Told    []string              `json:"told,omitempty"` // of them, those that told of a loss
	Counts  map[schema.Kind]int64 `json:"counts,omitempty"`
}

const sectionVersion = 1

func newSectionCursor() sectionCursor {
	return sectionCursor{Version: sectionVersion, Counts: map[schema.Kind]int64{}}
}

// Resume goes on where a cursor of Sections stands; the empty one is the beginning.
func (o *Out) Resume(from schema.Cursor) error {
	if from == "" {
		return nil
	}
	var c sectionCursor
	if err := json.Unmarshal([]byte(from), &c); err != nil || c.Version != sectionVersion {
		return providers.Errorf(providers.CodeInvalid, "the cursor is not one of this provider's")
	}
	maps.Copy(o.cursor.Counts, c.Counts)
	o.cursor.Done, o.cursor.Told = c.Done, c.Told
	return nil
}

// Sections reads the sections that are asked for, in their order, with a checkpoint
// after each, and yields the end of the stream.
func (o *Out) Sections(ctx context.Context, sections []Section) error {
	for _, s := range sections {
		if len(s.Kinds) > 0 && !slices.ContainsFunc(s.Kinds, o.Wants) {
			continue
		}
		if err := o.section(ctx, s); err != nil {
			return err
		}
	}
	counts := maps.Clone(o.cursor.Counts)
	for kind, n := range o.unread {
		counts[kind] += n
	}
	return o.Send(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: len(o.unread) == 0}})
}

// section reads one section. One that was yielded before this call is read only for
// the losses that it told: every reading tells all of them.
func (o *Out) section(ctx context.Context, s Section) error {
	done := slices.Contains(o.cursor.Done, s.Name)
	if done && !slices.Contains(o.cursor.Told, s.Name) {
		return nil
	}
	o.muted, o.told = done, false
	before := maps.Clone(o.cursor.Counts)
	err := s.Read(ctx)
	if o.tolerant && providers.CodeOf(err) == providers.CodeUnavailable && ctx.Err() == nil && len(s.Kinds) > 0 {
		return o.unreadable(s, before, err)
	}
	if err != nil || done || len(s.Kinds) == 0 {
		return err
	}
	o.cursor.Done = append(o.cursor.Done, s.Name)
	if o.told {
		o.cursor.Told = append(o.cursor.Told, s.Name)
	}
	data, err := json.Marshal(o.cursor)
	if err != nil {
		return providers.Errorf(providers.CodeInternal, "write a cursor: %w", err)
	}
	c := schema.Cursor(data)
	return o.Send(providers.Message{Checkpoint: &c})
}

// unreadable tells a list as one object. Cursors know nothing of it, nor of what came
// of it before it broke off, for a later call reads the list again.
func (o *Out) unreadable(s Section, before map[schema.Kind]int64, problem error) error {
	if o.unread == nil {
		o.unread = map[schema.Kind]int64{}
	}
	for kind, n := range o.cursor.Counts {
		o.unread[kind] += n - before[kind]
	}
	o.cursor.Counts = before
	kind := s.Kinds[slices.IndexFunc(s.Kinds, o.Wants)]
	o.unread[kind]++
	return o.Send(Failed(schema.Key{Kind: kind, ID: "list of " + s.Name}, "", o.page, providers.AsError(problem)))
}

// Digest reads the sections with records and returns the digest of these, as a
// validator of the stream, with their numbers by kind. Sections are made for the Out
// that they are to put their records to.
func Digest(ctx context.Context, sections func(*Out) []Section) (string, map[schema.Kind]int64, error) {
	var told []any
	o := Start(nil, func(m providers.Message, _ error) bool {
		switch {
		case m.Record != nil:
			told = append(told, m.Record.Key(), m.Record.Revision)
		case m.Failed != nil:
			told = append(told, m.Failed.Key)
		}
		return true
	})
	for _, s := range sections(o) {
		if len(s.Kinds) == 0 {
			continue
		}
		if err := s.Read(ctx); err != nil {
			return "", nil, err
		}
	}
	return schema.Digest(told), o.cursor.Counts, nil
}
