package dump

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/fsfs"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// directory is a repository in a directory.
type directory struct {
	root, prefix string
	options      Options
	uuid         string

	direct *fsfs.Repository // nil when only Subversion's programs can read it
}

func openDirectory(ctx context.Context, root, prefix string, o Options) (Repository, error) {
	d := &directory{root: root, prefix: prefix, options: o}
	uuid, err := os.ReadFile(filepath.Join(root, "db", "uuid"))
	if err == nil {
		uuid, _, _ = bytes.Cut(uuid, []byte("\n")) // a second line names this copy of it
		d.uuid = string(bytes.TrimSpace(uuid))
	} else if d.uuid, err = d.look(ctx, "uuid"); err != nil {
		return nil, err
	}
	if err := svn.CheckPath(prefix); err != nil {
		return nil, problem(providers.CodeInvalid, prefix, err.Error(), "check the path", err)
	}
	if direct, err := fsfs.Open(root, o.Scratch); err == nil { // otherwise svnadmin knows what is wrong
		d.direct = direct
	}
	return d, nil
}

// look asks svnlook, which knows repositories of every kind.
func (d *directory) look(ctx context.Context, what string) (string, error) {
	out, err := d.program("svnlook", what, d.root).output(ctx)
	return string(bytes.TrimSpace(out)), err
}

func (d *directory) UUID() string   { return d.uuid }
func (d *directory) Prefix() string { return d.prefix }

// Close closes files that are kept open between reads.
func (d *directory) Close() error {
	if d.direct != nil {
		d.direct.Close()
	}
	return nil
}

func (d *directory) Root() string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(d.root)}).String()
}

// Latest reads db/current: its first number, in every format of FSFS.
func (d *directory) Latest(ctx context.Context) (int64, error) {
	current, err := os.ReadFile(filepath.Join(d.root, "db", "current"))
	if err != nil { // a repository in Berkeley DB
		text, err := d.look(ctx, "youngest")
		if err != nil {
			return 0, err
		}
		current = []byte(text)
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(current), []byte(" "))
	n, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is damaged: its latest revision is no number", filepath.Join(d.root, "db", "current"))
	}
	return n, nil
}

// Revisions reads several ranges side by side if it takes programs to read
// them. What is read directly comes faster than anybody uses it, and costs less
// in one piece: texts are made of earlier ones.
func (d *directory) Revisions(ctx context.Context, from, to int64) iter.Seq2[*svn.Revision, error] {
	workers := d.options.Workers
	if d.direct != nil {
		workers = 1
	}
	return remote.InOrder(ctx, remote.Ranges{From: from, To: to, Span: d.span(from, to), Workers: workers}, d.fetch)
}

// span divides a history: in pieces small enough to keep all workers busy to
// the end, and large enough that starting svnadmin, which has read nothing
// yet, costs little.
func (d *directory) span(from, to int64) int64 {
	const least, most = 100, 1000
	return min(max((to-from)/int64(8*d.options.Workers)+1, least), most)
}

// fetch reads a range of revisions directly as far as that goes.
func (d *directory) fetch(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
	if d.direct == nil {
		return d.dump(ctx, from, to, emit)
	}
	next := from
	var refused error
	err := d.direct.Revisions(ctx, from, to, func(r *svn.Revision) error {
		next = r.Number + 1
		refused = emit(r)
		return refused
	})
	if err == nil || refused != nil || context.Cause(ctx) != nil {
		return err
	}
	return d.instead(err, d.dump(ctx, next, to, emit))
}

// instead returns the outcome of a second attempt, made by a program of
// Subversion, unless there is no such program.
func (d *directory) instead(first, second error) error {
	if providers.CodeOf(second) == providers.CodeUnsupported {
		return fmt.Errorf("%w (and Subversion is not installed, which could tell more)", first)
	}
	return second
}

// dump reads a range of revisions from one run of svnadmin.
func (d *directory) dump(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
	// With --incremental the first revision is not the whole tree.
	dump := d.program("svnadmin", "dump", "--quiet", "--deltas", "--incremental",
		"--revision", fmt.Sprintf("%d:%d", from, to), d.root)
	return dump.run(ctx, func(out io.Reader) error {
		p := newParser(newInput(out))
		for number := from; number <= to; number++ {
			r, err := p.readContents(d.options.Scratch)
			switch {
			case err == io.EOF:
				return errShort
			case err != nil:
				return err
			case r.Number != number:
				return errors.Join(fmt.Errorf("r%d comes instead of r%d", r.Number, number), r.Close())
			}
			if err := emit(r); err != nil {
				return err
			}
		}
		return nil
	})
}

var errShort = errors.New("it ends early")

// Log tells what changed.
func (d *directory) Log(ctx context.Context, from, to int64) iter.Seq2[svn.LogEntry, error] {
	return func(yield func(svn.LogEntry, error) bool) {
		next := from
		emit := func(e svn.LogEntry) error {
			for ; next <= e.Number; next++ {
				entry := svn.LogEntry{Number: next} // svn leaves out r0, which changes nothing
				if next == e.Number {
					entry = e
				}
				if !yield(entry, nil) {
					return errStopped
				}
			}
			return nil
		}
		if err := d.log(ctx, from, to, &next, emit); err != nil && err != errStopped {
			yield(svn.LogEntry{}, fmt.Errorf("read the log of the repository: %w", err))
		}
	}
}

// errStopped says that the caller wants no more.
var errStopped = errors.New("stopped")

func (d *directory) log(ctx context.Context, from, to int64, next *int64, emit func(svn.LogEntry) error) error {
	if from > to {
		return nil
	}
	if d.direct == nil {
		return d.svnLog(ctx, from, to, emit)
	}
	err := d.direct.Log(ctx, from, to, emit)
	if err == nil || err == errStopped || context.Cause(ctx) != nil {
		return err
	}
	return d.instead(err, d.svnLog(ctx, *next, to, emit))
}

// program prepares a run of one of Subversion's programs.
func (d *directory) program(name string, args ...string) program {
	return program{name: name, args: args, scratch: d.options.Scratch}
}
