package providertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func nameChecks() []check {
	return []check{
		{"Names", "hostile names are refused, and nothing is written for them", LevelGit, checkNames},
	}
}

func createChecks() []check {
	return []check{
		{"Create", "what was created stands there, marked", LevelGit, checkCreate},
		{"Create", "the same marker gets the same repository again", LevelGit, checkCreateTwice},
		{"Create", "another marker is a conflict, unless it adopts", LevelGit, checkCreateConflict},
	}
}

func moveChecks() []check {
	return []check{
		{"Move", "a repository moves with its refs and its marker", LevelFull, checkMove},
		{"Move", "a place that is taken is a conflict", LevelFull, checkMoveConflict},
	}
}

// standings asks what stands at places, and returns the answers by id.
func standings(ctx context.Context, target providers.Target, places []providers.Place) (map[int]providers.Standing, error) {
	answers := make(map[int]providers.Standing, len(places))
	for answer, err := range target.Inspect(ctx, places) {
		if err != nil {
			return nil, fmt.Errorf("inspect: %w", err)
		}
		if _, twice := answers[answer.ID]; twice {
			return nil, fmt.Errorf("place %d was answered twice", answer.ID)
		}
		answers[answer.ID] = answer
	}
	for _, place := range places {
		if _, ok := answers[place.ID]; !ok {
			return nil, fmt.Errorf("place %d was not answered", place.ID)
		}
	}
	return answers, nil
}

func standing(ctx context.Context, target providers.Target, place providers.Place) (providers.Standing, error) {
	answers, err := standings(ctx, target, []providers.Place{place})
	if err != nil {
		return providers.Standing{}, err
	}
	answer := answers[place.ID]
	if answer.Problem != nil {
		return answer, fmt.Errorf("inspect %s: %w", place.Path(), answer.Problem)
	}
	return answer, nil
}

// hostile are places that every target refuses, because no system has them or
// because they lead elsewhere.
func (b *bench) hostile() []providers.Place {
	names := []string{
		"", ".", "..", "../escape", "sub/../../escape", "/absolute", "two/parts",
		"nul\x00byte", "line\nbreak", "\x1b[2Jclear", strings.Repeat("x", 5000),
	}
	namespaces := []string{"..", "../up", "sub/../..", "/absolute", "nul\x00byte", "line\nbreak"}
	var places []providers.Place
	for _, name := range names {
		place := b.place("")
		place.Name = name
		places = append(places, place)
	}
	for _, namespace := range namespaces {
		place := b.place("names")
		place.Namespace = namespace
		places = append(places, place)
	}
	for i := range places {
		places[i].ID = i + 1
	}
	return places
}

func checkNames(ctx context.Context, b *bench) error {
	target, err := b.sharedTarget(ctx)
	if err != nil {
		return err
	}
	before, err := digestTree(b.outer())
	if err != nil {
		return err
	}
	places := b.hostile()
	answers, err := standings(ctx, target, places)
	if err != nil {
		return err
	}
	var errs []error
	for _, place := range places {
		problem := answers[place.ID].Problem
		if err := wantAnswer(fmt.Sprintf("Inspect of the place %.40q", place.Path()), problem, providers.CodeInvalid); err != nil {
			errs = append(errs, err)
		} else if problem.Attribute == "" {
			errs = append(errs, fmt.Errorf("the problem of the place %.40q does not name the attribute at fault", place.Path()))
		}
		_, err := target.Create(ctx, providers.CreateRequest{Place: place, Marker: "conformance:hostile"})
		if err := wantProblem(fmt.Sprintf("Create at the place %.40q", place.Path()), err, providers.CodeInvalid); err != nil {
			errs = append(errs, err)
		}
	}
	after, err := digestTree(b.outer())
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	if before != after {
		errs = append(errs, errors.New("something was written for a name that was refused"))
	}
	return errors.Join(errs...)
}

// made is a repository that a check created.
type made struct {
	target providers.Target
	place  providers.Place
	marker string
	ref    schema.Ref
}

func (m made) request() providers.CreateRequest {
	return providers.CreateRequest{Place: m.place, Marker: m.marker, ObjectFormat: "sha1", DefaultBranch: mainBranch}
}

// make creates a repository for a check in the shared target.
func (b *bench) make(ctx context.Context, what string) (made, error) {
	target, err := b.sharedTarget(ctx)
	if err != nil {
		return made{}, err
	}
	return b.makeIn(ctx, target, what)
}

func (b *bench) makeIn(ctx context.Context, target providers.Target, what string) (made, error) {
	place := b.place(what)
	m := made{target: target, place: place, marker: "conformance:" + place.Name}
	ref, err := target.Create(ctx, m.request())
	if err != nil {
		return made{}, fmt.Errorf("create %s: %w", place.Path(), err)
	}
	if ref.ID == "" {
		return made{}, fmt.Errorf("create %s: it has no id", place.Path())
	}
	m.ref = ref
	return m, nil
}

func checkCreate(ctx context.Context, b *bench) error {
	target, err := b.sharedTarget(ctx)
	if err != nil {
		return err
	}
	before, err := standing(ctx, target, b.place("create"))
	if err != nil {
		return err
	}
	if before.Exists {
		return errors.New("a repository that was not created yet stands there")
	}
	m, err := b.make(ctx, "create")
	if err != nil {
		return err
	}
	after, err := standing(ctx, m.target, m.place)
	switch {
	case err != nil:
		return err
	case !after.Exists:
		return errors.New("the repository that was created does not stand there")
	case after.Marker != m.marker:
		return fmt.Errorf("the marker is %q; it was to be %q", after.Marker, m.marker)
	case after.Ref.ID != m.ref.ID:
		return fmt.Errorf("create says that it is %q, and Inspect %q", m.ref.ID, after.Ref.ID)
	case len(after.Refs) > 0:
		return fmt.Errorf("a new repository has refs: %s", refsDiffer(nil, after.Refs))
	}
	return nil
}

func checkCreateTwice(ctx context.Context, b *bench) error {
	m, err := b.make(ctx, "twice")
	if err != nil {
		return err
	}
	ref, err := m.target.Create(ctx, m.request())
	if err != nil {
		return fmt.Errorf("the second call: %w", err)
	}
	if ref.ID != m.ref.ID {
		return fmt.Errorf("the first call made %q and the second %q", m.ref.ID, ref.ID)
	}
	return nil
}

func checkCreateConflict(ctx context.Context, b *bench) error {
	m, err := b.make(ctx, "conflict")
	if err != nil {
		return err
	}
	req := m.request()
	req.Marker += ":other"
	_, err = m.target.Create(ctx, req)
	if err := wantProblem("Create where the repository of another marker stands", err, providers.CodeConflict); err != nil {
		return err
	}
	now, err := standing(ctx, m.target, m.place)
	if err != nil {
		return err
	}
	if now.Marker != m.marker {
		return fmt.Errorf("a call that was refused changed the marker to %q", now.Marker)
	}
	req.Adopt = true
	ref, err := m.target.Create(ctx, req)
	if err != nil {
		return fmt.Errorf("create that adopts: %w", err)
	}
	if now, err = standing(ctx, m.target, m.place); err != nil {
		return err
	}
	if ref.ID != m.ref.ID || now.Marker != req.Marker {
		return fmt.Errorf("the repository %q with the marker %q was to be adopted; %q with %q is there", m.ref.ID, req.Marker, ref.ID, now.Marker)
	}
	return nil
}

func checkMove(ctx context.Context, b *bench) error {
	m, err := b.make(ctx, "move")
	if err != nil {
		return err
	}
	git, err := b.sampleRepository(ctx)
	if err != nil {
		return err
	}
	if _, err := m.target.Push(ctx, git.push(m.ref), ignore); err != nil {
		return err
	}
	to := b.place("moved")
	ref, err := m.target.Move(ctx, m.ref, to)
	if err != nil {
		return err
	}
	now, err := standing(ctx, m.target, to)
	switch {
	case err != nil:
		return err
	case !now.Exists || now.Marker != m.marker || now.Ref.ID != ref.ID:
		return fmt.Errorf("at the new place stands %q with the marker %q; %q with %q was moved there", now.Ref.ID, now.Marker, ref.ID, m.marker)
	case !maps.Equal(now.Refs, git.refs):
		return fmt.Errorf("the refs did not come along: %s", refsDiffer(git.refs, now.Refs))
	}
	// A system may lead from the old name to the new one; it is no other
	// repository then.
	old, err := standing(ctx, m.target, m.place)
	if err != nil {
		return err
	}
	if old.Exists && old.Ref.ID != ref.ID {
		return fmt.Errorf("at the old place still stands %q", old.Ref.ID)
	}
	return nil
}

func checkMoveConflict(ctx context.Context, b *bench) error {
	m, err := b.make(ctx, "mover")
	if err != nil {
		return err
	}
	other, err := b.make(ctx, "taken")
	if err != nil {
		return err
	}
	_, err = m.target.Move(ctx, m.ref, other.place)
	if err := wantProblem("Move to a place that is taken", err, providers.CodeConflict); err != nil {
		return err
	}
	now, err := standing(ctx, m.target, other.place)
	if err != nil {
		return err
	}
	if now.Marker != other.marker {
		return fmt.Errorf("a call that was refused put the marker %q at the place of %q", now.Marker, other.marker)
	}
	return nil
}
