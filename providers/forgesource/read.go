package forgesource

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Read is Source.Read for a stream of short lists. Sections finds the repository and
// returns the sections that put to the Out.
func Read(ctx context.Context, req providers.ReadRequest, sections func(context.Context, *stream.Out) ([]stream.Section, error)) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		out := stream.Start(req.Kinds, yield)
		// The client waits in this goroutine, so that waits are told in order.
		ctx := forgehttp.Throttles(ctx, out.Throttled)
		out.End(readSections(ctx, out, req.Cursor, sections))
	}
}

func readSections(ctx context.Context, out *stream.Out, cursor schema.Cursor, sections func(context.Context, *stream.Out) ([]stream.Section, error)) error {
	if err := out.Resume(cursor); err != nil {
		return err
	}
	all, err := sections(ctx, out)
	if err != nil {
		return err
	}
	return out.Sections(ctx, all)
}

// NoStream says that a repository has no such stream.
func NoStream(name string) error {
	return providers.Errorf(providers.CodeUnsupported, "there is no stream %q", schema.Printable(name))
}
