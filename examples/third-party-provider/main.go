// Command drover-provider-tarballs is a Drover provider written outside of the
// project. It turns a folder of release tarballs, NAME-VERSION.tar.gz, into a git
// history: one commit and one annotated tag for each version.
//
// It is small and complete. Read provider.go for what it says of itself,
// source.go for what it answers, releases.go for the folder, tarball.go for what
// keeps hostile archives out, and export.go with history.go for the git data.
//
// # Why
//
// The same tarballs always give the same commits, because everything in them
// comes from the tarballs and the settings: dates are those of the newest file.
// So a conversion may be thrown away and made again at any time, which is how
// this provider gets out of every doubt about a folder that a killed call has
// left, and a tarball that is added later gives one more commit on top of those
// that are there.
package main

import "github.com/drover-migrate/drover/providers/plugin"

func main() { plugin.Serve(New()) }
