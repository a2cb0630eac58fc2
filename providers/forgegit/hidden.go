package forgegit

import (
	"context"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// exportHidden gives the mirror the refs that the remote keeps for itself, after it
// fetched what they lead to. What the remote does not have is returned.
func (r Repository) exportHidden(ctx context.Context, repo *gitrepo.Repo, observe func(providers.Progress)) ([]providers.ItemFailed, error) {
	if len(r.Hidden) == 0 {
		return nil, nil
	}
	wanted := slices.Compact(slices.Sorted(maps.Values(r.Hidden)))
	missing, err := repo.FetchObjects(ctx, r.Remote, wanted, func(p gitrepo.Progress) { observe(progress(p)) })
	if err != nil {
		return nil, err
	}
	have, err := repo.Refs(ctx)
	if err != nil {
		return nil, err
	}
	var updates []gitrepo.RefUpdate
	var failed []providers.ItemFailed
	for _, name := range slices.Sorted(maps.Keys(r.Hidden)) {
		commit := r.Hidden[name]
		switch {
		case slices.Contains(missing, commit):
			failed = append(failed, providers.ItemFailed{Key: schema.Key{Kind: schema.KindRef, ID: name}, Problem: &providers.Error{
				Code: providers.CodeNotFound, Op: "fetch", Subject: name, Message: "the server no longer has the commit " + commit,
				Hint: "nothing can be done about it unless somebody has a clone that holds the commit",
			}})
		case have.Names[name] != commit:
			updates = append(updates, gitrepo.RefUpdate{Name: name, Old: have.Names[name], New: commit})
		}
	}
	return failed, repo.UpdateRefs(ctx, updates)
}
