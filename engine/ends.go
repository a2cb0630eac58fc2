package engine

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Ends opens the connections of a plan. Opening one twice gives the same.
// Connections are keyed as in schema.Migration.
type Ends interface {
	Source(ctx context.Context, connection string) (providers.Source, error)
	Target(ctx context.Context, connection string) (providers.Target, error)

	// Secrets are the texts of a source's secrets, by attribute, for a forge that
	// is to sign in there itself.
	Secrets(ctx context.Context, source string) (map[string]string, error)

	// Provider describes a provider and binds it to its executable.
	Provider(ctx context.Context, name string) (providers.Description, string, error)
}

// History is what a state knew when planning began.
type History struct {
	Info    schema.StateInfo
	Entries []schema.Entry

	// Validators are the streams' validators, by resource and stream.
	Validators map[schema.Address]map[string]string

	// Waiting counts, by resource, the items whose texts can be completed.
	Waiting map[schema.Address]int64

	// Jobs are the last imports by forges, by resource.
	Jobs map[schema.Address]schema.Job

	// Failures are the open failures by resource.
	Failures map[schema.Address][]schema.Failure

	// Refs reads a side's refs of a resource. It is asked only about resources
	// whose refs changed.
	Refs func(ctx context.Context, address schema.Address, side string) (map[string]string, error)
}
