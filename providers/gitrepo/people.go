package gitrepo

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
)

// Author is somebody who appears in a history: as author or committer of
// commits, or as tagger of tags.
type Author struct {
	Name    string
	Email   string
	Commits int64 // commits and tags that name the person, each counted once
}

// maxIdentity bounds a name and an e-mail address; a longer one is cut. Real
// ones are far shorter, and histories can be made to hold megabytes of them.
const maxIdentity = 4 << 10

// maxTagHeader bounds what is read of a tag in search of its tagger.
const maxTagHeader = 64 << 10

// Authors lists the people of the commits and annotated tags that the refs
// and HEAD lead to, sorted by name and e-mail address. Identities are as
// recorded, without a mailmap; those of commits that declare another encoding
// are turned into UTF-8, but not all that is recorded is valid UTF-8. Memory
// is bounded by the number of distinct people.
func (r *Repo) Authors(ctx context.Context) iter.Seq2[Author, error] {
	return func(yield func(Author, error) bool) {
		seen := people{}
		err := r.commitPeople(ctx, seen)
		if err == nil {
			err = r.tagPeople(ctx, seen)
		}
		if err != nil {
			yield(Author{}, err)
			return
		}
		for _, a := range seen.sorted() {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// AuthorsOf lists the people of a remote without fetching the contents of its
// files. A local repository is read where it is. Of any other a mirror of
// the commits alone is kept in the directory cache, so that the next call
// fetches only what is new; where a server cannot leave contents out, it is a
// full mirror.
func AuthorsOf(ctx context.Context, remote Remote, cache string) iter.Seq2[Author, error] {
	return func(yield func(Author, error) bool) {
		repo, err := commitsOf(ctx, remote, cache)
		if err != nil {
			yield(Author{}, err)
			return
		}
		repo.Authors(ctx)(yield)
	}
}

// commitsOf returns a repository with at least the commits and tags of remote.
func commitsOf(ctx context.Context, remote Remote, cache string) (*Repo, error) {
	r, err := remote.ready("list authors of " + remote.String())
	if err != nil {
		return nil, err
	}
	if repo, ok := r.directory(); ok {
		return repo, nil
	}
	return newMirror(ctx, r, cache, "tree:0", nil)
}

type identity struct{ name, email string }

// people counts identities.
type people map[identity]int64

// add counts one commit or tag, naming each of its people once.
func (p people) add(ids ...identity) {
	for i, id := range ids {
		if !slices.Contains(ids[:i], id) {
			p[id]++
		}
	}
}

func (p people) sorted() []Author {
	authors := make([]Author, 0, len(p))
	for id, n := range p {
		authors = append(authors, Author{Name: id.name, Email: id.email, Commits: n})
	}
	slices.SortFunc(authors, func(a, b Author) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Email, b.Email)
	})
	return authors
}

// commitPeople counts authors and committers. It asks rev-list, not log: log
// obeys settings of the repository, and a foreign one could make it run a
// program to verify signatures.
func (r *Repo) commitPeople(ctx context.Context, seen people) error {
	c := r.git("list authors of", "rev-list", "--all", "--encoding=UTF-8", "--format=%an%x00%ae%x00%cn%x00%ce%x00")
	c.stdout = func(out io.Reader) error {
		in := bufio.NewReaderSize(out, 64<<10)
		for {
			if _, err := readField(in, '\n', 0); err != nil { // "commit <oid>"
				return ignoreEnd(err)
			}
			var fields [4]string
			for i := range fields {
				var err error
				if fields[i], err = readField(in, 0, maxIdentity); err != nil {
					return err
				}
			}
			if _, err := readField(in, '\n', 0); err != nil {
				return err
			}
			seen.add(identity{fields[0], fields[1]}, identity{fields[2], fields[3]})
		}
	}
	return c.run(ctx)
}

// readField reads up to and including delim and returns at most the first
// limit bytes before it.
func readField(in *bufio.Reader, delim byte, limit int) (string, error) {
	var field []byte
	for {
		part, err := in.ReadSlice(delim)
		if err == nil {
			part = part[:len(part)-1]
		}
		field = append(field, part[:min(len(part), limit-len(field))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(field), err
		}
	}
}

func ignoreEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// tagPeople counts the taggers of annotated tags and of the tags they tag.
func (r *Repo) tagPeople(ctx context.Context, seen people) error {
	var tags []string
	done := map[string]bool{}
	remember := func(oid string) {
		if !done[oid] {
			done[oid] = true
			tags = append(tags, oid)
		}
	}
	err := r.git("list tags of", "for-each-ref", "--format=%(objecttype) %(objectname)").eachLine(ctx, func(line []byte) error {
		if oid, ok := strings.CutPrefix(string(line), "tag "); ok {
			remember(oid)
		}
		return nil
	})
	for err == nil && len(tags) > 0 {
		round := strings.NewReader(strings.Join(tags, "\n") + "\n")
		tags = nil
		err = r.eachObject(ctx, round, func(o object) error {
			header, err := io.ReadAll(io.LimitReader(o.body, maxTagHeader))
			if err != nil {
				return err
			}
			tagged, tagger, named := parseTag(string(header))
			if tagged != "" {
				remember(tagged)
			}
			if named {
				seen.add(tagger)
			}
			return nil
		})
	}
	return err
}

// parseTag returns the tag that a tag object is about, if it is about one, and
// its tagger, whom very old tags do not have.
func parseTag(data string) (tagged string, tagger identity, named bool) {
	header, _, _ := strings.Cut(data, "\n\n")
	var target string
	for line := range strings.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "object":
			target = value
		case "type":
			if value == "tag" && isOID(target) {
				tagged = target
			}
		case "tagger":
			tagger, named = parseIdentity(value)
		}
	}
	return tagged, tagger, named
}

// parseIdentity splits "Name <email> time zone" as git does: the address ends
// at the first bracket after it began.
func parseIdentity(s string) (identity, bool) {
	name, rest, ok := strings.Cut(s, "<")
	if !ok {
		return identity{}, false
	}
	email, _, ok := strings.Cut(rest, ">")
	if !ok {
		return identity{}, false
	}
	name = strings.TrimRight(name, " \t")
	return identity{name[:min(len(name), maxIdentity)], email[:min(len(email), maxIdentity)]}, true
}
