package reading_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab"
	"github.com/drover-migrate/drover/schema"
)

// TestToArchive carries a project into an archive, which keeps every record as it
// is.
func TestToArchive(t *testing.T) {
	w := start(t)
	w.full(t, "lamp")
	archive := providers.Config{Settings: sourcetest.JSON(t, map[string]any{"path": filepath.Join(t.TempDir(), "archive")}), Dir: t.TempDir(), Scratch: t.TempDir()}
	to, err := directory.New().OpenTarget(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	c := sourcetest.Carrying{From: w.open(t, "root"), Repo: named(t, "lamp"), Streams: streams(), To: to, Place: providers.Place{Namespace: "acme", Name: "lamp"}}
	c.Carry(t)
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	back, err := directory.New().OpenSource(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	repo := providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"repo_path": "acme/lamp"})}
	kept := map[string]string{}
	for _, s := range directory.New().Description.Source.Streams {
		for _, r := range sourcetest.Read(t, back, providers.ReadRequest{Repo: repo, Stream: s.Name}).Records {
			kept[r.Key().String()] = compact(t, r.Body)
		}
	}
	carried := map[string]string{}
	for _, stream := range streams() {
		for _, r := range sourcetest.Read(t, c.From, providers.ReadRequest{Repo: c.Repo, Stream: stream}).Records {
			carried[r.Key().String()] = compact(t, r.Body)
		}
	}
	sourcetest.Same(t, "records", carried, kept)
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
		Settings: sourcetest.JSON(t, map[string]any{"url": w.URL}), Secrets: map[string]string{"access_token": w.AdminToken()}, Dir: t.TempDir(), Scratch: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	c := sourcetest.Carrying{
		From: w.open(t, "root"), Repo: named(t, "there"), Streams: streams(), To: to, Place: providers.Place{Namespace: "acme/tools", Name: "back"},
		Placement: sourcetest.JSON(t, map[string]any{"visibility": "source", "number_gaps": "reproduce", "lfs": true}),
		Takes:     func(r schema.Record) bool { return gitlab.New().Description.Target.Supports(r.Kind) != nil },
		Body:      sourcetest.Accounts,
	}
	c.Carry(t)
	for _, stream := range streams() {
		before := sourcetest.Read(t, c.From, providers.ReadRequest{Repo: named(t, "there"), Stream: stream})
		after := sourcetest.Read(t, c.From, providers.ReadRequest{Repo: named(t, "back"), Stream: stream})
		sourcetest.Same(t, stream, said(t, before), said(t, after))
	}
}

// said is what a stream says that a migration to the same system keeps.
func said(t *testing.T, g sourcetest.Reading) []string {
	t.Helper()
	var all []string
	for _, r := range g.Records {
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
