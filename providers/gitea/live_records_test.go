package gitea

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func testRecords(t *testing.T, l *live) {
	ref := l.create(t, l.open(t), "records", "")
	repo := api.Repo{Owner: "acme", Name: "records"}
	tests := []struct {
		kind          schema.Kind
		first, second any
		spoil         func(t *testing.T, ref schema.Ref) error // as somebody at the server would
	}{
		{
			kind:   schema.KindLabel,
			first:  schema.Label{Name: "bug", Color: "FF0000", Description: "wrong"},
			second: schema.Label{Name: "kind/bug", Color: "00ff00", Exclusive: true},
			spoil: func(t *testing.T, ref schema.Ref) error {
				_, err := l.api.EditLabel(t.Context(), repo, number(t, ref.ID), api.EditLabel{Color: new("#123456")})
				return err
			},
		},
		{
			kind:   schema.KindMilestone,
			first:  schema.Milestone{Title: "1.0", Description: "first", State: "closed", DueOn: "2024-02-29"},
			second: schema.Milestone{Title: "1.0 again", State: "open"},
			spoil: func(t *testing.T, ref schema.Ref) error {
				_, err := l.api.EditMilestone(t.Context(), repo, number(t, ref.ID), api.EditMilestone{Title: "theirs"})
				return err
			},
		},
		{
			kind:   schema.KindMember,
			first:  schema.Member{Person: schema.Person{User: "alice"}, Access: "triage"},
			second: schema.Member{Person: schema.Person{User: "bob"}, Access: "admin"},
			spoil: func(t *testing.T, ref schema.Ref) error {
				return l.api.PutCollaborator(t.Context(), repo, ref.ID, "write")
			},
		},
		{
			kind:   schema.KindProtection,
			first:  schema.Protection{Ref: "branch", Pattern: "release/**", Push: "nobody", Merge: "write", Approvals: 2, RequiredChecks: []string{"ci/test"}},
			second: schema.Protection{Ref: "branch", Pattern: "release/*", Push: "write", CodeOwners: true},
			spoil: func(t *testing.T, ref schema.Ref) error {
				rule := strings.TrimPrefix(ref.ID, branchRulePrefix)
				p, err := l.api.BranchProtection(t.Context(), repo, rule)
				if err == nil {
					p.RequiredApprovals = 5
					_, err = l.api.EditBranchProtection(t.Context(), repo, p)
				}
				return err
			},
		},
		{
			kind:   schema.KindProtection,
			first:  schema.Protection{Ref: "tag", Pattern: "v*", Push: "nobody"},
			second: schema.Protection{Ref: "tag", Pattern: "w*", PushPeople: []schema.Person{{User: "bob"}}},
			spoil: func(t *testing.T, ref schema.Ref) error {
				_, err := l.api.EditTagProtection(t.Context(), repo, number(t, strings.TrimPrefix(ref.ID, tagRulePrefix)), api.EditTagProtection{Pattern: "v*", Usernames: []string{"alice"}})
				return err
			},
		},
		{
			kind: schema.KindRepository,
			first: schema.Repository{Name: "records", Description: "what it is", Homepage: "https://example.org", Visibility: "public", Topics: []string{"Go", "not a topic", "api"},
				Features: map[string]bool{"issues": true, "wiki": false}, Merge: map[string]bool{"squash": true, "delete_branch": true}},
			second: schema.Repository{Name: "records", Homepage: "javascript:x", Visibility: "internal", Features: map[string]bool{"issues": true, "wiki": true}, Merge: map[string]bool{"merge": true, "rebase": true}},
			spoil: func(t *testing.T, _ schema.Ref) error {
				_, err := l.api.EditRepository(t.Context(), repo, api.EditRepository{Description: new("theirs")})
				return err
			},
		},
	}
	for i, test := range tests {
		t.Run(string(test.kind)+string(rune('0'+i)), func(t *testing.T) {
			to := l.open(t)
			key := "id-" + string(rune('0'+i))
			first := targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, test.kind, key, test.first)})
			find := func(to *target, r schema.Ref) schema.Ref {
				t.Helper()
				found, err := to.Find(t.Context(), ref, []providers.Wanted{{Key: schema.Key{Kind: test.kind, ID: key}, Ref: r}})
				if err != nil {
					t.Fatal(err)
				}
				return found[0]
			}
			targettest.Same(t, "what is found", first.Ref, find(l.open(t), first.Ref))

			// A run that lost its memory makes nothing twice.
			again := targettest.Stored(t, l.open(t), ref, providers.Write{Record: targettest.Record(t, test.kind, key, test.first)})
			targettest.Same(t, "written once more", first.Ref, again.Ref)

			second := targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, test.kind, key, test.second), Ref: first.Ref})
			if second.Ref.Version == first.Ref.Version {
				t.Error("the version did not change")
			}
			targettest.Same(t, "what is found after the update", second.Ref, find(l.open(t), second.Ref))

			if err := test.spoil(t, second.Ref); err != nil {
				t.Fatal(err)
			}
			spoilt := targettest.Write(t, l.open(t), ref, providers.Write{Record: targettest.Record(t, test.kind, key, test.first), Ref: second.Ref})
			if providers.CodeOf(problem(spoilt)) != providers.CodeConflict {
				t.Errorf("what somebody changed was written over, or failed otherwise: %+v", spoilt)
			}
			over := targettest.Stored(t, l.open(t), ref, providers.Write{Record: targettest.Record(t, test.kind, key, test.second), Ref: second.Ref, Overwrite: true})
			targettest.Same(t, "version after overwriting", second.Ref.Version, over.Ref.Version)
		})
	}
	counts, err := l.open(t).Finish(t.Context(), providers.FinishRequest{Repo: ref})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[schema.Kind]int64{schema.KindLabel: 1, schema.KindMilestone: 1, schema.KindMember: 1, schema.KindProtection: 2} {
		if counts[kind] != want {
			t.Errorf("%d %s; want %d", counts[kind], kind.Plural(), want)
		}
	}
}

// problem is nil when there is none, also as an error.
func problem(w providers.Written) error {
	if w.Problem == nil {
		return nil
	}
	return w.Problem
}

func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := forgetarget.ByNumber(id, func(n int64) (int64, error) { return n, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func testReleases(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "releases", `{"visibility":"public","number_gaps":"reproduce"}`), targettest.NewSource(t)
	repo := api.Repo{Owner: "acme", Name: "releases"}
	s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": s.Commits[2], "refs/tags/v1": s.Tag()})
	targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindRepository, "repository", schema.Repository{Name: "releases", Visibility: "public"})})

	body := schema.Release{Tag: "v1", Text: "all of *it*", Author: schema.Person{Login: "al", Name: "Alice"}, URL: "https://example.org/r/1"}
	first := targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindRelease, "r1", body)})
	r := must(l.api.Release(t.Context(), repo, number(t, first.Ref.ID)))(t)
	if r.Name != "v1" || r.Draft || !strings.Contains(r.Body, "**Alice**") || !strings.Contains(r.Body, "all of *it*") {
		t.Errorf("the release is %+v", r)
	}
	if got := r.CreatedAt.UTC().Format("2006-01-02"); l.real && got != "2020-01-02" {
		t.Errorf("the release is of %s; its tag is of 2020-01-02", got)
	}
	found, err := l.open(t).Find(t.Context(), ref, []providers.Wanted{{Key: schema.Key{Kind: schema.KindRelease, ID: "r1"}}, {Key: schema.Key{Kind: schema.KindRelease, ID: "r2"}}})
	if err != nil {
		t.Fatal(err)
	}
	targettest.Same(t, "found by the marker", []schema.Ref{first.Ref, {}}, found)
	body.Name, body.Text = "One", ""
	second := targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindRelease, "r1", body), Ref: first.Ref})
	if r := must(l.api.Release(t.Context(), repo, number(t, second.Ref.ID)))(t); r.Name != "One" || strings.Contains(r.Body, "all of") {
		t.Errorf("changed, the release is %+v", r)
	}

	// With somebody watching, it is made without telling anybody.
	if err := l.watch(t, "alice", repo); err != nil {
		t.Fatal(err)
	}
	s.Push(to, ref, providers.PartCode, "", map[string]string{"refs/tags/v3": s.Commits[1]})
	quiet := targettest.Stored(t, l.open(t), ref, providers.Write{Record: targettest.Record(t, schema.KindRelease, "r3", schema.Release{Tag: "v3", Prerelease: true, Author: schema.Person{Login: "b", User: "bob"}})})
	if r := must(l.api.Release(t.Context(), repo, number(t, quiet.Ref.ID)))(t); r.Draft || !r.Prerelease {
		t.Errorf("made quietly, the release is %+v", r)
	}

	gone := targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindRelease, "r2", schema.Release{Tag: "v2", Name: "Two"})})
	if gone.Degraded == "" || !must(l.api.Release(t.Context(), repo, number(t, gone.Ref.ID)))(t).Draft {
		t.Error("a release without its tag was published")
	}
	if refs := must(l.api.Refs(t.Context(), repo))(t); refs["refs/tags/v2"] != "" {
		t.Error("a tag was made that the source does not have")
	}
	testAssets(t, l, ref, first.Ref)
}

func testAssets(t *testing.T, l *live, ref, release schema.Ref) {
	content := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(content, []byte("some bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	parent := schema.Key{Kind: schema.KindRelease, ID: "r1"}
	w := providers.Write{Record: targettest.Record(t, schema.KindAttachment, "a1", schema.Attachment{Name: `..\../ä tool.tar.gz`, Role: "asset"}), Content: content, Related: []providers.Related{{Key: parent, Ref: release}}}
	w.Record.Parent = &parent
	w.Record.Blob = &schema.Blob{ID: "x", Size: 10}
	first := targettest.Stored(t, l.open(t), ref, w)
	again := targettest.Stored(t, l.open(t), ref, w)
	targettest.Same(t, "uploaded once more", first.Ref, again.Ref)
	response := must(http.Get(first.Ref.URL))(t)
	defer response.Body.Close()
	if text := must(io.ReadAll(response.Body))(t); string(text) != "some bytes" {
		t.Errorf("at %s is %q", first.Ref.URL, text)
	}
	if err := os.WriteFile(content, []byte("some more bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Ref = first.Ref
	second := targettest.Stored(t, l.open(t), ref, w)
	assets := must(l.api.ReleaseAssets(t.Context(), api.Repo{Owner: "acme", Name: "releases"}, number(t, release.ID)))(t)
	if len(assets) != 1 || assets[0].Size != 15 || assets[0].Name != "ä tool.tar.gz" {
		t.Errorf("the assets are %+v", assets)
	}
	found, err := l.open(t).Find(t.Context(), ref, []providers.Wanted{{Key: w.Record.Key(), Ref: second.Ref}, {Key: w.Record.Key(), Ref: first.Ref}})
	if err != nil {
		t.Fatal(err)
	}
	targettest.Same(t, "found assets", []schema.Ref{second.Ref, {}}, found)
}

func testArchive(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "archive", ""), targettest.NewSource(t)
	s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": s.Commits[1]})
	settings := targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindRepository, "repository", schema.Repository{Name: "archive", Archived: true})})
	isArchived := func() bool {
		t.Helper()
		return must(l.api.Repository(t.Context(), api.Repo{Owner: "acme", Name: "archive"}))(t).Archived
	}
	finish := func() {
		t.Helper()
		// Another run than the one that wrote the settings.
		if _, err := l.open(t).Finish(t.Context(), providers.FinishRequest{Repo: ref}); err != nil {
			t.Fatal(err)
		}
	}
	if isArchived() {
		t.Error("it is archived before all is there")
	}
	finish()
	if !isArchived() {
		t.Error("it is not archived in the end")
	}
	targettest.Same(t, "refs of the archived repository", map[string]string{"refs/heads/main": s.Commits[1]}, targettest.Standing(t, l.open(t), l.place("archive")).Refs)

	later := l.open(t)
	targettest.Stored(t, later, ref, providers.Write{Record: targettest.Record(t, schema.KindLabel, "1", schema.Label{Name: "late"})})
	pushed, err := later.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.Dir, Updates: []providers.RefUpdate{{Name: "refs/heads/main", Old: s.Commits[1], New: s.Commits[2]}}}, nil)
	if err != nil || len(pushed.Failed) > 0 {
		t.Errorf("push to what was archived: %v, %v", err, pushed.Failed)
	}
	finish()
	if !isArchived() {
		t.Error("it is not archived again")
	}
	targettest.Stored(t, l.open(t), ref, providers.Write{Record: targettest.Record(t, schema.KindRepository, "repository", schema.Repository{Name: "archive"}), Ref: settings.Ref})
	finish()
	if isArchived() {
		t.Error("it is archived, although the source's is not any more")
	}
	// What somebody else archived stays so.
	if _, err := l.api.EditRepository(t.Context(), api.Repo{Owner: "acme", Name: "archive"}, api.EditRepository{Archived: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, err = l.open(t).Write(t.Context(), providers.WriteRequest{Repo: ref, Writes: []providers.Write{{Record: targettest.Record(t, schema.KindLabel, "2", schema.Label{Name: "later"})}}})
	if providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("write to what somebody archived: %v", err)
	}
}
