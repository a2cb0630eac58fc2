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
			Hint: `write over_file_limit = "split" in its gists block, or exclude it from the plan`}
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
	var there *snippet
	if standing != nil && w.Ref.ID == "" {
		s, err := t.withTexts(ctx, key, *standing)
		if err != nil {
			return providers.Written{}, err
		}
		there = &s
	}
	wanted, lost := snippetOf(id, body)
	wanted.Visibility = narrower(wanted.Visibility, now.Visibility)
	// The server keeps the texts as they are sent.
	note := func(s api.Snippet, err error) (snippet, error) {
		if err == nil {
			known.catalog.snippets.Put(id.String(), s)
		}
		return snippet{s, textsOf(wanted.Files)}, err
	}
	written, err := forgetarget.Store(w, there, forgetarget.Object[snippet]{
		Wanted:  snippetVersion(wanted.Title, wanted.Description, wanted.Visibility, textsOf(wanted.Files)),
		Version: snippet.version,
		Ref:     func(s snippet) schema.Ref { return t.snippetRef(known, s.Snippet) },
		Read:    func(id string) (snippet, error) { return t.snippet(ctx, key, id) },
		Create:  func() (snippet, error) { return note(t.api.CreateSnippet(ctx, key, wanted)) },
		Edit: func(_ string, now snippet) (snippet, error) {
			change := wanted
			change.Files = changesOf(pathsOf(now.Snippet), wanted.Files)
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
