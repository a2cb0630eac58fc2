package reading_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitea"
	"github.com/drover-migrate/drover/schema"
)

// testRoundTrip carries a repository to another one of the same server, as the
// engine would, and reads it there.
func testRoundTrip(t *testing.T, w *world) {
	w.full(t, "there")
	from := w.open(t, "admin1", nil)
	to, err := gitea.New().OpenTarget(t.Context(), providers.Config{
		Settings: sourcetest.JSON(t, map[string]any{"url": w.url}), Secrets: map[string]string{"access_token": w.tokens["admin1"]}, Dir: t.TempDir(), Scratch: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	streams := []string{"base", "threads", "releases"}
	sourcetest.Carrying{
		From: from, Repo: named(t, "there"), Streams: streams, To: to, Place: providers.Place{Namespace: "acme", Name: "back"},
		Takes: func(r schema.Record) bool { return r.Kind != schema.KindEvent },
	}.Carry(t)
	for _, stream := range streams {
		before := read(t, from, providers.ReadRequest{Repo: named(t, "there"), Stream: stream})
		after := read(t, from, providers.ReadRequest{Repo: named(t, "back"), Stream: stream})
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
