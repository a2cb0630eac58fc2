package gitlab

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/imports"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) Inspect(ctx context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return forgetarget.Inspect(ctx, places, t.inspect)
}

func (t *target) inspect(ctx context.Context, place providers.Place) (providers.Standing, error) {
	settings, err := readPlacement(place.Placement)
	if err != nil {
		return providers.Standing{}, err
	}
	if place.Name == "" && place.Namespace == "" && place.Ref.ID != "" {
		p, err := t.byRef(ctx, place.Ref)
		if err != nil || p == nil {
			return providers.Standing{}, err
		}
		return t.inspectProject(ctx, p, place, settings)
	}
	if place.Block == "gists" && (place.Ref.ID == imports.GistsRef || place.Path() == imports.GistsRef) {
		// The server imports all gists at once, as snippets of the user: there is no
		// place that anything could be in the way at.
		return providers.Standing{Exists: place.Ref.ID == imports.GistsRef, Ref: place.Ref, Notices: []string{gistsNotice}}, nil
	}
	if invalid := checkPlace(place); invalid != nil {
		return providers.Standing{}, invalid
	}
	if place.Block == "group" {
		return t.inspectGroup(ctx, place)
	}
	p, former, err := t.at(ctx, place)
	if err != nil {
		return providers.Standing{}, err
	}
	if p != nil {
		return t.inspectProject(ctx, p, place, settings)
	}
	n, err := t.usable(ctx, place)
	if err != nil {
		return providers.Standing{}, err
	}
	// A group may have the name as well: both would have the same address.
	if n.path != "" && !n.personal() {
		if g, err := t.namespace(ctx, n.path+"/"+place.Name); err == nil && !g.personal() {
			return providers.Standing{}, &providers.Error{Code: providers.CodeConflict, Message: "a group of that name stands there", Hint: "set new_name to another name", Attribute: "new_name"}
		} else if err != nil && !api.IsNotFound(err) {
			return providers.Standing{}, err
		}
	}
	notices := placeNotices(n, settings, place.Visibility)
	if n.path != "" && !n.silent && !t.owns(n) { // a group that is to be made is ours
		notices = append(notices, mailNotice(n.path))
	}
	if former != "" {
		notices = append(notices, fmt.Sprintf("Links to %s lead to %s, which was there before; they will lead to the new project.", place.Path(), former))
	}
	return providers.Standing{Notices: notices}, nil
}

// gistsNotice says where the server looks for gists: it is told a token, and no
// server (lib/api/import_github.rb, app/services/import/github/gists_import_service.rb).
const gistsNotice = "GitLab reads the gists from the GitHub that its administrators configured, github.com unless they chose another one, " +
	"and gets the source's token for that."

// placeNotices are what a plan should say of a namespace and of who will see what is
// made in it. Atsource is the visibility of the source, where it is known.
func placeNotices(n namespace, settings placement, atSource string) []string {
	var notices []string
	if n.personal() {
		notices = append(notices, fmt.Sprintf("%s is a user's own namespace: all contributions there belong to its owner, and the text says who made them.", schema.Printable(n.path)))
	}
	wanted := settings.visibility(atSource)
	gets := narrower(wanted, n.visibility)
	switch {
	case width(atSource) == 0:
	case width(gets) > width(atSource):
		notices = append(notices, fmt.Sprintf("The project will be %s, and the source is %s: more people will see it.", gets, atSource))
	case width(gets) < width(atSource) && gets != wanted:
		notices = append(notices, fmt.Sprintf("The project will be %s although the source is %s, because the group %s is.", gets, atSource, schema.Printable(n.path)))
	}
	return notices
}

// owns reports whether the account of the token becomes the owner of a project that
// it makes in a namespace.
func (t *target) owns(n namespace) bool {
	return t.user.IsAdmin || n.personal() || n.access >= api.Owner
}

// mailNotice says that the server does not let this token keep it quiet, which is
// for owners (set_emails_disabled in app/policies/project_policy.rb).
func mailNotice(path string) string {
	return fmt.Sprintf("Mail cannot be switched off meanwhile, because the account of the token is no Owner of %s: who watches the project, or is assigned, may be notified.", schema.Printable(path))
}

// inspectProject takes two requests for a project without a wiki: what it is, which
// was asked for, and its refs with the mark among them.
func (t *target) inspectProject(ctx context.Context, p *api.Project, place providers.Place, settings placement) (providers.Standing, error) {
	known := t.place(p, settings)
	all, err := t.refs(ctx, known)
	if err != nil {
		return providers.Standing{}, err
	}
	standing := providers.Standing{Exists: true, Ref: projectRef(p), Namespace: p.Namespace.FullPath, Name: p.Path}
	if p.DeletionOn != "" {
		return standing, &providers.Error{Code: providers.CodeConflict, Message: "the project there is to be deleted on " + schema.Printable(p.DeletionOn),
			Hint: "restore it, or choose another new_name", Attribute: "new_name"}
	}
	if place.Counts {
		if standing.Counts, err = t.count(ctx, known); err != nil {
			return standing, err
		}
		// A source counts those of its groups too, and a server that imports a
		// project brings the project's own.
		delete(standing.Counts, schema.KindLabel)
		delete(standing.Counts, schema.KindMilestone)
	}
	standing.Refs, standing.Marker = refsOf(all)
	if standing.Marker == "" {
		standing.Marker = noun.Begun(p.Description, standing.Refs)
	}
	if p.DefaultBranch != "" {
		standing.DefaultBranch = "refs/heads/" + p.DefaultBranch
	}
	n := namespace{path: p.Namespace.FullPath}
	if p.Namespace.Personal() {
		n.owner = p.Namespace.Path
	}
	standing.Notices = placeNotices(n, settings, place.Visibility)
	if mails := p.EmailsEnabled == nil || *p.EmailsEnabled; mails && !t.user.IsAdmin && !p.OwnedBy(t.user.Username) {
		standing.Notices = append(standing.Notices, mailNotice(p.PathWithNamespace))
	}
	if p.WikiAccess == accessDisabled {
		return standing, nil
	}
	w, err := t.wiki(ctx, known)
	if err != nil {
		return standing, err
	}
	standing.WikiRefs = w.refs()
	return standing, nil
}

// inspectGroup looks at the place of a group. The server itself brings it there.
func (t *target) inspectGroup(ctx context.Context, place providers.Place) (providers.Standing, error) {
	n, err := t.namespace(ctx, place.Path())
	if err == nil {
		return providers.Standing{Exists: true, Ref: schema.Ref{ID: strconv.FormatInt(n.id, 10), URL: t.api.Base() + "/" + n.path}}, nil
	}
	if !api.IsNotFound(err) {
		return providers.Standing{}, err
	}
	p, _, err := t.at(ctx, place)
	if err != nil {
		return providers.Standing{}, err
	}
	if p != nil {
		return providers.Standing{}, &providers.Error{Code: providers.CodeConflict, Message: "a project of that name stands there", Hint: "set new_name to another name", Attribute: "new_name"}
	}
	if place.Namespace == "" {
		return providers.Standing{}, t.mayMakeGroups(nil)
	}
	above, missing, err := t.nearest(ctx, place.Namespace)
	switch {
	case err != nil:
		return providers.Standing{}, err
	case len(missing) > 0: // the server makes none for an import
		return providers.Standing{}, missingNamespace(place.Namespace)
	}
	return providers.Standing{}, t.mayMakeGroups(above)
}

// byRef finds a project wherever it stands now, or nil.
func (t *target) byRef(ctx context.Context, ref schema.Ref) (*api.Project, error) {
	known, err := t.project(ctx, ref)
	if err != nil {
		return nil, nilIfNotFound(err)
	}
	p, err := t.api.Project(ctx, known.key())
	if err != nil {
		return nil, nilIfNotFound(err)
	}
	return &p, nil
}

// at finds the project at a place, or nil. The server leads from former paths of a
// project to its new one, which is told as former: what stood there once does not
// stand there.
func (t *target) at(ctx context.Context, place providers.Place) (p *api.Project, former string, err error) {
	path := place.Path()
	if place.Namespace == "" {
		path = t.user.Username + "/" + place.Name
	}
	found, err := t.api.Project(ctx, api.ID(path))
	if err != nil {
		return nil, "", nilIfNotFound(err)
	}
	if !strings.EqualFold(found.PathWithNamespace, path) {
		return nil, schema.Printable(found.PathWithNamespace), nil
	}
	return &found, "", nil
}

func nilIfNotFound(err error) error {
	if api.IsNotFound(err) {
		return nil
	}
	return err
}
