package subversion

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/schema"
)

const (
	// treeMemory is how many bytes of trees are kept in memory.
	treeMemory = 24 << 20

	// Revisions that are read before their turn: at most so many, with at most
	// so many bytes of texts in memory.
	windowRevisions = 128
	windowBytes     = 16 << 20

	// progressEvery is how many revisions there are between two reports.
	progressEvery = 100
)

// ExportGit converts the revisions that an earlier call has not, and sets the
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
		return providers.Export{}, failure(op, settings, providers.Errorf(providers.CodeUnsupported, "a Subversion repository has no part %q", schema.Printable(string(req.Part))))
	}
	export, err := s.convert(ctx, settings, req.Dir, observe)
	if err != nil {
		return providers.Export{}, failure(op, settings, err)
	}
	return export, nil
}

func (s *source) convert(ctx context.Context, settings *settings, dir string, observe func(providers.Progress)) (_ providers.Export, err error) {
	repo, err := s.open(ctx, settings.URL, observe)
	if err != nil {
		return providers.Export{}, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	session, err := conversion.Open(ctx, dir, settings.key(repo))
	if err != nil {
		return providers.Export{}, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if err := session.KeepBooks(); err != nil {
		return providers.Export{}, err
	}
	c, err := resume(ctx, session, settings, repo, observe)
	if err != nil {
		return providers.Export{}, err
	}
	if err := c.all(ctx, repo, observe); err != nil {
		return providers.Export{}, err
	}
	return c.finish(ctx, settings.folder(repo))
}

// resume makes the converter that goes on where the session stands.
func resume(ctx context.Context, session *conversion.Session, settings *settings, repo *opened, observe func(providers.Progress)) (*converter, error) {
	state, err := session.State()
	if err != nil {
		return nil, err
	}
	var h *history
	if state != nil {
		h, err = readHistory(state)
		err = errors.Join(err, state.Close())
	} else {
		h, err = begin(ctx, settings, repo, observe)
	}
	if err != nil {
		return nil, err
	}
	scratch, err := session.Scratch()
	if err != nil {
		return nil, err
	}
	objects := func() gittree.Objects { return session.Writer() }
	trees := gittree.New(session.Writer(), treeMemory)
	c := &converter{
		history: h, session: session, settings: settings, uuid: repo.uuid(), root: repo.Root(),
		trees: trees, losses: session.Losses(), due: session.Due,
		public: &publisher{trees: trees, objects: objects, settings: settings},
	}
	c.tree = &tree{trees: trees, objects: objects, settings: settings, rootAt: h.root,
		texts: newTexts(func() *gitpack.Writer { return session.Writer() }, scratch)}
	return c, nil
}

// begin decides the layout of a history that is converted for the first time.
func begin(ctx context.Context, settings *settings, repo *opened, observe func(providers.Progress)) (*history, error) {
	folder := settings.folder(repo)
	if settings.Layout != nil {
		l, err := settings.Layout.layout()
		if err != nil {
			return nil, err
		}
		l = l.under(folder)
		if settings.Project != "" {
			l.Home = folder
		}
		return newHistory(l, nil), nil
	}
	survey, err := readSurvey(ctx, repo, observe)
	if err != nil {
		return nil, err
	}
	found := survey.candidates(folder)
	switch {
	case settings.Project != "" || len(found) == 0:
	case len(found) == 1:
		return newHistory(survey.layout(found[0], folder), survey), nil
	default:
		return nil, severalProjects(found, folder)
	}
	return newHistory(survey.layout(folder, folder), survey), nil
}

// readSurvey reads the log of a repository.
func readSurvey(ctx context.Context, repo svn.Repository, observe func(providers.Progress)) (*survey, error) {
	latest, err := repo.Latest(ctx)
	if err != nil {
		return nil, err
	}
	s := newSurvey()
	for e, err := range repo.Log(ctx, 0, latest) {
		if err != nil {
			return nil, err
		}
		s.add(e)
		if e.Number%(100*progressEvery) == 0 {
			observe(providers.Progress{Phase: "counting", Done: e.Number, Total: latest, Unit: "revisions"})
		}
	}
	return s, nil
}

// all converts what is new.
func (c *converter) all(ctx context.Context, repo svn.Repository, observe func(providers.Progress)) error {
	latest, err := repo.Latest(ctx)
	if err != nil {
		return err
	}
	from := c.history.last() + 1
	switch {
	case latest < from-1:
		return &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("the repository ends at r%d, and r%d was converted before", latest, from-1),
			Hint:    "if it was restored from a backup, remove the working copy of this repository to convert it anew"}
	case latest < from:
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	in := read(ctx, repo, from, latest)
	defer in.drop()
	f := newForesight(c.tree.texts, runtime.GOMAXPROCS(0), c.blobAt)
	defer f.close()
	for {
		if err := in.fill(f); err != nil {
			return err
		}
		r := in.next()
		if r == nil {
			return nil
		}
		if err := c.step(ctx, r, f); err != nil {
			in.waiting = append(in.waiting, r) // its texts may be in use still
			return err
		}
		if err := r.Close(); err != nil {
			return err
		}
		if done := r.Number + 1 - from; done%progressEvery == 0 || r.Number == latest {
			observe(providers.Progress{Phase: "importing", Done: done, Total: latest + 1 - from, Unit: "revisions"})
		}
	}
}

// step converts one revision, and makes a checkpoint if one is due.
func (c *converter) step(ctx context.Context, r *svn.Revision, f *foresight) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if s := c.history.Survey; s != nil && r.Number > s.Seen {
		s.add(logEntry(r))
	}
	if err := c.revision(r); err != nil {
		return err
	}
	f.passed(r)
	if !c.due() {
		return nil
	}
	f.drain()
	return c.checkpoint(ctx)
}

func (c *converter) checkpoint(ctx context.Context) error {
	if err := c.session.Checkpoint(ctx, c.history.write); err != nil {
		return err
	}
	c.trees.Use(c.session.Writer())
	return nil
}

// blobAt returns the blob of a plain file in a revision that is finished.
func (c *converter) blobAt(p string, rev int64) (gitpack.ID, bool) {
	if rev < 0 {
		rev = c.history.last()
	}
	root, ok := c.history.root(rev)
	if !ok {
		return gitpack.ID{}, false
	}
	e, ok, err := c.trees.Lookup(root, stored(p))
	if err != nil || !ok || e.Mode != gittree.File && e.Mode != gittree.Executable {
		return gitpack.ID{}, false // who comes to that revision finds out
	}
	return e.ID, true
}

// finish makes the refs.
func (c *converter) finish(ctx context.Context, folder string) (providers.Export, error) {
	c.checkLayout(folder)
	refs, head, err := c.refs()
	if err != nil {
		return providers.Export{}, err
	}
	if err := c.checkpoint(ctx); err != nil {
		return providers.Export{}, err
	}
	return c.session.Finish(ctx, refs, head)
}

// logEntry is a revision as the log tells it.
func logEntry(r *svn.Revision) svn.LogEntry {
	e := svn.LogEntry{Number: r.Number, Props: r.Props}
	for _, n := range r.Nodes {
		e.Changes = append(e.Changes, svn.Change{Action: n.Action, Kind: n.Kind, Path: n.Path, FromPath: n.FromPath, FromRevision: n.FromRevision})
	}
	return e
}

// intake reads revisions ahead of the one at hand.
type intake struct {
	from    <-chan arrival
	stop    context.CancelFunc
	waiting []*svn.Revision
	held    int64
	ended   bool
}

type arrival struct {
	revision *svn.Revision
	err      error
}

// read begins to read the revisions from..to.
func read(ctx context.Context, repo svn.Repository, from, to int64) *intake {
	ctx, stop := context.WithCancel(ctx)
	arrivals := make(chan arrival, 4)
	go func() {
		defer close(arrivals)
		for r, err := range repo.Revisions(ctx, from, to) {
			select {
			case arrivals <- arrival{r, err}:
			case <-ctx.Done():
				if r != nil {
					_ = r.Close() // nobody waits for it any more
				}
				return
			}
		}
		if err := context.Cause(ctx); err != nil {
			arrivals <- arrival{err: err}
		}
	}()
	return &intake{from: arrivals, stop: stop}
}

// fill takes what has arrived, and waits only when nothing has.
func (in *intake) fill(f *foresight) error {
	for !in.ended && len(in.waiting) < windowRevisions && in.held < windowBytes {
		a, ok := in.receive()
		switch {
		case !ok:
			return nil
		case a.err != nil:
			return a.err
		case a.revision == nil:
			in.ended = true
			return nil
		}
		for _, n := range a.revision.Nodes {
			if n.Text != nil {
				n.Text.Expect(n.MD5, n.SHA1)
			}
		}
		in.waiting = append(in.waiting, a.revision)
		in.held += heldBytes(a.revision)
		f.revision(a.revision)
	}
	return nil
}

func (in *intake) receive() (a arrival, ok bool) {
	if len(in.waiting) == 0 {
		return <-in.from, true
	}
	select {
	case a = <-in.from:
		return a, true
	default:
		return a, false
	}
}

// next returns the revision whose turn it is, or nil at the end.
func (in *intake) next() *svn.Revision {
	if len(in.waiting) == 0 {
		return nil
	}
	r := in.waiting[0]
	in.waiting = in.waiting[1:]
	in.held -= heldBytes(r)
	return r
}

// drop ends the reading.
func (in *intake) drop() {
	in.stop()
	for a := range in.from {
		if a.revision != nil {
			_ = a.revision.Close() // nobody needs it any more
		}
	}
	for _, r := range in.waiting {
		_ = r.Close()
	}
}

// heldBytes is how many bytes of a revision's texts are in memory.
func heldBytes(r *svn.Revision) (n int64) {
	for _, node := range r.Nodes {
		if node.Text != nil {
			n += node.Text.Held()
		}
	}
	return n
}
