package ra

import (
	"strconv"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svnserver"
)

// BenchmarkRevisions reads a repository from a server on this machine.
// "of-svnrdump" is the time as a ratio of what svnrdump needs in the same run.
func BenchmarkRevisions(b *testing.B) {
	root := svnserver.Corpus(b, 1000)
	url := svnserver.Svnserve(b, root, svnserver.Access{}) + "/repository"
	peer := svnserver.Rdump(b, url)
	for _, connections := range []int{1, 2, 4, 8} {
		b.Run(strconv.Itoa(connections), func(b *testing.B) {
			start := time.Now()
			for b.Loop() {
				r, err := Open(b.Context(), remote.Options{URL: url, Connections: connections, Scratch: b.TempDir()})
				if err != nil {
					b.Fatal(err)
				}
				latest, err := r.Latest(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for revision, err := range r.Revisions(b.Context(), 0, latest) {
					if err != nil {
						b.Fatal(err)
					}
					if err := revision.Close(); err != nil {
						b.Fatal(err)
					}
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(time.Since(start).Seconds()/float64(b.N)/peer.Seconds(), "of-svnrdump")
		})
	}
}
