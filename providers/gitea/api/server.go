package api

import (
	"context"
	"strconv"
	"strings"
)

// Server says which program answers.
type Server struct {
	Version string // as the server writes it
	Forgejo bool

	// Gitea is the version of Gitea that the server's API is that of, for
	// Forgejo the one that it says to be compatible with.
	Gitea Version
}

// Version is the beginning of a version number.
type Version struct{ Major, Minor int }

// AtLeast reports whether v is major.minor or later.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// Server asks which program answers.
func (c *Client) Server(ctx context.Context) (Server, error) {
	var said struct {
		Version string `json:"version"`
	}
	err := c.do(ctx, call{To: []any{"version"}, Into: &said, Op: "read version", Subject: c.base})
	if err != nil {
		return Server{}, err
	}
	return parseServer(said.Version), nil
}

// parseServer reads "1.26.0+dev-12-gabc" of Gitea and "12.0.1+gitea-1.22.0" of
// Forgejo. A version that cannot be read is 0.0, which has nothing that came
// later.
func parseServer(version string) Server {
	s := Server{Version: version}
	own, compatible, forgejo := strings.Cut(version, "+gitea-")
	s.Forgejo = forgejo
	if forgejo {
		own = compatible
	}
	numbers := strings.SplitN(own, ".", 3)
	if len(numbers) < 2 {
		return s
	}
	major, errMajor := strconv.Atoi(numbers[0])
	minor, errMinor := strconv.Atoi(numbers[1])
	if errMajor == nil && errMinor == nil {
		s.Gitea = Version{major, minor}
	}
	return s
}
