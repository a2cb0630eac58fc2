package gitlab

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxSnippetTitle = 255
	emptyFile       = "(This file is empty.)\n"

	// snippetPrefix begins the ids of snippets, as the package threads has them.
	snippetPrefix = "snippet/"
)

// writeSnippet writes a snippet of the project with all its files.
func (t *target) writeSnippet(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Snippet](w)
	if err != nil {
		return providers.Written{}, err
	}
	if n := len(body.Files); n == 0 || n > snippetFiles {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("it has %d files, and the server takes from 1 to %d", n, snippetFiles),
			Hint: "exclude it from the plan, or divide it at the source"}
	}
	now, err := t.api.Project(ctx, known.key())
	if err != nil {
		return providers.Written{}, err
	}
	if now.SnippetsAccess == accessDisabled {
		if _, err := t.api.EditProject(ctx, known.key(), api.EditProject{SnippetsAccess: new(accessEnabled)}); err != nil {
			return providers.Written{}, err
		}
	}
	key, id := known.key(), w.Record.Key()
	standing, err := known.catalog.snippets.Find(id.String(), snippetKey, func() iter.Seq2[api.Snippet, error] { return t.api.Snippets(ctx, key) })
	if err != nil {
		return providers.Written{}, err
	}
	wanted, lost := snippetOf(id, body)
	wanted.Visibility = narrower(wanted.Visibility, now.Visibility)
	note := func(s api.Snippet, err error) (api.Snippet, error) {
		if err == nil {
			known.catalog.snippets.Put(id.String(), s)
		}
		return s, err
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.Snippet]{
		Wanted:  snippetVersion(wanted.Title, wanted.Description, wanted.Visibility, namesOf(wanted.Files)),
		Version: func(s api.Snippet) string { return snippetVersion(s.Title, s.Description, s.Visibility, pathsOf(s)) },
		Ref:     func(s api.Snippet) schema.Ref { return t.snippetRef(known, s) },
		Read: func(id string) (api.Snippet, error) {
			return byNumber(strings.TrimPrefix(id, snippetPrefix), func(n int64) (api.Snippet, error) { return t.api.Snippet(ctx, key, n) })
		},
		Create: func() (api.Snippet, error) { return note(t.api.CreateSnippet(ctx, key, wanted)) },
		Edit: func(_ string, now api.Snippet) (api.Snippet, error) {
			change := wanted
			change.Files = changesOf(pathsOf(now), wanted.Files)
			return note(t.api.EditSnippet(ctx, key, now.ID, change))
		},
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// snippetOf is the server's snippet for one of the source's, and what is lost.
func snippetOf(key schema.Key, body schema.Snippet) (wanted api.EditSnippet, lost string) {
	line := attribution.Line(attribution.Author{Person: body.Author, At: body.CreatedAt, URL: body.URL, Verb: "wrote this"})
	wanted = api.EditSnippet{
		Title:       forgetarget.Clip(strings.Join(strings.Fields(body.Title), " "), maxSnippetTitle),
		Description: attribution.Compose(line, body.Description, attribution.Marker(key)),
		Visibility:  body.Visibility,
	}
	if wanted.Title == "" {
		wanted.Title = "Snippet"
	}
	if width(wanted.Visibility) == 0 {
		wanted.Visibility = visibilityPrivate
	}
	for i, f := range body.Files {
		name := strings.ReplaceAll(forgetarget.FileName(f.Name), " ", "-")
		if slices.Contains(namesOf(wanted.Files), name) {
			name = strconv.Itoa(i+1) + "-" + name
		}
		text := f.Text
		if strings.TrimSpace(text) == "" {
			text, lost = emptyFile, "Empty files hold a line that says so: the server takes none."
		}
		wanted.Files = append(wanted.Files, api.SnippetFile{Path: name, Content: text})
	}
	return wanted, lost
}

// changesOf makes files that stand there those wanted.
func changesOf(there []string, wanted []api.SnippetFile) []api.SnippetFile {
	var changes []api.SnippetFile
	for _, f := range wanted {
		f.Action = "create"
		if slices.Contains(there, f.Path) {
			f.Action = "update"
		}
		changes = append(changes, f)
	}
	for _, name := range there {
		if !slices.Contains(namesOf(wanted), name) {
			changes = append(changes, api.SnippetFile{Action: "delete", Path: name})
		}
	}
	return changes
}

// snippetKey is the source's key of a snippet that we made; others have none.
func snippetKey(s api.Snippet) string {
	key, ok := attribution.ParseMarker(s.Description)
	if !ok {
		return ""
	}
	return key.String()
}

func (t *target) snippetRef(known *project, s api.Snippet) schema.Ref {
	id := strconv.FormatInt(s.ID, 10)
	return schema.Ref{ID: snippetPrefix + id, URL: t.api.Base() + "/" + known.fullPath() + "/-/snippets/" + id}
}

// snippetVersion covers what lists tell of a snippet: the names of its files, and
// not what they hold.
func snippetVersion(title, description, visibility string, files []string) string {
	return digest(title, strings.TrimSpace(description), visibility, slices.Sorted(slices.Values(files)))
}

func namesOf(files []api.SnippetFile) []string {
	names := []string{}
	for _, f := range files {
		names = append(names, f.Path)
	}
	return names
}

func pathsOf(s api.Snippet) []string {
	names := []string{}
	for _, f := range s.Files {
		names = append(names, f.Path)
	}
	return names
}
