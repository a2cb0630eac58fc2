package history

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/authorfile"
)

const peerMailmap = `Kim Proper <kim@new.example> <KIM@old.example>
Jo Proper <jo@new.example> Jo <jo@old.example>
<only@new.example> <only@old.example>
Just Name <name@old.example>
`

// mailmapped answers as a mailmap says.
func mailmapped(t *testing.T, text string) func(schema.Author) (string, string) {
	t.Helper()
	entries, problems := authorfile.Mailmap(strings.NewReader(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var table schema.AuthorTable
	for _, e := range entries {
		table.Entries = append(table.Entries, schema.AuthorEntry{Rule: "mailmap", MatchName: e.MatchName, MatchEmail: e.MatchEmail, Name: e.Name, Email: e.Email})
	}
	return func(a schema.Author) (string, string) {
		if e := table.Match(a); e != nil {
			return e.Name, e.Email
		}
		return "", ""
	}
}

// mixed makes a history by people of all kinds.
func mixed(t *testing.T) repository {
	t.Helper()
	r := newRepository(t)
	who := []string{jo, kim, "KIM <Kim@Old.Example>", "Other <jo@old.example>", "Only <only@old.example>", "Name <name@old.example>", "Nobody <nobody@old.example>"}
	parent := ""
	for i := range 3 * len(who) {
		tree := r.tree(map[string]string{"a": fmt.Sprint(i)})
		var parents []string
		message := "m"
		if parent != "" {
			parents = []string{parent}
			message = "like " + parent
		}
		parent = r.commit(tree, who[i%len(who)], 1000+i, message, parents...)
	}
	r.ref("refs/heads/main", parent)
	return r
}

func TestPeopleAsMailmapOfGit(t *testing.T) {
	r := mixed(t)
	name := filepath.Join(t.TempDir(), "mailmap")
	writeTestFile(t, name, peerMailmap)
	want := r.git("-c", "mailmap.file="+name, "log", "--format=%aN <%aE> %cN <%cE> %T", "main")
	to, _ := r.rewritten(Options{People: mailmapped(t, peerMailmap)})
	if diff := cmp.Diff(want, to.git("log", "--format=%an <%ae> %cn <%ce> %T", "main")); diff != "" {
		t.Errorf("(-git log --use-mailmap +rewritten):\n%s", diff)
	}
}

// TestAsFilterRepo makes the very commits that git-filter-repo makes where
// that keeps to the rules.
func TestAsFilterRepo(t *testing.T) {
	if _, err := exec.LookPath("git-filter-repo"); err != nil {
		t.Skip("git-filter-repo is not installed")
	}
	const mailmap = "Kim Proper <kim@new.example> <kim@old.example>\nJo Proper <jo@new.example> <jo@old.example>\n"
	r := mixed(t)
	peer := repository{t, filepath.Join(t.TempDir(), "peer.git")}
	r.git("clone", "--quiet", "--mirror", r.dir, peer.dir)
	name := filepath.Join(t.TempDir(), "mailmap")
	writeTestFile(t, name, mailmap)
	peer.git("filter-repo", "--force", "--quiet", "--mailmap", name)
	to, _ := r.rewritten(Options{IDs: true, People: mailmapped(t, mailmap)})
	if diff := cmp.Diff(peer.git("log", "--reverse", "--format=raw", "main"), to.git("log", "--reverse", "--format=raw", "main")); diff != "" {
		t.Errorf("(-git-filter-repo +rewritten):\n%s", diff)
	}
}
