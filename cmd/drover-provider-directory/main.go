// Command drover-provider-directory is the provider of archives, folders of
// bare git repositories and records. Drover starts it; see package directory
// for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(directory.New()) }
