package stream

import (
	"encoding/json"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Mark is how far a reading of threads has come: the part of a cursor that sources
// have in common, to be embedded in theirs.
type Mark struct {
	Version int                   `json:"v"`
	Done    int64                 `json:"done"`            // all numbers up to this one
	Whole   bool                  `json:"whole,omitempty"` // everything is read, whatever Since says
	Files   int64                 `json:"files,omitempty"` // attachments that were left out
	Counts  map[schema.Kind]int64 `json:"counts,omitempty"`
}

// After yields the numbers of the threads that are left.
func (m *Mark) After(numbers []int64) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for _, n := range numbers {
			if n > m.Done && !yield(n, nil) {
				return
			}
		}
	}
}

// Encode writes a cursor of a source.
func Encode(cursor any) schema.Cursor {
	data, err := json.Marshal(cursor)
	if err != nil {
		panic("stream: a cursor that is not JSON: " + err.Error())
	}
	return schema.Cursor(data)
}

// Decode reads what Encode wrote. It reports false for anything else.
func Decode(from schema.Cursor, into any) bool { return json.Unmarshal([]byte(from), into) == nil }

// Resume replaces a cursor by the one from which a reading goes on, when there is
// one. A cursor that is not valid is refused: the engine then begins anew.
func Resume[C any](cursor *C, from schema.Cursor, valid func(C) bool) error {
	if from == "" {
		return nil
	}
	var c C
	if !Decode(from, &c) || !valid(c) {
		return &providers.Error{Code: providers.CodeInvalid, Op: "read threads", Message: "the cursor is not one of this version of the provider", Hint: "read from the beginning"}
	}
	*cursor = c
	return nil
}
