package threads

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// What people may be refused to do although they have an account. A refusal is
// remembered for each.
const (
	toWrite  = "write"
	toReview = "review"
	toPull   = "pull"  // make a pull request
	toState  = "state" // close, reopen, merge
	toReact  = "react"
	toAssign = "assign"
)

// speak runs do in the name of p where that is possible, else in the name of the
// token's owner. Real says that p is the one whom the server shows; do is told
// beforehand, because texts differ.
func (w *Writer) speak(ctx context.Context, r *repository, t *thread, p schema.Person, to string, do func(c *api.Client, real bool) error) (real bool, err error) {
	c, who, real := w.voice(r, p, to)
	if err := w.hush(ctx, r, t, who); err != nil {
		return false, err
	}
	err = do(c, real)
	if real && who != w.user && (to == toWrite || to == toReview) && hasCode(err, providers.CodeDenied) {
		err = w.insist(ctx, r, t, err, func() error { return do(c, real) })
	}
	if real && who != w.user && hasCode(err, providers.CodeDenied, providers.CodeNotFound) {
		if err := w.hush(ctx, r, t, w.user); err != nil {
			return false, err
		}
		if err = do(w.api, false); err == nil {
			r.refuse(to, who)
		}
		who, real = w.user, false
	}
	if err == nil {
		t.joined(who)
	}
	return real, err
}

// voice is the client that speaks for p, and as whom.
func (w *Writer) voice(r *repository, p schema.Person, to string) (c *api.Client, who string, real bool) {
	switch {
	case p.User == "":
		return w.api, w.user, false
	case strings.EqualFold(p.User, w.user):
		return w.api, w.user, true
	case !w.admin || r.refuses(to, p.User):
		return w.api, w.user, false
	}
	return w.api.As(p.User), p.User, true
}

// can reports whether p may be let speak, before it is tried.
func (w *Writer) can(r *repository, p schema.Person, to string) bool {
	_, _, real := w.voice(r, p, to)
	return real
}

func (r *memory) refuse(to, user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[to+" "+strings.ToLower(user)] = true
}

func (r *memory) refuses(to, user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refused[to+" "+strings.ToLower(user)]
}

// lossAuthor is said of what stands under another name than its author's.
const lossAuthor = "its author is named in the text, because no account of the target could write it"

// isBy reports whether the server shows p as the author.
func isBy(u *api.User, p schema.Person) bool {
	return u != nil && p.User != "" && strings.EqualFold(u.Login, p.User)
}

// anyone reports whether p is somebody.
func anyone(p schema.Person) bool { return p.ID != "" || p.Login != "" || p.Name != "" }
