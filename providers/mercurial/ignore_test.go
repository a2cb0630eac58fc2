package mercurial

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
	"github.com/google/go-cmp/cmp"
)

func TestTranslatePattern(t *testing.T) {
	for _, test := range []struct {
		syntax  ignoreSyntax
		pattern string
		want    string // lines, or "" for what git has no form for
	}{
		{syntaxGlob, "*.o", "*.o"},
		{syntaxGlob, "build", "build"},
		{syntaxGlob, "build/", "build"},
		{syntaxGlob, "doc/*.html", "**/doc/*.html"},
		{syntaxGlob, "doc/**.html", "**/doc/**/*.html"},
		{syntaxGlob, "**/cache", "cache"},
		{syntaxGlob, "a**b", "a*b|**/a*/**/*b"},
		{syntaxGlob, "*.{o,py[co]}", "*.o|*.py[co]"},
		{syntaxGlob, "#notes", `\#notes`},
		{syntaxGlob, `!important`, `\!important`},
		{syntaxGlob, `a\*b`, `a\*b`},
		{syntaxGlob, "[!a]x", "[!a]x"},
		{syntaxGlob, "[a", `\[a`},
		{syntaxGlob, "{a", ""},
		{syntaxRootGlob, "*.o", "/*.o"},
		{syntaxRootGlob, "out/**", "/out/"},
		{syntaxRegexp, `\.o$`, "*.o"},
		{syntaxRegexp, `\.py[co]$`, "*.py[co]"},
		{syntaxRegexp, `^build/`, "/build/"},
		{syntaxRegexp, `^build$`, "/build"},
		{syntaxRegexp, `(^|/)\.DS_Store$`, ".DS_Store"},
		{syntaxRegexp, `(^|/)target/`, "target/"},
		{syntaxRegexp, `~$`, "*~"},
		{syntaxRegexp, `tmp`, "*tmp*"},
		{syntaxRegexp, `^src/.*\.o$`, "/src/**/*.o"},
		{syntaxRegexp, `^src/[^/]*\.o$`, "/src/*.o"},
		{syntaxRegexp, `^(a|b)/c`, "/[a-b]/c*"},
		{syntaxRegexp, `\.orig$|\.rej$`, "*.orig|/.rej"},
		{syntaxRegexp, `(?i)\.bak$`, "*.[bB][aA][kK]"},
		{syntaxRegexp, `^x{2}$`, "/xx"},
		{syntaxRegexp, `^colou?r$`, "/color|/colour"},
		{syntaxRegexp, `^v\d+$`, ""},
		{syntaxRegexp, `^v\d$`, "/v[0-9]"},
		{syntaxRegexp, `foo(?!bar)`, ""},
		{syntaxRegexp, `.*`, ""},
		{syntaxRegexp, `(`, ""},
		{syntaxRegexp, `a$b`, ""},
		{syntaxRegexp, ``, ""},
	} {
		lines, ok := translatePattern(test.pattern, test.syntax, "")
		got := strings.Join(lines, "|")
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%q in syntax %d: got %q, %v; want %q", test.pattern, test.syntax, got, ok, test.want)
		}
	}
}

func TestTranslateIgnore(t *testing.T) {
	files := map[string]string{
		".hgignore": "# comment\n\\.o$ # objects\nC\\#$\n\nsyntax: glob\n*.swp\nre:^one$\nrootglob:*.txt\nsyntax: nonsense\n*.bak\ninclude:more/ignore\nsubinclude:sub/.hgignore\nre:a(?=b)\n",
		// An include counts from the root, a subinclude from its folder.
		"more/ignore":   "^inc$\n",
		"sub/.hgignore": "syntax: glob\n*.log\nrootglob:top\nsubinclude:sub/deep/x\n",
	}
	got := translateIgnore(func(path string) []byte { return []byte(files[path]) })
	want := `# Made from .hgignore.
*.o
*C#
*.swp
/one
/*.txt
*.bak
/inc
/sub/**/*.log
/sub/top
# Not translated: re:a(?=b)
`
	if diff := cmp.Diff(want, string(got.text)); diff != "" {
		t.Errorf(".gitignore (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{".hgignore", "more/ignore", "sub/.hgignore", "sub/deep/x"}, got.files); diff != "" {
		t.Errorf("files read (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"re:a(?=b)"}, got.foreign); diff != "" {
		t.Errorf("foreign patterns (-want +got):\n%s", diff)
	}
}

// TestIgnoreAgrees asks hg and git which of many files they ignore.
func TestIgnoreAgrees(t *testing.T) {
	hgtest.Need(t)
	var names []string
	for _, dir := range []string{"", "a/", "build/", "src/", "src/a/", "src/build/b/", "x y/"} {
		for _, base := range []string{"a", "b", "a.o", "b.o", "ab", "axb", "tmp", "mytmp.c", "x.pyc", "x.py", "#h", "!b", "v1", "v12", "Makefile.bak", "Makefile.BAK", "b~", "sp ace", "[a", "back\\slash"} {
			names = append(names, dir+base+"f", dir+"d."+base+"/f")
			names = append(names, dir+base+"/in")
		}
	}
	dir := t.TempDir()
	for _, name := range names {
		write(t, dir, map[string]string{name: ""})
	}
	hgTest(t, dir, "init")
	gitRun(t, dir, "init", "-q")
	for _, ignore := range []string{
		"syntax: glob\n*.o\n",
		"syntax: glob\n*.of\nbuild\n[!a]b\n",
		"syntax: glob\nsrc/**.of\n**/v1\na/*\n",
		"syntax: glob\na**f\n{tmp,x.p*}\n\\#h\nsp ?ce\n",
		"syntax: rootglob\n*\n",
		"syntax: rootglob\nsrc/*/b\nbuild/**\n",
		"\\.o$\n(^|/)build/\n",
		"^src/.*f$\n~\n",
		"^src/[^/]*f$\n\\.bakf$\n",
		"(?i)\\.bak\n^a/\n\\[a\n",
		"tmp|x\\.py\n^(a|build)/(a|b)\n",
		"^[^b]\n",
		"d\\.[ab]f?$\n",
		"\\\\slash$\n",
		"a.*f\n/v1\n",
		"^sp\nb$\nxb?f\n",
	} {
		got := translateIgnore(func(string) []byte { return []byte(ignore) })
		if len(got.foreign) > 0 {
			t.Errorf("%q has no form: %q", ignore, got.foreign)
		}
		write(t, dir, map[string]string{".hgignore": ignore, ".gitignore": string(got.text)})
		byHg := strings.Split(strings.TrimSuffix(hgTest(t, dir, "status", "--ignored", "--no-status", "-0"), "\x00"), "\x00")
		byGit := strings.Split(strings.TrimSuffix(gitRun(t, dir, "ls-files", "--others", "--ignored", "--exclude-per-directory=.gitignore", "-z"), "\x00"), "\x00")
		byGit = slices.DeleteFunc(byGit, func(s string) bool {
			return strings.HasPrefix(s, ".hg/") || strings.HasPrefix(s, ".hg") || s == ".gitignore"
		})
		byHg = slices.DeleteFunc(byHg, func(s string) bool { return strings.HasPrefix(s, ".git") || strings.HasPrefix(s, ".hg") })
		slices.Sort(byHg)
		slices.Sort(byGit)
		if diff := cmp.Diff(byHg, byGit); diff != "" {
			t.Errorf("%q, in git %q, ignores (-hg +git):\n%s", ignore, got.text, diff)
		}
	}
}

func FuzzTranslatePattern(f *testing.F) {
	for _, seed := range []string{"*.o", "^a(b|c)?d$", "{a,{b,c}}/**", `\Q[x`, "[!]", "(?i)é.*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		for _, s := range []ignoreSyntax{syntaxRegexp, syntaxGlob, syntaxRootGlob} {
			lines, ok := translatePattern(pattern, s, "under/")
			if ok != (len(lines) > 0) || len(lines) > 2*maxAlternatives {
				t.Fatalf("%d lines, %v", len(lines), ok)
			}
			for _, line := range lines {
				if line == "" || strings.ContainsAny(line, "\r\n") || !strings.HasPrefix(line, "/under/") {
					t.Fatalf("line %q", line)
				}
			}
		}
	})
}

func run(t testing.TB, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, stderr.String())
	}
	return string(out)
}

// hgTest runs hg without anybody's configuration.
func hgTest(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return run(t, dir, []string{"HGRCPATH=", "HGPLAIN=1", "HGENCODING=UTF-8", "HGUSER=Ada <ada@example.com>"}, "hg", args...)
}

func gitRun(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return run(t, dir, []string{"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"}, "git", args...)
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(fmt.Errorf("folder of %s: %w", name, err))
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
