package gitlab

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxDescription = 2000
	maxTopic       = 255
)

// writeRepository writes the project's own settings. That it is archived is only
// noted: an archived project takes nothing more.
func (t *target) writeRepository(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Repository](w)
	if err != nil {
		return providers.Written{}, err
	}
	if w.Ref.ID == "" {
		w.Ref.ID = known.key().String() // it stands there since it was created or adopted
	}
	now, err := t.api.Project(ctx, known.key())
	if err != nil {
		return providers.Written{}, err
	}
	change := settingsOf(body)
	visibility, err := t.visibilityOf(ctx, known, &now, body.Visibility)
	if err != nil {
		return providers.Written{}, err
	}
	written, err := forgetarget.Store(w, nil, forgetarget.Object[api.Project]{
		Wanted:  projectVersion(with(now, change, visibility)),
		Version: projectVersion,
		Ref:     func(p api.Project) schema.Ref { return projectRef(&p) },
		Read:    func(string) (api.Project, error) { return now, nil },
		Create:  func() (api.Project, error) { return now, nil },
		Edit: func(string, api.Project) (api.Project, error) {
			if _, err := t.api.EditProject(ctx, known.key(), change); err != nil {
				return api.Project{}, err
			}
			if visibility != now.Visibility {
				return t.show(ctx, known, visibility)
			}
			return t.api.Project(ctx, known.key())
		},
	})
	if err != nil {
		return written, err
	}
	if err := t.noteArchived(ctx, known, body.Archived); err != nil {
		return providers.Written{}, err
	}
	after, err := t.api.Project(ctx, known.key())
	if err != nil {
		return providers.Written{}, err
	}
	if width(after.Visibility) < width(known.settings().visibility(body.Visibility)) {
		written.Degraded = "Fewer people see the project than at the source, because the group or the server's administrator allows no more."
	}
	return written, nil
}

// visibilityOf is what a project is to have. A run that does not know what the plan
// says of it lets it stay, unless the source hides the project.
func (t *target) visibilityOf(ctx context.Context, known *project, now *api.Project, atSource string) (string, error) {
	wanted := known.settings().visibility(atSource)
	if !known.settings().known {
		wanted = narrower(wanted, now.Visibility)
	}
	n, err := t.namespace(ctx, now.Namespace.FullPath)
	return narrower(wanted, n.visibility), err
}

// show makes a project visible to those who are to see it, or to fewer when the
// server's administrator does not allow that.
func (t *target) show(ctx context.Context, known *project, wanted string) (api.Project, error) {
	p, err := t.api.Project(ctx, known.key())
	if err != nil {
		return p, err
	}
	n, err := t.namespace(ctx, p.Namespace.FullPath)
	if err != nil {
		return p, err
	}
	wanted = narrower(wanted, n.visibility)
	for {
		if p.Visibility == wanted {
			return p, nil
		}
		changed, err := t.api.EditProject(ctx, known.key(), api.EditProject{Visibility: &wanted})
		if err == nil || wanted == visibilityPrivate || !restricted(err) {
			return changed, err
		}
		wanted = map[string]string{visibilityPublic: visibilityInternal, visibilityInternal: visibilityPrivate}[wanted]
	}
}

// restricted reports whether err says that the server does not allow a visibility.
func restricted(err error) bool {
	return (api.IsInvalid(err) || api.IsDenied(err)) && strings.Contains(strings.ToLower(err.Error()), "visibility")
}

// settingsOf is what a project is to be changed to, but for its visibility.
func settingsOf(body schema.Repository) api.EditProject {
	topics := topicsOf(body.Topics)
	e := api.EditProject{Description: new(forgetarget.Clip(body.Description, maxDescription)), Topics: &topics}
	for _, feature := range []struct {
		name  string
		field **string
	}{{"issues", &e.IssuesAccess}, {"wiki", &e.WikiAccess}, {"changes", &e.ChangesAccess}, {"snippets", &e.SnippetsAccess}} {
		if on, said := body.Features[feature.name]; said {
			*feature.field = new(accessDisabled)
			if on {
				*feature.field = new(accessEnabled)
			}
		}
	}
	if body.Features["discussions"] { // they become issues
		e.IssuesAccess = new(accessEnabled)
	}
	mergeOf(&e, body.Merge)
	return e
}

// mergeOf sets the ways of merging. A project keeps those it has when the source
// allows none.
func mergeOf(e *api.EditProject, ways map[string]bool) {
	if on, said := ways["delete_branch"]; said {
		e.DeleteBranch = new(on)
	}
	linear := ways["rebase"] || ways["fast_forward"]
	switch {
	case ways["merge"]:
		e.MergeMethod = new("merge")
	case linear || ways["squash"]:
		e.MergeMethod = new("ff")
	default:
		return
	}
	switch {
	case !ways["squash"]:
		e.SquashOption = new("never")
	case ways["merge"] || linear:
		e.SquashOption = new("default_off")
	default:
		e.SquashOption = new("always")
	}
}

// topicsOf are topics that the server takes, each once.
func topicsOf(all []string) []string {
	topics := []string{}
	for _, topic := range all {
		topic = strings.TrimSpace(strings.ReplaceAll(topic, ",", " "))
		if topic != "" && len(topic) <= maxTopic {
			topics = append(topics, topic)
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// with is what a project is after a change.
func with(p api.Project, e api.EditProject, visibility string) api.Project {
	p.Description, p.Topics, p.Visibility = *e.Description, *e.Topics, visibility
	for _, change := range []struct {
		field *string
		to    *string
	}{
		{&p.IssuesAccess, e.IssuesAccess}, {&p.WikiAccess, e.WikiAccess}, {&p.ChangesAccess, e.ChangesAccess}, {&p.SnippetsAccess, e.SnippetsAccess},
		{&p.MergeMethod, e.MergeMethod}, {&p.SquashOption, e.SquashOption},
	} {
		if change.to != nil {
			*change.field = *change.to
		}
	}
	if e.DeleteBranch != nil {
		p.DeleteBranch = *e.DeleteBranch
	}
	return p
}

// projectVersion covers what a plan sets. Archived is no part of it, nor are mails
// and pipelines, for they change while a migration runs.
func projectVersion(p api.Project) string {
	return digest(p.Description, p.Visibility, topicsOf(p.Topics), p.IssuesAccess, p.WikiAccess, p.ChangesAccess, p.SnippetsAccess, p.MergeMethod, p.SquashOption, p.DeleteBranch)
}
