package main

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// standIn is a provider whose answers cost nothing, so that what a benchmark
// measures is our own time. As a source it tells facts and records that it makes
// up from a repository's number; as a target it remembers only which
// repositories it was told to create.
func standIn() *providers.Provider {
	repository := schema.Attributes{
		{Name: "number", Type: schema.TypeNumber, Doc: "The repository's number.", Required: true},
		{Name: "records", Type: schema.TypeNumber, Doc: "How many records it has."},
	}
	return &providers.Provider{
		Description: providers.Description{
			Name: "standin", Version: "1.0.0", Doc: "Makes up what it tells.",
			Source: &providers.SourceDescription{
				Repository: repository,
				Streams:    []providers.Stream{{Name: "issues", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment}}},
			},
			Target: &providers.TargetDescription{
				Settings: schema.Attributes{{Name: "path", Type: schema.TypeString, Doc: "The file that remembers.", Required: true, Identifies: true}},
				Kinds:    []providers.Support{{Kind: schema.KindIssue, Degraded: "they all become one"}},
				Batch:    1000,
			},
		},
		OpenSource: func(context.Context, providers.Config) (providers.Source, error) { return standInSource{}, nil },
		OpenTarget: func(_ context.Context, c providers.Config) (providers.Target, error) { return openStandInTarget(c) },
		CheckPlaces: func(places []providers.Place) []*providers.Error {
			problems := make([]*providers.Error, len(places))
			for i, p := range places {
				if fixed := strings.ReplaceAll(p.Name, "--", "-"); fixed != p.Name {
					problems[i] = providers.Errorf(providers.CodeInvalid, "the name %q has two hyphens in a row", p.Name)
					problems[i].Attribute, problems[i].Hint = "new_name", "Suggested: "+fixed
				}
			}
			return problems
		},
	}
}

type standInSource struct{ providers.UnimplementedSource }

// standInRepo is what a plan says of a repository.
type standInRepo struct {
	Number  int64 `json:"number"`
	Records int64 `json:"records"`
}

func readStandIn(repo providers.Repo) (standInRepo, error) {
	var r standInRepo
	err := json.Unmarshal(repo.Settings, &r)
	return r, err
}

func (standInSource) Inspect(_ context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, q := range queries {
			r, err := readStandIn(q.Repo)
			if err != nil {
				yield(providers.Inspection{}, err)
				return
			}
			if !yield(providers.Inspection{ID: q.ID, Facts: r.facts()}, nil) {
				return
			}
		}
	}
}

func (r standInRepo) facts() *providers.Facts {
	name := fmt.Sprintf("service-%05d", r.Number)
	f := &providers.Facts{
		Identity: strconv.FormatInt(r.Number, 10), FullName: "acme/" + name, Name: name, URL: "https://forge.example/acme/" + name,
		Parts: []providers.Part{providers.PartCode}, Refs: map[string]string{},
		DefaultBranch: "refs/heads/main", ObjectFormat: "sha1", GitBytes: 1 << 20, Visibility: "private",
		Counts:  map[schema.Kind]int64{schema.KindIssue: r.Records / standInThread, schema.KindComment: r.Records - r.Records/standInThread},
		Streams: map[string]string{"issues": "unchanged"},
	}
	for _, ref := range []string{"refs/heads/main", "refs/heads/next", "refs/tags/v1.0", "refs/tags/v1.1", "refs/tags/v2.0"} {
		f.Refs[ref] = fmt.Sprintf("%x", sha1.Sum([]byte(name+ref)))
	}
	return f
}

const (
	standInThread     = 10  // an issue and its comments
	standInCheckpoint = 500 // records between two
)

// Read yields records in the order of their numbers. The cursor is how many
// were read.
func (standInSource) Read(_ context.Context, req providers.ReadRequest) iter.Seq2[providers.Message, error] {
	return func(yield func(providers.Message, error) bool) {
		r, err := readStandIn(req.Repo)
		if err != nil {
			yield(providers.Message{}, err)
			return
		}
		start, _ := strconv.ParseInt(string(req.Cursor), 10, 64) // the empty cursor is the beginning
		for n := start; n < r.Records; n++ {
			if !yield(providers.Message{Record: standInRecord(n)}, nil) {
				return
			}
			if (n+1)%standInCheckpoint == 0 {
				cursor := schema.Cursor(strconv.FormatInt(n+1, 10))
				if !yield(providers.Message{Checkpoint: &cursor}, nil) {
					return
				}
			}
		}
		yield(providers.Message{End: &providers.StreamEnd{Counts: r.facts().Counts, Complete: true}}, nil)
	}
}

// standInRecord is an issue or, mostly, a comment as they are on a forge: two
// sentences, an author, an address and a date.
func standInRecord(n int64) *schema.Record {
	issue := strconv.FormatInt(n-n%standInThread, 10)
	r := &schema.Record{Kind: schema.KindIssue, ID: strconv.FormatInt(n, 10), Revision: "2026-01-02T03:04:05Z"}
	const common = `"text":"The worker stops after the second page when the token has expired. It should ask for another one and go on.","author":{"id":"583231","login":"ada"},"url":"https://forge.example/acme/service/issues/%s#%d","created_at":"2026-01-02T03:04:05Z"}`
	if n%standInThread == 0 {
		r.Body = fmt.Appendf(nil, `{"number":%d,"title":"It stops","state":"open",`+common, n/standInThread+1, issue, n)
		return r
	}
	r.Kind, r.Parent = schema.KindComment, &schema.Key{Kind: schema.KindIssue, ID: issue}
	r.Body = fmt.Appendf(nil, `{`+common, issue, n)
	return r
}

// standInTarget holds the marker of every repository by its path.
type standInTarget struct {
	providers.UnimplementedTarget

	mu      sync.Mutex
	file    *os.File
	markers map[string]string
}

func openStandInTarget(c providers.Config) (*standInTarget, error) {
	var settings struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(c.Settings, &settings); err != nil {
		return nil, err
	}
	t := &standInTarget{markers: map[string]string{}}
	path := filepath.Join(c.Dir, settings.Path)
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for lines := bufio.NewScanner(strings.NewReader(string(data))); lines.Scan(); {
		marker, at, _ := strings.Cut(lines.Text(), " ")
		t.markers[at] = marker
	}
	t.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	return t, err
}

func (t *standInTarget) Close() error { return t.file.Close() }

func (t *standInTarget) Inspect(_ context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) {
		for _, p := range places {
			t.mu.Lock()
			marker, exists := t.markers[p.Path()]
			t.mu.Unlock()
			s := providers.Standing{ID: p.ID}
			if exists {
				s.Exists, s.Marker, s.Ref = true, marker, schema.Ref{ID: p.Path()}
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (t *standInTarget) Create(_ context.Context, req providers.CreateRequest) (schema.Ref, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := req.Place.Path()
	t.markers[at] = req.Marker
	_, err := fmt.Fprintln(t.file, req.Marker, at)
	return schema.Ref{ID: at}, err
}

func (t *standInTarget) Write(_ context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	written := make([]providers.Written, len(req.Writes))
	for i := range written {
		written[i].Ref = schema.Ref{ID: req.Writes[i].Record.ID}
	}
	return written, nil
}

func (t *standInTarget) Find(_ context.Context, _ schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	return make([]schema.Ref, len(wanted)), nil
}

func (t *standInTarget) Finish(context.Context, providers.FinishRequest) (map[schema.Kind]int64, error) {
	return map[schema.Kind]int64{}, nil
}
