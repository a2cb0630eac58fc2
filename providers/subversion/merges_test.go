package subversion

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// work is a trunk and a branch with commits on both.
const work = `
uuid 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11
r1
  A trunk/
  A branches/
  A trunk/a.txt "a\n"
r2
  C trunk@1 branches/b
r3
  M branches/b/a.txt "b3\n"
r4
  A trunk/t4 "4"
r5
  A trunk/t5 "5"
`

// base is the part of the graph that all the tests share.
const workGraph = `r1 trunk
r2 branches/b < r1 trunk
r3 branches/b < r2 branches/b
r4 trunk < r1 trunk
r5 trunk < r4 trunk
`

func TestMerges(t *testing.T) {
	tests := []struct {
		name, script, want string
	}{
		{"sync and reintegrate", `
r6
  M branches/b svn:mergeinfo="/trunk:2-5\n"
r7
  M branches/b/a.txt "b7\n"
r8
  M trunk svn:mergeinfo="/branches/b:2-7\n"
`, `
r6 branches/b < r3 branches/b + r5 trunk
r7 branches/b < r6 branches/b
r8 trunk < r5 trunk + r7 branches/b`},

		{"merge of the start of a line", `
r6
  M branches/b svn:mergeinfo="/trunk:2-4\n"
`, `
r6 branches/b < r3 branches/b + r4 trunk`},

		{"cherry-pick", `
r6
  M branches/b svn:mergeinfo="/trunk:5\n"
`, `
r6 branches/b < r3 branches/b`},

		{"cherry-picks that complete each other", `
r6
  M branches/b svn:mergeinfo="/trunk:5\n"
r7
  M branches/b svn:mergeinfo="/trunk:4-5\n"
`, `
r6 branches/b < r3 branches/b
r7 branches/b < r6 branches/b + r5 trunk`},

		{"one range in two pieces", `
r6
  M branches/b svn:mergeinfo="/trunk:2-4,5-5\n"
`, `
r6 branches/b < r3 branches/b + r5 trunk`},

		{"ranges that are not inheritable", `
r6
  M branches/b svn:mergeinfo="/trunk:2-5*\n"
`, `
r6 branches/b < r3 branches/b`},

		{"merge into a folder of a line", `
r6
  A branches/b/sub/
  M branches/b/sub svn:mergeinfo="/trunk/sub:2-5\n"
`, `
r6 branches/b < r3 branches/b`},

		{"revisions to come", `
r6
  M branches/b svn:mergeinfo="/trunk:2-100\n"
`, `
r6 branches/b < r3 branches/b + r5 trunk`},

		{"what is here already", `
r6
  M branches/b svn:mergeinfo="/trunk:1\n"
`, `
r6 branches/b < r3 branches/b`},

		{"record of the line itself", `
r6
  M trunk svn:mergeinfo="/trunk:1-5\n"
`, `
r6 trunk < r5 trunk`},

		{"lines that cannot be read", `
r6
  M branches/b svn:mergeinfo="nonsense\n/trunk:2-5\n/trunk:x\n"
`, `
r6 branches/b < r3 branches/b + r5 trunk`},

		{"svnmerge.py", `
r6
  M branches/b svnmerge-integrated="/trunk:1-5"
`, `
r6 branches/b < r3 branches/b + r5 trunk`},

		{"svnmerge.py at the start of tracking", `
r6
  M trunk svnmerge-integrated="/branches/b:1-2"
`, `
r6 trunk < r5 trunk`},

		{"svk", `
r6
  M branches/b svk:merge="6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11:/trunk:5\n00000000-3f4b-4f8e-8a2d-0c2f6a4b7c11:/trunk:5"
`, `
r6 branches/b < r3 branches/b + r5 trunk`},

		{"two lines at once", `
r6
  C trunk@1 branches/c
r7
  M branches/c/a.txt "c7\n"
r8
  M trunk svn:mergeinfo="/branches/b:2-7\n/branches/c:6-7\n"
`, `
r6 branches/c < r1 trunk
r7 branches/c < r6 branches/c
r8 trunk < r5 trunk + r3 branches/b + r7 branches/c`},

		{"a merge brings the merges in it", `
r6
  C branches/b@3 branches/c
r7
  M branches/c/a.txt "c7\n"
r8
  M branches/b svn:mergeinfo="/branches/c:6-7\n"
r9
  M trunk svn:mergeinfo="/branches/b:2-8\n/branches/c:6-7\n"
`, `
r6 branches/c < r3 branches/b
r7 branches/c < r6 branches/c
r8 branches/b < r3 branches/b + r7 branches/c
r9 trunk < r5 trunk + r8 branches/b`},

		{"a branch that was renamed and removed", `
r6
  V branches/b branches/c
r7
  M branches/c/a.txt "c7\n"
r8
  D branches/c
r9
  M trunk svn:mergeinfo="/branches/b:2-5\n/branches/c:6-7\n"
`, `
r6 branches/c < r3 branches/b
r7 branches/c < r6 branches/c
r9 trunk < r5 trunk + r7 branches/c`},

		{"a branch that lives a second time", `
r6
  D branches/b
r7
  C trunk@5 branches/b
r8
  M branches/b/a.txt "b8\n"
r9
  M trunk svn:mergeinfo="/branches/b:7-8\n"
`, `
r7 branches/b < r5 trunk
r8 branches/b < r7 branches/b
r9 trunk < r5 trunk + r8 branches/b`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := svntest.Must(t, work+tt.script)
			c := convert(t, h, with{"layout": standardLayout})
			_, commits, _ := strings.Cut(c.graph(), "\nr1")
			if diff := cmp.Diff(workGraph+strings.TrimSpace(tt.want), "r1"+commits); diff != "" {
				t.Errorf("commits (-want +got):\n%s", diff)
			}
			wantTrees(t, h, c)
		})
	}
}

func TestCherryPickTrailer(t *testing.T) {
	h := svntest.Must(t, work+`
r6 - - "take one"
  M branches/b svn:mergeinfo="/trunk:5\n"
r7
  M branches/b svn:mergeinfo="/trunk:2-5\n"
`)
	c := convert(t, h, with{"layout": standardLayout, "cherry_picks": "trailer"})
	if diff := cmp.Diff("take one\n\nSubversion-merged: /trunk:5\n", c.git("log", "-1", "--format=%B", "b~1")); diff != "" {
		t.Errorf("message of the cherry-pick (-want +got):\n%s", diff)
	}
	if got := c.git("log", "-1", "--format=%B", "b"); strings.Contains(got, cherryTrailer) {
		t.Errorf("the merge has a trailer: %q", got)
	}
}

func TestRanges(t *testing.T) {
	tests := []struct {
		add  []span
		want string
	}{
		{nil, ""},
		{[]span{{1, 1}}, "1"},
		{[]span{{5, 9}, {1, 2}}, "1-2,5-9"},
		{[]span{{1, 2}, {3, 4}}, "1-4"},
		{[]span{{1, 2}, {5, 6}, {3, 4}}, "1-6"},
		{[]span{{1, 9}, {3, 4}}, "1-9"},
		{[]span{{3, 4}, {7, 8}, {1, 20}}, "1-20"},
		{[]span{{4, 3}}, ""},
	}
	for _, tt := range tests {
		var r ranges
		for _, s := range tt.add {
			r = r.add(s)
		}
		if got := r.String(); got != tt.want {
			t.Errorf("add %v: %s, want %s", tt.add, got, tt.want)
		}
	}
	r := ranges{{1, 10}, {20, 30}}
	if got := r.without(ranges{{0, 2}, {5, 6}, {9, 22}, {30, 40}}).String(); got != "3-4,7-8,23-29" {
		t.Errorf("without: %s", got)
	}
	for rev, want := range map[int64]bool{0: false, 1: true, 10: true, 11: false, 20: true, 31: false} {
		if r.contains(rev) != want {
			t.Errorf("contains(%d) is %v", rev, !want)
		}
	}
}

func FuzzReadMerged(f *testing.F) {
	f.Add("/trunk:1-5,7*\n/a:b:3", "/x:1-3 uuid://u/y:4", "u:/z:9")
	f.Fuzz(func(t *testing.T, info, svnmerge, svk string) {
		m, _ := readMerged(map[string][]byte{propMergeinfo: []byte(info), propSvnmerge: []byte(svnmerge), propSVK: []byte(svk)}, "u")
		for p, r := range m {
			last := int64(-2)
			for _, s := range r {
				if s.from <= last+1 || s.to < s.from {
					t.Errorf("%q: the ranges %v are not in order", p, r)
				}
				last = s.to
			}
		}
	})
}
