package history

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestAttributesAsGit compares with git check-attr.
func TestAttributesAsGit(t *testing.T) {
	r := newRepository(t)
	work := repository{t, filepath.Join(t.TempDir(), "work")}
	r.git("init", "--quiet", work.dir)
	paths := []string{
		"a.bin", "b.bin", "dir/a.bin", "dir/sub/a.bin", "dir/sub/x y.bin", "x y.bin", "a", "dir", "abc", "a/b/c", "a/c", "[a].bin", "a]b", "a-b", "ab",
		"caf\u00e9", "A.BIN", "a*b", `a\b`, "dir/abc", "foo/bar", "x/foo/bar", "foo", "q\"uote",
	}
	for _, pattern := range []string{
		"*.bin", "/*.bin", "dir/*.bin", "dir/**", "**/a.bin", "dir/**/a.bin", "**", "*", "a/**/c", "[ab].bin", "[!a].bin", "[^a-b].bin", "a?b", "[a", "a[]]b", "a[-]b", "a[]-]b",
		`"x y.bin"`, `x[[:space:]]y.bin`, "[[:alpha:]]", "[[:upper:]].BIN", `\[a\].bin`, `a\*b`, `a\\b`, "dir/", "!a.bin", "#a", "caf?", "caf\u00e9", "caf*", "foo/bar", "/foo/bar", "**/foo/bar", "foo**", "f**/bar",
		"a[/]b", "[a-c]*", `"caf\303\251"`, `"q\"uote"`, "a***b", `\a.bin`, "***/a.bin", "dir/***",
	} {
		for _, value := range []string{"filter=lfs", "-filter", "!filter", "filter", "text"} {
			line := pattern + " " + value + "\n"
			a := parseAttributes([]byte("* filter=before\n"+line), true, nil)
			input := strings.Join(paths, "\x00") + "\x00"
			writeTestFile(t, filepath.Join(work.dir, attributesName), "* filter=before\n"+line)
			out := strings.Split(work.gitInput(input, "check-attr", "--stdin", "-z", "filter"), "\x00")
			for i, path := range paths {
				got, _ := a.match(path)
				want := out[3*i+2]
				if want == "unset" || want == "unspecified" || want == "set" {
					want = ""
				}
				if got != want {
					t.Errorf("%q on %q: filter %q, git says %q", line, path, got, want)
				}
			}
		}
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add("[attr]big filter=lfs\n*.bin big\n\"a\\303\\251 b\" -filter\nx[[:space:]]y filter=x\n", "dir/a.bin")
	f.Fuzz(func(t *testing.T, text, path string) {
		parseAttributes([]byte(text), true, nil).match(path)
		if path == "" || strings.ContainsAny(path, "/\x00") {
			return
		}
		line, ok := pointerLine(path)
		if !ok {
			return
		}
		if strings.Count(line, "\n") != 1 {
			t.Fatalf("%q is not one line", line)
		}
		pattern, words, ok := splitAttributes(line)
		if !ok || len(words) != 4 || words[0] != "filter=lfs" {
			t.Fatalf("%q was read as %q %q", line, pattern, words)
		}
	})
}
