package azure

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strconv"
)

const (
	paramVersion = "versionDescriptor.version"
	paramType    = "versionDescriptor.versionType"
)

func at(version int) url.Values {
	if version <= 0 {
		return url.Values{paramType: {"latest"}}
	}
	return url.Values{paramType: {"changeset"}, paramVersion: {strconv.Itoa(version)}}
}

// Recursion says how deep a listing goes.
type Recursion string

// The depths of listings.
const (
	OneLevel Recursion = "oneLevel"
	Full     Recursion = "full"
)

// Items yields a folder and what is in it, in a version; 0 is the latest one.
// The listing is not repeated when it breaks off, because it can be very long;
// the error is then of CodeUnavailable.
func (c *Client) Items(ctx context.Context, path string, version int, depth Recursion) iter.Seq2[Item, error] {
	query := at(version)
	query.Set("scopePath", path)
	query.Set("recursionLevel", string(depth))
	return list[Item](ctx, c, request{path: tfvc("items"), query: query})
}

// Content hands the contents of a file in a version to read. It calls read again
// when the connection breaks. Read returns errors of its reader as they are.
func (c *Client) Content(ctx context.Context, path string, version int, read func(io.Reader) error) error {
	query := at(version)
	query.Set("path", path)
	query.Set("download", "true")
	return c.ask(ctx, request{path: tfvc("items"), query: query, accept: acceptBytes}, func(found *answer) error {
		return read(found.body)
	})
}

// Wanted is a file in a version.
type Wanted struct {
	Path    string
	Version int
}

// descriptor is a Wanted as the interface has it.
type descriptor struct {
	Path           string `json:"path"`
	Version        string `json:"version"`
	VersionType    string `json:"versionType"`
	RecursionLevel string `json:"recursionLevel"`
}

// Batch asks for several files at once and yields the contents of those that
// came, in any order. Nothing says reliably which content belongs to which
// path, and the same path may be asked for in two versions: the caller knows
// contents by their hash. Files larger than most, and bytes beyond total, are
// not read. A refusal means that the server knows no such request, or that one of
// the files is not there.
func (c *Client) Batch(ctx context.Context, files []Wanted, most, total int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		archive, err := c.batch(ctx, files, total)
		if err != nil {
			yield(nil, err)
			return
		}
		in, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			yield(nil, garbled(fmt.Errorf("the archive: %w", err)))
			return
		}
		for _, f := range in.File {
			if f.FileInfo().IsDir() || f.UncompressedSize64 > uint64(most) {
				continue
			}
			if total -= int64(f.UncompressedSize64); total < 0 {
				return
			}
			data, err := unzip(f)
			if !yield(data, err) || err != nil {
				return
			}
		}
	}
}

func (c *Client) batch(ctx context.Context, files []Wanted, total int64) (archive []byte, err error) {
	// Names and headers take a little for each file.
	const perFile = 4 << 10
	most := total + total/8 + int64(len(files)+1)*perFile
	var body struct {
		Items []descriptor `json:"itemDescriptors"`
	}
	for _, f := range files {
		body.Items = append(body.Items, descriptor{f.Path, strconv.Itoa(f.Version), "changeset", "none"})
	}
	err = c.ask(ctx, request{path: tfvc("itembatch"), body: body, accept: acceptZip}, func(found *answer) (err error) {
		if archive, err = io.ReadAll(io.LimitReader(found.body, most+1)); err != nil {
			return understood(err)
		}
		if int64(len(archive)) > most {
			return garbled(errors.New("the archive is larger than all that was asked for"))
		}
		return nil
	})
	return archive, err
}

// unzip reads one file of an archive, no further than its header says.
func unzip(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, garbled(fmt.Errorf("the archive: %w", err))
	}
	defer r.Close() // it was only read
	data, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize64)+1))
	if err != nil {
		return nil, garbled(fmt.Errorf("the archive: %w", err))
	}
	return data, nil
}
