package reading_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/providers/gitlab"
	"github.com/drover-migrate/drover/schema"
)

// copying writes what a source reads to a target, as the engine would.
type copying struct {
	t         *testing.T
	from      providers.Source
	repo      providers.Repo // at the source
	to        providers.Target
	ref       schema.Ref
	placement json.RawMessage
	refs      map[schema.Key]schema.Ref
	degraded  map[string]bool
}

// all creates a repository and carries everything over.
func (c *copying) all(place providers.Place) {
	c.t.Helper()
	ctx := c.t.Context()
	c.refs, c.degraded = map[schema.Key]schema.Ref{}, map[string]bool{}
	facts := inspect(c.t, c.from, providers.Lookup{Repo: c.repo}).Facts
	var err error
	c.ref, err = c.to.Create(ctx, providers.CreateRequest{Place: place, Marker: facts.Identity, DefaultBranch: facts.DefaultBranch, ObjectFormat: facts.ObjectFormat})
	if err != nil {
		c.t.Fatal(err)
	}
	dir := filepath.Join(c.t.TempDir(), "code.git")
	export, err := c.from.ExportGit(ctx, providers.ExportRequest{Repo: c.repo, Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	push := providers.PushRequest{Repo: c.ref, Part: providers.PartCode, Dir: dir, DefaultBranch: export.DefaultBranch, Placement: c.placement}
	for name, oid := range export.Refs {
		push.Updates = append(push.Updates, providers.RefUpdate{Name: name, New: oid})
	}
	if pushed, err := c.to.Push(ctx, push, nil); err != nil || len(pushed.Failed) > 0 {
		c.t.Fatalf("push: %v, %v", err, pushed.Failed)
	}
	for _, stream := range streams() {
		records := read(c.t, c.from, providers.ReadRequest{Repo: c.repo, Stream: stream}).records
		records = slices.DeleteFunc(records, func(r schema.Record) bool { return !c.takes(r) })
		for len(records) > 0 {
			n := 1
			for records[0].Kind == schema.KindReview && n < len(records) && slices.Contains(records[n].After, records[0].Key()) {
				n++
			}
			c.write(records[:n])
			records = records[n:]
		}
	}
	if _, err := c.to.Finish(ctx, providers.FinishRequest{Repo: c.ref, Placement: c.placement}); err != nil {
		c.t.Fatal(err)
	}
}

// takes reports whether the target takes records of the kind: an archive takes all.
func (c *copying) takes(r schema.Record) bool {
	return c.placement == nil || gitlab.New().Description.Target.Supports(r.Kind) != nil
}

func (c *copying) write(records []schema.Record) {
	c.t.Helper()
	req := providers.WriteRequest{Repo: c.ref, Placement: c.placement}
	for _, r := range records {
		if c.placement != nil {
			r.Body = c.mapped(r.Body)
		}
		w := providers.Write{Record: r}
		keys := r.After
		if r.Parent != nil {
			keys = append(slices.Clone(keys), *r.Parent)
		}
		for _, k := range keys {
			if ref, ok := c.refs[k]; ok {
				w.Related = append(w.Related, providers.Related{Key: k, Ref: ref})
			}
		}
		if r.Blob != nil {
			w.Content = c.download(*r.Blob)
		}
		req.Writes = append(req.Writes, w)
	}
	written, err := c.to.Write(c.t.Context(), req)
	if err != nil {
		c.t.Fatalf("%s: %v", records[0].Key(), err)
	}
	for i, answer := range written {
		if answer.Problem != nil {
			c.t.Fatalf("%s: %v", records[i].Key(), answer.Problem)
		}
		if answer.Degraded != "" {
			c.degraded[answer.Degraded] = true
		}
		c.refs[records[i].Key()] = answer.Ref
	}
}

// mapped says of everybody that they have an account of the same name at the target.
func (c *copying) mapped(body json.RawMessage) json.RawMessage {
	c.t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		c.t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if login, ok := v["login"]; ok {
				v["user"] = login
			}
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(v)
	data, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return data
}

func (c *copying) download(blob schema.Blob) string {
	c.t.Helper()
	content, err := c.from.OpenBlob(c.t.Context(), c.repo, blob)
	if err != nil {
		c.t.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	file := filepath.Join(c.t.TempDir(), "content")
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return file
}

// TestToArchive carries a project into an archive, which keeps every record as it
// is.
func TestToArchive(t *testing.T) {
	w := start(t)
	w.full(t, "lamp")
	archive := providers.Config{Settings: settings(t, map[string]any{"path": filepath.Join(t.TempDir(), "archive")}), Dir: t.TempDir(), Scratch: t.TempDir()}
	to, err := directory.New().OpenTarget(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	c := &copying{t: t, from: w.open(t, "root"), repo: named(t, "lamp"), to: to}
	c.all(providers.Place{Namespace: "acme", Name: "lamp"})
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	back, err := directory.New().OpenSource(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	repo := providers.Repo{Settings: settings(t, map[string]any{"repo_path": "acme/lamp"})}
	kept := map[string]string{}
	for _, s := range directory.New().Description.Source.Streams {
		for _, r := range read(t, back, providers.ReadRequest{Repo: repo, Stream: s.Name}).records {
			kept[r.Key().String()] = compact(t, r.Body)
		}
	}
	carried := map[string]string{}
	for _, stream := range streams() {
		for _, r := range read(t, c.from, providers.ReadRequest{Repo: c.repo, Stream: stream}).records {
			carried[r.Key().String()] = compact(t, r.Body)
		}
	}
	same(t, "records", carried, kept)
}

func compact(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRoundTrip carries a project to another one of the same server, and reads it
// there.
func TestRoundTrip(t *testing.T) {
	w := start(t)
	w.full(t, "there")
	to, err := gitlab.New().OpenTarget(t.Context(), providers.Config{
		Settings: settings(t, map[string]any{"url": w.URL}), Secrets: map[string]string{"access_token": w.AdminToken()}, Dir: t.TempDir(), Scratch: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	c := &copying{t: t, from: w.open(t, "root"), repo: named(t, "there"), to: to,
		placement: settings(t, map[string]any{"visibility": "source", "number_gaps": "reproduce", "lfs": true})}
	c.all(providers.Place{Namespace: "acme/tools", Name: "back"})
	for text := range c.degraded {
		t.Log(text)
	}
	for _, stream := range streams() {
		before := read(t, c.from, providers.ReadRequest{Repo: named(t, "there"), Stream: stream})
		after := read(t, c.from, providers.ReadRequest{Repo: named(t, "back"), Stream: stream})
		same(t, stream, said(t, before), said(t, after))
	}
}

// said is what a stream says that a migration to the same system keeps.
func said(t *testing.T, g got) []string {
	t.Helper()
	var all []string
	for _, r := range g.records {
		var b struct {
			Number                                             int64
			Name, Color, Title, Text, Tag, State, Pattern, Ref string
			Author                                             schema.Person
			DueOn                                              string `json:"due_on"`
			Locked, Draft, Exclusive, Internal, Confidential   bool
			Resolved                                           bool
			Labels                                             []string
			Position                                           *schema.Position
			Reactions                                          []schema.Reaction
		}
		if err := json.Unmarshal(r.Body, &b); err != nil {
			t.Fatal(err)
		}
		if r.Kind == schema.KindEvent || r.Kind == schema.KindRepository || r.Kind == schema.KindAttachment || strings.HasPrefix(b.Name, "org ") {
			continue // of the server's own, or named differently
		}
		switch { // the target says of these that it is so
		case b.State == "merged":
			b.State = "closed"
		case r.Kind == schema.KindSnippet, b.Internal:
			b.Author = schema.Person{}
		}
		parent := ""
		if r.Parent != nil {
			parent = string(r.Parent.Kind)
		}
		text := strings.TrimSpace(attribution.Strip(b.Text))
		place, _ := json.Marshal(b.Position)
		reactions := len(b.Reactions)
		b.Text, b.Position, b.Reactions = "", nil, nil
		all = append(all, fmt.Sprintf("%s under %q: %+v %s %d reactions %q", r.Kind, parent, b, place, reactions, text))
	}
	slices.Sort(all)
	return all
}
