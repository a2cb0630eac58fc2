package mercurial

import (
	"bytes"
	"context"
	"fmt"
	"sort"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"golang.org/x/sync/errgroup"
)

// change is a changeset as it was read, and how its files differ from those of
// its first parent.
type change struct {
	number     int
	changeset  *hg.Changeset
	files      []hg.FileChange
	gitIgnored bool // it has a .gitignore of its own
	gitModules bool // it has a .gitmodules of its own
}

// readAhead is how many changesets are read before they become commits.
const readAhead = 32

// changesets makes the commits that are missing. One goroutine reads
// changesets and manifests, another writes trees and commits.
func (c *converter) changesets(ctx context.Context, wanted int) error {
	work, ctx := errgroup.WithContext(ctx)
	changes := make(chan change, readAhead)
	work.Go(func() error {
		defer close(changes)
		return c.readChanges(ctx, changes)
	})
	work.Go(func() error {
		done := 0
		for ch := range changes {
			if err := c.commit(ch); err != nil {
				return fmt.Errorf("changeset %s: %w", c.table.log.Entry(ch.number).Node, err)
			}
			done++
			c.progress("importing", "commits", done, wanted)
			if c.due() {
				if err := c.checkpoint(ctx); err != nil {
					return err
				}
				c.trees.Use(c.session.Writer())
			}
		}
		return ctx.Err()
	})
	return work.Wait()
}

// readChanges sends the changesets that are to be converted, in the order of
// their numbers, so that parents come first.
func (c *converter) readChanges(ctx context.Context, changes chan<- change) error {
	log, err := c.repo.Changelog()
	if err != nil {
		return fmt.Errorf("read the changelog: %w", err)
	}
	defer log.Close()
	manifests, err := c.repo.Manifests()
	if err != nil {
		return fmt.Errorf("read the manifests: %w", err)
	}
	defer manifests.Close()
	r := changeReader{log: log, manifests: manifests, manifestOf: make([]int, log.Len())}
	for i := range c.table.rows {
		if row := &c.table.rows[i]; !row.exported || row.converted() {
			continue
		}
		ch, err := r.read(i)
		if err != nil {
			return fmt.Errorf("changeset %s: %w", log.Entry(i).Node, err)
		}
		select {
		case changes <- ch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

type changeReader struct {
	log, manifests hg.Log
	manifestOf     []int // changeset to manifest, plus 2; 0: not looked up yet
}

// noManifest stands for the manifest of a changeset without files.
const noManifest = -1

func (r *changeReader) read(i int) (change, error) {
	cs, err := r.changeset(i)
	if err != nil {
		return change{}, err
	}
	ch := change{number: i, changeset: cs}
	own, err := r.manifest(i, cs)
	if err != nil {
		return change{}, err
	}
	before := noManifest
	if p := firstParent(r.log.Entry(i)); p >= 0 {
		if before, err = r.manifest(p, nil); err != nil {
			return change{}, err
		}
	}
	if own == noManifest {
		ch.files, err = r.difference(before, own, nil)
		return ch, err
	}
	text, err := r.manifests.Text(own)
	if err != nil {
		return change{}, fmt.Errorf("manifest %s: %w", cs.Manifest, err)
	}
	ch.gitIgnored, ch.gitModules = holds(text, gitIgnore), holds(text, gitModules)
	if ch.files, err = r.difference(before, own, text); err != nil {
		return change{}, fmt.Errorf("manifest %s: %w", cs.Manifest, err)
	}
	return ch, nil
}

// firstParent is the parent that a changeset's files are compared with.
func firstParent(e hg.Entry) int {
	if e.P1 < 0 {
		return e.P2
	}
	return e.P1
}

func (r *changeReader) changeset(i int) (*hg.Changeset, error) {
	text, err := r.log.Text(i)
	if err != nil {
		return nil, err
	}
	return hg.ParseChangeset(text)
}

// manifest returns the number of a changeset's manifest. The changeset is read
// when cs is nil.
func (r *changeReader) manifest(i int, cs *hg.Changeset) (int, error) {
	if known := r.manifestOf[i]; known != 0 {
		return known - 2, nil
	}
	if cs == nil {
		var err error
		if cs, err = r.changeset(i); err != nil {
			return 0, err
		}
	}
	n := noManifest
	if !cs.Manifest.IsNull() {
		var found bool
		if n, found = r.manifests.Find(cs.Manifest); !found {
			return 0, fmt.Errorf("%w: there is no manifest %s", hg.ErrCorrupt, cs.Manifest)
		}
	}
	r.manifestOf[i] = n + 2
	return n, nil
}

// difference returns what changed from one manifest to another. Most manifests
// are stored as their difference from the first parent's; for others it is
// found between what both have in common at the start and at the end.
func (r *changeReader) difference(before, after int, text []byte) ([]hg.FileChange, error) {
	if before == after {
		return nil, nil
	}
	var old []byte
	if before != noManifest {
		var err error
		if old, err = r.manifests.Text(before); err != nil {
			return nil, err
		}
	}
	if after != noManifest {
		base, hunks, err := r.manifests.Delta(after)
		if err != nil {
			return nil, err
		}
		if base == before {
			return hg.ManifestChanges(nil, old, hunks)
		}
	}
	start := commonPrefix(old, text)
	end := commonSuffix(old[start:], text[start:])
	return hg.ManifestChanges(nil, old, []hg.Hunk{{Start: start, End: len(old) - end, Data: text[start : len(text)-end]}})
}

func commonPrefix(a, b []byte) int {
	const block = 4 << 10
	n, most := 0, min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[n:n+block], b[n:n+block]) {
		n += block
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []byte) int {
	const block = 4 << 10
	n, most := 0, min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[len(a)-n-block:len(a)-n], b[len(b)-n-block:len(b)-n]) {
		n += block
	}
	for n < most && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}

// holds reports whether a manifest, whose lines are sorted, has a path.
func holds(manifest []byte, path string) bool {
	line := func(at int) []byte { // the line that at is in
		start := bytes.LastIndexByte(manifest[:at], '\n') + 1
		name, _, _ := bytes.Cut(manifest[start:], []byte{0})
		return name
	}
	at := sort.Search(len(manifest), func(at int) bool { return string(line(at)) >= path })
	return at < len(manifest) && string(line(at)) == path
}

// commit makes the commit of a changeset.
func (c *converter) commit(ch change) error {
	var parents []gitpack.ID
	var base row
	entry := c.table.log.Entry(ch.number)
	for _, p := range [2]int{entry.P1, entry.P2} {
		if p >= 0 {
			parents = append(parents, c.table.rows[p].commit)
		}
	}
	if p := firstParent(entry); p >= 0 {
		base = c.table.rows[p]
	}
	tree, tagFile, err := c.tree(ch, base)
	if err != nil {
		return err
	}
	person := c.person(ch.changeset.User).At(ch.changeset.Time, ch.changeset.Offset)
	if problem := conversion.DateProblem(ch.changeset.Time, ch.changeset.Offset); problem != "" {
		c.lose("mercurial.date", "", ch.number, problem)
	}
	commit, err := c.session.Writer().Put(gitpack.Commit, conversion.EncodeCommit(conversion.Commit{
		Tree: tree, Parents: parents, Author: person, Committer: person, Message: c.message(ch, entry.Node),
	}))
	if err != nil {
		return err
	}
	own := &c.table.rows[ch.number]
	own.commit, own.tree, own.tagFile = commit, tree, tagFile
	own.branch, own.closed = c.table.branch(ch.changeset.Branch()), ch.changeset.Closed()
	c.session.Record(conversion.Revision{Source: entry.Node.String(), Branch: ch.changeset.Branch(), Commit: commit})
	return nil
}
