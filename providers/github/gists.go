package github

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

const (
	// maxSnippet bounds the text of all files of a gist in its record; the rest
	// is in its git repository.
	maxSnippet = 8 << 20

	// maxGistComments bounds the comments that a look at a gist asks for. One
	// with more is read every time.
	maxGistComments = 1000
)

// gistFacts tells of a gist. Its git repository is what git clone takes.
func (s *source) gistFacts(ctx context.Context, id string) (*providers.Facts, error) {
	g, err := s.client.Gist(ctx, id)
	if err != nil {
		return nil, err
	}
	repository, err := s.gistGit(g)
	if err != nil {
		return nil, err
	}
	refs, err := repository.Refs(ctx)
	if err != nil {
		return nil, err
	}
	facts := &providers.Facts{
		Identity: gistPrefix + g.ID, FullName: gistName(g), Name: g.ID, URL: g.URL,
		Counts:     map[schema.Kind]int64{schema.KindRepository: 1, schema.KindSnippet: 1, schema.KindComment: g.Comments},
		Streams:    map[string]string{streamReleases: "none", streamThreads: "none"},
		Requests:   2 + (g.Comments+api.PageSize-1)/api.PageSize,
		Visibility: gistVisibility(g),
		Files:      int64(len(g.Files)),
	}
	forgegit.Describe(facts, refs, gitrepo.Refs{})
	if g.Comments <= maxGistComments {
		// A comment that is edited does not change the gist.
		comments, err := s.gistComments(ctx, g)
		if err != nil {
			return nil, err
		}
		facts.Streams[streamBase] = schema.Digest([]any{format, snippetOf(g), comments})
	}
	facts.ETag = etag("gist", []any{facts, refs.HeadOID})
	return facts, nil
}

func (s *source) gistComments(ctx context.Context, g api.Gist) ([]api.GistComment, error) {
	if g.Comments == 0 {
		return nil, nil
	}
	var all []api.GistComment
	for c, err := range s.client.GistComments(ctx, g.ID) {
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// gistGit is the git repository of a gist. On github.com it has a host of its own;
// anywhere else the token would go wherever the answer says.
func (s *source) gistGit(g api.Gist) (forgegit.Repository, error) {
	at, err := url.Parse(g.GitURL)
	home, herr := url.Parse(s.host.Web)
	if err != nil || herr != nil || at.Scheme != home.Scheme || !sameName(at.Host, home.Host) && !sameName(at.Host, "gist."+home.Host) {
		return forgegit.Repository{}, providers.Errorf(providers.CodeInvalid, "the gist says that its git repository is on another server")
	}
	at.User = nil
	return s.git(at.String(), "gist "+g.ID, nil), nil
}

func gistName(g api.Gist) string { return person(g.Owner).Login + "/" + g.ID }

// gistVisibility takes a secret gist for private: whoever does not know its
// address does not find it.
func gistVisibility(g api.Gist) string {
	if g.Public {
		return "public"
	}
	return "private"
}

// gistSections are the parts of the stream base of a gist.
func (r *reading) gistSections() []stream.Section {
	return []stream.Section{
		{Name: "gist", Kinds: []schema.Kind{schema.KindRepository, schema.KindSnippet}, Read: r.gist},
		{Name: "comments", Kinds: []schema.Kind{schema.KindComment}, Read: r.gistComments},
	}
}

func (r *reading) gist(ctx context.Context) error {
	g, err := r.place.client.Gist(ctx, r.place.gist)
	if err != nil {
		return err
	}
	settings := schema.Repository{
		Name: g.ID, FullName: gistName(g), Description: g.Description, Visibility: gistVisibility(g), URL: g.URL, CreatedAt: g.CreatedAt.UTC(),
	}
	if err := r.put(schema.KindRepository, repositoryID, nil, settings, nil); err != nil {
		return err
	}
	if !r.Wants(schema.KindSnippet) {
		return nil
	}
	snippet, err := r.withTexts(ctx, g, snippetOf(g))
	if err != nil {
		return err
	}
	return r.put(schema.KindSnippet, g.ID, nil, snippet, nil)
}

// snippetOf has the texts that came with the gist. Its title is the first line
// of its description, as GitHub shows it, or its first file.
func snippetOf(g api.Gist) schema.Snippet {
	s := schema.Snippet{
		Description: g.Description, Visibility: gistVisibility(g), Author: person(g.Owner), URL: g.URL,
		CreatedAt: g.CreatedAt.UTC(), UpdatedAt: g.UpdatedAt.UTC(),
	}
	for _, f := range g.Files {
		s.Files = append(s.Files, schema.SnippetFile{Name: f.Name, Text: f.Content})
	}
	slices.SortFunc(s.Files, func(a, b schema.SnippetFile) int { return strings.Compare(a.Name, b.Name) })
	s.Title, _, _ = strings.Cut(strings.TrimSpace(g.Description), "\n")
	if s.Title == "" && len(s.Files) > 0 {
		s.Title = s.Files[0].Name
	}
	if s.Title == "" {
		s.Title = g.ID
	}
	return s
}

// withTexts completes the texts of files that are too large to come along. What
// a record cannot take stays out of it and is told.
func (r *reading) withTexts(ctx context.Context, g api.Gist, s schema.Snippet) (schema.Snippet, error) {
	left, missing := int64(maxSnippet), []string(nil)
	for i, f := range s.Files {
		from := g.Files[f.Name]
		if from.Size > left {
			s.Files[i].Text, missing = "", append(missing, f.Name)
			continue
		}
		left -= from.Size
		if !from.Truncated {
			continue
		}
		text, err := r.rawFile(ctx, from)
		if err != nil {
			return s, err
		}
		s.Files[i].Text = text
	}
	if g.Truncated {
		if err := r.Loss("github.gist_files", "a gist has more files than GitHub lists; all of them are in its git repository", 1); err != nil {
			return s, err
		}
	}
	if len(missing) == 0 {
		return s, nil
	}
	return s, r.Loss("github.gist_text", "files of a gist are too large for its record; they are in its git repository: "+stream.Few(missing), int64(len(missing)))
}

// rawFile reads a file from the address that GitHub gives for it, without the
// token unless it is on the server itself.
func (r *reading) rawFile(ctx context.Context, f api.GistFile) (string, error) {
	body, _, err := r.place.client.HTTP().Open(ctx, f.RawURL, forgehttp.OpenOptions{
		TrustedHosts: []string{r.source.host.Name()}, MaxBytes: maxSnippet, Op: "download file", Subject: f.Name,
	})
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	return string(text), err
}

func (r *reading) gistComments(ctx context.Context) error {
	parent := schema.Key{Kind: schema.KindSnippet, ID: r.place.gist}
	for c, err := range r.place.client.GistComments(ctx, r.place.gist) {
		if err != nil {
			return err
		}
		body := schema.Comment{Text: c.Body, Author: person(c.User), CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC()}
		if err := r.put(schema.KindComment, number(c.ID), &parent, body, nil); err != nil {
			return err
		}
	}
	return nil
}
