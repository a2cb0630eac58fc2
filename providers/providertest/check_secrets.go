package providertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func secretChecks() []check {
	return []check{
		{"Secrets", "a source's secret shows nowhere", LevelGit, checkSourceCanary},
		{"Secrets", "a target's secret shows nowhere", LevelGit, checkTargetCanary},
		{"Secrets", "a wrong secret is refused as one", LevelGit, checkWrongSecrets},
	}
}

// canaries are secrets of odd shapes: one that quoting changes, and one that
// was read from a file together with its end of line.
func canaries() []string {
	return []string{
		"canary-" + rand.Text() + `"'$(id)&%2f <é>`,
		"canary-" + rand.Text() + "\n",
	}
}

// watched is an instance whose words, and whose children's arguments, are
// searched for a secret of its own.
type watched struct {
	*watch
	instance Instance
}

// plant gives every secret attribute the text and returns what looks for it.
func (b *bench) plant(attributes schema.Attributes, text string) (*bench, watched, map[string]string, error) {
	secrets := map[string]string{}
	w := &watch{}
	for _, a := range attributes {
		if a.Secret {
			secrets[a.Name] = text
			w.add(a.Name, text)
		}
	}
	if len(secrets) == 0 {
		return nil, watched{}, nil, skip("it has no secret attributes")
	}
	own := &bench{subject: b.subject, fixture: b.fixture, about: b.about, dir: b.dir, run: b.run, watch: w}
	return own, watched{watch: w, instance: own.launch()}, secrets, nil
}

// arguments looks at the command lines of the instance and its children.
func (w watched) arguments() {
	pid := w.instance.PID()
	if pid == 0 {
		return
	}
	for _, line := range commandLines(pid) {
		w.look("the arguments of a process", line)
	}
}

func checkSourceCanary(ctx context.Context, b *bench) error {
	if err := b.hasSource(); err != nil {
		return err
	}
	for _, text := range canaries() {
		own, w, secrets, err := b.plant(b.about.Source.Settings, text)
		if err != nil {
			return err
		}
		settings, err := expand(b.fixture.Source.Settings, b.scratch())
		if err != nil {
			return errors.Join(err, end(w.instance))
		}
		config, err := own.bare(settings, secrets)
		if err != nil {
			return errors.Join(err, end(w.instance))
		}
		source, err := w.instance.OpenSource(ctx, config)
		w.fail("opening", err)
		w.arguments()
		if err == nil {
			own.readAll(ctx, w, source)
			w.fail("closing", source.Close())
		}
		w.fail("the end", end(w.instance)) // and the last of the log
		if err := w.err(); err != nil {
			return err
		}
	}
	return nil
}

// readAll asks a source for everything. It may fail: only what is said counts.
func (b *bench) readAll(ctx context.Context, w watched, source providers.Source) {
	for _, d := range b.fixture.Source.Discover {
		for found, err := range source.Discover(ctx, providers.Query{Kind: d.Kind, Settings: object(d.Settings)}) {
			w.see("a discovered repository", found)
			w.fail("Discover", err)
		}
	}
	repositories := b.fixture.Source.Repositories
	if len(b.fixture.Source.Vanished) > 0 {
		repositories = append(repositories[:len(repositories):len(repositories)], RepositoryFixture{Settings: b.fixture.Source.Vanished})
	}
	for _, r := range repositories {
		for answer, err := range source.Inspect(ctx, []providers.Lookup{{ID: 1, Repo: r.repo()}}) {
			w.see("an answer of Inspect", answer)
			w.fail("Inspect", err)
		}
		w.arguments()
		b.exportAndAuthors(ctx, w, source, r)
		for _, stream := range b.about.Source.Streams {
			for message, err := range source.Read(ctx, providers.ReadRequest{Repo: r.repo(), Stream: stream.Name}) {
				w.see("a message of the stream "+stream.Name, message)
				w.fail("Read", err)
			}
		}
		w.arguments()
	}
}

func (b *bench) exportAndAuthors(ctx context.Context, w watched, source providers.Source, r RepositoryFixture) {
	dir, err := b.tempDir()
	if err != nil || !b.about.Source.Git {
		return
	}
	defer os.RemoveAll(dir)
	request := providers.ExportRequest{Repo: r.repo(), Part: providers.PartCode, Dir: filepath.Join(dir, "raw.git")}
	export, err := source.ExportGit(ctx, request, func(p providers.Progress) {
		w.see("the progress of ExportGit", p)
		w.arguments()
	})
	w.see("the result of ExportGit", export)
	w.fail("ExportGit", err)
	w.arguments()
	for author, err := range source.Authors(ctx, r.repo(), filepath.Join(dir, "cache")) {
		w.see("an author", author)
		w.fail("Authors", err)
	}
	w.arguments()
}

func checkTargetCanary(ctx context.Context, b *bench) error {
	if err := b.hasTarget(); err != nil {
		return err
	}
	for _, text := range canaries() {
		own, w, secrets, err := b.plant(b.about.Target.Settings, text)
		if err != nil {
			return err
		}
		settings, err := expand(b.fixture.Target.Settings, b.scratch())
		if err != nil {
			return errors.Join(err, end(w.instance))
		}
		config, err := own.bare(settings, secrets)
		if err != nil {
			return errors.Join(err, end(w.instance))
		}
		target, err := w.instance.OpenTarget(ctx, config)
		w.fail("opening", err)
		w.arguments()
		if err == nil {
			own.writeAll(ctx, w, target)
			w.fail("closing", target.Close())
		}
		w.fail("the end", end(w.instance))
		if err := w.err(); err != nil {
			return err
		}
	}
	return nil
}

// writeAll uses all of a target. It may fail, too.
func (b *bench) writeAll(ctx context.Context, w watched, target providers.Target) {
	place := b.place("secret")
	for standing, err := range target.Inspect(ctx, []providers.Place{place}) {
		w.see("an answer of Inspect", standing)
		w.fail("Inspect", err)
	}
	ref, err := target.Create(ctx, providers.CreateRequest{Place: place, Marker: "conformance:" + place.Name})
	w.see("the result of Create", ref)
	w.fail("Create", err)
	w.arguments()
	if git, err := b.sampleRepository(ctx); err == nil {
		pushed, err := target.Push(ctx, git.push(ref, "refs/heads/main"), func(p providers.Progress) {
			w.see("the progress of Push", p)
			w.arguments()
		})
		w.see("the result of Push", pushed)
		w.fail("Push", err)
		w.arguments()
	}
	for _, s := range b.samples(1, "secret") {
		written, err := target.Write(ctx, providers.WriteRequest{Repo: ref, Writes: []providers.Write{{Record: s}}})
		w.see("the result of Write", written)
		w.fail("Write", err)
		found, err := target.Find(ctx, ref, providers.WantedKeys(s.Key()))
		w.see("the result of Find", found)
		w.fail("Find", err)
	}
	counts, err := target.Finish(ctx, providers.FinishRequest{Repo: ref})
	w.see("the result of Finish", counts)
	w.fail("Finish", err)
}

func checkWrongSecrets(ctx context.Context, b *bench) error {
	repositories, err := b.repositories()
	if err != nil {
		return err
	}
	if len(b.fixture.Source.WrongSecrets) == 0 {
		return untried("the fixture has no wrong secrets")
	}
	config, err := b.sourceConfig()
	if err != nil {
		return err
	}
	for attribute, text := range b.fixture.Source.WrongSecrets {
		config.Secrets[attribute] = text
	}
	instance := b.launch()
	defer end(instance)
	source, err := instance.OpenSource(ctx, config)
	if err != nil {
		return wantProblem("opening with a wrong secret", err, providers.CodeAuth)
	}
	defer source.Close()
	answer, err := inspectOne(ctx, source, providers.Lookup{ID: 1, Repo: repositories[0].repo()})
	if err != nil {
		return wantProblem("Inspect with a wrong secret", err, providers.CodeAuth)
	}
	return wantAnswer("Inspect with a wrong secret", answer.Problem, providers.CodeAuth)
}

// commandLines are the arguments of a process and its descendants, where the
// system shows them under /proc.
func commandLines(pid int) [][]byte {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	children := map[int][]int{}
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// The name of the program, in brackets, may hold anything.
		_, rest, _ := strings.Cut(string(data[strings.LastIndexByte(string(data), ')')+1:]), " ")
		fields := strings.Fields(rest)
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err != nil || len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			children[parent] = append(children[parent], child)
		}
	}
	var lines [][]byte
	for family := []int{pid}; len(family) > 0; {
		next := family[0]
		family = append(family[1:], children[next]...)
		if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", next)); err == nil {
			lines = append(lines, line)
		}
	}
	return lines
}
