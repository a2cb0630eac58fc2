package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// newSlowProvider returns the provider "slow", a source for scripts. It reads a
// git repository, makes up issues, and waits where it is told to, until a file
// appears: so that a script can do something in the middle of a run without
// depending on how fast anything is.
func newSlowProvider() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name: "slow", Version: "0.0.1", Doc: "A source that waits for files. It serves tests.",
			Source: &providers.SourceDescription{
				Settings: schema.Attributes{{Name: "token", Type: schema.TypeString, Secret: true, Doc: "A secret to carry."}},
				Repository: schema.Attributes{
					{Name: "repo", Type: schema.TypeString, Doc: "The git repository to read."},
					{Name: "identity", Type: schema.TypeString, Doc: "Its permanent id; by default its path."},
					{Name: "issues", Type: schema.TypeNumber, Doc: "How many issues there are."},
					{Name: "stop_at", Type: schema.TypeString, Doc: "Where to wait: inspect, git, or the number of an issue."},
					{Name: "gate", Type: schema.TypeString, Doc: "The file to wait for. GATE.waiting appears while it is waited for."},
					{Name: "deaf", Type: schema.TypeBool, Doc: "Whether to go on waiting when asked to stop. The file deaf.ignored appears then."},
				},
				Discover: map[string]schema.Attributes{"repositories": {
					{Name: "names", Type: schema.TypeStringList, Doc: "What there is."},
					{Name: "cut_off", Type: schema.TypeBool, Doc: "Whether the listing ends with an error."},
				}},
				Git:     true,
				Streams: []providers.Stream{{Name: "issues", Kinds: []schema.Kind{schema.KindIssue}}},
			},
		},
		OpenSource: func(_ context.Context, c providers.Config) (providers.Source, error) {
			return &slowSource{dir: c.Dir}, nil
		},
	}
}

type slowSource struct {
	providers.UnimplementedSource
	dir string
}

type slowSettings struct {
	Repo     string `json:"repo"`
	Identity string `json:"identity"`
	Issues   int    `json:"issues"`
	StopAt   string `json:"stop_at"`
	Gate     string `json:"gate"`
	Deaf     bool   `json:"deaf"`
}

func (s *slowSource) settings(repo providers.Repo) slowSettings {
	var set slowSettings
	if err := json.Unmarshal(repo.Settings, &set); err != nil {
		panic(err) // the engine checked them
	}
	if set.Identity == "" {
		set.Identity = set.Repo
	}
	set.Repo = filepath.Join(s.dir, set.Repo)
	return set
}

// pass waits at the gate when this is the place to.
func (s *slowSource) pass(ctx context.Context, set slowSettings, place string) error {
	if set.StopAt != place || set.Gate == "" {
		return nil
	}
	gate := filepath.Join(s.dir, set.Gate)
	if _, err := os.Stat(gate); err == nil {
		return nil
	}
	if err := os.WriteFile(gate+".waiting", nil, 0o666); err != nil {
		return err
	}
	defer os.Remove(gate + ".waiting")
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(gate); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		select {
		case <-ctx.Done():
			if !set.Deaf {
				return ctx.Err()
			}
			if err := os.WriteFile(filepath.Join(s.dir, "deaf.ignored"), nil, 0o666); err != nil {
				return err
			}
			ctx = context.WithoutCancel(ctx)
		case <-tick.C:
		}
	}
}

func (s *slowSource) Discover(_ context.Context, q providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		var settings struct {
			Names  []string `json:"names"`
			CutOff bool     `json:"cut_off"`
		}
		if err := json.Unmarshal(q.Settings, &settings); err != nil {
			yield(providers.Discovered{}, err)
			return
		}
		for _, name := range settings.Names {
			if !yield(providers.Discovered{Item: &schema.Found{Identity: name, ID: name, FullName: name, Name: name}}, nil) {
				return
			}
		}
		end := providers.ListingEnd{Complete: !settings.CutOff}
		if settings.CutOff {
			end.Problem = providers.Errorf(providers.CodeUnavailable, "page 2 of the listing could not be read")
		}
		yield(providers.Discovered{End: &end}, nil)
	}
}

func (s *slowSource) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, q := range queries {
			set := s.settings(q.Repo)
			in := providers.Inspection{ID: q.ID}
			refs, err := gitrepo.LsRemote(ctx, gitrepo.Remote{URL: set.Repo})
			if err == nil {
				err = s.pass(ctx, set, "inspect")
			}
			if err != nil {
				in.Problem = providers.AsError(err)
			} else {
				in.Facts = &providers.Facts{
					Identity: set.Identity, FullName: filepath.Base(set.Repo), Name: filepath.Base(set.Repo),
					Parts: []providers.Part{providers.PartCode}, Refs: refs.Names, DefaultBranch: refs.Head, ObjectFormat: refs.ObjectFormat,
					Counts:  map[schema.Kind]int64{schema.KindIssue: int64(set.Issues)},
					Streams: map[string]string{"issues": strconv.Itoa(set.Issues)},
				}
			}
			if !yield(in, nil) {
				return
			}
		}
	}
}

func (s *slowSource) ExportGit(ctx context.Context, req providers.ExportRequest, _ func(providers.Progress)) (providers.Export, error) {
	set := s.settings(req.Repo)
	if err := s.pass(ctx, set, "git"); err != nil {
		return providers.Export{}, err
	}
	if err := gitrepo.Mirror(ctx, gitrepo.Remote{URL: set.Repo}, req.Dir, nil); err != nil {
		return providers.Export{}, err
	}
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return providers.Export{}, err
	}
	refs, err := repo.Refs(ctx)
	return providers.Export{Refs: refs.Names, DefaultBranch: refs.Head, ObjectFormat: refs.ObjectFormat}, err
}

func (s *slowSource) Read(ctx context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		set := s.settings(req.Repo)
		done, _ := strconv.Atoi(string(req.Cursor)) // the empty cursor is the beginning
		for n := done + 1; n <= set.Issues; n++ {
			if err := s.pass(ctx, set, strconv.Itoa(n)); err != nil {
				yield(providers.Message{}, err)
				return
			}
			body, err := json.Marshal(schema.Issue{Number: int64(n), Title: fmt.Sprintf("issue %d", n), State: "open"})
			if err != nil {
				yield(providers.Message{}, err)
				return
			}
			cursor := schema.Cursor(strconv.Itoa(n))
			record := &schema.Record{Kind: schema.KindIssue, ID: strconv.Itoa(n), Revision: "1", Body: body}
			if !yield(providers.Message{Record: record}, nil) || !yield(providers.Message{Checkpoint: &cursor}, nil) {
				return
			}
		}
		counts := map[schema.Kind]int64{schema.KindIssue: int64(set.Issues)}
		yield(providers.Message{End: &providers.StreamEnd{Counts: counts, Complete: true}}, nil)
	}
}
