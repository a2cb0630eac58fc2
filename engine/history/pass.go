package history

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/gittree"
)

// pass converts what was not converted yet. Its out decides whether anything is
// written.
type pass struct {
	o       Options
	store   *gitpack.Store
	out     sink
	commits table
	tags    table
	tips    *tips
	asker   *asker
	losses  *losses
	observe func(done, total int64)

	move    func(ctx context.Context, blobs []gitpack.ID) error // to Git LFS, ahead of pointer
	pointer func(blob gitpack.ID) (gitrepo.Pointer, error)

	forester *forester // nil: trees stay
	resolver *resolver // of the commits
	tagger   *tagger
	notes    *noter
	totals   totals
	made     []pair // commits of this pass
}

func newPass(o Options, store *gitpack.Store, out sink, refs gitrepo.Refs, observe func(done, total int64)) (*pass, error) {
	p := &pass{o: o, store: store, out: out, losses: newLosses(nil), observe: observe}
	if p.observe == nil {
		p.observe = func(int64, int64) {}
	}
	if o.People != nil {
		p.asker = &asker{people: o.People}
	}
	var err error
	p.tips, err = findTips(store, refs)
	return p, err
}

func (p *pass) editor() *editor { return &editor{people: newPeople(p.asker), trailers: p.o.Trailers} }

// converted reports whether an earlier pass converted a commit.
func (p *pass) converted(id gitpack.ID) (bool, error) {
	_, ok, err := p.commits.get(id)
	return ok, err
}

// run converts commits and tags, but not notes.
func (p *pass) run(ctx context.Context) error {
	large := p.o.LargeFiles
	load := &loader{
		store: p.store, editor: p.editor, converted: p.converted,
		mentions: p.o.IDs, trees: large != nil, keep: true,
	}
	g, err := load.load(ctx, p.tips.commits, p.commits.len() == 0)
	if err != nil {
		return err
	}
	if large != nil && (g.len() > 0 || len(p.tips.trees) > 0) {
		if err := p.surveyLarge(ctx, g); err != nil {
			return err
		}
	}
	p.resolver = newResolver(p.store, g, p.commits, p.o.IDs)
	c := &converter{
		resolver: p.resolver, loader: load, forester: p.forester, out: p.out, ids: p.o.IDs, observe: p.observe,
	}
	if err := c.convert(ctx); err != nil {
		return err
	}
	p.totals.Rewritten += c.rewritten
	p.totals.Signatures += c.signatures
	p.adopt(p.resolver)
	return p.convertTags(ctx)
}

// adopt adds the commits of a graph to those of this pass.
func (p *pass) adopt(r *resolver) {
	for i, id := range r.graph.ids {
		p.made = append(p.made, pair{id, r.became[i]})
	}
}

// surveyLarge finds the large files of the commits of g, and makes ready to
// replace them.
func (p *pass) surveyLarge(ctx context.Context, g *graph) error {
	survey, err := newSurvey(p.store, *p.o.LargeFiles)
	if err != nil {
		return err
	}
	p.forester = newForester(survey, p.out)
	p.forester.kept, p.forester.pointer = p.losses.kept, p.pointer
	for _, id := range g.outside { // what is in there was told when it was converted
		_, data, err := p.store.Read(id)
		if err != nil {
			return fmt.Errorf("read commit %s: %w", id, err)
		}
		if links, ok := parseLinks(data, nil); ok {
			if err := survey.tell(links.tree, func(found) error { return nil }); err != nil {
				return err
			}
		}
	}
	var blobs []gitpack.ID
	tell := func(tree, commit gitpack.ID) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		return survey.tell(tree, func(f found) error {
			if p.o.LargeFiles.Mode == Move {
				blobs = append(blobs, f.blob)
				return nil
			}
			p.losses.removed(f, commit)
			p.totals.Removed++
			p.totals.RemovedBytes += f.size
			return nil
		})
	}
	for _, i := range g.order(nil) {
		if g.trees[i].IsZero() {
			continue
		}
		if err := tell(g.trees[i], g.ids[i]); err != nil {
			return fmt.Errorf("large files of commit %s: %w", g.ids[i], err)
		}
	}
	for _, tree := range p.tips.trees {
		if _, told, err := p.tags.get(tree); err != nil {
			return err
		} else if told {
			continue
		}
		if err := tell(tree, tree); err != nil {
			return fmt.Errorf("large files of tree %s: %w", tree, err)
		}
	}
	return p.move(ctx, blobs)
}

// convertTags converts tags, and the trees that are named without a commit.
func (p *pass) convertTags(ctx context.Context) error {
	p.tagger = &tagger{
		resolver: p.resolver, editor: p.editor(), ids: p.o.IDs, out: p.out, table: p.tags,
		became: map[gitpack.ID]gitpack.ID{},
	}
	if p.forester != nil {
		for _, tree := range p.tips.trees {
			if err := p.tagger.convertTree(ctx, p.forester, tree); err != nil {
				return err
			}
		}
	}
	for _, tag := range p.tips.tags {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := p.tagger.convert(tag); err != nil {
			return err
		}
	}
	p.totals.Signatures += p.tagger.signatures
	return nil
}

// convertNotes converts the commits that only notes lead to.
func (p *pass) convertNotes(ctx context.Context, writer *gitpack.Writer) error {
	load := &loader{store: p.store, editor: p.editor, converted: func(id gitpack.ID) (bool, error) {
		_, ok, err := p.resolver.get(id)
		return ok, err
	}}
	g, err := load.load(ctx, p.tips.notes, false)
	if err != nil {
		return err
	}
	n := &noter{
		resolver: newResolver(p.store, g, p.commits, false), main: p.resolver, editor: p.editor(),
		trees: gittree.New(writer, notesCache), writer: writer, object: p.object,
	}
	if err := n.convert(ctx); err != nil {
		return err
	}
	p.totals.Rewritten += n.rewritten
	p.totals.Signatures += n.signatures
	p.notes = n
	p.adopt(n.resolver)
	return nil
}

// object returns what became of what refs lead to, and of other objects those
// themselves.
func (p *pass) object(id gitpack.ID) (gitpack.ID, error) {
	if became, ok := p.tagger.became[id]; ok {
		return became, nil
	}
	get := p.resolver.get
	if p.notes != nil {
		get = p.notes.get
	}
	became, ok, err := get(id)
	if !ok {
		return id, err
	}
	return became, err
}

// mapRefs returns the refs as they become.
func (p *pass) mapRefs() (map[string]string, error) { return p.tips.mapRefs(p.object) }
