package body

import (
	"strconv"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

// ghost is the login of those of whom the server tells nothing any more.
const ghost = "ghost"

// Person is somebody with an account. The login is the name that mentions use.
func Person(u api.User) schema.Person {
	if u.Name == "" {
		return schema.Person{Login: ghost, Name: u.DisplayName}
	}
	p := schema.Person{Login: u.Name, Name: u.DisplayName, Email: u.Email}
	if u.ID > 0 {
		p.ID = ID(u.ID)
	}
	return p
}

// People are several.
func People(users []api.User) []schema.Person {
	var all []schema.Person
	for _, u := range users {
		all = append(all, Person(u))
	}
	return all
}

// ID is a number as an id.
func ID(n int64) string { return strconv.FormatInt(n, 10) }

// Reactions are what people said to a comment with emoji: reactions, and the likes
// that older servers have in their place.
func Reactions(c api.Comment) []schema.Reaction {
	var all []schema.Reaction
	for _, r := range c.Properties.Reactions {
		for _, u := range r.Users {
			all = append(all, schema.Reaction{Name: emoji(r.Emoticon.Shortcut), Person: Person(u)})
		}
	}
	for _, u := range c.Properties.LikedBy.Likers {
		if like := (schema.Reaction{Name: "+1", Person: Person(u)}); !contains(all, like) { // newer servers tell it twice
			all = append(all, like)
		}
	}
	return all
}

func contains(all []schema.Reaction, one schema.Reaction) bool {
	for _, r := range all {
		if r == one {
			return true
		}
	}
	return false
}

// emoji is the name that other forges have for a shortcut.
func emoji(shortcut string) string {
	switch shortcut {
	case "thumbsup":
		return "+1"
	case "thumbsdown":
		return "-1"
	}
	return shortcut
}
