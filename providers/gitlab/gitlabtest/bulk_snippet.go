package gitlabtest

import (
	"fmt"
	"time"
)

// glSnippet is a snippet as another GitLab tells it.
type glSnippet struct {
	ID          int64     `json:"id"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Visibility  string    `json:"visibility"`
	Author      glUser    `json:"author"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	WebURL      string    `json:"web_url"`
	HTTP        string    `json:"http_url_to_repo"`
}

func (e *entity) eachSnippet(do func(glSnippet) error) error {
	return each(e.transfer.ctx, e.transfer.from, e.at("/snippets?per_page=100"), do)
}

// snippets brings the project's snippets, without their files.
func (e *entity) snippets() error {
	m := e.transfer.s.Model
	return e.eachSnippet(func(o glSnippet) error {
		var made *Snippet
		err := e.object("snippets", o.Title, o.WebURL, func() error {
			made = &Snippet{Visibility: o.Visibility, Item: Item{
				Project: e.project, Author: e.user(&o.Author), Title: o.Title, Description: o.Description,
				Created: o.CreatedAt, Updated: later(o.CreatedAt, o.UpdatedAt), Imported: "gitlab_migration",
			}}
			return m.addSnippet(made)
		})
		if err != nil || made == nil {
			return err
		}
		return e.under(&made.Item, fmt.Sprintf("/snippets/%d", o.ID))
	})
}

// snippetFiles brings the files of the snippets that came, with their history. A
// snippet is known again by its title and the time at which it was made.
func (e *entity) snippetFiles() error {
	t := e.transfer
	m := t.s.Model
	return e.eachSnippet(func(o glSnippet) error {
		for _, s := range e.project.Snippets {
			if s.Title != o.Title || !s.Created.Equal(o.CreatedAt) {
				continue
			}
			_, err := t.from.mirror(t.ctx, o.HTTP, m.snippetDir(s), false, "+refs/heads/*:refs/heads/*")
			return err
		}
		return nil
	})
}
