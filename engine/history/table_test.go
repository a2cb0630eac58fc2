package history

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

func randomID(r *rand.Rand) gitpack.ID {
	var id gitpack.ID
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return id
}

func TestTableAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	want := map[gitpack.ID]gitpack.ID{}
	var names []string
	for range 40 {
		table, err := openTable(dir, names)
		if err != nil {
			t.Fatal(err)
		}
		pairs := make([]pair, r.IntN(50))
		for i := range pairs {
			pairs[i] = pair{randomID(r), randomID(r)}
			pairs[i].raw[0], pairs[i].new[0] = byte(i%3), byte(i%3) // many begin alike
			want[pairs[i].raw] = pairs[i].new
		}
		if names, err = table.add(dir, "commits", pairs); err != nil {
			t.Fatal(err)
		}
		if err := table.close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(names) > 8 {
		t.Errorf("the table has %d files, want few", len(names))
	}
	table, err := openTable(dir, names)
	if err != nil {
		t.Fatal(err)
	}
	defer table.close()
	got := map[gitpack.ID]gitpack.ID{}
	for p, err := range table.all() {
		if err != nil {
			t.Fatal(err)
		}
		got[p.raw] = p.new
	}
	if diff := cmp.Diff(want, got); diff != "" || table.len() != len(want) {
		t.Fatalf("%d of %d records (-want +got):\n%s", table.len(), len(want), diff)
	}
	for raw, id := range want {
		if got, ok, err := table.get(raw); got != id || !ok || err != nil {
			t.Fatalf("get %s: %s, %v, %v, want %s", raw, got, ok, err, id)
		}
		found, err := table.withPrefix(prefix{id, id}, newSide)
		if err != nil || len(found) != 1 || found[0].raw != raw {
			t.Fatalf("raw id of %s: %v, %v, want %s", id, found, err, raw)
		}
	}
	if _, ok, err := table.get(randomID(r)); ok || err != nil {
		t.Errorf("an id that is not there was found: %v, %v", ok, err)
	}
	p, _ := parsePrefix([]byte("01"))
	n := 0
	for raw := range want {
		if raw[0] == 1 {
			n++
		}
	}
	for _, s := range []side{rawSide, newSide} {
		if found, err := table.withPrefix(p, s); err != nil || len(found) != n {
			t.Errorf("%d ids begin with 01, %v, want %d", len(found), err, n)
		}
	}
}

func TestCommon(t *testing.T) {
	a := gitpack.ID{0x12, 0x34}
	for b, want := range map[gitpack.ID]int{{0x12, 0x34}: 40, {0x12, 0x35}: 3, {0x12, 0x44}: 2, {0x22}: 0} {
		if got := common(a, b); got != want {
			t.Errorf("%s and %s have %d digits in common, want %d", a, b, got, want)
		}
	}
}
