package gitlab

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs, err := t.find(ctx, ref, wanted)
	if err != nil {
		return nil, forgetarget.Failure("find records", ref.ID, err)
	}
	return refs, nil
}

// find looks for objects where they stood and, for those whose texts carry one, by
// their marker. What has neither is found by its name when it is written, and is
// not made twice: labels, milestones, members, rules, assets.
func (t *target) find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	known, err := t.project(ctx, ref)
	if err != nil {
		return nil, err
	}
	refs := make([]schema.Ref, len(wanted))
	f := finder{target: t, known: known}
	var talk []providers.Wanted
	var at []int
	for i, w := range wanted {
		if isTalk(w) {
			talk, at = append(talk, w), append(at, i)
			continue
		}
		if refs[i], err = f.find(ctx, w); err != nil {
			return nil, err
		}
	}
	if len(talk) == 0 {
		return refs, nil
	}
	w, err := t.writer(ctx, known)
	if err != nil {
		return nil, err
	}
	found, err := w.Find(ctx, known.conversations(), talk)
	if err != nil {
		return nil, err
	}
	for i, r := range found {
		refs[at[i]] = r
	}
	return refs, nil
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
	target     *target
	known      *project
	labels     map[string]schema.Ref
	milestones map[string]schema.Ref
	releases   map[string]schema.Ref
	snippets   map[string]schema.Ref
	rules      map[string]schema.Ref
	marked     map[schema.Key]schema.Ref
}

func (f *finder) find(ctx context.Context, w providers.Wanted) (schema.Ref, error) {
	t, key := f.target, f.known.key()
	switch w.Key.Kind {
	case schema.KindRepository:
		p, err := t.api.Project(ctx, key)
		return versioned(projectRef(&p), projectVersion(p)), err
	case schema.KindLabel:
		return inList(&f.labels, w.Ref.ID, t.api.Labels(ctx, key, true), func(l api.Label) schema.Ref { return versioned(labelRef(l), labelVersion(l)) })
	case schema.KindMilestone:
		return inList(&f.milestones, w.Ref.ID, t.api.Milestones(ctx, key), func(m api.Milestone) schema.Ref {
			return versioned(t.milestoneRef(f.known, m), milestoneVersion(m))
		})
	case schema.KindProtection:
		return inList(&f.rules, w.Ref.ID, t.ruleRefs(ctx, f.known), func(r schema.Ref) schema.Ref { return r })
	case schema.KindMember:
		return f.member(ctx, w.Ref)
	case schema.KindRelease:
		return f.marker(w, &f.releases, t.releaseRefs(ctx, f.known))
	case schema.KindSnippet:
		return f.marker(w, &f.snippets, t.snippetRefs(ctx, f.known))
	case schema.KindAttachment:
		a, err := t.asset(ctx, f.known, w.Ref.ID)
		if err != nil {
			return schema.Ref{}, nilIfNotFound(err)
		}
		return versioned(assetRef(a), assetVersion(a)), nil
	}
	return schema.Ref{}, nil
}

// inList finds an object by its id in a list that is read when it is first asked
// for.
func inList[T any](byID *map[string]schema.Ref, id string, list iter.Seq2[T, error], refOf func(T) schema.Ref) (schema.Ref, error) {
	if id == "" {
		return schema.Ref{}, nil
	}
	if *byID == nil {
		all := map[string]schema.Ref{}
		for item, err := range list {
			if err != nil {
				return schema.Ref{}, err
			}
			ref := refOf(item)
			all[ref.ID] = ref
		}
		*byID = all
	}
	return (*byID)[id], nil
}

// marked is an object whose text may carry a marker.
type marked struct {
	ref  schema.Ref
	text string
}

// marker finds an object where it stood, or by the marker in its text.
func (f *finder) marker(w providers.Wanted, byID *map[string]schema.Ref, list iter.Seq2[marked, error]) (schema.Ref, error) {
	if *byID == nil {
		all := map[string]schema.Ref{}
		if f.marked == nil {
			f.marked = map[schema.Key]schema.Ref{}
		}
		for m, err := range list {
			if err != nil {
				return schema.Ref{}, err
			}
			all[m.ref.ID] = m.ref
			if key, ok := attribution.ParseMarker(m.text); ok {
				f.marked[key] = m.ref
			}
		}
		*byID = all
	}
	if ref, ok := (*byID)[w.Ref.ID]; ok {
		return ref, nil
	}
	return f.marked[w.Key], nil
}

// each turns the items of a list into something else.
func each[T, U any](list iter.Seq2[T, error], turn func(T) U) iter.Seq2[U, error] {
	return func(yield func(U, error) bool) {
		for item, err := range list {
			if !yield(turn(item), err) || err != nil {
				return
			}
		}
	}
}

func (t *target) releaseRefs(ctx context.Context, known *project) iter.Seq2[marked, error] {
	return each(t.api.Releases(ctx, known.key()), func(r api.Release) marked {
		return marked{versioned(t.releaseRef(known, r), releaseVersion(r)), r.Description}
	})
}

func (t *target) snippetRefs(ctx context.Context, known *project) iter.Seq2[marked, error] {
	return each(t.api.Snippets(ctx, known.key()), func(s api.Snippet) marked {
		return marked{versioned(t.snippetRef(known, s), snippetVersion(s.Title, s.Description, s.Visibility, pathsOf(s))), s.Description}
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
	m, err := byNumber(ref.ID, func(n int64) (api.Member, error) { return f.target.api.Member(ctx, f.known.key(), n) })
	if err != nil {
		return schema.Ref{}, nilIfNotFound(err)
	}
	return versioned(f.target.memberRef(m), memberVersion(m)), nil
}
