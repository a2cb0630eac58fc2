package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/engine/rewrite"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// links makes the texts at the target refer to what is at the target. Records
// were written with their references as they came; now that the resource's
// objects are all there, its streams are read once more, and every text with a
// reference that resolves is written again.
//
// Reading twice costs requests. The alternative, keeping every text with a
// reference until the end, would put the contents of private issues on the disk
// of whoever migrates. Being killed in the middle is of no consequence: the
// stage begins anew, and writing a text twice changes nothing.
func (s *stage) links(ctx context.Context) error {
	source, err := s.source(ctx)
	if err != nil {
		return err
	}
	target, err := s.target(ctx)
	if err != nil {
		return err
	}
	for _, step := range s.Change.Steps {
		if step.Stage != StageRecords {
			continue
		}
		if err := s.linkStream(ctx, source, target, step); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) linkStream(ctx context.Context, source providers.Source, target providers.Target, step Step) error {
	var window []schema.Record
	bytes := 0
	flush := func() error {
		err := s.relink(ctx, target, window)
		window, bytes = window[:0], 0
		return err
	}
	request := providers.ReadRequest{Repo: s.repo(), Stream: step.Stream, Kinds: step.Kinds}
	for m, err := range source.Read(ctx, request) {
		if err != nil {
			return err
		}
		if m.Throttled != nil {
			s.throttled(s.Change.Resource.Source, *m.Throttled)
		}
		if m.Record == nil || !slices.Contains(step.Kinds, m.Record.Kind) || textOf(m.Record.Body) == "" {
			continue
		}
		window = append(window, *m.Record)
		if bytes += len(m.Record.Body); len(window) < windowRecords && bytes < windowBytes {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return flush()
}

// relink writes those of records again whose texts refer to something at the
// target.
func (s *stage) relink(ctx context.Context, target providers.Target, records []schema.Record) error {
	names := namesIn(records)
	if len(names) == 0 {
		return nil
	}
	refs, err := s.ledger.Resolve(ctx, names)
	if err != nil || len(refs) == 0 {
		return err
	}
	keys := make([]schema.Key, len(records))
	for i := range records {
		keys[i] = records[i].Key()
	}
	items, err := s.ledger.Lookup(ctx, keys)
	if err != nil {
		return err
	}
	var writes []providers.Write
	for i, r := range records {
		body, changed, err := relinked(r.Body, refs)
		if err != nil {
			return fmt.Errorf("%s: %w", describe(&r), err)
		}
		if changed && items[i].State == schema.ItemDone {
			r.Body = body
			writes = append(writes, providers.Write{Record: r, Ref: items[i].Ref})
		}
	}
	if err := s.addRelated(ctx, writes); err != nil {
		return err
	}
	ctx, cancel := s.graceful(ctx)
	defer cancel()
	for batch := range slices.Chunk(writes, max(s.targetRef().Batch, 1)) {
		written, err := target.Write(ctx, providers.WriteRequest{Repo: s.progress.Target, Writes: batch})
		if err != nil {
			return err
		}
		var failed []providers.ItemFailed
		for i, w := range written[:min(len(written), len(batch))] {
			if w.Problem != nil && passing(w.Problem) {
				return w.Problem // the stage begins anew
			}
			if w.Problem != nil {
				failed = append(failed, providers.ItemFailed{Key: batch[i].Record.Key(), Problem: w.Problem})
			}
		}
		if err := s.fail(ctx, stepLoader, failed); err != nil {
			return err
		}
	}
	return nil
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
		case schema.KindIssue:
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

// names are the names of the records that were written in a window, for
// targets whose texts are rewritten.
func (s *stage) names(done []outcome) []schema.Name {
	if !s.targetRef().Rewrite {
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

// spellings are the names that a reference may stand for, the likeliest first:
// where issues and changes share their numbers, #12 can be a change.
func spellings(r rewrite.Reference) []string {
	switch {
	case r.Repository != "":
		return nil // of another repository
	case r.Kind == rewrite.Issue:
		return []string{fmt.Sprintf("#%d", r.Number), fmt.Sprintf("!%d", r.Number)}
	case r.Kind == rewrite.Change:
		return []string{fmt.Sprintf("!%d", r.Number)}
	case r.Kind == rewrite.URL:
		return []string{r.URL}
	}
	return nil
}

// namesIn are the names that the texts of records mention, each once.
func namesIn(records []schema.Record) []string {
	seen := map[string]bool{}
	var names []string
	for i := range records {
		rewrite.Text(textOf(records[i].Body), func(r rewrite.Reference) (string, bool) {
			for _, name := range spellings(r) {
				if !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
			return "", false
		})
	}
	return names
}

func textOf(body json.RawMessage) string {
	var b struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(body, &b) != nil {
		return ""
	}
	return b.Text
}

// relinked is a body whose text refers to the target, and whether that differs.
func relinked(body json.RawMessage, refs map[string]schema.Ref) (json.RawMessage, bool, error) {
	before := textOf(body)
	after, _ := rewrite.Text(before, func(r rewrite.Reference) (string, bool) {
		for _, name := range spellings(r) {
			ref, ok := refs[name]
			switch {
			case ok && r.Kind == rewrite.URL && ref.URL != "":
				return ref.URL, true
			case ok && r.Kind != rewrite.URL && ref.Text != "":
				return ref.Text, true
			}
		}
		return "", false
	})
	if after == before {
		return body, false, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, false, err
	}
	members["text"] = mustJSON(after)
	changed, err := json.Marshal(members)
	return changed, true, err
}
