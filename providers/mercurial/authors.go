package mercurial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/schema"
)

// Authors lists the users of all changesets that are exported. RemoteID is the
// e-mail address and RemoteName the name that a commit carries, which is what
// the author table of a plan is compared with.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		set, a, err := readSettings(repo)
		if err != nil {
			yield(schema.Author{}, err)
			return
		}
		people, err := s.people(ctx, set, a, cache)
		if err != nil {
			yield(schema.Author{}, failure("list authors", a, err))
			return
		}
		for _, author := range people {
			if !yield(author, nil) {
				return
			}
		}
	}
}

func (s *source) people(ctx context.Context, set settings, a address, cache string) (_ []schema.Author, err error) {
	g, err := s.glance(ctx, a)
	if err != nil {
		return nil, err
	}
	repo, err := s.history(ctx, a, filepath.Join(cache, "spool"), s.scratch, func(providers.Progress) {})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	log, err := repo.Changelog()
	if err != nil {
		return nil, fmt.Errorf("read the changelog: %w", err)
	}
	defer log.Close()
	c := converter{repo: repo, settings: set, table: newTable(log)}
	c.choose()
	commits := map[string]int64{} // by user, as it is recorded
	reader := changeReader{log: log}
	for i := range c.table.rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !c.table.rows[i].exported {
			continue
		}
		changeset, err := reader.changeset(i)
		if err != nil {
			return nil, fmt.Errorf("changeset %s: %w", log.Entry(i).Node, err)
		}
		commits[changeset.User]++
	}
	byPerson := map[conversion.Person]int64{}
	for user, n := range commits {
		byPerson[personOf(user, g.identity)] += n
	}
	people := make([]schema.Author, 0, len(byPerson))
	for p, n := range byPerson {
		people = append(people, schema.Author{RemoteID: p.Email, RemoteName: p.Name, Name: p.Name, Email: p.Email, Commits: n})
	}
	slices.SortFunc(people, func(a, b schema.Author) int {
		return cmp.Or(strings.Compare(a.RemoteID, b.RemoteID), strings.Compare(a.RemoteName, b.RemoteName))
	})
	return people, nil
}
