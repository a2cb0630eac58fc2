package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// UnitFormat is the version of the JSON of Unit and Result.
const UnitFormat = 1

// Unit is one stage of one resource: the smallest piece of work that an
// executor hands out. It is small and made of JSON, so that it can be carried
// out by another process or by the same one; secrets are only named in it.
type Unit struct {
	Format    int             `json:"format"`
	Run       string          `json:"run"`
	Changeset string          `json:"changeset"`
	Epoch     int64           `json:"epoch"` // of the claim under which it may write
	Change    Change          `json:"change"`
	Step      Step            `json:"step"`
	Progress  json.RawMessage `json:"progress,omitempty"` // what earlier stages left, a Progress
}

// Progress is what the stages of a resource hand on to each other. It is small:
// what is large lies in the workspace or in the state.
type Progress struct {
	Facts        SourceFacts           `json:"facts,omitzero"`
	ObjectFormat string                `json:"object_format,omitempty"`
	Commits      int64                 `json:"commits,omitempty"`
	Heads        map[string]string     `json:"heads,omitempty"` // default branch by part, a full ref name
	Repos        map[string]string     `json:"repos,omitempty"` // what to push by part: a name in the workspace
	Target       schema.Ref            `json:"target,omitzero"`
	Refs         *schema.Count         `json:"refs,omitempty"` // nil: git data was not looked at
	LFS          *schema.Count         `json:"lfs,omitempty"`
	Counts       schema.Counts         `json:"counts,omitempty"`   // what a forge tells that it imported
	Canceled     bool                  `json:"canceled,omitempty"` // the import was, at the forge
	Offered      map[schema.Kind]int64 `json:"offered,omitempty"`  // what the source says it holds
}

// Result is what a unit came to.
type Result struct {
	Format   int              `json:"format"`
	Progress json.RawMessage  `json:"progress,omitempty"`
	Failures int64            `json:"failures,omitempty"` // objects that failed in it
	Problem  *providers.Error `json:"problem,omitempty"`  // why the stage as a whole failed
}

// Runner carries out units. It must not rely on having carried out the ones
// before.
type Runner interface {
	// Run carries out one unit. The returned error is a fault of Drover or of
	// the state, or the end of ctx; what an end refused is in the Result.
	Run(ctx context.Context, u Unit, observe func(Event)) (Result, error)
}

// throughJSON makes a copy of v that shares nothing with it, the way another
// process would receive it.
func throughJSON[T any](v T) (T, error) {
	var out T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return out, fmt.Errorf("hand on %T: %w", v, err)
	}
	return out, nil
}
