package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/drover-migrate/drover/engine/history"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func rawName(part providers.Part) string    { return string(part) + "-raw.git" }
func mappedName(part providers.Part) string { return string(part) + "-mapped.git" }

// deriveMapped makes what is pushed: the history as it came or, when the plan
// asks for another, one that was rewritten from it. What came stays as it is,
// so that a changed table of authors needs nothing from the source.
func (s *stage) deriveMapped(ctx context.Context) error {
	dir, err := s.workspace()
	if err != nil {
		return err
	}
	w := rewritingOf(s.Change.Resource, newPeopleTables(s.changeset.Authors), s.Change.Identity)
	s.progress.Repos = map[string]string{}
	if s.progress.Heads == nil {
		s.progress.Heads = map[string]string{}
	}
	var sum schema.Conversion
	var losses []schema.Loss
	for _, part := range s.parts() {
		raw := filepath.Join(dir, rawName(part))
		if _, err := os.Stat(raw); errors.Is(err, fs.ErrNotExist) {
			return &providers.Error{Code: providers.CodeConflict, Op: "map", Message: "the copy of the source's history is gone from the folder beside the state", Hint: "plan again"}
		}
		if err := s.checkUndecided(ctx, raw); err != nil {
			return err
		}
		if w.digest() == "" {
			s.progress.Repos[string(part)] = rawName(part)
			err = s.untouched(ctx, part, raw, &sum)
		} else {
			s.progress.Repos[string(part)] = mappedName(part)
			losses, err = s.rewrite(ctx, w, part, dir, &sum, losses)
		}
		if err != nil {
			return err
		}
	}
	keep := context.WithoutCancel(ctx)
	if err := s.ledger.SaveLosses(keep, string(StageMap), losses); err != nil {
		return err
	}
	if err := s.ledger.SaveConversion(keep, sum); err != nil {
		return err
	}
	return s.saveRevisions(keep, dir, w)
}

// untouched takes the history as it came.
func (s *stage) untouched(ctx context.Context, part providers.Part, raw string, sum *schema.Conversion) error {
	sum.Commits += s.progress.Commits
	if _, known := s.progress.Heads[string(part)]; known {
		return nil
	}
	repo, err := gitrepo.Open(raw)
	if err != nil {
		return err
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return err
	}
	s.progress.Heads[string(part)] = refs.Head
	return nil
}

func (s *stage) rewrite(ctx context.Context, w rewriting, part providers.Part, dir string, sum *schema.Conversion, losses []schema.Loss) ([]schema.Loss, error) {
	mapped := filepath.Join(dir, mappedName(part))
	report := s.report(s.Change.Resource.Source)
	result, err := history.Rewrite(ctx, w.options(filepath.Join(dir, rawName(part)), mapped), func(done, total int64) {
		report(providers.Progress{Phase: "mapping", Done: done, Total: total, Unit: "commits"})
	})
	if err != nil {
		return losses, historyProblem(err)
	}
	sum.Commits += result.Commits
	sum.Rewritten += result.Rewritten
	sum.SignaturesDropped += result.SignaturesDropped
	sum.LargeFiles += result.LFSObjects + result.Removed
	sum.LargeBytes += result.LFSBytes + result.RemovedBytes
	s.progress.Commits = sum.Commits
	s.progress.Heads[string(part)] = result.Head
	if w.largeFiles != nil {
		if err := s.countLFS(ctx, mapped); err != nil {
			return losses, err
		}
	}
	return append(losses, result.Losses...), nil
}

// historyProblem is the error of a rewrite as one of its resource: a history that
// cannot be rewritten stops no other.
func historyProblem(err error) *providers.Error {
	if errors.Is(err, errors.ErrUnsupported) {
		return &providers.Error{Code: providers.CodeUnsupported, Op: "map", Message: err.Error(), Hint: "remove authors and large_files from the resource, and its history is carried over as it is", Err: err}
	}
	return providers.AsError(err)
}

// countLFS counts the large objects that a rewritten history names, and those
// that are there to be pushed.
func (s *stage) countLFS(ctx context.Context, dir string) error {
	repo, err := gitrepo.Open(dir)
	if err != nil {
		return err
	}
	s.progress.LFS = &schema.Count{}
	for p, err := range repo.LFSPointers(ctx) {
		if err != nil {
			return err
		}
		s.progress.LFS.Source++
		if _, err := os.Stat(filepath.Join(dir, "lfs", "objects", p.OID[:2], p.OID[2:4], p.OID)); err == nil {
			s.progress.LFS.Fetched++
		}
	}
	s.progress.LFS.Failed = s.progress.LFS.Source - s.progress.LFS.Fetched
	return nil
}

// checkUndecided refuses to push large files when the plan has not decided what
// becomes of them.
func (s *stage) checkUndecided(ctx context.Context, raw string) error {
	if s.Change.Resource.LargeFiles.UseLFS != "undecided" {
		return nil
	}
	var report LargeFileReport
	err := FindLargeFiles(ctx, s.Change.Resource, raw, func(f history.LargeFile) error {
		report.add(f)
		return nil
	})
	if err != nil || report.Files == 0 {
		return err
	}
	return &providers.Error{
		Code: providers.CodeInvalid, Op: "map", Attribute: "large_files.use_lfs",
		Message: fmt.Sprintf("%s over the threshold, and the plan has not decided about them", plural(report.Files, "file")),
		Hint:    largeFilesHint,
	}
}

const largeFilesHint = `Set use_lfs in large_files: "opt_in" moves them to Git LFS, "opt_out" removes them from the history.`

// saveRevisions remembers which commit stands for which revision of the source.
func (s *stage) saveRevisions(ctx context.Context, dir string, w rewriting) error {
	part := providers.PartCode
	table := filepath.Join(dir, rawName(part), providers.RevisionsFile)
	var ids *history.Map
	if w.digest() != "" {
		var err error
		if ids, err = history.OpenMap(filepath.Join(dir, mappedName(part))); err != nil {
			return err
		}
		defer ids.Close()
	}
	rows, err := revisionRows(table, ids)
	if err != nil {
		return err
	}
	known, err := s.knownRevisions(ctx, rows)
	if err != nil {
		return err
	}
	return s.ledger.SaveRevisions(ctx, known, skip(rows, known))
}

// knownRevisions is how many of rows the state holds already, from the first on:
// all but the last few, as long as nothing was mapped in another way.
func (s *stage) knownRevisions(ctx context.Context, rows iter.Seq2[schema.Revision, error]) (known int64, err error) {
	next, stop := iter.Pull2(rows)
	defer stop()
	for stored, err := range s.work.Store.Revisions(ctx, s.Change.Address, nil) {
		if err != nil {
			return 0, err
		}
		row, err, more := next()
		if err != nil {
			return 0, err
		}
		if !more || row != stored {
			break
		}
		known++
	}
	return known, nil
}

func skip[T any](seq iter.Seq2[T, error], n int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range seq {
			if err == nil && n > 0 {
				n--
				continue
			}
			if !yield(v, err) {
				return
			}
		}
	}
}
