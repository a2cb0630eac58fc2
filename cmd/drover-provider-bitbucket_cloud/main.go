// Command drover-provider-bitbucket_cloud is the provider of Bitbucket Cloud. Drover
// starts it; see package bitbucketcloud for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(bitbucketcloud.New()) }
