package history

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// People lists everybody whom commits and annotated tags of the repository dir
// name, ordered by RemoteID, which is the address, and name. Commits counts
// the commits and tags that name somebody, each once. With trailers, so do
// messages.
func People(ctx context.Context, dir string, trailers bool) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		found, err := findPeople(ctx, dir, trailers)
		if err != nil {
			yield(schema.Author{}, fmt.Errorf("list people of %s: %w", dir, err))
			return
		}
		for _, a := range found {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func findPeople(ctx context.Context, dir string, trailers bool) ([]schema.Author, error) {
	repo, err := gitrepo.Open(dir)
	if err != nil {
		return nil, err
	}
	refs, err := readRefs(ctx, repo)
	if err != nil {
		return nil, err
	}
	store, err := gitpack.Open(repo.Dir())
	if err != nil {
		return nil, err
	}
	defer store.Close()
	t, err := findTips(store, refs)
	if err != nil {
		return nil, err
	}
	load := &loader{
		store: store, editor: func() *editor { return &editor{} },
		converted: func(gitpack.ID) (bool, error) { return false, nil },
	}
	g, err := load.load(ctx, slices.Concat(t.commits, t.notes), true)
	if err != nil {
		return nil, err
	}
	return countPeople(ctx, store, slices.Concat(g.ids, t.tags), trailers)
}

// countPeople reads commits and tags, several at a time.
func countPeople(ctx context.Context, store *gitpack.Store, ids []gitpack.ID, trailers bool) ([]schema.Author, error) {
	group, ctx := errgroup.WithContext(ctx)
	counts := make([]census, runtime.GOMAXPROCS(0))
	for w := range counts {
		counts[w] = census{trailers: trailers, people: map[person]int64{}}
		group.Go(func() error {
			for n := w * loadBatch; n < len(ids); n += len(counts) * loadBatch {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				for _, id := range ids[n:min(n+loadBatch, len(ids))] {
					_, data, err := store.Read(id)
					if err != nil {
						return fmt.Errorf("read %s: %w", id, err)
					}
					counts[w].count(data)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, more := range counts[1:] {
		for who, n := range more.people {
			counts[0].people[who] += n
		}
	}
	var authors []schema.Author
	for who, n := range counts[0].people {
		authors = append(authors, schema.Author{RemoteID: who.email, RemoteName: who.name, Name: who.name, Email: who.email, Commits: n})
	}
	slices.SortFunc(authors, func(a, b schema.Author) int {
		if c := strings.Compare(a.RemoteID, b.RemoteID); c != 0 {
			return c
		}
		return strings.Compare(a.RemoteName, b.RemoteName)
	})
	return authors, nil
}

type person struct{ name, email string }

// census counts people. It is for one goroutine.
type census struct {
	trailers bool
	people   map[person]int64
	named    []person // by the commit at hand
}

// maxIdentity bounds a name and an address: histories can be made to hold
// megabytes of them.
const maxIdentity = 4 << 10

// count counts the people of a commit or tag.
func (c *census) count(data []byte) {
	c.named = c.named[:0]
	set := charsetOf(encodingOf(data))
	message := 0
	for f := range fields(data) {
		message = f.end
		if f.is("author") || f.is("committer") || f.is("tagger") {
			c.name(f.value, set)
		}
	}
	if c.trailers {
		text := data[message:signatureStart(data, message)]
		for value := range trailers(text) {
			if line := text[value.start:value.end]; creditsSomebody(line) {
				c.name(line, set)
			}
		}
	}
	for _, who := range c.named {
		c.people[who]++
	}
}

func (c *census) name(line []byte, set charset) {
	id, ok := splitIdentity(line)
	if !ok {
		return
	}
	name, email := set.decode(id.name), set.decode(id.email)
	who := person{name[:min(len(name), maxIdentity)], email[:min(len(email), maxIdentity)]}
	if !slices.Contains(c.named, who) {
		c.named = append(c.named, who)
	}
}
