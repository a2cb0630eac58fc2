package providertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// gitSample is a repository to push.
type gitSample struct {
	dir  string
	refs map[string]string
}

const mainBranch = "refs/heads/main"

// sampleHistory has a branch of two commits, one that is the first of them, one
// that shares nothing with the others, and an annotated tag.
const sampleHistory = `feature done
commit refs/heads/main
mark :1
committer Conformance <conformance@drover.example> 1700000000 +0000
data 6
first

M 100644 inline README
data 4
one

commit refs/heads/main
mark :2
committer Conformance <conformance@drover.example> 1700000060 +0000
data 7
second

from :1
M 100644 inline README
data 4
two

reset refs/heads/topic
from :1

commit refs/heads/elsewhere
mark :3
committer Conformance <conformance@drover.example> 1700000120 +0000
data 10
elsewhere

M 100644 inline OTHER
data 6
three

tag v1
from :2
tagger Conformance <conformance@drover.example> 1700000180 +0000
data 3
v1

`

// sampleRepository makes the repository of sampleHistory.
func (b *bench) sampleRepository(ctx context.Context) (gitSample, error) {
	return b.gitRepository(ctx, strings.NewReader(sampleHistory+"done\n"))
}

// crowdedRepository has n branches besides.
func (b *bench) crowdedRepository(ctx context.Context, n int) (gitSample, error) {
	var text strings.Builder
	text.WriteString(sampleHistory)
	for i := range n {
		fmt.Fprintf(&text, "reset refs/heads/crowd/%05d\nfrom :%d\n\n", i, 1+i%2)
	}
	text.WriteString("done\n")
	return b.gitRepository(ctx, strings.NewReader(text.String()))
}

func (b *bench) gitRepository(ctx context.Context, history io.Reader) (gitSample, error) {
	dir, err := b.tempDir()
	if err != nil {
		return gitSample{}, err
	}
	repo, err := gitrepo.Init(ctx, filepath.Join(dir, "sample.git"), "")
	if err != nil {
		return gitSample{}, err
	}
	if err := repo.FastImport(ctx, history); err != nil {
		return gitSample{}, err
	}
	refs, err := repo.Refs(ctx)
	return gitSample{dir: repo.Dir(), refs: refs.Names}, err
}

// push is the first push of some refs; of all when none are named.
func (g gitSample) push(repo schema.Ref, names ...string) providers.PushRequest {
	req := providers.PushRequest{Repo: repo, Part: providers.PartCode, Dir: g.dir, DefaultBranch: mainBranch}
	if len(names) == 0 {
		for name, id := range g.refs {
			req.Updates = append(req.Updates, providers.RefUpdate{Name: name, New: id})
		}
	}
	for _, name := range names {
		req.Updates = append(req.Updates, providers.RefUpdate{Name: name, New: g.refs[name]})
	}
	return req
}

// plainKind is a kind that the target carries and that needs no other record.
func (b *bench) plainKind() (schema.Kind, bool) {
	for _, kind := range []schema.Kind{schema.KindIssue, schema.KindLabel, schema.KindMilestone, schema.KindDiscussion, schema.KindSnippet} {
		if b.about.Target.Supports(kind) != nil {
			return kind, true
		}
	}
	return "", false
}

// samples are n records of the plain kind; none when there is no such kind.
func (b *bench) samples(n int, text string) []schema.Record {
	kind, ok := b.plainKind()
	if !ok {
		return nil
	}
	list := make([]schema.Record, n)
	for i := range list {
		list[i] = sample(kind, i+1, "1", text)
	}
	return list
}

// sample is a record of a plain kind.
func sample(kind schema.Kind, number int, revision, text string) schema.Record {
	title := fmt.Sprintf("conformance %d", number)
	var body any
	switch kind {
	case schema.KindIssue:
		body = schema.Issue{Number: int64(number), Title: title, Text: text, State: "open"}
	case schema.KindLabel:
		body = schema.Label{Name: title, Color: "336699", Description: text}
	case schema.KindMilestone:
		body = schema.Milestone{Number: int64(number), Title: title, Description: text, State: "open"}
	case schema.KindDiscussion:
		body = schema.Discussion{Number: int64(number), Title: title, Text: text, State: "open"}
	case schema.KindSnippet:
		body = schema.Snippet{Title: title, Files: []schema.SnippetFile{{Name: "text", Text: text}}}
	}
	return record(kind, fmt.Sprint(number), revision, body)
}

func record(kind schema.Kind, id, revision string, body any) schema.Record {
	text, err := json.Marshal(body)
	if err != nil {
		panic("providertest: a body that is not JSON: " + err.Error()) // it is made of strings and numbers
	}
	return schema.Record{Kind: kind, ID: id, Revision: revision, Body: text}
}
