// Command drover-provider-gitlab is the provider of GitLab. Drover starts it; see
// package gitlab for what it does.
package main

import (
	"github.com/drover-migrate/drover/providers/gitlab"
	"github.com/drover-migrate/drover/providers/plugin"
)

func main() { plugin.Serve(gitlab.New()) }
