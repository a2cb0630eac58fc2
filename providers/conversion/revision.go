package conversion

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/schema"
)

// maxRevisionLine bounds a line of the revision table.
const maxRevisionLine = 1 << 20

// Revision says which commit stands for a revision of the source.
type Revision struct {
	Source string // as the source writes it: "r17", a changeset id
	Branch string
	Commit gitpack.ID
}

// line returns the revision's line of the table. What could break lines, or
// act on a terminal, is written as an escape.
func (r Revision) line() string {
	return schema.Printable(r.Source) + "\t" + r.Commit.String() + "\t" + schema.Printable(r.Branch) + "\n"
}

func parseRevision(line string) (Revision, error) {
	parts := strings.Split(line, "\t")
	if len(parts) != 3 {
		return Revision{}, fmt.Errorf("revision table: a line has %d columns, want 3", len(parts))
	}
	commit, err := gitpack.ParseID(parts[1])
	if err != nil {
		return Revision{}, fmt.Errorf("revision table: %w", err)
	}
	return Revision{Source: parts[0], Commit: commit, Branch: parts[2]}, nil
}

// Record notes that a commit stands for a revision. Revisions are recorded in
// the order of the source, by one goroutine at a time; one that became several
// commits is recorded for each. A failure to write is told by the next
// checkpoint.
func (s *Session) Record(r Revision) {
	n, err := s.table.WriteString(r.line())
	if err == nil {
		s.tableSize += int64(n)
	}
}

// Revisions yields what was recorded, by earlier runs too. Nothing is recorded
// meanwhile.
func (s *Session) Revisions() iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		if err := s.table.Flush(); err != nil {
			yield(Revision{}, fmt.Errorf("write the revision table: %w", err))
			return
		}
		readRevisions(s.path(providers.RevisionsFile), s.tableSize)(yield)
	}
}

// ReadRevisions yields the revision table of a directory as its last
// checkpoint left it.
func ReadRevisions(dir string) iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		c, err := readCheckpoint(filepath.Join(dir, checkpointFile))
		if err != nil {
			yield(Revision{}, fmt.Errorf("read the revision table of %s: %w", dir, err))
			return
		}
		readRevisions(filepath.Join(dir, providers.RevisionsFile), c.Table)(yield)
	}
}

func readRevisions(path string, size int64) iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Revision{}, err)
			return
		}
		defer file.Close()
		lines := bufio.NewScanner(io.LimitReader(file, size))
		lines.Buffer(nil, maxRevisionLine)
		for lines.Scan() {
			r, err := parseRevision(lines.Text())
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Revision{}, fmt.Errorf("read the revision table: %w", err))
		}
	}
}
