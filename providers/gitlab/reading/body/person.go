package body

import (
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// ghost is the user name under which the server shows what people who left have
// written.
const ghost = "ghost"

// ID is a number as an id.
func ID(n int64) string { return strconv.FormatInt(n, 10) }

// Person is someone with an account; nil is the ghost.
func Person(u *api.User) schema.Person {
	if u == nil || u.Username == "" {
		return schema.Person{Login: ghost}
	}
	p := schema.Person{Login: u.Username, Name: u.Name}
	if u.ID > 0 {
		p.ID = ID(u.ID)
	}
	return p
}

// People are several.
func People(users []api.User) []schema.Person {
	var all []schema.Person
	for i := range users {
		all = append(all, Person(&users[i]))
	}
	return all
}

// who is somebody who may be missing.
func who(u *api.User) *schema.Person {
	if u == nil {
		return nil
	}
	p := Person(u)
	return &p
}

// Reactions are what people said with emoji.
func Reactions(all []api.FullAward) []schema.Reaction {
	var converted []schema.Reaction
	for _, a := range all {
		converted = append(converted, schema.Reaction{Name: emoji(a.Name), Person: Person(a.User), At: a.CreatedAt.UTC()})
	}
	return converted
}

// emoji is the name that records give to an emoji of the server.
func emoji(name string) string {
	switch name {
	case "thumbsup":
		return "+1"
	case "thumbsdown":
		return "-1"
	case "laughing":
		return "laugh"
	case "tada":
		return "hooray"
	}
	return name
}

// moment is a time that may be missing.
func moment(t *time.Time) time.Time {
	if t == nil || t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}
