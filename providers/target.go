package providers

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/drover-migrate/drover/schema"
)

// Target writes a target system.
//
// A Target does not retry a write that may have reached the other side: it
// returns CodeUnavailable, and the engine asks Find or Inspect before it tries
// again. Nothing is deleted or overwritten that the request does not name.
type Target interface {
	// Inspect tells what stands at places, one answer for each, in any order.
	// It also judges names: a place that the target would refuse comes back
	// with a Problem of CodeInvalid whose Attribute says which setting is at
	// fault. It is asked on every plan, about many at once.
	Inspect(ctx context.Context, places []Place) iter.Seq2[Standing, error]

	// Create makes the repository, marks it with req.Marker, and returns its
	// Ref. When a repository with the same marker stands there already, Create
	// returns that one; with another marker, or none, it fails with
	// CodeConflict unless req.Adopt is set.
	Create(ctx context.Context, req CreateRequest) (schema.Ref, error)

	// Move renames the repository to another place.
	Move(ctx context.Context, repo schema.Ref, to Place) (schema.Ref, error)

	// Push makes the repository's refs those of the request, objects first. A
	// ref whose value at the target is neither the expected nor the new one is
	// refused with CodeConflict, unless req.Overwrite is set. Refs that the
	// request does not name are left alone. Pushing twice changes nothing.
	Push(ctx context.Context, req PushRequest, observe func(Progress)) (Pushed, error)

	// Write stores records in the order given and answers each. A record with
	// a Ref is updated in place. One record's failure is in its answer; an
	// error concerns the whole call and leaves it open which records were
	// stored.
	Write(ctx context.Context, req WriteRequest) ([]Written, error)

	// Find tells which of the wanted objects the target holds, as their Refs as
	// they stand now, in the order of wanted; a zero Ref is one that it does not
	// hold.
	Find(ctx context.Context, repo schema.Ref, wanted []Wanted) ([]schema.Ref, error)

	// Finish completes what Write may have deferred and returns the numbers of
	// records that the target now holds, by kind. Kinds that it cannot count,
	// or counts together with others, are left out.
	Finish(ctx context.Context, req FinishRequest) (map[schema.Kind]int64, error)

	// StartImport makes the forge import by itself what the request names, and
	// returns the job as soon as the forge has accepted it. It is not tried
	// again when its outcome is open: the engine asks FindImport first.
	StartImport(ctx context.Context, req ImportRequest) (schema.Job, error)

	// FindImport looks for a job that StartImport may have started. The zero Job
	// means that there is none.
	FindImport(ctx context.Context, req ImportRequest) (schema.Job, error)

	// PollImport tells how far a job has come, with all that failed in it so
	// far. CodeNotFound: the forge knows no such job, or what it fills is gone.
	PollImport(ctx context.Context, job schema.Job) (ImportStatus, error)

	// CancelImport asks the forge to cancel a job and returns how it stands
	// then. What it has brought stays. CodeConflict: it had ended before;
	// CodeNotFound, CodeDenied, CodeAuth as usual.
	CancelImport(ctx context.Context, job schema.Job) (schema.Job, error)

	// Close signs out and releases what the target holds.
	Close() error
}

// Place is where a repository goes.
type Place struct {
	ID        int             `json:"id"`        // repeated in the answer
	Namespace string          `json:"namespace"` // may hold slashes; empty is the root
	Name      string          `json:"name"`
	Placement json.RawMessage `json:"placement,omitempty"` // settings of the repository block that are the target's
	Ref       schema.Ref      `json:"ref,omitzero"`        // the repository that ought to stand there, when known

	// CreateNamespace says that a namespace that does not exist is to be made.
	// Otherwise a place in one is a Problem of CodeNotFound whose Attribute is
	// target_namespace.
	CreateNamespace bool `json:"create_namespace,omitempty"`

	// Block is the word of the block that wants something there: repository,
	// group or gists. Empty is repository.
	Block string `json:"block,omitempty"`

	// Visibility is that of the source repository, where it is known: public,
	// internal, private.
	Visibility string `json:"visibility,omitempty"`

	// Counts asks for Standing.Counts, which may cost many requests.
	Counts bool `json:"counts,omitempty"`
}

// Path is the place as people write it.
func (p Place) Path() string {
	if p.Namespace == "" {
		return p.Name
	}
	return p.Namespace + "/" + p.Name
}

// Standing is what stands at a place.
type Standing struct {
	ID int `json:"id"`

	Exists bool       `json:"exists"`
	Ref    schema.Ref `json:"ref,omitzero"`

	// Namespace and Name are where it stands, which may be another place than
	// the one asked about: it was found by its Ref.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`

	// Notices are what a plan should say of the place, each a sentence: that
	// everything there will belong to one person, that people see more or less
	// than at the source.
	Notices []string `json:"notices,omitempty"`

	// Marker is the identity of the source repository that it was made for, or
	// empty when it was not made by Drover.
	Marker string `json:"marker,omitempty"`

	Refs          map[string]string     `json:"refs,omitempty"` // of the code
	WikiRefs      map[string]string     `json:"wiki_refs,omitempty"`
	DefaultBranch string                `json:"default_branch,omitempty"`
	Counts        map[schema.Kind]int64 `json:"counts,omitempty"` // as Finish tells them; only when asked for

	// Problem says that the place cannot be used or could not be looked at.
	Problem *Error `json:"problem,omitempty"`
}

// CreateRequest asks for a repository.
type CreateRequest struct {
	Place         Place              `json:"place"`
	Marker        string             `json:"marker"` // the source repository's identity
	ObjectFormat  string             `json:"object_format,omitempty"`
	DefaultBranch string             `json:"default_branch,omitempty"`
	Settings      *schema.Repository `json:"settings,omitempty"` // when the source told them before
	Adopt         bool               `json:"adopt,omitempty"`
}

// PushRequest asks for git data to be stored.
type PushRequest struct {
	Repo          schema.Ref  `json:"repo"`
	Part          Part        `json:"part"`
	Dir           string      `json:"dir"` // the bare repository to push from, absolute
	Updates       []RefUpdate `json:"updates"`
	DefaultBranch string      `json:"default_branch,omitempty"`
	Overwrite     bool        `json:"overwrite,omitempty"`

	// Placement holds the settings of the repository block that are the
	// target's, here and in the other requests.
	Placement json.RawMessage `json:"placement,omitempty"`
}

// RefUpdate moves one ref. Old is its expected value at the target, empty when
// it should not exist there; New is the value wanted, empty to delete it.
type RefUpdate struct {
	Name string `json:"name"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Pushed is what a push left at the target.
type Pushed struct {
	Refs   map[string]string `json:"refs"` // of the part, all of them
	LFS    schema.Count      `json:"lfs,omitzero"`
	Failed []ItemFailed      `json:"failed,omitempty"` // refs or LFS objects that were refused
}

// WriteRequest asks for records to be stored.
type WriteRequest struct {
	Repo      schema.Ref      `json:"repo"`
	Writes    []Write         `json:"writes"` // at most TargetDescription.Batch
	Placement json.RawMessage `json:"placement,omitempty"`
}

// FinishRequest asks for a repository to be completed.
type FinishRequest struct {
	Repo      schema.Ref      `json:"repo"`
	Placement json.RawMessage `json:"placement,omitempty"`
}

// ImportRequest asks a forge to import something by itself.
type ImportRequest struct {
	Source   string          `json:"source"`   // name of the source's provider
	Settings json.RawMessage `json:"settings"` // of its source block; secrets absent

	// Secrets are those of the source block, which the forge needs to sign in
	// there. What Config says of secrets holds for them.
	Secrets map[string]string `json:"-"`

	Block    string `json:"block"` // repository, group or gists
	Repo     Repo   `json:"repo"`  // its settings, and the identity that the source told
	FullName string `json:"full_name,omitempty"`
	URL      string `json:"url,omitempty"`
	Place    Place  `json:"place"`

	// Expected is how many objects the source holds, where it knows.
	Expected map[schema.Kind]int64 `json:"expected,omitempty"`

	// Largest is what Facts.Largest of the source is.
	Largest []Sized `json:"largest,omitempty"`
}

// ImportStatus is how far a job has come.
type ImportStatus struct {
	Job      schema.Job          `json:"job"`
	Failures []schema.JobFailure `json:"failures,omitempty"` // of the job itself; those of entities stand there
}

// Write is one record to be stored.
type Write struct {
	Record schema.Record `json:"record"`
	Ref    schema.Ref    `json:"ref,omitzero"` // the object to update; zero: create

	// Overwrite says that the object may be written over although somebody
	// changed it at the target. Otherwise an object whose version is no longer
	// that of Ref is left as it is, with a Problem of CodeConflict.
	Overwrite bool `json:"overwrite,omitempty"`

	// Related are the refs at the target of the record's parent and of the
	// records in its After, where they exist.
	Related []Related `json:"related,omitempty"`

	// Content is the absolute path of a file with the record's blob, its
	// digest and size already checked. Empty when the record has none.
	Content string `json:"content,omitempty"`
}

// Related is an object that a record names, at the target.
type Related struct {
	Key schema.Key `json:"key"`
	Ref schema.Ref `json:"ref"`
}

// Written answers one Write. Problem is nil when the record is stored, which
// means that it survives the death of the provider.
type Written struct {
	Ref      schema.Ref `json:"ref,omitzero"`
	Problem  *Error     `json:"problem,omitempty"`
	Degraded string     `json:"degraded,omitempty"` // what this object lost, as a sentence that is the same for all that lost the same
	Skipped  string     `json:"skipped,omitempty"`  // why nothing was stored, on purpose, likewise; Ref and Problem are zero then
}

// Wanted is an object that Find is asked about.
type Wanted struct {
	Key schema.Key `json:"key"`
	Ref schema.Ref `json:"ref,omitzero"` // where it stood, when known

	// Parent is the record's parent with its Ref, where both are known.
	Parent *Related `json:"parent,omitempty"`

	// Number is the number of an issue, change or discussion, when known.
	Number int64 `json:"number,omitempty"`
}

// WantedKeys asks about objects of which nothing is known but their keys.
func WantedKeys(keys ...schema.Key) []Wanted {
	wanted := make([]Wanted, len(keys))
	for i, k := range keys {
		wanted[i].Key = k
	}
	return wanted
}

// UnimplementedTarget refuses everything with CodeUnsupported. Embed it to
// implement part of Target.
type UnimplementedTarget struct{}

func (UnimplementedTarget) Inspect(context.Context, []Place) iter.Seq2[Standing, error] {
	return func(yield func(Standing, error) bool) { yield(Standing{}, Unsupported("inspect")) }
}

func (UnimplementedTarget) Create(context.Context, CreateRequest) (schema.Ref, error) {
	return schema.Ref{}, Unsupported("create a repository")
}

func (UnimplementedTarget) Move(context.Context, schema.Ref, Place) (schema.Ref, error) {
	return schema.Ref{}, Unsupported("move a repository")
}

func (UnimplementedTarget) Push(context.Context, PushRequest, func(Progress)) (Pushed, error) {
	return Pushed{}, Unsupported("push")
}

func (UnimplementedTarget) Write(context.Context, WriteRequest) ([]Written, error) {
	return nil, Unsupported("write records")
}

func (UnimplementedTarget) Find(context.Context, schema.Ref, []Wanted) ([]schema.Ref, error) {
	return nil, Unsupported("find records")
}

func (UnimplementedTarget) Finish(context.Context, FinishRequest) (map[schema.Kind]int64, error) {
	return nil, Unsupported("finish")
}

func (UnimplementedTarget) StartImport(context.Context, ImportRequest) (schema.Job, error) {
	return schema.Job{}, Unsupported("start an import")
}

func (UnimplementedTarget) FindImport(context.Context, ImportRequest) (schema.Job, error) {
	return schema.Job{}, Unsupported("find an import")
}

func (UnimplementedTarget) PollImport(context.Context, schema.Job) (ImportStatus, error) {
	return ImportStatus{}, Unsupported("ask about an import")
}

func (UnimplementedTarget) CancelImport(context.Context, schema.Job) (schema.Job, error) {
	return schema.Job{}, Unsupported("cancel an import")
}

func (UnimplementedTarget) Close() error { return nil }
