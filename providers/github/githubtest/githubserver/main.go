// Command githubserver serves the stand-in for GitHub of package githubtest, for
// demonstrations and for trying things without a network.
//
//	githubserver --listen 127.0.0.1:7001 --sample --token ghp_demo --edits
//
// It prints its web address as the first line of its output, which is also what
// to give as the host of an Enterprise Server: REST is at ADDRESS/api/v3, GraphQL
// at ADDRESS/api/graphql, git at ADDRESS/OWNER/NAME.git. It ends on SIGINT and
// SIGTERM and keeps nothing.
//
// With --sample it has the organisation lantern, and the token belongs to ada,
// who owns it; otherwise it is empty but for its user "demo".
//
// With --edits, scripts may change what there is:
//
//	curl -d '{"do":"add_comment","repository":"lantern/beacon","as":"mona","number":1,"text":"Once more."}' ADDRESS/_model/edits
//
// githubtest.Server.Edits lists what can be done. Whoever reaches the address can
// do it: it is meant for 127.0.0.1.
package main

import (
	"os"

	"github.com/drover-migrate/drover/providers/github/githubtest"
)

func main() { os.Exit(githubtest.Main(os.Args[1:], os.Stdout, os.Stderr)) }
