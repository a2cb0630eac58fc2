// Package dav reads Subversion repositories over http:// and https://, from
// Apache's mod_dav_svn and servers that speak like it. It needs no Subversion
// program on this machine.
//
// Start at [Open]. It knows nothing of branches and writes nothing anywhere.
//
// # What it sends and to whom
//
// Requests only read: OPTIONS, PROPFIND and REPORT. Credentials go to the host
// of the URL and to no other: a redirect to another host, or from https to
// http, is an error. Digest authentication is preferred to Basic. Over https a
// user name is sent unasked, since the server may show more to those who sign
// in; over http it is sent only to a server that asks.
//
// Proxies are those of the environment (HTTPS_PROXY, NO_PROXY, ...).
//
// # Why
//
// Each revision is a request of its own, a replay-report. They are independent
// of each other, so several are under way at once: a server spends most of a
// replay on finding differences, and a line on waiting. What replays lack, the
// properties of revisions, comes with one log-report for each range.
//
// XML is read by a parser of its own and not by encoding/xml. Replays are
// base64 within XML, of which encoding/xml reads 30 MB/s where this parser
// reads a hundred times as much (BenchmarkParser), and it holds a whole text
// in memory. This one copies text to a writer as it arrives, and knows neither
// document types nor entities but the five of XML, so that nothing in an
// answer can grow.
//
// It keeps carriage returns, which XML parsers must change to line feeds.
// Subversion sends those of log messages as they are, so a conforming parser
// would read another message than svn:// and a dump have.
package dav
