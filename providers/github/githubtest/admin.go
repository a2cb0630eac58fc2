package githubtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// modelEdit is one change of the model that a script asks for, as JSON at
// POST /_model/edits. Which members count depends on Do.
type modelEdit struct {
	Do         string            `json:"do"`
	Repository string            `json:"repository"` // owner/name
	As         string            `json:"as"`         // login
	Number     int64             `json:"number"`     // of an issue, pull request or discussion
	Comment    int64             `json:"comment"`    // id
	Title      string            `json:"title"`
	Text       string            `json:"text"`
	State      string            `json:"state"`
	Labels     []string          `json:"labels"`
	Branch     string            `json:"branch"`
	Message    string            `json:"message"`
	Files      map[string]string `json:"files"`
	Name       string            `json:"name"`
}

// Edits serves the changes that scripts make, at POST /_model/edits, and hands
// all else to the stand-in. The answer names what was made: {"number": 12},
// {"comment": 2800000031}, {"commit": "..."}.
//
//	do              needs                                    and may have
//	add_issue       repository, as, title                    text, labels
//	edit_issue      repository, as, number                   title, text, state, labels
//	delete_issue    repository, number
//	add_comment     repository, as, number, text
//	edit_comment    as, comment, text
//	delete_comment  as, comment
//	react           repository, as, number, name
//	push            repository, as, branch, message, files (all files of the branch)
//	rename          repository, name
func (s *Server) Edits() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_model/edits" {
			s.ServeHTTP(w, r)
			return
		}
		var e modelEdit
		d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
		d.DisallowUnknownFields()
		if r.Method != http.MethodPost {
			writeFailure(w, &failure{status: http.StatusMethodNotAllowed, message: "POST an edit"})
			return
		}
		if err := d.Decode(&e); err != nil {
			writeFailure(w, &failure{status: http.StatusBadRequest, message: err.Error()})
			return
		}
		made, err := s.Model.apply(e)
		if err != nil {
			writeFailure(w, &failure{status: http.StatusUnprocessableEntity, message: err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, encode(made))
	})
}

// subjects are what an edit is about.
type subjects struct {
	repo    *Repository
	as      *User
	issue   *Issue
	comment *Comment
	labels  []*Label
}

// find looks up what an edit names.
func (m *Model) find(e modelEdit) (f subjects, err error) {
	m.View(func() {
		if owner, name, ok := strings.Cut(e.Repository, "/"); ok {
			f.repo, _ = m.Repository(owner, name)
		}
		f.as = m.User(e.As)
		f.comment = object[*Comment](m, prefixComment, e.Comment)
		if f.repo == nil {
			return
		}
		f.issue = f.repo.Issue(e.Number)
		for _, name := range e.Labels {
			for _, l := range f.repo.Labels {
				if l.Name == name {
					f.labels = append(f.labels, l)
				}
			}
		}
	})
	needs := map[string][]string{
		"add_issue": {"repository", "as"}, "edit_issue": {"as", "number"}, "delete_issue": {"number"}, "add_comment": {"as", "number"},
		"edit_comment": {"as", "comment"}, "delete_comment": {"as", "comment"}, "react": {"as", "number"}, "push": {"repository", "as"}, "rename": {"repository"},
	}
	missing := map[string]bool{"repository": f.repo == nil, "as": f.as == nil, "number": f.issue == nil, "comment": f.comment == nil}
	for _, name := range needs[e.Do] {
		if missing[name] {
			return f, fmt.Errorf("%s: nothing is called as %q says", e.Do, name)
		}
	}
	if len(f.labels) != len(e.Labels) {
		return f, errors.New("the repository lacks one of the labels")
	}
	return f, nil
}

// apply makes one change at the present time, and returns what it made.
func (m *Model) apply(e modelEdit) (fields, error) {
	f, err := m.find(e)
	if err != nil {
		return nil, err
	}
	// Scripts run while the world goes on.
	m.SetClock(later(m.Now(), time.Now()), time.Second)
	switch e.Do {
	case "add_issue":
		i := m.AddIssue(f.repo, Issue{Title: e.Title, Content: by(f.as, e.Text), Labels: f.labels})
		return fields{"number": i.Number}, nil
	case "edit_issue":
		m.EditIssue(f.issue, f.as, func(i *Issue) {
			if e.Title != "" {
				i.Title = e.Title
			}
			if e.Text != "" {
				i.Body = e.Text
			}
			if e.State != "" {
				i.State = e.State
			}
			if e.Labels != nil {
				i.Labels = f.labels
			}
		})
	case "delete_issue":
		m.DeleteIssue(f.issue)
	case "add_comment":
		c := m.AddComment(f.issue, Comment{Content: by(f.as, e.Text)})
		return fields{"comment": c.ID}, nil
	case "edit_comment":
		m.EditComment(f.comment, f.as, func(c *Comment) { c.Body = e.Text })
	case "delete_comment":
		m.DeleteComment(f.comment, f.as)
	case "react":
		m.AddReaction(f.issue, e.Name, f.as)
	case "push":
		commit, err := m.PushFiles(f.repo, e.Branch, f.as, e.Message, e.Files)
		return fields{"commit": commit}, err
	case "rename":
		m.EditRepository(f.repo, func(r *Repository) { r.Name = e.Name })
	default:
		return nil, fmt.Errorf("%q is nothing that can be done", e.Do)
	}
	return fields{}, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
