package wire

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/spool"
)

// slice is how many changesets a Peer asks for at once.
const slice = 5000

// Pull brings what the server has and the spool has not, makes the spool show
// what the server has, and returns the server's state. It calls observe, when
// that is not nil, with the number of bytes received so far. What a Pull that
// failed has brought in complete slices, the next one does not ask for again.
func (p *Peer) Pull(ctx context.Context, into *spool.Spool, observe func(bytes int64)) (State, error) {
	state, err := p.State(ctx)
	if err != nil {
		return State{}, err
	}
	missing := slices.DeleteFunc(slices.Clone(state.Heads), into.Has)
	if len(missing) > 0 {
		f := &fetch{peer: p, into: into, observe: observe}
		if err := f.run(ctx, missing); err != nil {
			return State{}, err
		}
	}
	roots := map[hg.Node]hg.Phase{}
	for _, n := range state.DraftRoots {
		roots[n] = hg.Draft
	}
	return state, into.Follow(state.Heads, state.Bookmarks, roots)
}

// fetch is one Pull under way.
type fetch struct {
	peer    *Peer
	into    *spool.Spool
	observe func(bytes int64)
	bytes   int64
	common  []hg.Node // what both sides have, with all ancestors
}

func (f *fetch) run(ctx context.Context, missing []hg.Node) error {
	if err := f.findCommon(ctx); err != nil {
		return err
	}
	held, err := f.held()
	if err != nil {
		return err
	}
	for at := held + f.peer.slice - 1; f.peer.can("lookup"); at += f.peer.slice {
		n, ok, err := f.peer.lookup(ctx, strconv.Itoa(at))
		if err != nil {
			return err
		}
		if !ok || f.into.Has(n) {
			break
		}
		if err := f.get(ctx, []hg.Node{n}); err != nil {
			return err
		}
	}
	return f.get(ctx, slices.DeleteFunc(missing, f.into.Has))
}

// held is the number of changesets in the spool.
func (f *fetch) held() (int, error) {
	log, err := f.into.Changelog()
	if err != nil {
		return 0, err
	}
	defer log.Close()
	return log.Len(), nil
}

// get brings heads and their ancestors.
func (f *fetch) get(ctx context.Context, heads []hg.Node) error {
	if len(heads) == 0 {
		return nil
	}
	common := f.common
	if len(common) == 0 {
		common = []hg.Node{{}}
	}
	options := []arg{{"heads", joinNodes(heads)}, {"common", joinNodes(common)}}
	if f.peer.can("bundle2") {
		options = append(options, arg{"bundlecaps", bundleCaps()}, arg{"cg", "1"})
	}
	body, err := f.peer.conn.stream(ctx, request{command: "getbundle", options: options, open: true})
	if err != nil {
		return err
	}
	defer body.Close()
	counted := &counted{fetch: f, from: body}
	if f.peer.can("bundle2") {
		err = f.into.Add(ctx, counted)
	} else {
		err = f.into.AddChangegroup(ctx, counted)
	}
	if err != nil {
		return err
	}
	for _, n := range heads {
		if !f.into.Has(n) {
			return &providers.Error{Code: providers.CodeInvalid, Message: "the server did not send the changeset " + n.String() + " that it was asked for",
				Hint: "check the repository on the server with hg verify"}
		}
	}
	f.common = append(f.common, heads...)
	return nil
}

// bundleCaps says that we read bundles of version 2, and what in them.
func bundleCaps() string {
	caps := []string{"HG20", "bookmarks", "changegroup=01,02,03", "error=abort,unsupportedcontent", "listkeys", "phases=heads"}
	return "HG20,bundle2=" + url.PathEscape(strings.Join(caps, "\n"))
}

// findCommon finds changesets that both sides have. It asks for the heads of
// the spool; of a head that the server does not have, it looks for the youngest
// ancestor that it has along first parents.
func (f *fetch) findCommon(ctx context.Context) error {
	if !f.peer.can("known") {
		return nil
	}
	log, err := f.into.Changelog()
	if err != nil {
		return err
	}
	defer log.Close()
	searches := searchesFrom(log)
	for {
		var nodes []hg.Node
		for _, s := range searches {
			nodes = append(nodes, log.Entry(s.middle()).Node)
		}
		if len(nodes) == 0 {
			return nil
		}
		known, err := f.peer.Known(ctx, nodes)
		if err != nil {
			return err
		}
		var open []search
		for i, s := range searches {
			if known[i] {
				f.common = append(f.common, nodes[i])
			}
			if s = s.narrow(known[i]); len(s.line) > 0 {
				open = append(open, s)
			}
		}
		searches = open
	}
}

// maxSearches bounds the heads that are looked for. More would only save
// sending again what a server has of lines that it dropped.
const maxSearches = 1000

// search looks for the youngest changeset of a line that the server has.
type search struct {
	line  []int // from the head down its first parents
	first bool  // nothing was asked yet
}

func searchesFrom(log hg.Log) []search {
	inner := make([]bool, log.Len())
	for i := range log.Len() {
		e := log.Entry(i)
		for _, p := range [2]int{e.P1, e.P2} {
			if p >= 0 {
				inner[p] = true
			}
		}
	}
	// Lines that run together are followed once, so that all of them are not
	// longer than the log.
	seen := make([]bool, log.Len())
	var searches []search
	for i := log.Len() - 1; i >= 0 && len(searches) < maxSearches; i-- {
		if inner[i] {
			continue
		}
		s := search{first: true}
		for at := i; at >= 0 && !seen[at]; at = log.Entry(at).P1 {
			seen[at] = true
			s.line = append(s.line, at)
		}
		searches = append(searches, s)
	}
	return searches
}

// middle is the changeset to ask for: the head first, which is mostly known,
// and then by halves.
func (s search) middle() int {
	if s.first {
		return s.line[0]
	}
	return s.line[len(s.line)/2]
}

// narrow returns what is left to search.
func (s search) narrow(known bool) search {
	switch {
	case s.first && known:
		return search{}
	case s.first:
		return search{line: s.line[1:]}
	case known:
		return search{line: s.line[:len(s.line)/2]}
	}
	return search{line: s.line[len(s.line)/2+1:]}
}

// counted tells the observer what is received.
type counted struct {
	fetch *fetch
	from  io.Reader
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.fetch.bytes += int64(n)
	if c.fetch.observe != nil && n > 0 {
		c.fetch.observe(c.fetch.bytes)
	}
	return n, err
}
