// Command dcserver serves a stand-in of Bitbucket Data Center with a sample project,
// for demonstrations. See package bitbucketservertest.
package main

import (
	"os"

	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
)

func main() { os.Exit(bitbucketservertest.Main(os.Args[1:], os.Stdout, os.Stderr)) }
