package providertest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func authorChecks() []check {
	return []check{
		{"Authors", "people come in the order of their ids, with their commits", LevelGit, checkAuthors},
		{"Authors", "people are the same again, with and without a cache", LevelGit, checkAuthorsAgain},
	}
}

func authors(ctx context.Context, source providers.Source, repo providers.Repo, cache string) ([]schema.Author, error) {
	var list []schema.Author
	for author, err := range source.Authors(ctx, repo, cache) {
		if err != nil {
			return nil, fmt.Errorf("authors: %w", err)
		}
		list = append(list, author)
	}
	return list, nil
}

// eachHistory runs a check on every repository whose people can be listed.
func eachHistory(ctx context.Context, b *bench, judge func(source providers.Source, repo providers.Repo, cache string) error) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	if !b.about.Source.Git {
		return skip("the source has no git data")
	}
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		dir, err := b.tempDir()
		if err != nil {
			return err
		}
		return judge(source, r.repo(), filepath.Join(dir, "cache"))
	})
}

func checkAuthors(ctx context.Context, b *bench) error {
	return eachHistory(ctx, b, func(source providers.Source, repo providers.Repo, cache string) error {
		list, err := authors(ctx, source, repo, cache)
		if err != nil {
			return err
		}
		for i, a := range list {
			switch {
			case i > 0 && list[i-1].RemoteID > a.RemoteID:
				return fmt.Errorf("%q comes before %q", list[i-1].RemoteID, a.RemoteID)
			case a.Commits < 1:
				return fmt.Errorf("%q has %d commits", a.RemoteID, a.Commits)
			}
		}
		return nil
	})
}

func checkAuthorsAgain(ctx context.Context, b *bench) error {
	return eachHistory(ctx, b, func(source providers.Source, repo providers.Repo, cache string) error {
		first, err := authors(ctx, source, repo, cache)
		if err != nil {
			return err
		}
		for _, cache := range []string{cache, cache + "2"} {
			next, err := authors(ctx, source, repo, cache)
			if err != nil {
				return err
			}
			if !slices.Equal(first, next) {
				return fmt.Errorf("%d people, then %d, and they are not the same", len(first), len(next))
			}
		}
		return nil
	})
}
