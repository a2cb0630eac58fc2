package gitlabtest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What another GitLab tells of issues, merge requests and what belongs to them.
type (
	glItem struct {
		IID         int64        `json:"iid"`
		Title       string       `json:"title"`
		Description string       `json:"description"`
		State       string       `json:"state"`
		Author      glUser       `json:"author"`
		Labels      []string     `json:"labels"`
		Milestone   *glMilestone `json:"milestone"`
		Assignees   []glUser     `json:"assignees"`
		CreatedAt   time.Time    `json:"created_at"`
		UpdatedAt   time.Time    `json:"updated_at"`
		ClosedAt    time.Time    `json:"closed_at"`
		WebURL      string       `json:"web_url"`

		Confidential bool      `json:"confidential"` // of an issue
		SourceBranch string    `json:"source_branch"`
		TargetBranch string    `json:"target_branch"`
		SHA          string    `json:"sha"`
		MergedAt     time.Time `json:"merged_at"`
		MergedBy     *glUser   `json:"merged_by"`
		MergeCommit  string    `json:"merge_commit_sha"`
		Refs         *struct {
			Base  string `json:"base_sha"`
			Start string `json:"start_sha"`
			Head  string `json:"head_sha"`
		} `json:"diff_refs"`
	}
	glNote struct {
		Body      string    `json:"body"`
		Author    glUser    `json:"author"`
		System    bool      `json:"system"`
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	}
	glAward struct {
		Name      string    `json:"name"`
		User      glUser    `json:"user"`
		CreatedAt time.Time `json:"created_at"`
	}
	glRelease struct {
		Tag         string    `json:"tag_name"`
		Name        string    `json:"name"`
		Description string    `json:"description"`
		Author      glUser    `json:"author"`
		CreatedAt   time.Time `json:"created_at"`
		ReleasedAt  time.Time `json:"released_at"`
		Assets      struct {
			Links []glLink `json:"links"`
		} `json:"assets"`
	}
	glLink struct {
		Name string `json:"name"`
		URL  string `json:"url"`
		Type string `json:"link_type"`
	}
)

// item is what issues and merge requests have in common.
func (e *entity) item(o glItem) Item {
	i := Item{
		IID: o.IID, Author: e.user(&o.Author), Title: o.Title, Description: o.Description, State: o.State, Created: o.CreatedAt,
		Updated: later(o.CreatedAt, o.UpdatedAt), ClosedAt: o.ClosedAt, Imported: "gitlab_migration",
	}
	for _, a := range o.Assignees {
		i.Assignees = append(i.Assignees, e.user(&a))
	}
	labels, milestones := slices.Clone(e.project.Labels), slices.Clone(e.project.Milestones)
	for _, n := range e.project.Namespace.chain() {
		labels, milestones = append(labels, n.Labels...), append(milestones, n.Milestones...)
	}
	for _, name := range o.Labels {
		if at := slices.IndexFunc(labels, func(l *Label) bool { return l.Name == name }); at >= 0 {
			i.Labels = append(i.Labels, labels[at])
		}
	}
	if o.Milestone != nil {
		if at := slices.IndexFunc(milestones, func(ms *Milestone) bool { return ms.Title == o.Milestone.Title }); at >= 0 {
			i.Milestone = milestones[at]
		}
	}
	return i
}

func (e *entity) issues() error {
	m := e.transfer.s.Model
	return each(e.transfer.ctx, e.transfer.from, e.at("/issues?scope=all&order_by=created_at&sort=asc&per_page=100"), func(o glItem) error {
		var made *Issue
		err := e.object("issues", o.Title, o.WebURL, func() error {
			made = m.addIssue(e.project, &Issue{Item: e.item(o), Confidential: o.Confidential})
			return nil
		})
		if err != nil || made == nil {
			return err
		}
		return e.under(&made.Item, fmt.Sprintf("/issues/%d", o.IID))
	})
}

// under brings the notes and the emoji under an item. The transfer counts the item
// alone.
func (e *entity) under(i *Item, path string) error {
	m := e.transfer.s.Model
	err := each(e.transfer.ctx, e.transfer.from, e.at(path+"/award_emoji?per_page=100"), func(o glAward) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		i.Awards = append(i.Awards, &Award{ID: m.next("award"), User: e.user(&o.User), Name: o.Name, Created: o.CreatedAt})
		return nil
	})
	if err != nil {
		return err
	}
	return each(e.transfer.ctx, e.transfer.from, e.at(path+"/notes?sort=asc&per_page=100"), func(o glNote) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.addNote(i, nil, &Note{Author: e.user(&o.Author), Body: o.Body, System: o.System, Created: o.CreatedAt, Updated: later(o.CreatedAt, o.UpdatedAt), Imported: "gitlab_migration"})
		return nil
	})
}

func (e *entity) merges() error {
	m := e.transfer.s.Model
	return each(e.transfer.ctx, e.transfer.from, e.at("/merge_requests?scope=all&state=all&order_by=created_at&sort=asc&per_page=100"), func(o glItem) error {
		var whole glItem
		if _, err := e.transfer.from.get(e.transfer.ctx, e.at(fmt.Sprintf("/merge_requests/%d", o.IID)), &whole); err != nil {
			return err
		}
		var made *MergeRequest
		err := e.object("merge_requests", o.Title, o.WebURL, func() error {
			r := &MergeRequest{Item: e.item(o), Source: e.project, SourceBranch: o.SourceBranch, TargetBranch: o.TargetBranch, MergedAt: o.MergedAt, MergeCommit: o.MergeCommit}
			if o.MergedBy != nil {
				r.MergedBy = e.user(o.MergedBy)
			}
			base := ""
			if whole.Refs != nil {
				base = whole.Refs.Start
			}
			if o.SHA == "" {
				return errors.New("the merge request has no diff")
			}
			made = r
			return m.importMerge(e.project, r, o.SHA, base)
		})
		if err != nil || made == nil {
			return err
		}
		return e.under(&made.Item, fmt.Sprintf("/merge_requests/%d", o.IID))
	})
}

func (e *entity) releases() error {
	m := e.transfer.s.Model
	return each(e.transfer.ctx, e.transfer.from, e.at("/releases?per_page=100"), func(o glRelease) error {
		return e.object("releases", "release "+o.Tag, "", func() error {
			made := &Release{
				Tag: o.Tag, Name: o.Name, Description: o.Description, Author: e.user(&o.Author), SHA: resolve(m.codeDir(e.project), o.Tag), Created: o.CreatedAt, Released: o.ReleasedAt,
			}
			for _, l := range o.Assets.Links {
				made.Links = append(made.Links, &ReleaseLink{ID: m.next("release link"), Name: l.Name, URL: l.URL, Type: l.Type})
			}
			e.project.Releases = append(e.project.Releases, made)
			return nil
		})
	})
}
