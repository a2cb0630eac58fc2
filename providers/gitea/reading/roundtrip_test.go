package reading_test

import (
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
	"github.com/drover-migrate/drover/providers/gitea"
	"github.com/drover-migrate/drover/schema"
)

// testRoundTrip carries a repository to another one of the same server, as the
// engine would, and reads it there.
func testRoundTrip(t *testing.T, w *world) {
	w.full(t, "there")
	from := w.open(t, "admin1", nil)
	to, err := gitea.New().OpenTarget(t.Context(), providers.Config{
		Settings: settings(t, map[string]any{"url": w.url}), Secrets: map[string]string{"access_token": w.tokens["admin1"]}, Dir: t.TempDir(), Scratch: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	ref, err := to.Create(t.Context(), providers.CreateRequest{Place: providers.Place{Namespace: "acme", Name: "back"}, Marker: "gitea:1", DefaultBranch: "refs/heads/main"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "code")
	export, err := from.ExportGit(t.Context(), providers.ExportRequest{Repo: named(t, "there"), Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	push := providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: dir, DefaultBranch: export.DefaultBranch}
	for name, oid := range export.Refs {
		push.Updates = append(push.Updates, providers.RefUpdate{Name: name, New: oid})
	}
	if pushed, err := to.Push(t.Context(), push, nil); err != nil || len(pushed.Failed) > 0 {
		t.Fatalf("push: %v, %v", err, pushed.Failed)
	}
	c := copying{t: t, from: from, to: to, repo: ref, refs: map[schema.Key]schema.Ref{}}
	for _, stream := range []string{"base", "threads", "releases"} {
		c.copy(read(t, from, providers.ReadRequest{Repo: named(t, "there"), Stream: stream}).records)
	}
	if _, err := to.Finish(t.Context(), providers.FinishRequest{Repo: ref}); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"base", "threads", "releases"} {
		before := read(t, from, providers.ReadRequest{Repo: named(t, "there"), Stream: stream})
		after := read(t, from, providers.ReadRequest{Repo: named(t, "back"), Stream: stream})
		same(t, stream, said(t, before), said(t, after))
	}
}

// copying writes records to a target.
type copying struct {
	t    *testing.T
	from providers.Source
	to   providers.Target
	repo schema.Ref
	refs map[schema.Key]schema.Ref
}

// copy writes records one after the other, a review together with its remarks.
func (c copying) copy(records []schema.Record) {
	c.t.Helper()
	for len(records) > 0 {
		n := 1
		for records[0].Kind == schema.KindReview && n < len(records) && slices.Contains(records[n].After, records[0].Key()) {
			n++
		}
		if records[0].Kind != schema.KindEvent {
			c.write(records[:n])
		}
		records = records[n:]
	}
}

func (c copying) write(records []schema.Record) {
	c.t.Helper()
	req := providers.WriteRequest{Repo: c.repo}
	for _, r := range records {
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
		c.t.Fatal(err)
	}
	for i, answer := range written {
		if answer.Problem != nil {
			c.t.Fatalf("%s: %v", records[i].Key(), answer.Problem)
		}
		if answer.Degraded != "" {
			c.t.Logf("%s: %s", records[i].Key(), answer.Degraded)
		}
		c.refs[records[i].Key()] = answer.Ref
	}
}

func (c copying) download(blob schema.Blob) string {
	c.t.Helper()
	content, err := c.from.OpenBlob(c.t.Context(), providers.Repo{}, blob)
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

// said is what a stream says that a migration to the same system keeps.
func said(t *testing.T, g got) []string {
	t.Helper()
	var all []string
	for _, r := range g.records {
		var b struct {
			Number                                             int64
			Name, Color, Title, Text, Tag, State, Pattern, Ref string
			DueOn                                              string `json:"due_on"`
			Locked, Draft, Exclusive                           bool
			Labels                                             []string
			Head, Base                                         struct{ Branch string }
			Position                                           *struct {
				Path, Side string
				Line       int64
			}
		}
		if err := json.Unmarshal(r.Body, &b); err != nil {
			t.Fatal(err)
		}
		switch {
		case r.Kind == schema.KindEvent, r.Kind == schema.KindRepository, r.Kind == schema.KindMember, r.Kind == schema.KindAttachment, strings.HasPrefix(b.Name, "org "):
			continue // of the server's own, named differently, or of people without an account
		case r.Kind == schema.KindReview: // nobody judges what is closed
			b.State = ""
		case b.Tag != "" && b.Name == "":
			b.Name = b.Tag
		}
		parent := ""
		if r.Parent != nil {
			parent = r.Parent.String()
		}
		text := strings.TrimSpace(attribution.Strip(b.Text))
		b.Text = ""
		place, _ := json.Marshal(b.Position)
		b.Position = nil
		all = append(all, fmt.Sprintf("%s under %q: %+v %s %q", r.Kind, parent, b, place, text))
	}
	slices.Sort(all)
	return all
}
