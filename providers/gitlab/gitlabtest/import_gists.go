package gitlabtest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxSnippetFiles = 10
	maxSnippetSize  = 52428800
)

// ghGist is a gist as lists show it.
type ghGist struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Public      bool   `json:"public"`
	GitURL      string `json:"git_pull_url"`
	Files       map[string]struct {
		Name string `json:"filename"`
		Size int64  `json:"size"`
	} `json:"files"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// importGists begins the import of the gists of a token's owner. It asks the GitHub
// that the server is configured for.
func (c *call) importGists() (reply, error) {
	if err := c.needs("personal_access_token"); err != nil {
		return reply{}, err
	}
	if c.s.importing.gists[c.doer] == "started" {
		return reply{}, unsaved("Import already in progress")
	}
	from := c.github("", c.text("personal_access_token"))
	var me ghUser
	_, err := from.get(c.r.Context(), "/user", &me)
	switch status := statusOf(err); {
	case status == http.StatusTooManyRequests:
		return reply{}, &failure{status: http.StatusTooManyRequests, body: object{"error": "Too Many Requests"}}
	case err != nil:
		return reply{}, &failure{status: http.StatusUnauthorized, body: object{"errors": "Access denied to the GitHub account."}}
	}
	s, u := c.s, c.doer
	s.importing.gists[u] = "started"
	s.importing.run(func() {
		status := "finished"
		if err := s.gists(s.importing.ctx, u, from); err != nil {
			status = "failed"
		}
		s.Model.mu.Lock()
		defer s.Model.mu.Unlock()
		s.importing.gists[u] = status
	})
	return reply{http.StatusAccepted, nil}, nil
}

// gists imports one gist after the other. Those of too many files or bytes are left
// out, and nobody learns of it but by mail.
func (s *Server) gists(ctx context.Context, u *User, from origin) error {
	meet := func(object string) error {
		return s.importing.meet(ctx, ImportStep{Importer: "gists", Path: u.Username, Stage: "gists", Object: object})
	}
	if err := meet(""); err != nil {
		return err
	}
	return each(ctx, from, "/gists?per_page=100", func(g ghGist) error {
		if err := meet("gist " + g.ID); err != nil {
			return ctx.Err()
		}
		var size int64
		var names []string
		for _, f := range g.Files {
			size += f.Size
			names = append(names, f.Name)
		}
		slices.Sort(names)
		if len(names) == 0 || len(names) > maxSnippetFiles || size > maxSnippetSize {
			return nil
		}
		title := []rune(cmp.Or(strings.TrimSpace(g.Description), names[0]))
		return s.gist(ctx, u, from, g, string(title[:min(len(title), maxTitle)]))
	})
}

func (s *Server) gist(ctx context.Context, u *User, from origin, g ghGist, title string) error {
	m := s.Model
	made := &Snippet{Visibility: "private", Item: Item{Kind: "Snippet", Author: u, Title: title, Created: g.CreatedAt, Updated: later(g.CreatedAt, g.UpdatedAt)}}
	if g.Public {
		made.Visibility = "public"
	}
	made.snippet = made
	m.mu.Lock()
	m.newItem(&made.Item)
	m.mu.Unlock()
	dir := m.snippetDir(made)
	if err := m.makeGit(dir, "main"); err != nil {
		return err
	}
	if _, err := from.mirror(ctx, g.GitURL, dir, false, "+refs/heads/*:refs/heads/*"); err != nil {
		return fmt.Errorf("fetch gist %s: %w", g.ID, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.snippets = append(m.snippets, made)
	return nil
}
