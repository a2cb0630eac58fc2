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
	if err != nil {
		return nil, forgetarget.Failure("write records", req.Repo.ID, err)
	}
	written := make([]providers.Written, 0, len(req.Writes))
	for start := 0; start < len(req.Writes); {
		// What belongs to one conversation goes there together.
		end := start
		for end < len(req.Writes) && isConversation(&req.Writes[end].Record) {
			end++
		}
		if end > start {
			answers, err := t.converse(ctx, known, req.Writes[start:end])
			if err != nil {
				return nil, forgetarget.Failure("write records", req.Repo.ID, err)
			}
			written = append(written, answers...)
			start = end
			continue
		}
		answer, err := t.writeOne(ctx, known, req.Writes[start])
		if ctx.Err() != nil { // the call was cut off; nothing is known of the rest
			return nil, forgetarget.Failure("write records", req.Repo.ID, ctx.Err())
		}
		if err != nil {
			known.catalog.forget() // it may have been made all the same
			answer = providers.Written{Problem: forgetarget.Failure("write", req.Writes[start].Record.Key().String(), err)}
		}
		written = append(written, answer)
		start++
	}
	return written, nil
}

// writeOne writes a record that is not part of a conversation.
func (t *target) writeOne(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	if err := w.Record.Check(); err != nil {
		return providers.Written{}, &providers.Error{Code: providers.CodeInvalid, Message: err.Error(), Err: err}
	}
	switch w.Record.Kind {
	case schema.KindRepository:
		return t.writeRepository(ctx, known, w)
	case schema.KindLabel:
		return t.writeLabel(ctx, known, w)
	case schema.KindMilestone:
		return t.writeMilestone(ctx, known, w)
	case schema.KindMember:
		return t.writeMember(ctx, known, w)
	case schema.KindProtection:
		return t.writeProtection(ctx, known, w)
	case schema.KindRelease:
		return t.writeRelease(ctx, known, w)
	case schema.KindAttachment:
		return t.writeAsset(ctx, known, w)
	case schema.KindComment:
		if w.Record.Parent == nil {
			return skipped("The server has no comments on commits."), nil
		}
		return skipped("The server has no comments on releases."), nil
	}
	return skipped("The server has nothing that this could become."), nil
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
