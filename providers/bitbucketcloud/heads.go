package bitbucketcloud

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// tries is how many commits are asked for, the newest first, before a server that
// gave none of them is believed to give none at all.
const tries = 16

// heads finds the commits that pull requests propose, and brings those that no branch
// leads to into a mirror.
type heads struct {
	*source
	place   place
	mirror  *gitrepo.Repo
	observe func(providers.Progress)

	lost []int64 // numbers of pull requests whose commit is gone
}

// head is the commit that a pull request proposes.
type head struct {
	number int64
	hash   string   // abbreviated
	oid    string   // empty: not in the mirror
	from   api.Repo // where it was pushed to; zero when that is gone
}

// find returns the refs of pull requests, all of which the mirror has then.
func (h *heads) find(ctx context.Context) (map[string]string, error) {
	all, err := h.list(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.look(ctx, all); err != nil {
		return nil, err
	}
	if err := h.fetch(ctx, all); err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for _, one := range all {
		if one.oid != "" {
			refs[threads.HeadRef(one.number)] = one.oid
		} else {
			h.lost = append(h.lost, one.number)
		}
	}
	return refs, nil
}

// list asks for all pull requests, the newest first.
func (h *heads) list(ctx context.Context) ([]*head, error) {
	ctx = forgehttp.Throttles(ctx, func(t providers.Throttle) {
		h.observe(providers.Progress{Phase: "listing", Unit: "pull requests", Throttled: &t})
	})
	var all []*head
	seen := map[int64]bool{}
	for p, err := range h.client.PullRequestSources(ctx, h.place.repo) {
		if api.IsHidden(err) {
			return nil, nil // they are switched off
		}
		if err != nil {
			return nil, err
		}
		if p.ID <= 0 || seen[p.ID] {
			continue
		}
		seen[p.ID] = true
		one := &head{number: p.ID, hash: p.Source.Hash()}
		if from := p.Source.Repository; from != nil {
			one.from, _ = splitName(from.FullName)
		}
		all = append(all, one)
		h.observe(providers.Progress{Phase: "listing", Done: int64(len(all)), Unit: "pull requests"})
	}
	slices.SortFunc(all, func(a, b *head) int { return int(b.number - a.number) })
	return all, nil
}

// look completes the ids of commits that the mirror has.
func (h *heads) look(ctx context.Context, all []*head) error {
	var hashes []string
	for _, one := range all {
		if isHash(one.hash) {
			hashes = append(hashes, one.hash)
		}
	}
	found, err := h.mirror.FindCommits(ctx, hashes)
	for _, one := range all {
		one.oid = found[one.hash]
	}
	return err
}

// fetch brings what the mirror lacks: from the repository itself, which keeps what was
// pushed to it for some time after its branch is gone, and then from the forks.
func (h *heads) fetch(ctx context.Context, all []*head) error {
	own := api.Repo{Workspace: h.place.repo.Workspace, Slug: h.place.repo.Slug}
	if err := h.fetchFrom(ctx, own, missing(all)); err != nil {
		return err
	}
	forks := map[api.Repo][]*head{}
	for _, one := range missing(all) {
		if one.from.Slug != "" && one.from != own {
			forks[one.from] = append(forks[one.from], one)
		}
	}
	for _, fork := range slices.SortedFunc(maps.Keys(forks), func(a, b api.Repo) int { return strings.Compare(a.String(), b.String()) }) {
		if err := h.fetchFrom(ctx, fork, forks[fork]); err != nil {
			return err
		}
	}
	return nil
}

// missing are the heads that the mirror lacks and that can be asked for.
func missing(all []*head) []*head {
	var some []*head
	for _, one := range all {
		if one.oid == "" && isHash(one.hash) {
			some = append(some, one)
		}
	}
	return some
}

// fetchFrom brings heads from one repository, the newest first. Whether a server gives
// what no ref leads to is its own affair, and each takes a request: one that gave none
// of the first is asked for no more, now and whenever the repository is read again.
func (h *heads) fetchFrom(ctx context.Context, repo api.Repo, wanted []*head) error {
	first := min(tries, len(wanted))
	for _, some := range [][]*head{wanted[:first], wanted[first:]} {
		if came, err := h.fetchSome(ctx, repo, some); err != nil || !came {
			return err
		}
	}
	return nil
}

// fetchSome reports whether any came.
func (h *heads) fetchSome(ctx context.Context, repo api.Repo, some []*head) (bool, error) {
	full := map[string][]*head{}
	for _, one := range some {
		oid, err := h.complete(ctx, repo, one.hash)
		if err != nil {
			return false, err
		}
		if oid != "" {
			full[oid] = append(full[oid], one)
		}
	}
	if len(full) == 0 {
		return false, nil
	}
	oids := slices.Sorted(maps.Keys(full))
	refused, err := h.mirror.FetchObjects(ctx, h.repository(repo, providers.PartCode).Remote, oids, func(g gitrepo.Progress) { h.observe(forgeProgress(g)) })
	switch gitrepo.KindOf(err) {
	case "":
	case gitrepo.NotFound, gitrepo.Auth: // a fork that is gone, or hidden
		return false, nil
	default:
		return false, err
	}
	for oid, of := range full {
		if slices.Contains(refused, oid) {
			continue
		}
		for _, one := range of {
			one.oid = oid
		}
	}
	return len(refused) < len(oids), nil
}

// complete asks for the full id of a commit; nothing when it is gone, or in a fork
// that the account may not see.
func (h *heads) complete(ctx context.Context, repo api.Repo, hash string) (string, error) {
	found, err := h.client.Commit(ctx, repo, hash)
	switch {
	case api.IsHidden(err):
		return "", nil
	case err != nil:
		return "", err
	case !threads.IsOID(found.Hash) || !strings.HasPrefix(found.Hash, hash):
		return "", nil
	}
	return found.Hash, nil
}

// losses tells which heads could not be had.
func (h *heads) losses() []schema.Loss {
	if len(h.lost) == 0 {
		return nil
	}
	slices.Sort(h.lost)
	var numbers []string
	for _, n := range h.lost[:min(len(h.lost), 10)] {
		numbers = append(numbers, strconv.FormatInt(n, 10))
	}
	shown := strings.Join(numbers, ", ")
	if len(h.lost) > len(numbers) {
		shown += ", …"
	}
	return []schema.Loss{{Code: "bitbucket_cloud.pull_request_heads", Count: int64(len(h.lost)),
		Message: fmt.Sprintf("the commits of %d pull requests are left out, because their branches are gone and Bitbucket no longer gives them: %s", len(h.lost), shown)}}
}

// isHash reports whether a text can be the beginning of a commit's id.
func isHash(s string) bool {
	return len(s) >= 7 && len(s) <= 40 && strings.Trim(s, "0123456789abcdef") == ""
}

// forgeProgress turns "receiving objects" into the phase and its unit.
func forgeProgress(p gitrepo.Progress) providers.Progress {
	phase, unit, _ := strings.Cut(p.Phase, " ")
	return providers.Progress{Phase: phase, Done: p.Done, Total: p.Total, Unit: unit}
}
