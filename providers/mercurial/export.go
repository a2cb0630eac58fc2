package mercurial

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/schema"
)

// ExportGit converts the repository into req.Dir. A large file that the source
// has lost is in Export.Failed and does not fail the export.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	const op = "convert"
	set, a, err := readSettings(req.Repo)
	if err != nil {
		return providers.Export{}, err
	}
	if req.Part != providers.PartCode {
		return providers.Export{}, failure(op, a, providers.Errorf(providers.CodeUnsupported, "Mercurial has no part %q", schema.Printable(string(req.Part))))
	}
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	export, err := s.export(ctx, req.Dir, set, a, observe)
	if err != nil {
		return providers.Export{}, failure(op, a, err)
	}
	return export, nil
}

func (s *source) export(ctx context.Context, dir string, set settings, a address, observe func(providers.Progress)) (_ providers.Export, err error) {
	if err := ctx.Err(); err != nil {
		return providers.Export{}, err
	}
	g, err := s.glance(ctx, a)
	if err != nil {
		return providers.Export{}, err
	}
	session, err := conversion.Open(ctx, dir, set.key(g.identity))
	if err != nil {
		return providers.Export{}, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	scratch, err := session.Scratch()
	if err != nil {
		return providers.Export{}, err
	}
	spool, err := session.Spool()
	if err != nil {
		return providers.Export{}, err
	}
	repo, err := s.history(ctx, a, spool, scratch, observe)
	if err != nil {
		return providers.Export{}, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	c := &converter{repo: repo, session: session, settings: set, identity: g.identity, scratch: scratch, observe: observe, due: session.Due}
	refs, err := c.convert(ctx)
	if err != nil {
		return providers.Export{}, err
	}
	export, err := session.Finish(ctx, refs.commits, refs.head)
	if err != nil {
		return providers.Export{}, err
	}
	// These are of the refs as they are now, and found anew by every run.
	export.Losses = append(export.Losses, refs.losses...)
	for _, m := range c.missing {
		export.Failed = append(export.Failed, m.failed())
	}
	slices.SortFunc(export.Failed, func(a, b providers.ItemFailed) int {
		return cmp.Or(strings.Compare(a.Title, b.Title), strings.Compare(a.Key.ID, b.Key.ID))
	})
	return export, nil
}
