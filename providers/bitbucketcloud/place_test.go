package bitbucketcloud

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
)

const uuid = "{3deb8c29-778a-450c-8f69-3e50a18079df}"

func TestReadChoice(t *testing.T) {
	for _, test := range []struct {
		name, settings, identity string
		want                     api.Repo
		code                     providers.Code
	}{
		{"a name", `{"repo_path":"acme/mobile"}`, "", api.Repo{Workspace: "acme", Slug: "mobile"}, ""},
		{"an identity", `{"repo_path":"acme/mobile"}`, uuid, api.Repo{Workspace: "acme", Slug: "mobile", UUID: uuid}, ""},
		{"another identity", `{"repo_path":"acme/mobile"}`, "42", api.Repo{}, providers.CodeInvalid},
		{"an identity with more", `{"repo_path":"acme/mobile"}`, uuid + "/x", api.Repo{}, providers.CodeInvalid},
		{"nothing", `{}`, "", api.Repo{}, providers.CodeInvalid},
		{"one name", `{"repo_path":"acme"}`, "", api.Repo{}, providers.CodeInvalid},
		{"three names", `{"repo_path":"a/b/c"}`, "", api.Repo{}, providers.CodeInvalid},
		{"a way out", `{"repo_path":"../mobile"}`, "", api.Repo{}, providers.CodeInvalid},
		{"an option", `{"repo_path":"acme/a b"}`, "", api.Repo{}, providers.CodeInvalid},
	} {
		got, err := readChoice(providers.Repo{Settings: []byte(test.settings), Identity: test.identity})
		if got.repo != test.want || providers.CodeOf(err) != test.code {
			t.Errorf("%s: got %+v, %v", test.name, got.repo, err)
		}
	}
}

// TestAt refuses what a server answers in place of what was asked for.
func TestAt(t *testing.T) {
	asked := choice{repo: api.Repo{Workspace: "acme", Slug: "mobile", UUID: uuid}}
	for _, test := range []struct {
		found api.Repository
		want  string
	}{
		{api.Repository{UUID: uuid, FullName: "acme/mobile"}, "acme/mobile"},
		{api.Repository{UUID: uuid, FullName: "moved/away"}, "moved/away"},
		{api.Repository{UUID: "{00000000-778a-450c-8f69-3e50a18079df}", FullName: "acme/mobile"}, ""},
		{api.Repository{UUID: uuid, FullName: "acme/../x"}, ""},
		{api.Repository{UUID: uuid}, ""},
		{api.Repository{FullName: "acme/mobile"}, ""},
	} {
		p, err := at(asked, test.found)
		if (err == nil) != (test.want != "") || err == nil && p.fullName() != test.want {
			t.Errorf("%+v: got %q, %v", test.found, p.fullName(), err)
		}
	}
}

func TestPatterns(t *testing.T) {
	model := &api.BranchingModel{Development: &api.ModelBranch{Name: "develop"}, Production: &api.ModelBranch{Name: "x", Branch: &api.Named{Name: "main"}}}
	model.Types = append(model.Types, struct {
		Kind   string `json:"kind"`
		Prefix string `json:"prefix"`
	}{"hotfix", "hot/"})
	for _, test := range []struct {
		r    api.Restriction
		want string
	}{
		{api.Restriction{Match: "glob", Pattern: "rel*"}, "rel*"},
		{api.Restriction{Match: "branching_model", BranchType: "development"}, "develop"},
		{api.Restriction{Match: "branching_model", BranchType: "production"}, "main"},
		{api.Restriction{Match: "branching_model", BranchType: "hotfix"}, "hot/**"},
		{api.Restriction{Match: "branching_model", BranchType: "feature"}, ""},
	} {
		got := ""
		if all := patterns(test.r, model); len(all) == 1 {
			got = all[0]
		}
		if got != test.want {
			t.Errorf("%+v: got %q, want %q", test.r, got, test.want)
		}
	}
}
