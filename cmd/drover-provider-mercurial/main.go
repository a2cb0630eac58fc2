// Command drover-provider-mercurial is the provider of Mercurial repositories.
// Drover starts it; see package mercurial for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/mercurial"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(mercurial.New()) }
