package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Format is the version of the changeset's JSON. A changeset of another format
// is refused.
const Format = 1

// Changeset is a plan that was computed: what drover plan shows and saves and
// drover apply carries out. It holds everything that show needs, and no secret.
type Changeset struct {
	Format int    `json:"format"`
	Drover string `json:"drover"` // version that made it

	Plan  PlanRef          `json:"plan"`
	State schema.StateInfo `json:"state"` // zero when there was no state yet

	Providers []ProviderRef `json:"providers"`
	Options   Options       `json:"options,omitzero"`

	Sources map[string]schema.Connection  `json:"sources,omitempty"`
	Targets map[string]schema.Connection  `json:"targets,omitempty"`
	Secrets map[string]schema.Secret      `json:"secrets,omitempty"`
	Authors map[string]schema.AuthorTable `json:"authors,omitempty"`

	// Listed is how many repositories each discover block listed.
	Listed map[string]int64 `json:"listed,omitempty"`

	Changes     []Change           `json:"changes"`
	Diagnostics schema.Diagnostics `json:"diagnostics,omitempty"` // of no single resource
	Summary     Summary            `json:"summary"`

	// Digest covers everything else, so that a changeset that was cut off or
	// edited is noticed, and so that a reviewer can name the one approved. It
	// stands last; Marshal relies on it.
	Digest string `json:"digest"`
}

// PlanRef names the plan that a changeset was computed from.
type PlanRef struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

// ProviderRef binds a changeset to a provider's executable.
type ProviderRef struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of the executable

	// Source and Target are what the provider described, so that a changeset
	// can be judged without starting it.
	Streams []providers.Stream  `json:"streams,omitempty"`
	Kinds   []providers.Support `json:"kinds,omitempty"`
	Batch   int                 `json:"batch,omitempty"`
	Rewrite bool                `json:"rewrites,omitempty"`

	LaneBatch   int                   `json:"lane_batch,omitempty"`
	Numbers     []schema.Kind         `json:"numbers,omitempty"`
	Imports     []providers.Importing `json:"imports,omitempty"`
	SourcePages schema.Pages          `json:"source_pages,omitempty"`
	OneSequence bool                  `json:"one_sequence,omitempty"`
	TargetPages schema.Pages          `json:"target_pages,omitempty"`

	SnippetFiles int64 `json:"snippet_files,omitempty"`
}

// Options are the choices made on the command line of plan.
type Options struct {
	Only        []string  `json:"only,omitempty"`   // globs on addresses
	Except      []string  `json:"except,omitempty"` // globs on addresses
	Retry       bool      `json:"retry,omitempty"`  // take up resources whose failures are lasting
	Restart     []string  `json:"restart,omitempty"`
	AllowErrors bool      `json:"allow_errors,omitempty"`
	Expires     time.Time `json:"expires,omitzero"`

	// Overrides are the rules of the plan that were told to let it pass.
	Overrides []Override `json:"overrides,omitempty"`
}

// Override lets a plan pass that one of its own rules is against.
type Override struct {
	Rule   string `json:"rule"` // policy.NAME or guard
	Reason string `json:"reason"`
}

// Action is what a changeset does to a resource.
type Action string

// The actions.
const (
	ActionCreate    Action = "create"
	ActionResync    Action = "re-sync"
	ActionRename    Action = "rename"
	ActionAdopt     Action = "adopt"
	ActionResume    Action = "resume"
	ActionRewrite   Action = "rewrite" // published commits get other ids
	ActionUnchanged Action = "unchanged"
	ActionOrphan    Action = "orphan"
	ActionForget    Action = "forget"
	ActionError     Action = "error"
)

// Works reports whether the action has anything to carry out.
func (a Action) Works() bool {
	switch a {
	case ActionCreate, ActionResync, ActionRename, ActionAdopt, ActionResume, ActionRewrite, ActionForget:
		return true
	}
	return false
}

// Stage is one step of a resource's way.
type Stage string

// The stages, in order.
const (
	StageDetect  Stage = "detect"
	StageFetch   Stage = "fetch"
	StageMap     Stage = "map"
	StagePush    Stage = "push"
	StageImport  Stage = "import" // the forge pulls by itself
	StageRecords Stage = "records"
	StageLinks   Stage = "links"
	StageVerify  Stage = "verify"
)

// Step is a stage that is to be run, with its stream where it has one.
type Step struct {
	Stage  Stage         `json:"stage"`
	Stream string        `json:"stream,omitempty"`
	Kinds  []schema.Kind `json:"kinds,omitempty"` // of the stream, those wanted and possible

	// Whole says that the stream is read from its beginning, whatever is known
	// of it: the plan was told to start again.
	Whole bool `json:"whole,omitempty"`
}

// Change is what is to happen to one resource, and why.
type Change struct {
	Address schema.Address `json:"address"`
	Action  Action         `json:"action"`
	Reasons []Reason       `json:"reasons,omitempty"`
	Steps   []Step         `json:"steps,omitempty"`

	// Resource is what the plan declares; nil for orphans.
	Resource *schema.Resource `json:"resource,omitempty"`

	// From is the address under which the state knows the resource, when it is
	// another.
	From schema.Address `json:"from,omitempty"`

	// Base is the revision of the state's entry that the change was computed
	// from; 0 when there is none.
	Base int64 `json:"base"`

	Identity string   `json:"identity,omitempty"`
	FullName string   `json:"full_name,omitempty"`
	URL      string   `json:"url,omitempty"`
	Place    Place    `json:"place,omitzero"`
	Was      *Place   `json:"was,omitempty"`   // where the target repository stands now, when it moves
	Adopt    *Adopted `json:"adopt,omitempty"` // what is taken over

	Source SourceFacts `json:"source,omitzero"`
	Target TargetFacts `json:"target,omitzero"`
	Refs   RefChanges  `json:"refs,omitzero"`

	// Rewrites is what a rewrite does to the history, when the target has it
	// already; nil when it rewrites nothing that was pushed.
	Rewrites *Rewrites `json:"rewrites,omitempty"`

	// LargeFiles are those over the threshold, when the plan asked about them.
	LargeFiles *LargeFileReport `json:"large_files,omitempty"`

	// Imports says that the target's forge pulls by itself.
	Imports bool `json:"imports,omitempty"`

	// Notices are what the target says of the place, each a sentence.
	Notices []string `json:"notices,omitempty"`

	People   *People            `json:"people,omitempty"`
	Degraded []string           `json:"degraded,omitempty"`
	Findings schema.Diagnostics `json:"findings,omitempty"`
}

// Place is where a repository stands at the target.
type Place struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Path is the place as people write it.
func (p Place) Path() string {
	return providers.Place{Namespace: p.Namespace, Name: p.Name}.Path()
}

// Adopted is an existing repository that is taken over.
type Adopted struct {
	Ref      schema.Ref `json:"ref"`
	Place    Place      `json:"place"`
	SameRefs int        `json:"same_refs"` // refs that are equal on both sides
	Differ   int        `json:"differ"`    // refs that both sides have with different values
}

// Reason says why a change is as it is.
type Reason struct {
	// Code is stable, such as source.refs or config.
	Code   string          `json:"code"`
	Text   string          `json:"text"`
	Path   string          `json:"path,omitempty"` // the setting
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	At     *schema.Origin  `json:"at,omitempty"` // where the setting is written
}

// SourceFacts is what was observed at the source, without what is large.
type SourceFacts struct {
	RefsHash      string                `json:"refs_hash,omitempty"`
	Branches      int                   `json:"branches,omitempty"`
	Tags          int                   `json:"tags,omitempty"`
	OtherRefs     int                   `json:"other_refs,omitempty"`
	DefaultBranch string                `json:"default_branch,omitempty"`
	Parts         []providers.Part      `json:"parts,omitempty"`
	GitBytes      int64                 `json:"git_bytes,omitempty"`
	Counts        map[schema.Kind]int64 `json:"counts,omitempty"`
	Streams       map[string]string     `json:"streams,omitempty"`
	Requests      int64                 `json:"requests,omitempty"`
	Visibility    string                `json:"visibility,omitempty"`
	Name          string                `json:"name,omitempty"`
	ETag          string                `json:"etag,omitempty"`
	Refs          map[string]string     `json:"refs,omitempty"` // only for on_source_drift = "pin"
	Largest       []providers.Sized     `json:"largest,omitempty"`
}

// Hash identifies the facts that decide whether anything has to be done.
func (f SourceFacts) Hash() string {
	// JSON does not bring an empty list back as one, so none and empty are the
	// same here.
	if len(f.Parts) == 0 {
		f.Parts = nil
	}
	if len(f.Streams) == 0 {
		f.Streams = nil
	}
	return schema.Digest([]any{f.RefsHash, f.DefaultBranch, f.Parts, f.Streams})
}

// TargetFacts is what was observed at the target.
type TargetFacts struct {
	Exists   bool       `json:"exists"`
	Ref      schema.Ref `json:"ref,omitzero"`
	RefsHash string     `json:"refs_hash,omitempty"`
	Drifted  []RefMove  `json:"drifted,omitempty"` // refs that someone else moved
}

// RefChanges summarises what a push will do.
type RefChanges struct {
	New   int       `json:"new,omitempty"`
	Moved int       `json:"moved,omitempty"`
	Gone  int       `json:"gone,omitempty"`
	Shown []RefMove `json:"shown,omitempty"` // the first few, in order of name
}

// RefMove is one ref that differs. An empty value means that the ref is not
// there.
type RefMove struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Rewrites counts what a rewrite changes.
type Rewrites struct {
	Commits int64 `json:"commits"` // that get another id, as far as it is known
	Of      int64 `json:"of"`      // in the history
}

// People summarises who is in the history.
type People struct {
	Authors   int             `json:"authors"`
	Mapped    int             `json:"mapped"`
	Unmatched []schema.Author `json:"unmatched,omitempty"` // the first few, most commits first
	Missing   int             `json:"missing"`             // all that are unmatched
}

// Summary counts a changeset's actions.
type Summary struct {
	Create    int `json:"create"`
	Resync    int `json:"resync"`
	Rename    int `json:"rename"`
	Adopt     int `json:"adopt"`
	Resume    int `json:"resume"`
	Rewrite   int `json:"rewrite"`
	Unchanged int `json:"unchanged"`
	Orphan    int `json:"orphan"`
	Forget    int `json:"forget"`
	Error     int `json:"error"`
}

func (s *Summary) add(a Action) {
	switch a {
	case ActionCreate:
		s.Create++
	case ActionResync:
		s.Resync++
	case ActionRename:
		s.Rename++
	case ActionAdopt:
		s.Adopt++
	case ActionResume:
		s.Resume++
	case ActionRewrite:
		s.Rewrite++
	case ActionUnchanged:
		s.Unchanged++
	case ActionOrphan:
		s.Orphan++
	case ActionForget:
		s.Forget++
	case ActionError:
		s.Error++
	}
}

// Work is the number of resources that an apply would do something to.
func (s Summary) Work() int {
	return s.Create + s.Resync + s.Rename + s.Adopt + s.Resume + s.Rewrite + s.Forget
}

// Provider returns what the changeset knows of a provider, or nil.
func (c *Changeset) Provider(name string) *ProviderRef {
	for i := range c.Providers {
		if c.Providers[i].Name == name {
			return &c.Providers[i]
		}
	}
	return nil
}

// ErrChangeset is behind every error of ReadChangeset.
var ErrChangeset = errors.New("not a usable changeset")

// Marshal returns the changeset as it is saved: indented JSON with its digest.
// Equal changesets give equal bytes.
func (c *Changeset) Marshal() ([]byte, error) {
	c.Digest = ""
	data, err := encode(c)
	if err != nil {
		return nil, err
	}
	c.Digest = schema.DigestBytes(data)
	// Put in at the end, because writing all the rest once more takes as long as
	// the planning.
	data = bytes.TrimSuffix(data, []byte("\"\"\n}\n"))
	return fmt.Appendf(data, "%q\n}\n", c.Digest), nil
}

func encode(c *Changeset) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(c); err != nil {
		return nil, fmt.Errorf("write changeset: %w", err)
	}
	return b.Bytes(), nil
}

// ReadChangeset reads what Marshal wrote. It fails with ErrChangeset when data
// is something else, was cut off, or was edited.
func ReadChangeset(data []byte) (*Changeset, error) {
	var head struct {
		Format int    `json:"format"`
		Drover string `json:"drover"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("%w: it is not whole JSON (%v); save it again with drover plan --out", ErrChangeset, err)
	}
	if head.Format != Format {
		return nil, fmt.Errorf("%w: its format is %d, this drover reads %d; it was made by drover %q", ErrChangeset, head.Format, Format, schema.Printable(head.Drover))
	}
	c := new(Changeset)
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("%w: %v; save it again with drover plan --out", ErrChangeset, err)
	}
	said := c.Digest
	again, err := c.Marshal()
	if err != nil {
		return nil, err
	}
	if c.Digest != said || !bytes.Equal(again, data) {
		return nil, fmt.Errorf("%w: its digest does not match its contents, so it was changed after it was saved; save it again with drover plan --out", ErrChangeset)
	}
	return c, nil
}
