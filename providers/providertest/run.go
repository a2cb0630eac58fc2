package providertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// maxDetail is how much of a check's detail is kept.
const maxDetail = 4 << 10

// check is a check that can be made. It returns nil when it passed, a skip when
// it does not apply, and else what was seen.
type check struct {
	area, name string
	level      int
	run        func(ctx context.Context, b *bench) error
}

// skip is the error of a check that does not apply, with the reason.
type skip string

func (s skip) Error() string { return string(s) }

// untried is the error of a check for which the fixture lacks something.
type untried string

func (u untried) Error() string { return string(u) }

// checks lists all checks in the order in which they are made: a provider's
// author reads them from the top.
func checks() []check {
	return slices.Concat(
		startChecks(), schemaChecks(), configChecks(), secretChecks(),
		discoverChecks(), inspectChecks(), exportChecks(), authorChecks(), readChecks(), blobChecks(),
		nameChecks(), createChecks(), pushChecks(), writeChecks(), targetLimitChecks(), moveChecks(), killChecks(),
		untouchedChecks(),
	)
}

// Run makes all checks and returns what became of them. Observe, when not nil,
// is told of each as it ends, in the goroutine of the caller. A context that
// ends skips the checks that are left.
func Run(ctx context.Context, subject Subject, fixture Fixture, observe func(Check)) Report {
	return run(ctx, subject, fixture, checks(), observe)
}

func run(ctx context.Context, subject Subject, fixture Fixture, list []check, observe func(Check)) Report {
	report := Report{Suite: Version}
	b, err := newBench(subject, fixture.complete())
	if err != nil {
		report.Err = err
		return report
	}
	defer b.close()
	report.Err = b.begin(ctx)
	report.Provider, report.Version = schema.Printable(b.about.Name), schema.Printable(b.about.Version)
	for _, c := range list {
		made := Check{Area: c.area, Name: c.name, Level: c.level}
		switch {
		case ctx.Err() != nil:
			made.Result, made.Detail = Skipped, "the run was stopped"
		case report.Err != nil:
			made.Result, made.Detail = Skipped, "the provider did not start"
		default:
			began := time.Now()
			made.Result, made.Untried, made.Detail = verdict(b.try(ctx, c))
			made.Elapsed = time.Since(began)
			if made.Result == Failed && ctx.Err() != nil {
				made.Result, made.Detail = Skipped, "the run was stopped"
			}
		}
		report.Checks = append(report.Checks, made)
		if observe != nil {
			observe(made)
		}
	}
	return report
}

// verdict is the result of a check that returned err.
func verdict(err error) (result Result, lacking bool, detail string) {
	var reason skip
	var lack untried
	switch {
	case err == nil:
		return Passed, false, ""
	case errors.As(err, &reason):
		return Skipped, false, schema.PrintableText(string(reason))
	case errors.As(err, &lack):
		return Skipped, true, schema.PrintableText(string(lack))
	}
	text := schema.PrintableText(err.Error())
	if len(text) > maxDetail {
		text = schema.PrintableText(text[:maxDetail]) + " ..."
	}
	return Failed, false, text
}

// try makes one check. A check that neither returns in time nor heeds its
// context is left behind with all that it has opened.
func (b *bench) try(ctx context.Context, c check) error {
	limit := time.Duration(b.fixture.Timeout)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- protect(func() error { return c.run(ctx, b) }) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(time.Duration(b.fixture.Patience))
	defer grace.Stop()
	select {
	case err := <-done:
		if err == nil {
			return nil
		}
		return fmt.Errorf("the check was stopped after %s: %w", limit, err)
	case <-grace.C:
		b.forsake()
		return fmt.Errorf("a call had not returned %s after its context ended", time.Duration(b.fixture.Patience))
	}
}

// protect makes a panic of f an error.
func protect(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// cutOff runs a call with a context that ends when the call uses stop, or with
// ctx. It fails when the call has not returned a moment later.
func (b *bench) cutOff(ctx context.Context, call func(ctx context.Context, stop func())) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- protect(func() error {
			call(ctx, cancel)
			return nil
		})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	patience := time.Duration(b.fixture.Patience)
	grace := time.NewTimer(patience)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
		b.forsake()
		return fmt.Errorf("the call had not returned %s after its context ended", patience)
	}
}

// tempDir makes a folder of the run.
func (b *bench) tempDir() (string, error) { return os.MkdirTemp(b.dir, "work-") }
