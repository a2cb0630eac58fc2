package schema

import "encoding/json"

// Phase is how far a resource has come.
type Phase string

// The phases of a resource. Synced means that everything the plan wanted is at
// the target and was verified; partial that some items failed and the rest is
// there.
const (
	PhasePlanned  Phase = "planned"
	PhaseSyncing  Phase = "syncing"
	PhaseSynced   Phase = "synced"
	PhasePartial  Phase = "partial"
	PhaseFailed   Phase = "failed"
	PhaseCanceled Phase = "canceled"
)

// Entry is what the state remembers of one resource.
type Entry struct {
	Address Address `json:"address"`

	Source     string `json:"source"`    // fingerprint of the source connection
	Identity   string `json:"identity"`  // the repository's permanent id there
	FullName   string `json:"full_name"` // its name there, when last seen
	SourceURL  string `json:"source_url,omitempty"`
	SourceName string `json:"source_name,omitempty"` // the target's default name for it

	Target    string `json:"target"` // fingerprint of the target connection
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	TargetRef Ref    `json:"target_ref"` // the repository at the target; zero until created

	// Connections are the source and target as last configured, secrets
	// absent, so that a resource that left its plan can still be looked at.
	Connections json.RawMessage `json:"connections,omitempty"`

	Phase        Phase           `json:"phase"`
	Stage        string          `json:"stage,omitempty"`        // where an unfinished run stands
	Settings     json.RawMessage `json:"settings"`               // the wanted settings as last applied
	SettingsHash string          `json:"settings_hash"`          // digest of what they ask for
	AuthorsHash  string          `json:"authors_hash,omitempty"` // digest of how people and large files in the history were mapped; empty: not at all

	SourceHash  string `json:"source_hash,omitempty"` // Facts.Hash when everything was carried over
	ETag        string `json:"etag,omitempty"`        // the source's validator of those facts
	RefsHash    string `json:"refs_hash,omitempty"`   // DigestRefs of the refs we left at the target
	SourceRefs  string `json:"source_refs,omitempty"` // DigestRefs of the source's refs behind them
	CommitCount int64  `json:"commit_count,omitempty"`

	Changeset string `json:"changeset,omitempty"` // digest of the changeset that wrote last
	Rev       int64  `json:"rev"`                 // goes up with every write
	Epoch     int64  `json:"epoch"`               // goes up with every claim
	Run       string `json:"run"`                 // the run that wrote last
	CreatedAt Time   `json:"created_at,omitzero"`
	UpdatedAt Time   `json:"updated_at,omitzero"`
}

// ItemState is how far one item has come.
type ItemState string

// The states of an item. An intent found when no run is active was cut off
// between its write and its record, and is settled by asking the target.
const (
	ItemIntent  ItemState = "intent"
	ItemDone    ItemState = "done"
	ItemFailed  ItemState = "failed"
	ItemSkipped ItemState = "skipped"
	ItemGone    ItemState = "gone" // left the source; the target keeps it
)

// Item is one line of the ledger: what became of one object of a resource.
type Item struct {
	Key      Key       `json:"key"`
	Revision string    `json:"revision"`
	Ref      Ref       `json:"ref,omitzero"`
	State    ItemState `json:"state"`

	// Content is the digest of what was written, when that is not what the
	// source has: people and references are the target's.
	Content string `json:"content,omitempty"`

	// Note says what the object lost at the target, or why it was skipped.
	Note string `json:"note,omitempty"`

	Parent Key   `json:"parent,omitzero"`  // of the record, when it has one
	Number int64 `json:"number,omitempty"` // of an issue, change or discussion
}

// Reference is what a text refers to: an object of a repository, by one of its
// names, or the repository itself.
type Reference struct {
	// Repository is its full name at the source; empty for the one that the
	// text belongs to.
	Repository string `json:"repository,omitempty"`

	// Name is how texts of that repository call the object, as in Name.Text.
	// Empty: the repository itself.
	Name string `json:"name,omitempty"`
}

// Waiting is an item whose text refers to things that were not at the target
// when it was written. It replaces what was known of the item before.
type Waiting struct {
	Key        Key         `json:"key"`
	References []Reference `json:"references,omitempty"` // none: it waits for nothing any more
}

// Failure is an item that could not be carried over, for a person to look at.
type Failure struct {
	Address Address `json:"address"`
	Key     Key     `json:"key"`
	Title   string  `json:"title,omitempty"`
	URL     string  `json:"url,omitempty"`   // the object at the source
	Stage   string  `json:"stage"`           // the stage that met it
	Step    string  `json:"step"`            // extractor, transformer, loader, or another that a forge names
	Code    string  `json:"code"`            // of providers.Error
	Class   string  `json:"class,omitempty"` // the forge's own name of the error, when a forge met it
	Message string  `json:"message"`
	Hint    string  `json:"hint,omitempty"`
	ID      string  `json:"correlation_id"` // stands in the log beside the same event
	Run     string  `json:"run"`
	At      Time    `json:"at,omitzero"`
}

// Count is the account of one kind of one resource. It adds up when
// Source = Imported + Skipped + Failed.
type Count struct {
	Source   int64 `json:"source"`   // what the source holds
	Fetched  int64 `json:"fetched"`  // what was read
	Imported int64 `json:"imported"` // what the target stored
	Skipped  int64 `json:"skipped"`  // left out on purpose
	Failed   int64 `json:"failed"`
}

// AddsUp reports whether nothing is missing without an explanation.
func (c Count) AddsUp() bool { return c.Source == c.Imported+c.Skipped+c.Failed }

// Counts is the account of a resource, by kind.
type Counts map[Kind]Count

// Stream is how far the reading of one stream has come. Each pass reads it
// from the beginning, in as many runs as it takes.
type Stream struct {
	Cursor Cursor `json:"cursor,omitempty"`
	Pass   int64  `json:"pass"`
	Done   bool   `json:"done"` // the pass was finished

	// Validator is that of the last finished pass, and empty while one is
	// under way: what has been written since no longer matches it.
	Validator string `json:"validator,omitempty"`

	// Since is where the last finished pass said that the next may start; of
	// an unfinished pass, where it started. Empty: at the beginning.
	Since Cursor `json:"since,omitempty"`

	// Source counts what the source held, by kind, when a pass was last
	// finished, as far as it was counted.
	Source map[Kind]int64 `json:"source,omitempty"`
}

// PassEnd is how the reading of a stream ended.
type PassEnd struct {
	Validator string // of the source's facts; see Stream
	Next      Cursor // where the next pass may start; see Stream.Since

	// Source counts what the source holds, by kind. A kind that is left out was
	// not counted: there is as much of it as is known.
	Source map[Kind]int64

	// Complete says that what the pass neither yielded nor kept is gone.
	Complete bool
}

// Batch is what became of some objects of one resource, recorded at once.
type Batch struct {
	// Stream and Pass name the pass that read the objects. An empty Stream is
	// for objects that no stream yields, and for intents that were settled;
	// such a batch has no Cursor and nothing in Seen.
	Stream string
	Pass   int64

	// Cursor is where the pass resumes; empty when it has not moved.
	Cursor Cursor

	Items    []Item    // done, failed or skipped; gone, when an intent was settled
	Seen     []Key     // of known items that have not changed
	Failures []Failure // of this batch; they replace open ones of the same key and stage
	Gone     []Key     // objects that the source says were deleted
	Kept     []Key     // known items that have not changed, nor what belongs to them
	Whole    []Key     // items all of whose children this pass has yielded: the others are gone
	Names    []Name    // how texts refer to items that are done
	Waiting  []Waiting // of these items
}

// RunKind says what a run was for.
type RunKind string

// The kinds of run.
const (
	RunApply RunKind = "apply"
	RunEdit  RunKind = "edit" // a drover state command
)

// Run is one execution that may write to the state.
type Run struct {
	ID        string  `json:"id"`
	Kind      RunKind `json:"kind"`
	Started   Time    `json:"started"`
	Ended     Time    `json:"ended,omitzero"`
	Outcome   string  `json:"outcome,omitempty"` // ok, partial, failed, canceled, crashed
	Version   string  `json:"version"`           // of Drover
	Actor     string  `json:"actor,omitempty"`
	Host      string  `json:"host,omitempty"`
	PID       int     `json:"pid,omitempty"`
	Changeset string  `json:"changeset,omitempty"`
	Summary   string  `json:"summary,omitempty"`
}

// StateInfo identifies a state.
type StateInfo struct {
	Lineage    string `json:"lineage"`    // random, given when the state is made
	Generation int64  `json:"generation"` // goes up with every run that writes
}
