package mercurial

import (
	"context"
	"fmt"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/schema"
)

// converter fills a session with the commits of a repository.
type converter struct {
	repo     history
	session  *conversion.Session
	settings settings
	identity string // of the repository: its first changeset
	scratch  string // folder for temporary files
	observe  func(providers.Progress)
	due      func() bool // whether a checkpoint is due; the session's, but for tests

	table *table
	blobs blobs
	trees *gittree.Trees

	ignoring map[gitpack.ID]ignores // .gitignore by the blobs it was made from

	mu      sync.Mutex
	missing map[hg.Node]missing // file revisions whose large file cannot be had
}

// treeCache is how many bytes of trees are kept for the next changeset.
const treeCache = 64 << 20

// convert brings the session up to date with the repository and returns what
// its refs are. The session is not finished.
func (c *converter) convert(ctx context.Context) (refs, error) {
	log, err := c.repo.Changelog()
	if err != nil {
		return refs{}, fmt.Errorf("read the changelog: %w", err)
	}
	defer log.Close()
	c.table, c.missing, c.ignoring = newTable(log), map[hg.Node]missing{}, map[gitpack.ID]ignores{}
	c.table.order = c.repo.order
	resumed, err := c.load()
	if err != nil {
		return refs{}, err
	}
	wanted := c.choose()
	// A few changesets ask for few files, which is quicker than looking
	// through all; many use most files anyway.
	if wanted > fewChangesets && wanted > len(c.table.rows)/16 {
		if err := c.contents(ctx); err != nil {
			return refs{}, err
		}
	}
	c.trees = gittree.New(c.session.Writer(), treeCache)
	if err := c.changesets(ctx, wanted); err != nil {
		return refs{}, err
	}
	if wanted > 0 || !resumed {
		if err := c.checkpoint(ctx); err != nil {
			return refs{}, err
		}
	}
	tags, err := c.tags()
	if err != nil {
		return refs{}, err
	}
	return nameRefs(c.table, c.settings, c.repo.Bookmarks(), tags), nil
}

const fewChangesets = 64

// choose marks what is to be exported and returns how many changesets need a
// commit. The ancestors of an exported changeset are exported.
func (c *converter) choose() (wanted int) {
	last := hg.Draft
	if c.settings.Phases == publicOnly {
		last = hg.Public
	}
	for i := range c.table.rows {
		row := &c.table.rows[i]
		row.exported = c.repo.Phase(i) <= last && !c.repo.Hidden(i)
		if row.exported && !row.converted() {
			wanted++
		}
	}
	return wanted
}

// tags returns the tags that the .hgtags of all heads mean together. Heads are
// asked in the order of their numbers, as Mercurial does.
func (c *converter) tags() ([]liveTag, error) {
	all := tagSet{}
	seen := map[int32]bool{0: true}
	for _, i := range c.table.heads() {
		file := c.table.rows[i].tagFile
		if seen[file] {
			continue
		}
		seen[file] = true
		_, text, err := c.session.Writer().Read(c.table.tagFiles[file])
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", tagsFile, c.table.log.Entry(i).Node, err)
		}
		all.merge(parseTags(text))
	}
	return all.live(), nil
}

// progressEvery is how many files or commits pass before they are told: each
// message crosses a process boundary.
const progressEvery = 16

func (c *converter) progress(phase, unit string, done, total int) {
	if done%progressEvery == 0 || done == 1 || done == total {
		c.observe(providers.Progress{Phase: phase, Done: int64(done), Total: int64(total), Unit: unit})
	}
}

// lose notes something that git cannot hold, of changeset i.
func (c *converter) lose(code, path string, i int, message string) {
	revision := ""
	if i >= 0 && i < len(c.table.rows) {
		c.mu.Lock() // a Log is for one goroutine at a time
		revision = c.table.log.Entry(i).Node.String()
		c.mu.Unlock()
	}
	c.session.Losses().Add(code, schema.Printable(path), revision, message)
}
