package tfvc

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// branchPaths lists the folders of a project that the server says are branches,
// or were, and what those were called before.
func branchPaths(ctx context.Context, client *azure.Client, project string) ([]string, error) {
	var found []string
	for b, err := range client.Branches(ctx, serverRoot+project) {
		if err != nil {
			return nil, fmt.Errorf("list branches: %w", err)
		}
		p, inside, err := relative(b.Path, project)
		if err != nil {
			return nil, err
		}
		if inside {
			found = append(found, p)
		}
	}
	former := make([][]string, len(found))
	ask, ctx := errgroup.WithContext(ctx)
	ask.SetLimit(client.Connections())
	for i, p := range found {
		ask.Go(func() (err error) {
			former[i], err = formerPaths(ctx, client, project, p)
			return err
		})
	}
	if err := ask.Wait(); err != nil {
		return nil, fmt.Errorf("find what branches were called before: %w", err)
	}
	return distinctPaths(append(found, slices.Concat(former...)...)), nil
}

// maxFormer is how many names of one branch are followed.
const maxFormer = 100

// formerPaths follows the renames of a branch back, of which the server's list
// says nothing: the changeset that made its folder tells what was renamed.
func formerPaths(ctx context.Context, client *azure.Client, project, path string) (found []string, err error) {
	for range maxFormer {
		number, err := client.First(ctx, serverRoot+join(project, path))
		if providers.CodeOf(err) == providers.CodeNotFound || err == nil && number == 0 {
			return found, nil // a branch of which nothing is left
		}
		if err != nil {
			return nil, err
		}
		before, err := renamedFrom(ctx, client, project, path, number)
		if err != nil || before == "" || slices.Contains(found, before) {
			return found, err
		}
		found, path = append(found, before), before
	}
	return found, nil
}

// renamedFrom returns what the folder at path was called before a changeset, or
// "".
func renamedFrom(ctx context.Context, client *azure.Client, project, path string, number int) (string, error) {
	p := &planner{project: project}
	out := &plan{set: azure.Changeset{Number: number}}
	for change, err := range client.Changes(ctx, number) {
		if err != nil {
			return "", err
		}
		at, inside, err := relative(change.Item.Path, project)
		if err != nil {
			return "", err
		}
		if !inside || !within(fold(path), fold(at)) {
			continue
		}
		if !change.Type.Has(azure.Rename) {
			if fold(path) == fold(at) && !change.Type.Has(azure.Delete) {
				return "", nil
			}
			continue
		}
		_, from, err := p.source(out, change)
		if err != nil || from == nil || from.foreign != "" {
			return "", err
		}
		return join(from.path, rest(path, at)), nil
	}
	return "", nil
}

// distinctPaths sorts paths and leaves out those that differ only in case.
func distinctPaths(list []string) []string {
	slices.SortFunc(list, comparePaths)
	return slices.CompactFunc(list, func(a, b string) bool { return fold(a) == fold(b) })
}

// lossLayout is the code of branches that came too late.
const lossLayout = "tfvc.layout"

// grow adds the branches that the server tells of by now and that were not there
// before. The others are reported: for them everything would have to be
// converted anew.
func (h *history) grow(trees *gittree.Trees, found []string, losses *conversion.Losses) error {
	losses.Forget(lossLayout)
	if len(h.Layout.Patterns) > 0 {
		return nil
	}
	var late []string
	for _, p := range found {
		if h.Layout.has(p) {
			continue
		}
		was, err := h.existed(trees, p)
		if err != nil {
			return err
		}
		if was || len(h.Layout.Branches) == 0 {
			late = append(late, schema.Printable(p))
			continue
		}
		h.Layout.Branches = distinctPaths(append(h.Layout.Branches, p))
	}
	if len(late) > 0 {
		losses.Add(lossLayout, "", fmt.Sprintf("C%d", h.last()), fmt.Sprintf(
			"these folders became branches after they had been converted as ordinary ones, and stay that: %s; branches = [...] in the plan converts anew", strings.Join(late, ", ")))
	}
	return nil
}

// existed reports whether there was ever something at p.
func (h *history) existed(trees *gittree.Trees, p string) (bool, error) {
	var last gitpack.ID
	for _, root := range h.Roots {
		if root == last {
			continue
		}
		last = root
		if _, ok, err := find(trees, root, p); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// trunkPaths lists the branches of a project that were made of no other.
func trunkPaths(ctx context.Context, client *azure.Client, project string) (found []string, err error) {
	for b, err := range client.FirstBranches(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list branches: %w", err)
		}
		p, inside, err := relative(b.Path, project)
		if err != nil {
			return nil, err
		}
		if inside {
			found = append(found, p)
		}
	}
	return found, nil
}
