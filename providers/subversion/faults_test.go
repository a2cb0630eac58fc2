package subversion

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// node writes a node of a dump.
func node(path, headers, text string) string {
	record := "Node-path: " + path + "\n" + headers
	if text != "" {
		record += fmt.Sprintf("Text-content-length: %d\nContent-length: %d\n\n%s", len(text), len(text), text)
	}
	return record + "\n\n"
}

// TestBadHistories converts dumps that contradict themselves. The error names
// revision and path, and no ref is left.
func TestBadHistories(t *testing.T) {
	const add, file = "Node-action: add\n", "Node-kind: file\n"
	tests := []struct{ name, nodes, want string }{
		{"removal of nothing", node("trunk/none", "Node-action: delete\n", ""), "r2: trunk/none: there is nothing at this path"},
		{"change of nothing", node("trunk/none", file+"Node-action: change\n", "x"), "r2: trunk/none: there is nothing at this path"},
		{"file added twice", node("trunk/a", file+add, "x"), "r2: trunk/a: there is something at this path already"},
		{"folder that does not exist", node("none/a", file+add, "x"), `r2: none/a: its folder "none" does not exist`},
		{"copy of nothing", node("trunk/b", file+add+"Node-copyfrom-rev: 1\nNode-copyfrom-path: trunk/none\n", ""), "r2: trunk/b: there is nothing where it was copied from"},
		{"copy from the future", node("trunk/b", file+add+"Node-copyfrom-rev: 2\nNode-copyfrom-path: trunk/a\n", ""), "r2: trunk/b"},
		{"file that is a folder", node("trunk", file+"Node-action: change\n", "x"), "r2: trunk: it is not of the kind"},
		{"path that leads outside", node("trunk/../../x", file+add, "x"), "r2"},
		{"wrong checksum", node("trunk/b", file+add+"Text-content-md5: 00000000000000000000000000000000\n", "x"), "r2: trunk/b"},
	}
	h := svntest.Must(t, "r1\n  A trunk/a \"a\"\n")
	good, err := h.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.dump")
			data := string(good) + "Revision-number: 2\nProp-content-length: 10\nContent-length: 10\n\nPROPS-END\n\n" + tt.nodes
			if err := os.WriteFile(bad, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "raw.git")
			_, err := newSource(t).ExportGit(t.Context(), providers.ExportRequest{
				Repo: providers.Repo{Settings: blockOf(t, bad, with{"layout": standardLayout})}, Part: providers.PartCode, Dir: dir}, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || providers.CodeOf(err) != providers.CodeInvalid {
				t.Fatalf("error %v (%s), want %q", err, providers.CodeOf(err), tt.want)
			}
			if _, err := os.Stat(dir); err == nil {
				if refs := (&converted{t: t, dir: dir}).git("for-each-ref"); refs != "" {
					t.Errorf("it left refs: %s", refs)
				}
			}
		})
	}
}

// TestShrunkenRepository restores a repository from an old backup.
func TestShrunkenRepository(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raw.git")
	into(t, dir, svntest.Must(t, "r1\n  A trunk/a \"a\"\nr2\n  A trunk/b \"b\"\n").DumpFile(t), with{"layout": standardLayout})
	block := blockOf(t, svntest.Must(t, "r1\n  A trunk/a \"a\"\n").DumpFile(t), with{"layout": standardLayout})
	_, err := newSource(t).ExportGit(t.Context(), providers.ExportRequest{Repo: providers.Repo{Settings: block}, Part: providers.PartCode, Dir: dir}, nil)
	if providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("error %v, want a conflict", err)
	}
}

// TestLargeFile converts a file that is not held in memory.
func TestLargeFile(t *testing.T) {
	if testing.Short() {
		t.Skip("writes some hundred megabytes")
	}
	text := bytes.Repeat([]byte("0123456789abcde\n"), (svn.MaxText+1<<20)/16)
	h := svntest.New()
	h.Begin(nil)
	h.Mkdir("trunk", svntest.Edit{})
	h.Add("trunk/big", svntest.Edit{Text: text})
	changed := append(bytes.Clone(text), "end\n"...)
	copy(changed[1<<20:], "changed")
	h.Begin(nil)
	h.Change("trunk/big", svntest.Edit{Text: changed})
	h.Begin(nil)
	h.Change("trunk/big", svntest.Edit{Text: []byte("small again\n")})
	if err := h.Err(); err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"dump file": h.DumpFile(t), "repository": h.Repository(t)} {
		t.Run(name, func(t *testing.T) {
			c := into(t, filepath.Join(t.TempDir(), "raw.git"), url, with{"layout": standardLayout})
			for rev, want := range map[string][]byte{"main~2": text, "main~1": changed, "main": []byte("small again\n")} {
				if got, want := c.git("rev-parse", rev+":big"), gitpack.Hash(gitpack.Blob, want).String(); got != want {
					t.Errorf("%s holds %s, want %s", rev, got, want)
				}
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ raw, name, shown, problem string }{
		{raw: "svn://host/repos/billing", name: "billing", shown: "svn://host/repos/billing"},
		{raw: "https://ann@host/svn/billing/trunk", name: "billing", shown: "https://host/svn/billing/trunk"},
		{raw: "svn+ssh://ann@host/srv/billing", name: "billing", shown: "svn+ssh://ann@host/srv/billing"},
		{raw: "../files/billing.svndump.zst", name: "billing", shown: "../files/billing.svndump.zst"},
		{raw: "file:///srv/svn/billing", name: "billing", shown: "file:///srv/svn/billing"},
		{raw: "https://ann:secret@host/x", problem: "password"},
		{raw: "file://other/x", problem: "no other machine"},
		{raw: "ftp://host/x", problem: "no address"},
		{raw: "svn:///x", problem: "no host"},
		{raw: "a\nb", problem: "control"},
		{raw: "", problem: "empty"},
	}
	for _, tt := range tests {
		a, err := parseAddress(tt.raw)
		if tt.problem != "" {
			if err == nil || !strings.Contains(err.Error(), tt.problem) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: error %v, want %q", tt.raw, err, tt.problem)
			}
			continue
		}
		if err != nil || a.name("") != tt.name || a.shown() != tt.shown {
			t.Errorf("%q: name %q, shown %q, %v", tt.raw, a.name(""), a.shown(), err)
		}
	}
}
