package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/github/githubtest"
)

// TestDividedGistsAtGitLab lets a gist grow and shrink, and each apply die once on
// its way: what stands at GitLab is always what the gist is then, each file once.
func TestDividedGistsAtGitLab(t *testing.T) {
	t.Parallel()
	server := newGitHub(t, githubtest.Options{})
	m := server.Model
	ada := m.AddUser(githubtest.User{Login: "ada"})
	gist, err := m.AddGist(ada, "Nights", true, nights(0, 10))
	if err != nil {
		t.Fatal(err)
	}
	m.AddGistComment(gist, githubtest.GistComment{Content: githubtest.Content{Author: ada, Body: "Dark."}})
	to := newGitLabStandIn(t)
	w := newForgeWorld(t, server, to)
	w.gists = []string{gist.ID}
	w.apply(t).whole(t)
	at := "/projects/" + url.PathEscape("acme/"+gist.ID)
	for step, files := range [][]githubtest.GistFile{nights(4, 27), nights(5, 8)} {
		if err := m.ReviseGist(gist, files); err != nil {
			t.Fatal(err)
		}
		// Its first writes are about the project, the next ones about snippets.
		if !w.applyUntil(t, w.killAtTarget(4+step, false, true)) {
			t.Errorf("with %d files, the apply did not die", len(files))
		}
		w.apply(t).whole(t)
		if diff := cmp.Diff(shownFiles(files), shownSnippets(gitlabReader{t, to.URL, to.token}, at)); diff != "" {
			t.Errorf("%d files (-gist +snippets):\n%s", len(files), diff)
		}
	}
	w.idle(t)
}

// nights are the files of some nights. Each holds something else.
func nights(from, to int) []githubtest.GistFile {
	var files []githubtest.GistFile
	for n := from; n < to; n++ {
		files = append(files, githubtest.GistFile{Name: fmt.Sprintf("night-%02d.txt", n), Content: fmt.Sprintf("night %d of %d\n", n, to)})
	}
	return files
}

// shownFiles is what snippets of ten files show of files.
func shownFiles(files []githubtest.GistFile) []string {
	var list []string
	chunks := slices.Collect(slices.Chunk(files, 10))
	for i, chunk := range chunks {
		line := "Nights"
		if len(chunks) > 1 {
			line += fmt.Sprintf(" (%d/%d)", i+1, len(chunks))
		}
		for _, f := range chunk {
			line += fmt.Sprintf(" %s=%q", f.Name, f.Content)
		}
		if i == 0 {
			line += " by ada, 1 comment"
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}

// shownSnippets is what the snippets of a project show, but for those that are of
// no use any more.
func shownSnippets(g gitlabReader, project string) []string {
	g.Helper()
	var list []string
	for _, s := range g.all(project + "/snippets") {
		at := fmt.Sprintf("%s/snippets/%v", project, s["id"])
		line := s.text("title")
		if strings.HasSuffix(line, ", empty") {
			continue
		}
		for _, f := range s.list("files") {
			status, data := g.do(http.MethodGet, at+"/files/HEAD/"+f.text("path")+"/raw", nil)
			if status != http.StatusOK {
				g.Fatalf("%s: status %d", f.text("path"), status)
			}
			line += fmt.Sprintf(" %s=%q", f.text("path"), data)
		}
		if strings.Contains(s.text("description"), "`ada`") {
			line += " by ada"
		}
		if n := len(g.all(at + "/notes")); n > 0 {
			line += fmt.Sprintf(", %d comment", n)
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}
