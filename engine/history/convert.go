package history

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// converter writes the new form of commits.
type converter struct {
	*resolver
	loader   *loader
	forester *forester // nil: trees stay
	out      sink
	ids      bool // rewrite commit ids in messages
	observe  func(done, total int64)

	outside    []gitpack.ID // what graph.outside became
	rewritten  int64
	signatures int64
	failed     error // of a function that the editor called
}

// convert finds out what every commit of the graph became.
func (c *converter) convert(ctx context.Context) error {
	order, err := c.plan(ctx)
	if err != nil {
		return err
	}
	work := order[:0]
	for _, i := range order {
		if c.graph.facts[i]&dirty != 0 {
			work = append(work, i)
		} else {
			c.set(i, c.graph.ids[i])
		}
	}
	return c.pipe(ctx, work, int64(c.graph.len()))
}

// plan returns the order of the conversion and marks the commits that change.
func (c *converter) plan(ctx context.Context) ([]int32, error) {
	changed := false
	c.outside = make([]gitpack.ID, len(c.graph.outside))
	for n, raw := range c.graph.outside {
		var err error
		if c.outside[n], _, err = c.table.get(raw); err != nil {
			return nil, err
		}
		changed = changed || c.outside[n] != raw
	}
	order := c.graph.order(nil) // old trees first: the next versions are deltas to them
	for _, i := range order {
		own := c.graph.facts[i]&personal != 0
		if !own && c.forester != nil && !c.graph.trees[i].IsZero() {
			tree, err := c.forester.root(ctx, c.graph.trees[i])
			if err != nil {
				return nil, fmt.Errorf("large files of commit %s: %w", c.graph.ids[i], err)
			}
			own = tree != c.graph.trees[i]
		}
		if own {
			c.graph.facts[i] |= dirty
			changed = true
		}
	}
	var mentions edges
	if c.ids && (changed || c.table.len() > 0) {
		var places []int32
		for i, f := range c.graph.facts {
			if f&mentioning != 0 {
				places = append(places, int32(i))
			}
		}
		var err error
		if mentions, err = c.edges(places); err != nil {
			return nil, err
		}
		order = c.graph.order(mentions)
	}
	for _, i := range order {
		c.infect(i, mentions)
	}
	return order, nil
}

// infect marks a commit as changing if one that it names does.
func (c *converter) infect(i int32, mentions edges) {
	facts := c.graph.facts
	for _, parent := range c.graph.parents(i) {
		if parent >= 0 && facts[parent]&dirty != 0 || parent < 0 && c.outside[^parent] != c.graph.outside[^parent] {
			facts[i] |= dirty
			return
		}
	}
	if facts[i]&(dirty|mentioning) != mentioning {
		return
	}
	for _, m := range mentions.of(i) {
		if facts[m.to]&dirty != 0 {
			facts[i] |= dirty
			return
		}
	}
}

// chunkSize is how many commits are handed from one goroutine to the next.
const chunkSize = 256

// chunk is a part of the work on its way.
type chunk struct {
	places []int32
	data   [][]byte // as read, then as edited
	read   chan error
}

// pipe edits commits in order, while others read ahead and write behind:
// decompressing and compressing is most of the work.
func (c *converter) pipe(ctx context.Context, work []int32, total int64) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	done := total - int64(len(work))
	ordered, toRead, toWrite := make(chan *chunk, 2*workers), make(chan *chunk, 2*workers), make(chan *chunk, 2*workers)
	group.Go(func() error {
		defer close(ordered)
		defer close(toRead)
		for len(work) > 0 {
			n := min(chunkSize, len(work))
			next := &chunk{places: work[:n], data: make([][]byte, n), read: make(chan error, 1)}
			work = work[n:]
			for _, to := range []chan *chunk{toRead, ordered} {
				select {
				case to <- next:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
		}
		return nil
	})
	for range workers {
		group.Go(func() error {
			for next := range toRead {
				next.read <- c.readAhead(next)
			}
			return nil
		})
		group.Go(func() error {
			for next := range toWrite {
				if err := c.write(next); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(toWrite)
		e := c.loader.editor()
		for next := range ordered {
			select {
			case err := <-next.read:
				if err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			if err := c.edit(ctx, e, next); err != nil {
				return err
			}
			select {
			case toWrite <- next:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			done += int64(len(next.places))
			c.observe(done, total)
		}
		return nil
	})
	return group.Wait()
}

func (c *converter) readAhead(next *chunk) error {
	for n, i := range next.places {
		if c.graph.facts[i]&huge != 0 {
			continue
		}
		var err error
		if next.data[n], err = c.graph.read(c.store, i); err != nil {
			return err
		}
	}
	return nil
}

// edit makes the changes of a chunk's commits and names them. Those that are
// huge are written at once, so that they do not pile up.
func (c *converter) edit(ctx context.Context, e *editor, next *chunk) error {
	for n, i := range next.places {
		raw := c.graph.ids[i]
		data := next.data[n]
		if c.graph.facts[i]&huge != 0 {
			var err error
			if data, err = c.graph.read(c.store, i); err != nil {
				return err
			}
		}
		edited, dropped := e.commit(data, c.renames(ctx, i))
		if c.failed != nil {
			return fmt.Errorf("rewrite commit %s: %w", raw, c.failed)
		}
		next.data[n] = edited
		if edited == nil {
			c.set(i, raw)
			continue
		}
		c.rewritten++
		c.signatures += dropped
		c.set(i, gitpack.Hash(gitpack.Commit, edited))
		if c.graph.facts[i]&huge != 0 {
			next.data[n] = nil
			if _, err := c.out.Put(gitpack.Commit, edited); err != nil {
				return fmt.Errorf("write commit %s: %w", raw, err)
			}
		}
	}
	return nil
}

// renames returns what the objects became that a commit names. They remember
// their failure in c.failed.
func (c *converter) renames(ctx context.Context, i int32) renames {
	to := renames{object: func(raw gitpack.ID) gitpack.ID {
		for _, parent := range c.graph.parents(i) {
			if parent >= 0 && c.graph.ids[parent] == raw {
				return c.became[parent]
			}
			if parent < 0 && c.graph.outside[^parent] == raw {
				return c.outside[^parent]
			}
		}
		became, ok, err := c.get(raw) // a tag that is quoted
		if err != nil {
			c.failed = err
		}
		if !ok {
			return raw
		}
		return became
	}}
	if c.forester != nil {
		to.tree = func(raw gitpack.ID) gitpack.ID {
			became, err := c.forester.root(ctx, raw)
			if err != nil {
				c.failed = err
			}
			return became
		}
	}
	if c.ids {
		parents := make([]gitpack.ID, 0, 2)
		for _, parent := range c.graph.parents(i) {
			if parent >= 0 {
				parents = append(parents, c.graph.ids[parent])
			} else {
				parents = append(parents, c.graph.outside[^parent])
			}
		}
		to.mention = func(digits []byte) []byte {
			became, err := c.rename(digits, c.graph.dates[i], parents)
			if err != nil {
				c.failed = err
			}
			return became
		}
	}
	return to
}

// write stores what became of a chunk's commits.
func (c *converter) write(next *chunk) error {
	for n, data := range next.data {
		if data == nil {
			continue
		}
		if _, err := c.out.Put(gitpack.Commit, data); err != nil {
			return fmt.Errorf("write commit %s: %w", c.graph.ids[next.places[n]], err)
		}
	}
	return nil
}
