// Command drover-provider-github is the provider of GitHub. Drover starts it;
// see package github for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(github.New()) }
