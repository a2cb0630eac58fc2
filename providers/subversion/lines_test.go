package subversion

import (
	"testing"

	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// begin is how most repositories start.
const beginning = `
r1
  A trunk/
  A branches/
  A tags/
r2
  A trunk/a.txt "a\n"
  A trunk/lib/b.txt "b\n"
`

// TestLines shows what becomes of branches and tags. Where converters disagree,
// the comment says what ours does.
func TestLines(t *testing.T) {
	tests := []struct {
		name     string
		script   string
		settings with
		want     string
	}{
		{"commit on a tag", beginning + `
r3
  C trunk@2 tags/v1
r4
  M tags/v1/a.txt "moved\n"
`, nil, `
			refs/heads/main r2 trunk
			refs/tags/v1 r4 tags/v1
			r1 trunk
			r2 trunk < r1 trunk
			r4 tags/v1 < r2 trunk`},

		{"tag of mixed revisions has one parent", beginning + `
r3
  M trunk/a.txt "newer\n"
  M trunk/lib/b.txt "newer\n"
r4
  C trunk@3 tags/v1
  RC trunk/lib@2 tags/v1/lib
`, nil, `
			refs/heads/main r3 trunk
			refs/tags/v1 r4 tags/v1
			r1 trunk
			r2 trunk < r1 trunk
			r3 trunk < r2 trunk
			r4 tags/v1 < r3 trunk`},

		{"tag assembled from parts", beginning + `
r3
  A tags/v1/
  C trunk/a.txt@2 tags/v1/a.txt
  C trunk/lib@2 tags/v1/lib
`, nil, `
			refs/heads/main r2 trunk
			refs/tags/v1 r2 trunk
			r1 trunk
			r2 trunk < r1 trunk`},

		{"partial branch", beginning + `
r3
  A branches/part/
  C trunk/lib@2 branches/part/lib
`, nil, `
			refs/heads/main r2 trunk
			refs/heads/part r3 branches/part
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/part < r2 trunk`},

		{"a borrowed file joins no histories", beginning + `
r3
  A branches/new/
  A branches/new/x "x"
  C trunk/a.txt@2 branches/new/docs/a.txt
`, nil, `
			refs/heads/main r2 trunk
			refs/heads/new r3 branches/new
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/new`},

		{"branch deleted and made again", beginning + `
r3
  C trunk@2 branches/b
r4
  M branches/b/a.txt "first life\n"
r5
  D branches/b
r6
  C trunk@2 branches/b
r7
  M branches/b/a.txt "second life\n"
`, nil, `
			refs/archive/heads/b@4 r4 branches/b
			refs/heads/b r7 branches/b
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/b < r2 trunk
			r4 branches/b < r3 branches/b
			r6 branches/b < r2 trunk
			r7 branches/b < r6 branches/b`},

		{"tag replaced in one revision", beginning + `
r3
  C trunk@2 tags/v1
r4
  M trunk/a.txt "fix\n"
r5
  RC trunk@4 tags/v1
`, nil, `
			refs/archive/tags/v1@4 r2 trunk
			refs/heads/main r4 trunk
			refs/tags/v1 r4 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r4 trunk < r2 trunk`},

		{"tag deleted and made again elsewhere", beginning + `
r3
  C trunk@2 tags/v1
r4
  M tags/v1/a.txt "committed on a tag\n"
r5
  D tags/v1
`, nil, `
			refs/archive/tags/v1@4 r4 tags/v1
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r4 tags/v1 < r2 trunk`},

		{"branch renamed", beginning + `
r3
  C trunk@2 branches/old
r4
  M branches/old/a.txt "work\n"
r5
  V branches/old branches/new
r6
  M branches/new/a.txt "more\n"
`, nil, `
			refs/heads/main r2 trunk
			refs/heads/new r6 branches/new
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/old < r2 trunk
			r4 branches/old < r3 branches/old
			r5 branches/new < r4 branches/old
			r6 branches/new < r5 branches/new`},

		{"trunk replaced by a branch", beginning + `
r3
  C trunk@2 branches/next
r4
  M branches/next/a.txt "next\n"
r5
  M trunk/a.txt "dead end\n"
r6
  RC branches/next@5 trunk
r7
  M trunk/a.txt "on\n"
`, nil, `
			refs/archive/heads/main@5 r5 trunk
			refs/heads/main r7 trunk
			refs/heads/next r4 branches/next
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/next < r2 trunk
			r4 branches/next < r3 branches/next
			r5 trunk < r2 trunk
			r6 trunk < r4 branches/next
			r7 trunk < r6 trunk`},

		{"trunk deleted and added again goes on", beginning + `
r3
  D trunk
r4
  A trunk/
  A trunk/a.txt "imported again\n"
`, nil, `
			refs/heads/main r4 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r4 trunk < r2 trunk`},

		{"trunk deleted and added again in one revision goes on", beginning + `
r3
  R trunk/
  A trunk/a.txt "imported again\n"
`, nil, `
			refs/heads/main r3 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 trunk < r2 trunk`},

		{"trunk restored from an older revision", beginning + `
r3
  M trunk/a.txt "mistake\n"
r4
  D trunk
r5
  C trunk@2 trunk
`, nil, `
			refs/archive/heads/main@3 r3 trunk
			refs/heads/main r5 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 trunk < r2 trunk
			r5 trunk < r2 trunk`},

		{"trunk that became a branch is not continued", beginning + `
r3
  V trunk branches/old
r4
  A trunk/
  A trunk/new.txt "a new start\n"
`, nil, `
			refs/heads/main r4 trunk
			refs/heads/old r3 branches/old
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/old < r2 trunk
			r4 trunk`},

		{"nested branch", beginning + `
r3
  A branches/team/
r4
  C trunk@2 branches/team/feat
r5
  M branches/team/feat/a.txt "feat\n"
r6
  C branches/team@5 branches/crew
`, nil, `
			refs/heads/crew/feat r6 branches/crew/feat
			refs/heads/main r2 trunk
			refs/heads/team/feat r5 branches/team/feat
			r1 trunk
			r2 trunk < r1 trunk
			r4 branches/team/feat < r2 trunk
			r5 branches/team/feat < r4 branches/team/feat
			r6 branches/crew/feat < r5 branches/team/feat`},

		{"trunk copied into a branch is a folder", beginning + `
r3
  C trunk@2 branches/b
r4
  C trunk@2 branches/b/vendor
`, nil, `
			refs/heads/b r4 branches/b
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/b < r2 trunk
			r4 branches/b < r3 branches/b`},

		{"branch of a subfolder", beginning + `
r3
  C trunk/lib@2 branches/libonly
r4
  M branches/libonly/b.txt "only\n"
`, nil, `
			refs/heads/libonly r4 branches/libonly
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/libonly < r2 trunk
			r4 branches/libonly < r3 branches/libonly`},

		{"revisions without changes are kept", beginning + `
r3
  M trunk custom=1
r4
  A trunk/empty/
`, nil, `
			refs/heads/main r4 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 trunk < r2 trunk
			r4 trunk < r3 trunk`},

		{"revisions without changes are dropped", beginning + `
r3
  M trunk custom=1
r4
  A trunk/empty/
r5
  C trunk@4 branches/b
r6
  M trunk/a.txt "x"
`, with{"empty_revisions": "drop"}, `
			refs/heads/b r2 trunk
			refs/heads/main r6 trunk
			r2 trunk
			r6 trunk < r2 trunk`},

		{"root as trunk", `
r1
  A a.txt "a"
r2
  A branches/
r3
  A lib/b.txt "b"
`, with{"layout": map[string]any{"trunk": "."}}, `
			refs/heads/main r3 /
			r1 /
			r2 / < r1 /
			r3 / < r2 /`},

		{"root as trunk with branches inside", `
r1
  A a.txt "a"
  A branches/
r2
  A lib/b.txt "b"
r3
  A branches/x/
  C lib@2 branches/x/lib
r4
  M a.txt "on"
r5
  M branches/x/lib/b.txt "branch"
`, with{"layout": map[string]any{"trunk": ".", "branches": []string{"branches/*"}}}, `
			refs/heads/main r4 /
			refs/heads/x r5 branches/x
			r1 /
			r2 / < r1 /
			r3 branches/x < r2 /
			r4 / < r2 /
			r5 branches/x < r3 branches/x`},

		{"late layout goes on from the files in the root", `
r1
  A a.txt "a"
r2
  M a.txt "b"
r3
  A trunk/
  A branches/
  V a.txt trunk/a.txt
r4
  M trunk/a.txt "c"
`, nil, `
			refs/heads/main r4 trunk
			r1 /
			r2 / < r1 /
			r3 trunk < r2 /
			r4 trunk < r3 trunk`},

		{"what is outside is kept", beginning + `
r3
  A website/index.html "hello"
r4
  M website/index.html "hello again"
`, nil, `
			refs/archive/outside r4 /
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 /
			r4 / < r3 /`},

		{"what is outside is left out", beginning + `
r3
  A website/index.html "hello"
`, with{"outside": "drop"}, `
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk`},

		{"branch made before it has files", beginning + `
r3
  A branches/b/
r4
  A branches/b/x "x"
`, nil, `
			refs/heads/b r4 branches/b
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r4 branches/b`},

		{"file among branches", beginning + `
r3
  C trunk/a.txt@2 branches/README
`, nil, `
			refs/archive/outside r3 /
			refs/heads/main r2 trunk
			r1 trunk
			r2 trunk < r1 trunk
			r3 /`},

		{"all branches renamed at once", beginning + `
r3
  C trunk@2 branches/x
r4
  C trunk@2 branches/y
r5
  V branches stable
`, with{"layout": map[string]any{"trunk": "trunk", "branches": []string{"branches/*", "stable/*"}}}, `
			refs/heads/main r2 trunk
			refs/heads/x r5 stable/x
			refs/heads/y r5 stable/y
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/x < r2 trunk
			r4 branches/y < r2 trunk
			r5 stable/x < r3 branches/x
			r5 stable/y < r4 branches/y`},

		{"clash of names", beginning + `
r3
  C trunk@2 branches/main
r4
  C trunk@2 branches/x
r5
  C trunk@2 branches/x2
  D branches/x
r6
  A branches/x/
  C trunk@2 branches/x/y
r7
  C trunk@2 branches/y
`, nil, `
			refs/archive/heads/x@4 r4 branches/x
			refs/heads/branches/main r3 branches/main
			refs/heads/main r2 trunk
			refs/heads/x/y r6 branches/x/y
			refs/heads/x2 r5 branches/x2
			refs/heads/y r7 branches/y
			r1 trunk
			r2 trunk < r1 trunk
			r3 branches/main < r2 trunk
			r4 branches/x < r2 trunk
			r5 branches/x2 < r2 trunk
			r6 branches/x/y < r2 trunk
			r7 branches/y < r2 trunk`},

		{"history from a revision on", beginning + `
r3
  C trunk@2 branches/b
r4
  M trunk/a.txt "4"
r5
  M branches/b/a.txt "5"
`, with{"start_revision": 4}, `
			refs/heads/b r5 branches/b
			refs/heads/main r4 trunk
			r4 branches/b
			r4 trunk
			r5 branches/b < r4 branches/b`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			settings := with{"layout": standardLayout}
			for name, value := range tt.settings {
				settings[name] = value
			}
			h := svntest.Must(t, tt.script)
			c := convert(t, h, settings)
			wantGraph(t, c, tt.want)
			wantTrees(t, h, c)
		})
	}
}
