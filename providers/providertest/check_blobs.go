package providertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func blobChecks() []check {
	return []check{
		{"Blobs", "contents have the size and digest that were told", LevelRecords, checkBlobs},
		{"Blobs", "a content that is not there is not found", LevelRecords, checkUnknownBlob},
	}
}

// eachBlob runs a check on some blobs of every repository.
func eachBlob(ctx context.Context, b *bench, judge func(source providers.Source, repo providers.Repo, blob schema.Blob) error) error {
	seen := 0
	err := eachStream(ctx, b, func(source providers.Source, r RepositoryFixture, s providers.Stream) error {
		all, err := read(ctx, source, request(r, s), s.Kinds)
		if err != nil {
			return err
		}
		for _, blob := range all.blobs {
			seen++
			if err := judge(source, r.repo(), blob); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && seen == 0 {
		return untried("no record of the fixture has a blob")
	}
	return err
}

func checkBlobs(ctx context.Context, b *bench) error {
	return eachBlob(ctx, b, func(source providers.Source, repo providers.Repo, blob schema.Blob) error {
		size, digest, err := content(ctx, source, repo, blob)
		switch {
		case err != nil:
			return fmt.Errorf("the content %q: %w", blob.ID, err)
		case blob.Size >= 0 && size != blob.Size:
			return fmt.Errorf("the content %q has %d bytes, and %d were told", blob.ID, size, blob.Size)
		case blob.SHA256 != "" && digest != blob.SHA256:
			return fmt.Errorf("the content %q has the digest %s, and %s was told", blob.ID, digest, blob.SHA256)
		}
		return nil
	})
}

// content reads a blob to its end.
func content(ctx context.Context, source providers.Source, repo providers.Repo, blob schema.Blob) (size int64, digest string, err error) {
	r, err := source.OpenBlob(ctx, repo, blob)
	if err != nil {
		return 0, "", err
	}
	defer r.Close()
	h := sha256.New()
	size, err = io.Copy(h, r)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// checkUnknownBlob asks for ids that look like those of the source, because the
// form of an id is its own business.
func checkUnknownBlob(ctx context.Context, b *bench) error {
	return eachBlob(ctx, b, func(source providers.Source, repo providers.Repo, blob schema.Blob) error {
		_, _, err := content(ctx, source, repo, schema.Blob{ID: nearby(blob.ID), Size: -1})
		return wantProblem(fmt.Sprintf("opening the content %q, which is not there,", nearby(blob.ID)), err, providers.CodeNotFound)
	})
}

// nearby is an id of the same form that should name nothing.
func nearby(id string) string {
	last := byte('0')
	if id[len(id)-1] == '0' {
		last = '1'
	}
	return id[:len(id)-1] + string(last)
}
