package threads

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

// Head is what is known of all pull requests at one moment.
type Head struct {
	Last    int64            // the highest number
	Changes int64            // how many there are
	Heads   map[int64]string // the commit at the head of each, by number

	// Validator differs whenever the list differs.
	Validator string
}

// Look asks for the list of pull requests, a hundred with each request.
func Look(ctx context.Context, client *api.Client, repo api.Repo) (Head, error) {
	l, err := list(ctx, client, repo)
	if err != nil {
		return Head{}, err
	}
	h := Head{Last: l.last(), Changes: int64(len(l.all)), Heads: map[int64]string{}}
	prints := make([]uint64, 0, len(l.all))
	for _, p := range l.all {
		h.Heads[p.number] = p.head
		prints = append(prints, p.print)
	}
	h.Validator = schema.Digest(prints)
	return h, nil
}

// listing is the list of pull requests at one moment.
type listing struct {
	at  time.Time // of its beginning, by the server's clock
	all []listed  // by number
}

// listed is a pull request in the list.
type listed struct {
	number  int64
	updated time.Time
	head    string
	print   uint64 // of all that the list tells of it
}

func list(ctx context.Context, client *api.Client, repo api.Repo) (listing, error) {
	var l listing
	seen := map[int64]bool{}
	answered := func(at time.Time) {
		if l.at.IsZero() {
			l.at = at
		}
	}
	for p, err := range client.PullRequests(ctx, repo, answered) {
		if err != nil {
			return listing{}, err
		}
		if p.ID <= 0 || seen[p.ID] { // one that changed meanwhile comes twice
			continue
		}
		seen[p.ID] = true
		l.all = append(l.all, listed{number: p.ID, updated: p.UpdatedDate.Time(), head: p.From.LatestCommit, print: print(p)})
	}
	slices.SortFunc(l.all, func(a, b listed) int { return cmp.Compare(a.number, b.number) })
	return l, nil
}

func (l listing) last() int64 {
	if len(l.all) == 0 {
		return 0
	}
	return l.all[len(l.all)-1].number
}

// print is a number that differs when what the list tells of a pull request does.
func print(p api.PullRequest) uint64 {
	told := []any{p.ID, p.Version, p.UpdatedDate, p.State, p.Title, p.Draft, p.From.LatestCommit, p.To.ID, p.Properties}
	for _, people := range [][]api.Participant{p.Reviewers, p.Participants} {
		for _, one := range people {
			told = append(told, one.User.Name, one.Status)
		}
	}
	data, err := json.Marshal(told)
	if err != nil {
		panic("threads: a pull request that is not JSON: " + err.Error())
	}
	h := fnv.New64a()
	h.Write(data)
	return h.Sum64()
}

// buckets is into how many sets pull requests are divided, by number.
const buckets = 256

// sums is one number for each set, as text that fits into a cursor. The order in
// which pull requests are added does not matter.
func (l listing) sums() []byte {
	var sums [buckets]uint32
	for _, p := range l.all {
		sums[p.number%buckets] += uint32(p.print>>32) ^ uint32(p.print)
	}
	var packed []byte
	for _, s := range sums {
		packed = append(packed, byte(s>>24), byte(s>>16), byte(s>>8), byte(s))
	}
	return packed
}

func id(number int64) string { return strconv.FormatInt(number, 10) }
