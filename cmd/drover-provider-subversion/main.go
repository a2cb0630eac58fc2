// Command drover-provider-subversion is the provider of Subversion
// repositories. Drover starts it; see package subversion for what it does.
package main

import (
	"os"
	"runtime/debug"

	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/subversion"
)

// memory is what a conversion is to stay below. Its caches take half of that;
// without a limit the garbage collector lets them grow to twice their size
// before it looks.
const memory = 460 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	plugin.Serve(subversion.New())
}
