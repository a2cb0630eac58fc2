package directory

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("a", maxSegment+1)
	tests := []struct {
		namespace, name string
		attribute       string // at fault, or empty for a good place
		hint            string
	}{
		{"", "api", "", ""},
		{"acme", "api", "", ""},
		{"acme/platform/core", "api.v2", "", ""},
		{"acme", ".github", "", ""},
		{"acme", "日本語", "", ""},
		{"acme", "a b", "", ""},
		{"acme", "git", "", ""},
		{"acme", "wiki", "", ""},
		{strings.Repeat("a/", maxDepth-2) + "a", "api", "", ""},

		{"acme", "", "new_name", `"repository"`},
		{"acme", ".", "new_name", `"repository"`},
		{"acme", "..", "new_name", `"repository"`},
		{"acme", "../../etc/passwd", "new_name", `"..-..-etc-passwd"`},
		{"acme", "a/b", "new_name", `"a-b"`},
		{"acme", `a\b`, "new_name", `"a-b"`},
		{"acme", "a:b", "new_name", `"a-b"`},
		{"acme", "-rf", "new_name", `"rf"`},
		{"acme", "--upload-pack=x", "new_name", `"upload-pack=x"`},
		{"acme", "api.git", "new_name", `"api-git"`},
		{"acme", "api.GIT", "new_name", `"api-git"`},
		{"acme", "api.wiki", "new_name", `"api-wiki"`},
		{"acme", "api.records", "new_name", `"api-records"`},
		{"acme", ".git", "new_name", `"git"`},
		{"acme", "x.git.tmp-1", "new_name", `"repository"`},
		{"acme", "a\x00b", "new_name", `"a-b"`},
		{"acme", "a\nb", "new_name", `"a-b"`},
		{"acme", "a\x1b[31mb", "new_name", `"a-[31mb"`},
		{"acme", "a\u202eb", "new_name", `"a-b"`},
		{"acme", "a\xffb", "new_name", `"a-b"`},
		{"acme", "api ", "new_name", `"api"`},
		{"acme", "api.", "new_name", `"api"`},
		{"acme", long, "new_name", long[:maxSegment]},

		{"/acme", "api", "target_namespace", `"repository/acme"`},
		{"acme/", "api", "target_namespace", `"acme/repository"`},
		{"acme//core", "api", "target_namespace", `"acme/repository/core"`},
		{"../acme", "api", "target_namespace", `"repository/acme"`},
		{"acme/api.git", "hooks", "target_namespace", `"acme/api-git"`},
		{"acme/api.records", "blobs", "target_namespace", `"acme/api-records"`},
		{strings.Repeat("a/", maxDepth-1) + "a", "api", "target_namespace", "a/a"},
		{long + "/" + long + "/" + long, "api", "target_namespace", long[:maxSegment]},
		{long[:200] + "/" + long[:200] + "/" + long[:200], "api", "target_namespace", long[:200]},
	}
	target := openedTarget(t, t.TempDir())
	for _, test := range tests {
		place := providers.Place{ID: 7, Namespace: test.namespace, Name: test.name}
		got := standing(t, target, place)
		if got.ID != 7 || got.Exists {
			t.Errorf("%q/%q: standing is %+v", test.namespace, test.name, got)
		}
		if test.attribute == "" {
			if got.Problem != nil {
				t.Errorf("%q/%q: %v", test.namespace, test.name, got.Problem)
			}
			continue
		}
		if got.Problem == nil {
			t.Errorf("%q/%q was accepted", test.namespace, test.name)
			continue
		}
		if got.Problem.Code != providers.CodeInvalid || got.Problem.Attribute != test.attribute {
			t.Errorf("%q/%q: code %s, attribute %s; want attribute %s", test.namespace, test.name, got.Problem.Code, got.Problem.Attribute, test.attribute)
		}
		if !strings.Contains(got.Problem.Hint, test.hint) {
			t.Errorf("%q/%q: hint %q does not contain %s", test.namespace, test.name, got.Problem.Hint, test.hint)
		}
		if _, err := target.Create(t.Context(), createRequest(test.namespace, test.name, "forge:1")); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%q/%q: Create answers %v", test.namespace, test.name, err)
		}
	}
	if got := files(t, target.archive.dir); len(got) != 1 {
		t.Errorf("refused names left files: %v", got)
	}
}

// TestHostileRefs hands refs to the target that no Create returned.
func TestHostileRefs(t *testing.T) {
	target := openedTarget(t, t.TempDir())
	created(t, target)
	for _, id := range []string{"", "/", "/acme/api", "..", "../api", "acme/../../api", "acme/api.git", "acme//api", "acme/api/", "\x00"} {
		ref := createdRef(id)
		if _, err := target.Finish(t.Context(), providers.FinishRequest{Repo: ref}); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("Finish of %q: %v", id, err)
		}
		if _, err := target.Move(t.Context(), ref, providers.Place{Name: "x"}); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("Move of %q: %v", id, err)
		}
	}
	if _, err := target.Finish(t.Context(), providers.FinishRequest{Repo: createdRef("acme/other")}); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("Finish of a repository that is not there: %v", err)
	}
}

func FuzzSuggestSegment(f *testing.F) {
	for _, seed := range []string{"", "a.git.git", ".wiki", strings.Repeat("é", 150), "x.git.tmp-", "- .", "a\xc3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		suggested := suggestSegment(name)
		if why := segmentFault(suggested); why != "" {
			t.Errorf("%q is suggested for %q, but %s", suggested, name, why)
		}
		if segmentFault(name) == "" && suggested != name {
			t.Errorf("%q is fine, yet %q is suggested", name, suggested)
		}
	})
}
