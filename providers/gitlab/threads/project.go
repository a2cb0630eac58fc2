package threads

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// keptThreads bounds the threads of which something is remembered, and keptDiffs
// those whose diffs are.
const (
	keptThreads = 512
	keptDiffs   = 16
)

// project is a project as one call writes to it.
type project struct {
	*memory
	id   api.ID
	base string // its address
	gaps Gaps
}

// memory is what a Writer knows of one project while it is open.
type memory struct {
	issues, changes sequence

	mu      sync.Mutex // guards what follows
	asked   bool       // what the token's owner may
	owner   bool       // the token's owner has the rights of an owner
	branch  string     // the default one
	refused map[string]bool
	dates   map[string]bool // whether the server takes dates from a user, as far as it is known
	threads map[place]*thread
	order   []place                   // of threads, the oldest first
	diffs   []*diff                   // the newest last
	busy    map[string]map[int64]bool // who was assigned what
	unsure  map[place]bool            // merge requests that an earlier run may have left half made
}

// project returns what is known of a project.
func (w *Writer) project(ctx context.Context, p Project) (*project, error) {
	w.mu.Lock()
	m := w.projects[p.ID]
	if m == nil {
		m = &memory{refused: map[string]bool{}, dates: map[string]bool{}, threads: map[place]*thread{}, busy: map[string]map[int64]bool{}, unsure: map[place]bool{}}
		w.projects[p.ID] = m
	}
	w.mu.Unlock()
	r := &project{memory: m, id: api.Number(p.ID), base: w.api.Base() + "/" + p.Path, gaps: p.Gaps}
	return r, w.ask(ctx, r)
}

// ask learns once what the token's owner may.
func (w *Writer) ask(ctx context.Context, r *project) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked {
		return nil
	}
	p, err := w.api.Project(ctx, r.id)
	if err != nil {
		return err
	}
	r.asked, r.branch, r.owner = true, p.DefaultBranch, w.admin || p.OwnedBy(w.user)
	return nil
}

// thread is what a Writer remembers of one issue, merge request or snippet. The
// records of a lane are written one after the other, but a link to it may be
// looked up from elsewhere.
type thread struct {
	mu      sync.Mutex
	met     bool      // last is known
	last    time.Time // when the newest note was made, as the server shows it
	locked  bool
	threads map[int64]string // of notes that were asked for, by their ids
}

// thread returns what is known of an issue, a merge request or a snippet.
func (r *memory) thread(p place) *thread {
	p = p.whole()
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.threads[p]
	if t == nil {
		t = &thread{}
		r.threads[p] = t
		r.order = append(r.order, p)
		if len(r.order) > keptThreads {
			delete(r.threads, r.order[0])
			r.order = r.order[1:]
		}
	}
	return t
}

// begun notes that nothing stands under a thread yet.
func (t *thread) begun() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.met = true
}

// grew notes that a note stands there, at a time.
func (t *thread) grew(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.After(t.last) {
		t.last = at
	}
}

func (t *thread) lock(locked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.locked = locked
}

func (t *thread) isLocked() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.locked
}

// latest returns when the newest note under p was made. Where all notes are made
// by one user, in order, it does not matter.
func (w *Writer) latest(ctx context.Context, r *project, p place, t *thread) (time.Time, error) {
	t.mu.Lock()
	met, last := t.met, t.last
	t.mu.Unlock()
	if met || !w.admin || p.kind == onCommit {
		return last, nil
	}
	newest, err := w.api.NewestNotes(ctx, r.id, p.noted(), newestNotes)
	if err != nil {
		return last, err
	}
	for _, n := range newest {
		if !n.System {
			t.grew(n.CreatedAt)
		}
	}
	t.begun()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last, nil
}

// newestNotes is how many notes are looked at for one that a person made.
const newestNotes = 20

// occupy notes that somebody was assigned an issue or asked about a merge
// request: a positive number is an issue's, a negative one a merge request's.
func (r *memory) occupy(user string, number int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy[user] == nil {
		r.busy[user] = map[int64]bool{}
	}
	r.busy[user][number] = true
}

// doubt notes that an earlier write of a merge request may have been cut off.
func (r *memory) doubt(of place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsure[of] = true
}

// doubted reports whether doubt was noted, and forgets it.
func (r *memory) doubted(of place) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer delete(r.unsure, of)
	return r.unsure[of]
}

// account returns the id of a user, or 0 when there is none of that name.
func (w *Writer) account(ctx context.Context, name string) (int64, error) {
	key := strings.ToLower(name)
	w.mu.Lock()
	id, known := w.accounts[key]
	w.mu.Unlock()
	if known {
		return id, nil
	}
	u, err := w.api.UserByName(ctx, name)
	if err != nil && !hasCode(err, providers.CodeNotFound, providers.CodeDenied) {
		return 0, err
	}
	if err == nil && u.State != "" && u.State != "active" {
		u.ID = 0 // nothing can be given to a blocked account
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accounts[key] = u.ID
	return u.ID, nil
}
