package forgetarget

import (
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// Push is a push on its way.
type Push struct {
	providers.PushRequest
	From    *gitrepo.Repo
	Observe func(providers.Progress)
}

// OpenPush opens what is to be pushed, which is the code or the wiki. Observe may be
// nil.
func OpenPush(req providers.PushRequest, observe func(providers.Progress)) (Push, error) {
	if req.Part != providers.PartCode && req.Part != providers.PartWiki {
		return Push{}, providers.Errorf(providers.CodeInvalid, "this server has no part of a repository called %q", req.Part)
	}
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	from, err := gitrepo.Open(req.Dir)
	return Push{PushRequest: req, From: from, Observe: observe}, err
}

// Branch is the short name of the default branch.
func (p Push) Branch() string { return ShortBranch(p.DefaultBranch) }

// Mover moves refs to a remote that has some. There is the name of a ref there.
func (p Push) Mover(remote gitrepo.Remote, have map[string]string, there func(string) string) *Mover {
	return &Mover{From: p.From, Remote: remote, Have: have, Overwrite: p.Overwrite, Observe: p.Observe,
		There: func(name string) (string, error) { return there(name), nil }}
}

// GitURL is where git finds a part of the repository at a path of a server. The
// address is made of the one that the plan names: what the server says of itself may
// be another host.
func GitURL(server, path string, part providers.Part) string {
	if part == providers.PartWiki {
		path += ".wiki"
	}
	return server + "/" + path + ".git"
}

// ShortBranch is the name of a branch that may be given by its full one.
func ShortBranch(name string) string { return strings.TrimPrefix(name, "refs/heads/") }
