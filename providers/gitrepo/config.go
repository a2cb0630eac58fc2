package gitrepo

import (
	"context"
	"errors"
	"strings"
)

// ConfigAtHead returns the value of a key in a file of git's configuration form
// at HEAD, such as lfs.url in .lfsconfig, or "" when there is none or the file
// is malformed. The file is data: includes are not followed, and nothing it
// sets takes effect.
func (r *Repo) ConfigAtHead(ctx context.Context, file, key string) (string, error) {
	c := r.git("read "+file+" of", "config", "--no-includes", "--null", "--blob=HEAD:"+file, "--get", key)
	out, err := c.output(ctx)
	var e *Error
	if errors.As(err, &e) && e.Kind != Canceled && e.Kind != Missing {
		return "", nil // git tells a missing key and a malformed file by the same exit code
	}
	return strings.TrimSuffix(out, "\x00"), err
}
