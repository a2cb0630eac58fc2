// Command bitbucketcloudserver serves the stand-in for Bitbucket Cloud of package
// bitbucketcloudtest, for demonstrations and for trying things without a network.
//
//	bitbucketcloudserver --listen 127.0.0.1:7003 --sample --token ATATT_demo
//
// It prints the address of its interface, which is what to give as bitbucket_api_url,
// as the first line of its output. It ends on SIGINT and SIGTERM and keeps nothing.
//
// With --sample it has the workspace lantern, and the token belongs to
// ada@example.org, who administers it; otherwise it is empty but for its user
// demo@example.org.
package main

import (
	"os"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
)

func main() { os.Exit(bitbucketcloudtest.Main(os.Args[1:], os.Stdout, os.Stderr)) }
