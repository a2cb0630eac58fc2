package tfvc

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

const (
	// treeMemory is how many bytes of trees are kept in memory.
	treeMemory = 64 << 20

	// progressEvery is how many changesets there are between two reports.
	progressEvery = 25
)

// ExportGit converts the changesets that an earlier call has not, and sets the
// refs. It is resumed at the last checkpoint after a kill.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	const op = "convert"
	settings, err := readSettings(req.Repo.Settings)
	if err != nil {
		return providers.Export{}, err
	}
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	if req.Part != providers.PartCode {
		return providers.Export{}, failure(op, settings, providers.Errorf(providers.CodeUnsupported, "TFVC has no part %q", schema.Printable(string(req.Part))))
	}
	export, err := s.convert(ctx, settings, req, observe)
	if err != nil {
		return providers.Export{}, failure(op, settings, err)
	}
	return export, nil
}

func (s *source) convert(ctx context.Context, settings *settings, req providers.ExportRequest, observe func(providers.Progress)) (_ providers.Export, err error) {
	client, err := s.client(settings.address, observe)
	if err != nil {
		return providers.Export{}, err
	}
	defer client.Close()
	project, err := resolve(ctx, client, settings, req.Repo.Identity)
	if err != nil {
		return providers.Export{}, err
	}
	session, err := conversion.Open(ctx, req.Dir, settings.key(project))
	if err != nil {
		return providers.Export{}, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if err := session.KeepBooks(); err != nil {
		return providers.Export{}, err
	}
	c, err := resume(ctx, session, settings, client, project)
	if err != nil {
		return providers.Export{}, err
	}
	if err := c.all(ctx, client, project.Name, observe); err != nil {
		return providers.Export{}, err
	}
	return c.finish(ctx, client, project.Name, observe)
}

// resume makes the converter that goes on where the session stands.
func resume(ctx context.Context, session *conversion.Session, settings *settings, client *azure.Client, project azure.Project) (*converter, error) {
	state, err := session.State()
	if err != nil {
		return nil, err
	}
	trees := gittree.New(session.Writer(), treeMemory)
	var found []string
	if len(settings.Paths) == 0 {
		if found, err = branchPaths(ctx, client, project.Name); err != nil {
			return nil, err
		}
	}
	h := newHistory(layout{Branches: found, Patterns: settings.patterns()})
	if state != nil {
		h, err = readHistory(state)
		err = errors.Join(err, state.Close())
		if err == nil {
			err = h.grow(trees, found, session.Losses())
		}
	}
	if err != nil {
		return nil, err
	}
	scratch, err := session.Scratch()
	if err != nil {
		return nil, err
	}
	list := func(ctx context.Context, path string, version int) iter.Seq2[azure.Item, error] {
		return client.Items(ctx, path, version, azure.Full)
	}
	return &converter{
		history: h, session: session, settings: settings, losses: session.Losses(),
		reader: newReader(client, &planner{project.Name, list}, scratch, settings.WorkItems == trailersWord, h.blobs),
		trees:  trees, tree: newTree(trees), public: &publisher{trees: trees},
	}, nil
}

// all converts what is new.
func (c *converter) all(ctx context.Context, client *azure.Client, project string, observe func(providers.Progress)) error {
	path, from := serverRoot+project, c.history.last()
	latest, err := client.Latest(ctx, path)
	if err != nil {
		return err
	}
	switch {
	case latest == 0 && from == 0:
		return noContent(project)
	case latest < from:
		return &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("the project ends at changeset %d, and changeset %d was converted before", latest, from),
			Hint:    "if it was restored from a backup, remove the working copy of this repository to convert it anew"}
	case latest == from:
		return nil
	}
	done := 0
	for p, err := range c.reader.read(ctx, client.Changesets(ctx, path, from, latest)) {
		if err != nil {
			return err
		}
		if err := c.changeset(ctx, p); err != nil {
			return err
		}
		if c.session.Due() {
			if err := c.checkpoint(ctx); err != nil {
				return err
			}
		}
		if done++; done%progressEvery == 0 || p.set.Number == latest {
			// Numbers belong to the whole collection, so this is a good guess.
			observe(providers.Progress{Phase: "importing", Done: int64(p.set.Number - from), Total: int64(latest - from), Unit: "changesets"})
		}
	}
	if last := c.history.last(); last != latest {
		return &providers.Error{Code: providers.CodeUnavailable,
			Message: fmt.Sprintf("the list of changesets ends at %d, and the last one is %d", last, latest),
			Hint:    "apply again; what was received is kept"}
	}
	return nil
}

func (c *converter) checkpoint(ctx context.Context) error {
	if err := c.session.Checkpoint(ctx, c.history.write); err != nil {
		return err
	}
	c.trees.Use(c.session.Writer())
	return nil
}

// finish makes the refs.
func (c *converter) finish(ctx context.Context, client *azure.Client, project string, observe func(providers.Progress)) (providers.Export, error) {
	if err := c.readLabels(ctx, client, project, observe); err != nil {
		return providers.Export{}, err
	}
	var trunks []string
	if c.history.Layout.some() {
		var err error
		if trunks, err = trunkPaths(ctx, client, project); err != nil {
			return providers.Export{}, err
		}
	}
	refs, head, err := c.refs(trunks)
	if err != nil {
		return providers.Export{}, err
	}
	if err := c.checkpoint(ctx); err != nil {
		return providers.Export{}, err
	}
	export, err := c.session.Finish(ctx, refs, head)
	if err != nil {
		return providers.Export{}, err
	}
	for _, m := range c.history.Missing {
		export.Failed = append(export.Failed, m.failed())
	}
	return export, nil
}

// failed is how an export tells of missing contents.
func (m missing) failed() providers.ItemFailed {
	return providers.ItemFailed{
		Key:   schema.Key{Kind: schema.KindRepository, ID: fmt.Sprintf("C%d:%s", m.Changeset, schema.Printable(m.Path))},
		Title: schema.Printable(m.Path),
		Problem: &providers.Error{Code: providers.CodeNotFound, Op: "fetch contents", Subject: schema.Printable(m.Path), Message: m.Message,
			Hint: "the item was destroyed or may not be read; the commits are without it"},
	}
}
