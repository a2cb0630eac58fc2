package providertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func pushChecks() []check {
	return []check{
		{"Push", "refs arrive", LevelGit, checkPush},
		{"Push", "pushing twice changes nothing", LevelGit, checkPushTwice},
		{"Push", "a ref that somebody changed is refused, and the others are pushed", LevelGit, checkPushConflict},
		{"Push", "a ref is rewritten and deleted when its old value is known", LevelGit, checkPushRewrite},
		{"Push", "what somebody changed is overwritten only when that is asked for", LevelGit, checkPushOverwrite},
	}
}

// pushed makes a repository and pushes some refs of the sample; all when none
// are named.
func (b *bench) pushed(ctx context.Context, what string, names ...string) (made, gitSample, error) {
	m, err := b.make(ctx, what)
	if err != nil {
		return m, gitSample{}, err
	}
	git, err := b.sampleRepository(ctx)
	if err != nil {
		return m, git, err
	}
	result, err := m.target.Push(ctx, git.push(m.ref, names...), ignore)
	if err != nil {
		return m, git, err
	}
	if len(result.Failed) > 0 {
		return m, git, fmt.Errorf("the first push was refused: %w", errors.Join(failures(result.Failed)...))
	}
	return m, git, nil
}

func failures(list []providers.ItemFailed) []error {
	var errs []error
	for _, f := range list {
		errs = append(errs, fmt.Errorf("%s: %w", f.Key, providers.AsError(f.Problem)))
	}
	return errs
}

// wantRefs compares the refs at the target with those that should be there.
func wantRefs(ctx context.Context, m made, want map[string]string) error {
	now, err := standing(ctx, m.target, m.place)
	if err != nil {
		return err
	}
	if !maps.Equal(now.Refs, want) {
		return fmt.Errorf("the target holds other refs: %s", refsDiffer(want, now.Refs))
	}
	return nil
}

func checkPush(ctx context.Context, b *bench) error {
	m, err := b.make(ctx, "push")
	if err != nil {
		return err
	}
	git, err := b.sampleRepository(ctx)
	if err != nil {
		return err
	}
	result, err := m.target.Push(ctx, git.push(m.ref), ignore)
	switch {
	case err != nil:
		return err
	case len(result.Failed) > 0:
		return errors.Join(failures(result.Failed)...)
	case !maps.Equal(result.Refs, git.refs):
		return fmt.Errorf("push returned other refs: %s", refsDiffer(git.refs, result.Refs))
	}
	now, err := standing(ctx, m.target, m.place)
	if err != nil {
		return err
	}
	if now.DefaultBranch != "" && now.DefaultBranch != mainBranch {
		return fmt.Errorf("the default branch is %q; it was to be %q", now.DefaultBranch, mainBranch)
	}
	return wantRefs(ctx, m, git.refs)
}

func checkPushTwice(ctx context.Context, b *bench) error {
	m, git, err := b.pushed(ctx, "pushtwice")
	if err != nil {
		return err
	}
	result, err := m.target.Push(ctx, git.push(m.ref), ignore)
	switch {
	case err != nil:
		return fmt.Errorf("the second push: %w", err)
	case len(result.Failed) > 0:
		return fmt.Errorf("the second push: %w", errors.Join(failures(result.Failed)...))
	}
	return wantRefs(ctx, m, git.refs)
}

func checkPushConflict(ctx context.Context, b *bench) error {
	m, git, err := b.pushed(ctx, "pushconflict")
	if err != nil {
		return err
	}
	// Of topic another value is expected than it has; that of main is right.
	const topic = "refs/heads/topic"
	first, second, other := git.refs[topic], git.refs[mainBranch], git.refs["refs/heads/elsewhere"]
	req := providers.PushRequest{Repo: m.ref, Part: providers.PartCode, Dir: git.dir, Updates: []providers.RefUpdate{
		{Name: topic, Old: second, New: other},
		{Name: mainBranch, Old: second, New: first},
	}}
	result, err := m.target.Push(ctx, req, ignore)
	if err != nil {
		return fmt.Errorf("one ref that is refused fails the whole push: %w", err)
	}
	at := slices.IndexFunc(result.Failed, func(f providers.ItemFailed) bool {
		return f.Key == schema.Key{Kind: schema.KindRef, ID: topic}
	})
	if at < 0 || len(result.Failed) != 1 {
		return fmt.Errorf("%d refs failed; it was to be %s alone", len(result.Failed), topic)
	}
	if err := wantAnswer("the push of "+topic, result.Failed[at].Problem, providers.CodeConflict); err != nil {
		return err
	}
	want := maps.Clone(git.refs)
	want[mainBranch] = first
	return wantRefs(ctx, m, want)
}

func checkPushRewrite(ctx context.Context, b *bench) error {
	m, git, err := b.pushed(ctx, "pushrewrite")
	if err != nil {
		return err
	}
	const topic, tag = "refs/heads/topic", "refs/tags/v1"
	want := maps.Clone(git.refs)
	want[topic] = git.refs["refs/heads/elsewhere"]
	delete(want, tag)
	req := providers.PushRequest{Repo: m.ref, Part: providers.PartCode, Dir: git.dir, Updates: []providers.RefUpdate{
		{Name: topic, Old: git.refs[topic], New: want[topic]},
		{Name: tag, Old: git.refs[tag]},
	}}
	result, err := m.target.Push(ctx, req, ignore)
	if err == nil && len(result.Failed) > 0 {
		err = errors.Join(failures(result.Failed)...)
	}
	if err != nil {
		return err
	}
	return wantRefs(ctx, m, want)
}

func checkPushOverwrite(ctx context.Context, b *bench) error {
	m, git, err := b.pushed(ctx, "pushover", mainBranch, "refs/heads/topic")
	if err != nil {
		return err
	}
	const topic = "refs/heads/topic"
	want := map[string]string{mainBranch: git.refs[mainBranch], topic: git.refs[topic]}
	req := providers.PushRequest{Repo: m.ref, Part: providers.PartCode, Dir: git.dir, Updates: []providers.RefUpdate{
		{Name: topic, New: git.refs["refs/heads/elsewhere"]}, // expected not to be there
	}}
	if _, err := m.target.Push(ctx, req, ignore); err != nil {
		return err
	}
	if err := wantRefs(ctx, m, want); err != nil {
		return fmt.Errorf("it was overwritten without being asked: %w", err)
	}
	req.Overwrite = true
	if _, err := m.target.Push(ctx, req, ignore); err != nil {
		return fmt.Errorf("the push that overwrites: %w", err)
	}
	want[topic] = req.Updates[0].New
	return wantRefs(ctx, m, want)
}
