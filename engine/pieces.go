package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// A gist with more files than the snippets of its target take becomes several
// snippets, its pieces, where the plan says over_file_limit = "split". The first has
// the key of the gist: it is the snippet of a gist that was small enough before, and
// the comments stand with it. The others have keys that no source knows.
//
// The engine cuts and not the target: every target with a limit profits, and each
// piece has a line of its own in the ledger, by which it is found after a kill, tried
// again, compared and counted like everything else.

// vacated is the revision of a piece that its gist does not need any more. Nothing at
// a target is deleted, but its files stand in other pieces now, or are no longer in
// the gist: it is written once more, without them, and counts as gone from the source.
const vacated = "vacated"

const (
	pieceMark      = "#"
	maxPieceTitle  = 200 // bytes: less than targets take, so that the numbers behind it stay
	vacatedTitle   = "Part of a gist, empty"
	vacatedFile    = "empty.md"
	vacatedText    = "This was a part of a gist that has fewer files by now. They stand in its other parts.\n"
	vacatedVisible = "private"
)

// piecesOf are the records that one of the source becomes at the target.
func (w *writer) piecesOf(ctx context.Context, r schema.Record) ([]schema.Record, error) {
	limit := w.snippetFiles()
	if r.Kind != schema.KindSnippet || limit == 0 {
		return []schema.Record{r}, nil
	}
	pieces := []schema.Record{r}
	if w.Change.Resource.OverFileLimit == "split" {
		var err error
		if pieces, err = cut(r, limit); err != nil {
			return nil, fmt.Errorf("%s: %w", describe(&r), err)
		}
	}
	for n := len(pieces) + 1; ; n++ {
		key := pieceKey(r.Key(), n)
		known, err := w.ledger.Lookup(ctx, []schema.Key{key})
		if err != nil {
			return nil, err
		}
		if known[0].State == "" {
			return pieces, nil
		}
		there, err := w.occupied(ctx, known[0])
		if err != nil {
			return nil, err
		}
		switch {
		case there:
			pieces = append(pieces, emptied(key, pieces[len(pieces)-1].Key()))
		case known[0].State != schema.ItemGone:
			w.window.gone = append(w.window.gone, key)
		}
	}
}

// snippetFiles is the most files that a snippet of the resource may have at the
// target; 0 is any number.
func (s *stage) snippetFiles() int {
	if s.Change.Address.Kind() != "gists" {
		return 0
	}
	return int(s.targetRef().SnippetFiles)
}

// occupied reports whether the target holds a piece with files in it. Of a write
// that was cut off only the target knows.
func (w *writer) occupied(ctx context.Context, item schema.Item) (bool, error) {
	switch {
	case item.Ref.ID != "":
		return item.State != schema.ItemGone || item.Revision != vacated, nil
	case item.State != schema.ItemIntent && item.State != schema.ItemFailed:
		return false, nil
	}
	refs, err := findItems(ctx, w.target, w.progress.Target, w.ledger, []schema.Item{item})
	return err == nil && refs[0].ID != "", err
}

// cut divides a snippet, its files in their order. Only the first piece tells of
// its author and where it came from.
func cut(r schema.Record, limit int) ([]schema.Record, error) {
	var body schema.Snippet
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return nil, fmt.Errorf("the body is not that of a snippet: %w", err)
	}
	if len(body.Files) <= limit {
		return []schema.Record{r}, nil
	}
	chunks := slices.Collect(slices.Chunk(body.Files, limit))
	title := strings.ToValidUTF8(body.Title[:min(len(body.Title), maxPieceTitle)], "")
	var pieces []schema.Record
	for i, files := range chunks {
		part := schema.Snippet{Visibility: body.Visibility}
		if i == 0 {
			part = body
		}
		part.Title, part.Files = fmt.Sprintf("%s (%d/%d)", title, i+1, len(chunks)), files
		p := piece(pieceKey(r.Key(), i+1), pieceKey(r.Key(), i), part)
		if i == 0 {
			p.After = r.After
		}
		p.Revision = schema.DigestBytes(p.Body)
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// emptied is a piece without the files of its gist: the same whatever the gist is
// by then, so that it is written once.
func emptied(key, after schema.Key) schema.Record {
	r := piece(key, after, schema.Snippet{Title: vacatedTitle, Visibility: vacatedVisible, Files: []schema.SnippetFile{{Name: vacatedFile, Text: vacatedText}}})
	r.Revision = vacated
	return r
}

// piece is written after another one, so that they stand in their order.
func piece(key, after schema.Key, body schema.Snippet) schema.Record {
	return schema.Record{Kind: key.Kind, ID: key.ID, After: []schema.Key{after}, Body: mustJSON(body)}
}

// pieceKey is the key of the nth piece of a gist.
func pieceKey(gist schema.Key, n int) schema.Key {
	if n > 1 {
		gist.ID += pieceMark + strconv.Itoa(n)
	}
	return gist
}

// wholes are the keys by which the source knows what items came from.
func (w *writer) wholes(items []schema.Item) []schema.Key {
	keys := keysOf(items)
	if w.snippetFiles() == 0 {
		return keys
	}
	for i := range keys {
		if keys[i].Kind == schema.KindSnippet {
			keys[i].ID, _, _ = strings.Cut(keys[i].ID, pieceMark)
		}
	}
	return keys
}

// countPieces adds the pieces beside the first to what the source says that it
// holds, so that the account adds up.
func (w *writer) countPieces(ctx context.Context, source map[schema.Kind]int64) error {
	n, counted := source[schema.KindSnippet]
	if !counted || w.snippetFiles() == 0 {
		return nil
	}
	held, err := w.ledger.Tally(ctx)
	if err != nil {
		return err
	}
	c := held[schema.KindSnippet]
	source[schema.KindSnippet] = max(n, c.Imported+c.Skipped+c.Failed)
	return nil
}
