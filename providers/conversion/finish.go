package conversion

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// defaultHead is what HEAD names when the converter does not say.
const defaultHead = "refs/heads/main"

// Finish makes the refs of the repository exactly refs, by full name, and HEAD
// the name of one of them, or "" when there is no such branch. Everything
// before is part of a checkpoint: Finish fails when something was put or
// recorded since the last one, for whose state it could not answer.
func (s *Session) Finish(ctx context.Context, refs map[string]gitpack.ID, head string) (providers.Export, error) {
	export, err := s.finish(ctx, refs, head)
	if err != nil {
		return providers.Export{}, fmt.Errorf("finish the conversion in %s: %w", s.dir, err)
	}
	return export, nil
}

func (s *Session) finish(ctx context.Context, refs map[string]gitpack.ID, head string) (providers.Export, error) {
	switch {
	case s.last.Number == 0 || s.writer.Len() > 0 || s.tableSize != s.last.Table:
		return providers.Export{}, errors.New("there is no checkpoint of all that was converted")
	case ctx.Err() != nil:
		return providers.Export{}, ctx.Err()
	}
	if err := s.settle(); err != nil {
		return providers.Export{}, err
	}
	names := make(map[string]string, len(refs))
	for name, id := range refs {
		names[name] = id.String()
	}
	have, err := s.repo.Refs(ctx)
	if err != nil {
		return providers.Export{}, err
	}
	if err := s.moveRefs(ctx, have.Names, names); err != nil {
		return providers.Export{}, err
	}
	place := head
	if place == "" {
		place = defaultHead
	}
	if have.Head != place {
		if err := s.repo.SetHead(ctx, place); err != nil {
			return providers.Export{}, err
		}
	}
	return providers.Export{
		Refs:          names,
		DefaultBranch: head,
		ObjectFormat:  "sha1",
		Losses:        s.losses.List(),
	}, nil
}

// settle merges packs and keeps the losses that came after the checkpoint.
func (s *Session) settle() error {
	next := s.last
	var err error
	if next.Packs, err = s.merge(s.last.Packs); err != nil {
		return err
	}
	if slices.Equal(next.Packs, s.last.Packs) && s.losses.save().equal(s.last.Losses) {
		return nil
	}
	return s.commit(next, s.last.Packs)
}

func (l savedLosses) equal(other savedLosses) bool {
	return slices.Equal(l.Listed, other.Listed) && maps.Equal(l.More, other.More)
}

// moveRefs turns the refs of the repository from have into want, in one
// transaction. Git cannot replace "a" by "a/b" in one, so that what stands in
// the way of a new ref goes before it.
func (s *Session) moveRefs(ctx context.Context, have, want map[string]string) error {
	var updates []gitrepo.RefUpdate
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if have[name] != want[name] {
			updates = append(updates, gitrepo.RefUpdate{Name: name, New: want[name]})
		}
	}
	dirs := foldersOf(want)
	var first []gitrepo.RefUpdate
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, stays := want[name]; stays {
			continue
		}
		gone := gitrepo.RefUpdate{Name: name, Old: have[name]}
		if dirs[name] || isBelow(name, want) {
			first = append(first, gone)
		} else {
			updates = append(updates, gone)
		}
	}
	if err := s.repo.UpdateRefs(ctx, first); err != nil {
		return err
	}
	return s.repo.UpdateRefs(ctx, updates)
}

// foldersOf returns the folders that the refs are in: "refs/heads/a" for
// "refs/heads/a/b".
func foldersOf(refs map[string]string) map[string]bool {
	folders := map[string]bool{}
	for name := range refs {
		for i, c := range name {
			if c == '/' {
				folders[name[:i]] = true
			}
		}
	}
	return folders
}

// isBelow reports whether one of the refs is a folder of name.
func isBelow(name string, refs map[string]string) bool {
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		if _, ok := refs[name[:i]]; ok {
			return true
		}
	}
	return false
}
