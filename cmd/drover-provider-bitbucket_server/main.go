// Command drover-provider-bitbucket_server is the provider of Bitbucket Server and
// Data Center. Drover starts it; see package bitbucketserver for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(bitbucketserver.New()) }
