package engine

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Everyone yields the people whom a migration of a repository meets: those of
// its history, and then those whom its issues, comments, reviews and so on name,
// in order of their ids. The latter are known only by reading all records, which
// costs as many requests as a first migration does.
func Everyone(ctx context.Context, source providers.Source, about providers.SourceDescription, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		for author, err := range source.Authors(ctx, repo, cache) {
			if err != nil && providers.CodeOf(err) == providers.CodeUnsupported && len(about.Streams) > 0 {
				break // a forge that knows its people only from its records
			}
			if !yield(author, err) || err != nil {
				return
			}
		}
		named := map[string]*schema.Author{}
		for _, stream := range about.Streams {
			if err := namedIn(ctx, source, repo, stream, named); err != nil {
				yield(schema.Author{}, err)
				return
			}
		}
		for _, id := range slices.Sorted(maps.Keys(named)) {
			if !yield(*named[id], nil) {
				return
			}
		}
	}
}

// namedIn counts the people whom the records of a stream name.
func namedIn(ctx context.Context, source providers.Source, repo providers.Repo, stream providers.Stream, named map[string]*schema.Author) error {
	for m, err := range source.Read(ctx, providers.ReadRequest{Repo: repo, Stream: stream.Name}) {
		if err != nil {
			return fmt.Errorf("list the people in %s: %w", stream.Name, err)
		}
		if m.Record == nil {
			continue
		}
		body, err := decodeBody(m.Record.Body)
		if err != nil {
			return fmt.Errorf("%s: %w", describe(m.Record), err)
		}
		met := map[string]bool{} // once in a record, however often
		eachPerson(body, func(member map[string]any) {
			field := func(name string) string { s, _ := member[name].(string); return s }
			person := schema.Author{RemoteID: field("id"), RemoteName: field("login"), Name: field("name"), Email: field("email")}
			if person.RemoteID == "" {
				person.RemoteID = person.RemoteName
			}
			if person.RemoteID == "" || met[person.RemoteID] {
				return
			}
			met[person.RemoteID] = true
			known := named[person.RemoteID]
			if known == nil {
				known = &person
				named[person.RemoteID] = known
			}
			known.Records++
			fillBlanks(known, person)
		})
	}
	return nil
}

// fillBlanks takes over what one mention of a person tells and others did not.
func fillBlanks(known *schema.Author, more schema.Author) {
	for _, f := range []struct{ to, from *string }{{&known.RemoteName, &more.RemoteName}, {&known.Name, &more.Name}, {&known.Email, &more.Email}} {
		if *f.to == "" {
			*f.to = strings.Clone(*f.from)
		}
	}
}
