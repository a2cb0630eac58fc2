package threads_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/providers/github/attachments"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/github/threads"
	"github.com/drover-migrate/drover/schema"
)

// world is a GitHub with one repository, and a client of it.
type world struct {
	t      testing.TB
	server *githubtest.Server
	model  *githubtest.Model
	repo   *githubtest.Repository
	token  string
}

func newServer(t testing.TB, o githubtest.Options) *githubtest.Server {
	t.Helper()
	server, err := githubtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if v := server.Violations(); len(v) > 0 {
			t.Errorf("the stand-in or its client broke the contract:\n%s", strings.Join(v[:min(len(v), 5)], "\n"))
		}
		server.Close()
	})
	server.Limits(githubtest.Limits{Core: 1 << 40, GraphQL: 1 << 40})
	return server
}

// sample is the richest repository of the stand-in's sample.
func sample(t testing.TB) *world {
	t.Helper()
	server := newServer(t, githubtest.Options{Root: t.TempDir()})
	if err := githubtest.Sample(server.Model); err != nil {
		t.Fatal(err)
	}
	var richest *githubtest.Repository
	for _, r := range server.Model.Repositories {
		if richest == nil || len(r.Issues) > len(richest.Issues) {
			richest = r
		}
	}
	return &world{t: t, server: server, model: server.Model, repo: richest, token: server.Token(richest.Owner)}
}

// empty is a repository with nothing in it, and no git.
func empty(t testing.TB) *world {
	t.Helper()
	server := newServer(t, githubtest.Options{NoGit: true})
	m := server.Model
	m.SetClock(githubtest.Epoch, time.Minute)
	org := m.AddOrg("lantern", "Lantern")
	r, err := m.AddRepository(org.User, &githubtest.Repository{Name: "lamp", Visibility: "public"})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, server: server, model: m, repo: r, token: server.Token(m.AddUser(githubtest.User{Login: "reader"}))}
}

func (w *world) client(clock *sourcetest.Clock) *api.Client {
	w.t.Helper()
	host, err := api.ParseHost(w.server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	o := api.Options{Host: host, Tokens: []string{w.token}}
	if clock != nil {
		o.Clock = clock
	}
	c, err := api.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) place(pageSize int) threads.Repository {
	return threads.Repository{
		Owner: w.repo.Owner.Login, Name: w.repo.Name, NodeID: w.repo.NodeID(), PageSize: pageSize,
		Files: attachments.Host{Web: w.server.URL, Repositories: []string{w.repo.FullName()}},
	}
}

// outcome is what a reading yielded.
type outcome struct {
	messages    []providers.Message // records, failures, kept, whole and gone, in order
	checkpoints map[int]schema.Cursor
	losses      []schema.Loss
	end         *providers.StreamEnd
}

func collect(ctx context.Context, client threads.Client, repo threads.Repository, req providers.ReadRequest) (outcome, error) {
	o := outcome{checkpoints: map[int]schema.Cursor{}}
	for m, err := range threads.Read(ctx, client, repo, req) {
		switch {
		case err != nil:
			return o, err
		case o.end != nil:
			return o, fmt.Errorf("something follows the end")
		case m.End != nil:
			o.end = m.End
		case m.Checkpoint != nil:
			if len(*m.Checkpoint) > schema.MaxCursor {
				return o, fmt.Errorf("a checkpoint has %d bytes", len(*m.Checkpoint))
			}
			o.checkpoints[len(o.messages)] = *m.Checkpoint
		case m.Loss != nil:
			o.losses = append(o.losses, *m.Loss)
		case m.Throttled != nil:
		default:
			o.messages = append(o.messages, m)
		}
	}
	if o.end == nil && len(req.Keys) == 0 {
		return o, fmt.Errorf("the stream has no end")
	}
	return o, nil
}

func (w *world) read(repo threads.Repository, req providers.ReadRequest) outcome {
	w.t.Helper()
	o, err := collect(w.t.Context(), w.client(nil), repo, req)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// lines are the messages as text, one each, for comparing.
func lines(all []providers.Message) []string {
	var text []string
	for _, m := range all {
		data, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		text = append(text, string(data))
	}
	return text
}

// records are those of an outcome by their keys.
func (o outcome) records() map[schema.Key]*schema.Record {
	all := map[schema.Key]*schema.Record{}
	for _, m := range o.messages {
		if m.Record != nil {
			all[m.Record.Key()] = m.Record
		}
	}
	return all
}

// body decodes a record's body.
func body[T any](t testing.TB, o outcome, kind schema.Kind, id string) T {
	t.Helper()
	var b T
	r := o.records()[schema.Key{Kind: kind, ID: id}]
	if r == nil {
		t.Fatalf("there is no %s %s", kind, id)
	}
	if err := json.Unmarshal(r.Body, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// store is a toy target: it does with messages what the engine does.
type store map[schema.Key]schema.Record

func (s store) apply(o outcome) {
	seen, whole := map[schema.Key]bool{}, map[schema.Key]bool{}
	for _, m := range o.messages {
		switch {
		case m.Record != nil:
			s[m.Record.Key()] = *m.Record
			seen[m.Record.Key()] = true
		case m.Failed != nil:
			seen[m.Failed.Key] = true
		case m.Kept != nil:
			seen[*m.Kept] = true
			for key, r := range s {
				if r.Parent != nil && *r.Parent == *m.Kept {
					seen[key] = true
				}
			}
		case m.Whole != nil:
			whole[*m.Whole] = true
		case m.Gone != nil:
			delete(s, *m.Gone)
		}
	}
	maps.DeleteFunc(s, func(k schema.Key, r schema.Record) bool {
		return !seen[k] && (o.end.Complete || r.Parent != nil && whole[*r.Parent])
	})
}

func (s store) text() []string {
	var all []string
	for k, r := range s {
		data, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		all = append(all, k.String()+" "+string(data))
	}
	slices.Sort(all)
	return all
}

func same(t testing.TB, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%.4000s", what, diff)
	}
}
