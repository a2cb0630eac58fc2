package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

func startChecks() []check {
	return []check{
		{"Start", "describes itself before it is given a setting or a secret", LevelGit, checkDescribes},
		{"Start", "describes itself the same at every start", LevelGit, checkStable},
		{"Start", "explains itself to a person who runs it", LevelFull, checkByHand},
		{"Start", "ends when it is told to", LevelGit, checkEnds},
	}
}

func checkDescribes(_ context.Context, b *bench) error {
	var errs []error
	if b.about.Name == "" {
		errs = append(errs, errors.New("the description has no name"))
	}
	if b.about.Version == "" {
		errs = append(errs, errors.New("the description has no version"))
	}
	if b.about.Source == nil && b.about.Target == nil {
		errs = append(errs, errors.New("the provider is neither a source nor a target"))
	}
	return errors.Join(errs...)
}

func checkStable(ctx context.Context, b *bench) error {
	var texts [2][]byte
	for i := range texts {
		instance := b.launch()
		about, err := instance.Describe(ctx)
		if err == nil {
			texts[i], err = json.Marshal(about)
		}
		if err := errors.Join(err, end(instance)); err != nil {
			return err
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		return fmt.Errorf("two starts gave two descriptions:\n%s\n%s", texts[0], texts[1])
	}
	return nil
}

// checkByHand runs the executable without the cookie that makes it serve.
func checkByHand(ctx context.Context, b *bench) error {
	file, ok := b.subject.(executable)
	if !ok {
		return skip("the provider is not an executable")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(b.fixture.Patience))
	defer cancel()
	cmd := exec.CommandContext(ctx, file.executable())
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Cancel = func() error { return cmd.Process.Kill() }
	cmd.WaitDelay = time.Second // for a child that keeps the pipes
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return errors.New("run by hand it neither explains itself nor ends")
	case err != nil && !errors.As(err, &exit):
		return fmt.Errorf("run by hand: %w", err)
	case len(bytes.TrimSpace(out)) == 0:
		return errors.New("run by hand it says nothing")
	case strings.Contains(string(out), "|grpc|"):
		return errors.New("run by hand, without the cookie, it printed a handshake")
	}
	return nil
}

func checkEnds(ctx context.Context, b *bench) error {
	instance := b.launch()
	if _, err := instance.Describe(ctx); err != nil {
		return errors.Join(err, end(instance))
	}
	return end(instance)
}
