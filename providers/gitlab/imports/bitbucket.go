package imports

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func startBitbucketServer(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	in, err := bitbucketServerRequest(m.version, req)
	if err != nil {
		return schema.Job{}, err
	}
	p, err := m.api.ImportBitbucketServer(ctx, in)
	if err != nil {
		return schema.Job{}, err
	}
	return m.startedProject(p, req, sourceBitbucketServer), nil
}

func bitbucketServerRequest(v version, req providers.ImportRequest) (api.BitbucketServerImport, error) {
	var source struct {
		URL             string `json:"bitbucket_server_url"`
		Username        string `json:"bitbucket_server_username"`
		TimeoutStrategy string `json:"timeout_strategy"`
	}
	var chosen struct {
		Project         string `json:"bitbucket_server_project"`
		Repository      string `json:"bitbucket_server_repo"`
		TimeoutStrategy string `json:"timeout_strategy"`
	}
	if err := decode(req.Settings, &source); err != nil {
		return api.BitbucketServerImport{}, err
	}
	if err := decode(req.Repo.Settings, &chosen); err != nil {
		return api.BitbucketServerImport{}, err
	}
	in := api.BitbucketServerImport{
		URL: source.URL, Username: source.Username, Project: chosen.Project, Repository: chosen.Repository,
		NewName: req.Place.Name, Namespace: strings.Trim(req.Place.Namespace, "/"), TimeoutStrategy: chosen.TimeoutStrategy,
	}
	if in.TimeoutStrategy == "" {
		in.TimeoutStrategy = source.TimeoutStrategy
	}
	var err error
	if in.Token, err = secret(req, "personal_access_token"); err != nil {
		return in, err
	}
	if in.Username == "" {
		return in, absent("bitbucket_server_username", "GitLab signs in to Bitbucket with a name and a token; set it in the source block")
	}
	if in.TimeoutStrategy, err = v.timeoutStrategy(in.TimeoutStrategy); err != nil {
		return in, err
	}
	if !v.has(bitbucketNewPath) && !strings.EqualFold(in.NewName, in.Repository) {
		return in, v.lacks("a project path of one's own", bitbucketNewPath, "new_name",
			"set new_name to "+quoted(in.Repository)+": this version copies the path from Bitbucket, whatever the name; or upgrade the target")
	}
	return in, nil
}

func startBitbucketCloud(ctx context.Context, m *Importer, req providers.ImportRequest) (schema.Job, error) {
	in, err := bitbucketCloudRequest(m.version, req)
	if err != nil {
		return schema.Job{}, err
	}
	p, err := m.api.ImportBitbucket(ctx, in)
	if err != nil {
		return schema.Job{}, err
	}
	return m.startedProject(p, req, sourceBitbucketCloud), nil
}

func bitbucketCloudRequest(v version, req providers.ImportRequest) (api.BitbucketImport, error) {
	var source struct {
		Email    string `json:"bitbucket_email"`
		Username string `json:"bitbucket_username"`
	}
	var chosen struct {
		Path string `json:"repo_path"`
	}
	if err := decode(req.Settings, &source); err != nil {
		return api.BitbucketImport{}, err
	}
	if err := decode(req.Repo.Settings, &chosen); err != nil {
		return api.BitbucketImport{}, err
	}
	in := api.BitbucketImport{Path: chosen.Path, NewName: req.Place.Name}
	if !v.has(bitbucketCloudAPI) {
		return in, v.lacks("the import from Bitbucket Cloud by its API", bitbucketCloudAPI, "method", "set method = \"direct\", or upgrade the target")
	}
	var err error
	if in.Namespace, err = namespace(req); err != nil {
		return in, err
	}
	// One pair goes, never a mixture: GitLab refuses that.
	if source.Email != "" {
		in.Email = source.Email
		in.Token, err = secret(req, "bitbucket_api_token")
		return in, err
	}
	if source.Username == "" {
		return in, absent("bitbucket_email", "set it with bitbucket_api_token in the source block")
	}
	in.Username = source.Username
	in.AppPassword, err = secret(req, "bitbucket_app_password")
	return in, err
}
