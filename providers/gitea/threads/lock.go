package threads

import (
	"context"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// lossLock is said where the server has no request to lock by.
const lossLock = "it is not locked, because this version of the server cannot be told"

// lockless reports whether a server answered that it has no request to lock or
// unlock a thread, which is known to be there: Forgejo, and Gitea before 1.24.
func lockless(err error) bool {
	return hasCode(err, providers.CodeNotFound, providers.CodeUnsupported)
}

// unlocked runs do on a thread that may be locked. Only those who may write to a
// repository can write to a locked thread, and the authors of what was said
// before it was locked often may not. Foreign says that do speaks for them.
func (w *Writer) unlocked(ctx context.Context, r *repository, t *thread, foreign bool, do func() error) error {
	if !foreign {
		return do()
	}
	t.mu.Lock()
	looked, locked := t.looked, t.locked
	t.mu.Unlock()
	if !looked {
		issue, err := w.api.Issue(ctx, r.name, t.number)
		if err != nil {
			return err
		}
		t.look(issue)
		locked = issue.Locked
	}
	if !locked {
		return do()
	}
	return w.ajar(ctx, r, t, do)
}

// ajar runs do on a locked thread while that is unlocked. When the process is
// killed then, noteUnlocked finds out in the next.
func (w *Writer) ajar(ctx context.Context, r *repository, t *thread, do func() error) error {
	if err := w.api.UnlockIssue(ctx, r.name, t.number); lockless(err) {
		return do()
	} else if err != nil {
		return err
	}
	err := do()
	// Locked again even when ctx has ended: a lock must not be lost.
	if again := w.api.LockIssue(context.WithoutCancel(ctx), r.name, t.number, ""); again != nil && err == nil {
		return again
	}
	return err
}

// insist runs do, which was refused, once more when the thread turns out to be
// locked since it was looked at: that tells nothing of what people may do
// elsewhere.
func (w *Writer) insist(ctx context.Context, r *repository, t *thread, refused error, do func() error) error {
	if t.number == 0 {
		return refused
	}
	issue, err := w.api.Issue(ctx, r.name, t.number)
	if err != nil || !issue.Locked {
		return refused
	}
	t.look(issue)
	return w.ajar(ctx, r, t, do)
}

// look notes what an issue says of its lock. It must not be unlocked for a moment.
func (t *thread) look(issue api.Issue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.locked, t.looked = issue.Locked, true
}

// wasUnlocked reports whether all that became of an issue since it had a version
// is that it was unlocked. A run that was killed in ajar leaves it so.
func wasUnlocked(issue api.Issue, known string) bool {
	if issue.Locked || known == "" || version(issue) == known {
		return false
	}
	issue.Locked = true
	return version(issue) == known
}

// threadChanged refuses to write over what somebody changed in an issue. A lock
// that was lost is written again.
func threadChanged(one *providers.Write, issue api.Issue) error {
	if wasUnlocked(issue, one.Ref.Version) {
		return nil
	}
	return forgetarget.CheckVersion(one, version(issue))
}

// noteUnlocked looks whether a thread lost its lock, and notes it. Something of
// it is looked for, so a run may have been killed while it was written.
func (w *Writer) noteUnlocked(ctx context.Context, r *repository, thread *providers.Related) error {
	switch thread.Key.Kind {
	case schema.KindIssue, schema.KindChange, schema.KindDiscussion:
	default:
		return nil
	}
	p, err := parsePlace(thread.Ref.ID)
	if err != nil {
		return nil // it is not there either
	}
	issue, err := w.api.Issue(ctx, r.name, p.number)
	if api.IsNotFound(err) {
		return nil
	}
	if err == nil && wasUnlocked(issue, thread.Ref.Version) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unlocked[p.number] = true
	}
	return err
}

// relock locks a thread of which it was noted that it lost its lock.
func (w *Writer) relock(ctx context.Context, r *repository, number int64) error {
	r.mu.Lock()
	lost := r.unlocked[number]
	r.mu.Unlock()
	if !lost {
		return nil
	}
	if err := w.api.LockIssue(ctx, r.name, number, ""); err != nil && !api.IsNotFound(err) {
		return err
	}
	r.thread(number).look(api.Issue{Locked: true})
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.unlocked, number)
	return nil
}

// relockAll locks all of them.
func (w *Writer) relockAll(ctx context.Context, r *repository) error {
	r.mu.Lock()
	lost := slices.Sorted(maps.Keys(r.unlocked))
	r.mu.Unlock()
	for _, number := range lost {
		if err := w.relock(ctx, r, number); err != nil {
			return err
		}
	}
	return nil
}
