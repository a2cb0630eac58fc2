package svnserver

import (
	"slices"
	"strings"
)

// Everything is a script of svntest that does all that a revision can do.
const Everything = `
r1 alice 2011-03-01T10:00:00Z "make the layout"
  A trunk/
  A branches/
  A trunk/hello.c "int main;\n"
  A trunk/empty ""
  A trunk/deep/er/file
r2
  M trunk/hello.c "int main() {}\n" svn:executable=*
  M trunk svn:ignore="*.o\n*.a\n"
r3 bob
  C trunk@1 branches/old
  C trunk/hello.c branches/old/copy.c "changed while copied\n" svn:special=*
  M branches/old/hello.c "changed inside a copy\n"
  D branches/old/empty
r4 - - -
  V trunk/hello.c trunk/main.c
  D branches/old/deep
  M trunk -svn:ignore
r7 carol not-a-date ` + "`several\nlines\n\x01\n \r]]>&amp;<b>`" + `
  revprop custom "a value"
  revprop "odd:name" "\x00\xff"
  R trunk/main.c "new\n"
  RC trunk/deep@1 branches/old p=v empty=""
  M . root=prop
  A "with space/and \"quotes\" <&> ü%41 #?" "x\n" "a:b"="\x00\x01\xff\n"
  A trunk/bin "\x00\x01\x02\xff\xfe\r\n<![CDATA["
r8
  V trunk main/line
  M main/line/deep/er/file "changed in a moved folder\n"
  R main/line/bin/ 
  A main/line/bin/inside ""
r9
  RC trunk@7 main/line
  D branches
`

// Scoped is a script of svntest with a folder "open" that some may read who
// may read nothing else, as ScopedAuthz says.
const Scoped = `
r1
  A secret/
  A secret/lib.c "int lib;\n"
  A secret/parts/one "one\n"
r2
  A open/
  A open/main.c "int main;\n"
r3
  M secret/lib.c "int lib = 1;\n"
r4
  C secret/lib.c@3 open/lib.c
  C secret/parts open/parts
  M open p=v
r5
  M open/lib.c "int lib = 2;\n"
  M open/parts/one "one and a half\n"
  C open/main.c secret/main.c
r6
  C open/main.c open/copy.c
r7
  D open
r8
  C secret open
`

// ScopedAuthz are the rules for Scoped.
const ScopedAuthz = "[/]\n* = \n[/open]\n* = r\n"

// InScope returns what those see of the states of Scoped who may read only its
// open folder.
func InScope(states []State) []State {
	var seen []State
	for _, s := range states {
		s.Tree = slices.DeleteFunc(slices.Clone(s.Tree), func(line string) bool { return strings.HasPrefix(line, "secret") })
		switch s.Number {
		case 1, 3: // all of it is hidden
			s.Props = ""
		case 4, 5, 8: // a part of it is
			s.Props = s.Props[:strings.Index(s.Props, " svn:log=")]
		}
		seen = append(seen, s)
	}
	return seen
}

// ScopedLog is what Changes returns for those. What was copied from where they
// see nothing is new to them.
func ScopedLog() []string {
	return strings.Split(`r0 
r1 
r2 
open A
open/main.c A
r3 
r4 
open M
open/lib.c A
open/parts A
open/parts/one A
r5 
open/lib.c M
open/parts/one M
r6 
open/copy.c A from open/main.c@5
r7 
open D
r8 
open A
open/lib.c A
open/main.c A
open/parts A
open/parts/one A`, "\n")
}
