package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	kindRepositories = "repositories"

	defaultAuthor = "Releases"
	defaultEmail  = "releases@tarballs.invalid"
)

// New returns the provider of release tarballs.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "tarballs",
			Version: "1.0.0",
			Doc:     "A folder of release tarballs, NAME-VERSION.tar.gz, as git history with one commit and one tag for each version. It needs git 2.30 or newer.",
			Source: &providers.SourceDescription{
				Git: true,
				Settings: schema.Attributes{
					{Name: "folder", Type: schema.TypeString, Required: true,
						Doc: "The folder with the tarballs. A relative path starts at the folder of the plan."},
					{Name: "author_name", Type: schema.TypeString, Default: `"` + defaultAuthor + `"`, OnChange: schema.EffectRewrite,
						Doc: "The name of the author of every commit and tag."},
					{Name: "author_email", Type: schema.TypeString, Default: `"` + defaultEmail + `"`, OnChange: schema.EffectRewrite,
						Doc: "The e-mail address of the author of every commit and tag."},
				},
				Repository: schema.Attributes{
					{Name: "project", Type: schema.TypeString, Required: true, OnChange: schema.EffectNewTarget,
						Doc: "NAME in NAME-VERSION.tar.gz."},
				},
				Discover: map[string]schema.Attributes{kindRepositories: {}},
			},
		},
		OpenSource: openSource,
	}
}

// openSource checks the settings. It reads nothing yet.
func openSource(_ context.Context, config providers.Config) (providers.Source, error) {
	settings := struct {
		Folder string `json:"folder"`
		Author string `json:"author_name"`
		Email  string `json:"author_email"`
	}{Author: defaultAuthor, Email: defaultEmail}
	if err := json.Unmarshal(config.Settings, &settings); err != nil {
		return nil, providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	if settings.Folder == "" {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "open source", Message: "no folder was given",
			Hint: `set folder to where the tarballs are, such as "./releases"`, Attribute: "folder"}
	}
	for attribute, value := range map[string]string{"author_name": settings.Author, "author_email": settings.Email} {
		if value == "" || strings.ContainsAny(value, "<>") || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, &providers.Error{Code: providers.CodeInvalid, Op: "open source", Message: attribute + " cannot stand in a commit",
				Hint: "write it without angle brackets and line breaks", Attribute: attribute}
		}
	}
	folder := settings.Folder
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(config.Dir, folder)
	}
	return &source{folder: folder, author: person{settings.Author, settings.Email}}, nil
}
