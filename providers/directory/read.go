package directory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// checkpointEvery is how many lines a killed reader reads again at most.
const checkpointEvery = 500

func (s *source) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		err := s.read(ctx, req, func(message providers.Message) error {
			if !yield(message, nil) {
				return errNoMore
			}
			return nil
		})
		if err != nil && !errors.Is(err, errNoMore) {
			yield(providers.Message{}, failure("read "+schema.Printable(req.Stream), subject(req.Repo), err))
		}
	}
}

// errNoMore ends a reading whose caller has had enough.
var errNoMore = errors.New("nobody listens")

func (s *source) read(ctx context.Context, req providers.ReadRequest, emit func(providers.Message) error) error {
	kind, ok := streamKind(req.Stream)
	if !ok {
		return providers.Errorf(providers.CodeInvalid, "an archive has no stream %q", schema.Printable(req.Stream))
	}
	end := &providers.StreamEnd{Counts: map[schema.Kind]int64{}, Complete: true}
	if len(req.Kinds) > 0 && !slices.Contains(req.Kinds, kind) {
		return emit(providers.Message{End: end})
	}
	repo, err := s.find(req.Repo)
	if err != nil {
		return err
	}
	if err := repo.checkFinished(s); err != nil {
		return err
	}
	count, err := readKind(ctx, repo, kind, req.Cursor, emit)
	if err != nil {
		return err
	}
	end.Counts[kind] = count
	return emit(providers.Message{End: end})
}

func streamKind(stream string) (schema.Kind, bool) {
	for _, kind := range schema.Kinds() {
		if kind.Plural() == stream {
			return kind, true
		}
	}
	return "", false
}

// readKind emits the records of a kind behind the cursor, with checkpoints, and
// returns how many there are in all.
func readKind(ctx context.Context, repo *stored, kind schema.Kind, cursor schema.Cursor, emit func(providers.Message) error) (int64, error) {
	file, err := openRegular(repo.tree, repo.at.kind(kind))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	at, err := resume(file, cursor)
	if err != nil {
		return 0, err
	}
	lines := newLineReader(file)
	base := at.End
	unsaved := 0 // lines that no checkpoint covers
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		line, err := lines.next()
		at.Line++
		at.End = base + lines.offset
		switch {
		case errors.Is(err, io.EOF):
			return at.Count, nil
		case errors.Is(err, errLongLine):
			at.Count++
			if err := emit(unreadable(kind, at.Line, err)); err != nil {
				return 0, err
			}
			continue // a checkpoint stands behind a line that can be looked at again
		case err != nil:
			return 0, err
		case len(bytes.TrimSpace(line)) == 0:
			continue
		}
		at.Count++
		if err := emit(readLine(kind, at.Line, line)); err != nil {
			return 0, err
		}
		if unsaved++; unsaved >= checkpointEvery && lines.terminated {
			if err := emit(at.checkpoint(line)); err != nil {
				return 0, err
			}
			unsaved = 0
		}
	}
}

// readLine is the message of one line.
func readLine(kind schema.Kind, number int64, line []byte) providers.Message {
	record, err := decodeLine(line)
	if err == nil && record.Kind != kind {
		err = fmt.Errorf("%w: its kind is not %s", errNotRecord, kind)
	}
	if err != nil {
		return unreadable(kind, number, err)
	}
	return providers.Message{Record: record}
}

func unreadable(kind schema.Kind, number int64, err error) providers.Message {
	return providers.Message{Failed: &providers.ItemFailed{
		Key: schema.Key{Kind: kind, ID: fmt.Sprintf("line %d", number)},
		Problem: &providers.Error{Code: providers.CodeInvalid, Op: "read", Subject: fmt.Sprintf("line %d of %s", number, kindFileName(kind)),
			Message: schema.Printable(err.Error()), Hint: "repair the line in the archive", Err: err},
	}}
}

// position is what a cursor holds: a place in a file and the line before it, by
// which the file is known again.
type position struct {
	End   int64  `json:"end"`   // bytes read
	Line  int64  `json:"line"`  // lines read
	Count int64  `json:"count"` // of them not blank
	Size  int64  `json:"size"`  // of the last line, with its line feed
	Sum   string `json:"sum"`   // of the last line, with its line feed
}

func (p position) checkpoint(line []byte) providers.Message {
	line = append(slices.Clone(line), '\n')
	p.Size, p.Sum = int64(len(line)), lineSum(bytes.NewReader(line))
	text, err := json.Marshal(p)
	if err != nil {
		panic("directory: a position is not JSON: " + err.Error())
	}
	cursor := schema.Cursor(text)
	return providers.Message{Checkpoint: &cursor}
}

// lineSum returns the digest of what is left in r, or "" when it cannot be read.
func lineSum(r io.Reader) string {
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// resume moves file to where a cursor points. When the file is not the one that
// the cursor is about any more, it is read from its beginning: reading a record
// twice does no harm, leaving one out would.
func resume(file *os.File, cursor schema.Cursor) (position, error) {
	var p position
	if cursor == "" || json.Unmarshal([]byte(cursor), &p) != nil {
		return position{}, nil
	}
	if p.Size < 1 || p.Size > maxLine+1 || p.End < p.Size || p.Line < 1 || p.Count < 1 {
		return position{}, nil
	}
	last := io.NewSectionReader(file, p.End-p.Size, p.Size)
	if lineSum(last) != p.Sum {
		return position{}, nil
	}
	_, err := file.Seek(p.End, io.SeekStart)
	return p, err
}

// measure reads the file of a kind and tells what a manifest would.
func (r records) measure(ctx context.Context, kind schema.Kind) (kindFile, error) {
	measured := kindFile{File: kindFileName(kind)}
	file, err := openRegular(r.tree, r.at.kind(kind))
	if err != nil {
		return measured, err
	}
	defer file.Close()
	hash := sha256.New()
	lines := newLineReader(io.TeeReader(file, hash))
	for {
		if err := ctx.Err(); err != nil {
			return measured, err
		}
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			measured.Bytes, measured.SHA256 = lines.offset, hex.EncodeToString(hash.Sum(nil))
			return measured, nil
		case err != nil && !errors.Is(err, errLongLine):
			return measured, err
		case err != nil || len(bytes.TrimSpace(line)) > 0:
			measured.Count++
		}
	}
}
