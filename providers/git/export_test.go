package git

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func TestExport(t *testing.T) {
	dir := t.TempDir()
	repo := newSourceRepo(t, filepath.Join(dir, "a.git"))
	web := serve(t, guarded("me", "s3cret", backend(t, dir)))
	s := open(t, options{dir: dir, username: "me", password: "s3cret"})
	urls := []string{"a.git", "file://" + repo, web + "/a.git"}
	to := map[string]string{}
	check := func() {
		t.Helper()
		for _, url := range urls {
			if to[url] == "" {
				to[url] = filepath.Join(t.TempDir(), "raw.git")
			}
			want := providers.Export{Refs: refsOf(t, repo), DefaultBranch: "refs/heads/main", ObjectFormat: "sha1"}
			if diff := cmp.Diff(want, export(t, s, url, to[url])); diff != "" {
				t.Errorf("export of %s (-want +got):\n%s", url, diff)
			}
			if diff := cmp.Diff(refsOf(t, repo), refsOf(t, to[url])); diff != "" {
				t.Errorf("refs of %s (-want +got):\n%s", url, diff)
			}
			run(t, to[url], "fsck", "--strict")
		}
	}
	check()
	commit(t, repo, "main", map[string]string{"x": "x"})
	run(t, repo, "update-ref", "refs/pull/1/head", "main")
	run(t, repo, "tag", "-d", "v1")
	check()
}

func TestExportReportsProgress(t *testing.T) {
	dir := t.TempDir()
	repo := newSourceRepo(t, filepath.Join(dir, "a.git"))
	run(t, repo, "repack", "-adq")
	var phases []string
	_, err := open(t, options{dir: dir}).ExportGit(t.Context(),
		providers.ExportRequest{Repo: repoAt(t, "a.git"), Part: providers.PartCode, Dir: filepath.Join(t.TempDir(), "raw.git")},
		func(p providers.Progress) { phases = append(phases, p.Phase+" "+p.Unit) })
	must(t, err)
	if len(phases) == 0 || phases[0] != "receiving objects" {
		t.Errorf("progress = %q, want it to begin with objects being received", phases)
	}
}

func TestExportRefuses(t *testing.T) {
	dir := t.TempDir()
	newSourceRepo(t, filepath.Join(dir, "a.git"))
	web := serve(t, guarded("me", "s3cret", backend(t, dir)))
	taken := t.TempDir()
	must(t, os.WriteFile(filepath.Join(taken, "precious"), nil, 0o666))
	for _, test := range []struct {
		name, url, dir string
		part           providers.Part
		code           providers.Code
		attribute      string
	}{
		{"wiki", "a.git", "", providers.PartWiki, providers.CodeUnsupported, ""},
		{"vanished", "nope.git", "", providers.PartCode, providers.CodeNotFound, "vcs_url"},
		{"wrong password", web + "/a.git", "", providers.PartCode, providers.CodeAuth, "password"},
		{"hostile address", "ext::id", "", providers.PartCode, providers.CodeInvalid, "vcs_url"},
		{"a folder with other things", "a.git", taken, providers.PartCode, providers.CodeInvalid, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.dir == "" {
				test.dir = filepath.Join(t.TempDir(), "raw.git")
			}
			_, err := open(t, options{dir: dir, password: "wr0ng"}).ExportGit(t.Context(),
				providers.ExportRequest{Repo: repoAt(t, test.url), Part: test.part, Dir: test.dir}, nil)
			if e := wantError(t, err, test.code, test.attribute); strings.Contains(e.Error(), "wr0ng") {
				t.Errorf("the password is shown: %v", e)
			}
		})
	}
}

// withLFS makes a repository that names two LFS objects and returns their ids.
func withLFS(t *testing.T, dir string, more map[string]string) (repo, first, second string) {
	t.Helper()
	repo = newBare(t, dir)
	pointer1, first := pointerTo("the first object")
	pointer2, second := pointerTo("the second object")
	files := map[string]string{"one.bin": pointer1, "again.bin": pointer1, "two.bin": pointer2}
	for name, content := range more {
		files[name] = content
	}
	commit(t, repo, "main", files)
	return repo, first, second
}

func putObject(t *testing.T, lfsParent, content string) {
	t.Helper()
	_, oid := pointerTo(content)
	to := lfsPath(lfsParent, oid)
	must(t, os.MkdirAll(filepath.Dir(to), 0o777))
	must(t, os.WriteFile(to, []byte(content), 0o666))
}

func wantObject(t *testing.T, raw, content string) {
	t.Helper()
	_, oid := pointerTo(content)
	got, err := os.ReadFile(lfsPath(raw, oid))
	must(t, err)
	if string(got) != content {
		t.Errorf("object %s is %q, want %q", oid, got, content)
	}
}

func TestExportLFSFromFolder(t *testing.T) {
	for _, inner := range []string{"", ".git"} {
		t.Run("in "+inner, func(t *testing.T) {
			dir := t.TempDir()
			repo, first, second := withLFS(t, filepath.Join(dir, "a", inner), nil)
			putObject(t, repo, "the first object")
			s := open(t, options{dir: dir})
			raw := filepath.Join(t.TempDir(), "raw.git")
			for _, url := range []string{"a", "file://" + filepath.Join(dir, "a")} {
				e := export(t, s, url, raw)
				if diff := cmp.Diff(schema.Count{Source: 2, Fetched: 1}, e.LFS); diff != "" {
					t.Errorf("count (-want +got):\n%s", diff)
				}
				wantObject(t, raw, "the first object")
				if len(e.Failed) != 1 || e.Failed[0].Key != (schema.Key{Kind: schema.KindLFSObject, ID: second}) {
					t.Fatalf("failed = %+v, want %s", e.Failed, second)
				}
				wantError(t, e.Failed[0].Problem, providers.CodeNotFound, "")
			}
			before, err := os.Stat(lfsPath(raw, first))
			must(t, err)
			putObject(t, repo, "the second object")
			if e := export(t, s, "a", raw); e.LFS != (schema.Count{Source: 2, Fetched: 2}) || len(e.Failed) != 0 {
				t.Errorf("second export = %+v, want both objects", e)
			}
			wantObject(t, raw, "the second object")
			after, err := os.Stat(lfsPath(raw, first))
			must(t, err)
			if !os.SameFile(before, after) {
				t.Error("an object that was there was fetched again")
			}
		})
	}
}

func TestExportLFSSkipped(t *testing.T) {
	dir := t.TempDir()
	repo, _, _ := withLFS(t, filepath.Join(dir, "a.git"), nil)
	putObject(t, repo, "the first object")
	raw := filepath.Join(t.TempDir(), "raw.git")
	e := export(t, open(t, options{dir: dir, lfs: lfsSkip}), "a.git", raw)
	if e.LFS != (schema.Count{}) || len(e.Failed) != 0 {
		t.Errorf("export = %+v, want no LFS objects", e)
	}
	if _, err := os.Stat(filepath.Join(raw, "lfs")); err == nil {
		t.Error("there is a folder of LFS objects")
	}
}

// lfsServer answers the batch API at path and gives out objects.
func lfsServer(t *testing.T, path string, objects ...string) (http.Handler, *int) {
	t.Helper()
	batches := new(int)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path+"/objects/batch", func(w http.ResponseWriter, r *http.Request) {
		*batches++
		var b strings.Builder
		for i, content := range objects {
			_, oid := pointerTo(content)
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`{"oid":"` + oid + `","actions":{"download":{"href":"http://` + r.Host + `/object/` + oid + `"}}}`)
		}
		_, _ = w.Write([]byte(`{"objects":[` + b.String() + `]}`))
	})
	mux.HandleFunc("GET /object/{oid}", func(w http.ResponseWriter, r *http.Request) {
		for _, content := range objects {
			if _, oid := pointerTo(content); oid == r.PathValue("oid") {
				_, _ = w.Write([]byte(content))
				return
			}
		}
		http.NotFound(w, r)
	})
	return mux, batches
}

func TestExportLFSFromServer(t *testing.T) {
	dir := t.TempDir()
	withLFS(t, filepath.Join(dir, "acme", "a.git"), nil)
	objects, batches := lfsServer(t, "/acme/a.git/info/lfs", "the first object", "the second object")
	mux := http.NewServeMux()
	mux.Handle("/", backend(t, dir))
	mux.Handle("/acme/a.git/info/lfs/", objects)
	mux.Handle("/object/", objects)
	web := serve(t, guarded("me", "s3cret", mux))
	s := open(t, options{username: "me", password: "s3cret"})
	raw := filepath.Join(t.TempDir(), "raw.git")
	for range 2 {
		e := export(t, s, web+"/acme/a.git", raw)
		if e.LFS != (schema.Count{Source: 2, Fetched: 2}) || len(e.Failed) != 0 {
			t.Errorf("export = %+v, want both objects", e)
		}
		wantObject(t, raw, "the first object")
		wantObject(t, raw, "the second object")
	}
	if *batches != 1 {
		t.Errorf("the server was asked %d times, want once", *batches)
	}
}

func TestExportLFSFromServerWithout(t *testing.T) {
	dir := t.TempDir()
	withLFS(t, filepath.Join(dir, "a.git"), nil)
	web := serve(t, backend(t, dir))
	e := export(t, open(t, options{}), web+"/a.git", filepath.Join(t.TempDir(), "raw.git"))
	if e.LFS != (schema.Count{Source: 2}) || len(e.Failed) != 2 || len(e.Refs) == 0 {
		t.Fatalf("export = %+v, want the refs and two failures", e)
	}
	for _, failed := range e.Failed {
		if p := wantError(t, failed.Problem, providers.CodeNotFound, ""); !strings.Contains(p.Message, "no Git LFS server at "+web+"/a.git/info/lfs") {
			t.Errorf("problem = %v", p)
		}
	}
}

func TestExportLFSConfigured(t *testing.T) {
	dir := t.TempDir()
	objects, _ := lfsServer(t, "/elsewhere/lfs", "the first object", "the second object")
	mux := http.NewServeMux()
	mux.Handle("/", backend(t, dir))
	mux.Handle("/elsewhere/", objects)
	mux.Handle("/object/", objects)
	web := serve(t, guarded("me", "s3cret", mux))
	var asked int
	other := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	s := open(t, options{username: "me", password: "s3cret"})
	for _, test := range []struct {
		name, config string
		fetched      int64
		want         string
	}{
		{"same host", "[lfs]\n\turl = " + web + "/elsewhere/lfs/\n", 2, ""},
		{"another host", "[lfs]\n\turl = " + other + "/elsewhere/lfs\n", 0, "another host, " + strings.TrimPrefix(other, "http://")},
		{"a path", "[lfs]\n\turl = /etc\n", 0, "an address that cannot be used"},
		{"an option", "[lfs]\n\turl = \"-x\"\n", 0, "an address that cannot be used"},
		{"an include", "[include]\n\tpath = /etc/passwd\n", 0, "no Git LFS server"},
		{"malformed", "[lfs\n", 0, "no Git LFS server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := strings.ReplaceAll(test.name, " ", "-")
			withLFS(t, filepath.Join(dir, name+".git"), map[string]string{".lfsconfig": test.config})
			e := export(t, s, web+"/"+name+".git", filepath.Join(t.TempDir(), "raw.git"))
			if e.LFS != (schema.Count{Source: 2, Fetched: test.fetched}) || len(e.Failed) != 2-int(test.fetched) {
				t.Fatalf("export = %+v, want %d objects", e, test.fetched)
			}
			for _, failed := range e.Failed {
				if !strings.Contains(failed.Problem.Message, test.want) {
					t.Errorf("problem = %v, want it to say %q", failed.Problem, test.want)
				}
			}
		})
	}
	if asked > 0 {
		t.Errorf("the other host was asked %d times", asked)
	}
}

func TestExportLFSOverSSH(t *testing.T) {
	dir := t.TempDir()
	withLFS(t, filepath.Join(dir, "it's a.git"), nil)
	objects, _ := lfsServer(t, "/granted", "the first object", "the second object")
	web := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "RemoteAuth granted" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		objects.ServeHTTP(w, r)
	}))
	// ssh runs what it is told here, in the folder of the repositories.
	bin := t.TempDir()
	log := filepath.Join(bin, "log")
	script := func(name, body string) {
		must(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body), 0o777))
	}
	script("ssh", `echo "$@" >>'`+log+`'
for last; do :; done
cd '`+dir+`' && eval "$last"
`)
	script("git-lfs-authenticate", `test "$1 $2" = "it's a.git download" || exit 1
echo '{"href":"`+web+`/granted","header":{"Authorization":"RemoteAuth granted"},"expires_in":60}'
`)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("GIT_SSH_COMMAND", "")
	s := open(t, options{})

	const url = "git@example.org:it's a.git"
	e := export(t, s, url, filepath.Join(t.TempDir(), "raw.git"))
	if e.LFS != (schema.Count{Source: 2, Fetched: 2}) {
		t.Errorf("export = %+v, want both objects", e)
	}
	ran, err := os.ReadFile(log)
	must(t, err)
	if want := `-oBatchMode=yes -- git@example.org git-lfs-authenticate 'it'\''s a.git' download`; !strings.Contains(string(ran), want) {
		t.Errorf("ssh was run as\n%swant a line\n%s", ran, want)
	}

	for _, test := range []struct {
		exit string
		code providers.Code
	}{{"exit 127", providers.CodeUnsupported}, {"exit 255", providers.CodeUnavailable}, {"echo no", providers.CodeUnsupported}} {
		script("git-lfs-authenticate", test.exit+"\n")
		e := export(t, s, url, filepath.Join(t.TempDir(), "raw.git"))
		if len(e.Failed) != 2 {
			t.Fatalf("%s: export = %+v, want two failures", test.exit, e)
		}
		wantError(t, e.Failed[0].Problem, test.code, "")
	}
}
