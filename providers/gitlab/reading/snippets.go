package reading

import (
	"cmp"
	"context"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// maxSnippet bounds the text of all files of a snippet in its record.
const maxSnippet = 8 << 20

func (r *reading) snippetSections() []stream.Section {
	return []stream.Section{{Name: "snippets", Kinds: snippetKinds(), Read: r.snippets}}
}

// listSnippets lists the snippets of a project, in the order in which they were
// made; none where they are switched off.
func (s *source) listSnippets(ctx context.Context, p place) ([]api.Snippet, error) {
	all, err := api.Collect(s.api.Snippets(ctx, p.id))
	if forgesource.IsHidden(err) {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b api.Snippet) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b api.Snippet) bool { return a.ID == b.ID }), err
}

// snippets yields the snippets of a project, each followed by its notes and by the
// files that texts link to. Their history stays behind.
func (r *reading) snippets(ctx context.Context) error {
	all, err := r.source.listSnippets(ctx, r.place)
	if err != nil {
		return err
	}
	var large []string
	for _, one := range all {
		left, err := r.snippet(ctx, one)
		if err != nil {
			return err
		}
		large = append(large, left...)
	}
	if len(all) > 0 {
		if err := r.Loss("gitlab.snippet_history", "snippets are carried as they stand; the history of their files, and emoji under the snippet itself, are left out", int64(len(all))); err != nil {
			return err
		}
	}
	if len(large) > 0 {
		return r.Loss("gitlab.snippet_text", "files of snippets are too large, or are no text, and are left out: "+stream.Few(large), int64(len(large)))
	}
	return nil
}

// snippet yields one snippet with all that belongs to it. It returns the names of
// files that no record can hold.
func (r *reading) snippet(ctx context.Context, one api.Snippet) (left []string, err error) {
	key := schema.Key{Kind: schema.KindSnippet, ID: body.ID(one.ID)}
	if r.Wants(schema.KindSnippet) {
		of, large, err := r.withFiles(ctx, one)
		if err != nil {
			if err := r.lasting(ctx, err); err != nil {
				return nil, err
			}
			return nil, r.Fail(key, one.Title, one.WebURL, err)
		}
		left = large
		if err := r.put(key.Kind, key.ID, nil, of, nil); err != nil {
			return nil, err
		}
	}
	if err := r.linked(key, key.ID, one.Description); err != nil {
		return nil, err
	}
	return left, r.snippetNotes(ctx, key, one)
}

// withFiles is a snippet with the texts of its files, and the names of those that no
// record can hold.
func (r *reading) withFiles(ctx context.Context, one api.Snippet) (of schema.Snippet, left []string, err error) {
	of = body.Snippet(one)
	open := func(path string) (io.ReadCloser, error) {
		return r.source.api.OpenSnippetFile(ctx, r.place.id, one.ID, path, 0)
	}
	var paths []string
	for _, f := range one.Files {
		paths = append(paths, f.Path)
	}
	if len(paths) == 0 { // there is no repository behind it
		paths = []string{"snippet.txt"}
		open = func(string) (io.ReadCloser, error) { return r.source.api.OpenSnippet(ctx, r.place.id, one.ID, 0) }
	}
	room := maxSnippet
	for _, path := range paths {
		text, err := readText(open, path, room)
		if err != nil {
			return of, nil, err
		}
		if text == nil {
			left = append(left, one.Title+": "+path)
			continue
		}
		room -= len(text)
		of.Files = append(of.Files, schema.SnippetFile{Name: path, Text: string(text)})
	}
	return of, left, nil
}

// readText reads a file; nil when it is longer than room, or no text.
func readText(open func(string) (io.ReadCloser, error), path string, room int) ([]byte, error) {
	content, err := open(path)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	text, err := io.ReadAll(io.LimitReader(content, int64(room)+1))
	if err != nil {
		return nil, err
	}
	if len(text) > room || !utf8.Valid(text) {
		return nil, nil
	}
	return append([]byte{}, text...), nil
}

// snippetNotes yields the notes under a snippet.
func (r *reading) snippetNotes(ctx context.Context, parent schema.Key, one api.Snippet) error {
	on := api.NotedSnippet(one.ID)
	prefix := "snippets/" + parent.ID
	for d, err := range r.source.api.FullDiscussions(ctx, r.place.id, on) {
		if err == nil {
			err = r.discussion(ctx, parent, prefix, one.WebURL, on, d)
		}
		if err == nil {
			continue
		}
		if r.Stopped() {
			return err
		}
		if err := r.lasting(ctx, err); err != nil {
			return err
		}
		return r.Fail(schema.Key{Kind: schema.KindComment, ID: prefix + "#notes"}, one.Title, one.WebURL, providers.AsError(err))
	}
	return nil
}

// discussion yields a thread of notes.
func (r *reading) discussion(ctx context.Context, parent schema.Key, prefix, url string, on api.Noted, d api.FullDiscussion) error {
	var first *schema.Key
	for _, n := range d.Notes {
		if n.System {
			continue
		}
		awards, err := api.Collect(r.source.api.FullAwards(ctx, r.place.id, on, n.ID))
		if err != nil && !api.IsNotFound(err) {
			return err
		}
		of := body.Note(n, url+"#note_"+body.ID(n.ID), "", awards)
		record := stream.Record{Key: schema.Key{Kind: schema.KindComment, ID: prefix + "#note_" + body.ID(n.ID)}, Parent: &parent}
		if first != nil {
			of.ReplyTo, record.After = first.ID, []schema.Key{*first}
		} else {
			first = &record.Key
		}
		record.Body = of
		if err := r.Put(record); err != nil {
			return err
		}
		if err := r.linked(parent, record.Key.ID, n.Body); err != nil {
			return err
		}
	}
	return nil
}
