package svnserver

import (
	"os/exec"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// Corpus makes a repository for benchmarks with this many revisions and
// returns the folder that it is in, as Repository does.
func Corpus(b *testing.B, revisions int) string {
	b.Helper()
	find(b, "svnrdump")
	return Repository(b, svntest.Generate(svntest.Large(revisions)).History)
}

// Rdump returns how long `svnrdump dump` takes for the repository at url: the
// way that Subversion itself reads one from far away.
func Rdump(b *testing.B, url string) time.Duration {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), find(b, "svnrdump"), "dump", "-q", "--non-interactive", url)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
