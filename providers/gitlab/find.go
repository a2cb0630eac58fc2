package gitlab

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs, err := t.find(ctx, ref, wanted)
	return forgetarget.Result(refs, "find records", ref.ID, err)
}

// find looks for objects where they stood and, for those whose texts carry one, by
// their marker. What has neither is found by its name when it is written, and is
// not made twice: labels, milestones, members, rules, assets.
func (t *target) find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	known, err := t.project(ctx, ref)
	if err != nil {
		return nil, err
	}
	f := finder{target: t, known: known}
	return forgetarget.Find(wanted, isTalk,
		func(talk []providers.Wanted) ([]schema.Ref, error) {
			w, err := t.writer(ctx, known)
			if err != nil {
				return nil, err
			}
			return w.Find(ctx, known.conversations(), talk)
		},
		func(w providers.Wanted) (schema.Ref, error) { return f.find(ctx, w) })
}

// isTalk reports whether the package threads writes an object. The ids of a
// release's own files tell them from those that texts link to.
func isTalk(w providers.Wanted) bool {
	switch w.Key.Kind {
	case schema.KindIssue, schema.KindChange, schema.KindDiscussion, schema.KindReview, schema.KindComment:
		return true
	case schema.KindAttachment:
		_, _, ofRelease := cutAsset(w.Ref.ID)
		return !ofRelease
	}
	return false
}

// finder answers one question. Each list of the server's is read once for it.
type finder struct {
	forgetarget.Finder
	target *target
	known  *project
}

func (f *finder) find(ctx context.Context, w providers.Wanted) (schema.Ref, error) {
	t, key := f.target, f.known.key()
	switch w.Key.Kind {
	case schema.KindRepository:
		p, err := t.api.Project(ctx, key)
		return versioned(projectRef(&p), projectVersion(p)), err
	case schema.KindLabel:
		return f.ByID(w, forgetarget.Map(t.api.Labels(ctx, key, true), func(l api.Label) schema.Ref { return versioned(labelRef(l), labelVersion(l)) }))
	case schema.KindMilestone:
		return f.ByID(w, forgetarget.Map(t.api.Milestones(ctx, key), func(m api.Milestone) schema.Ref {
			return versioned(t.milestoneRef(f.known, m), milestoneVersion(m))
		}))
	case schema.KindProtection:
		return f.ByID(w, t.ruleRefs(ctx, f.known))
	case schema.KindMember:
		return f.member(ctx, w.Ref)
	case schema.KindRelease:
		return f.ByMarker(w, t.releaseRefs(ctx, f.known))
	case schema.KindSnippet:
		ref, err := f.ByMarker(w, t.snippetRefs(ctx, f.known))
		if err != nil || ref.ID == "" {
			return ref, err
		}
		s, err := t.snippet(ctx, key, ref.ID)
		if err != nil {
			return schema.Ref{}, nilIfNotFound(err)
		}
		return versioned(ref, s.version()), nil
	case schema.KindAttachment:
		a, err := t.asset(ctx, f.known, w.Ref.ID)
		if err != nil {
			return schema.Ref{}, nilIfNotFound(err)
		}
		return versioned(assetRef(a), assetVersion(a)), nil
	}
	return schema.Ref{}, nil
}

func (t *target) releaseRefs(ctx context.Context, known *project) iter.Seq2[forgetarget.Marked, error] {
	return forgetarget.Map(t.api.Releases(ctx, known.key()), func(r api.Release) forgetarget.Marked {
		return forgetarget.Marked{Ref: versioned(t.releaseRef(known, r), releaseVersion(r)), Text: r.Description}
	})
}

// ruleRefs yields the refs of all rules over branches and tags.
func (t *target) ruleRefs(ctx context.Context, known *project) iter.Seq2[schema.Ref, error] {
	return func(yield func(schema.Ref, error) bool) {
		for p, err := range t.api.ProtectedBranches(ctx, known.key()) {
			if !yield(t.branchRuleRef(known, p), err) || err != nil {
				return
			}
		}
		for p, err := range t.api.ProtectedTags(ctx, known.key()) {
			if !yield(t.tagRuleRef(known, p), err) || err != nil {
				return
			}
		}
	}
}

func (f *finder) member(ctx context.Context, ref schema.Ref) (schema.Ref, error) {
	m, err := forgetarget.ByNumber(ref.ID, func(n int64) (api.Member, error) { return f.target.api.Member(ctx, f.known.key(), n) })
	if err != nil {
		return schema.Ref{}, nilIfNotFound(err)
	}
	return versioned(f.target.memberRef(m), memberVersion(m)), nil
}
