package history

import (
	"fmt"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/schema"
)

// Codes of losses.
const (
	LossRemoved   = "history.large_file_removed"
	LossKept      = "history.large_file_kept"
	LossSignature = "history.signature_dropped"
)

// maxLosses bounds how many losses of one code are listed one by one.
const maxLosses = 1000

// losses gathers what a rewrite could not keep.
type losses struct {
	list  []schema.Loss
	at    map[lossKey]int
	count map[string]int // by code
}

type lossKey struct{ code, path string }

func newLosses(list []schema.Loss) *losses {
	l := &losses{at: map[lossKey]int{}, count: map[string]int{}}
	for _, loss := range list {
		l.add(loss)
	}
	return l
}

// add counts a loss with others at the same path, and past maxLosses with all
// others of its code.
func (l *losses) add(loss schema.Loss) {
	key := lossKey{loss.Code, loss.Path}
	i, ok := l.at[key]
	if !ok && loss.Path != "" && l.count[loss.Code] >= maxLosses {
		loss.Path, loss.Revision, loss.Message = "", "", "there are more of these"
		key.path = ""
		i, ok = l.at[key]
	}
	if ok {
		l.list[i].Count += loss.Count
		return
	}
	l.at[key] = len(l.list)
	l.count[loss.Code]++
	l.list = append(l.list, loss)
}

func (l *losses) removed(f found, commit gitpack.ID) {
	l.add(schema.Loss{
		Code: LossRemoved, Path: f.path, Revision: commit.String(), Count: 1,
		Message: fmt.Sprintf("a file of %d bytes was removed from the history", f.size),
	})
}

func (l *losses) kept(path string, blob gitpack.ID, why string) {
	l.add(schema.Loss{
		Code: LossKept, Path: path, Count: 1,
		Message: fmt.Sprintf("the large file %s stays in the history, because %s", blob, why),
	})
}

func (l *losses) signatures(n int64) {
	if n > 0 {
		l.add(schema.Loss{Code: LossSignature, Count: n, Message: "signatures of commits and tags that changed were dropped"})
	}
}
