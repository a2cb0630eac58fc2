package history

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// loader reads the commits that are to be converted.
type loader struct {
	store     *gitpack.Store
	editor    func() *editor // a new one for each goroutine
	mentions  bool
	trees     bool
	keep      bool // what was read, up to maxKept: it will be edited
	converted func(gitpack.ID) (bool, error)

	kept atomic.Int64
}

// maxKept bounds the commits that are held between reading and editing, in
// bytes. Beyond, they are read twice.
const maxKept = 96 << 20

// load returns the commits that lead from tips to what was converted already.
// Of a repository of which nothing was, all commits are read in the order of
// its packs, several at a time; else they are followed one by one.
func (l *loader) load(ctx context.Context, tips []gitpack.ID, anew bool) (*graph, error) {
	var commits []sketch
	var err error
	if anew {
		commits, err = l.all(ctx)
	} else {
		commits, err = l.follow(ctx, tips)
	}
	if err != nil {
		return nil, err
	}
	if anew {
		commits = reachable(commits, tips)
	}
	return newGraph(commits, l.trees, l.converted)
}

// loadBatch is how many commits a goroutine is given at a time.
const loadBatch = 512

// all reads every commit of the store.
func (l *loader) all(ctx context.Context) ([]sketch, error) {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []gitpack.ID, 2*runtime.GOMAXPROCS(0))
	group.Go(func() error {
		defer close(batches)
		var batch []gitpack.ID
		send := func() error {
			select {
			case batches <- batch:
				batch = nil
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		for e, err := range l.store.Objects() {
			if err != nil {
				return err
			}
			if e.Kind != gitpack.Commit {
				continue
			}
			if batch = append(batch, e.ID); len(batch) == loadBatch {
				if err := send(); err != nil {
					return err
				}
			}
		}
		return send()
	})
	results := make([][]sketch, runtime.GOMAXPROCS(0))
	for i := range results {
		group.Go(func() error {
			e := l.editor()
			for batch := range batches {
				for _, id := range batch {
					s, err := l.read(e, id)
					if err != nil {
						return err
					}
					results[i] = append(results[i], s)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	commits := results[0]
	for _, more := range results[1:] {
		commits = append(commits, more...)
	}
	return commits, nil
}

// follow reads the commits that tips lead to, up to those that were converted.
func (l *loader) follow(ctx context.Context, tips []gitpack.ID) ([]sketch, error) {
	e := l.editor()
	seen := map[gitpack.ID]bool{}
	var commits []sketch
	for waiting := append([]gitpack.ID(nil), tips...); len(waiting) > 0; {
		id := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if done, err := l.converted(id); err != nil {
			return nil, err
		} else if done {
			continue
		}
		s, err := l.read(e, id)
		if err != nil {
			return nil, err
		}
		commits = append(commits, s)
		waiting = append(waiting, s.parents...)
	}
	return commits, nil
}

// read reads one commit. What git would not take for one has no parents, and
// stays as it is.
func (l *loader) read(e *editor, id gitpack.ID) (sketch, error) {
	kind, data, err := l.store.Read(id)
	if err != nil {
		return sketch{}, fmt.Errorf("read commit %s: %w", id, err)
	}
	if kind != gitpack.Commit {
		return sketch{}, fmt.Errorf("read commit %s: it is a %s", id, kind)
	}
	var parents [4]gitpack.ID
	links, ok := parseLinks(data, parents[:0])
	if !ok {
		return sketch{id: id}, nil
	}
	s := sketch{id: id, tree: links.tree, date: links.date, parents: append([]gitpack.ID(nil), links.parents...)}
	if len(data) > hugeCommit {
		s.facts |= huge
	}
	if l.keep && l.kept.Add(int64(len(data))) <= maxKept {
		s.data = data
	}
	if e.people != nil {
		if e.edit(data, renames{}); len(e.changes) > 0 {
			s.facts |= personal
		}
	}
	if l.mentions {
		for range mentions(data[links.message:]) {
			s.facts |= mentioning
			break
		}
	}
	return s, nil
}

// reachable returns those commits that tips lead to. A parent that is none of them is
// left to newGraph to complain about.
func reachable(commits []sketch, tips []gitpack.ID) []sketch {
	at := make(map[gitpack.ID]int32, len(commits))
	for i, c := range commits {
		at[c.id] = int32(i)
	}
	var waiting []int32
	reach := func(ids []gitpack.ID) {
		for _, id := range ids {
			if i, ok := at[id]; ok && commits[i].facts&reached == 0 {
				commits[i].facts |= reached
				waiting = append(waiting, i)
			}
		}
	}
	for reach(tips); len(waiting) > 0; {
		i := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		reach(commits[i].parents)
	}
	kept := commits[:0]
	for _, c := range commits {
		if c.facts&reached != 0 {
			kept = append(kept, c)
		}
	}
	return kept
}
