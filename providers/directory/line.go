package directory

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

// maxLine bounds a line: the largest body and whatever stands around it.
const maxLine = schema.MaxBody + 1<<20

// errNotRecord is the error of a line that cannot be read.
var errNotRecord = errors.New("the line is not a record")

// encodeLine appends r to b as one line. Compact bodies keep every byte;
// others lose the white space between their tokens and nothing else.
func encodeLine(b *bytes.Buffer, r *schema.Record) error {
	if err := checkText(r); err != nil {
		return err
	}
	start := b.Len()
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return err
	}
	if b.Len()-start > maxLine {
		b.Truncate(start)
		return fmt.Errorf("%s %s makes a line of more than %d bytes", r.Kind, schema.Printable(r.ID), maxLine)
	}
	return nil
}

// checkText refuses strings that JSON would change: bytes that are not UTF-8.
func checkText(r *schema.Record) error {
	texts := []string{r.ID, r.Revision}
	keys := r.After
	if r.Parent != nil {
		keys = append(slices.Clip(keys), *r.Parent)
	}
	for _, key := range keys {
		texts = append(texts, string(key.Kind), key.ID)
	}
	if r.Blob != nil {
		texts = append(texts, r.Blob.ID)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%s %s has an id or revision that is not UTF-8", r.Kind, schema.Printable(r.ID))
		}
	}
	return nil
}

// decodeLine is the reverse of encodeLine. It also takes lines that other
// programs wrote.
func decodeLine(line []byte) (*schema.Record, error) {
	var r schema.Record
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotRecord, err)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return &r, nil
}

// lineKey returns the key of the record in a line. Lines as encodeLine writes
// them begin with it, so that sorting and searching need not read bodies.
func lineKey(line []byte) (schema.Key, error) {
	if key, ok := leadingKey(line); ok {
		return key, nil
	}
	var key schema.Key
	if err := json.Unmarshal(line, &key); err != nil {
		return schema.Key{}, fmt.Errorf("%w: %w", errNotRecord, err)
	}
	if key.Kind == "" || key.ID == "" {
		return schema.Key{}, fmt.Errorf("%w: it has no kind or no id", errNotRecord)
	}
	return key, nil
}

func leadingKey(line []byte) (schema.Key, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"kind":"`))
	if !ok {
		return schema.Key{}, false
	}
	kind, rest, ok := bytes.Cut(rest, []byte(`","id":"`))
	if !ok || len(kind) > schema.MaxID || len(kind) == 0 || bytes.ContainsAny(kind, `"\`) {
		return schema.Key{}, false
	}
	id, _, ok := bytes.Cut(rest, []byte(`","`))
	if !ok || len(id) == 0 || len(id) > schema.MaxID || bytes.ContainsAny(id, `"\`) || !utf8.Valid(id) {
		return schema.Key{}, false
	}
	return schema.Key{Kind: schema.Kind(kind), ID: string(id)}, true
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// writeLine writes a line and its end.
func writeLine(w *bufio.Writer, line []byte) error {
	if _, err := w.Write(line); err != nil {
		return err
	}
	return w.WriteByte('\n')
}

// sortKey is a key in a form that is quick to compare.
type sortKey struct {
	kind   int // position among schema.Kinds, or -1
	digits bool
	id     string
}

func newSortKey(kinds []schema.Kind, key schema.Key) sortKey {
	digits := strings.Trim(key.ID, "0123456789") == ""
	return sortKey{kind: slices.Index(kinds, key.Kind), digits: digits, id: key.ID}
}

// compare is the order of an archive: by kind, then ids of digits only by their
// number, then all others by their bytes.
func (k sortKey) compare(other sortKey) int {
	if c := cmp.Compare(k.kind, other.kind); c != 0 {
		return c
	}
	if k.digits != other.digits {
		if k.digits {
			return -1
		}
		return 1
	}
	if k.digits {
		mine, theirs := strings.TrimLeft(k.id, "0"), strings.TrimLeft(other.id, "0")
		if c := cmp.Or(cmp.Compare(len(mine), len(theirs)), strings.Compare(mine, theirs)); c != 0 {
			return c
		}
	}
	return strings.Compare(k.id, other.id)
}

// errLongLine is what lineReader returns for a line of more than maxLine bytes.
// The next call goes on after it.
var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxLine)

// lineReader reads lines one by one and holds no more than one.
type lineReader struct {
	in   *bufio.Reader
	held []byte // a line that did not fit into the reader's buffer

	offset     int64 // behind the last line
	terminated bool  // the last line ended in a line feed
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, 128<<10)}
}

// next returns a line without its line feed, valid until the next call, and
// io.EOF when there is none.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	l.offset += int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.long(line)
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		l.terminated = false
		return line, nil
	}
	if err != nil {
		return nil, err
	}
	l.terminated = true
	return bytes.TrimSuffix(line, []byte("\n")), nil
}

// long collects a line of more than one buffer, or skips one that is too long.
func (l *lineReader) long(start []byte) ([]byte, error) {
	l.held = append(l.held[:0], start...)
	tooLong := false
	for {
		part, err := l.in.ReadSlice('\n')
		l.offset += int64(len(part))
		if tooLong = tooLong || len(l.held)+len(part) > maxLine+1; !tooLong {
			l.held = append(l.held, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			tooLong = tooLong || len(l.held) > maxLine
		}
		if tooLong && (err == nil || errors.Is(err, io.EOF)) {
			l.terminated = err == nil
			return nil, errLongLine
		}
		return l.held, err
	}
}
