// Command gitlabserver is the GitLab stand-in as a program, for demonstrations and
// for tests in other languages. It forgets everything when it ends.
//
//	gitlabserver --listen 127.0.0.1:8080 --token root=secret --user anna --group acme/tools
package main

import (
	"os"

	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
)

func main() { os.Exit(gitlabtest.Main(os.Args[1:], os.Stdout, os.Stderr)) }
