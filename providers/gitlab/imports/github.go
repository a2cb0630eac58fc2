package imports

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// githubSettings are those of a source "github" that GitLab's importer takes.
type githubSettings struct {
	Hostname string `json:"github_hostname"`
	githubChoice
}

// githubChoice are those of its repositories.
type githubChoice struct {
	RepositoryID    json.RawMessage `json:"repo_id"`
	PageSize        int             `json:"pagination_limit"`
	TimeoutStrategy string          `json:"timeout_strategy"`
	OptionalStages  map[string]bool `json:"optional_stages"`
}

const (
	optimistic = "optimistic"

	// eventsStage has had no effect since eventsAlways: events always come.
	eventsStage = "single_endpoint_issue_events_import"
)

func startGitHub(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	in, err := githubRequest(m.version, req)
	if err != nil {
		return schema.Job{}, err
	}
	p, err := m.api.ImportGitHub(ctx, in)
	if err != nil {
		return schema.Job{}, err
	}
	return m.startedProject(p, req, sourceGitHub), nil
}

// githubRequest is what GitLab is asked.
func githubRequest(v version, req providers.ImportRequest) (api.GitHubImport, error) {
	var source githubSettings
	var chosen githubChoice
	if err := decode(req.Settings, &source); err != nil {
		return api.GitHubImport{}, err
	}
	if err := decode(req.Repo.Settings, &chosen); err != nil {
		return api.GitHubImport{}, err
	}
	in := api.GitHubImport{NewName: req.Place.Name, PageSize: chosen.PageSize, TimeoutStrategy: chosen.TimeoutStrategy}
	var err error
	if in.Token, err = firstToken(req); err != nil {
		return in, err
	}
	if in.Namespace, err = namespace(req); err != nil {
		return in, err
	}
	if in.RepositoryID, err = repositoryID(req.Repo.Identity, chosen.RepositoryID); err != nil {
		return in, err
	}
	if in.Hostname, err = githubHostname(source.Hostname, v); err != nil {
		return in, err
	}
	if in.PageSize == 0 {
		in.PageSize = source.PageSize
	}
	if in.TimeoutStrategy == "" {
		in.TimeoutStrategy = source.TimeoutStrategy
	}
	if in.TimeoutStrategy, err = v.timeoutStrategy(in.TimeoutStrategy); err != nil {
		return in, err
	}
	if in.PageSize != 0 && !v.has(pageSizes) {
		return in, v.lacks("pagination_limit", pageSizes, "pagination_limit", "leave it out, or upgrade the target")
	}
	in.OptionalStages = stages(v, chosen.OptionalStages)
	return in, nil
}

// stages are the optional ones. GitLab takes one that is not named for one that
// is not wanted.
func stages(v version, wanted map[string]bool) map[string]bool {
	in := map[string]bool{}
	for name, want := range wanted {
		if want && (name != eventsStage || !v.has(eventsAlways)) {
			in[name] = true
		}
	}
	if len(in) == 0 {
		return nil
	}
	return in
}

// timeoutStrategy is what is said to this version. One that has no strategies
// behaves like a pessimist.
func (v version) timeoutStrategy(strategy string) (string, error) {
	if v.has(timeoutStrategies) {
		return strategy, nil
	}
	if strategy == optimistic {
		return "", v.lacks("timeout_strategy", timeoutStrategies, "timeout_strategy", "leave it out, or upgrade the target")
	}
	return "", nil
}

// firstToken is the token that GitLab is told. The source may have several; an
// importer takes one.
func firstToken(req providers.ImportRequest) (string, error) {
	const name = "personal_access_token"
	text, err := secret(req, name)
	if err != nil {
		return "", err
	}
	for token := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if token = strings.TrimSpace(token); token != "" {
			return token, nil
		}
	}
	return "", absent(name, "put a token into the secret")
}

// repositoryID is the number of a repository: what the source told, or what the
// plan says, as a number or as text.
func repositoryID(identity string, said json.RawMessage) (int64, error) {
	text := identity
	if text == "" {
		text = number(said)
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, &providers.Error{Code: providers.CodeInvalid, Op: "start an import", Attribute: "repo_id",
			Message: quoted(text) + " is not the number of a repository on GitHub", Hint: "let drover plan look the repository up, or set repo_id to its number"}
	}
	return id, nil
}

// githubHostname is how GitLab is told where GitHub is. It is told nothing for
// github.com. From 16.5 to 17.1 it took an address as it was given, so that the
// path of the API had to be in it; the other versions add it.
func githubHostname(raw string, v version) (string, error) {
	text := strings.TrimSpace(raw)
	if text != "" && !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || text != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return "", &providers.Error{Code: providers.CodeInvalid, Op: "start an import", Attribute: "github_hostname",
			Message: "it is neither a host nor a URL", Hint: `write a host such as "github.example.com"`}
	}
	host := strings.ToLower(u.Host)
	if name := strings.TrimPrefix(strings.TrimPrefix(host, "www."), "api."); name == "" || name == "github.com" {
		return "", nil
	}
	address := u.Scheme + "://" + host
	if v != 0 && v.has(apiInHostname) && !v.has(plainHostname) {
		address += "/api/v3"
	}
	return address, nil
}
