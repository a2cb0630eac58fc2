// Command drover-provider-tfvc is the provider of Team Foundation Version
// Control. Drover starts it; see package tfvc for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/tfvc"
)

func main() { plugin.Serve(tfvc.New()) }
