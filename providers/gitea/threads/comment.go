package threads

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// speech is the text of a comment or review.
type speech struct {
	key    schema.Key
	text   string
	author schema.Person
	line   attribution.Author
}

// body is the text as it is to stand at the target.
func (s *speech) body(real bool, extra ...string) string {
	line := s.line
	line.Extra = append(append([]string{}, line.Extra...), extra...)
	if !real {
		line.Person = s.author
	}
	return attribution.Compose(attribution.Line(line), s.text, attribution.Marker(s.key))
}

// lost is what the text loses when its author is not shown.
func (s *speech) lost(real bool) losses {
	var lost losses
	if !real && anyone(s.author) {
		lost.Add(lossAuthor)
	}
	return lost
}

// commentSpeech is the text of a comment.
func commentSpeech(one *providers.Write, b *schema.Comment) *speech {
	s := &speech{key: one.Record.Key(), text: b.Text, author: b.Author,
		line: attribution.Author{At: b.CreatedAt, URL: b.URL, Verb: "commented"}}
	if b.UpdatedAt.After(b.CreatedAt) {
		s.line.Edited = b.UpdatedAt
	}
	if b.Answer {
		s.line.Extra = append(s.line.Extra, "chosen as the answer")
	}
	if b.ReplyTo != "" && b.Position == nil {
		if ref, ok := forgetarget.Related(*one, schema.Key{Kind: schema.KindComment, ID: b.ReplyTo}); ok && ref.URL != "" {
			s.line.Extra = append(s.line.Extra, "in reply to [a comment](<"+ref.URL+">)")
		}
	}
	if b.Hidden != "" {
		s.text = forgetarget.Hide(s.text, b.Hidden)
	}
	return s
}

// placeable reports whether a comment is shown at its line of the diff.
func placeable(p *schema.Position) bool {
	return p != nil && !p.Outdated && !p.WholeFile && p.Line > 0 && p.Path != ""
}

// remark is a comment as part of a review.
func remark(s *speech, p *schema.Position, real bool, extra []string) api.NewRemark {
	if words := rangeWords(p); words != "" {
		s = s.with(words)
	}
	m := api.NewRemark{Path: p.Path, Body: s.body(real, extra...)}
	if p.Side == "old" {
		m.OldLine = p.Line
	} else {
		m.NewLine = p.Line
	}
	return m
}

// rangeWords names the lines that a comment is about, when they are several.
func rangeWords(p *schema.Position) string {
	if p == nil || p.StartLine <= 0 || p.StartLine == p.Line {
		return ""
	}
	return fmt.Sprintf("on lines %d to %d", p.StartLine, p.Line)
}

func (s *speech) with(extra string) *speech {
	other := *s
	other.line.Extra = append(append([]string{}, s.line.Extra...), extra)
	return &other
}

const (
	lossRange    = "it names its lines in the text, because the target shows one line"
	lossPosition = "it quotes the place that it was made at, because that is not in the diff any more"
)

// quoted is a comment that has no place in the diff, with the place in words.
func (s *speech) quoted(p *schema.Position) *speech {
	other := s.with(forgetarget.Where(p))
	other.text = forgetarget.QuoteHunk(p.Hunk, s.text)
	return other
}

func (w *Writer) writeComment(ctx context.Context, r *repository, one *providers.Write, b *schema.Comment) (providers.Written, error) {
	if b.Internal {
		return skipped("it is internal at the source, and the target would show it to everybody who sees the repository"), nil
	}
	if one.Ref.ID != "" {
		return w.updateComment(ctx, r, one, b)
	}
	number, err := threadOf(one)
	if err != nil {
		return providers.Written{}, err
	}
	t := r.thread(number)
	if placeable(b.Position) && one.Record.Parent.Kind == schema.KindChange {
		answer := make([]providers.Written, 1)
		w.postReview(ctx, r, t, &review{author: b.Author, event: api.ReviewComment}, []remarkOf{{one: one, body: b}}, answer)
		return answer[0], nil
	}
	return w.postComment(ctx, r, t, one, b)
}

// postComment makes an ordinary comment.
func (w *Writer) postComment(ctx context.Context, r *repository, t *thread, one *providers.Write, b *schema.Comment) (providers.Written, error) {
	s := commentSpeech(one, b)
	if b.Position != nil {
		s = s.quoted(b.Position)
	}
	var made api.Comment
	_, more, err := w.reacted(ctx, r, b.Reactions)
	if err != nil {
		return providers.Written{}, err
	}
	err = w.unlocked(ctx, r, t, w.can(r, b.Author, toWrite), func() error {
		_, err := w.speak(ctx, r, t, b.Author, toWrite, func(c *api.Client, real bool) (err error) {
			made, err = c.CreateComment(ctx, r.name, t.number, s.body(real, more...))
			return err
		})
		return err
	})
	if err != nil {
		return providers.Written{}, err
	}
	return w.settleComment(ctx, r, t, s, b, made, place{number: t.number, comment: made.ID}, true)
}

// settleComment sees to what a comment needs beside being made.
func (w *Writer) settleComment(ctx context.Context, r *repository, t *thread, s *speech, b *schema.Comment, have api.Comment, at place, fresh bool) (providers.Written, error) {
	real := isBy(have.User, b.Author)
	lost := s.lost(real)
	own, _, err := w.reacted(ctx, r, b.Reactions)
	if err != nil {
		return providers.Written{}, err
	}
	if err := w.react(ctx, r, t, own, fresh, w.onComment(ctx, r, have.ID)); err != nil {
		return providers.Written{}, err
	}
	_, more, err := w.reacted(ctx, r, b.Reactions)
	if err != nil {
		return providers.Written{}, err
	}
	if len(more) > 0 {
		lost.Add(lossReaction)
	}
	if b.Position != nil && at.remark == 0 {
		lost.Add(lossPosition)
	}
	if body := s.body(real, more...); body != have.Body {
		if err := w.hush(ctx, r, t, w.user); err != nil {
			return providers.Written{}, err
		}
		if _, err := w.api.EditComment(ctx, r.name, have.ID, body); err != nil {
			return providers.Written{}, err
		}
		have.Body = body
	}
	return providers.Written{Ref: commentRef(at, have), Degraded: lost.String()}, nil
}

func (w *Writer) onComment(ctx context.Context, r *repository, id int64) reactions {
	return reactions{
		list: func() ([]api.Reaction, error) { return w.api.CommentReactions(ctx, r.name, id) },
		add:  func(c *api.Client, name string) error { return c.ReactToComment(ctx, r.name, id, name) },
	}
}

func commentRef(at place, c api.Comment) schema.Ref {
	return schema.Ref{ID: at.id(), URL: c.HTMLURL, Version: schema.Digest(c.Body)}
}

func (w *Writer) updateComment(ctx context.Context, r *repository, one *providers.Write, b *schema.Comment) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	if at.remark != 0 {
		return w.updateRemark(ctx, r, one, b, at)
	}
	have, err := w.api.Comment(ctx, r.name, at.comment)
	if err == nil && have.ID == 0 {
		err = &providers.Error{Code: providers.CodeNotFound, Op: "read comment", Subject: one.Ref.URL, Message: "it is not there any more"}
	}
	if err != nil {
		return providers.Written{}, err
	}
	if err := forgetarget.CheckVersion(one, commentRef(at, have).Version); err != nil {
		return providers.Written{}, err
	}
	s := commentSpeech(one, b)
	if b.Position != nil {
		s = s.quoted(b.Position)
	}
	return w.settleComment(ctx, r, r.thread(at.number), s, b, have, at, false)
}

// decodeComment returns the body of a comment, or nil.
func decodeComment(raw json.RawMessage) *schema.Comment {
	var b schema.Comment
	if json.Unmarshal(raw, &b) != nil {
		return nil
	}
	return &b
}
