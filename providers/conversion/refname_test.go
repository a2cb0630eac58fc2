package conversion

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestRefName(t *testing.T) {
	for name, want := range map[string]string{
		"trunk":                                "trunk",
		"feature/login":                        "feature/login",
		"with space":                           "with%20space",
		"a..b~c^d:e":                           "a.%2Eb%7Ec%5Ed%3Ae",
		"abcde":                                "abcde",
		"100%":                                 "100%25",
		"100%25":                               "100%2525",
		"v 2~x":                                "v%202%7Ex",
		"what?*[x]\\y":                         "what%3F%2A%5Bx]%5Cy",
		".hidden":                              "%2Ehidden",
		"a/.hidden":                            "a/%2Ehidden",
		"end.":                                 "end%2E",
		"end./x":                               "end./x",
		"x.lock":                               "x%2Elock",
		"x.lock/y":                             "x%2Elock/y",
		"x.locked":                             "x.locked",
		"a@{b":                                 "a@%7Bb",
		"a{b":                                  "a{b",
		"@":                                    "%40",
		"HEAD":                                 "%48EAD",
		"a/HEAD":                               "a/HEAD",
		"-x":                                   "%2Dx",
		"a/-x":                                 "a/-x",
		"refs/heads/x":                         "%72efs/heads/x",
		"":                                     "%",
		"/":                                    "%2F",
		"/a":                                   "%2Fa",
		"a/":                                   "a%2F",
		"a//b":                                 "a/%2Fb",
		"a\x00b\tc\x7f":                        "a%00b%09c%7F",
		"latin \xe9":                           "latin%20%E9",
		"über/straße":                          "über/straße",
		"c1 \u0085":                            "c1%20%C2%85",
		strings.Repeat("a", 40):                "%61" + strings.Repeat("a", 39),
		strings.Repeat("0", 41):                strings.Repeat("0", 41),
		strings.Repeat("F", 64):                "%46" + strings.Repeat("F", 63),
		"x/" + strings.Repeat("y", 200):        "x/" + strings.Repeat("y", 200),
		"x/" + strings.Repeat("y", 201) + "/z": "x/" + strings.Repeat("y", 120) + "%-9646bc459c4ca614b3d9115269d5ef00/z",
	} {
		if got := RefName("refs/heads/", name); got != "refs/heads/"+want {
			t.Errorf("%q became %q, want %q", name, got, "refs/heads/"+want)
		}
	}
}

func TestRefNames(t *testing.T) {
	for _, test := range []struct {
		names []string
		want  map[string]string
	}{
		{[]string{"a", "b/c"}, map[string]string{"a": "r/a", "b/c": "r/b/c"}},
		{[]string{"x", "x/y"}, map[string]string{"x": "r/x", "x/y": "r/x%2Fy"}},
		{[]string{"x/y/z", "x/y", "x"}, map[string]string{"x": "r/x", "x/y": "r/x%2Fy", "x/y/z": "r/x%2Fy%2Fz"}},
		{[]string{"x/y/z", "x/y"}, map[string]string{"x/y": "r/x/y", "x/y/z": "r/x/y%2Fz"}},
		{[]string{"x", "xy/z", "x-/z"}, map[string]string{"x": "r/x", "xy/z": "r/xy/z", "x-/z": "r/x-/z"}},
		{[]string{"x", "x", "x%2Fy", "x/y"}, map[string]string{"x": "r/x", "x%2Fy": "r/x%252Fy", "x/y": "r/x%2Fy"}},
		{[]string{"", "/a"}, map[string]string{"": "r/%", "/a": "r/%2Fa"}},
	} {
		if diff := cmp.Diff(test.want, RefNames("r/", test.names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.names, diff)
		}
	}
}

// TestRefNamesAgainstGit creates the refs of awkward names in a repository.
func TestRefNamesAgainstGit(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--bare", dir)
	var all []string
	for _, a := range []string{"a", ".a", "a.", "a.lock", "a b", "@", "@{", "", "-", "HEAD", "\xff", "\n", "%", "a..", strings.Repeat("é", 300), strings.Repeat("%", 100)} {
		for _, b := range []string{"", "/", "/b", "//b", "/.b", "/b.lock", ".lock/c", "/b/c", "/" + strings.Repeat("long/", 300)} {
			all = append(all, a+b)
		}
	}
	tree := strings.TrimSpace(git(t, dir, "mktree", "--missing"))
	id := strings.TrimSpace(git(t, dir, "-c", "user.name=a", "-c", "user.email=a", "commit-tree", "-m", "m", tree))
	repo, err := gitrepo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var updates []gitrepo.RefUpdate
	seen := map[string]string{}
	for name, ref := range RefNames("refs/heads/", all) {
		if before, twice := seen[ref]; twice {
			t.Errorf("%.40q and %.40q both became %s", before, name, ref)
		}
		seen[ref] = name
		updates = append(updates, gitrepo.RefUpdate{Name: ref, New: id})
	}
	// Two calls, of which the second writes a file for each ref.
	for _, some := range [][]gitrepo.RefUpdate{updates[:9], updates[9:]} {
		if err := repo.UpdateRefs(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(git(t, dir, "for-each-ref"), "\n"); n != len(seen) {
		t.Errorf("git has %d refs, want %d", n, len(seen))
	}
	git(t, dir, "pack-refs", "--all")
}

func FuzzRefName(f *testing.F) {
	for _, seed := range []string{"trunk", "a..b~c^d:e", "x.lock", "@{", "/", "a//b", "\xff", "%41", "end.", "é.lock/"} {
		f.Add(seed, seed+"/x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		refs := RefNames("refs/heads/", []string{a, b})
		for name, ref := range refs {
			if err := gitrepo.CheckRefName(ref); err != nil {
				t.Errorf("%q became %q: %v", name, ref, err)
			}
			back := strings.TrimPrefix(ref, "refs/heads/")
			switch {
			case strings.Contains(back, "%-"): // cut
			case back == "%":
				if name != "" {
					t.Errorf("%q became %q", name, ref)
				}
			default:
				if decoded, err := url.PathUnescape(back); err != nil || decoded != name {
					t.Errorf("%q became %q, which is %q: %v", name, ref, decoded, err)
				}
			}
			for other, taken := range refs {
				if other != name && (taken == ref || strings.HasPrefix(taken, ref+"/")) {
					t.Errorf("%q and %q became %q and %q", name, other, ref, taken)
				}
			}
		}
		if len(a) < 20 {
			return
		}
		for part := range strings.SplitSeq(RefName("", a), "/") {
			if len(part) > 255-len(".lock") {
				t.Errorf("a part of %q has %d bytes", a, len(part))
			}
		}
	})
}

// TestRefNamesAreRefs asks git about every byte at every place that matters.
func TestRefNamesAreRefs(t *testing.T) {
	for c := range 256 {
		b := string([]byte{byte(c)})
		for _, name := range []string{b, b + "a", "a" + b, "a" + b + "a", "a/" + b, b + "/a", "@" + b, "." + b, b + ".lock", b + b} {
			if ref := RefName("refs/heads/", name); gitrepo.CheckRefName(ref) != nil {
				t.Errorf("%q became %q", name, ref)
			}
		}
		ref := RefName("refs/heads/", "a"+b+"c")
		if err := exec.CommandContext(t.Context(), "git", "check-ref-format", ref).Run(); err != nil {
			t.Errorf("git refuses %q: %v", ref, err)
		}
	}
}
