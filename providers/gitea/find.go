package gitea

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs, err := t.find(ctx, ref, wanted)
	return forgetarget.Result(refs, "find records", ref.ID, err)
}

// find looks for objects where they stood and, for those whose texts carry one,
// by their marker. What has neither is found by its name when it is written, and
// is not made twice: labels, milestones, members, rules, assets.
func (t *target) find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	known, err := t.repository(ctx, ref)
	if err != nil {
		return nil, err
	}
	f := finder{target: t, repo: known.repo()}
	return forgetarget.Find(wanted, isTalk,
		func(talk []providers.Wanted) ([]schema.Ref, error) {
			for i := range talk {
				talk[i].Key = discussionKey(talk[i].Key)
			}
			return t.threads.Find(ctx, known.conversations(), talk)
		},
		func(w providers.Wanted) (schema.Ref, error) { return f.find(ctx, w) })
}

// isTalk reports whether the package threads writes an object.
func isTalk(w providers.Wanted) bool {
	return startsConversation(w.Key.Kind) || w.Key.Kind == schema.KindReview || w.Parent != nil && startsConversation(w.Parent.Key.Kind)
}

// finder answers one question. Each list of the server's is read once for it.
type finder struct {
	forgetarget.Finder
	target *target
	repo   api.Repo
}

func (f *finder) find(ctx context.Context, w providers.Wanted) (schema.Ref, error) {
	t := f.target
	switch w.Key.Kind {
	case schema.KindRepository:
		r, err := t.api.Repository(ctx, f.repo)
		return versioned(repositoryRef(&r), repositoryVersion(r)), err
	case schema.KindLabel:
		return f.ByID(w, forgetarget.Map(t.api.Labels(ctx, f.repo), func(l api.Label) schema.Ref { return versioned(labelRef(l), labelVersion(l)) }))
	case schema.KindMilestone:
		return f.ByID(w, forgetarget.Map(t.api.Milestones(ctx, f.repo), func(m api.Milestone) schema.Ref {
			return versioned(milestoneRef(t.api.Base(), f.repo, m), milestoneVersion(m))
		}))
	case schema.KindProtection:
		return f.ByID(w, t.rules(ctx, f.repo))
	case schema.KindRelease:
		return f.ByMarker(w, forgetarget.Map(t.api.Releases(ctx, f.repo), func(r api.Release) forgetarget.Marked {
			return forgetarget.Marked{Ref: versioned(releaseRef(r), releaseVersion(r)), Text: r.Body}
		}))
	case schema.KindMember:
		return f.member(ctx, w.Ref)
	case schema.KindAttachment:
		return f.asset(ctx, w.Ref)
	}
	return schema.Ref{}, nil
}

func versioned(ref schema.Ref, version string) schema.Ref {
	ref.Version = version
	return ref
}

// rules yields the refs of all rules over branches and tags.
func (t *target) rules(ctx context.Context, repo api.Repo) iter.Seq2[schema.Ref, error] {
	return func(yield func(schema.Ref, error) bool) {
		branches, err := t.api.BranchProtections(ctx, repo)
		if err != nil {
			yield(schema.Ref{}, err)
			return
		}
		for _, p := range branches {
			if !yield(t.branchRuleRef(repo, p), nil) {
				return
			}
		}
		for p, err := range t.api.TagProtections(ctx, repo) {
			if !yield(t.tagRuleRef(repo, p), err) || err != nil {
				return
			}
		}
	}
}

func (f *finder) member(ctx context.Context, ref schema.Ref) (schema.Ref, error) {
	if ref.ID == "" {
		return schema.Ref{}, nil
	}
	m, err := f.target.member(ctx, f.repo, ref.ID)
	if err != nil {
		return schema.Ref{}, forgetarget.NilIfNotFound(err)
	}
	return versioned(f.target.memberRef(m), memberVersion(m)), nil
}

func (f *finder) asset(ctx context.Context, ref schema.Ref) (schema.Ref, error) {
	if !strings.Contains(ref.ID, "/") {
		return schema.Ref{}, nil
	}
	a, err := f.target.asset(ctx, f.repo, ref.ID)
	if err != nil {
		return schema.Ref{}, forgetarget.NilIfNotFound(err)
	}
	return versioned(f.target.assetRef(a), assetVersion(a)), nil
}
