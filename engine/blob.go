package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// maxBlob bounds what one attachment may bring. Forges allow less.
const maxBlob = 64 << 30

// saveBlob copies a blob into dir and checks that it is what was announced.
func saveBlob(dir string, in io.Reader, blob schema.Blob) (path string, err error) {
	folder := filepath.Join(dir, "blobs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make room for a blob: %w", err)
	}
	f, err := os.CreateTemp(folder, "blob-*")
	if err != nil {
		return "", fmt.Errorf("make room for a blob: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	digest := sha256.New()
	limit := int64(maxBlob)
	if blob.Size >= 0 {
		limit = blob.Size
	}
	n, err := io.Copy(io.MultiWriter(f, digest), io.LimitReader(in, limit+1))
	if err != nil {
		return "", fmt.Errorf("read the content: %w", err)
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	switch {
	case n > limit:
		return "", providers.Errorf(providers.CodeInvalid, "the content is longer than the %d bytes announced", limit)
	case blob.Size >= 0 && n != blob.Size:
		return "", providers.Errorf(providers.CodeUnavailable, "the content ended after %d of %d bytes", n, blob.Size)
	case blob.SHA256 != "" && sum != blob.SHA256:
		return "", providers.Errorf(providers.CodeInvalid, "the content has the digest %s instead of %s", sum, blob.SHA256)
	}
	return f.Name(), nil
}
