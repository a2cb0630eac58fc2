package subversion

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// TestFiles shows what becomes of files, folders and their properties.
func TestFiles(t *testing.T) {
	tests := []struct {
		name     string
		script   string
		settings with
		want     map[string]string
		losses   []string
	}{
		{"modes and links", `
r1
  A trunk/run "#!/bin/sh\n" svn:executable=*
  A trunk/link "link run" svn:special=*
  A trunk/plain "x"
r2
  M trunk/run -svn:executable
  M trunk/plain svn:executable=*
r3
  M trunk/link "link plain"
`, nil, map[string]string{"run": "#!/bin/sh\n", "link": "-> plain", "plain": "x x"}, nil},

		{"broken and odd links", `
r1
  A trunk/no "not a link" svn:special=*
  A trunk/none "link " svn:special=*
  A trunk/lines "link one\nand more" svn:special=*
  A trunk/both "link a" svn:special=* svn:executable=*
r2
  M trunk/no "link at last"
  M trunk/both -svn:special
r3
  C trunk/lines trunk/copied
`, nil, map[string]string{"no": "-> at last", "none": "link ", "lines": "-> one", "copied": "-> one", "both": "x link a"}, nil},

		{"a link becomes a file and a file a link", `
r1
  A trunk/a "link b" svn:special=*
  A trunk/b "link a"
r2
  M trunk/a -svn:special
  M trunk/b svn:special=*
`, nil, map[string]string{"a": "link b", "b": "-> a"}, nil},

		{"ignored names", `
r1
  A trunk/ svn:ignore="*.o\nbuild\n\nmy file \nsub/dir\n#x\n**.tmp\n" svn:global-ignores="*.bak *.swp\n!keep"
  A trunk/only/ svn:ignore="*\n"
r2
  A trunk/own/.gitignore "*.o\n*.mine\n"
  M trunk/own svn:ignore="*.o\nnew\n"
`, nil, map[string]string{
			".gitignore":      "/*.o\n/build\n/my file\\ \n/#x\n/*.tmp\n*.bak\n*.swp\n\\!keep\n",
			"only/.gitignore": "/*\n",
			"own/.gitignore":  "/*.o\n/new\n*.o\n*.mine\n",
		}, []string{"subversion.ignore trunk r1 1"}},

		{"ignored names are not wanted", `
r1
  A trunk/ svn:ignore="*.o\n"
  A trunk/x "x"
`, with{"ignore": false}, map[string]string{"x": "x"}, []string{"subversion.property svn:ignore r1 1"}},

		{"raw bytes", `
r1
  A trunk/crlf "a\r\nb\r\n" svn:eol-style=CRLF
  A trunk/old "a\rb\r" svn:eol-style=native
  A trunk/key "$Id$\n" svn:keywords=Id
`, nil, map[string]string{"crlf": "a\r\nb\r\n", "old": "a\rb\r", "key": "$Id$\n"}, []string{
			"subversion.property svn:eol-style r1 2",
			"subversion.property svn:keywords r1 1",
		}},

		{"attributes", `
r1
  A trunk/native "a\n" svn:eol-style=native
  A trunk/unix "a\n" svn:eol-style=LF
  A trunk/dos "a\r\n" svn:eol-style=CRLF
  A trunk/d/image "\x00" svn:mime-type=image/png
  A trunk/d/text "t" svn:mime-type=text/html
  A "trunk/d/odd [name]" "t" svn:eol-style=native
  A trunk/d/.gitattributes "* -diff\n"
`, with{"attributes": true}, map[string]string{
			"native": "a\n", "unix": "a\n", "dos": "a\r\n", "d/image": "\x00", "d/text": "t", "d/odd [name]": "t",
			".gitattributes":   "/dos -text\n/native text\n/unix text eol=lf\n",
			"d/.gitattributes": "/image -text\n\"/odd \\\\[name]\" text\n* -diff\n",
		}, nil},

		{"externals are listed", `
r1
  A trunk/ svn:externals="# a comment\nhttps://svn.example.org/lib/trunk lib\n^/other other\n"
  A trunk/x "x"
`, nil, map[string]string{"x": "x"}, []string{"subversion.externals trunk r1 2"}},

		{"empty folders", `
r1
  A trunk/
  A trunk/x "x"
  A trunk/empty/
  A trunk/filled/
  A trunk/deep/empty/
r2
  A trunk/filled/y "y"
`, nil, map[string]string{"x": "x", "filled/y": "y"}, nil},

		{"empty folders are wanted", `
r1
  A trunk/
  A trunk/x "x"
  A trunk/empty/
  A trunk/filled/
  A trunk/deep/empty/
  A trunk/emptied/z "z"
r2
  A trunk/filled/y "y"
  D trunk/emptied/z
`, with{"empty_directories": true}, map[string]string{
			"x": "x", "filled/y": "y", "empty/.gitkeep": "", "deep/empty/.gitkeep": "", "emptied/.gitkeep": "",
		}, nil},

		{"names that git refuses", `
r1
  A trunk/x "x"
  A trunk/.git/config "[core]\n"
  A trunk/sub/.GIT/config "[core]\n"
  A trunk/sub/git~1 "x"
  A trunk/.gitignore "own\n"
`, nil, map[string]string{"x": "x", ".gitignore": "own\n"}, []string{
			"subversion.path trunk/.git r1 1",
			"subversion.path trunk/.git/config r1 1",
			"subversion.path trunk/sub/.GIT r1 1",
			"subversion.path trunk/sub/.GIT/config r1 1",
			"subversion.path trunk/sub/git~1 r1 1",
		}},

		{"other properties", `
r1
  A trunk/ bugtraq:url=http://x tsvn:logminsize=5
  A trunk/x "x" custom=1 svn:needs-lock=*
r2
  A trunk/y "y" custom=2
`, nil, map[string]string{"x": "x", "y": "y"}, []string{
			"subversion.property bugtraq:url r1 1",
			"subversion.property custom r1 2",
			"subversion.property svn:needs-lock r1 1",
			"subversion.property tsvn:logminsize r1 1",
		}},

		{"copies inside of a line", `
r1
  A trunk/d/x "x"
  A trunk/d/y "y" svn:executable=*
r2
  C trunk/d trunk/e
  M trunk/e/x "changed"
  D trunk/e/y
r3
  C trunk/d/y@1 trunk/z "other text"
  R trunk/d "now a file"
r4
  R trunk/e/
  A trunk/e/new "n"
`, nil, map[string]string{"d": "now a file", "e/new": "n", "z": "x other text"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			settings := with{"layout": standardLayout}
			for name, value := range tt.settings {
				settings[name] = value
			}
			c := convert(t, svntest.Must(t, tt.script), settings)
			wantFiles(t, c, "main", tt.want)
			if diff := cmp.Diff(tt.losses, c.losses()); diff != "" {
				t.Errorf("losses (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPeopleAndMessages shows what becomes of revision properties.
func TestPeopleAndMessages(t *testing.T) {
	h := svntest.Must(t, `
uuid 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11
r1 alice 2011-03-01T10:00:00.999999Z "one\r\ntwo\r\n"
  A trunk/x "1"
r2 - - -
  M trunk/x "2"
r3 "Bob <b@x> Jones" "nonsense" "caf\xe9"
  M trunk/x "3"
r4 alice 1960-01-01T00:00:00.000000Z ""
  M trunk/x "4"
r5 "j\xfcrgen" 2011-03-05T10:00:00.000000Z "l\xc3\xb6s"
  M trunk/x "5"
`)
	c := convert(t, h, with{"layout": standardLayout})
	want := []string{
		"alice|alice@6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11|1298973600 +0000|one\ntwo\n",
		"(no author)|(no author)@6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11|1298973600 +0000|",
		"Bob b@x Jones|Bob b@x Jones@6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11|1298973600 +0000|café\n",
		"alice|alice@6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11|0 +0000|",
		"jürgen|jürgen@6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11|1299319200 +0000|lös\n",
	}
	var got []string
	for _, commit := range []string{"main~4", "main~3", "main~2", "main~1", "main"} {
		got = append(got, c.git("log", "-1", "--date=raw", "--format=%an|%ae|%ad|%B", commit))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"subversion.author  r2 1",
		"subversion.date  r2 3",
		"subversion.log  r3 1",
	}, c.losses()); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}
