package threads

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// reactions are those to one object.
type reactions struct {
	list func() ([]api.Reaction, error)
	add  func(c *api.Client, name string) error
}

// react repeats reactions in the names of those who made them. Nobody is told
// of a reaction.
func (w *Writer) react(ctx context.Context, r *repository, t *thread, own []schema.Reaction, fresh bool, on reactions) error {
	if len(own) == 0 {
		return nil
	}
	there := map[string]bool{}
	if !fresh {
		now, err := on.list()
		if err != nil {
			return err
		}
		for _, reaction := range now {
			there[strings.ToLower(login(reaction.User))+" "+reaction.Content] = true
		}
	}
	todo := slices.DeleteFunc(slices.Clone(own), func(reaction schema.Reaction) bool {
		return there[strings.ToLower(reaction.Person.User)+" "+reaction.Name]
	})
	if len(todo) == 0 {
		return nil
	}
	return w.unlocked(ctx, r, t, true, func() error {
		for _, reaction := range todo {
			c, who, _ := w.voice(r, reaction.Person, toReact)
			err := on.add(c, reaction.Name)
			if hasCode(err, providers.CodeDenied) {
				err = w.insist(ctx, r, t, err, func() error { return on.add(c, reaction.Name) })
			}
			if hasCode(err, providers.CodeDenied, providers.CodeNotFound) {
				r.refuse(toReact, who) // from now on, theirs are counted
				continue
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
