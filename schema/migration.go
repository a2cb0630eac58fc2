package schema

import "encoding/json"

// Migration is a plan after its files were read: what is wanted, in plain
// values. Everything an expression could say has been evaluated; secrets are
// still only names.
type Migration struct {
	// Name is the plan's name: the base name of its folder, unless the drover
	// block sets one.
	Name string `json:"name"`

	// Digest covers the plan's files and the values of its variables.
	Digest string `json:"digest"`

	// StatePath is where the state lives, relative to the plan's folder.
	StatePath string `json:"state_path"`

	Providers   map[string]Requirement `json:"providers"`         // by provider name
	Secrets     map[string]Secret      `json:"secrets,omitempty"` // by name
	Sources     map[string]Connection  `json:"sources"`           // by "source.PROVIDER.NAME"
	Targets     map[string]Connection  `json:"targets"`           // by "target.PROVIDER.NAME"
	Authors     map[string]AuthorTable `json:"authors,omitempty"` // by name
	Resources   []Resource             `json:"resources"`         // in file order, then by key
	Moved       []Moved                `json:"moved,omitempty"`
	Removed     []Removed              `json:"removed,omitempty"`
	Adopt       []Adoption             `json:"adopt,omitempty"`
	Discoveries map[string]Discovery   `json:"discoveries,omitempty"` // by "discover.KIND.NAME"

	// Guard is the brakes of the plan; nil when it has none.
	Guard *Guard `json:"guard,omitempty"`

	// Listed is how many repositories each discover block lists, by its
	// address, where the source was read to its end.
	Listed map[string]int64 `json:"listed,omitempty"`

	// Partial names the blocks whose instances are not all known, because a
	// discovery failed or ended early, with the reason. An instance that such a
	// block does not list may still exist.
	Partial map[string]string `json:"partial,omitempty"`

	// Findings are diagnostics that concern single blocks or resources and
	// leave the rest of the plan usable.
	Findings Diagnostics `json:"findings,omitempty"`
}

// Requirement says which versions of a provider a plan accepts.
type Requirement struct {
	Source  string `json:"source,omitempty"`  // PUBLISHER/NAME of a third party; empty for Drover's own
	Version string `json:"version,omitempty"` // constraint, such as "~> 0.3"; empty accepts any
	Range   Range  `json:"range,omitzero"`
}

// Secret says where a secret's text comes from, never the text. Exactly one of
// Env, File, Command and Prompt is set.
type Secret struct {
	Name    string   `json:"name"`
	Env     string   `json:"env,omitempty"`
	File    string   `json:"file,omitempty"` // relative to the plan's folder
	Command []string `json:"command,omitempty"`
	Prompt  string   `json:"prompt,omitempty"`  // the question to ask
	Timeout string   `json:"timeout,omitempty"` // of Command, as a Go duration
	Range   Range    `json:"range,omitzero"`
}

// Connection is a source or target block.
type Connection struct {
	Address  string          `json:"address"` // source.git.local
	Provider string          `json:"provider"`
	Settings json.RawMessage `json:"settings"` // an object; secrets absent

	// Endpoint holds those of the settings that say which other end it is.
	Endpoint json.RawMessage `json:"endpoint,omitempty"`

	// Secrets names the secret block behind each secret attribute that is set.
	Secrets map[string]string `json:"secrets,omitempty"`

	// Method is how a target is written where no resource says otherwise. Empty
	// for sources.
	Method           string `json:"method,omitempty"`
	MissingNamespace string `json:"missing_namespace,omitempty"` // error, create

	Origins map[string]Range `json:"-"` // the place of each setting
	Range   Range            `json:"range,omitzero"`
}

// Fingerprint identifies the other end of the connection: the provider and the
// settings that say which other end it is. Renaming the block, another
// credential or another page size do not change it.
func (c Connection) Fingerprint() string {
	return Digest([]any{c.Provider, c.Endpoint})
}

// Resource is one instance of a repository block.
type Resource struct {
	Address Address `json:"address"`
	Source  string  `json:"source"` // key of Migration.Sources
	Target  string  `json:"target"` // key of Migration.Targets

	// Method is how it comes to the target: "import_api" when the forge pulls by
	// itself, else "direct".
	Method string `json:"method,omitempty"`

	// Settings are what the source's provider is told about the repository, an
	// object of the attributes that it described.
	Settings json.RawMessage `json:"settings"`

	// Placement is what the target's provider is told, likewise.
	Placement json.RawMessage `json:"placement,omitempty"`

	Namespace string `json:"namespace"`      // at the target; may hold slashes; empty is the root
	Name      string `json:"name,omitempty"` // at the target; empty: the source decides

	Authors  string `json:"authors,omitempty"`  // key of Migration.Authors
	Mentions string `json:"mentions,omitempty"` // how texts name people with an account at the target: "notify", or empty for a link
	// OverFileLimit says what becomes of a gist with more files than the target
	// takes: skip, split, keep. Empty for everything but gists.
	OverFileLimit string `json:"over_file_limit,omitempty"`

	Items      Items      `json:"items,omitzero"`
	LargeFiles LargeFiles `json:"large_files,omitzero"`
	Timeouts   Timeouts   `json:"timeouts,omitzero"`
	Lifecycle  Lifecycle  `json:"lifecycle"`
	DependsOn  []Address  `json:"depends_on,omitempty"`

	// Refusals are the preconditions that did not hold.
	Refusals Diagnostics `json:"refusals,omitempty"`

	// Origins tells where each effective setting was written, by its dotted
	// name. Settings that nobody wrote, defaults, are absent.
	Origins map[string]Origin `json:"-"`
	Range   Range             `json:"range,omitzero"`
}

// The methods.
const (
	MethodDirect    = "direct"
	MethodImportAPI = "import_api"
)

// Origin is where an effective setting comes from.
type Origin struct {
	Level string `json:"level"` // such as profile "standard", source "git" "x", or --set
	Range Range  `json:"range,omitzero"`
}

// Items chooses among the kinds a source offers.
type Items struct {
	Include []Kind `json:"include,omitempty"` // empty: all
	Exclude []Kind `json:"exclude,omitempty"`
}

// Carries reports whether records of kind k are wanted.
func (i Items) Carries(k Kind) bool {
	for _, x := range i.Exclude {
		if x == k {
			return false
		}
	}
	for _, x := range i.Include {
		if x == k {
			return true
		}
	}
	return len(i.Include) == 0
}

// LargeFiles says what becomes of files over a size.
type LargeFiles struct {
	Threshold int64    `json:"threshold,omitempty"` // bytes
	UseLFS    string   `json:"use_lfs,omitempty"`   // opt_in, opt_out, undecided
	Paths     []string `json:"paths,omitempty"`
}

// Timeouts bounds the stages, as Go durations. Empty means no bound.
type Timeouts struct {
	Fetch   string `json:"fetch,omitempty"`
	Push    string `json:"push,omitempty"`
	Records string `json:"records,omitempty"`
}

// Lifecycle says what may happen to a resource over time.
type Lifecycle struct {
	OnOrphan      string `json:"on_orphan"`       // keep, archive
	OnSourceDrift string `json:"on_source_drift"` // follow, pin, stop: the source moved between plan and apply
	OnTargetDrift string `json:"on_target_drift"` // stop, overwrite: someone else changed the target
	OnRefGone     string `json:"on_ref_gone"`     // keep, delete: a branch or tag vanished at the source
	OnConflict    string `json:"on_conflict"`     // error, adopt: the target exists and is not ours
	Protect       bool   `json:"protect,omitempty"`
}

// DefaultLifecycle is the lifecycle of a resource that declares none.
func DefaultLifecycle() Lifecycle {
	return Lifecycle{OnOrphan: "keep", OnSourceDrift: "follow", OnTargetDrift: "stop", OnRefGone: "keep", OnConflict: "error"}
}

// Moved says that what was known under one address now stands under another.
type Moved struct {
	From  Address `json:"from"`
	To    Address `json:"to"`
	Range Range   `json:"range,omitzero"`
}

// Removed says that a resource is to be forgotten, and what becomes of its
// target.
type Removed struct {
	From   Address `json:"from"`   // a resource, or a block with all its instances
	Target string  `json:"target"` // keep
	Range  Range   `json:"range,omitzero"`
}

// Adoption binds a repository that already exists at the target to a resource.
type Adoption struct {
	To    Address `json:"to"`
	Path  string  `json:"path,omitempty"` // NAMESPACE/NAME at the target
	ID    string  `json:"id,omitempty"`   // or its id there
	Range Range   `json:"range,omitzero"`
}

// Guard is the guard block: how much one plan may do at once.
type Guard struct {
	Limits []Limit `json:"limits,omitempty"`
	Range  Range   `json:"range,omitzero"`
}

// Limit is one limit of a guard.
type Limit struct {
	Name string `json:"name"` // max_creates, max_orphans, max_rewrites, max_bytes, max_requests
	Max  int64  `json:"max"`

	// Percent says that Max is a percentage of the resources that the plan
	// declares or the state knows.
	Percent bool  `json:"percent,omitempty"`
	Range   Range `json:"range,omitzero"`
}

// Discovery is a discover block: a question to a source.
type Discovery struct {
	Address  string          `json:"address"` // discover.repositories.acme
	Kind     string          `json:"kind"`
	Source   string          `json:"source"` // key of Migration.Sources
	Settings json.RawMessage `json:"settings"`
	Include  []string        `json:"include,omitempty"` // globs on full names
	Exclude  []string        `json:"exclude,omitempty"`
	Limit    int64           `json:"limit,omitempty"`    // 0: none
	Min      int64           `json:"min,omitempty"`      // fewer is an error
	MaxDrop  string          `json:"max_drop,omitempty"` // a number or a percentage of the last listing
	Range    Range           `json:"range,omitzero"`
}

// Wants reports whether the patterns of the block leave a repository in. It
// takes patterns that cannot be matched for ones that match nothing; the plan's
// loader refuses them.
func (d Discovery) Wants(fullName string) bool {
	return (len(d.Include) == 0 || matchesAny(d.Include, fullName)) && !matchesAny(d.Exclude, fullName)
}

func matchesAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, err := MatchGlob(p, name); err == nil && ok {
			return true
		}
	}
	return false
}

// Listing is the answer to a discovery.
type Listing struct {
	Items []Found `json:"items"`

	// Complete is true when the source was read to the end. Only then does
	// absence mean that something is gone.
	Complete bool `json:"complete"`
}

// Found is one repository of a listing: what each.value holds.
type Found struct {
	Identity      string          `json:"identity"`
	ID            string          `json:"id,omitempty"`
	FullName      string          `json:"full_name"`
	Owner         string          `json:"owner,omitempty"`
	Name          string          `json:"name"`
	Slug          string          `json:"slug,omitempty"`
	URL           string          `json:"url,omitempty"` // what vcs_url takes, for sources that have it
	Visibility    string          `json:"visibility,omitempty"`
	Archived      bool            `json:"archived,omitempty"`
	Fork          bool            `json:"fork,omitempty"`
	Empty         bool            `json:"empty,omitempty"`
	SizeMB        int64           `json:"size_mb,omitempty"`
	DefaultBranch string          `json:"default_branch,omitempty"`
	Topics        []string        `json:"topics,omitempty"`
	License       string          `json:"license,omitempty"`
	PushedAt      Time            `json:"pushed_at,omitzero"`
	Custom        json.RawMessage `json:"custom,omitempty"` // what only this source knows
}
