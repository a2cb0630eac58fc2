package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

const mainBranch = "refs/heads/main"

// history writes releases as a fast-import stream.
type history struct {
	root    *os.Root
	project string
	author  person
	grows   bool // the first release goes on top of what the branch has

	converted func(done int) // told of every release
}

// write writes the releases, oldest first. The stream is only complete with the
// last line, so that nothing is kept of one that fails.
func (h *history) write(ctx context.Context, w io.Writer, releases []release) error {
	out := bufio.NewWriterSize(w, 256<<10)
	fmt.Fprintln(out, "feature done")
	for i, r := range releases {
		h.converted(i)
		if err := h.release(ctx, out, r, i == 0); err != nil {
			return failure("convert", r.File, err)
		}
	}
	fmt.Fprintln(out, "done")
	return out.Flush() // a bufio.Writer keeps the first error
}

// release reads a tarball twice: first for what is to be known before its
// files, which is also when it is refused if it must be, and then for the files.
func (h *history) release(ctx context.Context, out *bufio.Writer, r release, first bool) error {
	file, err := h.root.Open(r.File)
	if err != nil {
		return err
	}
	defer file.Close()
	about, err := survey(ctx, file)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h.commit(out, r, about, first)
	if err := entries(ctx, file, func(e entry) error { return writeEntry(out, e, about.top) }); err != nil {
		return err
	}
	fmt.Fprintln(out)
	h.tag(out, r, about)
	return nil
}

// surveyed is what is known of a tarball once all of it was looked at.
type surveyed struct {
	date int64  // of the newest file
	top  string // the folder that holds everything, with a slash, or empty
}

func survey(ctx context.Context, tarball io.Reader) (surveyed, error) {
	var about surveyed
	count := 0
	err := entries(ctx, tarball, func(e entry) error {
		top, _, nested := strings.Cut(e.path, "/")
		if top += "/"; !nested || count > 0 && top != about.top {
			top = ""
		}
		if count == 0 || about.top != "" {
			about.top = top
		}
		about.date = max(about.date, e.date)
		count++
		return nil
	})
	if err == nil && count == 0 {
		err = refuse("it holds no file")
	}
	return about, err
}

func (h *history) commit(out io.Writer, r release, about surveyed, first bool) {
	fmt.Fprintf(out, "commit %s\n", mainBranch)
	h.person(out, "author", about)
	h.person(out, "committer", about)
	data(out, fmt.Sprintf("%s %s\n\nFrom %s.\n", h.project, r.Version, r.File))
	if first && h.grows {
		fmt.Fprintf(out, "from %s^0\n", mainBranch)
	}
	fmt.Fprintln(out, "deleteall")
}

func (h *history) tag(out io.Writer, r release, about surveyed) {
	fmt.Fprintf(out, "tag %s\nfrom %s\n", strings.TrimPrefix(r.tag(), "refs/tags/"), mainBranch)
	h.person(out, "tagger", about)
	data(out, fmt.Sprintf("%s %s\n", h.project, r.Version))
}

func (h *history) person(out io.Writer, role string, about surveyed) {
	fmt.Fprintf(out, "%s %s <%s> %d +0000\n", role, h.author.Name, h.author.Email, about.date)
}

func data(out io.Writer, text string) { fmt.Fprintf(out, "data %d\n%s\n", len(text), text) }

// writeEntry writes a file of a commit. Its content is not looked at: data is
// counted, so nothing in it can end it.
func writeEntry(out io.Writer, e entry, top string) error {
	path := quote(strings.TrimPrefix(e.path, top))
	if e.copyOf != "" {
		_, err := fmt.Fprintf(out, "C %s %s\n", quote(strings.TrimPrefix(e.copyOf, top)), path)
		return err
	}
	fmt.Fprintf(out, "M %s inline %s\ndata %d\n", e.mode, path, e.size)
	if n, err := io.CopyN(out, e.body, e.size); err != nil {
		if err == io.EOF {
			return refuse("the file %s ends after %d of %d bytes", show(e.path), n, e.size)
		}
		return malformed(err)
	}
	_, err := fmt.Fprintln(out)
	return err
}

// quote writes a path so that fast-import reads back the same bytes.
func quote(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(path) {
		switch c := path[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// progress tells how many of n releases are converted.
func progress(observe func(providers.Progress), n int) func(int) {
	return func(done int) {
		observe(providers.Progress{Phase: "converting", Done: int64(done), Total: int64(n), Unit: "releases"})
	}
}
