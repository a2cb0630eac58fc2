package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// links completes the texts at the target: those with references that were not
// known when they were written, and now are. The ledger says which; they are
// asked from the source once more, and written when that changes them.
//
// The alternative, keeping texts with open references until the end, would put
// the contents of private issues on the disk of whoever migrates. Being killed in
// the middle is of no consequence: what still waits is found again.
func (s *stage) links(ctx context.Context) error {
	w, err := s.writer(ctx)
	if err != nil {
		return err
	}
	after := schema.Key{}
	for {
		items, err := s.ledger.Waiting(ctx, after, windowRecords)
		if err != nil || len(items) == 0 {
			return err
		}
		after = items[len(items)-1].Key
		if err := w.complete(ctx, items); err != nil {
			return err
		}
	}
}

// complete writes again what refers to something that is at the target by now.
func (w *writer) complete(ctx context.Context, items []schema.Item) error {
	var attachments []schema.Waiting
	keys := map[schema.Key]bool{}
	for _, item := range items {
		if item.Key.Kind != schema.KindAttachment {
			keys[item.Key] = true
			continue
		}
		attachments = append(attachments, schema.Waiting{Key: item.Key})
		if err := w.addFamily(ctx, item.Parent, keys); err != nil {
			return err
		}
	}
	for _, step := range w.Change.streams(w.changeset) {
		if err := w.completeStream(ctx, step, keys); err != nil {
			return err
		}
	}
	return w.ledger.Commit(context.WithoutCancel(ctx), schema.Batch{Waiting: attachments})
}

// addFamily adds all whose texts may link to a file of parent.
func (w *writer) addFamily(ctx context.Context, parent schema.Key, keys map[schema.Key]bool) error {
	if parent.ID == "" || keys[parent] {
		return nil
	}
	keys[parent] = true
	after := schema.Key{}
	for {
		children, err := w.ledger.Children(ctx, parent, after, windowRecords)
		if err != nil || len(children) == 0 {
			return err
		}
		for _, c := range children {
			if textField(c.Key.Kind) != "" {
				keys[c.Key] = true
			}
		}
		after = children[len(children)-1].Key
	}
}

// completeStream reads those of keys that a stream yields, and writes what
// changed.
func (w *writer) completeStream(ctx context.Context, stream providers.Stream, keys map[schema.Key]bool) error {
	var wanted []schema.Key
	for key := range keys {
		if slices.Contains(stream.Kinds, key.Kind) {
			wanted = append(wanted, key)
		}
	}
	slices.SortFunc(wanted, compareKeys)
	if len(wanted) == 0 {
		return nil
	}
	if stream.Picks {
		for chunk := range slices.Chunk(wanted, windowRecords) {
			if err := w.pick(ctx, stream.Name, chunk); err != nil {
				return err
			}
		}
		return nil
	}
	for m, err := range w.source.Read(ctx, providers.ReadRequest{Repo: w.repo(), Stream: stream.Name, Kinds: stream.Kinds}) {
		if err != nil {
			return err
		}
		if m.Throttled != nil || m.Record != nil && keys[m.Record.Key()] {
			if err := w.take(ctx, m); err != nil {
				return err
			}
		}
	}
	return w.flush(ctx)
}

func compareKeys(a, b schema.Key) int {
	switch {
	case a == b:
		return 0
	case a.Kind < b.Kind || a.Kind == b.Kind && a.ID < b.ID:
		return -1
	}
	return 1
}

// streams are those of the source that the change carries, with the kinds that
// it carries of each.
func (ch *Change) streams(c *Changeset) []providers.Stream {
	p := c.Provider(c.Sources[ch.Resource.Source].Provider)
	t := c.Provider(c.Targets[ch.Resource.Target].Provider)
	if p == nil || t == nil {
		return nil
	}
	kinds := carried(p.Streams, ch.Resource.Items, t.Kinds)
	var list []providers.Stream
	for _, s := range p.Streams {
		if len(kinds[s.Name]) > 0 {
			list = append(list, providers.Stream{Name: s.Name, Kinds: kinds[s.Name], Picks: s.Picks})
		}
	}
	return list
}

// namesOf are the names of the records that were written in a window, for
// targets whose texts are rewritten.
func (w *writer) namesOf(done []outcome) []schema.Name {
	if !w.localizer.rewrite {
		return nil
	}
	var list []schema.Name
	for _, o := range done {
		if o.item.State != schema.ItemDone {
			continue
		}
		for _, name := range namesOf(o.item.Key, o.body) {
			list = append(list, schema.Name{Text: name, Key: o.item.Key, Becomes: o.item.Ref.Text})
		}
	}
	return list
}

// waiting is what the records of a window wait for, and those that were read
// again and turned out to be complete as they are. An attachment is waited for
// by whoever links to it, which may have been written before: it waits for
// itself, until they are written again.
func (w *writer) waiting(done []outcome, seen []schema.Key) []schema.Waiting {
	if !w.localizer.rewrite {
		return nil
	}
	var list []schema.Waiting
	for _, key := range seen {
		if l := w.locals[key]; l != nil && textField(key.Kind) != "" {
			list = append(list, schema.Waiting{Key: key, References: l.waiting})
		}
	}
	for _, o := range done {
		l := w.locals[o.item.Key]
		switch {
		case o.item.State != schema.ItemDone || l == nil:
		case o.item.Key.Kind == schema.KindAttachment && o.item.Parent.ID != "":
			if names := namesOf(o.item.Key, o.body); len(names) > 0 {
				list = append(list, schema.Waiting{Key: o.item.Key, References: []schema.Reference{{Name: names[0]}}})
			}
		case textField(o.item.Key.Kind) != "":
			list = append(list, schema.Waiting{Key: o.item.Key, References: l.waiting})
		}
	}
	return list
}

// namesOf are the names by which texts refer to a record.
func namesOf(key schema.Key, body json.RawMessage) []string {
	var named struct {
		Number int64  `json:"number"`
		URL    string `json:"url"`
	}
	if json.Unmarshal(body, &named) != nil {
		return nil
	}
	var names []string
	if named.Number > 0 {
		switch key.Kind {
		case schema.KindIssue, schema.KindDiscussion:
			names = append(names, fmt.Sprintf("#%d", named.Number))
		case schema.KindChange:
			names = append(names, fmt.Sprintf("!%d", named.Number))
		}
	}
	if named.URL != "" {
		names = append(names, named.URL)
	}
	return names
}
