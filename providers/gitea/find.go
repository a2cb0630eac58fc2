package gitea

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs, err := t.find(ctx, ref, wanted)
	if err != nil {
		return nil, forgetarget.Failure("find records", ref.ID, err)
	}
	return refs, nil
}

// find looks for objects where they stood and, for those whose texts carry one,
// by their marker. What has neither is found by its name when it is written, and
// is not made twice: labels, milestones, members, rules, assets.
func (t *target) find(ctx context.Context, ref schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	known, err := t.repository(ctx, ref)
	if err != nil {
		return nil, err
	}
	refs := make([]schema.Ref, len(wanted))
	f := finder{target: t, known: known, repo: known.repo()}
	var talk []providers.Wanted
	var at []int
	for i, w := range wanted {
		if startsConversation(w.Key.Kind) || w.Key.Kind == schema.KindReview || w.Parent != nil && startsConversation(w.Parent.Key.Kind) {
			w.Key = discussionKey(w.Key)
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
	found, err := t.threads.Find(ctx, known.conversations(), talk)
	if err != nil {
		return nil, err
	}
	for i, r := range found {
		refs[at[i]] = r
	}
	return refs, nil
}

// finder answers one question. Each list of the server's is read once for it.
type finder struct {
	target     *target
	known      *repository
	repo       api.Repo
	labels     map[string]schema.Ref
	milestones map[string]schema.Ref
	releases   map[string]schema.Ref
	marked     map[schema.Key]schema.Ref
	rules      map[string]schema.Ref
}

func (f *finder) find(ctx context.Context, w providers.Wanted) (schema.Ref, error) {
	t := f.target
	switch w.Key.Kind {
	case schema.KindRepository:
		r, err := t.api.Repository(ctx, f.repo)
		return versioned(repositoryRef(&r), repositoryVersion(r)), err
	case schema.KindLabel:
		return inList(&f.labels, w.Ref.ID, t.api.Labels(ctx, f.repo), func(l api.Label) schema.Ref { return versioned(labelRef(l), labelVersion(l)) })
	case schema.KindMilestone:
		return inList(&f.milestones, w.Ref.ID, t.api.Milestones(ctx, f.repo), func(m api.Milestone) schema.Ref {
			return versioned(milestoneRef(t.api.Base(), f.repo, m), milestoneVersion(m))
		})
	case schema.KindProtection:
		return inList(&f.rules, w.Ref.ID, t.rules(ctx, f.repo), func(r schema.Ref) schema.Ref { return r })
	case schema.KindRelease:
		return f.release(ctx, w)
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

// inList finds an object by its id in a list that is read when it is first
// asked for.
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

// release finds a release where it stood, or by the marker in its text.
func (f *finder) release(ctx context.Context, w providers.Wanted) (schema.Ref, error) {
	if f.releases == nil {
		byID, byKey := map[string]schema.Ref{}, map[schema.Key]schema.Ref{}
		for r, err := range f.target.api.Releases(ctx, f.repo) {
			if err != nil {
				return schema.Ref{}, err
			}
			ref := versioned(releaseRef(r), releaseVersion(r))
			byID[ref.ID] = ref
			if key, ok := attribution.ParseMarker(r.Body); ok {
				byKey[key] = ref
			}
		}
		f.releases, f.marked = byID, byKey
	}
	if ref, ok := f.releases[w.Ref.ID]; ok {
		return ref, nil
	}
	return f.marked[w.Key], nil
}

func (f *finder) member(ctx context.Context, ref schema.Ref) (schema.Ref, error) {
	if ref.ID == "" {
		return schema.Ref{}, nil
	}
	m, err := f.target.member(ctx, f.repo, ref.ID)
	if err != nil {
		return schema.Ref{}, nilIfNotFound(err)
	}
	return versioned(f.target.memberRef(m), memberVersion(m)), nil
}

func (f *finder) asset(ctx context.Context, ref schema.Ref) (schema.Ref, error) {
	if !strings.Contains(ref.ID, "/") {
		return schema.Ref{}, nil
	}
	a, err := f.target.asset(ctx, f.repo, ref.ID)
	if err != nil {
		return schema.Ref{}, nilIfNotFound(err)
	}
	return versioned(f.target.assetRef(a), assetVersion(a)), nil
}
