package gitlab

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/threads"
	"github.com/drover-migrate/drover/schema"
)

// conversations is the project as the package threads knows it.
func (p *project) conversations() threads.Project {
	return threads.Project{ID: p.id, Path: p.fullPath(), Gaps: threads.Gaps(p.settings().NumberGaps)}
}

// writer writes the conversations of a project. In a user's own namespace all of
// them belong to its owner.
func (t *target) writer(ctx context.Context, known *project) (*threads.Writer, error) {
	known.mu.Lock()
	personal := known.personal
	known.mu.Unlock()
	if !personal || !t.admin {
		return t.threads, nil
	}
	name, _, _ := strings.Cut(known.fullPath(), "/")
	t.mu.Lock()
	w := t.owners[strings.ToLower(name)]
	t.mu.Unlock()
	if w != nil {
		return w, nil
	}
	owner, err := t.api.UserByName(ctx, name)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if w = t.owners[strings.ToLower(name)]; w == nil {
		w = threads.New(threads.Options{API: t.api.As(owner.Username), User: owner})
		t.owners[strings.ToLower(name)] = w
	}
	return w, nil
}

// converse hands records of one conversation to the package threads.
func (t *target) converse(ctx context.Context, known *project, lane []providers.Write) ([]providers.Written, error) {
	w, err := t.writer(ctx, known)
	if err != nil {
		return nil, err
	}
	return w.Write(ctx, known.conversations(), lane), nil
}

// isConversation reports whether a record is an issue, a merge request or a
// discussion, or stands under one; a comment on a snippet or a commit; or a file
// that texts link to.
func isConversation(r *schema.Record) bool {
	switch {
	case r.Kind == schema.KindAttachment:
		var body struct {
			Role string `json:"role"`
		}
		return json.Unmarshal(r.Body, &body) == nil && body.Role != roleAsset
	case r.Parent == nil:
		return startsConversation(r.Kind) || r.Kind == schema.KindComment
	}
	return startsConversation(r.Parent.Kind) || r.Parent.Kind == schema.KindSnippet
}

// roleAsset is the role of the files of a release.
const roleAsset = "asset"

func startsConversation(k schema.Kind) bool {
	return k == schema.KindIssue || k == schema.KindChange || k == schema.KindDiscussion
}
