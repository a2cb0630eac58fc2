package providertest

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func killChecks() []check {
	return []check{
		{"Resume", "what was stored is there when the process is killed, and the run goes on", LevelRecords, checkKilledWrite},
	}
}

// checkKilledWrite kills the provider between calls of Write. That a record is
// stored is a promise: the engine will not write it again.
func checkKilledWrite(ctx context.Context, b *bench) error {
	if err := b.hasTarget(); err != nil {
		return err
	}
	kind, ok := b.plainKind()
	if !ok {
		return skip("the target carries no kind that stands alone")
	}
	instance := b.launch()
	defer end(instance)
	target, err := b.openTarget(ctx, instance)
	if err != nil {
		return err
	}
	defer target.Close()
	if instance.PID() == 0 {
		return skip("the provider has no process of its own")
	}
	m, err := b.makeIn(ctx, target, "killed")
	if err != nil {
		return err
	}
	const rounds = 3
	var keys []schema.Key
	var refs []schema.Ref
	for i := 1; i <= rounds; i++ {
		r := sample(kind, i, "1", "text")
		stored, err := m.store(ctx, providers.Write{Record: r})
		if err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
		keys, refs = append(keys, r.Key()), append(refs, stored...)
		if err := kill(instance); err != nil {
			return err
		}
		if err := again(func() error { return m.wantFound(ctx, keys, refs) }); err != nil {
			return fmt.Errorf("killed after write %d: %w", i, err)
		}
	}
	return m.wantCounts(ctx, map[schema.Kind]int64{kind: rounds})
}
