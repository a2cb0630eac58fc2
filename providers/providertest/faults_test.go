package providertest

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// fault is a way to break the contract, and the check that must see it.
type fault struct {
	check  string // AREA: words of the name
	says   string // words of the detail
	broken broken
}

func describe(change func(d *providers.Description)) broken { return broken{describe: change} }

// facts changes the facts of Inspect.
func facts(change func(f *providers.Facts)) broken {
	return broken{inspected: func(_ []providers.Lookup, list []providers.Inspection) []providers.Inspection {
		for _, answer := range list {
			if answer.Facts != nil {
				change(answer.Facts)
			}
		}
		return list
	}}
}

// endOf changes the end of a stream.
func endOf(change func(e *providers.StreamEnd)) broken {
	return broken{messages: func(_ providers.ReadRequest, list []providers.Message) []providers.Message {
		for _, m := range list {
			if m.End != nil {
				change(m.End)
			}
		}
		return list
	}}
}

func attribute(a schema.Attribute) broken {
	return describe(func(d *providers.Description) { d.Source.Settings = append(d.Source.Settings, a) })
}

func token() schema.Attribute {
	return schema.Attribute{Name: "token", Type: schema.TypeString, Secret: true, Doc: "A token."}
}

func addToken(d *providers.Description) {
	d.Source.Settings = append(d.Source.Settings, token())
	d.Target.Settings = append(d.Target.Settings, token())
}

// faults breaks each promise that a provider in this process can break. Those
// that need a process are in TestBrokenBinaries.
func faults() []fault {
	secret := ""
	keep := func(c providers.Config, err error) error {
		secret = c.Secrets["token"]
		return err
	}
	one := schema.KindIssue
	return []fault{
		{"Start: before it is given", "no version", describe(func(d *providers.Description) { d.Version = "" })},

		{"Schema: named, typed", "lower-case letters", attribute(schema.Attribute{Name: "Bad-Name", Type: schema.TypeString, Doc: "Bad."})},
		{"Schema: named, typed", "no type", attribute(schema.Attribute{Name: "bad", Type: "text", Doc: "Bad."})},
		{"Schema: named, typed", "full stop", attribute(schema.Attribute{Name: "bad", Type: schema.TypeString, Doc: "bad"})},
		{"Schema: named, typed", "what to write instead", attribute(schema.Attribute{Name: "bad", Type: schema.TypeString, Doc: "Bad.", Deprecated: "yes"})},
		{"Schema: defaults", "not the JSON of a number", attribute(schema.Attribute{Name: "bad", Type: schema.TypeNumber, Doc: "Bad.", Default: `"8"`})},
		{"Schema: defaults", "not one of", attribute(schema.Attribute{Name: "bad", Type: schema.TypeString, Doc: "Bad.", Default: `"c"`, Values: []string{"a", "b"}})},
		{"Schema: secret", "not a bool", attribute(schema.Attribute{Name: "bad", Type: schema.TypeBool, Doc: "Bad.", Secret: true})},
		{"Schema: secret", "is none", attribute(schema.Attribute{Name: "bad", Type: schema.TypeString, Doc: "Bad.", Secret: true, Default: `"hunter2"`})},
		{"Schema: streams and kinds", "unknown kind", describe(func(d *providers.Description) { d.Source.Streams[0].Kinds[0] = "wish" })},
		{"Schema: streams and kinds", "twice", describe(func(d *providers.Description) { d.Target.Kinds = append(d.Target.Kinds, d.Target.Kinds[0]) })},

		{"Config: a required setting that", "names the attribute", broken{open: func(_ providers.Config, err error) error {
			if err == nil {
				return nil
			}
			return providers.Errorf(providers.CodeInvalid, "something is missing")
		}}},
		{"Config: a required setting that", "succeeded", broken{open: func(providers.Config, error) error { return nil }}},
		{"Config: of a repository", "names the attribute", broken{inspected: func(_ []providers.Lookup, list []providers.Inspection) []providers.Inspection {
			list[0].Problem = providers.Errorf(providers.CodeInvalid, "something is missing")
			return list
		}}},
		{"Config: does not know", "not classified", broken{open: func(c providers.Config, err error) error {
			if strings.Contains(string(c.Settings), "another_version") {
				return errors.New("json: unknown field")
			}
			return err
		}}},

		{"Secrets: a source's", "an answer of Inspect", broken{describe: addToken, open: keep, inspected: facts(func(f *providers.Facts) { f.URL = "https://" + secret + "@forge" }).inspected}},
		{"Secrets: a source's", "a message of the stream", broken{describe: addToken, open: keep, messages: func(_ providers.ReadRequest, list []providers.Message) []providers.Message {
			cursor := schema.Cursor("page=2&token=" + secret)
			return append([]providers.Message{{Checkpoint: &cursor}}, list...)
		}}},
		{"Secrets: a source's", "the error of opening", broken{describe: addToken, open: func(c providers.Config, _ error) error {
			return providers.Errorf(providers.CodeAuth, "the token %q is wrong", c.Secrets["token"])
		}}},
		{"Secrets: a target's", "the result of Create", broken{describe: addToken, open: keep, create: func(req providers.CreateRequest, do func(providers.CreateRequest) (schema.Ref, error)) (schema.Ref, error) {
			ref, err := do(req)
			ref.URL = secret
			return ref, err
		}}},
		{"Secrets: wrong", "succeeded", describe(addToken)},
		{"Discover: same order", "then", discoverEveryTime()},
		{"Discover: identity of its own", "comes twice", broken{discovered: func(_ providers.Query, list []providers.Discovered) []providers.Discovered {
			return append(list[:1:1], list...)
		}}},
		{"Discover: complete", "no end", broken{discovered: func(_ providers.Query, list []providers.Discovered) []providers.Discovered { return list[:1] }}},
		{"Discover: complete", "does not say why", broken{discovered: func(_ providers.Query, list []providers.Discovered) []providers.Discovered {
			list[len(list)-1].End.Complete = false
			return list
		}}},
		{"Discover: does not exist", "panic", broken{discovered: func(q providers.Query, list []providers.Discovered) []providers.Discovered {
			if q.Kind != "repositories" {
				panic("no such kind")
			}
			return list
		}}},

		{"Inspect: valid refs", "no identity", facts(func(f *providers.Facts) { f.Identity = "" })},
		{"Inspect: valid refs", "not the name of a ref", facts(func(f *providers.Facts) { f.Refs["refs/heads/a..b"] = f.Refs[mainBranch] })},
		{"Inspect: valid refs", "not an id", facts(func(f *providers.Facts) { f.Refs[mainBranch] = "main" })},
		{"Inspect: another process", "the identity is", facts(func(f *providers.Facts) { f.Identity = rand.Text() })},
		{"Inspect: unchanged", "does not answer", broken{inspected: func(q []providers.Lookup, list []providers.Inspection) []providers.Inspection {
			if list[0].Unchanged {
				return []providers.Inspection{{ID: q[0].ID, Facts: &providers.Facts{Identity: "1"}}}
			}
			return list
		}}},
		{"Inspect: unchanged", "never gave", broken{inspected: func(q []providers.Lookup, list []providers.Inspection) []providers.Inspection {
			if q[0].ETag != "" {
				return []providers.Inspection{{ID: q[0].ID, Unchanged: true}}
			}
			return list
		}}},
		{"Inspect: gone", "denied", broken{inspected: func(_ []providers.Lookup, list []providers.Inspection) []providers.Inspection {
			list[0].Problem.Code = providers.CodeDenied
			return list
		}}},
		{"Inspect: many questions", "was not answered", broken{inspected: func(_ []providers.Lookup, list []providers.Inspection) []providers.Inspection {
			return list[:min(len(list), 100)]
		}}},
		{"Inspect: many questions", "twice", broken{inspected: func(_ []providers.Lookup, list []providers.Inspection) []providers.Inspection {
			return append(list, list[0])
		}}},

		{"ExportGit: refs that were inspected", "that Inspect told", facts(func(f *providers.Facts) { delete(f.Refs, "refs/tags/v1") })},
		{"ExportGit: refs that were inspected", "that it returned", broken{export: func(_ context.Context, _ providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			export, err := do()
			delete(export.Refs, mainBranch)
			return export, err
		}}},
		{"ExportGit: refs that were inspected", "not all", broken{export: func(_ context.Context, _ providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			export, err := do()
			export.LFS = schema.Count{Source: 2, Fetched: 1}
			return export, err
		}}},
		{"ExportGit: changes nothing", "anew", broken{export: func(ctx context.Context, req providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			export, err := do()
			return export, errors.Join(err, os.WriteFile(filepath.Join(req.Dir, "objects", "pack", rand.Text()), nil, 0o600))
		}}},
		{"ExportGit: half-written", "in a folder with nothing in it", broken{export: func(_ context.Context, req providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			if _, err := os.Stat(req.Dir); err == nil {
				return providers.Export{}, providers.Errorf(providers.CodeConflict, "there is something already")
			}
			return do()
		}}},
		{"ExportGit: half-written", "lacks objects", broken{export: trustRefs}},
		{"ExportGit: is stopped", "had not returned", broken{export: func(ctx context.Context, _ providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			if ctx.Err() != nil {
				select {} // deaf
			}
			return do()
		}}},
		{"ExportGit: is stopped", "invalid", broken{export: func(ctx context.Context, _ providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			if ctx.Err() != nil {
				return providers.Export{}, providers.Errorf(providers.CodeInvalid, "no")
			}
			return do()
		}}},
		{"ExportGit: equal", "other refs", broken{export: func(_ context.Context, _ providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
			export, err := do()
			export.DefaultBranch = rand.Text()
			return export, err
		}}},

		{"Authors: order", "comes before", broken{authors: func([]schema.Author) []schema.Author {
			return []schema.Author{{RemoteID: "zoe", Commits: 1}, {RemoteID: "ada", Commits: 1}}
		}}},
		{"Authors: order", "0 commits", broken{authors: func([]schema.Author) []schema.Author { return []schema.Author{{RemoteID: "zoe"}} }}},
		{"Authors: again", "not the same", broken{authors: func([]schema.Author) []schema.Author {
			return []schema.Author{{RemoteID: rand.Text(), Commits: 1}}
		}}},

		{"Read: valid", "comes twice", broken{messages: func(_ providers.ReadRequest, list []providers.Message) []providers.Message {
			if list[0].Record == nil {
				return list
			}
			return append(list[:1:1], list...)
		}}},
		{"Read: valid", "no revision", eachRecord(func(r *schema.Record) { r.Revision = "" })},
		{"Read: valid", "not that of its kind", eachRecord(func(r *schema.Record) { r.Body = []byte(`{"title":7,"text":7,"name":7}`) })},
		{"Read: valid", "no end", broken{messages: func(_ providers.ReadRequest, list []providers.Message) []providers.Message { return list[:len(list)-1] }}},
		{"Read: valid", "4096", broken{messages: func(_ providers.ReadRequest, list []providers.Message) []providers.Message {
			long := schema.Cursor(strings.Repeat("x", schema.MaxCursor+1))
			return append([]providers.Message{{Checkpoint: &long}}, list...)
		}}},
		{"Read: parent", "before its parent", eachRecord(func(r *schema.Record) {
			if r.Parent != nil {
				r.Parent = &schema.Key{Kind: schema.KindIssue, ID: "99999"}
			}
		})},
		{"Read: the end counts", "the end counts", endOf(func(e *providers.StreamEnd) { e.Counts[one]++ })},
		{"Read: the end counts", "complete", endOf(func(e *providers.StreamEnd) { e.Complete = false })},
		{"Read: the end counts", "inspect counts", facts(func(f *providers.Facts) { f.Counts[one]++ })},
		{"Read: another process", "is not the same", eachRecord(func(r *schema.Record) { r.Revision = rand.Text() })},
		{"Read: every checkpoint", "should be", broken{messages: func(req providers.ReadRequest, list []providers.Message) []providers.Message {
			if req.Cursor != "" {
				return list[1:] // one is lost
			}
			return list
		}}},
		{"Read: every checkpoint", "counts", broken{messages: func(req providers.ReadRequest, list []providers.Message) []providers.Message {
			if req.Cursor != "" {
				list[len(list)-1].End.Counts[one] = int64(len(list) - 1)
			}
			return list
		}}},
		{"Read: kinds that were asked for", "not of the kinds", broken{messages: func(req providers.ReadRequest, list []providers.Message) []providers.Message {
			if len(req.Kinds) > 0 {
				r := sample(schema.KindDiscussion, 1, "1", "text")
				if req.Kinds[0] == r.Kind {
					r = sample(schema.KindLabel, 1, "1", "text")
				}
				return append([]providers.Message{{Record: &r}}, list...)
			}
			return list
		}}},
		{"Read: breaks off", "had not returned", broken{read: func(ctx context.Context, seq iter.Seq2[providers.Message, error]) iter.Seq2[providers.Message, error] {
			return func(yield func(providers.Message, error) bool) {
				for m, err := range seq {
					if !yield(m, err) {
						return
					}
					if ctx.Err() != nil {
						select {}
					}
				}
			}
		}}},
		{"Read: breaks off", "range function continued", broken{read: func(_ context.Context, seq iter.Seq2[providers.Message, error]) iter.Seq2[providers.Message, error] {
			return func(yield func(providers.Message, error) bool) {
				for m, err := range seq {
					yield(m, err)
				}
			}
		}}},
		{"Read: stream that does not exist", "succeeded", broken{read: func(_ context.Context, seq iter.Seq2[providers.Message, error]) iter.Seq2[providers.Message, error] {
			return func(yield func(providers.Message, error) bool) {
				for m, err := range seq {
					if err != nil {
						m, err = providers.Message{End: &providers.StreamEnd{}}, nil
					}
					if !yield(m, err) {
						return
					}
				}
			}
		}}},

		{"Blobs: size and digest", "has 3 bytes", broken{blob: func(io.ReadCloser, error) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("abc")), nil
		}}},
		{"Blobs: not there", "succeeded", broken{blob: func(r io.ReadCloser, err error) (io.ReadCloser, error) {
			if err != nil {
				return io.NopCloser(strings.NewReader("")), nil
			}
			return r, nil
		}}},

		{"Names: hostile", "does not name the attribute", broken{standings: func(list []providers.Standing) []providers.Standing {
			for i := range list {
				list[i].Problem = providers.Errorf(providers.CodeInvalid, "no")
			}
			return list
		}}},
		{"Names: hostile", "Create at the place", broken{create: func(providers.CreateRequest, func(providers.CreateRequest) (schema.Ref, error)) (schema.Ref, error) {
			return schema.Ref{ID: "1"}, nil
		}}},
		{"Create: marked", "the marker is", broken{standings: func(list []providers.Standing) []providers.Standing {
			list[0].Marker = ""
			return list
		}}},
		{"Create: same marker", "second", broken{create: func(req providers.CreateRequest, do func(providers.CreateRequest) (schema.Ref, error)) (schema.Ref, error) {
			return schema.Ref{ID: rand.Text()}, nil
		}}},
		{"Create: another marker", "succeeded", broken{create: func(req providers.CreateRequest, do func(providers.CreateRequest) (schema.Ref, error)) (schema.Ref, error) {
			req.Adopt = true
			return do(req)
		}}},

		{"Push: arrive", "returned other refs", broken{push: func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
			pushed, err := do(req)
			delete(pushed.Refs, mainBranch)
			return pushed, err
		}}},
		{"Push: arrive", "other refs", broken{push: func(req providers.PushRequest, _ func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
			refs := map[string]string{} // says so, and does nothing
			for _, u := range req.Updates {
				refs[u.Name] = u.New
			}
			return providers.Pushed{Refs: refs}, nil
		}}},
		{"Push: twice", "the second push", broken{push: pushOnce()}},
		{"Push: somebody changed is refused", "whole push", broken{push: func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
			pushed, err := do(req)
			if err == nil && len(pushed.Failed) > 0 {
				err = pushed.Failed[0].Problem
			}
			return pushed, err
		}}},
		{"Push: old value is known", "other refs", broken{push: func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
			req.Updates = slices.DeleteFunc(slices.Clone(req.Updates), func(u providers.RefUpdate) bool { return u.New == "" })
			return do(req)
		}}},
		{"Push: overwritten only", "without being asked", broken{push: func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
			req.Overwrite = true
			return do(req)
		}}},

		{"Write: is found", "no ref", broken{write: func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
			return make([]providers.Written, len(req.Writes)), nil
		}}},
		{"Write: leaves one", "2 issues", broken{counts: func(counts map[schema.Kind]int64) map[schema.Kind]int64 {
			counts[one]++
			return counts
		}}},
		{"Write: leaves one", "was to be updated", broken{write: func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
			written, err := do(req)
			if req.Writes[0].Ref.ID != "" {
				written[0].Ref.ID = rand.Text()
			}
			return written, err
		}}},
		{"Write: does not stop the others", "whole call", broken{write: firstProblemFails}},
		{"Write: under its parent", "needs no parents", broken{write: func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
			if req.Writes[0].Record.Parent != nil {
				return []providers.Written{{Problem: providers.Errorf(providers.CodeInvalid, "it needs no parents")}}, nil
			}
			return do(req)
		}}},
		{"Write: as large as described", "too many", broken{write: func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
			if len(req.Writes) > 100 {
				return nil, providers.Errorf(providers.CodeInvalid, "too many")
			}
			return do(req)
		}}},
		{"Write: a content", "not given", broken{write: func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
			req.Writes[0].Content = ""
			return do(req)
		}}},
		{"Find: order of the keys", "is found as", broken{found: func(refs []schema.Ref) []schema.Ref {
			slices.Reverse(refs)
			return refs
		}}},
		{"Find: order of the keys", "answers to", broken{found: func(refs []schema.Ref) []schema.Ref {
			return slices.DeleteFunc(refs, func(r schema.Ref) bool { return r.ID == "" })
		}}},
		{"Finish: counts", "the target holds", broken{counts: func(map[schema.Kind]int64) map[schema.Kind]int64 { return nil }}},

		{"Limits: 10 MiB", "whole call", broken{write: func(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
			if len(req.Writes[0].Record.Body) > 1<<20 {
				return nil, providers.Errorf(providers.CodeInternal, "message too large")
			}
			return do(req)
		}}},
		{"Limits: thousands of refs", "should be", broken{push: func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
			req.Updates = req.Updates[:min(len(req.Updates), 1000)] // one page
			return do(req)
		}}},
		{"Move: with its refs", "at the new place", broken{move: func(ref schema.Ref, err error) (schema.Ref, error) { return schema.Ref{ID: "elsewhere"}, err }}},
		{"Move: taken", "succeeded", broken{move: func(ref schema.Ref, _ error) (schema.Ref, error) { return ref, nil }}},
	}
}

func eachRecord(change func(r *schema.Record)) broken {
	return broken{messages: func(_ providers.ReadRequest, list []providers.Message) []providers.Message {
		for _, m := range list {
			if m.Record != nil {
				change(m.Record)
			}
		}
		return list
	}}
}

// discoverEveryTime lists something else at every call.
func discoverEveryTime() broken {
	return broken{discovered: func(_ providers.Query, list []providers.Discovered) []providers.Discovered {
		list[0].Item.Identity = rand.Text()
		return list
	}}
}

// trustRefs looks at refs only to find out what is new.
func trustRefs(ctx context.Context, req providers.ExportRequest, do func() (providers.Export, error)) (providers.Export, error) {
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return do()
	}
	refs, err := repo.Refs(ctx)
	if err != nil || len(refs.Names) == 0 {
		return do()
	}
	return providers.Export{Refs: refs.Names, ObjectFormat: refs.ObjectFormat}, nil
}

// pushOnce refuses every push after the first.
func pushOnce() func(providers.PushRequest, func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
	pushed := false
	return func(req providers.PushRequest, do func(providers.PushRequest) (providers.Pushed, error)) (providers.Pushed, error) {
		if pushed {
			return providers.Pushed{}, providers.Errorf(providers.CodeConflict, "the ref exists")
		}
		pushed = true
		return do(req)
	}
}

func firstProblemFails(req providers.WriteRequest, do func(providers.WriteRequest) ([]providers.Written, error)) ([]providers.Written, error) {
	written, err := do(req)
	for _, w := range written {
		if w.Problem != nil {
			return nil, w.Problem
		}
	}
	return written, err
}
