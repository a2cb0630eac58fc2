package targettest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Open opens the target of a provider at an address, as the engine does.
func Open(t testing.TB, p *providers.Provider, url, token string) providers.Target {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"url": url})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := p.OpenTarget(t.Context(), providers.Config{Settings: settings, Secrets: map[string]string{"access_token": token}, Dir: t.TempDir(), Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// Create makes a repository at a place, marked by its name.
func Create(t testing.TB, to providers.Target, place providers.Place) schema.Ref {
	t.Helper()
	ref, err := to.Create(t.Context(), providers.CreateRequest{Place: place, Marker: "test:" + place.Name, DefaultBranch: "refs/heads/main"})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// Standing is what stands at a place.
func Standing(t testing.TB, to providers.Target, place providers.Place) providers.Standing {
	t.Helper()
	for s, err := range to.Inspect(t.Context(), []providers.Place{place}) {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Fatal("no answer")
	return providers.Standing{}
}

// Record makes a record of a body.
func Record(t testing.TB, kind schema.Kind, id string, body any) schema.Record {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Record{Kind: kind, ID: id, Revision: schema.Digest(body), Body: data}
}

// Under makes a write of a record below another one, which is there.
func Under(t testing.TB, parent schema.Key, ref schema.Ref, kind schema.Kind, id string, body any) providers.Write {
	t.Helper()
	r := Record(t, kind, id, body)
	r.Parent = &parent
	return providers.Write{Record: r, Related: []providers.Related{{Key: parent, Ref: ref}}}
}

// Write writes one record and returns the answer.
func Write(t testing.TB, to providers.Target, repo schema.Ref, w providers.Write) providers.Written {
	t.Helper()
	written, err := to.Write(t.Context(), providers.WriteRequest{Repo: repo, Writes: []providers.Write{w}})
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != 1 {
		t.Fatalf("%d answers to one write", len(written))
	}
	return written[0]
}

// Stored writes a record that must be stored.
func Stored(t testing.TB, to providers.Target, repo schema.Ref, w providers.Write) providers.Written {
	t.Helper()
	written := Write(t, to, repo, w)
	if written.Problem != nil {
		t.Fatalf("%s: %v", w.Record.Key(), written.Problem)
	}
	if written.Ref.ID == "" || written.Ref.Version == "" {
		t.Fatalf("%s: the ref is %+v, the reason %q", w.Record.Key(), written.Ref, written.Skipped)
	}
	return written
}

// Same fails the test, and goes on, when something is not what it is to be.
func Same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Person is somebody of the source who has an account at the target.
func Person(name string) schema.Person {
	return schema.Person{ID: "1-" + name, Login: "gh-" + name, Name: strings.ToUpper(name[:1]) + name[1:], User: name}
}

// Stranger is somebody of the source who has none.
func Stranger(name string) schema.Person { return schema.Person{ID: "2-" + name, Login: name} }
