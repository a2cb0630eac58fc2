package history

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// tagger writes the new form of tags.
type tagger struct {
	*resolver
	editor *editor
	ids    bool
	out    sink
	table  table // of the tags of earlier calls

	became     map[gitpack.ID]gitpack.ID // tags, and trees that are named by refs or tags
	made       []pair                    // in this call
	signatures int64
}

// convert finds out what a tag became. Those that it tags come before it.
func (t *tagger) convert(raw gitpack.ID) error {
	became, ok, err := t.table.get(raw)
	if err != nil {
		return err
	}
	if ok {
		t.became[raw] = became
		return nil
	}
	_, data, err := t.store.Read(raw)
	if err != nil {
		return fmt.Errorf("read tag %s: %w", raw, err)
	}
	became = raw
	if about, ok := parseTag(data); ok {
		var failed error
		to := renames{object: func(id gitpack.ID) gitpack.ID {
			became, err := t.object(id, about.kind)
			if err != nil {
				failed = err
			}
			return became
		}}
		if t.ids {
			to.mention = func(digits []byte) []byte {
				became, err := t.rename(digits, about.date, []gitpack.ID{about.object})
				if err != nil {
					failed = err
				}
				return became
			}
		}
		edited, dropped := t.editor.tag(data, to)
		if failed != nil {
			return fmt.Errorf("rewrite tag %s: %w", raw, failed)
		}
		if edited != nil {
			t.signatures += dropped
			if became, err = t.out.Put(gitpack.Tag, edited); err != nil {
				return fmt.Errorf("write tag %s: %w", raw, err)
			}
		}
	}
	t.became[raw] = became
	t.made = append(t.made, pair{raw, became})
	return nil
}

// convertTree finds out what a tree became that a ref or tag names. It is kept with the
// tags, so that its large files are told once.
func (t *tagger) convertTree(ctx context.Context, f *forester, raw gitpack.ID) error {
	became, ok, err := t.table.get(raw)
	if err != nil {
		return err
	}
	if !ok {
		if became, err = f.root(ctx, raw); err != nil {
			return fmt.Errorf("large files of tree %s: %w", raw, err)
		}
		t.made = append(t.made, pair{raw, became})
	}
	t.became[raw] = became
	return nil
}

// object returns what became of an object of a kind.
func (t *tagger) object(id gitpack.ID, kind string) (gitpack.ID, error) {
	if became, ok := t.became[id]; ok {
		return became, nil
	}
	if kind == gitpack.Commit.String() {
		if became, ok, err := t.get(id); ok || err != nil {
			return became, err
		}
	}
	return id, nil
}
