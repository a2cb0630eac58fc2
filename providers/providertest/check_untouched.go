package providertest

import (
	"context"
	"errors"
)

func untouchedChecks() []check {
	return []check{
		{"Read-only", "the folder of the fixture is as it was", LevelFull, checkUntouched},
		{"Secrets", "the fixture's secrets are not in the log", LevelGit, checkLog},
	}
}

// checkUntouched is the last check, so that it covers all others.
func checkUntouched(_ context.Context, b *bench) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	if b.fixture.Dir == "" {
		return untried("the fixture has no folder")
	}
	now, err := digestTree(b.fixture.Dir)
	if err != nil {
		return err
	}
	if now != b.before {
		return errors.New("something in the folder of the fixture was changed; a source only reads")
	}
	return nil
}

// checkLog is about the real secrets of the whole run.
func checkLog(_ context.Context, b *bench) error {
	if !b.watch.has() {
		return untried("the fixture has no secrets")
	}
	return b.watch.err()
}
