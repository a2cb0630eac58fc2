package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/engine/rewrite"
	"github.com/drover-migrate/drover/schema"
)

// local is a record as the target is to have it: people are users of the target,
// commits have the ids that they have there, and texts refer to what is there.
type local struct {
	schema.Record
	content string             // digest of the body; empty when nothing is rewritten for the target
	number  int64              // of an issue, change or discussion
	waiting []schema.Reference // what its texts refer to and is not at the target yet
}

// localizer makes records local to the target of one resource.
type localizer struct {
	*stage
	people  *peopleTable // nil: nobody is mapped
	users   map[schema.Person]string
	places  places
	refs    map[string]string // of the source, once asked for
	notify  bool              // mapped people may be mentioned
	rewrite bool
}

func (s *stage) localizer(ctx context.Context) (*localizer, error) {
	r := s.Change.Resource
	l := &localizer{
		stage: s, people: newPeopleTables(s.changeset.Authors)[r.Authors], users: map[schema.Person]string{},
		notify: r.Mentions == "notify", rewrite: s.targetRef().Rewrite,
	}
	var err error
	if l.rewrite {
		l.places, err = s.places(ctx)
	}
	return l, err
}

// localize makes records local, with as few questions to the state as there are
// sorts of them.
func (l *localizer) localize(ctx context.Context, records []schema.Record) ([]local, error) {
	list := make([]local, len(records))
	if !l.rewrite {
		for i, r := range records {
			number, err := numberOf(&r)
			if err != nil {
				return nil, err
			}
			list[i] = local{Record: r, number: number}
		}
		return list, nil
	}
	bodies := make([]map[string]any, len(records))
	texts := make([]rewrite.Document, len(records))
	answers := newAnswers()
	for i, r := range records {
		body, err := decodeBody(r.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", describe(&r), err)
		}
		list[i] = local{Record: r, number: numberIn(r.Kind, body)}
		bodies[i] = body
		texts[i] = l.ask(r.Kind, body, answers)
	}
	if err := answers.find(ctx, l.ledger); err != nil {
		return nil, err
	}
	for i := range list {
		if err := l.fill(ctx, &list[i], bodies[i], texts[i], answers); err != nil {
			return nil, fmt.Errorf("%s: %w", describe(&list[i].Record), err)
		}
	}
	return list, nil
}

// ask notes what is to be known before a body can be rewritten, and returns its
// text as it was read for that.
func (l *localizer) ask(kind schema.Kind, body map[string]any, answers *answers) rewrite.Document {
	eachCommit(kind, body, func(id string) string {
		answers.askCommit(schema.Reference{Name: id})
		return id
	})
	text, _ := body[textField(kind)].(string)
	read := rewrite.Read(text)
	read.Replace(func(r rewrite.Reference) (string, bool) {
		l.places.aim(r).ask(answers)
		return "", false
	})
	return read
}

// fill rewrites a body with what was found out.
func (l *localizer) fill(ctx context.Context, r *local, body map[string]any, text rewrite.Document, answers *answers) error {
	l.fillPeople(body)
	eachCommit(r.Kind, body, func(id string) string {
		if now := answers.commit(schema.Reference{Name: id}); now != "" {
			return now
		}
		return id
	})
	if field := textField(r.Kind); field != "" {
		if _, ok := body[field].(string); ok {
			var err error
			if body[field], r.waiting, err = l.text(ctx, text, answers); err != nil {
				return err
			}
		}
	}
	var err error
	if r.Body, err = json.Marshal(body); err != nil {
		return err
	}
	r.content = schema.DigestBytes(r.Body)
	return nil
}

// text rewrites one text, and tells what it refers to that is to come.
func (l *localizer) text(ctx context.Context, text rewrite.Document, answers *answers) (string, []schema.Reference, error) {
	var waiting []schema.Reference
	var failed error
	out, _ := text.Replace(func(r rewrite.Reference) (string, bool) {
		if r.Kind == rewrite.Mention {
			return l.mention(r)
		}
		a := l.places.aim(r)
		waiting = append(waiting, a.waiting(answers)...)
		if a.needsRefs() {
			if err := l.loadRefs(ctx); err != nil {
				failed = err
				return "", false
			}
		}
		return a.replacement(r, l.places, answers, l.refs)
	})
	return out, waiting, failed
}

func (l *localizer) loadRefs(ctx context.Context) (err error) {
	if l.refs == nil {
		if l.refs, err = l.work.Store.Refs(ctx, l.Change.Address, sideSource); l.refs == nil {
			l.refs = map[string]string{}
		}
	}
	return err
}

// mention shows who is meant without telling them: those who have an account at
// the target by a link, others in code. Only a plan that says so has people
// notified.
func (l *localizer) mention(r rewrite.Reference) (string, bool) {
	person, shown := schema.Person{Login: r.Name}, r.Name
	if r.ByID {
		person, shown = schema.Person{ID: r.Name, Login: r.Shown}, firstOf(r.Shown, r.Name)
	}
	user := l.user(person)
	switch {
	case user != "" && l.notify:
		return "@" + user, true
	case r.Place == rewrite.HTML:
		return "&#64;" + firstOf(user, shown), true
	case r.Place == rewrite.Destination:
		return "", false
	case user != "" && r.Place == rewrite.Prose && l.places.targetBase != "":
		return fmt.Sprintf("[@%s](%s%s)", user, l.places.targetBase, escapePath(user)), true
	}
	return "`@" + firstOf(user, shown) + "`", true
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// user is the account that a person has at the target, or "".
func (l *localizer) user(p schema.Person) string {
	if l.people == nil {
		return ""
	}
	user, known := l.users[p]
	if !known {
		if e := l.people.MatchPerson(p); e != nil {
			user = e.TargetUser
		}
		l.users[p] = user
	}
	return user
}

// fillPeople names the accounts of all people in a value.
func (l *localizer) fillPeople(v any) {
	eachPerson(v, func(member map[string]any) {
		delete(member, "user")
		field := func(name string) string { s, _ := member[name].(string); return s }
		if user := l.user(schema.Person{ID: field("id"), Login: field("login"), Name: field("name"), Email: field("email")}); user != "" {
			member["user"] = user
		}
	})
}

// eachPerson calls do for every person in a body.
func eachPerson(v any, do func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			eachPerson(x, do)
		}
	case map[string]any:
		for name, x := range v {
			if isPerson(name) {
				eachOf(x, do)
				continue
			}
			eachPerson(x, do)
		}
	}
}

// isPerson reports whether a member of a body holds a person, or several.
func isPerson(name string) bool {
	switch name {
	case "author", "assignees", "requested_reviewers", "closed_by", "merged_by", "person", "actor", "push_people", "merge_people":
		return true
	}
	return false
}

func eachOf(v any, do func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			eachOf(x, do)
		}
	case map[string]any:
		do(v)
	}
}

// textField names the member of a body that holds Markdown.
func textField(kind schema.Kind) string {
	switch kind {
	case schema.KindIssue, schema.KindChange, schema.KindReview, schema.KindDiscussion, schema.KindRelease, schema.KindComment:
		return "text"
	case schema.KindMilestone:
		return "description"
	}
	return ""
}

// eachCommit puts what change returns in the place of every commit that a body
// names.
func eachCommit(kind schema.Kind, body map[string]any, change func(string) string) {
	members := map[schema.Kind][]string{
		schema.KindChange:  {"head.commit", "base.commit", "merge_commit"},
		schema.KindReview:  {"commit"},
		schema.KindComment: {"commit", "position.commit", "position.base"},
		schema.KindEvent:   {"commit"},
		schema.KindRelease: {"target"},
	}[kind]
	for _, path := range members {
		in := body
		outer, name, nested := strings.Cut(path, ".")
		if nested {
			in, _ = body[outer].(map[string]any)
		} else {
			name = outer
		}
		if id, _ := in[name].(string); len(id) >= 40 && isCommit(id) {
			in[name] = change(id)
		}
	}
}

// numbered reports whether objects of a kind have a number.
func numbered(kind schema.Kind) bool {
	return kind == schema.KindIssue || kind == schema.KindChange || kind == schema.KindDiscussion
}

// numberOf is the number of an issue, change or discussion. Bodies of other kinds
// are not read for it: most records are comments.
func numberOf(r *schema.Record) (int64, error) {
	if !numbered(r.Kind) {
		return 0, nil
	}
	body, err := decodeBody(r.Body)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", describe(r), err)
	}
	return numberIn(r.Kind, body), nil
}

// numberIn is the number of an issue, change or discussion.
func numberIn(kind schema.Kind, body map[string]any) int64 {
	if !numbered(kind) {
		return 0
	}
	n, _ := body["number"].(json.Number)
	number, err := n.Int64()
	if err != nil {
		return 0
	}
	return number
}

// decodeBody reads a body without changing any number in it.
func decodeBody(body json.RawMessage) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, fmt.Errorf("the body is not an object: %w", err)
	}
	return members, nil
}
