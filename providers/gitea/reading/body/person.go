package body

import (
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// ghost is the login under which the server shows what people who left have
// written.
const ghost = "ghost"

// Person is someone with an account. A nil user, and one that the server made up,
// is a ghost.
func Person(u *api.User) schema.Person {
	if u == nil || u.Login == "" {
		return schema.Person{Login: ghost}
	}
	p := schema.Person{Login: u.Login, Name: u.FullName}
	if u.ID > 0 {
		p.ID = strconv.FormatInt(u.ID, 10)
	}
	return p
}

// Author is who wrote something: the user, or who is named as its author on
// another server.
func Author(u *api.User, original string) schema.Person {
	if original != "" {
		return schema.Person{Name: original}
	}
	return Person(u)
}

// People are several.
func People(users []api.User) []schema.Person {
	var all []schema.Person
	for i := range users {
		all = append(all, Person(&users[i]))
	}
	return all
}

// logins are people of whom only the login is told.
func logins(names []string) []schema.Person {
	var all []schema.Person
	for _, n := range names {
		all = append(all, schema.Person{Login: n})
	}
	return all
}

// Reactions are what people said with emoji.
func Reactions(all []api.Reaction) []schema.Reaction {
	var converted []schema.Reaction
	for _, r := range all {
		converted = append(converted, schema.Reaction{Name: r.Content, Person: Person(r.User), At: r.CreatedAt.UTC()})
	}
	return converted
}

// ID is a number as an id.
func ID(n int64) string { return strconv.FormatInt(n, 10) }

// moment is a time that may be missing. The server writes the year 1, or 1970,
// for some that are.
func moment(t *time.Time) time.Time {
	if t == nil || t.Unix() <= 0 {
		return time.Time{}
	}
	return t.UTC()
}

// day is the day of a date. The server keeps the last second of the day, in a time
// zone of its own, and writes it with that zone.
func day(t *time.Time) string {
	if t == nil || t.Unix() <= 0 {
		return ""
	}
	return t.Format(time.DateOnly)
}
