package hgtest

import (
	"crypto/sha1"
	"encoding/hex"
	"io"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// Read lists every revision of every log of repo, as Dump does. It also reads
// each in the order that is not cheap, and looks for each by its node.
func Read(t testing.TB, repo hg.Repository) []Text {
	t.Helper()
	var texts []Text
	add := func(name string, log hg.Log, err error) {
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		for i := range log.Len() {
			text, err := log.Text(i)
			if err != nil {
				t.Fatal(err)
			}
			e := log.Entry(i)
			sum := sha1.Sum(text)
			texts = append(texts, Text{Log: name, Rev: i, Node: e.Node.String(), P1: e.P1, P2: e.P2, Link: e.Link,
				Size: len(text), Flags: int(e.Flags), SHA1: hex.EncodeToString(sum[:])})
			if found, ok := log.Find(e.Node); !ok || found != i {
				t.Errorf("%s: Find of revision %d gave %d, %v", name, i, found, ok)
			}
		}
		for i := log.Len() - 1; i >= 0; i-- { // against the order that is cheap
			r, err := log.Open(i)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if got := hg.HashText(parent(log, log.Entry(i).P1), parent(log, log.Entry(i).P2), text); err != nil || got != log.Entry(i).Node && log.Entry(i).Flags == 0 {
				t.Errorf("%s: Open of revision %d: got %s, %v", name, i, got, err)
			}
			r.Close()
		}
	}
	changelog, err := repo.Changelog()
	add("changelog", changelog, err)
	manifests, err := repo.Manifests()
	add("manifest", manifests, err)
	for path, err := range repo.Files() {
		if err != nil {
			t.Fatal(err)
		}
		log, err := repo.File(path)
		add("file "+path, log, err)
	}
	return texts
}

func parent(log hg.Log, i int) hg.Node {
	if i < 0 {
		return hg.Node{}
	}
	return log.Entry(i).Node
}
