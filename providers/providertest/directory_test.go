package providertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/schema"
)

// archiveFixture is a folder with an archive that the directory provider wrote,
// with enough issues for some checkpoints.
func archiveFixture(t *testing.T) Fixture {
	t.Helper()
	const issues = 1200
	dir := t.TempDir()
	target, err := directory.New().OpenTarget(t.Context(), providers.Config{
		Settings: []byte(`{"path":"archive"}`), Dir: dir, Scratch: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{about: directory.New().Description, dir: t.TempDir(), fixture: Fixture{Target: &TargetFixture{Namespace: "acme"}}}
	m := made{target: target, marker: "id-of-api", place: providers.Place{Namespace: "acme", Name: "api"}}
	if m.ref, err = target.Create(t.Context(), m.request()); err != nil {
		t.Fatal(err)
	}
	fill(t.Context(), t, b, m, issues)
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
	return Fixture{
		Dir: dir,
		Source: &SourceFixture{
			Connection: Connection{Settings: []byte(`{"path":"archive"}`)},
			Repositories: []RepositoryFixture{{
				Settings: []byte(`{"repo_path":"acme/api"}`),
				Counts:   map[schema.Kind]int64{schema.KindIssue: issues, schema.KindComment: 4, schema.KindAttachment: 1},
			}},
			Vanished: []byte(`{"repo_path":"acme/gone"}`),
			Discover: []Discover{{Kind: "repositories"}},
		},
		Target: &TargetFixture{Connection: Connection{Settings: []byte(`{"path":"${SCRATCH}/archive"}`)}, Namespace: "tests"},
	}
}

func fill(ctx context.Context, t *testing.T, b *bench, m made, issues int) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	git, err := b.sampleRepository(ctx)
	must(err)
	_, err = m.target.Push(ctx, git.push(m.ref), ignore)
	must(err)
	_, err = m.store(ctx, writesOf(b.samples(issues, "text"))...)
	must(err)
	for i := range 4 {
		comment := record(schema.KindComment, fmt.Sprint(i+1), "1", schema.Comment{Text: "a comment"})
		comment.Parent = &schema.Key{Kind: schema.KindIssue, ID: fmt.Sprint(100 * (i + 1))}
		_, err := m.store(ctx, providers.Write{Record: comment})
		must(err)
	}
	content := filepath.Join(t.TempDir(), "content")
	must(os.WriteFile(content, []byte("content"), 0o600))
	attachment := record(schema.KindAttachment, "1", "1", schema.Attachment{Name: "notes.txt"})
	attachment.Blob = &schema.Blob{ID: "elsewhere", Size: -1}
	_, err = m.store(ctx, providers.Write{Record: attachment, Content: content})
	must(err)
	_, err = m.target.Finish(ctx, providers.FinishRequest{Repo: m.ref})
	must(err)
}

func TestDirectory(t *testing.T) { Test(t, directory.New(), archiveFixture(t)) }

func TestDirectoryBinary(t *testing.T) {
	TestBinary(t, executableOf(t, "directory"), archiveFixture(t))
}

// TestNoisy puts a provider that prints whatever comes to its mind through the
// suite.
func TestNoisy(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole run more")
	}
	TestBinary(t, executableOf(t, "noisy"), archiveFixture(t))
}
