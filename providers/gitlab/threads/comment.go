package threads

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	lossPosition = "it quotes the place that it was made at, because the diff at the target does not show that place"
	lossReply    = "it stands alone, because what it answers takes no answers at the target"
	lossResolved = "its thread is not marked as resolved, because the token may not"
)

// commentSpeech is the text of a comment.
func commentSpeech(one *providers.Write, b *schema.Comment) *speech {
	s := &speech{key: one.Record.Key(), author: b.Author, at: b.CreatedAt, line: attribution.Author{URL: b.URL, Verb: "commented"}}
	s.text = plain(b.Text, &s.lost)
	if b.UpdatedAt.After(b.CreatedAt) {
		s.line.Edited = b.UpdatedAt
	}
	if b.Answer {
		s.line.Extra = append(s.line.Extra, "chosen as the answer")
	}
	if b.Hidden != "" {
		s.text = forgetarget.Hide(s.text, b.Hidden)
	}
	return s
}

// quoted is a comment that has no place in the diff, with the place in words.
func (s *speech) quoted(p *schema.Position) *speech {
	other := s.with(forgetarget.Where(p))
	other.lost = append(slices.Clone(s.lost), lossPosition)
	other.text = forgetarget.QuoteHunk(plain(p.Hunk, &other.lost), s.text)
	return other
}

func (w *Writer) writeComment(ctx context.Context, r *project, one *providers.Write, b *schema.Comment) (providers.Written, error) {
	if one.Record.Parent != nil && one.Record.Parent.Kind == schema.KindRelease {
		return skipped("the target has no comments on releases"), nil
	}
	if one.Ref.ID != "" {
		return w.updateComment(ctx, r, one, b)
	}
	on, err := placeOf(one, b)
	if err != nil {
		return providers.Written{}, err
	}
	if b.Internal {
		if on.kind != onIssue {
			return skipped("it is internal at the source, and the target would show it to everybody who sees the project"), nil
		}
		return w.postInternal(ctx, r, one, b, on)
	}
	if b.ReplyTo != "" {
		if answer, done, err := w.postReply(ctx, r, one, b, on); done || err != nil {
			return answer, err
		}
	}
	switch {
	case b.Position != nil:
		return w.postRemark(ctx, r, one, b, on)
	case one.Record.Parent == nil, one.Record.Parent.Kind == schema.KindDiscussion:
		// What stands under a discussion is answered more often than not.
		return w.postThread(ctx, r, on, commentSpeech(one, b), b, nil)
	}
	s := commentSpeech(one, b)
	made, err := w.say(ctx, r, on, s, w.told(r, on, b.Reactions), func(v voice, n api.NewNote) (api.Note, error) {
		return v.api.CreateNote(ctx, r.id, on.noted(), n)
	})
	if err != nil {
		return providers.Written{}, err
	}
	on.note = made.ID
	return w.settleNote(ctx, r, on, s, made, b.Reactions, true)
}

// placeOf returns the place that a comment stands under.
func placeOf(one *providers.Write, b *schema.Comment) (place, error) {
	if one.Record.Parent != nil {
		return placeAbove(one)
	}
	if !isHex(b.Commit) {
		return place{}, providers.Errorf(providers.CodeInvalid, "the comment %s stands under nothing, and %q is no commit", schema.Printable(one.Record.ID), schema.Printable(b.Commit))
	}
	return place{kind: onCommit, commit: b.Commit}, nil
}

// postInternal makes a note that not everybody sees. Who may not make one would
// make one that everybody sees, so it is the token's owner who does, and one that
// is seen after all is taken away.
func (w *Writer) postInternal(ctx context.Context, r *project, one *providers.Write, b *schema.Comment, on place) (providers.Written, error) {
	s := commentSpeech(one, b)
	if !strings.EqualFold(s.author.User, w.user) {
		s.author.User = ""
	}
	made, err := w.say(ctx, r, on, s, w.told(r, on, b.Reactions), func(v voice, n api.NewNote) (api.Note, error) {
		n.Internal = true
		return v.api.CreateNote(ctx, r.id, on.noted(), n)
	})
	if err != nil {
		return providers.Written{}, err
	}
	on.note = made.ID
	if !made.Internal {
		if err := w.api.DeleteNote(ctx, r.id, on.noted(), made.ID); err != nil {
			return providers.Written{}, err
		}
		return skipped("it is internal at the source, and the token may not write internal notes"), nil
	}
	return w.settleNote(ctx, r, on, s, made, b.Reactions, true)
}

// postReply adds a comment to the thread of the one that it answers. Done is
// false when there is no such thread; the comment is made elsewhere then.
func (w *Writer) postReply(ctx context.Context, r *project, one *providers.Write, b *schema.Comment, on place) (answer providers.Written, done bool, err error) {
	ref, ok := forgetarget.Related(*one, schema.Key{Kind: schema.KindComment, ID: b.ReplyTo})
	if !ok {
		return answer, false, nil
	}
	to, err := parsePlace(ref.ID)
	if err != nil || to.note == 0 || to.whole() != on.whole() {
		return answer, false, nil
	}
	if to.thread == "" {
		if to.thread, err = w.threadOf(ctx, r, to); err != nil {
			return answer, false, err
		}
	}
	s := commentSpeech(one, b)
	if b.Position != nil {
		s.text = suggesting(s.text, b.Position)
	}
	made, err := w.say(ctx, r, on, s, w.told(r, on, b.Reactions), func(v voice, n api.NewNote) (api.Note, error) {
		return v.api.Reply(ctx, r.id, on.noted(), to.thread, n)
	})
	if hasCode(err, providers.CodeInvalid, providers.CodeNotFound) {
		s = s.with("in reply to [a comment](<" + ref.URL + ">)")
		s.lost.Add(lossReply)
		made, err = w.say(ctx, r, on, s, w.told(r, on, b.Reactions), func(v voice, n api.NewNote) (api.Note, error) {
			return v.api.CreateNote(ctx, r.id, on.noted(), n)
		})
		to.thread = ""
	}
	if err != nil {
		return answer, false, err
	}
	on.thread, on.note = to.thread, made.ID
	answer, err = w.settleNote(ctx, r, on, s, made, b.Reactions, true)
	return answer, true, err
}

// threadOf returns the thread of a note that was made to stand alone.
func (w *Writer) threadOf(ctx context.Context, r *project, at place) (string, error) {
	t := r.thread(at)
	t.mu.Lock()
	known := t.threads[at.note]
	t.mu.Unlock()
	if known != "" {
		return known, nil
	}
	threads := map[int64]string{}
	for d, err := range w.api.Discussions(ctx, r.id, at.noted()) {
		if err != nil {
			return "", err
		}
		for _, n := range d.Notes {
			if !n.System && isHex(d.ID) {
				threads[n.ID] = d.ID
			}
		}
	}
	t.mu.Lock()
	t.threads = threads
	t.mu.Unlock()
	if threads[at.note] == "" {
		return "", &providers.Error{Code: providers.CodeNotFound, Op: "read note", Subject: r.address(at), Message: "it is not there any more",
			Hint: "apply again, so that it is written again"}
	}
	return threads[at.note], nil
}

// postRemark begins a thread at a place in a diff. When the server does not have
// that place, the thread quotes it.
func (w *Writer) postRemark(ctx context.Context, r *project, one *providers.Write, b *schema.Comment, on place) (providers.Written, error) {
	s := commentSpeech(one, b)
	if on.kind != onMerge || b.Position.Outdated {
		return w.postThread(ctx, r, on, s.quoted(b.Position), b, nil)
	}
	at, err := w.position(ctx, r, on, b.Position)
	if err != nil {
		return providers.Written{}, err
	}
	if at == nil {
		return w.postThread(ctx, r, on, s.quoted(b.Position), b, nil)
	}
	placed := *s
	placed.text = suggesting(s.text, b.Position)
	answer, err := w.postThread(ctx, r, on, &placed, b, at)
	if hasCode(err, providers.CodeInvalid) {
		return w.postThread(ctx, r, on, s.quoted(b.Position), b, nil)
	}
	return answer, err
}

// postThread begins a thread.
func (w *Writer) postThread(ctx context.Context, r *project, on place, s *speech, b *schema.Comment, at *api.Position) (providers.Written, error) {
	thread := ""
	made, err := w.say(ctx, r, on, s, w.told(r, on, b.Reactions), func(v voice, n api.NewNote) (api.Note, error) {
		n.Position = at
		d, err := v.api.StartDiscussion(ctx, r.id, on.noted(), n)
		if err != nil || len(d.Notes) == 0 || !isHex(d.ID) {
			return api.Note{}, err
		}
		thread = d.ID
		return d.Notes[0], nil
	})
	if err != nil {
		return providers.Written{}, err
	}
	on.thread, on.note = thread, made.ID
	if err := w.resolve(ctx, r, on, s, b, made); err != nil {
		return providers.Written{}, err
	}
	return w.settleNote(ctx, r, on, s, made, b.Reactions, true)
}

// resolve marks a thread as resolved, or as not, when its first note says so.
func (w *Writer) resolve(ctx context.Context, r *project, at place, s *speech, b *schema.Comment, have api.Note) error {
	if at.kind != onMerge || at.thread == "" || b.ReplyTo != "" || have.Resolved == b.Resolved {
		return nil
	}
	err := w.api.Resolve(ctx, r.id, at.noted(), at.thread, b.Resolved)
	if hasCode(err, providers.CodeDenied, providers.CodeNotFound) {
		s.lost.Add(lossResolved)
		return nil
	}
	return err
}

func (w *Writer) updateComment(ctx context.Context, r *project, one *providers.Write, b *schema.Comment) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	have, err := w.note(ctx, r, at)
	if err != nil {
		return providers.Written{}, err
	}
	if err := forgetarget.CheckVersion(one, r.noteRef(at, have).Version); err != nil {
		return providers.Written{}, err
	}
	s := commentSpeech(one, b)
	switch {
	case b.Position == nil:
	case have.Type == noteOnDiff || b.ReplyTo != "":
		s.text = suggesting(s.text, b.Position)
	default:
		s = s.quoted(b.Position)
	}
	if err := w.resolve(ctx, r, at, s, b, have); err != nil {
		return providers.Written{}, err
	}
	return w.settleNote(ctx, r, at, s, have, b.Reactions, false)
}

// noteOnDiff is the type of notes that stand at a place in a diff.
const noteOnDiff = "DiffNote"
