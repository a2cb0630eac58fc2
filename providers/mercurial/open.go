package mercurial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/bundle"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
	"github.com/drover-migrate/drover/providers/mercurial/hg/store"
	"github.com/drover-migrate/drover/providers/mercurial/hg/wire"
	"github.com/drover-migrate/drover/schema"
)

// glance is what can be told of a repository without reading its history.
type glance struct {
	identity  string
	validator string // equal ones mean that nothing changed
}

// history is a repository that is on this machine, as a whole.
type history struct {
	hg.Repository
	order wire.Order // of heads, where numbers do not tell
	close func() error
}

func (h history) Close() error {
	err := h.Repository.Close()
	if h.close != nil {
		err = errors.Join(err, h.close())
	}
	return err
}

// isBundle reports whether the path at a is a file, and hence a bundle.
func (s *source) isBundle(a address) bool {
	if !a.local() {
		return false
	}
	info, err := os.Stat(a.absolute(s.dir))
	return err == nil && info.Mode().IsRegular()
}

// glance looks at the repository at a.
func (s *source) glance(ctx context.Context, a address) (glance, error) {
	switch {
	case !a.local():
		return s.glanceFar(ctx, a)
	case s.isBundle(a):
		return s.glanceBundle(ctx, a)
	}
	repo, err := store.Open(a.absolute(s.dir), store.Options{Scratch: s.scratch})
	if err != nil {
		return glance{}, err
	}
	defer repo.Close()
	return glanceStore(repo, a)
}

// glanceStore looks at a repository that is on this machine.
func glanceStore(repo hg.Repository, a address) (glance, error) {
	log, err := repo.Changelog()
	if err != nil {
		return glance{}, fmt.Errorf("read the changelog: %w", err)
	}
	defer log.Close()
	t := newTable(log)
	var heads [][]string
	first := hg.Node{}
	for _, last := range []hg.Phase{hg.Draft, hg.Public} {
		for i := range t.rows {
			t.rows[i].exported = repo.Phase(i) <= last && !repo.Hidden(i)
			if t.rows[i].exported && first.IsNull() {
				first = log.Entry(i).Node
			}
		}
		var nodes []string
		for _, i := range t.heads() {
			nodes = append(nodes, log.Entry(i).Node.String())
		}
		heads = append(heads, nodes)
	}
	return glance{identity: identityOf(first, a), validator: schema.Digest([]any{heads, names(repo.Bookmarks())})}, nil
}

// identityOf is the id of a repository with this first changeset. One that has
// none yet is known by its address, and becomes another repository with it.
func identityOf(first hg.Node, a address) string {
	if first.IsNull() {
		return "empty:" + a.fullName()
	}
	return first.String()
}

func names(bookmarks map[string]hg.Node) map[string]string {
	byName := map[string]string{}
	for name, node := range bookmarks {
		byName[name] = node.String()
	}
	return byName
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// first is a sink that looks at the first changeset and wants no more.
type first struct{ node hg.Node }

func (f *first) Begin(log bundle.Log) error {
	if log.Kind != bundle.Changelog {
		return errEnough
	}
	return nil
}

func (f *first) Revision(r bundle.Revision) error {
	f.node = r.Node
	return errEnough
}

func (f *first) PhaseHeads(hg.Phase, []hg.Node) error { return nil }
func (f *first) TargetPhase(hg.Phase) error           { return nil }
func (f *first) Bookmark(string, hg.Node) error       { return nil }
func (f *first) Obsolete([]byte) error                { return nil }

// glanceBundle looks at a bundle file. It is another one when its size or the
// time of its last change differ.
func (s *source) glanceBundle(ctx context.Context, a address) (glance, error) {
	file, err := os.Open(a.absolute(s.dir))
	if err != nil {
		return glance{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return glance{}, err
	}
	var f first
	if err := bundle.Read(ctx, file, &f); err != nil && !errors.Is(err, errEnough) {
		return glance{}, err
	}
	return glance{identity: identityOf(f.node, a), validator: schema.Digest([]any{info.Size(), info.ModTime().UnixNano()})}, nil
}

// glanceFar looks at a repository on a server.
func (s *source) glanceFar(ctx context.Context, a address) (glance, error) {
	peer, err := s.dial(ctx, a)
	if err != nil {
		return glance{}, err
	}
	defer peer.Close()
	state, err := peer.State(ctx)
	if err != nil {
		return glance{}, err
	}
	first, err := peer.First(ctx)
	if err != nil {
		return glance{}, err
	}
	var nodes [2][]string
	for i, list := range [][]hg.Node{state.Heads, state.DraftRoots} {
		for _, n := range list {
			nodes[i] = append(nodes[i], n.String())
		}
	}
	return glance{identity: identityOf(first, a), validator: schema.Digest([]any{nodes, names(state.Bookmarks)})}, nil
}

func (s *source) dial(ctx context.Context, a address) (*wire.Peer, error) {
	return wire.Dial(ctx, a.url, wire.Options{Username: s.username, Password: s.password, Transport: s.transport})
}

// history opens the repository at a. What is no repository on this machine is
// brought to the folder kept first, which may hold what an earlier call
// brought.
func (s *source) history(ctx context.Context, a address, kept, scratch string, observe func(providers.Progress)) (history, error) {
	switch {
	case !a.local():
		return s.pull(ctx, a, kept, scratch, observe)
	case s.isBundle(a):
		return s.unpack(ctx, a, kept, scratch, observe)
	}
	repo, err := store.Open(a.absolute(s.dir), store.Options{Scratch: scratch})
	if err != nil {
		return history{}, err
	}
	return history{Repository: repo}, nil
}

// pull brings what is new on a server.
func (s *source) pull(ctx context.Context, a address, kept, scratch string, observe func(providers.Progress)) (_ history, err error) {
	peer, err := s.dial(ctx, a)
	if err != nil {
		return history{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, peer.Close())
		}
	}()
	local, err := spool.Open(kept, spool.Options{Scratch: scratch})
	if errors.Is(err, hg.ErrCorrupt) { // it is only a copy
		if err = os.RemoveAll(kept); err == nil {
			local, err = spool.Open(kept, spool.Options{Scratch: scratch})
		}
	}
	if err != nil {
		return history{}, err
	}
	_, err = peer.Pull(ctx, local, func(n int64) {
		observe(providers.Progress{Phase: "receiving", Done: n, Unit: "bytes"})
	})
	var order wire.Order
	if err == nil {
		order, err = peer.Order(ctx)
	}
	if err != nil {
		return history{}, errors.Join(err, local.Close())
	}
	return history{Repository: &farRepository{Spool: local, ctx: ctx, peer: peer, lfs: s.lfs(a)}, order: order, close: peer.Close}, nil
}

// unpack makes a repository of a bundle file. It begins anew each time, because
// what an older bundle held besides is not in the source any more.
func (s *source) unpack(ctx context.Context, a address, kept, scratch string, observe func(providers.Progress)) (history, error) {
	file, err := os.Open(a.absolute(s.dir))
	if err != nil {
		return history{}, err
	}
	defer file.Close()
	if err := os.RemoveAll(kept); err != nil {
		return history{}, err
	}
	local, err := spool.Open(kept, spool.Options{Scratch: scratch})
	if err != nil {
		return history{}, err
	}
	counted := &counter{from: file, observe: observe}
	if info, err := file.Stat(); err == nil {
		counted.total = info.Size()
	}
	if err := local.Add(ctx, counted); err != nil {
		return history{}, errors.Join(err, local.Close())
	}
	return history{Repository: local}, nil
}

// counter tells how much of a file was read.
type counter struct {
	from        io.Reader
	done, total int64
	observe     func(providers.Progress)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.done += int64(n)
	c.observe(providers.Progress{Phase: "receiving", Done: c.done, Total: c.total, Unit: "bytes"})
	return n, err
}

// bundleMagic begins every bundle file.
var bundleMagic = []byte("HG")

// looksLikeBundle reports whether a file begins as bundles do.
func looksLikeBundle(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 4)
	_, err = io.ReadFull(file, head)
	return err == nil && bytes.HasPrefix(head, bundleMagic) && (string(head[2:]) == "10" || string(head[2:]) == "20" || string(head[2:]) == "S1")
}
