package github

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// ghost is the login under which GitHub shows what people who left have
// written.
const ghost = "ghost"

func person(u *api.User) schema.Person {
	if u == nil || u.Login == "" {
		return schema.Person{Login: ghost}
	}
	p := schema.Person{Login: u.Login}
	if u.ID > 0 {
		p.ID = strconv.FormatInt(u.ID, 10)
	}
	return p
}

// number is an id as records have it.
func number(id int64) string { return strconv.FormatInt(id, 10) }

func moment(t *time.Time) schema.Time {
	if t == nil {
		return schema.Time{}
	}
	return t.UTC()
}

// day is the date of a moment. GitHub keeps due dates as the midnight before
// them on the west coast of America, which is in the morning in UTC.
func day(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func visibility(r api.Repository) string {
	switch {
	case r.Visibility != "":
		return r.Visibility
	case r.Private:
		return "private"
	}
	return "public"
}

// reactionName is the short name of GitHub's eight reactions.
func reactionName(content string) string {
	switch content {
	case "THUMBS_UP":
		return "+1"
	case "THUMBS_DOWN":
		return "-1"
	}
	return strings.ToLower(content) // laugh, confused, heart, rocket, eyes
}

func reactions(all []api.Reaction) []schema.Reaction {
	var converted []schema.Reaction
	for _, r := range all {
		p := schema.Person{Login: ghost}
		if r.User != nil {
			p = schema.Person{ID: number(r.User.DatabaseID), Login: r.User.Login, Name: r.User.Name}
		}
		converted = append(converted, schema.Reaction{Name: reactionName(r.Content), Person: p, At: r.CreatedAt.UTC()})
	}
	return converted
}

// custom is what a found item tells beyond what all sources have.
func custom(told map[string]any) json.RawMessage {
	data, err := json.Marshal(told)
	if err != nil { // texts and numbers are always JSON
		return nil
	}
	return data
}
