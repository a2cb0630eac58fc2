package gitlab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

func TestRecords(t *testing.T) {
	w := newWorld(t)
	ref := create(t, w.open(t), at("records"))
	key := api.ID(ref.ID)
	tests := []struct {
		name          string
		kind          schema.Kind
		first, second any
		spoil         func(t *testing.T, ref schema.Ref) error // as somebody at the server would
	}{
		{
			name:   "label",
			kind:   schema.KindLabel,
			first:  schema.Label{Name: "bug", Color: "FF0000", Description: "wrong", Priority: new(int64(3))},
			second: schema.Label{Name: "kind::bug, really", Color: "00ff00", Exclusive: true},
			spoil: func(t *testing.T, ref schema.Ref) error {
				_, err := w.api.EditLabel(t.Context(), key, number(t, ref.ID), api.EditLabel{Color: "#123456"})
				return err
			},
		},
		{
			name:   "milestone",
			kind:   schema.KindMilestone,
			first:  schema.Milestone{Title: "1.0", Description: "first", State: "closed", StartOn: "2024-01-01", DueOn: "2024-02-29"},
			second: schema.Milestone{Title: "1.0 again", State: "open"},
			spoil: func(t *testing.T, ref schema.Ref) error {
				_, err := w.api.EditMilestone(t.Context(), key, number(t, ref.ID), api.EditMilestone{Title: "theirs"})
				return err
			},
		},
		{
			name:   "member",
			kind:   schema.KindMember,
			first:  schema.Member{Person: schema.Person{User: "bob"}, Access: "write", Expires: time.Now().AddDate(1, 0, 0).Format(time.DateOnly)},
			second: schema.Member{Person: schema.Person{User: "bob"}, Access: "admin"},
			spoil: func(t *testing.T, ref schema.Ref) error {
				_, err := w.api.EditMember(t.Context(), key, number(t, ref.ID), api.EditMember{AccessLevel: api.Guest})
				return err
			},
		},
		{
			name:   "branches",
			kind:   schema.KindProtection,
			first:  schema.Protection{Ref: "branch", Pattern: "release/*", Push: "nobody", Merge: "write", Approvals: 2, RequiredChecks: []string{"ci/test"}},
			second: schema.Protection{Ref: "branch", Pattern: "releases/*", Push: "write", ForcePush: true, CodeOwners: true},
			spoil: func(t *testing.T, ref schema.Ref) error {
				name := strings.TrimPrefix(ref.ID, branchRulePrefix)
				if err := w.api.UnprotectBranch(t.Context(), key, name); err != nil {
					return err
				}
				_, err := w.api.ProtectBranch(t.Context(), key, api.ProtectBranch{Name: name, PushLevel: new(api.NoAccess), MergeLevel: new(api.NoAccess)})
				return err
			},
		},
		{
			name:   "tags",
			kind:   schema.KindProtection,
			first:  schema.Protection{Ref: "tag", Pattern: "v*", Push: "nobody"},
			second: schema.Protection{Ref: "tag", Pattern: "w*", PushPeople: []schema.Person{{User: "bob"}}},
			spoil: func(t *testing.T, ref schema.Ref) error {
				name := strings.TrimPrefix(ref.ID, tagRulePrefix)
				if err := w.api.UnprotectTag(t.Context(), key, name); err != nil {
					return err
				}
				_, err := w.api.ProtectTag(t.Context(), key, api.ProtectTag{Name: name, CreateLevel: new(api.Maintainer)})
				return err
			},
		},
		{
			name: "repository",
			kind: schema.KindRepository,
			first: schema.Repository{Name: "records", Description: "what it is", Homepage: "https://example.org", Visibility: "public", Topics: []string{"Go", "a topic", "api"},
				Features: map[string]bool{"issues": true, "wiki": false}, Merge: map[string]bool{"squash": true, "delete_branch": true}},
			second: schema.Repository{Name: "records", Visibility: "internal", Features: map[string]bool{"issues": false, "discussions": true, "wiki": true}, Merge: map[string]bool{"merge": true, "rebase": true}},
			spoil: func(t *testing.T, _ schema.Ref) error {
				_, err := w.api.EditProject(t.Context(), key, api.EditProject{Description: new("theirs")})
				return err
			},
		},
		{
			name:   "snippet#2", // as the engine calls a piece of a gist
			kind:   schema.KindSnippet,
			first:  schema.Snippet{Title: "some\ncode", Visibility: "public", Author: schema.Person{Login: "eve"}, Files: []schema.SnippetFile{{Name: "a.go", Text: "package a\n"}, {Name: "b/a.go", Text: "\n"}}},
			second: schema.Snippet{Title: "", Description: "all of it", Files: []schema.SnippetFile{{Name: "a.go", Text: "package b\n"}, {Name: "c d.txt", Text: "c\r\nd\r\n"}}},
			spoil: func(t *testing.T, ref schema.Ref) error {
				id := number(t, strings.TrimPrefix(ref.ID, snippetPrefix))
				now := must(w.api.Snippet(t.Context(), key, id))(t)
				_, err := w.api.EditSnippet(t.Context(), key, id, api.EditSnippet{
					Title: now.Title, Description: now.Description, Visibility: now.Visibility,
					Files: []api.SnippetFile{{Action: "update", Path: "a.go", Content: "package theirs\n"}},
				})
				return err
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			to := w.open(t)
			first := stored(t, to, ref, providers.Write{Record: record(t, test.kind, test.name, test.first)})
			find := func(to *target, r schema.Ref) schema.Ref {
				t.Helper()
				found, err := to.Find(t.Context(), ref, []providers.Wanted{{Key: schema.Key{Kind: test.kind, ID: test.name}, Ref: r}})
				if err != nil {
					t.Fatal(err)
				}
				return found[0]
			}
			same(t, "what is found", first.Ref, find(w.open(t), first.Ref))

			// A run that lost its memory makes nothing twice.
			again := stored(t, w.open(t), ref, providers.Write{Record: record(t, test.kind, test.name, test.first)})
			same(t, "written once more", first.Ref, again.Ref)

			second := stored(t, to, ref, providers.Write{Record: record(t, test.kind, test.name, test.second), Ref: first.Ref})
			if second.Ref.Version == first.Ref.Version {
				t.Error("the version did not change")
			}
			same(t, "what is found after the update", second.Ref, find(w.open(t), second.Ref))

			if err := test.spoil(t, second.Ref); err != nil {
				t.Fatal(err)
			}
			spoilt := write(t, w.open(t), ref, providers.Write{Record: record(t, test.kind, test.name, test.first), Ref: second.Ref})
			if providers.CodeOf(problem(spoilt)) != providers.CodeConflict {
				t.Errorf("what somebody changed was written over, or failed otherwise: %+v", spoilt)
			}
			over := stored(t, w.open(t), ref, providers.Write{Record: record(t, test.kind, test.name, test.second), Ref: second.Ref, Overwrite: true})
			same(t, "version after overwriting", second.Ref.Version, over.Ref.Version)
		})
	}
	counts := finish(t, w.open(t), ref)
	for kind, want := range map[schema.Kind]int64{schema.KindLabel: 1, schema.KindMilestone: 1, schema.KindProtection: 2, schema.KindSnippet: 1} {
		if counts[kind] != want {
			t.Errorf("%d %s; want %d", counts[kind], kind.Plural(), want)
		}
	}
}

func number(t *testing.T, id string) int64 {
	t.Helper()
	n, err := forgetarget.ByNumber(id, func(n int64) (int64, error) { return n, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Access is never given without need, never wider than asked for, and nobody is
// invited.
func TestMembers(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref := create(t, to, at("members"))
	w.model.AddUser(gitlabtest.User{Username: "carol"})
	person := func(user string) schema.Person { return schema.Person{Login: user, User: user} }
	tests := []struct {
		name    string
		member  schema.Member
		skipped string // part of it
		level   api.Access
		lost    bool
	}{
		{name: "by the group", member: schema.Member{Person: person("alice"), Access: "write"}, skipped: "A group gives"},
		{name: "no account", member: schema.Member{Person: schema.Person{Login: "x"}, Access: "write"}, skipped: "maps this person to no account"},
		{name: "no such account", member: schema.Member{Person: person("nobody"), Access: "write"}, skipped: "no account of the name"},
		{name: "over", member: schema.Member{Person: person("bob"), Access: "write", Expires: "2020-01-01"}, skipped: "has passed"},
		{name: "bob", member: schema.Member{Person: person("bob"), Access: "read"}, level: api.Reporter},
		{name: "carol", member: schema.Member{Person: person("carol"), Access: "admin"}, level: api.Maintainer, lost: true},
	}
	for _, test := range tests {
		written := write(t, to, ref, providers.Write{Record: record(t, schema.KindMember, test.name, test.member)})
		if written.Problem != nil || !strings.Contains(written.Skipped, test.skipped) || (written.Skipped != "") != (test.skipped != "") || (written.Degraded != "") != test.lost {
			t.Errorf("%s: %+v", test.name, written)
			continue
		}
		if test.skipped != "" {
			continue
		}
		if m := must(w.api.Member(t.Context(), api.ID(ref.ID), number(t, written.Ref.ID)))(t); m.AccessLevel != test.level {
			t.Errorf("%s has %d; want %d", test.name, m.AccessLevel, test.level)
		}
		// The plan maps the person to nobody any more.
		gone := test.member
		gone.Person.User = ""
		if again := write(t, to, ref, providers.Write{Record: record(t, schema.KindMember, test.name, gone), Ref: written.Ref}); again.Problem != nil || again.Skipped == "" {
			t.Errorf("%s, mapped no more: %+v", test.name, again)
		}
		if _, err := w.api.Member(t.Context(), api.ID(ref.ID), number(t, written.Ref.ID)); !api.IsNotFound(err) {
			t.Errorf("%s is a member still: %v", test.name, err)
		}
	}
}

// The group hides what the source shows, and the plan was told so.
func TestVisibilityOfGroup(t *testing.T) {
	w := newWorld(t)
	w.model.AddGroup("hidden", "private", w.alice)
	to := w.open(t)
	ref := create(t, to, providers.Place{Namespace: "hidden", Name: "x"})
	written := stored(t, to, ref, providers.Write{Record: record(t, schema.KindRepository, "repository", schema.Repository{Name: "x", Visibility: "public"})})
	if p := w.project(t, "hidden/x"); p.Visibility != "private" || written.Degraded == "" {
		t.Errorf("it is %s, degraded: %q", p.Visibility, written.Degraded)
	}
	// A run that does not know the plan does not show what is hidden.
	ref = create(t, to, at("y"))
	stored(t, w.open(t), ref, providers.Write{Record: record(t, schema.KindRepository, "repository", schema.Repository{Name: "y", Visibility: "public"})})
	if p := w.project(t, "acme/y"); p.Visibility != "private" {
		t.Errorf("without the plan it became %s", p.Visibility)
	}
}

func TestReleases(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref, s := create(t, to, at("releases")), targettest.NewSource(t)
	s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": s.Commits[2], "refs/tags/v1": s.Tag()})

	published := time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC)
	body := schema.Release{Tag: "v1", Text: "all of *it*", Prerelease: true, Author: schema.Person{Login: "al", Name: "Alice"}, URL: "https://example.org/r/1", PublishedAt: published}
	first := stored(t, to, ref, providers.Write{Record: record(t, schema.KindRelease, "r1", body)})
	r := must(w.api.Release(t.Context(), api.ID(ref.ID), "v1"))(t)
	if r.Name != "v1" || !strings.Contains(r.Description, "**Alice**") || !strings.Contains(r.Description, "prerelease") || !strings.Contains(r.Description, "all of *it*") || !r.ReleasedAt.Equal(published) {
		t.Errorf("the release is %+v", r)
	}
	found, err := w.open(t).Find(t.Context(), ref, []providers.Wanted{{Key: schema.Key{Kind: schema.KindRelease, ID: "r1"}}, {Key: schema.Key{Kind: schema.KindRelease, ID: "r2"}}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "found by the marker", []schema.Ref{first.Ref, {}}, found)
	again := stored(t, w.open(t), ref, providers.Write{Record: record(t, schema.KindRelease, "r1", body)})
	same(t, "written once more", first.Ref, again.Ref)
	body.Name, body.Text = "One", ""
	stored(t, to, ref, providers.Write{Record: record(t, schema.KindRelease, "r1", body), Ref: first.Ref})
	if r := must(w.api.Release(t.Context(), api.ID(ref.ID), "v1"))(t); r.Name != "One" || strings.Contains(r.Description, "all of") {
		t.Errorf("changed, the release is %+v", r)
	}
	for _, left := range []schema.Release{{Tag: "v2"}, {Tag: "v1", Draft: true}, {}} {
		if written := write(t, to, ref, providers.Write{Record: record(t, schema.KindRelease, "left", left)}); written.Problem != nil || written.Skipped == "" {
			t.Errorf("%+v: %+v", left, written)
		}
	}
	if refs := standing(t, to, at("releases")).Refs; refs["refs/tags/v2"] != "" {
		t.Error("a tag was made that the source does not have")
	}
	testAssets(t, w, ref, first.Ref)
}

func testAssets(t *testing.T, w *world, ref, release schema.Ref) {
	t.Helper()
	content := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(content, []byte("some bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	parent := schema.Key{Kind: schema.KindRelease, ID: "r1"}
	file := providers.Write{Record: record(t, schema.KindAttachment, "a1", schema.Attachment{Name: `..\../ä tool.tar.gz`, Role: "asset"}), Content: content, Related: []providers.Related{{Key: parent, Ref: release}}}
	file.Record.Parent = &parent
	file.Record.Blob = &schema.Blob{ID: "x", Size: 10}
	first := stored(t, w.open(t), ref, file)
	again := stored(t, w.open(t), ref, file)
	same(t, "uploaded once more", first.Ref, again.Ref)

	if err := os.WriteFile(content, []byte("some more bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	file.Ref = first.Ref
	second := stored(t, w.open(t), ref, file)
	link := providers.Write{Record: record(t, schema.KindAttachment, "a2", schema.Attachment{Name: "elsewhere", Role: "asset", Link: "https://example.org/x.zip"}), Related: file.Related}
	link.Record.Parent = &parent
	third := stored(t, w.open(t), ref, link)
	same(t, "linked once more", third.Ref, stored(t, w.open(t), ref, link).Ref)
	evil := link
	evil.Record = record(t, schema.KindAttachment, "a3", schema.Attachment{Name: "evil", Role: "asset", Link: "javascript:x"})
	evil.Record.Parent = &parent
	if written := write(t, w.open(t), ref, evil); written.Skipped == "" {
		t.Errorf("what is no web address: %+v", written)
	}

	links := must(api.Collect(w.api.ReleaseLinks(t.Context(), api.ID(ref.ID), "v1")))(t)
	if len(links) != 2 {
		t.Fatalf("the assets are %+v", links)
	}
	uploads := w.model.Project("acme/releases").Uploads
	if last := uploads[len(uploads)-1]; string(last.Data) != "some more bytes" || !strings.Contains(links[0].URL+links[1].URL, last.Secret) {
		t.Errorf("the asset links to %s, and the file is at %s", links[0].URL, last.Secret)
	}
	found, err := w.open(t).Find(t.Context(), ref, []providers.Wanted{{Key: file.Record.Key(), Ref: second.Ref}, {Key: link.Record.Key(), Ref: third.Ref}, {Key: link.Record.Key(), Ref: schema.Ref{ID: "v1:99999"}}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "found assets", []schema.Ref{second.Ref, third.Ref, {}}, found)
}

func TestArchive(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref, s := create(t, to, at("archive")), targettest.NewSource(t)
	s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": s.Commits[1]})
	settings := stored(t, to, ref, providers.Write{Record: record(t, schema.KindRepository, "repository", schema.Repository{Name: "archive", Archived: true})})
	isArchived := func() bool {
		t.Helper()
		return w.project(t, "acme/archive").Archived
	}
	if isArchived() {
		t.Error("it is archived before all is there")
	}
	finish(t, w.open(t), ref) // another run than the one that wrote the settings
	if !isArchived() {
		t.Error("it is not archived in the end")
	}
	same(t, "refs of the archived project", map[string]string{"refs/heads/main": s.Commits[1]}, standing(t, w.open(t), at("archive")).Refs)

	later := w.open(t)
	stored(t, later, ref, providers.Write{Record: record(t, schema.KindLabel, "1", schema.Label{Name: "late"})})
	s.Update(later, ref, providers.PartCode, "", providers.RefUpdate{Name: "refs/heads/main", Old: s.Commits[1], New: s.Commits[2]})
	finish(t, w.open(t), ref)
	if !isArchived() {
		t.Error("it is not archived again")
	}
	stored(t, w.open(t), ref, providers.Write{Record: record(t, schema.KindRepository, "repository", schema.Repository{Name: "archive"}), Ref: settings.Ref})
	finish(t, w.open(t), ref)
	if isArchived() {
		t.Error("it is archived, although the source's is not any more")
	}
	// What somebody else archived stays so.
	if err := w.api.ArchiveProject(t.Context(), api.ID(ref.ID)); err != nil {
		t.Fatal(err)
	}
	_, err := w.open(t).Write(t.Context(), providers.WriteRequest{Repo: ref, Writes: []providers.Write{{Record: record(t, schema.KindLabel, "2", schema.Label{Name: "later"})}}})
	if providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("write to what somebody archived: %v", err)
	}
}
