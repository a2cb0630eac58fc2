// Command drover-provider-gitea is the provider of Gitea and Forgejo. Drover
// starts it; see package gitea for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/gitea"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(gitea.New()) }
