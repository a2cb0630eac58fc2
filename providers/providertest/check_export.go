package providertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func exportChecks() []check {
	return []check{
		{"ExportGit", "the repository holds the refs that were inspected, and all their objects", LevelGit, checkExport},
		{"ExportGit", "a second call changes nothing", LevelGit, checkExportTwice},
		{"ExportGit", "a half-written repository is made whole", LevelGit, checkExportRepairs},
		{"ExportGit", "a call that is stopped returns, and the next one finishes", LevelGit, checkExportStopped},
		{"ExportGit", "a call whose process is killed is made good by the next", LevelRecords, checkExportKilled},
		{"ExportGit", "two exports are equal", LevelFull, checkExportEqual},
	}
}

// eachExport runs a check on every part of every repository that has git data.
// Dir is a place where nothing is.
func eachExport(ctx context.Context, b *bench, judge func(source providers.Source, req providers.ExportRequest, facts *providers.Facts) error) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	if !b.about.Source.Git {
		return skip("the source has no git data")
	}
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		facts, err := factsOf(ctx, source, r.repo())
		if err != nil {
			return err
		}
		for _, part := range facts.Parts {
			dir, err := b.tempDir()
			if err != nil {
				return err
			}
			req := providers.ExportRequest{Repo: r.repo(), Part: part, Dir: filepath.Join(dir, "raw.git")}
			err = judge(source, req, facts)
			if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
				return fmt.Errorf("part %s: %w", part, err)
			}
		}
		return nil
	})
}

func ignore(providers.Progress) {}

// judgeExport compares what an export says with what it left.
func judgeExport(ctx context.Context, req providers.ExportRequest, export providers.Export, facts *providers.Facts) error {
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return fmt.Errorf("it left no repository: %w", err)
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return err
	}
	if !maps.Equal(export.Refs, refs.Names) {
		return fmt.Errorf("the refs that it returned are not those in the repository: %s", refsDiffer(export.Refs, refs.Names))
	}
	told := map[providers.Part]map[string]string{providers.PartCode: facts.Refs, providers.PartWiki: facts.WikiRefs}[req.Part]
	if told != nil && !maps.Equal(told, refs.Names) {
		return fmt.Errorf("the refs are not those that Inspect told: %s", refsDiffer(told, refs.Names))
	}
	if export.ObjectFormat != "" && export.ObjectFormat != refs.ObjectFormat {
		return fmt.Errorf("it returned the object format %s, and the repository has %s", export.ObjectFormat, refs.ObjectFormat)
	}
	if err := repo.CheckConnected(ctx); err != nil {
		return fmt.Errorf("the repository lacks objects: %w", err)
	}
	return judgeLFS(export)
}

// judgeLFS checks that no LFS object is missing without a word.
func judgeLFS(e providers.Export) error {
	if e.LFS.Fetched+e.LFS.Failed+e.LFS.Skipped < e.LFS.Source {
		return fmt.Errorf("the history names %d LFS objects; %d came, %d failed and %d were left out, which is not all",
			e.LFS.Source, e.LFS.Fetched, e.LFS.Failed, e.LFS.Skipped)
	}
	for _, failed := range e.Failed {
		if failed.Problem == nil {
			return fmt.Errorf("%s failed without a reason", failed.Key)
		}
	}
	return nil
}

// exportGood makes an export and judges it.
func exportGood(ctx context.Context, source providers.Source, req providers.ExportRequest, facts *providers.Facts) error {
	export, err := source.ExportGit(ctx, req, ignore)
	if err != nil {
		return err
	}
	return judgeExport(ctx, req, export, facts)
}

func checkExport(ctx context.Context, b *bench) error {
	return eachExport(ctx, b, func(source providers.Source, req providers.ExportRequest, facts *providers.Facts) error {
		return exportGood(ctx, source, req, facts)
	})
}

func checkExportTwice(ctx context.Context, b *bench) error {
	return eachExport(ctx, b, func(source providers.Source, req providers.ExportRequest, facts *providers.Facts) error {
		if err := exportGood(ctx, source, req, facts); err != nil {
			return err
		}
		before, err := objectFiles(req.Dir)
		if err != nil {
			return err
		}
		if err := exportGood(ctx, source, req, facts); err != nil {
			return fmt.Errorf("the second call: %w", err)
		}
		after, err := objectFiles(req.Dir)
		if err != nil {
			return err
		}
		if !slices.Equal(before, after) {
			return fmt.Errorf("the second call wrote objects anew: there were %d files of them, and now there are %d", len(before), len(after))
		}
		return nil
	})
}

// objectFiles lists the files with the objects of a repository.
func objectFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(filepath.Join(dir, "objects"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// checkExportRepairs begins in directories as calls leave them that were killed
// early and late, or lost what the disk had not taken yet.
func checkExportRepairs(ctx context.Context, b *bench) error {
	damages := []struct {
		name string
		do   func(source providers.Source, req providers.ExportRequest) error
	}{
		{"a folder with nothing in it", func(_ providers.Source, req providers.ExportRequest) error { return os.MkdirAll(req.Dir, 0o777) }},
		{"a repository without refs, and with locks", func(_ providers.Source, req providers.ExportRequest) error {
			if _, err := gitrepo.Init(ctx, req.Dir, ""); err != nil {
				return err
			}
			return errors.Join(
				os.WriteFile(filepath.Join(req.Dir, "packed-refs.lock"), nil, 0o666),
				os.WriteFile(filepath.Join(req.Dir, "objects", "pack", "tmp_pack_left"), []byte("PACK"), 0o666),
			)
		}},
		{"refs without their objects", func(source providers.Source, req providers.ExportRequest) error {
			if _, err := source.ExportGit(ctx, req, ignore); err != nil {
				return err
			}
			files, err := objectFiles(req.Dir)
			for _, file := range files {
				err = errors.Join(err, os.Remove(file))
			}
			return err
		}},
	}
	return eachExport(ctx, b, func(source providers.Source, req providers.ExportRequest, facts *providers.Facts) error {
		for i, damage := range damages {
			req.Dir = filepath.Join(filepath.Dir(req.Dir), fmt.Sprintf("raw%d.git", i))
			if err := damage.do(source, req); err != nil {
				return err
			}
			if err := exportGood(ctx, source, req, facts); err != nil {
				return fmt.Errorf("in %s: %w", damage.name, err)
			}
		}
		return nil
	})
}

// checkExportStopped stops a call before it has begun, and at its first sign of
// life.
func checkExportStopped(ctx context.Context, b *bench) error {
	return eachExport(ctx, b, func(source providers.Source, req providers.ExportRequest, facts *providers.Facts) error {
		for _, early := range []bool{true, false} {
			var failed error
			err := b.cutOff(ctx, func(ctx context.Context, stop func()) {
				if early {
					stop()
				}
				_, failed = source.ExportGit(ctx, req, func(providers.Progress) { stop() })
			})
			if err != nil {
				return err
			}
			if err := stopped("ExportGit", failed); err != nil {
				return err
			}
			if err := exportGood(ctx, source, req, facts); err != nil {
				return fmt.Errorf("after a call that was stopped: %w", err)
			}
			req.Dir += "2" // the second round begins with nothing again
		}
		return nil
	})
}

func checkExportKilled(ctx context.Context, b *bench) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	instance := b.launch()
	defer end(instance)
	source, err := b.openSource(ctx, instance)
	if err != nil {
		return err
	}
	defer source.Close()
	if instance.PID() == 0 {
		return skip("the provider has no process of its own")
	}
	return eachExport(ctx, b, func(_ providers.Source, req providers.ExportRequest, facts *providers.Facts) error {
		killed := false
		_, err := source.ExportGit(ctx, req, func(providers.Progress) {
			if !killed {
				killed = kill(instance) == nil
			}
		})
		if err != nil && providers.CodeOf(err) != providers.CodeUnavailable {
			return err
		}
		if !killed { // the call was over before it said anything
			if err := kill(instance); err != nil {
				return err
			}
		}
		return again(func() error { return exportGood(ctx, source, req, facts) })
	})
}

func checkExportEqual(ctx context.Context, b *bench) error {
	if _, err := b.repositories(); err != nil {
		return err
	}
	other, done, err := b.anotherSource(ctx)
	if err != nil {
		return err
	}
	defer done()
	return eachExport(ctx, b, func(source providers.Source, req providers.ExportRequest, _ *providers.Facts) error {
		first, err := source.ExportGit(ctx, req, ignore)
		if err != nil {
			return err
		}
		req.Dir += "2"
		second, err := other.ExportGit(ctx, req, ignore)
		if err != nil {
			return err
		}
		if !maps.Equal(first.Refs, second.Refs) || first.DefaultBranch != second.DefaultBranch {
			return fmt.Errorf("another process exports other refs: %s", refsDiffer(first.Refs, second.Refs))
		}
		return nil
	})
}
