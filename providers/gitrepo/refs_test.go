package gitrepo

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpdateRefs(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			dir := newSource(t, format, 3, "refs/heads/d/e", "refs/heads/old")
			repo := open(t, dir)
			tip, first := git(t, dir, "rev-parse", "main"), git(t, dir, "rev-parse", "refs/heads/old")
			zero := strings.Repeat("0", len(tip))
			for _, test := range []struct {
				name    string
				updates []RefUpdate
				ref     string // refused; "" for success
			}{
				{"nothing", nil, ""},
				{"create, move, delete", []RefUpdate{{"refs/heads/-new", zero, tip}, {"refs/heads/d/e", first, tip}, {"refs/heads/old", first, ""}}, ""},
				{"odd names", []RefUpdate{{"refs/heads/it's 'x'", zero, tip}}, "refs/heads/it's 'x'"}, // a space
				{"quote", []RefUpdate{{"refs/heads/it's", zero, tip}}, ""},
				{"unchecked", []RefUpdate{{"refs/heads/d/e", "", first}}, ""},
				{"delete what is not there", []RefUpdate{{"refs/heads/nope", "", ""}}, ""},
				{"must not exist and does not", []RefUpdate{{"refs/heads/nope", zero, ""}}, ""},
				{"must not exist but does", []RefUpdate{{"refs/heads/z", zero, tip}, {"refs/heads/main", zero, tip}}, "refs/heads/main"},
				{"must not exist but does, quoted", []RefUpdate{{"refs/heads/it's", zero, tip}}, "refs/heads/it's"},
				{"has moved", []RefUpdate{{"refs/heads/z", zero, tip}, {"refs/heads/main", first, first}}, "refs/heads/main"},
				{"must exist but does not", []RefUpdate{{"refs/heads/z", tip, first}}, "refs/heads/z"},
				{"below a ref", []RefUpdate{{"refs/heads/z", zero, tip}, {"refs/heads/main/x", zero, tip}}, "refs/heads/main/x"},
				{"above a ref", []RefUpdate{{"refs/heads/d", zero, tip}}, "refs/heads/d"},
				{"missing object", []RefUpdate{{"refs/heads/z", zero, strings.Repeat("1", len(tip))}}, "refs/heads/z"},
				{"not an id", []RefUpdate{{"refs/heads/z", zero, "main"}}, "refs/heads/z"},
				{"id of the other format", []RefUpdate{{"refs/heads/z", zero, strings.Repeat("1", 104-len(tip))}}, "refs/heads/z"},
				{"option for a name", []RefUpdate{{"--stdin", zero, tip}}, "--stdin"},
				{"outside refs", []RefUpdate{{"HEAD", "", tip}}, "HEAD"},
				{"hidden command", []RefUpdate{{"refs/heads/z\x00delete refs/heads/main", zero, tip}}, "refs/heads/z\x00delete refs/heads/main"},
				{"path escape", []RefUpdate{{"refs/../config", zero, tip}}, "refs/../config"},
			} {
				t.Run(test.name, func(t *testing.T) {
					before := refsOf(t, dir)
					err := repo.UpdateRefs(t.Context(), test.updates)
					if test.ref == "" {
						must(t, err)
						return
					}
					wantKind(t, err, Refused)
					var e *Error
					if !errors.As(err, &e) || e.Ref != test.ref {
						t.Errorf("error = %v, want it to name %q", err, test.ref)
					}
					if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
						t.Errorf("error has control characters: %q", err)
					}
					if diff := cmp.Diff(before, refsOf(t, dir)); diff != "" {
						t.Errorf("refs changed although an update was refused (-before +after):\n%s", diff)
					}
				})
			}
			want := map[string]string{"refs/heads/-new": tip, "refs/heads/d/e": first, "refs/heads/it's": tip, "refs/heads/main": tip,
				"refs/tags/v1": git(t, dir, "rev-parse", "refs/tags/v1")}
			got, err := repo.Refs(t.Context())
			must(t, err)
			if diff := cmp.Diff(Refs{Names: want, Head: "refs/heads/main", HeadOID: tip, ObjectFormat: format}, got); diff != "" {
				t.Errorf("refs in the end (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdateRefsDoesNotFollowSymbolicRefs(t *testing.T) {
	dir := newSource(t, "sha1", 2, "refs/heads/first")
	git(t, dir, "symbolic-ref", "refs/heads/link", "refs/heads/main")
	tip, first := git(t, dir, "rev-parse", "main"), git(t, dir, "rev-parse", "refs/heads/first")
	must(t, open(t, dir).UpdateRefs(t.Context(), []RefUpdate{{"refs/heads/link", "", first}}))
	if got := git(t, dir, "rev-parse", "main"); got != tip {
		t.Error("updating a symbolic ref moved the ref it names")
	}
}

func TestSetHead(t *testing.T) {
	repo, err := Init(t.Context(), t.TempDir(), "")
	must(t, err)
	must(t, repo.SetHead(t.Context(), "refs/heads/-trunk"))
	refs, err := repo.Refs(t.Context())
	must(t, err)
	if refs.Head != "refs/heads/-trunk" || refs.HeadOID != "" {
		t.Errorf("Head = %q, HeadOID = %q; want the unborn refs/heads/-trunk", refs.Head, refs.HeadOID)
	}
	for _, ref := range []string{"", "main", "--delete", "refs/heads/a..b", "refs/heads/\x1b[2J"} {
		wantKind(t, repo.SetHead(t.Context(), ref), Refused)
	}
}

// refNames are names at the borders of what git accepts.
func refNames() []string {
	return []string{"", "HEAD", "refs/heads/main", "refs/heads/-x", "-x/y", "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/.a", "a/.b/c",
		"refs/heads/a.", "refs/heads/a./b", "refs/heads/a..b", "refs/heads/a b", "refs/heads/a~b", "refs/heads/a^b", "refs/heads/a:b", "refs/heads/a?b",
		"refs/heads/a*b", "refs/heads/a[b", "refs/heads/a]b", `refs/heads/a\b`, "refs/heads/@", "@", "@/a", "refs/heads/@{", "refs/heads/a@{b", "refs/heads/{@",
		"/refs/heads/a", "refs/heads/a/", "refs//heads", "refs/heads/\x7f", "refs/heads/\x01", "refs/heads/\xff", "refs/heads/日本", "refs/heads/a\nb",
		"refs/heads/" + strings.Repeat("n", 300), "a/b", "a/lock", "a/.lock", "a/b.LOCK", "a/.", "a/..", "./a", "../a", "a/b.lock.", "refs/heads/'\"$`&|;<>()!#%+,="}
}

func gitAcceptsRef(t *testing.T, name string) bool {
	t.Helper()
	err := exec.Command("git", "check-ref-format", name).Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err == nil
}

func FuzzCheckRefName(f *testing.F) {
	for _, name := range refNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		// A leading dash would be an option of check-ref-format, which knows
		// no "--"; such components are covered further right.
		if strings.HasPrefix(name, "-") || strings.ContainsRune(name, 0) || len(name) > 10000 {
			t.Skip()
		}
		if got, want := CheckRefName(name) == nil, gitAcceptsRef(t, name); got != want {
			t.Errorf("CheckRefName(%q) accepts: %v, git accepts: %v", name, got, want)
		}
	})
}
