package providertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// manyLookups are more questions than a page of any forge has answers.
const manyLookups = 120

func inspectChecks() []check {
	return []check{
		{"Inspect", "a repository has an identity, a name and valid refs", LevelGit, checkFacts},
		{"Inspect", "the identity is the same in another process", LevelGit, checkIdentity},
		{"Inspect", "facts whose validator still holds are unchanged", LevelFull, checkUnchanged},
		{"Inspect", "a repository that is gone is not found", LevelGit, checkVanished},
		{"Inspect", "each of many questions is answered once", LevelFull, checkManyLookups},
	}
}

// inspect asks a source and returns the answers by id. An id that was not asked
// about, and one that is answered twice, are errors.
func inspect(ctx context.Context, source providers.Source, lookups []providers.Lookup) (map[int]providers.Inspection, error) {
	answers := make(map[int]providers.Inspection, len(lookups))
	for answer, err := range source.Inspect(ctx, lookups) {
		if err != nil {
			return nil, fmt.Errorf("inspect: %w", err)
		}
		if _, twice := answers[answer.ID]; twice {
			return nil, fmt.Errorf("question %d was answered twice", answer.ID)
		}
		answers[answer.ID] = answer
	}
	for _, lookup := range lookups {
		if _, ok := answers[lookup.ID]; !ok {
			return nil, fmt.Errorf("question %d was not answered", lookup.ID)
		}
	}
	if len(answers) != len(lookups) {
		return nil, fmt.Errorf("%d answers to %d questions", len(answers), len(lookups))
	}
	return answers, nil
}

func inspectOne(ctx context.Context, source providers.Source, lookup providers.Lookup) (providers.Inspection, error) {
	answers, err := inspect(ctx, source, []providers.Lookup{lookup})
	return answers[lookup.ID], err
}

// factsOf asks for the facts of one repository.
func factsOf(ctx context.Context, source providers.Source, repo providers.Repo) (*providers.Facts, error) {
	answer, err := inspectOne(ctx, source, providers.Lookup{ID: 1, Repo: repo})
	switch {
	case err != nil:
		return nil, err
	case answer.Problem != nil:
		return nil, fmt.Errorf("inspect %s: %w", repo.Settings, answer.Problem)
	case answer.Facts == nil:
		return nil, fmt.Errorf("inspect %s: the answer has neither facts nor a problem", repo.Settings)
	}
	return answer.Facts, nil
}

// eachRepository runs a check on all repositories of the fixture.
func eachRepository(ctx context.Context, b *bench, judge func(source providers.Source, r RepositoryFixture) error) error {
	repositories, err := b.repositories()
	if err != nil {
		return err
	}
	source, err := b.sharedSource(ctx)
	if err != nil {
		return err
	}
	for _, r := range repositories {
		if err := judge(source, r); err != nil {
			return fmt.Errorf("repository %s: %w", r.Settings, err)
		}
	}
	return nil
}

func checkFacts(ctx context.Context, b *bench) error {
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		facts, err := factsOf(ctx, source, r.repo())
		if err != nil {
			return err
		}
		if r.Refs != nil && !maps.Equal(facts.Refs, r.Refs) {
			return fmt.Errorf("the refs are not those of the fixture: %s", refsDiffer(r.Refs, facts.Refs))
		}
		return judgeFacts(facts)
	})
}

func judgeFacts(f *providers.Facts) error {
	switch {
	case f.Identity == "":
		return errors.New("it has no identity")
	case f.FullName == "":
		return errors.New("it has no full name")
	case len(f.Parts) == 0:
		return errors.New("it has no parts; code is one")
	}
	for _, part := range f.Parts {
		if part != providers.PartCode && part != providers.PartWiki {
			return fmt.Errorf("there is no part %q", part)
		}
	}
	for kind, n := range f.Counts {
		if !kind.Known() || n < 0 {
			return fmt.Errorf("it counts %d of the kind %q", n, kind)
		}
	}
	return judgeRefs(f.Refs, f.ObjectFormat)
}

// judgeRefs checks names, and that ids have the length of the object format.
func judgeRefs(refs map[string]string, format string) error {
	length := map[string]int{"": 0, "sha1": 40, "sha256": 64}
	want, ok := length[format]
	if !ok {
		return fmt.Errorf("there is no object format %q", format)
	}
	for name, id := range refs {
		switch err := gitrepo.CheckRefName(name); {
		case err != nil:
			return fmt.Errorf("%q is not the name of a ref: %w", name, err)
		case !isObjectID(id) || want != 0 && len(id) != want:
			return fmt.Errorf("the ref %q names %q, which is not an id of %s", name, id, format)
		}
	}
	return nil
}

func isObjectID(id string) bool {
	if len(id) != 40 && len(id) != 64 {
		return false
	}
	return !slices.ContainsFunc([]byte(id), func(c byte) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') })
}

// refsDiffer says how two sets of refs differ.
func refsDiffer(want, got map[string]string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			lines = append(lines, fmt.Sprintf("%s should be %s and is %s", name, want[name], orNothing(got[name])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			lines = append(lines, fmt.Sprintf("%s is %s and should not be there", name, got[name]))
		}
	}
	const shown = 5
	text := ""
	for _, line := range lines[:min(shown, len(lines))] {
		text += "\n" + line
	}
	if len(lines) > shown {
		text += fmt.Sprintf("\nand %d more", len(lines)-shown)
	}
	return text
}

func orNothing(s string) string {
	if s == "" {
		return "not there"
	}
	return s
}

func checkIdentity(ctx context.Context, b *bench) error {
	if _, err := b.repositories(); err != nil {
		return err
	}
	other, done, err := b.anotherSource(ctx)
	if err != nil {
		return err
	}
	defer done()
	seen := map[string]bool{}
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		first, err := factsOf(ctx, source, r.repo())
		if err != nil {
			return err
		}
		second, err := factsOf(ctx, other, r.repo())
		if err != nil {
			return err
		}
		// Asked for by its identity, as every later plan does.
		third, err := factsOf(ctx, other, providers.Repo{Settings: r.Settings, Identity: first.Identity})
		if err != nil {
			return err
		}
		switch {
		case first.Identity != second.Identity || first.Identity != third.Identity:
			return fmt.Errorf("the identity is %q, then %q, and %q when asked for by the first", first.Identity, second.Identity, third.Identity)
		case seen[first.Identity]:
			return fmt.Errorf("another repository of the fixture has the identity %q too", first.Identity)
		}
		seen[first.Identity] = true
		return nil
	})
}

func checkUnchanged(ctx context.Context, b *bench) error {
	return eachRepository(ctx, b, func(source providers.Source, r RepositoryFixture) error {
		facts, err := factsOf(ctx, source, r.repo())
		if err != nil {
			return err
		}
		if facts.ETag == "" {
			return skip("the source gives no validators")
		}
		same, err := inspectOne(ctx, source, providers.Lookup{ID: 1, Repo: r.repo(), ETag: facts.ETag})
		if err != nil {
			return err
		}
		if !same.Unchanged || same.Facts != nil {
			return fmt.Errorf("asked with the validator %q of a moment ago it does not answer that nothing changed", facts.ETag)
		}
		other, err := inspectOne(ctx, source, providers.Lookup{ID: 1, Repo: r.repo(), ETag: facts.ETag + "0"})
		if err != nil {
			return err
		}
		if other.Unchanged || other.Facts == nil {
			return errors.New("asked with a validator that it never gave it answers that nothing changed")
		}
		return nil
	})
}

func checkVanished(ctx context.Context, b *bench) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	if len(b.fixture.Source.Vanished) == 0 {
		return untried("the fixture has no repository that is gone")
	}
	source, err := b.sharedSource(ctx)
	if err != nil {
		return err
	}
	answer, err := inspectOne(ctx, source, providers.Lookup{ID: 1, Repo: providers.Repo{Settings: b.fixture.Source.Vanished}})
	if err != nil {
		return fmt.Errorf("one repository that is gone ends the whole call: %w", err)
	}
	return wantAnswer("Inspect of a repository that is gone", answer.Problem, providers.CodeNotFound)
}

func checkManyLookups(ctx context.Context, b *bench) error {
	repositories, err := b.repositories()
	if err != nil {
		return err
	}
	source, err := b.sharedSource(ctx)
	if err != nil {
		return err
	}
	lookups := make([]providers.Lookup, manyLookups)
	for i := range lookups {
		repo := repositories[i%len(repositories)].repo()
		if i%10 == 9 && len(b.fixture.Source.Vanished) > 0 {
			repo = providers.Repo{Settings: b.fixture.Source.Vanished}
		}
		lookups[i] = providers.Lookup{ID: 3*i + 7, Repo: repo} // ids mean nothing and need not be in a row
	}
	_, err = inspect(ctx, source, lookups)
	return err
}
