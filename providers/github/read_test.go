package github_test

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

// full is a repository that has everything of the streams base and releases.
func (w *world) full() *githubtest.Repository {
	m := w.Model
	r := w.repository(&githubtest.Repository{
		Name: "lamp", Description: "A lamp 💡", Homepage: "https://example.org", Topics: []string{"light", "oil"}, Visibility: "private", License: "MIT",
	})
	m.EditRepository(r, func(r *githubtest.Repository) {
		r.HasIssues, r.HasWiki, r.HasProjects, r.HasDiscussions = true, true, false, true
		r.AllowMerge, r.AllowSquash, r.AllowRebase, r.DeleteBranchOnMerge = false, true, false, true
	})
	m.AddLabel(r, githubtest.Label{Name: "bug", Color: "ff0000", Description: "not right"})
	m.AddLabel(r, githubtest.Label{Name: "ünï/code 🐛", Color: "00ff00"})
	m.AddMilestone(r, githubtest.Milestone{Title: "1.0", Description: "first", State: "closed", DueOn: time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC), Creator: w.ann})
	m.AddMilestone(r, githubtest.Milestone{Title: "2.0", State: "open"})
	m.AddCollaborator(r, githubtest.Collaborator{User: w.ann, Role: "admin"})
	m.AddCollaborator(r, githubtest.Collaborator{User: w.bob, Role: "reviewer", Base: "triage", Outside: true})
	m.AddProtection(r, githubtest.Protection{Pattern: "main", RequireReviews: true, Approvals: 2, CodeOwners: true, StatusChecks: []string{"ci"}, Signatures: true, BypassReviewsUsers: []*githubtest.User{w.bob}})
	m.AddRuleset(r, githubtest.Ruleset{Name: "trunk", Target: "branch", Enforcement: "active", Include: []string{"~DEFAULT_BRANCH", "refs/heads/release/*"}, Exclude: []string{"refs/heads/release/x"},
		Rules: []githubtest.Rule{{Type: "deletion"}, {Type: "non_fast_forward"}, {Type: "pull_request", Approvals: 1, Conversations: true}, {Type: "required_status_checks", Checks: []string{"lint"}}, {Type: "creation"}}})
	m.AddRuleset(r, githubtest.Ruleset{Name: "tags", Target: "tag", Enforcement: "active", Include: []string{"refs/tags/v*"}, Rules: []githubtest.Rule{{Type: "deletion"}, {Type: "update"}}})
	m.AddRuleset(r, githubtest.Ruleset{Name: "later", Target: "branch", Enforcement: "disabled", Include: []string{"~ALL"}, Rules: []githubtest.Rule{{Type: "deletion"}}})
	commit, err := m.Commit(r, "refs/heads/main")
	if err != nil {
		w.t.Fatal(err)
	}
	c := m.AddCommitComment(r, githubtest.CommitComment{Content: githubtest.Content{Body: "why?", Author: w.bob}, Commit: commit, Path: "a.txt", Line: 1, Position: 1})
	m.AddReaction(c, "+1", w.ann)
	m.AddCommitComment(r, githubtest.CommitComment{Content: githubtest.Content{Body: "as a whole", Author: w.ann}, Commit: commit})
	picture := m.AddAttachment(githubtest.Attachment{Path: "/user-attachments/assets/0a0b0c0d-1111-2222-3333-444455556666", Name: "lamp.png", ContentType: "image/png", Data: []byte("png"), Private: true})
	e := m.AddRelease(r, githubtest.Release{Content: githubtest.Content{Body: "![lamp](" + picture + ")", Author: w.ann}, Tag: "v1", Name: "One"})
	m.AddAsset(e, githubtest.Asset{Name: "lamp.tar.gz", ContentType: "application/gzip", Data: []byte("tar"), Uploader: w.ann, Downloads: 7})
	m.AddReaction(e, "heart", w.bob)
	m.AddRelease(r, githubtest.Release{Content: githubtest.Content{Author: w.ann}, Tag: "v2", Target: "main", Draft: true, Prerelease: true})
	m.AddHook(r, githubtest.Hook{URL: "https://user:pw@hooks.example.org/services/opaque?secret=y", HasSecret: true, Active: true})
	m.AddDeployKey(r, githubtest.DeployKey{Title: "robot", ReadOnly: true})
	r.Secrets, r.Variables, r.Environments, r.Packages = []string{"TOKEN", "KEY"}, []string{"REGION"}, []string{"prod"}, []string{"lamp"}
	return r
}

func TestReadBase(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", map[string]any{"optional_stages": map[string]any{"collaborators_import": true}}), Stream: "base"})

	repositories := sourcetest.Bodies[schema.Repository](t, g, schema.KindRepository)
	want := []schema.Repository{{
		Name: "lamp", FullName: "lantern/lamp", Description: "A lamp 💡", Homepage: "https://example.org", Visibility: "private", DefaultBranch: "main",
		Topics: []string{"light", "oil"}, License: "MIT", URL: w.URL + "/lantern/lamp", CreatedAt: repositories[0].CreatedAt,
		Features: map[string]bool{"issues": true, "wiki": true, "projects": false, "discussions": true, "changes": true},
		Merge:    map[string]bool{"merge": false, "squash": true, "rebase": false, "delete_branch": true},
	}}
	if diff := cmp.Diff(want, repositories); diff != "" {
		t.Errorf("repository (-want +got):\n%s", diff)
	}
	labels := sourcetest.Bodies[schema.Label](t, g, schema.KindLabel)
	if diff := cmp.Diff([]schema.Label{{Name: "bug", Color: "ff0000", Description: "not right"}, {Name: "ünï/code 🐛", Color: "00ff00"}}, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	var milestones []string
	for _, m := range sourcetest.Bodies[schema.Milestone](t, g, schema.KindMilestone) {
		milestones = append(milestones, strings.Join([]string{m.Title, m.Description, m.State, m.DueOn}, "|"))
	}
	slices.Sort(milestones)
	if diff := cmp.Diff([]string{"1.0|first|closed|2024-03-01", "2.0||open|"}, milestones); diff != "" {
		t.Errorf("milestones (-want +got):\n%s", diff)
	}
	var members []string
	for _, m := range sourcetest.Bodies[schema.Member](t, g, schema.KindMember) {
		outside := ""
		if m.Outside {
			outside = "outside"
		}
		members = append(members, strings.Join([]string{m.Person.Login, m.Access, m.Role, outside}, "|"))
	}
	slices.Sort(members)
	if diff := cmp.Diff([]string{"ann|admin||", "bob|triage|reviewer|outside"}, members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	bob := schema.Person{ID: number(w.bob.ID), Login: "bob"}
	protections := sourcetest.Bodies[schema.Protection](t, g, schema.KindProtection)
	wantRules := []schema.Protection{
		{Ref: "branch", Pattern: "main", Push: "nobody", Merge: "write", Approvals: 2, CodeOwners: true, Signed: true, Conversations: true, RequiredChecks: []string{"ci", "lint"}},
		{Ref: "branch", Pattern: "release/*", Push: "nobody", Merge: "write", Approvals: 1, Conversations: true, RequiredChecks: []string{"lint"}},
		{Ref: "tag", Pattern: "v*", Push: "nobody", Merge: "nobody", ForcePush: true},
	}
	if diff := cmp.Diff(wantRules, protections); diff != "" {
		t.Errorf("protections (-want +got):\n%s", diff)
	}
	comments := sourcetest.Bodies[schema.Comment](t, g, schema.KindComment)
	if len(comments) != 2 || comments[0].Text != "why?" || comments[0].Position == nil || comments[0].Position.Line != 1 || comments[1].Position != nil {
		t.Fatalf("comments: %+v", comments)
	}
	if diff := cmp.Diff(bob, comments[0].Author); diff != "" {
		t.Errorf("author (-want +got):\n%s", diff)
	}
	if r := comments[0].Reactions; len(r) != 1 || r[0].Name != "+1" || r[0].Person.Login != "ann" || r[0].At.IsZero() {
		t.Errorf("reactions: %+v", r)
	}
	wantLosses := map[string]int64{"github.secrets": 2, "github.variables": 1, "github.environments": 1, "github.webhooks": 1, "github.deploy_keys": 1, "github.packages": 1,
		"github.ruleset": 1, "github.ruleset_rule": 1, "github.ruleset_exclude": 1}
	if diff := cmp.Diff(wantLosses, g.Codes()); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	for _, l := range g.Losses {
		if strings.Contains(l.Message, "pw") || strings.Contains(l.Message, "secret=y") || strings.Contains(l.Message, "opaque") {
			t.Errorf("a loss repeats a secret: %s", l.Message)
		}
	}
	wantCounts := map[schema.Kind]int64{"repository": 1, "label": 2, "milestone": 2, "member": 2, "protection": 3, "comment": 2}
	if diff := cmp.Diff(wantCounts, g.End.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

// TestReadWithoutStages tells what is left out, with its number.
func TestReadWithoutStages(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	base := sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "base"})
	if n := base.Codes()["github.members"]; n != 2 || base.End.Counts[schema.KindMember] != 0 {
		t.Errorf("%d members are told as left out, %d are yielded", n, base.End.Counts[schema.KindMember])
	}
	releases := sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "releases"})
	if n := releases.Codes()["github.attachments"]; n != 1 || releases.End.Counts[schema.KindAttachment] != 1 {
		t.Errorf("%d attachments are told as left out, %d are yielded; want 1 and the asset", n, releases.End.Counts[schema.KindAttachment])
	}
}

func TestReadReleases(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	repo := w.named("lamp", map[string]any{"optional_stages": map[string]any{"attachments_import": true}})
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "releases"})
	releases := map[string]schema.Release{}
	for _, r := range sourcetest.Bodies[schema.Release](t, g, schema.KindRelease) {
		releases[r.Tag] = r
	}
	one, two := releases["v1"], releases["v2"]
	if len(releases) != 2 || one.Name != "One" || one.Author.Login != "ann" || one.Draft || one.Target != "" || len(one.Reactions) != 1 || one.Reactions[0].Name != "heart" || one.PublishedAt.IsZero() {
		t.Errorf("release v1: %+v", one)
	}
	if !two.Draft || !two.Prerelease || two.Target != "main" || !two.PublishedAt.IsZero() {
		t.Errorf("release v2: %+v", two)
	}
	contents := map[string]string{}
	for _, r := range g.Records {
		if r.Kind != schema.KindAttachment {
			continue
		}
		if r.Parent == nil || r.Parent.Kind != schema.KindRelease {
			t.Errorf("attachment %s has the parent %v", r.ID, r.Parent)
		}
		var body schema.Attachment
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		in, err := s.OpenBlob(t.Context(), repo, *r.Blob)
		if err != nil {
			t.Fatalf("open %s: %v", body.Name, err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		contents[body.Role+" "+body.URL] = string(data)
	}
	want := map[string]string{
		"asset " + w.URL + "/lantern/lamp/releases/download/v1/lamp.tar.gz":           "tar",
		" " + w.URL + "/user-attachments/assets/0a0b0c0d-1111-2222-3333-444455556666": "png",
	}
	if diff := cmp.Diff(want, contents); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
}

// TestBlobsOfOthers opens nothing that a text of the repository could not link
// to.
func TestBlobsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	for _, id := range []string{"", "asset:", "asset:../1", "asset:0", "http://127.0.0.1/", w.URL + "/api/v3/user", w.URL + "/lantern/other/files/1/x", "file:///etc/passwd"} {
		in, err := s.OpenBlob(t.Context(), w.named("lamp", nil), schema.Blob{ID: id, Size: -1})
		if err == nil {
			in.Close()
			t.Errorf("%q was opened", id)
		}
	}
	if _, err := s.OpenBlob(t.Context(), w.named("lamp", nil), schema.Blob{ID: "asset:999999"}); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("an asset that is not there: %v", err)
	}
}

// TestResume reads from every checkpoint on, and with small pages, and gets the
// same each time.
func TestResume(t *testing.T) {
	w := newWorld(t)
	w.full()
	for _, size := range []int{100, 2, 1} {
		s := w.open(map[string]any{"pagination_limit": size})
		for _, stream := range []string{"base", "releases"} {
			request := providers.ReadRequest{Repo: w.named("lamp", map[string]any{"optional_stages": map[string]any{"collaborators_import": true}}), Stream: stream}
			whole := sourcetest.Read(t, w.open(nil), request)
			g := sourcetest.Read(t, s, request)
			if diff := cmp.Diff(whole.Records, g.Records); diff != "" {
				t.Errorf("%s with pages of %d (-want +got):\n%s", stream, size, diff)
			}
			for i, cursor := range g.Checkpoints {
				request.Cursor = cursor
				rest := sourcetest.Read(t, s, request)
				if diff := cmp.Diff(g.Records[g.After[i]:], rest.Records, cmp.Transformer("empty", func(r []schema.Record) []schema.Record { return append([]schema.Record{}, r...) })); diff != "" {
					t.Errorf("%s from checkpoint %d (-want +got):\n%s", stream, i, diff)
				}
				if diff := cmp.Diff(g.Losses, rest.Losses); diff != "" {
					t.Errorf("losses of %s from checkpoint %d (-want +got):\n%s", stream, i, diff)
				}
				if diff := cmp.Diff(g.End, rest.End); diff != "" {
					t.Errorf("end of %s from checkpoint %d (-want +got):\n%s", stream, i, diff)
				}
			}
			request.Cursor = ""
		}
	}
}

func TestKinds(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "base", Kinds: []schema.Kind{schema.KindLabel}})
	if diff := cmp.Diff(map[schema.Kind]int64{"label": 2}, g.End.Counts); diff != "" || len(g.Records) != 2 {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	g = sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "releases", Kinds: []schema.Kind{schema.KindRelease}})
	if diff := cmp.Diff(map[schema.Kind]int64{"release": 2}, g.End.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestHiddenLists says what the token may not see, and reads the rest.
func TestHiddenLists(t *testing.T) {
	w := newWorld(t)
	r := w.full()
	w.Model.EditRepository(r, func(r *githubtest.Repository) { r.Visibility = "public" })
	stranger := w.Model.AddUser(githubtest.User{Login: "eve"})
	w.token = w.Token(stranger)
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: w.named("lamp", map[string]any{"optional_stages": map[string]any{"collaborators_import": true}}), Stream: "base"})
	codes := g.Codes()
	for _, code := range []string{"github.members", "github.secrets", "github.webhooks", "github.deploy_keys"} {
		if codes[code] != 1 {
			t.Errorf("%s is told %d times, want once as not visible", code, codes[code])
		}
	}
	if g.End.Counts[schema.KindLabel] != 2 {
		t.Errorf("counts: %v", g.End.Counts)
	}
}
