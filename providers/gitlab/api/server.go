package api

import (
	"context"
	"strconv"
	"strings"
)

// Server says which program answers.
type Server struct {
	Text       string // the version as the server writes it
	Version    Version
	Enterprise bool // whether it is the edition that can have a licence
}

// Version is the beginning of a version number.
type Version struct{ Major, Minor int }

// AtLeast reports whether v is major.minor or later.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// ParseVersion reads "18.9.0-ee" and the like. A version that cannot be read is
// 0.0, which has nothing that came later.
func ParseVersion(text string) Version {
	numbers := strings.SplitN(text, ".", 3)
	if len(numbers) < 2 {
		return Version{}
	}
	minor, _, _ := strings.Cut(numbers[1], "-")
	v, err := Version{}, error(nil)
	if v.Major, err = strconv.Atoi(numbers[0]); err != nil {
		return Version{}
	}
	if v.Minor, err = strconv.Atoi(minor); err != nil {
		return Version{}
	}
	return v
}

// Metadata asks which program answers.
func (c *Client) Metadata(ctx context.Context) (Server, error) {
	var said struct {
		Version    string `json:"version"`
		Enterprise bool   `json:"enterprise"`
	}
	k := call{To: []any{"metadata"}, Into: &said, Op: "read version", Subject: c.base}
	err := c.do(ctx, k)
	if IsNotFound(err) { // before 15.2
		k.To = []any{"version"}
		err = c.do(ctx, k)
	}
	if err != nil {
		return Server{}, err
	}
	return Server{Text: said.Version, Version: ParseVersion(said.Version), Enterprise: said.Enterprise || strings.HasSuffix(said.Version, "-ee")}, nil
}
