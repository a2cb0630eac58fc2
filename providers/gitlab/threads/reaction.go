package threads

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/schema"
)

// lossReaction is said when reactions are only counted.
const lossReaction = "reactions of people without an account are counted in the text"

// react repeats reactions in the names of those who made them, and returns what
// the line says of the others. Nobody is told of a reaction.
func (w *Writer) react(ctx context.Context, r *project, on place, all []schema.Reaction, fresh bool) (extra []string, err error) {
	there := map[string]bool{}
	asked := fresh
	counts := map[string]int{}
	for _, reaction := range all {
		v := w.voice(r, reaction.Person, toReact)
		if !v.real || on.kind == onCommit {
			counts[reaction.Name]++
			continue
		}
		if !asked {
			for award, err := range w.api.Awards(ctx, r.id, on.noted(), on.note) {
				if err != nil {
					return nil, err
				}
				if award.User != nil {
					there[strings.ToLower(award.User.Username)+" "+award.Name] = true
				}
			}
			asked = true
		}
		name := award(reaction.Name)
		key := strings.ToLower(reaction.Person.User) + " " + name
		if there[key] {
			continue
		}
		err := v.api.AddAward(ctx, r.id, on.noted(), on.note, name)
		switch {
		case err == nil, hasCode(err, providers.CodeConflict):
			there[key] = true
		case hasCode(err, providers.CodeDenied, providers.CodeNotFound, providers.CodeAuth, providers.CodeInvalid):
			// The account may not, or the emoji is not known here.
			counts[reaction.Name]++
		default:
			return nil, err
		}
	}
	return counted(counts), nil
}

// told is what react will return, as far as that is known before.
func (w *Writer) told(r *project, on place, all []schema.Reaction) []string {
	counts := map[string]int{}
	for _, reaction := range all {
		if !w.voice(r, reaction.Person, toReact).real || on.kind == onCommit {
			counts[reaction.Name]++
		}
	}
	return counted(counts)
}

// counted says how often reactions were made by people who are not shown.
func counted(counts map[string]int) []string {
	if len(counts) == 0 {
		return nil
	}
	var told []string
	for name, n := range counts {
		told = append(told, fmt.Sprintf("%s × %d", emoji(name), n))
	}
	slices.Sort(told)
	return []string{"reactions: " + strings.Join(told, ", ")}
}

// award is what the server calls a reaction.
func award(name string) string {
	switch name {
	case "+1":
		return "thumbsup"
	case "-1":
		return "thumbsdown"
	case "laugh":
		return "smile"
	case "hooray":
		return "tada"
	}
	return strings.Trim(name, ":")
}

// emoji returns how a reaction is shown in a text.
func emoji(name string) string {
	switch award(name) {
	case "thumbsup":
		return "👍"
	case "thumbsdown":
		return "👎"
	case "smile":
		return "😄"
	case "tada":
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
