package providertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// mostResumes is how many checkpoints of a stream are resumed from.
const mostResumes = 25

func readChecks() []check {
	return []check{
		{"Read", "records are valid, and each comes once", LevelRecords, checkRecords},
		{"Read", "a parent comes before its children", LevelRecords, checkParents},
		{"Read", "the end counts what was yielded, and what was inspected", LevelRecords, checkReadCounts},
		{"Read", "another process reads the same in the same order", LevelRecords, checkReadAgain},
		{"Read", "reading from every checkpoint yields exactly the rest", LevelRecords, checkResume},
		{"Read", "only the kinds that were asked for come", LevelRecords, checkKindFilter},
		{"Read", "a reader that breaks off or is stopped leaves nothing behind", LevelRecords, checkBreak},
		{"Read", "a stream that does not exist is refused", LevelFull, checkUnknownStream},
	}
}

// eachStream runs a check on every stream of every repository.
func eachStream(ctx context.Context, b *bench, judge func(source providers.Source, r RepositoryFixture, s providers.Stream) error) error {
	if err := b.hasStreams(); err != nil {
		return err
	}
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		for _, s := range b.about.Source.Streams {
			if err := judge(source, r, s); err != nil {
				return fmt.Errorf("stream %s: %w", s.Name, err)
			}
		}
		return nil
	})
}

func (b *bench) hasStreams() error {
	if err := b.hasSource(); err != nil {
		return err
	}
	if len(b.about.Source.Streams) == 0 {
		return skip("the source has no records")
	}
	return nil
}

func request(r RepositoryFixture, s providers.Stream) providers.ReadRequest {
	return providers.ReadRequest{Repo: r.repo(), Stream: s.Name}
}

func checkRecords(ctx context.Context, b *bench) error {
	return eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		all, err := read(ctx, source, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		seen := map[schema.Key]bool{}
		for _, it := range all.items {
			if seen[it.key] {
				return fmt.Errorf("%s comes twice", it.key)
			}
			seen[it.key] = true
		}
		return nil
	})
}

// checkParents reads the streams in the order of the description, as the engine
// does: a parent may also have come in an earlier one.
func checkParents(ctx context.Context, b *bench) error {
	if err := b.hasStreams(); err != nil {
		return err
	}
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		seen := map[schema.Key]bool{}
		for _, s := range b.about.Source.Streams {
			all, err := read(ctx, source, request(r, s), s.Kinds)
			if err != nil {
				return err
			}
			for _, it := range all.items {
				if it.parent != nil && !seen[*it.parent] {
					return fmt.Errorf("%s of the stream %s comes before its parent %s", it.key, s.Name, *it.parent)
				}
				seen[it.key] = true
			}
		}
		return nil
	})
}

func checkReadCounts(ctx context.Context, b *bench) error {
	if err := b.hasStreams(); err != nil {
		return err
	}
	return eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		facts, err := factsOf(ctx, source, r.repo())
		if err != nil {
			return err
		}
		all, err := read(ctx, source, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		if !all.end.Complete {
			return errors.New("a reading from the beginning to the end does not say that it is complete")
		}
		yielded := all.counts()
		for _, kind := range s.Kinds {
			inspected, told := facts.Counts[kind]
			expected, known := r.Counts[kind]
			switch n := yielded[kind]; {
			case all.end.Counts[kind] != n:
				return fmt.Errorf("the end counts %d %s, and %d were yielded", all.end.Counts[kind], kind.Plural(), n)
			case told && inspected != n:
				return fmt.Errorf("inspect counts %d %s, and %d were yielded", inspected, kind.Plural(), n)
			case known && expected != n:
				return fmt.Errorf("the fixture has %d %s, and %d were yielded", expected, kind.Plural(), n)
			}
		}
		return nil
	})
}

func checkReadAgain(ctx context.Context, b *bench) error {
	if err := b.hasStreams(); err != nil {
		return err
	}
	other, done, err := b.anotherSource(ctx)
	if err != nil {
		return err
	}
	defer done()
	return eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		first, err := read(ctx, source, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		second, err := read(ctx, other, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		if !equal(first.items, second.items) {
			return errors.New(differ(first.items, second.items))
		}
		return nil
	})
}

// checkResume resumes in another process, as a run does that was killed.
func checkResume(ctx context.Context, b *bench) error {
	if err := b.hasStreams(); err != nil {
		return err
	}
	other, done, err := b.anotherSource(ctx)
	if err != nil {
		return err
	}
	defer done()
	checkpoints := 0
	err = eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		all, err := read(ctx, source, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		checkpoints += len(all.cursors)
		step := max(1, len(all.cursors)/mostResumes)
		for i := 0; i < len(all.cursors); i += step {
			if err := resumeAt(ctx, other, request(r, s), s.Kinds, all, all.cursors[i]); err != nil {
				return fmt.Errorf("from the checkpoint after item %d: %w", all.cursors[i].after, err)
			}
		}
		return nil
	})
	if err == nil && checkpoints == 0 {
		return untried("no stream of the fixture is long enough for a checkpoint")
	}
	return err
}

func resumeAt(ctx context.Context, source providers.Source, req providers.ReadRequest, kinds []schema.Kind, all reading, from mark) error {
	req.Cursor = from.cursor
	rest, err := read(ctx, source, req, kinds)
	if err != nil {
		return err
	}
	if want := all.items[from.after:]; !equal(want, rest.items) {
		return errors.New(differ(want, rest.items))
	}
	if !rest.end.Complete {
		return errors.New("what resumes a reading from the beginning does not say that it is complete")
	}
	for _, kind := range kinds {
		if rest.end.Counts[kind] != all.end.Counts[kind] {
			return fmt.Errorf("the end counts %d %s, and %d when read at once; what came before the cursor counts too",
				rest.end.Counts[kind], kind.Plural(), all.end.Counts[kind])
		}
	}
	return nil
}

func checkKindFilter(ctx context.Context, b *bench) error {
	return eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		all, err := read(ctx, source, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		for _, kind := range s.Kinds {
			req := request(r, s)
			req.Kinds = []schema.Kind{kind}
			some, err := read(ctx, source, req, req.Kinds)
			if err != nil {
				return fmt.Errorf("asked for the kind %s only: %w", kind, err)
			}
			if want := all.only(kind); !equal(want, some.items) {
				return fmt.Errorf("asked for the kind %s only: %s", kind, differ(want, some.items))
			}
		}
		return nil
	})
}

func checkBreak(ctx context.Context, b *bench) error {
	return eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		var broken error
		err := b.cutOff(ctx, func(ctx context.Context, stop func()) {
			for _, err := range source.Read(ctx, request(r, s)) {
				broken = err
				break
			}
			stop()
		})
		if err = errors.Join(err, broken); err != nil {
			return fmt.Errorf("a reader that broke off: %w", err)
		}
		var cut error
		err = b.cutOff(ctx, func(ctx context.Context, stop func()) {
			for _, err := range source.Read(ctx, request(r, s)) {
				cut = err
				stop()
			}
		})
		if err = errors.Join(err, stopped("Read", cut)); err != nil {
			return fmt.Errorf("a reader that was stopped: %w", err)
		}
		if _, err := read(ctx, source, request(r, s), s.Kinds); err != nil {
			return fmt.Errorf("the reader after one that was stopped: %w", err)
		}
		return nil
	})
}

func checkUnknownStream(ctx context.Context, b *bench) error {
	if err := b.hasStreams(); err != nil {
		return err
	}
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		_, err := read(ctx, source, request(r, providers.Stream{Name: "stream_of_another_version"}), schema.Kinds())
		return wantProblem("Read of a stream that does not exist", err, providers.CodeUnsupported, providers.CodeInvalid, providers.CodeNotFound)
	})
}
