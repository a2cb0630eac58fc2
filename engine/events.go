package engine

import (
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Event is something that happened during an apply. The set is closed: the
// types of this file. Progress bars, plain lines, JSON, the log and the tests
// are consumers of the same events.
type Event interface {
	// Name is the event's type as JSON output spells it.
	Name() string
}

// RunStarted comes first.
type RunStarted struct {
	Run       string `json:"run"`
	Changeset string `json:"changeset"`
	Resources int    `json:"resources"` // to be worked on
}

// StageStarted says that a stage of a resource begins, or begins again.
type StageStarted struct {
	Address schema.Address `json:"address"`
	Stage   Stage          `json:"stage"`
	Stream  string         `json:"stream,omitempty"`
	Attempt int            `json:"attempt"` // from 1
}

// StageProgress reports a step forward. Total is 0 when not known.
type StageProgress struct {
	Address schema.Address `json:"address"`
	Stage   Stage          `json:"stage"`
	Stream  string         `json:"stream,omitempty"`
	Phase   string         `json:"phase,omitempty"`
	Done    int64          `json:"done"`
	Total   int64          `json:"total,omitempty"`
	Unit    string         `json:"unit,omitempty"`
}

// StageDone says that a stage ended well.
type StageDone struct {
	Address schema.Address `json:"address"`
	Stage   Stage          `json:"stage"`
	Stream  string         `json:"stream,omitempty"`
}

// Checkpoint says that a stream's cursor and everything before it is stored.
type Checkpoint struct {
	Address schema.Address `json:"address"`
	Stream  string         `json:"stream"`
	Items   int64          `json:"items"` // settled in this pass so far
}

// ItemFailed says that one object could not be carried over.
type ItemFailed struct {
	Failure schema.Failure `json:"failure"`
}

// Throttled says that one end asked to wait.
type Throttled struct {
	Address    schema.Address `json:"address"`
	Connection string         `json:"connection"` // such as source.github.acme
	Until      time.Time      `json:"until"`
	Reason     string         `json:"reason,omitempty"`
}

// Retrying says that a stage failed in a way that may pass, and will be tried
// again.
type Retrying struct {
	Address schema.Address   `json:"address"`
	Stage   Stage            `json:"stage"`
	At      time.Time        `json:"at"`
	Problem *providers.Error `json:"problem"`
}

// RemoteStatus says how an import stands that a forge carries out by itself.
type RemoteStatus struct {
	Address    schema.Address `json:"address"`
	Connection string         `json:"connection"` // such as target.gitlab.new
	Job        schema.Job     `json:"job"`

	// Problem says why it could not be cancelled.
	Problem *providers.Error `json:"problem,omitempty"`
}

// ResourceDone closes a resource, whatever became of it.
type ResourceDone struct {
	Address  schema.Address   `json:"address"`
	Action   Action           `json:"action"`
	Phase    schema.Phase     `json:"phase"`
	Counts   schema.Counts    `json:"counts,omitempty"`
	Commits  int64            `json:"commits,omitempty"`
	Failures int64            `json:"failures,omitempty"`
	Elapsed  time.Duration    `json:"elapsed_ns"`
	Problem  *providers.Error `json:"problem,omitempty"`
}

// RunDone comes last.
type RunDone struct {
	Outcome Outcome `json:"outcome"`
}

func (RunStarted) Name() string    { return "run_start" }
func (StageStarted) Name() string  { return "stage_start" }
func (StageProgress) Name() string { return "stage_progress" }
func (StageDone) Name() string     { return "stage_done" }
func (Checkpoint) Name() string    { return "checkpoint" }
func (ItemFailed) Name() string    { return "item_failed" }
func (Throttled) Name() string     { return "throttle" }
func (Retrying) Name() string      { return "retry" }
func (RemoteStatus) Name() string  { return "remote_status" }
func (ResourceDone) Name() string  { return "resource_done" }
func (RunDone) Name() string       { return "run_done" }
