// Package svntest makes Subversion histories whose truth is known, for tests
// and benchmarks: small ones from a script (Parse), large ones from a seed
// (Generate). Both are a [History], which writes itself as a dump file and
// says what every directory held in every revision.
//
// Nothing here runs in production, and nothing of the readers or of the
// conversion is used: a history must not share their mistakes.
//
// # Scripts
//
// A script is a list of revisions, one change a line:
//
//	uuid 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11   (optional)
//
//	r1 alice 2011-03-01T10:00:00Z "make the layout"
//	  A trunk/
//	  A branches/
//	  A trunk/hello.c "int main;\n"
//	r2
//	  M trunk/hello.c "int main() {}\n"
//	  M trunk svn:ignore="*.o\n"
//	r3 bob
//	  C trunk@1 branches/old
//	  C trunk/hello.c branches/old/copy.c "changed while copied\n" svn:executable=*
//	r4 - - -
//	  V trunk/hello.c trunk/main.c
//	  D branches/old
//
// A revision starts with its number; numbers left out are empty revisions.
// Author, date and message follow and may be left out from the end: then they
// are alice, an hour after the last revision's number, and "message of rN". A
// minus is a revision without that property. More revision properties are set
// by lines "revprop NAME VALUE".
//
// Words end at white space; "..." is a string in Go's syntax, `...` a raw one,
// which may have several lines. Both may follow a NAME= too. After // or # at
// the start of a word, the line is a comment.
//
//	A PATH/ [PROPS]                    add a directory
//	A PATH ["TEXT"] [PROPS]            add a file
//	M PATH ["TEXT"] [PROPS]            change text, properties or both
//	D PATH                             delete
//	C FROM[@REV] PATH ["TEXT"] [PROPS] copy, and change in the same step
//	V FROM PATH ["TEXT"] [PROPS]       move: delete, and copy from the revision before
//	R PATH ["TEXT"] [PROPS]            replace by a new file, or directory (PATH/)
//	RC FROM[@REV] PATH ["TEXT"] [PROPS] replace by a copy
//
// PROPS are NAME=VALUE to set and -NAME to remove a property. A new file
// without TEXT gets one that is unlike all others. REV is the revision before
// when it is left out. The root is the path ".". Missing parent directories of
// A and C are added.
package svntest
