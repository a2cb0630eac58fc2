package gitlab

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	known, err := t.placed(ctx, req.Repo, req.Placement)
	if err == nil {
		err = t.settle(ctx, known)
	}
	var written []providers.Written
	if err == nil {
		written, err = t.records().Write(ctx, known, req.Writes)
	}
	return forgetarget.Result(written, "write records", req.Repo.ID, err)
}

func (t *target) records() forgetarget.Writer[*project] {
	return forgetarget.Writer[*project]{
		Kinds: forgetarget.Kinds[*project]{
			schema.KindRepository: t.writeRepository,
			schema.KindLabel:      t.writeLabel,
			schema.KindMilestone:  t.writeMilestone,
			schema.KindMember:     t.writeMember,
			schema.KindProtection: t.writeProtection,
			schema.KindRelease:    t.writeRelease,
			schema.KindSnippet:    t.writeSnippet,
			schema.KindAttachment: t.writeAsset,
			schema.KindComment:    skipComment,
		},
		IsConversation: isConversation,
		Converse:       t.converse,
		Forget:         func(known *project) { known.catalog.forget() },
	}
}

// skipComment answers a comment on what is no conversation.
func skipComment(context.Context, *project, providers.Write) (providers.Written, error) {
	return skipped("The server has no comments on releases."), nil
}

func skipped(why string) providers.Written { return providers.Written{Skipped: why} }

// catalog holds the lists of a project in which records are looked for by name.
type catalog struct {
	labels     forgetarget.List[api.Label]
	milestones forgetarget.List[api.Milestone]
	releases   forgetarget.List[api.Release]
	tags       forgetarget.List[api.Tag]
	branches   forgetarget.List[api.ProtectedBranch]
	tagRules   forgetarget.List[api.ProtectedTag]
	snippets   forgetarget.List[api.Snippet]
}

// forget lets everything be read anew.
func (c *catalog) forget() {
	forgetarget.Forget(&c.labels, &c.milestones, &c.releases, &c.tags, &c.branches, &c.tagRules, &c.snippets)
}
