package directory

import (
	"context"
	"errors"
	"io/fs"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	version = "0.3.0"

	// batch is how many records share one sync of the disk.
	batch = 1000
)

// New returns the provider of archives.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "directory",
			Version: version,
			Doc:     "A folder of bare git repositories and of records as lines of JSON. It keeps everything, needs no network, and can be read by any program; see docs/archive.md for the format.",
			Source: &providers.SourceDescription{
				Settings: schema.Attributes{pathAttribute("The folder of the archive, relative to the plan.", schema.EffectNone)},
				Repository: schema.Attributes{{
					Name:     "repo_path",
					Type:     schema.TypeString,
					Doc:      "The repository's place in the archive, as NAMESPACE/NAME without .git.",
					Required: true,
				}},
				Discover: map[string]schema.Attributes{"repositories": {}},
				Git:      true,
				Streams:  streams(),
			},
			Target: &providers.TargetDescription{
				Settings: schema.Attributes{pathAttribute("The folder of the archive, relative to the plan. It is made when it does not exist.", schema.EffectNewTarget)},
				Kinds:    supports(),
				Batch:    batch,
			},
		},
		OpenSource: openSource,
		OpenTarget: openTarget,
	}
}

func pathAttribute(doc string, onChange schema.Effect) schema.Attribute {
	return schema.Attribute{Name: "path", Type: schema.TypeString, Doc: doc, Required: true, Identifies: true, OnChange: onChange}
}

// streams are one a kind: a kind's file is the unit that can be resumed.
func streams() []providers.Stream {
	var all []providers.Stream
	for _, kind := range schema.Kinds() {
		all = append(all, providers.Stream{Name: kind.Plural(), Kinds: []schema.Kind{kind}})
	}
	return all
}

func supports() []providers.Support {
	var all []providers.Support
	for _, kind := range schema.Kinds() {
		all = append(all, providers.Support{Kind: kind, Author: true, Dates: true, Number: true})
	}
	return all
}

func openSource(_ context.Context, config providers.Config) (providers.Source, error) {
	a, err := newArchive(config)
	if err != nil {
		return nil, err
	}
	_, err = a.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &providers.Error{Code: providers.CodeNotFound, Op: "open archive", Subject: schema.Printable(a.dir), Message: "there is no such folder",
			Hint: "correct path; it is relative to the folder of the plan", Attribute: "path", Err: err}
	}
	if err != nil {
		return nil, failure("open archive", a.dir, err)
	}
	return &source{archive: a}, nil
}

// openTarget makes nothing: a plan opens targets too.
func openTarget(_ context.Context, config providers.Config) (providers.Target, error) {
	a, err := newArchive(config)
	if err != nil {
		return nil, err
	}
	if _, err := a.open(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, failure("open archive", a.dir, err)
	}
	return &target{archive: a}, nil
}
