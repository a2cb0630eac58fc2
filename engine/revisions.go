package engine

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/drover-migrate/drover/engine/history"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/schema"
)

// maxRevisionLine bounds a line of a table of revisions: two ids and a branch.
const maxRevisionLine = 1 << 16

// revisionRows yields the revisions of a source with the commits that stand for
// them now. The file is what a source that has no commits of its own leaves
// beside its export; where there is none, the revisions are the commits that
// were rewritten, and ids, which may be nil, tells what became of them.
func revisionRows(file string, ids *history.Map) (iter.Seq2[schema.Revision, error], error) {
	_, err := os.Stat(file)
	switch {
	case err == nil:
		return func(yield func(schema.Revision, error) bool) { yieldRevisions(file, ids, yield) }, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("find the table of revisions: %w", err)
	case ids == nil:
		return func(func(schema.Revision, error) bool) {}, nil
	}
	return func(yield func(schema.Revision, error) bool) {
		for pair, err := range ids.All() {
			was, is := pair[0], pair[1]
			if err == nil && was == is {
				continue
			}
			if !yield(schema.Revision{Revision: was.String(), Commit: is.String()}, err) || err != nil {
				return
			}
		}
	}, nil
}

func yieldRevisions(file string, ids *history.Map, yield func(schema.Revision, error) bool) {
	f, err := os.Open(file)
	if err != nil {
		yield(schema.Revision{}, fmt.Errorf("read the table of revisions: %w", err))
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxRevisionLine)
	for number := 1; lines.Scan(); number++ {
		r, err := parseRevision(lines.Text(), ids)
		if err != nil {
			err = fmt.Errorf("read the table of revisions: line %d: %w", number, err)
		}
		if !yield(r, err) || err != nil {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(schema.Revision{}, fmt.Errorf("read the table of revisions: %w", err))
	}
}

func parseRevision(line string, ids *history.Map) (schema.Revision, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 3 || fields[0] == "" {
		return schema.Revision{}, errors.New("it is not a revision, a commit and a branch")
	}
	r := schema.Revision{Revision: fields[0], Commit: fields[1], Branch: fields[2]}
	raw, err := gitpack.ParseID(r.Commit)
	if err != nil || ids == nil {
		return r, err
	}
	is, known, err := ids.New(raw)
	if known {
		r.Commit = is.String()
	}
	return r, err
}
