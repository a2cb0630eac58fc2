package threads

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// review is a review to be made: the text, when it is a record of its own.
type review struct {
	one    *providers.Write // nil: it only carries a comment
	speech *speech
	author schema.Person
	state  string // as the source has it
	event  string
	lost   losses
}

// remarkOf is a comment that a review carries.
type remarkOf struct {
	one  *providers.Write
	body *schema.Comment
}

const (
	lossClosedReview = "its verdict is told in the text, because the target takes none on a closed or merged pull request"
	lossOwnReview    = "its verdict is told in the text, because the target lets nobody judge their own pull request"
	lossDismissed    = "it is a comment that says that the review was dismissed"
	lossResolved     = "its conversation is not marked as resolved, because this version of the server cannot be told"
)

// writeReview makes a review together with the comments that follow it and are
// part of it. It answers how many records it wrote.
func (w *Writer) writeReview(ctx context.Context, r *repository, writes []providers.Write, answers []providers.Written) int {
	one := &writes[0]
	var b schema.Review
	if err := json.Unmarshal(one.Record.Body, &b); err != nil {
		answers[0] = failed(providers.Errorf(providers.CodeInvalid, "the body of %s is not that of a review: %w", schema.Printable(one.Record.ID), err))
		return 1
	}
	if b.State == "pending" {
		answers[0] = skipped("it was never submitted")
		return 1
	}
	if one.Ref.ID != "" {
		answers[0] = answerOr(w.updateReview(ctx, r, one, &b))
		return 1
	}
	number, err := threadOf(one)
	if err != nil {
		answers[0] = failed(err)
		return 1
	}
	t := r.thread(number)
	v, err := w.planReview(ctx, r, t, one, &b)
	if err != nil {
		answers[0] = failed(err)
		return 1
	}
	remarks := partsOf(one, &b, writes[1:])
	w.postReview(ctx, r, t, v, remarks, answers)
	return 1 + len(remarks)
}

func answerOr(answer providers.Written, err error) providers.Written {
	if err != nil {
		return failed(err)
	}
	return answer
}

// partsOf are the comments right after a review that its request can carry.
func partsOf(one *providers.Write, b *schema.Review, after []providers.Write) []remarkOf {
	var remarks []remarkOf
	for i := range after {
		next := &after[i]
		if next.Record.Kind != schema.KindComment || next.Ref.ID != "" {
			break
		}
		c := decodeComment(next.Record.Body)
		if c == nil || c.Internal || c.Review != one.Record.ID || !placeable(c.Position) || !samePerson(c.Author, b.Author) {
			break
		}
		remarks = append(remarks, remarkOf{next, c})
	}
	return remarks
}

func samePerson(a, b schema.Person) bool {
	return a.ID == b.ID && a.Login == b.Login && a.User == b.User
}

// planReview decides what the server is told of a review's verdict.
func (w *Writer) planReview(ctx context.Context, r *repository, t *thread, one *providers.Write, b *schema.Review) (*review, error) {
	v := &review{one: one, author: b.Author, state: b.State, event: api.ReviewComment, speech: &speech{
		key: one.Record.Key(), text: b.Text, author: b.Author,
		line: attribution.Author{At: b.SubmittedAt, URL: b.URL, Verb: verdict(b.State)},
	}}
	if b.State == "dismissed" {
		v.lost.Add(lossDismissed)
	}
	event := map[string]string{"approved": api.ReviewApproved, "changes_requested": api.ReviewRequestChanges}[b.State]
	if event == "" {
		v.tell(b.State)
		return v, nil
	}
	p, err := w.pullState(ctx, r, t)
	if err != nil {
		return nil, err
	}
	_, who, _ := w.voice(r, b.Author, toReview)
	switch {
	case !p.open:
		v.lost.Add(lossClosedReview)
		v.tell(b.State)
	case strings.EqualFold(who, p.author):
		v.judgesOwn()
	default:
		v.event = event
	}
	return v, nil
}

func verdict(state string) string {
	switch state {
	case "approved":
		return "approved these changes"
	case "changes_requested":
		return "requested changes"
	case "dismissed":
		return "gave a review that was dismissed"
	}
	return "reviewed"
}

// tell puts a verdict into the line also when the author is real: the server
// does not show it.
func (v *review) tell(state string) {
	if state != "commented" {
		v.speech.line.Extra = append(v.speech.line.Extra, "**"+verdict(state)+"**")
		v.speech.line.Verb = "reviewed"
	}
}

// judgesOwn makes a verdict on one's own pull request a comment.
func (v *review) judgesOwn() {
	v.event = api.ReviewComment
	v.lost.Add(lossOwnReview)
	v.tell(v.state)
}

// pullState asks once what reviews of a pull request depend on.
func (w *Writer) pullState(ctx context.Context, r *repository, t *thread) (pullState, error) {
	t.mu.Lock()
	known := t.pull
	t.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	p, err := w.api.Pull(ctx, r.name, t.number)
	if err != nil {
		return pullState{}, err
	}
	return t.seen(p), nil
}

func (t *thread) seen(p api.Pull) pullState {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pull = &pullState{author: login(p.User), open: p.State == stateOpen && !p.Merged}
	return *t.pull
}

// pullAuthor is who made the pull request, once pullState was asked.
func (t *thread) pullAuthor() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pull == nil {
		return ""
	}
	return t.pull.author
}

// postReview makes a review and answers its record, if it has one, and its
// comments. When the server fails at the comments a second time, they become
// ordinary ones: a place in a diff is worth less than what was said.
func (w *Writer) postReview(ctx context.Context, r *repository, t *thread, v *review, remarks []remarkOf, answers []providers.Written) {
	key := v.key(remarks)
	if r.stumbles(key) > 0 {
		if err := w.discardDraft(ctx, r, t); err != nil {
			fail(answers, v, remarks, err)
			return
		}
	}
	carried := remarks
	if r.stumbles(key) > 1 {
		carried = nil
	}
	made, err := w.sendReview(ctx, r, t, v, carried)
	if err != nil {
		if hasCode(err, providers.CodeUnavailable, providers.CodeInvalid) && len(carried) > 0 && ctx.Err() == nil {
			if r.stumble(key); hasCode(err, providers.CodeInvalid) {
				r.stumble(key)
				w.postReview(ctx, r, t, v, remarks, answers)
				return
			}
		}
		fail(answers, v, remarks, err)
		return
	}
	r.steady(key)
	rest := answers
	if v.one != nil {
		rest = answers[1:]
		real := isBy(made.User, v.author)
		lost := append(v.lost, v.speech.lost(real)...)
		answers[0] = providers.Written{Ref: reviewRef(t.number, made), Degraded: lost.String()}
	}
	if len(carried) == 0 {
		for i, c := range remarks {
			rest[i] = answerOr(w.postComment(ctx, r, t, c.one, c.body))
		}
		return
	}
	w.settleRemarks(ctx, r, t, made, remarks, rest)
}

// key names the review, or the comment that has none.
func (v *review) key(remarks []remarkOf) schema.Key {
	if v.one != nil {
		return v.one.Record.Key()
	}
	return remarks[0].one.Record.Key()
}

func fail(answers []providers.Written, v *review, remarks []remarkOf, err error) {
	n := len(remarks)
	if v.one != nil {
		n++
	}
	for i := range n {
		answers[i] = failed(err)
	}
}

func (w *Writer) sendReview(ctx context.Context, r *repository, t *thread, v *review, remarks []remarkOf) (made api.Review, err error) {
	if v.one == nil && len(remarks) == 0 {
		return api.Review{}, nil // the comment alone is left, as an ordinary one
	}
	extras := make([][]string, len(remarks))
	for i, c := range remarks {
		if _, extras[i], err = w.reacted(ctx, r, c.body.Reactions); err != nil {
			return made, err
		}
	}
	err = w.unlocked(ctx, r, t, w.can(r, v.author, toReview), func() error {
		_, err := w.speak(ctx, r, t, v.author, toReview, func(c *api.Client, real bool) (err error) {
			if !real && v.event != api.ReviewComment && strings.EqualFold(w.user, t.pullAuthor()) {
				v.judgesOwn() // the reviewer was refused, and the token's owner speaks for the author too
			}
			n := api.NewReview{Event: v.event}
			if v.one != nil {
				n.Body = v.speech.body(real)
			}
			for i, part := range remarks {
				n.Comments = append(n.Comments, remark(commentSpeech(part.one, part.body), part.body.Position, real, extras[i]))
			}
			made, err = c.CreateReview(ctx, r.name, t.number, n)
			return err
		})
		return err
	})
	return made, err
}

// settleRemarks finds out what became of the comments of a review that was made
// just now, and sees to what they need beside.
func (w *Writer) settleRemarks(ctx context.Context, r *repository, t *thread, made api.Review, remarks []remarkOf, answers []providers.Written) {
	there, err := w.api.ReviewRemarks(ctx, r.name, t.number, made.ID)
	byKey := map[schema.Key]api.ReviewRemark{}
	for _, have := range there {
		k, ok := attribution.ParseMarker(have.Body)
		if _, twice := byKey[k]; ok && twice {
			// A draft of a run that was killed went along.
			err = firstError(err, w.api.DeleteComment(ctx, r.name, have.ID))
			continue
		}
		byKey[k] = have
	}
	for i, c := range remarks {
		have, ok := byKey[c.one.Record.Key()]
		switch {
		case err != nil:
			answers[i] = failed(err)
		case !ok:
			answers[i] = failed(providers.Errorf(providers.CodeUnavailable, "the server did not list a comment of the review that it was part of"))
		default:
			answers[i] = answerOr(w.settleRemark(ctx, r, t, c.one, c.body, have, true))
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// settleRemark sees to what a comment of a review needs beside being made.
func (w *Writer) settleRemark(ctx context.Context, r *repository, t *thread, one *providers.Write, b *schema.Comment, have api.ReviewRemark, fresh bool) (providers.Written, error) {
	s := commentSpeech(one, b)
	var lost losses
	if words := rangeWords(b.Position); words != "" {
		s = s.with(words)
		lost.Add(lossRange)
	}
	at := place{number: t.number, review: have.Review, remark: have.ID}
	answer, err := w.settleComment(ctx, r, t, s, b, api.Comment{ID: have.ID, HTMLURL: have.HTMLURL, User: have.User, Body: have.Body}, at, fresh)
	if err != nil {
		return providers.Written{}, err
	}
	if answer.Degraded != "" {
		lost.Add(answer.Degraded)
	}
	// A conversation is that of its first comment.
	if resolved := have.Resolver != nil; b.ReplyTo == "" && resolved != b.Resolved {
		err := w.api.ResolveRemark(ctx, r.name, have.ID, b.Resolved)
		switch {
		case hasCode(err, providers.CodeNotFound, providers.CodeUnsupported):
			lost.Add(lossResolved)
		case err != nil:
			return providers.Written{}, err
		default:
			have.Resolver = nil
			if b.Resolved {
				have.Resolver = &api.User{Login: w.user}
			}
		}
	}
	answer.Ref = remarkRef(t.number, have, answer.Ref.Version)
	answer.Degraded = lost.String()
	return answer, nil
}

// remarkRef is the ref of a review's comment. Text is the version of its text.
func remarkRef(number int64, have api.ReviewRemark, text string) schema.Ref {
	return schema.Ref{
		ID: place{number: number, review: have.Review, remark: have.ID}.id(), URL: have.HTMLURL,
		Version: schema.Digest([]any{text, have.Resolver != nil}),
	}
}

func (w *Writer) updateRemark(ctx context.Context, r *repository, one *providers.Write, b *schema.Comment, at place) (providers.Written, error) {
	have, err := w.remark(ctx, r, at)
	if err != nil {
		return providers.Written{}, err
	}
	if err := forgetarget.CheckVersion(one, remarkRef(at.number, have, schema.Digest(have.Body)).Version); err != nil {
		return providers.Written{}, err
	}
	return w.settleRemark(ctx, r, r.thread(at.number), one, b, have, false)
}

// remark reads one comment of a review.
func (w *Writer) remark(ctx context.Context, r *repository, at place) (api.ReviewRemark, error) {
	all, err := w.api.ReviewRemarks(ctx, r.name, at.number, at.review)
	if err != nil {
		return api.ReviewRemark{}, err
	}
	for _, have := range all {
		if have.ID == at.remark {
			return have, nil
		}
	}
	return api.ReviewRemark{}, &providers.Error{Code: providers.CodeNotFound, Op: "read comment", Message: "it is not there any more"}
}

// updateReview changes the text of a review. Its verdict stands as it was given,
// unless it was dismissed since.
func (w *Writer) updateReview(ctx context.Context, r *repository, one *providers.Write, b *schema.Review) (providers.Written, error) {
	at, err := parsePlace(one.Ref.ID)
	if err != nil {
		return providers.Written{}, err
	}
	have, err := w.review(ctx, r, at.number, at.review)
	if err != nil {
		return providers.Written{}, err
	}
	t := r.thread(at.number)
	v, err := w.planReview(ctx, r, t, one, b)
	if err != nil {
		return providers.Written{}, err
	}
	lost := v.lost
	if have.State == api.ReviewApproved && b.State == "approved" || have.State == api.ReviewRequestChanges && b.State == "changes_requested" {
		v.speech.line = attribution.Author{At: b.SubmittedAt, URL: b.URL, Verb: verdict(b.State)}
		lost = nil
	}
	real := isBy(have.User, b.Author)
	lost = append(lost, v.speech.lost(real)...)
	if body := v.speech.body(real); body != have.Body { // otherwise a run that was killed then has written it
		if err := forgetarget.CheckVersion(one, reviewRef(at.number, have).Version); err != nil {
			return providers.Written{}, err
		}
		_, id, found := strings.Cut(have.HTMLURL, "#issuecomment-")
		comment, ok := positive(id)
		if !found || !ok {
			return providers.Written{}, providers.Errorf(providers.CodeUnsupported, "the server does not say which comment holds the text of a review")
		}
		if err := w.hush(ctx, r, t, w.user); err != nil {
			return providers.Written{}, err
		}
		if _, err := w.api.EditComment(ctx, r.name, comment, body); err != nil {
			return providers.Written{}, err
		}
		have.Body = body
	}
	if b.State == "dismissed" {
		if err := w.dismiss(ctx, r, t, &have); err != nil {
			return providers.Written{}, err
		}
	}
	return providers.Written{Ref: reviewRef(at.number, have), Degraded: lost.String()}, nil
}

// dismiss takes back a verdict that was given before it was dismissed at the
// source. On a pull request that is not open it counts for nothing any more, and
// the server refuses.
func (w *Writer) dismiss(ctx context.Context, r *repository, t *thread, have *api.Review) error {
	if have.Dismissed || have.State != api.ReviewApproved && have.State != api.ReviewRequestChanges {
		return nil
	}
	if err := w.hush(ctx, r, t, w.user); err != nil {
		return err
	}
	err := w.api.DismissReview(ctx, r.name, t.number, have.ID, "It was dismissed at the source.")
	if err == nil {
		have.Dismissed = true
	}
	if hasCode(err, providers.CodeDenied) {
		return nil
	}
	return err
}

// review reads a review with its text as people see it. The server keeps that in
// the timeline, and tells of a review itself the text that it had at first.
func (w *Writer) review(ctx context.Context, r *repository, number, id int64) (api.Review, error) {
	have, err := w.api.Review(ctx, r.name, number, id)
	if err != nil {
		return have, err
	}
	for page := 1; ; page++ {
		entries, err := w.api.TimelinePage(ctx, r.name, number, page)
		if err != nil || len(entries) == 0 {
			return have, err
		}
		for _, e := range entries {
			if e != nil && e.Type == "review" && e.Review == id {
				have.Body = e.Body
				return have, nil
			}
		}
	}
}

// reviewRef is where a review stands. Whether it is dismissed is no part of its
// version: the server dismisses a verdict by itself when its author gives
// another one.
func reviewRef(number int64, have api.Review) schema.Ref {
	return schema.Ref{
		ID: place{number: number, review: have.ID}.id(), URL: have.HTMLURL,
		Version: schema.Digest([]any{have.State, have.Body}),
	}
}

// discardDraft takes away drafts of reviews that a failed request left: the
// server keeps the comments that it had stored before it failed, and would put
// them into the next review.
func (w *Writer) discardDraft(ctx context.Context, r *repository, t *thread) error {
	for have, err := range w.api.Reviews(ctx, r.name, t.number) {
		if err != nil {
			return err
		}
		if have.State != api.ReviewPending {
			continue
		}
		remarks, err := w.api.ReviewRemarks(ctx, r.name, t.number, have.ID)
		if err != nil {
			return err
		}
		ours := len(remarks) > 0
		for _, c := range remarks {
			_, marked := attribution.ParseMarker(c.Body)
			ours = ours && marked
		}
		if ours {
			if err := w.api.DeleteReview(ctx, r.name, t.number, have.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// stumble notes that the server failed at a review.
func (r *memory) stumble(k schema.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stumbled[k]++
}

func (r *memory) stumbles(k schema.Key) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stumbled[k]
}

func (r *memory) steady(k schema.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.stumbled, k)
}
