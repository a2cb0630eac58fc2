package threads

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	stateOpen   = "open"
	stateClosed = "closed"

	// maxTitle is what the server's database holds, in characters.
	maxTitle = 255

	untitled = "(no title)"
)

// wanted is what an issue or pull request is to be like.
type wanted struct {
	key       schema.Key
	number    int64
	title     string
	text      string
	line      attribution.Author // with Person, and with Extra that does not depend on the server
	closed    bool
	closer    schema.Person
	labels    []string
	milestone int64
	due       string // YYYY-MM-DD
	assignees []schema.Person
	locked    bool
	reason    string // of the lock
	pinned    bool
	reactions []schema.Reaction
	pull      bool // state is not an issue's to set
	lost      losses
}

// body is the text as it is to stand at the target. Real says that the server
// shows the author itself.
func (n *wanted) body(real bool, extra []string) string {
	line := n.line
	line.Extra = append(slices.Clone(line.Extra), extra...)
	if real {
		line.Person, line.Verb = schema.Person{}, ""
	}
	return attribution.Compose(attribution.Line(line), n.text, attribution.Marker(n.key))
}

// fit brings a title into the form that the server takes.
func (n *wanted) fit() {
	n.title = strings.Join(strings.Fields(n.title), " ")
	if n.title == "" {
		n.title = untitled
	}
	if runes := []rune(n.title); len(runes) > maxTitle {
		n.title = string(runes[:maxTitle-1]) + "…"
		n.lost.Add("its title is cut, because the target holds 255 characters")
	}
}

// findMilestone sets the milestone, which a record names in After.
func (n *wanted) findMilestone(one *providers.Write, id string) {
	if id == "" {
		return
	}
	ref, ok := forgetarget.Related(*one, schema.Key{Kind: schema.KindMilestone, ID: id})
	number, valid := positive(ref.ID[strings.LastIndexByte(ref.ID, '/')+1:])
	if !ok || !valid {
		n.lost.Add("its milestone is not at the target")
		return
	}
	n.milestone = number
}

// assigned splits the assignees into those whom the server can be told of
// without anybody being notified, and what the line says of the others.
func (w *Writer) assigned(r *repository, people []schema.Person) (users []string, extra []string) {
	var told []string
	for _, p := range people {
		if p.User != "" && (r.notify || w.can(r, p, toAssign)) {
			users = append(users, p.User)
		} else if name := attribution.Name(p); name != "" {
			told = append(told, name)
		}
	}
	if len(told) > 0 {
		extra = []string{"assigned to " + strings.Join(told, ", ")}
	}
	return users, extra
}

// lossAssignee is said when an account may not be assigned.
const lossAssignee = "an assignee is named in the text, because no account of the target can be assigned"

// reacted splits reactions into those that an account can repeat and what the
// line says of the others.
func (w *Writer) reacted(ctx context.Context, r *repository, all []schema.Reaction) (own []schema.Reaction, extra []string, err error) {
	if len(all) == 0 {
		return nil, nil, nil
	}
	allowed, err := w.allowedReactions(ctx)
	if err != nil {
		return nil, nil, err
	}
	counts := map[string]int{}
	var names []string
	for _, reaction := range all {
		if allowed[reaction.Name] && w.can(r, reaction.Person, toReact) {
			own = append(own, reaction)
			continue
		}
		if counts[reaction.Name]++; counts[reaction.Name] == 1 {
			names = append(names, reaction.Name)
		}
	}
	slices.Sort(names)
	told := make([]string, len(names))
	for i, name := range names {
		told[i] = fmt.Sprintf("%s × %d", emoji(name), counts[name])
	}
	if len(told) > 0 {
		extra = []string{"reactions: " + strings.Join(told, ", ")}
	}
	return own, extra, nil
}

func (w *Writer) allowedReactions(ctx context.Context) (map[string]bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reactions == nil {
		names, err := w.api.AllowedReactions(ctx)
		if err != nil {
			return nil, err
		}
		w.reactions = make(map[string]bool, len(names))
		for _, name := range names {
			w.reactions[name] = true
		}
	}
	return w.reactions, nil
}

// emoji returns how a reaction is shown in a text.
func emoji(name string) string {
	switch name {
	case "+1":
		return "👍"
	case "-1":
		return "👎"
	case "laugh":
		return "😄"
	case "hooray":
		return "🎉"
	case "confused":
		return "😕"
	case "heart":
		return "❤️"
	case "rocket":
		return "🚀"
	case "eyes":
		return "👀"
	}
	return attribution.Code(name)
}

// version is a digest of what a write sets of an issue or pull request.
func version(i api.Issue) string {
	labels := make([]string, len(i.Labels))
	for n, l := range i.Labels {
		labels[n] = strings.ToLower(l.Name)
	}
	assignees := make([]string, len(i.Assignees))
	for n, u := range i.Assignees {
		assignees[n] = strings.ToLower(u.Login)
	}
	slices.Sort(labels)
	slices.Sort(assignees)
	var milestone int64
	if i.Milestone != nil {
		milestone = i.Milestone.ID
	}
	return schema.Digest([]any{i.Title, i.Body, i.State, labels, assignees, milestone, dueOn(i), i.Locked, i.PinOrder > 0})
}

// dueOn is the day on which an issue is due, in the form of records.
func dueOn(i api.Issue) string {
	if i.DueDate == nil || i.DueDate.Unix() <= 0 {
		return ""
	}
	return i.DueDate.UTC().Format("2006-01-02")
}

// endOfDay is how the server keeps a day.
func endOfDay(day string) string { return day + "T23:59:59Z" }

// refOf is the ref of an issue or pull request.
func refOf(i api.Issue) schema.Ref {
	return schema.Ref{ID: place{number: i.Number}.id(), URL: i.HTMLURL, Text: fmt.Sprintf("#%d", i.Number), Version: version(i)}
}
