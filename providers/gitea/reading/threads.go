package reading

import (
	"context"
	"iter"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/reading/threads"
)

// readThreads yields what has a number.
func (s *source) readThreads(ctx context.Context, req providers.ReadRequest) (iter.Seq2[providers.Message, error], error) {
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return nil, err
	}
	refs, err := s.git(p, providers.PartCode).Refs(ctx)
	if err != nil {
		return nil, err
	}
	return threads.Read(ctx, p.api, threads.Repository{
		ID: p.id, Name: p.name, Bases: s.bases(p), Heads: heads(refs.Names), SkipFiles: !p.attachments, PageSize: p.pageSize, SeesAll: s.user.IsAdmin,
	}, req), nil
}

// heads are the commits that the server keeps for pull requests, by number.
func heads(refs map[string]string) map[int64]string {
	all := map[int64]string{}
	for name, oid := range refs {
		rest, ok := strings.CutPrefix(name, "refs/pull/")
		if !ok {
			continue
		}
		if number, err := strconv.ParseInt(strings.TrimSuffix(rest, "/head"), 10, 64); err == nil {
			all[number] = oid
		}
	}
	return all
}
