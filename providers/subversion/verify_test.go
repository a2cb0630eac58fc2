package subversion

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

const manyThings = beginning + `
r3
  A trunk/run "#!/bin/sh\n" svn:executable=*
  A trunk/link "link run" svn:special=*
  A trunk/broken "no link" svn:special=*
  A trunk/crlf "a\nb\n" svn:eol-style=CRLF
  A trunk/key "$Id$\n" svn:keywords=Id
  A trunk/.git/config "x"
  A trunk/lib/.gitignore "own\n"
  M trunk svn:ignore="*.o\n"
  M trunk/lib svn:ignore="*.o\n"
r4
  C trunk@3 branches/b
  A branches/b/größe/"ä" "umlaut"
r5
  C trunk@3 tags/v1
r6
  M trunk/a.txt "changed\n"
`

func verify(t *testing.T, url string, c *converted, settings with, every bool) []providers.Verified {
	t.Helper()
	var list []providers.Verified
	for v, err := range newSource(t).VerifyGit(t.Context(), providers.VerifyRequest{
		Repo: providers.Repo{Settings: blockOf(t, url, settings)}, Part: providers.PartCode, Dir: c.dir, Every: every,
	}, nil) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func TestVerify(t *testing.T) {
	if _, err := exec.LookPath("svn"); err != nil {
		t.Skip("svn is not installed")
	}
	h := svntest.Must(t, strings.Replace(manyThings, `größe/"ä"`, "größe/ä", 1))
	settings := with{"layout": standardLayout}
	repo := h.Repository(t)
	for name, url := range map[string]string{"repository": repo, "dump file": h.DumpFile(t)} {
		t.Run(name, func(t *testing.T) {
			c := into(t, t.TempDir()+"/raw.git", url, settings)
			tips := verify(t, url, c, settings, false)
			if len(tips) != 3 {
				t.Errorf("%d tips, want those of main, b and v1: %+v", len(tips), tips)
			}
			all := verify(t, url, c, settings, true)
			if len(all) != 6 {
				t.Errorf("%d revisions, want 6: %+v", len(all), all)
			}
			for _, v := range append(tips, all...) {
				if len(v.Differences) > 0 {
					t.Errorf("%s %s: %+v", v.Ref, v.Revision, v.Differences)
				}
			}
		})
	}
}

func TestVerifyFindsDifferences(t *testing.T) {
	if _, err := exec.LookPath("svn"); err != nil {
		t.Skip("svn is not installed")
	}
	settings := with{"layout": standardLayout}
	c := into(t, t.TempDir()+"/raw.git", svntest.Must(t, `
r1
  A trunk/same "s"
  A trunk/text "one"
  A trunk/mode "m"
  A trunk/more "m"
  A trunk/link "link a" svn:special=*
`).DumpFile(t), settings)
	other := svntest.Must(t, `
r1
  A trunk/same "s"
  A trunk/text "two"
  A trunk/mode "m" svn:executable=*
  A trunk/lack "m"
  A trunk/link "link b" svn:special=*
`).Repository(t)
	got := map[string]string{}
	for _, v := range verify(t, other, c, settings, true) {
		for _, d := range v.Differences {
			got[d.Path] = d.Problem
		}
	}
	for path, want := range map[string]string{
		"text": "has other contents", "mode": "has the mode 100644, not 100755", "lack": "is missing",
		"more": "is not in the source", "link": "points elsewhere", "same": "",
	} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
}
