package gitlab

import (
	"context"
	"io"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// snippet is a snippet with what its files hold, as digests by their paths. The
// server tells neither digests nor commits of them, and its updated_at moves with
// every comment, ours among them (touch_noteable in app/models/note.rb): to notice
// somebody's edit, they are read. That is done when a snippet is written again and
// when it is verified, a request for each file.
type snippet struct {
	api.Snippet
	texts map[string]string
}

// maxSnippetFile bounds what is read of a file. Ours are not as long.
const maxSnippetFile = schema.MaxBody

func (s snippet) version() string {
	return snippetVersion(s.Title, s.Description, s.Visibility, s.texts)
}

func snippetVersion(title, description, visibility string, texts map[string]string) string {
	return digest(title, strings.TrimSpace(description), visibility, texts)
}

// snippet reads the snippet of a ref.
func (t *target) snippet(ctx context.Context, project api.ID, id string) (snippet, error) {
	s, err := forgetarget.ByNumber(strings.TrimPrefix(id, snippetPrefix), func(n int64) (api.Snippet, error) { return t.api.Snippet(ctx, project, n) })
	if err != nil {
		return snippet{}, err
	}
	return t.withTexts(ctx, project, s)
}

// withTexts reads the files of a snippet. One with more than the server takes is
// not as we left it, whatever they hold.
func (t *target) withTexts(ctx context.Context, project api.ID, s api.Snippet) (snippet, error) {
	of := snippet{s, map[string]string{}}
	for i, path := range pathsOf(s) {
		of.texts[path] = ""
		if i >= snippetFiles {
			continue
		}
		text, err := t.snippetFile(ctx, project, s.ID, path)
		if nilIfNotFound(err) != nil {
			return of, err
		}
		of.texts[path] = textDigest(text)
	}
	return of, nil
}

func (t *target) snippetFile(ctx context.Context, project api.ID, id int64, path string) (string, error) {
	in, err := t.api.OpenSnippetFile(ctx, project, id, path, 0)
	if err != nil {
		return "", err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxSnippetFile))
	return string(text), err
}

// textsOf are the digests of files as they are sent.
func textsOf(files []api.SnippetFile) map[string]string {
	texts := map[string]string{}
	for _, f := range files {
		texts[f.Path] = textDigest(f.Content)
	}
	return texts
}

// textDigest is that of a text as the server keeps it, whose git turns the ends of
// lines of Windows into its own (core.autocrlf of Gitaly).
func textDigest(text string) string {
	return schema.DigestBytes([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
}

// snippetRefs yields the snippets of a project, without their versions.
func (t *target) snippetRefs(ctx context.Context, known *project) iter.Seq2[forgetarget.Marked, error] {
	return forgetarget.Map(t.api.Snippets(ctx, known.key()), func(s api.Snippet) forgetarget.Marked {
		return forgetarget.Marked{Ref: t.snippetRef(known, s), Text: s.Description}
	})
}
