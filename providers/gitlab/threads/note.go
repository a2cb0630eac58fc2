package threads

import (
	"context"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// speech is the text of a comment or a review.
type speech struct {
	key    schema.Key
	text   string
	author schema.Person
	at     time.Time
	line   attribution.Author // without Person and At
	lost   losses
}

// body is the text as it is to stand at the target.
func (s *speech) body(is shown, extra ...string) string {
	line := s.line
	line.Extra = append(append([]string{}, line.Extra...), extra...)
	if !is.author {
		line.Person = s.author
	}
	if !is.date {
		line.At = s.at
	}
	return attribution.Compose(attribution.Line(line), s.text, attribution.Marker(s.key))
}

// with is the speech with one thing more in its line.
func (s *speech) with(extra string) *speech {
	other := *s
	other.line.Extra = append(append([]string{}, s.line.Extra...), extra)
	return &other
}

// say makes a note in the name of its author. Post is handed the note and makes
// it. The server orders notes by their dates, so none is given that would put the
// note before one that was said earlier.
func (w *Writer) say(ctx context.Context, r *project, on place, s *speech, extra []string, post func(voice, api.NewNote) (api.Note, error)) (api.Note, error) {
	t := r.thread(on)
	latest, err := w.latest(ctx, r, on, t)
	if err != nil {
		return api.Note{}, err
	}
	var made api.Note
	dated := !s.at.IsZero() && !s.at.Before(latest)
	v, err := w.speakAt(r, t, s.author, func(v voice) (err error) {
		n := api.NewNote{Body: s.body(shown{author: v.real, date: dated && v.dates}, extra...)}
		if dated {
			at := s.at.UTC()
			n.CreatedAt = &at
		}
		made, err = post(v, n)
		return err
	})
	if err != nil {
		return made, err
	}
	if made.ID == 0 {
		return made, providers.Errorf(providers.CodeInvalid, "the server took the text of %s %s for commands and made no note of it", s.key.Kind, schema.Printable(s.key.ID))
	}
	if dated {
		r.tookDate(v.who, same(made.CreatedAt, s.at))
	}
	t.grew(made.CreatedAt)
	return made, nil
}

// speakAt is speak under a thread. Who may not write to one that is locked may
// write elsewhere.
func (w *Writer) speakAt(r *project, t *thread, p schema.Person, do func(voice) error) (voice, error) {
	if !t.isLocked() {
		return w.speak(r, p, toWrite, do)
	}
	v := w.voice(r, p, toWrite)
	err := do(v)
	if v.who != w.user && hasCode(err, providers.CodeDenied, providers.CodeNotFound, providers.CodeAuth) {
		v = w.voice(r, schema.Person{}, toWrite)
		err = do(v)
	}
	return v, err
}

// settleNote sees to what a note needs beside being made. It is also how a note is
// brought up to date.
func (w *Writer) settleNote(ctx context.Context, r *project, at place, s *speech, have api.Note, reactions []schema.Reaction, fresh bool) (providers.Written, error) {
	r.thread(at).grew(have.CreatedAt)
	lost := append(losses{}, s.lost...)
	is := shown{author: isBy(have.Author, s.author), date: same(have.CreatedAt, s.at)}
	if !is.author && anyone(s.author) {
		lost.Add(lossAuthor)
	}
	extra, err := w.react(ctx, r, at, reactions, fresh)
	if err != nil {
		return providers.Written{}, err
	}
	if len(extra) > 0 {
		lost.Add(lossReaction)
	}
	if body := s.body(is, extra...); body != have.Body {
		if have, err = w.editNote(ctx, r, at, body); err != nil {
			return providers.Written{}, err
		}
	}
	return providers.Written{Ref: r.noteRef(at, have), Degraded: lost.String()}, nil
}

func (w *Writer) editNote(ctx context.Context, r *project, at place, body string) (api.Note, error) {
	if at.kind == onCommit {
		return w.api.EditReply(ctx, r.id, at.noted(), at.thread, at.note, body)
	}
	return w.api.EditNote(ctx, r.id, at.noted(), at.note, body)
}

// note returns the note of a place.
func (w *Writer) note(ctx context.Context, r *project, at place) (api.Note, error) {
	if at.kind != onCommit {
		return w.api.Note(ctx, r.id, at.noted(), at.note)
	}
	d, err := w.api.Discussion(ctx, r.id, at.noted(), at.thread)
	if err != nil {
		return api.Note{}, err
	}
	for _, n := range d.Notes {
		if n.ID == at.note {
			return n, nil
		}
	}
	return api.Note{}, &providers.Error{Code: providers.CodeNotFound, Op: "read note", Subject: at.id(), Message: "it is not there any more"}
}

func (r *project) noteRef(at place, n api.Note) schema.Ref {
	return schema.Ref{ID: at.id(), URL: r.address(at), Version: schema.Digest(n.Body)}
}
