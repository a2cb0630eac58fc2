package forgetarget

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Mover moves refs at the server.
type Mover struct {
	From      *gitrepo.Repo
	Remote    gitrepo.Remote
	Have      map[string]string // refs at the server, by their names there
	Ours      string            // a value that counts as no value: nobody else put it there
	Overwrite bool
	Observe   func(providers.Progress)
	There     func(name string) (string, error)

	Failed []providers.ItemFailed
	Moved  bool

	// Refused are those of Failed that the server would not take, for a reason of
	// its own.
	Refused []providers.RefUpdate
}

// Move makes updates, and further ones that are named as the server does. What
// somebody changed is left alone; one ref that is refused does not hold back
// the others.
func (m *Mover) Move(ctx context.Context, updates []providers.RefUpdate, further []gitrepo.RefUpdate) error {
	here := make(map[string]providers.RefUpdate, len(updates)) // by their names at the server
	wanted := further
	for _, u := range updates {
		name, err := m.There(u.Name)
		if err != nil {
			m.refuse(u.Name, err.Error(), "rename one of the two at the source")
			continue
		}
		have := m.Have[name]
		known := have
		if have == m.Ours {
			known = ""
		}
		switch {
		case have == u.New:
			continue
		case known != u.Old && !m.Overwrite:
			m.refuse(u.Name, "it was changed at the target since the plan was made", "plan again to see how, or let the plan overwrite it")
			continue
		case have == "":
			have = ZeroOID(u.New)
		}
		here[name] = u
		wanted = append(wanted, gitrepo.RefUpdate{Name: name, Old: have, New: u.New})
	}
	if len(wanted) == 0 {
		return nil
	}
	m.Moved = true
	refused, err := m.From.Push(ctx, m.Remote, wanted, func(p gitrepo.Progress) {
		m.Observe(providers.Progress{Phase: p.Phase, Done: p.Done, Total: p.Total, Unit: "objects"})
	})
	if err != nil {
		return err
	}
	for _, r := range refused {
		u, ok := here[r.Name]
		if !ok {
			return &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("the server refused the ref %s: %s", r.Name, r.Message)}
		}
		hint := "see the server's rules for this branch or tag, or leave it out"
		if r.Stale {
			hint = "plan again to see what changed it"
		} else {
			m.Refused = append(m.Refused, u)
		}
		m.refuse(u.Name, r.Message, hint)
	}
	m.Observe(providers.Progress{Phase: "refs", Done: int64(len(updates) - len(m.Failed)), Total: int64(len(updates)), Unit: "refs"})
	return nil
}

func (m *Mover) refuse(name, why, hint string) {
	m.Failed = append(m.Failed, providers.ItemFailed{
		Key:     schema.Key{Kind: schema.KindRef, ID: name},
		Problem: &providers.Error{Code: providers.CodeConflict, Op: "update ref", Subject: schema.Printable(name), Message: why, Hint: hint},
	})
}

// ZeroOID is how git writes "no such ref" for object ids like oid.
func ZeroOID(oid string) string { return strings.Repeat("0", len(oid)) }
