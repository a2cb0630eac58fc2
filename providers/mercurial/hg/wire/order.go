package wire

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// Order is in which order a server has its heads. It decides what the tip of a
// branch is and whose tags count, and the numbers that changesets get in a
// spool need not agree with it.
type Order struct {
	Heads    []hg.Node            // of everything, oldest first
	Branches map[string][]hg.Node // the heads of each branch, oldest first
}

// Order asks for the order in one request.
func (p *Peer) Order(ctx context.Context) (Order, error) {
	heads := request{command: "heads"}
	if p.can("largefiles") {
		heads.command = "lheads"
	}
	asked := []request{heads}
	if p.can("branchmap") {
		asked = append(asked, request{command: "branchmap"})
	}
	answers, err := p.batch(ctx, asked...)
	if err != nil {
		return Order{}, err
	}
	var o Order
	for digits := range strings.FieldsSeq(answers[0]) {
		n, err := hg.ParseNode(digits)
		if err != nil {
			return Order{}, wrong("heads", err)
		}
		o.Heads = append([]hg.Node{n}, o.Heads...) // the newest is told first
	}
	if len(answers) == 1 {
		return o, nil
	}
	o.Branches = map[string][]hg.Node{}
	for line := range strings.Lines(answers[1]) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		name, err := url.PathUnescape(fields[0])
		if err != nil {
			return Order{}, wrong("branchmap", err)
		}
		for _, digits := range fields[1:] {
			n, err := hg.ParseNode(digits)
			if err != nil {
				return Order{}, wrong("branchmap", err)
			}
			o.Branches[name] = append(o.Branches[name], n)
		}
	}
	return o, nil
}

// manyHidden bounds how many changesets at the beginning are asked for in
// search of one that is not hidden.
const manyHidden = 100

// First returns the first changeset that the server shows, which has no
// parents. It is the null node when there is none.
func (p *Peer) First(ctx context.Context) (hg.Node, error) {
	for i := range manyHidden {
		n, found, err := p.lookup(ctx, strconv.Itoa(i))
		if err != nil || found {
			return n, err
		}
	}
	return hg.Node{}, nil
}
