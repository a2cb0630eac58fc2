package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Options say what is rewritten.
type Options struct {
	From string // the bare repository that is read
	To   string // the one that is made, beside From on one file system if possible

	// People returns who somebody is to be; empty parts stay. Nil maps nobody.
	// It is asked by one goroutine at a time, and must answer the same question
	// in the same way.
	People func(schema.Author) (name, email string)

	// Trailers asks for people in messages too.
	Trailers bool

	// LargeFiles says what becomes of large files. Nil leaves them.
	LargeFiles *LargeFiles

	// IDs asks for commit ids in messages to follow.
	IDs bool

	// Key is a digest of the source's identity and of what People answers. With
	// another key, or other options, the result is made anew.
	Key string
}

// key covers everything that decides which ids commits get.
func (o Options) key() string {
	return schema.Digest([]any{o.Key, o.People != nil, o.Trailers, o.LargeFiles, o.IDs})
}

// Result is what Rewrite made. Counts are of all calls with the same key.
type Result struct {
	Refs map[string]string // full ref name -> object id
	Head string            // the ref that HEAD names, "" if it is detached

	Commits   int64 // converted, whether they changed or not
	Rewritten int64 // of these, those with another id than before
	Tags      int64 // annotated tags that refs lead to

	SignaturesDropped int64

	LFSObjects, LFSBytes  int64 // that files were moved to
	Removed, RemovedBytes int64 // versions of files

	Losses []schema.Loss
}

// Rewrite makes the bare repository o.To hold the refs of o.From with their
// history rewritten. It uses the objects of o.From, which has to stay where
// it is relative to o.To, and adds only what is new. Called again with the same
// options it converts only new commits; refs that left o.From leave o.To. A
// repository of other options is replaced once the new one is complete.
//
// The names o.To.partial and o.To.old belong to Rewrite as well. Two calls for
// one o.To must not run at a time: locks found there count as left behind.
//
// observe, if not nil, is told about commits, by one goroutine at a time.
func Rewrite(ctx context.Context, o Options, observe func(done, total int64)) (Result, error) {
	result, err := rewrite(ctx, o, observe)
	if err != nil {
		return Result{}, fmt.Errorf("rewrite history of %s: %w", o.From, err)
	}
	return result, nil
}

func rewrite(ctx context.Context, o Options, observe func(done, total int64)) (_ Result, err error) {
	if o.LargeFiles != nil {
		if err := o.LargeFiles.check(); err != nil {
			return Result{}, err
		}
	}
	from, err := gitrepo.Open(o.From)
	if err != nil {
		return Result{}, err
	}
	refs, err := readRefs(ctx, from)
	if err != nil {
		return Result{}, err
	}
	to, err := filepath.Abs(o.To)
	if err != nil {
		return Result{}, err
	}
	w, err := openWorkplace(ctx, from, to, o.key())
	if err != nil {
		return Result{}, err
	}
	store, err := gitpack.Open(w.repo.Dir())
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	writer, err := gitpack.NewWriter(store, w.repo.Dir())
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, writer.Abort()) }()
	p, err := newPass(o, store, writer, refs, observe)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	moved, err := w.prepare(ctx, p, from)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, moved.close()) }()
	if err := p.run(ctx); err != nil {
		return Result{}, err
	}
	if err := p.convertNotes(ctx, writer); err != nil {
		return Result{}, err
	}
	mapped, err := p.mapRefs()
	if err != nil {
		return Result{}, err
	}
	if err := errors.Join(moved.close(), w.keep(p, writer)); err != nil {
		return Result{}, err
	}
	if err := setRefs(ctx, w.repo, mapped, refs.Head); err != nil {
		return Result{}, err
	}
	result := w.result(p, mapped, refs.Head)
	result.LFSObjects, result.LFSBytes = moved.total()
	return result, w.publish()
}

// prepare opens what earlier calls left, for p to go on from there.
func (w *workplace) prepare(ctx context.Context, p *pass, from *gitrepo.Repo) (*pointers, error) {
	dir := filepath.Join(w.repo.Dir(), stateDir)
	var err error
	if p.commits, err = openTable(dir, w.state.Commits); err != nil {
		return nil, err
	}
	if p.tags, err = openTable(dir, w.state.Tags); err != nil {
		return nil, err
	}
	p.totals, p.losses = w.state.Totals, newLosses(w.state.Losses)
	if err := shareObjects(ctx, from.Dir(), w.repo.Dir()); err != nil {
		return nil, fmt.Errorf("share Git LFS objects: %w", err)
	}
	moved, err := openPointers(p.store, w.repo.Dir(), w.old)
	if err != nil {
		return nil, err
	}
	p.move = moved.move
	p.pointer = func(blob gitpack.ID) (gitrepo.Pointer, error) { return moved.moveOne(ctx, blob) }
	return moved, nil
}

// close releases the tables of earlier calls.
func (p *pass) close() error { return errors.Join(p.commits.close(), p.tags.close()) }

// keep makes what p did last.
func (w *workplace) keep(p *pass, writer *gitpack.Writer) error {
	dir := filepath.Join(w.repo.Dir(), stateDir)
	pack, err := writer.Finish()
	if err != nil {
		return err
	}
	s := w.state
	if s.Commits, err = p.commits.add(dir, "commits", p.made); err != nil {
		return err
	}
	if s.Tags, err = p.tags.add(dir, "tags", p.tagger.made); err != nil {
		return err
	}
	p.losses.signatures(p.totals.Signatures - s.Totals.Signatures)
	s.Totals, s.Losses = p.totals, p.losses.list
	return w.save(s, pack)
}

func (w *workplace) result(p *pass, refs map[string]string, head string) Result {
	delete(refs, headName)
	t := p.totals
	return Result{
		Refs: refs, Head: head,
		Commits: int64(p.commits.len() + len(p.made)), Rewritten: t.Rewritten, Tags: int64(len(p.tips.tags)),
		SignaturesDropped: t.Signatures, Removed: t.Removed, RemovedBytes: t.RemovedBytes,
		Losses: w.state.Losses,
	}
}

// Preview returns how many commits would get another id than they have now: in
// o.To, if that is there, else in o.From. It writes nothing. Notes do not
// count.
func Preview(ctx context.Context, o Options) (commits int64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("preview rewrite of %s: %w", o.From, err)
		}
	}()
	if o.LargeFiles != nil {
		if err := o.LargeFiles.check(); err != nil {
			return 0, err
		}
	}
	from, err := gitrepo.Open(o.From)
	if err != nil {
		return 0, err
	}
	refs, err := readRefs(ctx, from)
	if err != nil {
		return 0, err
	}
	now, err := readState(o.To)
	switch {
	case err == nil && now.fits(o.key()):
		return 0, nil // what is there stays, and what is not cannot change
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		now = state{} // damaged: it will be made anew
	}
	store, err := gitpack.Open(from.Dir())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	p, err := newPass(o, store, dry{}, refs, nil)
	if err != nil {
		return 0, err
	}
	if p.pointer, err = imagined(store, o.To); err != nil {
		return 0, err
	}
	p.move = func(context.Context, []gitpack.ID) error { return nil }
	if err := p.run(ctx); err != nil {
		return 0, err
	}
	return countChanged(p.made, filepath.Join(o.To, stateDir), now)
}

// countChanged compares commits with what they are now.
func countChanged(made []pair, dir string, now state) (n int64, err error) {
	t, err := openTable(dir, now.Commits)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	current := make(map[gitpack.ID]gitpack.ID, t.len())
	for p, err := range t.all() {
		if err != nil {
			return 0, err
		}
		current[p.raw] = p.new
	}
	for _, p := range made {
		was, ok := current[p.raw]
		if !ok && len(current) > 0 {
			continue // not there yet
		}
		if !ok {
			was = p.raw
		}
		if was != p.new {
			n++
		}
	}
	return n, nil
}

// imagined returns pointers as the repository dir has them. Of blobs that it did
// not move it makes some up: no commit there can hold such a pointer.
func imagined(store *gitpack.Store, dir string) (func(gitpack.ID) (gitrepo.Pointer, error), error) {
	known, err := readPointers(dir)
	if err != nil {
		return nil, err
	}
	return func(blob gitpack.ID) (gitrepo.Pointer, error) {
		if p, ok := known[blob]; ok {
			return p, nil
		}
		_, size, err := store.Stat(blob)
		return gitrepo.Pointer{OID: strings.Repeat(blob.String(), 2)[:64], Size: size}, err
	}, nil
}
