package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/providertest"
)

// executable is the name under which this binary plays the provider.
const executable = "drover-provider-tarballs"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == executable {
		plugin.Serve(New())
	}
	flag.Bool("update", false, "write the tarballs of the fixture anew")
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	fixture, err := providertest.ReadFixture("conformance")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("linked", func(t *testing.T) { providertest.Test(t, New(), fixture) })
	t.Run("process", func(t *testing.T) {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), executable)
		if err := os.Symlink(self, path); err != nil {
			t.Fatal(err)
		}
		providertest.TestBinary(t, path, fixture)
	})
}

// day is a time n days after an ordinary one.
func day(n int) time.Time {
	return time.Date(2024, time.March, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n)
}

func file(name, text string, n int) (tar.Header, string) {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text)), ModTime: day(n)}, text
}

// packer makes a tarball whose bytes depend on nothing else.
type packer struct {
	b   bytes.Buffer
	zip *gzip.Writer
	tar *tar.Writer
}

func newPacker() *packer {
	p := &packer{}
	p.zip = gzip.NewWriter(&p.b)
	p.tar = tar.NewWriter(p.zip)
	return p
}

func (p *packer) add(header tar.Header, text string) *packer {
	if err := p.tar.WriteHeader(&header); err != nil {
		panic(err)
	}
	if _, err := p.tar.Write([]byte(text)); err != nil {
		panic(err)
	}
	return p
}

func (p *packer) bytes() []byte {
	if err := p.tar.Close(); err != nil {
		panic(err)
	}
	if err := p.zip.Close(); err != nil {
		panic(err)
	}
	return p.b.Bytes()
}

// samples are the tarballs of the fixture and the plan.
func samples() map[string][]byte {
	link := tar.Header{Typeflag: tar.TypeSymlink, Name: "hello-0.10.0/latest", Linkname: "/etc/passwd", Mode: 0o777, ModTime: day(20)}
	hard := tar.Header{Typeflag: tar.TypeLink, Name: "hello-0.10.0/COPY", Linkname: "hello-0.10.0/README", Mode: 0o644, ModTime: day(20)}
	device := tar.Header{Typeflag: tar.TypeChar, Name: "hello-0.10.0/null", Mode: 0o666, Devmajor: 1, Devminor: 3, ModTime: day(99)}
	run, runText := file("hello-0.10.0/run.sh", "#!/bin/sh\necho hello\n", 21)
	run.Mode = 0o755
	return map[string][]byte{
		"hello-0.9.0.tar.gz": newPacker().
			add(tar.Header{Typeflag: tar.TypeDir, Name: "hello-0.9.0/", Mode: 0o755, ModTime: day(9)}, "").
			add(file("hello-0.9.0/README", "hello\n", 1)).
			add(file("hello-0.9.0/old.txt", "soon gone\n", 2)).bytes(),
		"hello-0.10.0.tar.gz": newPacker().
			add(file("hello-0.10.0/README", "hello, again\n", 19)).add(run, runText).
			add(link, "").add(hard, "").add(device, "").
			add(file("hello-0.10.0/caf\u00e9 \"quoted\"\n.txt", "odd\n", 20)).bytes(),
		"world-v1.tar.gz": newPacker().add(file("README", "no folder around it\n", 5)).bytes(),
	}
}

// TestFixtureIsCurrent holds the tarballs of the fixture to those above. Run it
// with -update to write them.
func TestFixtureIsCurrent(t *testing.T) {
	for name, want := range samples() {
		path := filepath.Join("conformance", "releases", name)
		if flag.Lookup("update").Value.String() == "true" {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// Releases of Go may compress differently; what is in them counts.
		if !slices.Equal(listing(t, want), listing(t, got)) {
			t.Errorf("%s holds something else; run go test -update", path)
		}
	}
}

func listing(t *testing.T, tarball []byte) []string {
	t.Helper()
	var lines []string
	err := entries(t.Context(), bytes.NewReader(tarball), func(e entry) error {
		var text bytes.Buffer
		if e.body != nil {
			if _, err := text.ReadFrom(e.body); err != nil {
				return err
			}
		}
		lines = append(lines, strings.Join([]string{e.mode, e.path, e.copyOf, time.Unix(e.date, 0).UTC().String(), text.String()}, "|"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// folder is a folder with tarballs.
func folder(t *testing.T, tarballs map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range tarballs {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, dir string) providers.Source {
	t.Helper()
	s, err := New().OpenSource(t.Context(), providers.Config{Settings: []byte(`{"folder":"."}`), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func export(t *testing.T, s providers.Source, project, dir string) (providers.Export, error) {
	t.Helper()
	return s.ExportGit(t.Context(), providers.ExportRequest{
		Repo: providers.Repo{Settings: []byte(`{"project":"` + project + `"}`)}, Part: providers.PartCode, Dir: dir,
	}, func(providers.Progress) {})
}

func exported(t *testing.T, s providers.Source, project, dir string) map[string]string {
	t.Helper()
	e, err := export(t, s, project, dir)
	if err != nil {
		t.Fatal(err)
	}
	return e.Refs
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"--git-dir", dir}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimRight(string(out), "\n\x00")
}

// TestHistory looks at what came out with git itself.
func TestHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raw.git")
	exported(t, open(t, folder(t, samples())), "hello", dir)
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"fsck", "--strict"}, ""},
		{[]string{"symbolic-ref", "HEAD"}, "refs/heads/main"},
		{[]string{"log", "--format=%s|%an|%ae|%cI", "main"},
			"hello 0.10.0|Releases|releases@tarballs.invalid|2024-03-22T12:00:00+00:00\n" +
				"hello 0.9.0|Releases|releases@tarballs.invalid|2024-03-03T12:00:00+00:00"},
		{[]string{"for-each-ref", "--format=%(refname) %(objecttype) %(taggername)", "refs/tags"},
			"refs/tags/v0.10.0 tag Releases\nrefs/tags/v0.9.0 tag Releases"},
		{[]string{"ls-tree", "-r", "--name-only", "v0.9.0"}, "README\nold.txt"},
		{[]string{"cat-file", "-p", "v0.10.0:latest"}, "/etc/passwd"},
		{[]string{"cat-file", "-p", "v0.10.0:COPY"}, "hello, again"},
	}
	for _, tt := range tests {
		if got := git(t, dir, tt.args...); got != tt.want {
			t.Errorf("git %s:\n%q\nwant\n%q", strings.Join(tt.args, " "), got, tt.want)
		}
	}
	var files []string
	for line := range strings.SplitSeq(git(t, dir, "ls-tree", "-r", "-z", "v0.10.0"), "\x00") {
		about, path, _ := strings.Cut(line, "\t")
		files = append(files, about[:len("100644")]+" "+path)
	}
	want := []string{"100644 COPY", "100644 README", "100644 caf\u00e9 \"quoted\"\n.txt", "120000 latest", "100755 run.sh"}
	if !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
}

// TestIncremental adds releases one by one, and expects what one conversion of
// all gives.
func TestIncremental(t *testing.T) {
	tarballs := map[string][]byte{}
	for i, version := range []string{"1.0", "1.1", "2.0"} {
		tarballs["x-"+version+".tar.gz"] = newPacker().add(file("x/README", version, i)).bytes()
	}
	want := exported(t, open(t, folder(t, tarballs)), "x", filepath.Join(t.TempDir(), "all.git"))

	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "raw.git")
	packs := 0
	for _, name := range slices.Sorted(maps.Keys(tarballs)) {
		if err := os.WriteFile(filepath.Join(from, name), tarballs[name], 0o600); err != nil {
			t.Fatal(err)
		}
		exported(t, open(t, from), "x", dir)
		found, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
		if err != nil {
			t.Fatal(err)
		}
		if packs++; len(found) != packs {
			t.Errorf("after %s there are %d packs, want %d: what was there was converted again", name, len(found), packs)
		}
	}
	if got := exported(t, open(t, from), "x", dir); !maps.Equal(got, want) {
		t.Errorf("added one by one: %v\nall at once: %v", got, want)
	}

	// A release that comes late goes where it belongs.
	tarballs["x-1.0.1.tar.gz"] = newPacker().add(file("x/README", "1.0.1", 9)).bytes()
	want = exported(t, open(t, folder(t, tarballs)), "x", filepath.Join(t.TempDir(), "more.git"))
	if err := os.WriteFile(filepath.Join(from, "x-1.0.1.tar.gz"), tarballs["x-1.0.1.tar.gz"], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := exported(t, open(t, from), "x", dir); !maps.Equal(got, want) {
		t.Errorf("with a late release: %v\nall at once: %v", got, want)
	}
}

// TestHostile refuses tarballs as a whole, and leaves no ref.
func TestHostile(t *testing.T) {
	link := func(kind byte, name, to string) []byte {
		return newPacker().add(tar.Header{Typeflag: kind, Name: name, Linkname: to, Mode: 0o644}, "").bytes()
	}
	whole := newPacker().add(file("x/README", strings.Repeat("some text ", 1000), 0)).bytes()
	tests := map[string]struct {
		tarball []byte
		says    string
	}{
		"parent":           {newPacker().add(file("x/../../evil", "", 0)).bytes(), "leads out"},
		"parent, Windows":  {newPacker().add(file(`x\..\..\evil`, "", 0)).bytes(), "leads out"},
		"absolute":         {newPacker().add(file("/etc/passwd", "", 0)).bytes(), "absolute"},
		"git":              {newPacker().add(file("x/.git/config", "", 0)).bytes(), "own files"},
		"GIT":              {newPacker().add(file("x/.GIT/config", "", 0)).bytes(), "own files"},
		"git with a dot":   {newPacker().add(file("x/.git. /config", "", 0)).bytes(), "own files"},
		"git, short":       {newPacker().add(file("x/GIT~1/config", "", 0)).bytes(), "own files"},
		"git, a stream":    {newPacker().add(file("x/.git::$INDEX_ALLOCATION/config", "", 0)).bytes(), "own files"},
		"git, invisible":   {newPacker().add(file("x/.g\u200cit/config", "", 0)).bytes(), "own files"},
		"git, a link":      {link(tar.TypeSymlink, "x/.git", "elsewhere"), "own files"},
		"hard link out":    {link(tar.TypeLink, "x/a", "/etc/passwd"), "absolute"},
		"hard link ahead":  {link(tar.TypeLink, "x/a", "x/b"), "does not come before"},
		"deep":             {newPacker().add(file(strings.Repeat("d/", 200)+"f", "", 0)).bytes(), "folders deep"},
		"long":             {newPacker().add(file(strings.Repeat("d", 5000), "", 0)).bytes(), "longer than"},
		"huge":             {header(tar.Header{Typeflag: tar.TypeReg, Name: "x", Size: 2 << 30}), "more than 1073741824 bytes"},
		"nothing":          {newPacker().bytes(), "no file"},
		"cut off":          {whole[:len(whole)/2], "damaged"},
		"not a tarball":    {[]byte("hello"), "damaged"},
		"not a tar inside": {zipped(bytes.Repeat([]byte("x"), 2000)), "damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "raw.git")
			good := newPacker().add(file("x/README", "good", 0)).bytes()
			_, err := export(t, open(t, folder(t, map[string][]byte{"x-1.tar.gz": good, "x-2.tar.gz": tt.tarball})), "x", dir)
			if providers.CodeOf(err) != providers.CodeInvalid || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "x-2.tar.gz") {
				t.Errorf("error %v, want an invalid x-2.tar.gz that %q", err, tt.says)
			}
			if refs := git(t, dir, "for-each-ref"); refs != "" {
				t.Errorf("it left refs:\n%s", refs)
			}
		})
	}
}

// header is a tarball that ends after one header.
func header(h tar.Header) []byte {
	p := newPacker()
	if err := p.tar.WriteHeader(&h); err != nil {
		panic(err)
	}
	if err := p.zip.Close(); err != nil {
		panic(err)
	}
	return p.b.Bytes()
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestParseName(t *testing.T) {
	tests := []struct {
		file, project, version string
		ok                     bool
	}{
		{"hello-1.2.0.tar.gz", "hello", "1.2.0", true},
		{"hello-world-v1.2.0-rc.1.tar.gz", "hello-world", "1.2.0-rc.1", true},
		{"hello.tar.gz", "", "", false},
		{"hello-world.tar.gz", "", "", false},
		{"-1.0.tar.gz", "", "", false},
		{"hello-1.0.zip", "", "", false},
		{"hello-1.0\n.tar.gz", "", "", false},
	}
	for _, tt := range tests {
		project, version, ok := parseName(tt.file)
		if project != tt.project || version != tt.version || ok != tt.ok {
			t.Errorf("%q: %q, %q, %v", tt.file, project, version, ok)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{
		"0.9.0", "0.10.0-alpha", "0.10.0-rc.2", "0.10.0-rc.10", "0.10.0", "0.10.0+build.1", "1", "1.0", "1.0.1", "1.2b1", "1.2",
		"18446744073709551616.1", "18446744073709551617",
	}
	shuffled := slices.Clone(ordered)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, compareVersions)
	if !slices.Equal(shuffled, ordered) {
		t.Errorf("sorted: %v\nwant:   %v", shuffled, ordered)
	}
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1.0", "1.0-rc.1")
	f.Add("1.10", "1.9+2")
	f.Fuzz(func(t *testing.T, a, b string) {
		if compareVersions(a, b) != -compareVersions(b, a) || (compareVersions(a, b) == 0) != (a == b) {
			t.Errorf("%q and %q have no order", a, b)
		}
	})
}

// FuzzEntries feeds whatever there is, and looks at the paths that get through.
func FuzzEntries(f *testing.F) {
	for _, tarball := range samples() {
		f.Add(tarball)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = entries(context.Background(), bytes.NewReader(data), func(e entry) error {
			if !filepath.IsLocal(e.path) || strings.Contains(strings.ToLower("/"+e.path+"/"), "/.git/") {
				t.Errorf("the path %q came through", e.path)
			}
			return nil
		})
	})
}

func TestSettings(t *testing.T) {
	tests := map[string]string{ // settings to the attribute at fault
		`{}`:                                    "folder",
		`{"folder":".","author_name":"a\nb"}`:   "author_name",
		`{"folder":".","author_email":"<a@b>"}`: "author_email",
		`{"folder":".","author_name":""}`:       "author_name",
	}
	for settings, attribute := range tests {
		_, err := New().OpenSource(t.Context(), providers.Config{Settings: []byte(settings)})
		if e := providers.AsError(err); e == nil || e.Attribute != attribute {
			t.Errorf("%s: %v, want a fault of %s", settings, err, attribute)
		}
	}
}
