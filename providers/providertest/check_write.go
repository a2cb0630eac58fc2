package providertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	mostBatch = 1000     // records of the largest batch that is tried
	largeBody = 10 << 20 // bytes of the largest text
	manyRefs  = 5000
)

func writeChecks() []check {
	return []check{
		{"Write", "what was written is found", LevelRecords, checkWrite},
		{"Write", "writing a record again leaves one", LevelRecords, checkWriteTwice},
		{"Write", "one record that fails does not stop the others", LevelRecords, checkWriteFailure},
		{"Write", "a child is stored under its parent", LevelRecords, checkWriteChild},
		{"Write", "a batch may be as large as described", LevelRecords, checkWriteBatch},
		{"Write", "a content is stored with its record", LevelFull, checkWriteContent},
		{"Find", "answers come in the order of the keys, and are empty for what is not there", LevelRecords, checkFind},
		{"Finish", "counts are those of the records, each time", LevelRecords, checkFinish},
	}
}

func targetLimitChecks() []check {
	return []check{
		{"Limits", "a text of 10 MiB is stored or refused", LevelFull, checkLargeBody},
		{"Limits", "thousands of refs are pushed", LevelFull, checkManyRefs},
	}
}

// store writes records that must be stored, and returns their refs.
func (m made) store(ctx context.Context, writes ...providers.Write) ([]schema.Ref, error) {
	written, err := m.target.Write(ctx, providers.WriteRequest{Repo: m.ref, Writes: writes})
	if err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	if len(written) != len(writes) {
		return nil, fmt.Errorf("%d answers to %d writes", len(written), len(writes))
	}
	refs := make([]schema.Ref, len(written))
	for i, w := range written {
		if w.Problem != nil {
			return nil, fmt.Errorf("write %s: %w", writes[i].Record.Key(), w.Problem)
		}
		if w.Ref.ID == "" {
			return nil, fmt.Errorf("write %s: it has no ref", writes[i].Record.Key())
		}
		refs[i] = w.Ref
	}
	return refs, nil
}

// wantFound checks that keys are found as refs; a zero Ref is one that must not
// be found.
func (m made) wantFound(ctx context.Context, keys []schema.Key, want []schema.Ref) error {
	found, err := m.target.Find(ctx, m.ref, providers.WantedKeys(keys...))
	if err != nil {
		return fmt.Errorf("find: %w", err)
	}
	if len(found) != len(keys) {
		return fmt.Errorf("%d answers to %d keys", len(found), len(keys))
	}
	for i, key := range keys {
		if found[i].ID != want[i].ID {
			return fmt.Errorf("%s is found as %q; it is %q", key, found[i].ID, want[i].ID)
		}
	}
	return nil
}

func writesOf(records []schema.Record) []providers.Write {
	writes := make([]providers.Write, len(records))
	for i, r := range records {
		writes[i].Record = r
	}
	return writes
}

func keysOf(records []schema.Record) []schema.Key {
	keys := make([]schema.Key, len(records))
	for i := range records {
		keys[i] = records[i].Key()
	}
	return keys
}

// forRecords makes a repository and n records for it.
func (b *bench) forRecords(ctx context.Context, what string, n int) (made, []schema.Record, error) {
	if err := b.hasTarget(); err != nil {
		return made{}, nil, err
	}
	if _, ok := b.plainKind(); !ok {
		return made{}, nil, skip("the target carries no kind that stands alone")
	}
	m, err := b.make(ctx, what)
	return m, b.samples(n, "text"), err
}

func checkWrite(ctx context.Context, b *bench) error {
	m, records, err := b.forRecords(ctx, "write", 3)
	if err != nil {
		return err
	}
	refs, err := m.store(ctx, writesOf(records)...)
	if err != nil {
		return err
	}
	return m.wantFound(ctx, keysOf(records), refs)
}

// checkWriteTwice writes as the engine does: what it found is updated.
func checkWriteTwice(ctx context.Context, b *bench) error {
	m, records, err := b.forRecords(ctx, "writetwice", 1)
	if err != nil {
		return err
	}
	refs, err := m.store(ctx, writesOf(records)...)
	if err != nil {
		return err
	}
	kind := records[0].Kind
	for _, revision := range []string{"1", "2"} {
		updated, err := m.store(ctx, providers.Write{Record: sample(kind, 1, revision, "text of "+revision), Ref: refs[0]})
		if err != nil {
			return err
		}
		if updated[0].ID != refs[0].ID {
			return fmt.Errorf("%q was to be updated, and %q was written", refs[0].ID, updated[0].ID)
		}
		refs = updated // its version is another one now
	}
	if err := m.wantCounts(ctx, map[schema.Kind]int64{kind: 1}); err != nil {
		return err
	}
	return m.wantFound(ctx, keysOf(records), refs)
}

func (m made) wantCounts(ctx context.Context, want map[schema.Kind]int64) error {
	counts, err := m.target.Finish(ctx, providers.FinishRequest{Repo: m.ref})
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	for kind, n := range want {
		have, told := counts[kind]
		if !told && kind == schema.KindComment {
			continue // which a target may be unable to tell from reviews
		}
		if have != n {
			return fmt.Errorf("the target holds %d %s; %d were stored", have, kind.Plural(), n)
		}
	}
	return nil
}

func checkWriteFailure(ctx context.Context, b *bench) error {
	m, records, err := b.forRecords(ctx, "writefailure", 3)
	if err != nil {
		return err
	}
	if b.about.Target.Batch < len(records) {
		return skip("the target takes one record at a time")
	}
	writes := writesOf(records)
	writes[1].Ref = schema.Ref{ID: "conformance-no-such-object"} // nothing can be updated there
	written, err := m.target.Write(ctx, providers.WriteRequest{Repo: m.ref, Writes: writes})
	if err != nil {
		return fmt.Errorf("one record that cannot be written fails the whole call: %w", err)
	}
	if len(written) != len(writes) {
		return fmt.Errorf("%d answers to %d writes", len(written), len(writes))
	}
	if err := wantAnswer("the update of an object that is not there", written[1].Problem,
		providers.CodeNotFound, providers.CodeInvalid, providers.CodeConflict); err != nil {
		return err
	}
	for _, i := range []int{0, 2} {
		if written[i].Problem != nil {
			return fmt.Errorf("%s, beside one that cannot be written: %w", records[i].Key(), written[i].Problem)
		}
	}
	return m.wantFound(ctx, keysOf(records), []schema.Ref{written[0].Ref, {}, written[2].Ref})
}

func checkWriteChild(ctx context.Context, b *bench) error {
	if err := b.hasTarget(); err != nil {
		return err
	}
	if b.about.Target.Supports(schema.KindIssue) == nil || b.about.Target.Supports(schema.KindComment) == nil {
		return skip("the target does not carry issues with comments")
	}
	m, err := b.make(ctx, "child")
	if err != nil {
		return err
	}
	issue := sample(schema.KindIssue, 1, "1", "text")
	parent := issue.Key()
	refs, err := m.store(ctx, providers.Write{Record: issue})
	if err != nil {
		return err
	}
	comment := record(schema.KindComment, "11", "1", schema.Comment{Text: "a comment"})
	comment.Parent = &parent
	stored, err := m.store(ctx, providers.Write{Record: comment, Related: []providers.Related{{Key: parent, Ref: refs[0]}}})
	if err != nil {
		return err
	}
	if err := m.wantCounts(ctx, map[schema.Kind]int64{schema.KindIssue: 1, schema.KindComment: 1}); err != nil {
		return err
	}
	found, err := m.target.Find(ctx, m.ref, []providers.Wanted{{Key: comment.Key(), Parent: &providers.Related{Key: parent, Ref: refs[0]}}})
	if err != nil {
		return fmt.Errorf("find: %w", err)
	}
	if len(found) != 1 || found[0].ID != stored[0].ID {
		return fmt.Errorf("%s is found as %v; it is %q", comment.Key(), found, stored[0].ID)
	}
	return nil
}

func checkWriteBatch(ctx context.Context, b *bench) error {
	if err := b.hasTarget(); err != nil {
		return err
	}
	m, records, err := b.forRecords(ctx, "batch", min(b.about.Target.Batch, mostBatch))
	if err != nil {
		return err
	}
	refs, err := m.store(ctx, writesOf(records)...)
	if err != nil {
		return err
	}
	return m.wantFound(ctx, keysOf(records), refs)
}

func checkWriteContent(ctx context.Context, b *bench) error {
	if err := b.hasTarget(); err != nil {
		return err
	}
	if b.about.Target.Supports(schema.KindIssue) == nil || b.about.Target.Supports(schema.KindAttachment) == nil {
		return skip("the target does not carry issues with attachments")
	}
	m, err := b.make(ctx, "content")
	if err != nil {
		return err
	}
	issue := sample(schema.KindIssue, 1, "1", "text")
	parent := issue.Key()
	refs, err := m.store(ctx, providers.Write{Record: issue})
	if err != nil {
		return err
	}
	dir, err := b.tempDir()
	if err != nil {
		return err
	}
	bytes := []byte("the content of an attachment\n")
	file := filepath.Join(dir, "content")
	if err := os.WriteFile(file, bytes, 0o600); err != nil {
		return err
	}
	attachment := record(schema.KindAttachment, "21", "1", schema.Attachment{Name: "notes.txt", MediaType: "text/plain"})
	attachment.Parent = &parent
	attachment.Blob = &schema.Blob{ID: "of another system", SHA256: strings.TrimPrefix(schema.DigestBytes(bytes), "sha256:"), Size: int64(len(bytes))}
	write := providers.Write{Record: attachment, Content: file, Related: []providers.Related{{Key: parent, Ref: refs[0]}}}
	stored, err := m.store(ctx, write)
	if err != nil {
		return err
	}
	// A file has no text that could say what it was at the source, so a target
	// may have to be told where it stood.
	found, err := m.target.Find(ctx, m.ref, []providers.Wanted{{Key: attachment.Key(), Ref: stored[0], Parent: &providers.Related{Key: parent, Ref: refs[0]}}})
	if err != nil {
		return fmt.Errorf("find: %w", err)
	}
	if len(found) != 1 || found[0].ID != stored[0].ID {
		return fmt.Errorf("%s is found as %v; it is %q", attachment.Key(), found, stored[0].ID)
	}
	return nil
}

func checkFind(ctx context.Context, b *bench) error {
	m, records, err := b.forRecords(ctx, "find", 3)
	if err != nil {
		return err
	}
	keys := keysOf(records)
	if err := m.wantFound(ctx, keys, make([]schema.Ref, len(keys))); err != nil {
		return fmt.Errorf("before anything was written: %w", err)
	}
	refs, err := m.store(ctx, providers.Write{Record: records[0]})
	if err != nil {
		return err
	}
	last, err := m.store(ctx, providers.Write{Record: records[2]})
	if err != nil {
		return err
	}
	if err := m.wantFound(ctx, []schema.Key{keys[2], keys[1], keys[0]}, []schema.Ref{last[0], {}, refs[0]}); err != nil {
		return err
	}
	found, err := m.target.Find(ctx, m.ref, nil)
	if err != nil || len(found) != 0 {
		return fmt.Errorf("asked for nothing, Find answers %d refs and the error %v", len(found), err)
	}
	return nil
}

func checkFinish(ctx context.Context, b *bench) error {
	m, records, err := b.forRecords(ctx, "finish", 2)
	if err != nil {
		return err
	}
	kind := records[0].Kind
	if err := m.wantCounts(ctx, map[schema.Kind]int64{kind: 0}); err != nil {
		return fmt.Errorf("before anything was written: %w", err)
	}
	for i, r := range records {
		if _, err := m.store(ctx, providers.Write{Record: r}); err != nil {
			return err
		}
		for range 2 {
			if err := m.wantCounts(ctx, map[schema.Kind]int64{kind: int64(i + 1)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkLargeBody accepts a refusal of the one record, and nothing worse.
func checkLargeBody(ctx context.Context, b *bench) error {
	m, _, err := b.forRecords(ctx, "large", 0)
	if err != nil {
		return err
	}
	kind, _ := b.plainKind()
	large, small := sample(kind, 1, "1", strings.Repeat("long ", largeBody/5)), sample(kind, 2, "1", "short")
	written, err := m.target.Write(ctx, providers.WriteRequest{Repo: m.ref, Writes: []providers.Write{{Record: large}}})
	switch {
	case err != nil:
		return fmt.Errorf("a large record fails the whole call: %w", err)
	case len(written) != 1:
		return fmt.Errorf("%d answers to one write", len(written))
	case written[0].Problem != nil:
		if err := wantAnswer("the large record", written[0].Problem, providers.CodeInvalid, providers.CodeUnsupported, providers.CodeDenied); err != nil {
			return err
		}
	}
	refs, err := m.store(ctx, providers.Write{Record: small})
	if err != nil {
		return fmt.Errorf("after a large record: %w", err)
	}
	return m.wantFound(ctx, []schema.Key{large.Key(), small.Key()}, []schema.Ref{written[0].Ref, refs[0]})
}

func checkManyRefs(ctx context.Context, b *bench) error {
	m, err := b.make(ctx, "manyrefs")
	if err != nil {
		return err
	}
	git, err := b.crowdedRepository(ctx, cmp.Or(b.fixture.Target.Refs, manyRefs))
	if err != nil {
		return err
	}
	result, err := m.target.Push(ctx, git.push(m.ref), ignore)
	if err == nil && len(result.Failed) > 0 {
		err = errors.Join(failures(result.Failed[:1])...)
	}
	if err != nil {
		return err
	}
	return wantRefs(ctx, m, git.refs)
}
