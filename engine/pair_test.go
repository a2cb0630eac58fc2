package engine_test

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// twoSources is one connection to the two repositories of a source.
type twoSources struct {
	providers.UnimplementedSource
	first, second *forge
}

func (s twoSources) of(repo providers.Repo) asSource {
	if strings.Contains(string(repo.Settings), "second") {
		return asSource{forge: s.second}
	}
	return asSource{forge: s.first}
}

func (s twoSources) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, q := range queries {
			for in, err := range s.of(q.Repo).Inspect(ctx, []providers.Lookup{q}) {
				if !yield(in, err) {
					return
				}
			}
		}
	}
}

func (s twoSources) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return s.of(req.Repo).Read(ctx, req)
}

// twoTargets is one connection to the two repositories of a target, of which the
// second has another id.
type twoTargets struct {
	providers.UnimplementedTarget
	first, second *forge
}

const secondRepo = "repo-2"

func (t twoTargets) of(ref *schema.Ref) asTarget {
	if ref.ID == secondRepo {
		ref.ID = "repo"
		return asTarget{forge: t.second}
	}
	return asTarget{forge: t.first}
}

func (t twoTargets) Inspect(ctx context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) {
		for _, p := range places {
			target, second := t.of(&p.Ref), p.Name == "web"
			if second {
				target = asTarget{forge: t.second}
			}
			for standing, err := range target.Inspect(ctx, []providers.Place{p}) {
				if second && standing.Exists {
					standing.Ref.ID = secondRepo
				}
				if !yield(standing, err) {
					return
				}
			}
		}
	}
}

func (t twoTargets) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	if req.Place.Name != "web" {
		return asTarget{forge: t.first}.Create(ctx, req)
	}
	ref, err := asTarget{forge: t.second}.Create(ctx, req)
	ref.ID = secondRepo
	return ref, err
}

func (t twoTargets) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	return t.of(&req.Repo).Write(ctx, req)
}

func (t twoTargets) Find(ctx context.Context, repo schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	return t.of(&repo).Find(ctx, repo, wanted)
}

func (t twoTargets) Finish(ctx context.Context, req providers.FinishRequest) (map[schema.Kind]int64, error) {
	return t.of(&req.Repo).Finish(ctx, req)
}
