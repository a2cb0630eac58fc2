// Command drover-provider-git is the provider of plain git repositories.
// Drover starts it; see package git for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/git"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(git.New()) }
