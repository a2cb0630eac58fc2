package mercurial

import (
	"context"
	"os"
	"path/filepath"

	"github.com/drover-migrate/drover/providers"
)

// Detect looks for a repository, a bundle file or a server at an address. A
// server that asks for credentials before it says what it is may be one.
func (s *source) Detect(ctx context.Context, url string) (providers.Detection, error) {
	a, err := parseAddress(url)
	if err != nil { // some other system may have addresses like that
		return providers.Detection{}, nil
	}
	if a.local() {
		place := a.absolute(s.dir)
		info, err := os.Stat(filepath.Join(place, ".hg"))
		return providers.Detection{Found: err == nil && info.IsDir() || looksLikeBundle(place)}, nil
	}
	peer, err := s.dial(ctx, a)
	if ctx.Err() != nil {
		return providers.Detection{}, failure("detect", a, ctx.Err())
	}
	switch {
	case err == nil:
		return providers.Detection{Found: true}, peer.Close()
	case providers.CodeOf(err) == providers.CodeAuth && a.web():
		return providers.Detection{}, failure("detect", a, err)
	}
	return providers.Detection{}, nil
}
