package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/engine/history"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// LargeFileReport is what large files a history holds.
type LargeFileReport struct {
	Files int64               `json:"files"`           // versions over the threshold
	Bytes int64               `json:"bytes"`           // of all of them
	Shown []history.LargeFile `json:"shown,omitempty"` // the first few
}

func (l *LargeFileReport) add(f history.LargeFile) {
	l.Files++
	l.Bytes += f.Size
	if len(l.Shown) < shownRefs {
		l.Shown = append(l.Shown, f)
	}
}

// KeptHistory is what lies beside the state of a history that was read before.
type KeptHistory struct {
	History bool // it is there, and can be rewritten without the source

	Previewed bool  // the numbers below are known
	Rewritten int64 // commits that the plan would give another id than they have at the target
	Commits   int64 // in the history
}

// codeDir is where the history of a resource's code lies.
func (g Gathering) codeDir(m *schema.Migration, r *schema.Resource, identity string) string {
	return filepath.Join(Workspace(g.Workspace, m.Sources[r.Source].Fingerprint(), identity), rawName(providers.PartCode))
}

// listLargeFiles looks for large files where the plan would stop for them. To
// know, it reads the history, to where an apply would put it.
func (f *Facts) listLargeFiles(ctx context.Context, m *schema.Migration, resources []*schema.Resource, known entries, ends Ends, g Gathering) error {
	for _, r := range resources {
		a := f.Sources[r.Address]
		if imported(r) || r.LargeFiles.UseLFS != "undecided" || a.Facts == nil || g.Workspace == "" {
			continue
		}
		report, err := f.largeFilesOf(ctx, m, r, a.Facts.Identity, ends, g)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			a.Problem = providers.AsError(err)
			f.Sources[r.Address] = a
			continue
		}
		f.LargeFiles[r.Address] = report
	}
	return nil
}

func (f *Facts) largeFilesOf(ctx context.Context, m *schema.Migration, r *schema.Resource, identity string, ends Ends, g Gathering) (LargeFileReport, error) {
	var report LargeFileReport
	dir, err := ReadHistory(ctx, m, r, identity, g.Workspace, ends, nil)
	if err != nil {
		return report, err
	}
	err = FindLargeFiles(ctx, r, dir, func(file history.LargeFile) error {
		report.add(file)
		return nil
	})
	return report, err
}

// ReadHistory brings the history of a resource's code into the workspace, where
// an apply would put it, and returns its folder.
func ReadHistory(ctx context.Context, m *schema.Migration, r *schema.Resource, identity, workspace string, ends Ends, observe func(providers.Progress)) (string, error) {
	source, err := ends.Source(ctx, r.Source)
	if err != nil {
		return "", err
	}
	dir := Gathering{Workspace: workspace}.codeDir(m, r, identity)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", fmt.Errorf("make the workspace: %w", err)
	}
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	_, err = source.ExportGit(ctx, providers.ExportRequest{Repo: providers.Repo{Settings: r.Settings, Identity: identity}, Part: providers.PartCode, Dir: dir}, observe)
	return dir, err
}

// FindLargeFiles yields the large files of a history that ReadHistory brought:
// those that the resource's large_files block means or, without one, those over
// the default threshold.
func FindLargeFiles(ctx context.Context, r *schema.Resource, dir string, yield func(history.LargeFile) error) error {
	for file, err := range history.FindLarge(ctx, dir, *largeFiles(r.LargeFiles)) {
		if err != nil {
			return err
		}
		if err := yield(file); err != nil {
			return err
		}
	}
	return nil
}

// lookAtHistories counts what a rewrite would change in histories that were
// pushed before and are still at hand.
func (f *Facts) lookAtHistories(ctx context.Context, m *schema.Migration, resources []*schema.Resource, known entries, g Gathering) error {
	for _, r := range resources {
		e := f.known(r, known)
		w := rewriting{}
		if e != nil {
			w = rewritingOf(r, f.people, e.Identity)
		}
		if e == nil || g.Workspace == "" || w.digest() == e.AuthorsHash {
			continue
		}
		raw := g.codeDir(m, r, e.Identity)
		if _, err := os.Stat(raw); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		kept := KeptHistory{History: true}
		mapped := filepath.Join(filepath.Dir(raw), mappedName(providers.PartCode))
		rewritten, err := history.Preview(ctx, w.options(raw, mapped))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			kept.Previewed, kept.Rewritten, kept.Commits = true, rewritten, e.CommitCount
		}
		f.Kept[r.Address] = kept
	}
	return nil
}

// lookAtLargeFiles stops a resource that has large files and a plan that has not
// decided about them.
func (d *decision) lookAtLargeFiles() {
	report, asked := d.Facts.LargeFiles[d.resource.Address]
	if !asked || report.Files == 0 {
		return
	}
	d.change.LargeFiles = &report
	lines := make([]string, 0, len(report.Shown))
	for _, f := range report.Shown {
		lines = append(lines, fmt.Sprintf("%s (%d bytes)", schema.Printable(f.Path), f.Size))
	}
	more := ""
	if n := report.Files - int64(len(lines)); n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	d.refuse("large_files.undecided", "Large files, and nothing decided about them",
		fmt.Sprintf("%s over the threshold of %d bytes, %d bytes in all: %s%s.", plural(report.Files, "file"), largeFiles(d.resource.LargeFiles).Threshold, report.Bytes, strings.Join(lines, ", "), more),
		largeFilesHint+" drover large-files lists them.", "large_files.use_lfs")
}
