package mercurial

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// What a conversion knows at a checkpoint: a line of JSON, a record for each
// changeset that has a commit, and while there are changesets without, a
// record for each file revision that has a blob. Changesets are named by their
// nodes, because their numbers differ between copies of a repository.

// stateHeader is the line.
type stateHeader struct {
	Changesets int                `json:"changesets"`
	Files      int                `json:"files"`
	Branches   []string           `json:"branches"`
	TagFiles   []string           `json:"tag_files"`
	Missing    map[string]missing `json:"missing,omitempty"`
}

const (
	changesetRecord = 3*20 + 4 + 4 + 1
	fileRecord      = 2 * 20

	// maxHeader bounds the line.
	maxHeader = 256 << 20
)

// checkpoint makes what was done so far survive. Whoever holds the session's
// writer must ask for it again.
func (c *converter) checkpoint(ctx context.Context) error {
	c.blobs.settle()
	return c.session.Checkpoint(ctx, c.save)
}

func (c *converter) save(out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<20)
	t := c.table
	h := stateHeader{Branches: t.branches, Missing: map[string]missing{}}
	for _, blob := range t.tagFiles {
		h.TagFiles = append(h.TagFiles, blob.String())
	}
	complete := true
	for i := range t.rows {
		if t.rows[i].converted() {
			h.Changesets++
		} else if t.rows[i].exported {
			complete = false
		}
	}
	files := c.blobs.sorted
	if complete { // what is asked for again is found by converting it again
		files = nil
	}
	h.Files = len(files)
	for node, m := range c.missing {
		h.Missing[node.String()] = m
	}
	if err := json.NewEncoder(w).Encode(h); err != nil {
		return err
	}
	var record [changesetRecord]byte
	for i := range t.rows {
		row := &t.rows[i]
		if !row.converted() {
			continue
		}
		node := t.log.Entry(i).Node
		b := append(record[:0], node[:]...)
		b = append(b, row.commit[:]...)
		b = append(b, row.tree[:]...)
		b = binary.BigEndian.AppendUint32(b, uint32(row.branch))
		b = binary.BigEndian.AppendUint32(b, uint32(row.tagFile))
		closed := byte(0)
		if row.closed {
			closed = 1
		}
		if _, err := w.Write(append(b, closed)); err != nil {
			return err
		}
	}
	for i := range files {
		if _, err := w.Write(files[i].node[:]); err != nil {
			return err
		}
		if _, err := w.Write(files[i].blob[:]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// errState says that the state is not what save wrote.
var errState = errors.New("the state of the conversion is damaged")

// load reads the state of the last checkpoint and reports whether there is
// one. Changesets that are not in the repository any more are forgotten.
func (c *converter) load() (bool, error) {
	in, err := c.session.State()
	if err != nil || in == nil {
		return false, err
	}
	defer in.Close()
	if err := c.read(bufio.NewReaderSize(in, 1<<20)); err != nil {
		return false, fmt.Errorf("read the state of the conversion: %w", err)
	}
	return true, nil
}

func (c *converter) read(in *bufio.Reader) error {
	line, err := readLine(in)
	if err != nil {
		return err
	}
	var h stateHeader
	if err := json.Unmarshal(line, &h); err != nil {
		return fmt.Errorf("%w: %w", errState, err)
	}
	t := c.table
	for _, name := range h.Branches {
		t.branch(name)
	}
	for _, hex := range h.TagFiles {
		id, err := gitpack.ParseID(hex)
		if err != nil {
			return fmt.Errorf("%w: %w", errState, err)
		}
		t.tagFile(id)
	}
	for hex, m := range h.Missing {
		node, err := hg.ParseNode(hex)
		if err != nil {
			return fmt.Errorf("%w: %w", errState, err)
		}
		c.missing[node] = m
	}
	next := 0 // where the changeset is, if numbers did not change
	var record [changesetRecord]byte
	for range h.Changesets {
		if _, err := io.ReadFull(in, record[:]); err != nil {
			return fmt.Errorf("%w: %w", errState, err)
		}
		i, found := t.place(hg.Node(record[:20]), next)
		if !found {
			continue
		}
		next = i + 1
		row := &t.rows[i]
		row.commit, row.tree = gitpack.ID(record[20:40]), gitpack.ID(record[40:60])
		row.branch, row.tagFile = int32(binary.BigEndian.Uint32(record[60:])), int32(binary.BigEndian.Uint32(record[64:]))
		row.closed = record[68] == 1
		if int(row.branch) >= len(t.branches) || int(row.tagFile) >= len(t.tagFiles) || row.branch < 0 || row.tagFile < 0 {
			return errState
		}
	}
	c.blobs.sorted = make([]pair, 0, min(h.Files, 1<<20))
	for range h.Files {
		var p pair
		if _, err := io.ReadFull(in, record[:fileRecord]); err != nil {
			return fmt.Errorf("%w: %w", errState, err)
		}
		copy(p.node[:], record[:20])
		copy(p.blob[:], record[20:40])
		c.blobs.sorted = append(c.blobs.sorted, p)
	}
	return nil
}

// place finds a changeset, which ordinarily is at likely or a little later.
func (t *table) place(node hg.Node, likely int) (int, bool) {
	if likely < len(t.rows) && t.log.Entry(likely).Node == node {
		return likely, true
	}
	return t.log.Find(node)
}

// readLine reads a line of at most maxHeader bytes.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) || len(line) > maxHeader {
			return nil, fmt.Errorf("%w: %w", errState, err)
		}
	}
}
