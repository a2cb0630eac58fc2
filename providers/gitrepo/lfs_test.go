package gitrepo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func pointer(digit string, size int64) string {
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", strings.Repeat(digit, 64), size)
}

func TestParsePointer(t *testing.T) {
	good, ext := pointer("a", 12), "ext-0-foo sha256:"+strings.Repeat("b", 64)+"\n"
	want := Pointer{strings.Repeat("a", 64), 12}
	for _, text := range []string{
		good, strings.TrimSuffix(good, "\n"), strings.ReplaceAll(good, "\n", "\r\n"), "\n" + good + "\n",
		strings.Replace(good, "git-lfs.github.com", "hawser.github.com", 1),
		strings.Replace(good, "https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2", 1),
		strings.Replace(good, "oid", ext+"oid", 1),
		strings.Replace(good, "oid", ext+strings.Replace(ext, "0-foo", "1-bar", 1)+"oid", 1),
	} {
		if got, ok := ParsePointer([]byte(text)); !ok || got != want {
			t.Errorf("ParsePointer(%q) = %v, %v; want %v", text, got, ok, want)
		}
		if len(text) < minPointer {
			t.Errorf("%q is shorter than minPointer", text)
		}
	}
	for _, text := range []string{
		"", "version https://git-lfs.github.com/spec/v1\n", "x" + good, ext + good,
		strings.Replace(good, "sha256:a", "sha256:g", 1), strings.Replace(good, "sha256:a", "sha256:", 1), strings.Replace(good, "sha256:", "sha1:", 1),
		strings.Replace(good, "sha256:a", "sha256:A", 1), strings.Replace(good, "12", "-1", 1), strings.Replace(good, "12", "1e3", 1),
		strings.Replace(good, "12", "99999999999999999999", 1), strings.Replace(good, "spec/v1", "spec/v9", 1),
		strings.Replace(good, "oid", "ext-x-foo sha256:aa\noid", 1), strings.Replace(good, "oid", "ext-0-foo md5:aa\noid", 1),
		good + "more 1\n", good + strings.Repeat(" ", 1024), strings.Replace(good, "oid ", "oid\t", 1),
	} {
		if got, ok := ParsePointer([]byte(text)); ok {
			t.Errorf("ParsePointer(%q) = %v, want none", text, got)
		}
	}
}

func FuzzParsePointer(f *testing.F) {
	f.Add([]byte(pointer("a", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, ok := ParsePointer(data)
		if ok && (len(p.OID) != 64 || p.Size < 0 || len(data) < minPointer || len(data) >= maxPointer) {
			t.Errorf("ParsePointer(%q) = %v", data, p)
		}
	})
}

func TestLFSPointers(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		source := newSource(t, format, 300)
		var b strings.Builder
		file := func(text string) { fmt.Fprintf(&b, "M 644 inline f\ndata %d\n%s\n", len(text), text) }
		commit := func(ref string) {
			fmt.Fprintf(&b, "commit %s\ncommitter C <c@x> 1700000000 +0000\ndata 1\nm\n", ref)
		}
		commit("refs/heads/lfs")
		file(pointer("c", 5))
		commit("refs/heads/lfs")
		file(pointer("a", 1<<40)) // in the history only
		commit("refs/heads/lfs")
		file(pointer("c", 5) + "\n") // the same file by another blob
		commit("refs/heads/lfs")
		file(pointer("c", 5) + "no pointer")
		commit("refs/notes/x")
		file(pointer("c", 4))
		commit("refs/heads/gone")
		file(pointer("d", 5))
		gitInput(t, source, b.String(), "fast-import", "--quiet")
		git(t, source, "update-ref", "-d", "refs/heads/gone")

		want := []Pointer{{strings.Repeat("a", 64), 1 << 40}, {strings.Repeat("c", 64), 4}, {strings.Repeat("c", 64), 5}}
		if diff := cmp.Diff(want, collect(t, open(t, source).LFSPointers(t.Context()))); diff != "" {
			t.Errorf("%s: pointers (-want +got):\n%s", format, diff)
		}
		if got := collect(t, open(t, newSource(t, format, 2)).LFSPointers(t.Context())); len(got) > 0 {
			t.Errorf("%s: pointers of a repository without = %v", format, got)
		}
	}
}
