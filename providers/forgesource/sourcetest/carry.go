package sourcetest

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Carrying carries a repository to a target, as the engine would.
type Carrying struct {
	From    providers.Source
	Repo    providers.Repo // at the source
	Streams []string       // in their order

	To        providers.Target
	Place     providers.Place
	Placement json.RawMessage

	Takes func(schema.Record) bool                                 // what is written; nil: all
	Body  func(t testing.TB, body json.RawMessage) json.RawMessage // as it is written; nil: as it was read

	ref  schema.Ref
	refs map[schema.Key]schema.Ref
}

// Carry creates the repository and carries everything over.
func (c Carrying) Carry(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	facts := Inspect(t, c.From, providers.Lookup{Repo: c.Repo}).Facts
	var err error
	c.ref, err = c.To.Create(ctx, providers.CreateRequest{Place: c.Place, Marker: facts.Identity, DefaultBranch: facts.DefaultBranch, ObjectFormat: facts.ObjectFormat})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "code.git")
	export, err := c.From.ExportGit(ctx, providers.ExportRequest{Repo: c.Repo, Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	push := providers.PushRequest{Repo: c.ref, Part: providers.PartCode, Dir: dir, DefaultBranch: export.DefaultBranch, Placement: c.Placement}
	for name, oid := range export.Refs {
		push.Updates = append(push.Updates, providers.RefUpdate{Name: name, New: oid})
	}
	if pushed, err := c.To.Push(ctx, push, nil); err != nil || len(pushed.Failed) > 0 {
		t.Fatalf("push: %v, %v", err, pushed.Failed)
	}
	c.refs = map[schema.Key]schema.Ref{}
	for _, stream := range c.Streams {
		records := Read(t, c.From, providers.ReadRequest{Repo: c.Repo, Stream: stream}).Records
		if c.Takes != nil {
			records = slices.DeleteFunc(records, func(r schema.Record) bool { return !c.Takes(r) })
		}
		for len(records) > 0 {
			n := together(records)
			c.write(t, records[:n])
			records = records[n:]
		}
	}
	if _, err := c.To.Finish(ctx, providers.FinishRequest{Repo: c.ref, Placement: c.Placement}); err != nil {
		t.Fatal(err)
	}
}

// together is how many records are written at once: a review with its remarks.
func together(records []schema.Record) int {
	n := 1
	for records[0].Kind == schema.KindReview && n < len(records) && slices.Contains(records[n].After, records[0].Key()) {
		n++
	}
	return n
}

func (c Carrying) write(t testing.TB, records []schema.Record) {
	t.Helper()
	req := providers.WriteRequest{Repo: c.ref, Placement: c.Placement}
	for _, r := range records {
		if c.Body != nil {
			r.Body = c.Body(t, r.Body)
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
			w.Content = c.download(t, *r.Blob)
		}
		req.Writes = append(req.Writes, w)
	}
	written, err := c.To.Write(t.Context(), req)
	if err != nil {
		t.Fatalf("%s: %v", records[0].Key(), err)
	}
	for i, answer := range written {
		if answer.Problem != nil {
			t.Fatalf("%s: %v", records[i].Key(), answer.Problem)
		}
		if answer.Degraded != "" {
			t.Logf("%s: %s", records[i].Key(), answer.Degraded)
		}
		c.refs[records[i].Key()] = answer.Ref
	}
}

func (c Carrying) download(t testing.TB, blob schema.Blob) string {
	t.Helper()
	content, err := c.From.OpenBlob(t.Context(), c.Repo, blob)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	file := filepath.Join(t.TempDir(), "content")
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Accounts says of everybody in a body that they have an account of the same name at
// the target.
func Accounts(t testing.TB, body json.RawMessage) json.RawMessage {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
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
	return JSON(t, v)
}
