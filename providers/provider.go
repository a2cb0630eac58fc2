package providers

import (
	"context"
	"encoding/json"

	"github.com/drover-migrate/drover/schema"
)

// Provider is one provider program: what it says of itself and how it opens
// its two parts.
type Provider struct {
	// Description must be complete without a network and without credentials.
	Description Description

	// OpenSource signs in to a source. Nil when the provider is not a source.
	// The Source is used by several goroutines at once.
	OpenSource func(ctx context.Context, config Config) (Source, error)

	// OpenTarget signs in to a target. Nil when the provider is not a target.
	// The Target is used by several goroutines at once.
	OpenTarget func(ctx context.Context, config Config) (Target, error)

	// CheckPlaces judges names by the target's rules alone: it needs no network
	// and no credentials. It answers each place, in their order; nil is a place
	// that may be good. Target.Inspect judges by the same rules and more. Nil:
	// nothing can be said without the target.
	CheckPlaces func(places []Place) []*Error
}

// Config is what a connection is opened with.
type Config struct {
	// Settings is an object of the attributes that the description lists for
	// the connection, checked and with final values. Secrets are absent.
	Settings json.RawMessage

	// Secrets holds the text of the secret attributes that are set, by name.
	// It must reach no message, log, cursor, error or process argument.
	Secrets map[string]string

	// Dir is the folder of the plan; relative paths in settings start there.
	Dir string

	// Scratch is a folder for the connection's temporary files. It exists, is
	// private, and may be emptied whenever the provider is not running.
	Scratch string
}

// Description says what a provider accepts and what it can carry. It is the
// same at every start, byte for byte.
type Description struct {
	Name    string `json:"name"`    // NAME of drover-provider-NAME
	Version string `json:"version"` // semantic version
	Doc     string `json:"doc"`     // a paragraph: which systems, which versions

	Source *SourceDescription `json:"source,omitempty"` // nil: not a source
	Target *TargetDescription `json:"target,omitempty"` // nil: not a target
}

// SourceDescription describes a provider's source part.
type SourceDescription struct {
	Settings   schema.Attributes            `json:"settings"`           // of a source block
	Repository schema.Attributes            `json:"repository"`         // of a repository block
	Group      schema.Attributes            `json:"group,omitempty"`    // of a group block; nil: the source has no groups
	Discover   map[string]schema.Attributes `json:"discover,omitempty"` // of a discover block, by kind; kinds are "repositories", ...

	// Git says that ExportGit works.
	Git bool `json:"git"`

	// System is the version control system that the source reads, as the vcs
	// attribute names it: git, subversion, mercurial, tfvc. A source with a
	// system takes vcs_url in a repository block, and username and password in
	// a source block, and Detect works. Empty for forges.
	System string `json:"system,omitempty"`

	// Verifies says that VerifyGit works.
	Verifies bool `json:"verifies,omitempty"`

	// Streams are what Read can read, in the order in which they are to be
	// read.
	Streams []Stream `json:"streams,omitempty"`

	// Pages says where the source shows things, so that links to them can be
	// told from other links.
	Pages schema.Pages `json:"pages,omitempty"`

	// OneSequence says that issues, changes and discussions share one sequence of
	// numbers, so that #12 in a text may be any of them.
	OneSequence bool `json:"one_sequence,omitempty"`

	// Scopes lists what the credential must be allowed to do, for people.
	Scopes []string `json:"scopes,omitempty"`
}

// Stream is a group of kinds that a source reads together, with one cursor.
type Stream struct {
	Name  string        `json:"name"`
	Kinds []schema.Kind `json:"kinds"`

	// Picks says that single records can be asked for by their keys.
	Picks bool `json:"picks,omitempty"`
}

// TargetDescription describes a provider's target part.
type TargetDescription struct {
	Settings  schema.Attributes `json:"settings"`            // of a target block
	Placement schema.Attributes `json:"placement,omitempty"` // of a repository block that goes there

	// Kinds says how well each kind is carried. A kind that is absent cannot
	// be carried at all.
	Kinds []Support `json:"kinds"`

	// Batch is the most records that one Write takes; at least 1.
	Batch int `json:"batch"`

	// LaneBatch is the most records of one lane that one Write takes, for a
	// target whose Batch is 1: a review travels with its comments then. 0 is 1.
	LaneBatch int `json:"lane_batch,omitempty"`

	// Numbers are the kinds, among issue, change and discussion, that get their
	// numbers in the order of their creation, from one sequence or a few. They are
	// then written one after the other, in the order of their numbers, and each
	// before what belongs to it. Such a target takes the placement attribute
	// number_gaps, which says what becomes of a number that no kind of its sequence
	// has at the source: reproduce, placeholder or renumber.
	Numbers []schema.Kind `json:"numbers,omitempty"`

	// Sequences are those that Numbers come from. Empty: all of them share one.
	Sequences []Sequence `json:"sequences,omitempty"`

	// SnippetFiles is the most files that a snippet or gist may have; 0: any
	// number. Gists with more are left out, refused, or come as several records.
	SnippetFiles int64 `json:"snippet_files,omitempty"`

	// Pages says where the target shows things, so that links to them can be
	// made.
	Pages schema.Pages `json:"pages,omitempty"`

	// Rewrites says that texts are to be rewritten for this target: references
	// and links made to point at what was migrated. An archive says no, and
	// keeps every text as it was.
	Rewrites bool `json:"rewrites,omitempty"`

	Scopes []string `json:"scopes,omitempty"`

	// Imports says what the forge can import by itself, for the method
	// import_api. Such a target takes the setting concurrent_imports: how many
	// of them at a time.
	Imports []Importing `json:"imports,omitempty"`
}

// Sequence is what a target numbers together.
type Sequence struct {
	Kinds []schema.Kind `json:"kinds"`

	// Told says that an object can be given its number, by whoever has the right
	// to: then no number has to be used up before it.
	Told bool `json:"told,omitempty"`
}

// Importing says how a target imports from one kind of source by itself.
type Importing struct {
	Source string    `json:"source"` // name of the source's provider
	Block  string    `json:"block"`  // repository, group or gists
	Kinds  []Support `json:"kinds"`  // what arrives, and with which losses; a kind that is absent does not
}

// Imported returns how d imports what a block asks for from a source, or nil when
// it cannot.
func (d *TargetDescription) Imported(source, block string) *Importing {
	for i := range d.Imports {
		if d.Imports[i].Source == source && d.Imports[i].Block == block {
			return &d.Imports[i]
		}
	}
	return nil
}

// Support says how well a target carries one kind.
type Support struct {
	Kind   schema.Kind `json:"kind"`
	Author bool        `json:"author,omitempty"` // keeps who made it
	Dates  bool        `json:"dates,omitempty"`  // keeps when
	Number bool        `json:"number,omitempty"` // keeps its number

	// Degraded, when not empty, states what is lost, as a sentence that a plan
	// can print.
	Degraded string `json:"degraded,omitempty"`
}

// Supports returns how d carries kind k, or nil when it cannot.
func (d *TargetDescription) Supports(k schema.Kind) *Support {
	for i := range d.Kinds {
		if d.Kinds[i].Kind == k {
			return &d.Kinds[i]
		}
	}
	return nil
}

// Schema is the part of d that plan files are checked against.
func (d Description) Schema() schema.ProviderSchema {
	s := schema.ProviderSchema{Name: d.Name, Version: d.Version}
	if d.Source != nil {
		s.IsSource = true
		s.Source, s.Repository, s.Group, s.Discover = d.Source.Settings, d.Source.Repository, d.Source.Group, d.Source.Discover
	}
	if d.Target != nil {
		s.IsTarget = true
		s.Target, s.Placement = d.Target.Settings, d.Target.Placement
	}
	return s
}
