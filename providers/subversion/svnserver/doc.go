// Package svnserver runs the servers of Subversion for tests: svnserve behind
// a listener of ours, and an apache2 with mod_dav_svn on a free port. It is
// imported by tests only.
//
// A test that asks for a server which is not installed is skipped.
//
// # Why
//
// svnserve is started for each connection with that as its standard input and
// output, the way inetd does it. So no port has to be guessed, a server is
// ready at once, and it ends with the test.
package svnserver
