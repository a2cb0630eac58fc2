package threads

import (
	"context"
	"maps"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/gitea/api"
)

// thread is what a Writer remembers of one issue or pull request.
type thread struct {
	number int64

	mu      sync.Mutex
	met     bool             // present holds everybody who took part
	present map[string]guest // by name, lower case
	pull    *pullState
	assets  []api.Attachment
	listed  bool // assets were asked for
	locked  bool // also while it is unlocked for a moment
	looked  bool // locked is known
}

// pullState is what reviews of a pull request depend on.
type pullState struct {
	author string
	open   bool
}

// guest is somebody who takes part in a thread.
type guest struct {
	spoke bool // the server counts them in
	deaf  bool // they will not be told
}

// joined notes that somebody takes part from now on.
func (t *thread) joined(user string) { t.note(user, guest{spoke: true}) }

// note adds to what is known of somebody.
func (t *thread) note(user string, more guest) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.present == nil {
		t.present = map[string]guest{}
	}
	name := strings.ToLower(user)
	g := t.present[name]
	t.present[name] = guest{spoke: g.spoke || more.spoke, deaf: g.deaf || more.deaf}
}

// begun notes that everybody who took part so far is known, and the lock unless
// that is known.
func (t *thread) begun(issue api.Issue, speakers ...string) {
	t.joined(login(issue.User))
	for i := range issue.Assignees {
		t.note(issue.Assignees[i].Login, guest{})
	}
	for _, user := range speakers {
		t.joined(user)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.met = true
	if !t.looked { // otherwise it may be unlocked for a moment just now
		t.locked, t.looked = issue.Locked, true
	}
}

// hush keeps everybody from being told of what who is about to do in a thread.
// Those are told nothing, neither on the page nor by mail, who unsubscribed from
// an issue; there is no other way.
//
// The server works out by and by whom to tell, from who takes part by then. So
// who is unsubscribed too, before what came last is told to one who came after.
func (w *Writer) hush(ctx context.Context, r *repository, t *thread, who string) error {
	if r.notify || !w.admin || t.number == 0 {
		return nil // others than the token's owner take part with an administrator's token only
	}
	if err := w.meet(ctx, r, t); err != nil {
		return err
	}
	for user, g := range t.listeners(who) {
		if err := w.deafen(ctx, r, t, user, g.spoke); err != nil {
			return err
		}
	}
	return nil
}

// listeners are those who would be told of what happens when who takes part.
func (t *thread) listeners(who string) map[string]guest {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := maps.Clone(t.present)
	if all == nil {
		all = map[string]guest{}
	}
	who = strings.ToLower(who)
	all[who] = t.present[who]
	if len(all) == 1 {
		return nil // nobody is told of what they do themselves
	}
	maps.DeleteFunc(all, func(_ string, g guest) bool { return g.deaf })
	return all
}

// deafen unsubscribes somebody. The server takes no notice as long as they would
// not be told anyway; who has not spoken yet is subscribed first. In the moment
// between, the server may work off what was said before: Finish sees to that.
func (w *Writer) deafen(ctx context.Context, r *repository, t *thread, user string, spoke bool) error {
	if !spoke {
		if err := w.api.Subscribe(ctx, r.name, t.number, user); err != nil {
			if api.IsNotFound(err) {
				t.note(user, guest{deaf: true}) // there is no such account
				return nil
			}
			return err
		}
		r.startle(user, t.number)
	}
	if err := w.api.Unsubscribe(ctx, r.name, t.number, user); err != nil && !api.IsNotFound(err) {
		return err
	}
	t.note(user, guest{deaf: true})
	return nil
}

// meet learns who takes part in a thread that an earlier run began.
func (w *Writer) meet(ctx context.Context, r *repository, t *thread) error {
	t.mu.Lock()
	met := t.met
	t.mu.Unlock()
	if met {
		return nil
	}
	issue, err := w.api.Issue(ctx, r.name, t.number)
	if err != nil {
		return err
	}
	var users []string
	comments, err := w.api.Comments(ctx, r.name, t.number)
	if err != nil {
		return err
	}
	for _, c := range comments {
		users = append(users, login(c.User))
	}
	if issue.PullRequest != nil {
		for review, err := range w.api.Reviews(ctx, r.name, t.number) {
			if err != nil {
				return err
			}
			users = append(users, login(review.User))
		}
	}
	t.begun(issue, users...)
	return nil
}

func login(u *api.User) string {
	if u == nil {
		return "ghost"
	}
	return u.Login
}
