package gitea

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err == nil {
		err = t.settleWritable(ctx, known)
	}
	var written []providers.Written
	if err == nil {
		written, err = t.writer().Write(ctx, known, req.Writes)
	}
	return forgetarget.Result(written, "write records", req.Repo.ID, err)
}

func (t *target) writer() forgetarget.Writer[*repository] {
	return forgetarget.Writer[*repository]{
		Kinds: forgetarget.Kinds[*repository]{
			schema.KindRepository: t.writeRepository,
			schema.KindLabel:      t.writeLabel,
			schema.KindMilestone:  t.writeMilestone,
			schema.KindMember:     t.writeMember,
			schema.KindProtection: t.writeProtection,
			schema.KindRelease:    t.writeRelease,
			schema.KindAttachment: t.writeAsset,
			schema.KindComment:    skipComment,
		},
		IsConversation: isConversation,
		Converse:       t.converse,
		Forget:         func(known *repository) { known.catalog.forget() },
	}
}

// skipComment answers a comment on what is no conversation.
func skipComment(_ context.Context, _ *repository, w providers.Write) (providers.Written, error) {
	if w.Record.Parent == nil {
		return skipped("The server has no comments on commits."), nil
	}
	return skipped("The server has no comments on releases."), nil
}

// isConversation reports whether a record is an issue, a pull request or a
// discussion, or stands under one.
func isConversation(r *schema.Record) bool {
	if r.Parent != nil {
		return startsConversation(r.Parent.Kind)
	}
	return startsConversation(r.Kind)
}

func startsConversation(k schema.Kind) bool {
	return k == schema.KindIssue || k == schema.KindChange || k == schema.KindDiscussion || k == schema.KindSnippet
}

func skipped(why string) providers.Written { return providers.Written{Skipped: why} }
