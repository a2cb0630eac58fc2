package directory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// TestEditedRecords leaves alone what somebody edited in an archive, and tells
// it from what nobody did.
func TestEditedRecords(t *testing.T) {
	dir := t.TempDir()
	target := openedTarget(t, dir)
	ref := created(t, target)
	refs := write(t, target, ref, label("1", "one"), label("2", "two"))
	finish(t, target, ref)

	again := label("1", "uno")
	again.Ref = refs[0]
	refs[0] = write(t, target, ref, again)[0]
	finish(t, target, ref)

	file := filepath.Join(dir, "acme", "api.records", "labels.ndjson")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.Replace(string(before), "two", "zwei", 1))
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(file, later, later); err != nil {
		t.Fatal(err)
	}
	found, err := target.Find(t.Context(), ref, providers.WantedKeys(schema.Key{Kind: schema.KindLabel, ID: "1"}, schema.Key{Kind: schema.KindLabel, ID: "2"}))
	if err != nil || found[0] != refs[0] || found[1].Version == refs[1].Version {
		t.Errorf("found %+v, %v after %+v was edited", found, err, refs)
	}

	one, two := label("1", "ein"), label("2", "dos")
	one.Ref, two.Ref = refs[0], refs[1]
	written, err := target.Write(t.Context(), providers.WriteRequest{Repo: ref, Writes: []providers.Write{one, two}})
	if err != nil || written[0].Problem != nil || providers.CodeOf(written[1].Problem) != providers.CodeConflict {
		t.Errorf("written %+v, %v", written, err)
	}
	two.Overwrite = true
	write(t, target, ref, two)
	finish(t, target, ref)
	after, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(after), "dos") || !strings.Contains(string(after), "ein") {
		t.Errorf("the file is %s, %v", after, err)
	}
}
