package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// What a tarball may hold. Whatever is more is refused before it is unpacked.
const (
	maxEntries = 200_000
	maxFile    = 1 << 30
	maxContent = 8 << 30
	maxPath    = 4096
	maxDepth   = 100
)

// latestDate is the last second of the year 2099. Dates outside of the time
// that git and its readers agree on are moved to its ends.
const latestDate = 4102444799

// entry is a file of a tarball, its path checked.
type entry struct {
	path string
	mode string    // as git writes it: 100644, 100755, 120000
	size int64     // of body
	body io.Reader // valid until the next entry

	// copyOf is the path of the file that this one is a hard link to; there is
	// no body then.
	copyOf string

	date int64
}

// entries calls f with every file of a tarball. Folders are left out, because
// git has none, and so are devices and pipes. Anything else that git should not
// hold fails the whole tarball: a release without its files would look like one.
func entries(ctx context.Context, tarball io.Reader, f func(entry) error) error {
	unzipped, err := gzip.NewReader(bufio.NewReaderSize(tarball, 256<<10))
	if err != nil {
		return malformed(err)
	}
	archive := tar.NewReader(unzipped)
	files := map[string]bool{} // what a hard link can name
	var count, total int64
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		count++
		total += max(header.Size, 0)
		switch {
		case count > maxEntries:
			return refuse("it holds more than %d entries", maxEntries)
		case header.Size > maxFile || total > maxContent:
			return refuse("it holds files of more than %d bytes, or %d bytes in all", int64(maxFile), int64(maxContent))
		}
		e, wanted, err := newEntry(header, archive, files)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		if err := f(e); err != nil {
			return err
		}
	}
}

// newEntry reads a header. Wanted is false for what has no place in git.
func newEntry(header *tar.Header, body io.Reader, files map[string]bool) (e entry, wanted bool, err error) {
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeSymlink, tar.TypeLink, tar.TypeGNUSparse:
	default:
		return entry{}, false, nil
	}
	path, err := cleanPath(header.Name)
	if err != nil {
		return entry{}, false, err
	}
	e = entry{path: path, mode: "100644", size: header.Size, body: body, date: min(max(header.ModTime.Unix(), 0), latestDate)}
	switch header.Typeflag {
	case tar.TypeSymlink:
		// Its text is kept, wherever it leads: nothing here or in git follows it.
		if header.Linkname == "" || len(header.Linkname) > maxPath {
			return entry{}, false, refuse("the symbolic link %s leads nowhere, or is too long", show(path))
		}
		e.mode, e.size, e.body = "120000", int64(len(header.Linkname)), strings.NewReader(header.Linkname)
		delete(files, path)
	case tar.TypeLink:
		if e.copyOf, err = cleanPath(header.Linkname); err != nil {
			return entry{}, false, err
		}
		if !files[e.copyOf] {
			return entry{}, false, refuse("the hard link %s names a file that does not come before it", show(path))
		}
		e.size, e.body = 0, nil
		files[path] = true
	default:
		if header.FileInfo().Mode()&0o111 != 0 {
			e.mode = "100755"
		}
		files[path] = true
	}
	return e, true, nil
}

// cleanPath returns a path that stays inside of the repository, or refuses it.
func cleanPath(name string) (string, error) {
	switch {
	case len(name) > maxPath:
		return "", refuse("a path is longer than %d bytes", maxPath)
	case strings.HasPrefix(name, "/"):
		return "", refuse("the path %s is absolute", show(name))
	case strings.ContainsRune(name, 0):
		return "", refuse("the path %s has a NUL byte", show(name))
	}
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "" || part == ".":
			continue
		case leadsOut(part):
			return "", refuse("the path %s leads out of the tarball", show(name))
		case isGitFolder(part):
			return "", refuse("the path %s would be part of a repository's own files", show(name))
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 || len(parts) > maxDepth {
		return "", refuse("the path %s names no file, or one more than %d folders deep", show(name), maxDepth)
	}
	return strings.Join(parts, "/"), nil
}

// pieces are what Windows may see in a name: a backslash separates folders
// there, and a colon the streams of a file.
func pieces(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '\\' || r == ':' })
}

func leadsOut(name string) bool { return slices.Contains(pieces(name), "..") }

// isGitFolder reports whether a file system may take name for .git: some ignore
// case, some drop dots and spaces at the end or invisible characters, and some
// have a short name for it. git refuses to check such files out.
func isGitFolder(name string) bool {
	visible := strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff:
			return -1
		}
		return r
	}, name)
	return slices.ContainsFunc(pieces(visible), func(piece string) bool {
		piece = strings.ToLower(strings.TrimRight(piece, ". "))
		return piece == ".git" || piece == "git~1"
	})
}

func refuse(format string, args ...any) *providers.Error {
	e := providers.Errorf(providers.CodeInvalid, format, args...)
	e.Hint = "make the tarball anew without it, or move it away"
	return e
}

// malformed is the error of a tarball that cannot be read. A disk that cannot
// be read, and a call that was stopped, stay what they are.
func malformed(err error) error {
	for _, cause := range []error{tar.ErrHeader, gzip.ErrHeader, gzip.ErrChecksum, io.ErrUnexpectedEOF, io.EOF, tar.ErrInsecurePath} {
		if errors.Is(err, cause) {
			return refuse("it is damaged: %v", err)
		}
	}
	if strings.HasPrefix(err.Error(), "flate: ") || strings.HasPrefix(err.Error(), "archive/tar: ") {
		return refuse("it is damaged: %v", err)
	}
	return fmt.Errorf("read the tarball: %w", err)
}

func show(path string) string { return `"` + schema.Printable(path[:min(len(path), 200)]) + `"` }
