package gitea

import (
	"context"
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/threads"
	"github.com/drover-migrate/drover/schema"
)

// conversations is the repository as the package threads knows it.
func (r *repository) conversations() threads.Repo {
	settings := r.settings()
	return threads.Repo{Repo: r.repo(), Gaps: threads.Gaps(settings.NumberGaps), Notify: settings.Notify}
}

// converse hands records of one conversation to the package threads.
func (t *target) converse(ctx context.Context, known *repository, writes []providers.Write) ([]providers.Written, error) {
	lane := make([]providers.Write, len(writes))
	for i, w := range writes {
		var err error
		if lane[i], err = asDiscussion(w); err != nil {
			return nil, err
		}
	}
	return t.threads.Write(ctx, known.conversations(), lane), nil
}

// asDiscussion turns a gist's own record into a discussion: the repository holds
// its files, and an issue its comments. Other records stay what they are.
func asDiscussion(w providers.Write) (providers.Write, error) {
	w.Related = append([]providers.Related(nil), w.Related...)
	for i := range w.Related {
		w.Related[i].Key = discussionKey(w.Related[i].Key)
	}
	if w.Record.Parent != nil {
		w.Record.Parent = new(discussionKey(*w.Record.Parent))
	}
	if w.Record.Kind != schema.KindSnippet {
		return w, nil
	}
	gist, err := forgetarget.Decode[schema.Snippet](w)
	if err != nil {
		return w, err
	}
	d := schema.Discussion{
		Title: gist.Title, Text: gist.Description, State: "open", Author: gist.Author,
		URL: gist.URL, CreatedAt: gist.CreatedAt, UpdatedAt: gist.UpdatedAt,
	}
	if d.Title == "" {
		d.Title = "Comments"
	}
	w.Record.Kind = schema.KindDiscussion
	w.Record.Body, err = json.Marshal(d)
	return w, err
}

func discussionKey(k schema.Key) schema.Key {
	if k.Kind == schema.KindSnippet {
		k.Kind = schema.KindDiscussion
	}
	return k
}
