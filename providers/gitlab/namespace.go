package gitlab

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// namespace is what holds projects: a group, or a user's own namespace.
type namespace struct {
	path       string // with those of the groups above; empty: there is none yet
	id         int64
	owner      string // of a personal namespace: the username
	visibility string // of a group
	deletion   string // the day on which it is to be deleted
	access     api.Access
	projectsBy string // who may make projects in a group
	groupsBy   string // who may make groups in it
	silent     bool   // a group that has mail switched off, for its projects too
}

func (n namespace) personal() bool { return n.owner != "" }

// namespaces remembers namespaces that exist.
type namespaces struct {
	mu    sync.Mutex
	known map[string]namespace // by path in lower case
	make  sync.Mutex           // held while namespaces are made, so that none is made twice
}

func (n *namespaces) get(path string) (namespace, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	found, ok := n.known[strings.ToLower(path)]
	return found, ok
}

func (n *namespaces) put(found namespace) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = map[string]namespace{}
	}
	n.known[strings.ToLower(found.path)] = found
}

// namespace finds a namespace. The empty path is the token's owner's own.
func (t *target) namespace(ctx context.Context, path string) (namespace, error) {
	if path == "" {
		path = t.user.Username
	}
	if found, ok := t.namespaces.get(path); ok {
		return found, nil
	}
	// A path of digits would be taken for a number.
	g, err := t.api.Group(ctx, api.ID(path))
	if err == nil && strings.EqualFold(g.FullPath, path) {
		found := namespace{id: g.ID, path: g.FullPath, visibility: g.Visibility, deletion: g.DeletionOn, projectsBy: g.ProjectsBy, groupsBy: g.SubgroupsBy,
			silent: g.EmailsEnabled != nil && !*g.EmailsEnabled}
		if found.access, err = t.accessTo(ctx, g.ID); err == nil {
			t.namespaces.put(found)
		}
		return found, err
	}
	if err != nil && !api.IsNotFound(err) {
		return namespace{}, err
	}
	if strings.Contains(path, "/") {
		return namespace{}, missingNamespace(path)
	}
	owner, err := t.api.UserByName(ctx, path)
	switch {
	case api.IsNotFound(err):
		return namespace{}, missingNamespace(path)
	case err != nil:
		return namespace{}, err
	}
	found := namespace{path: owner.Username, owner: owner.Username}
	if t.user.IsAdmin || owner.ID == t.user.ID { // to others, it is not shown
		n, err := t.api.Namespace(ctx, api.ID(owner.Username))
		if err != nil {
			return namespace{}, err
		}
		found.id = n.ID
	}
	t.namespaces.put(found)
	return found, nil
}

func missingNamespace(path string) error {
	return &providers.Error{Code: providers.CodeNotFound, Op: "look up namespace", Subject: schema.Printable(path), Message: "there is no such group or user, or the token may not see it",
		Hint: `create it, or set missing_namespace = "create" in the target block`, Attribute: "target_namespace"}
}

// accessTo is what the token's owner may do in a group.
func (t *target) accessTo(ctx context.Context, group int64) (api.Access, error) {
	if t.user.IsAdmin {
		return api.Admin, nil
	}
	m, err := t.api.EffectiveGroupMember(ctx, api.Number(group), t.user.ID)
	if api.IsNotFound(err) {
		return api.NoAccess, nil
	}
	return m.AccessLevel, err
}

// mayCreateIn says why the token's owner cannot make a project in a namespace, or
// nothing.
func (t *target) mayCreateIn(n namespace) error {
	refuse := func(code providers.Code, message, hint string) error {
		return &providers.Error{Code: code, Op: "look up namespace", Subject: schema.Printable(n.path), Message: message, Hint: hint, Attribute: "target_namespace"}
	}
	switch {
	case n.deletion != "":
		return refuse(providers.CodeConflict, "the group is to be deleted on "+schema.Printable(n.deletion), "restore it, or choose another target_namespace")
	case n.personal() && !strings.EqualFold(n.owner, t.user.Username) && !t.user.IsAdmin:
		return refuse(providers.CodeDenied, "it is another user's, and only an administrator makes projects for others", "use an administrator's token, or another target_namespace")
	case n.personal():
		return nil
	}
	needs := map[string]api.Access{"noone": api.Admin + 1, "administrator": api.Admin, "owner": api.Owner, "maintainer": api.Maintainer, "developer": api.Developer}
	least, known := needs[n.projectsBy]
	if !known {
		least = api.Maintainer
	}
	switch {
	case least > api.Admin:
		return refuse(providers.CodeDenied, "the group lets nobody make projects in it", "let Maintainers create projects in its settings, or choose another target_namespace")
	case n.access < least:
		return refuse(providers.CodeDenied, "the account of the token may not make projects in this group", "give it the role Owner there, or use another token")
	}
	return nil
}

// mayMakeGroups says why the token's owner cannot make a group in one, or at the
// top when there is none, or nothing.
func (t *target) mayMakeGroups(above *namespace) error {
	refuse := func(message string) error {
		return &providers.Error{Code: providers.CodeDenied, Op: "create namespace", Message: message,
			Hint: "create the groups, or use the token of somebody who may", Attribute: "target_namespace"}
	}
	if above == nil {
		if !t.user.CanCreateGroup && !t.user.IsAdmin {
			return refuse("the account of the token may not make groups at the top")
		}
		return nil
	}
	least := api.Maintainer
	if above.groupsBy == "owner" {
		least = api.Owner
	}
	switch {
	case above.personal():
		return refuse(fmt.Sprintf("%s is a user's own namespace, in which no groups can be", schema.Printable(above.path)))
	case above.deletion != "":
		return refuse(fmt.Sprintf("the group %s is to be deleted", schema.Printable(above.path)))
	case above.access < least:
		return refuse(fmt.Sprintf("the account of the token may not make groups in %s", schema.Printable(above.path)))
	}
	return nil
}

// nearest is the innermost namespace of a path that exists, or nil, and what is
// missing below it.
func (t *target) nearest(ctx context.Context, path string) (*namespace, []string, error) {
	parts := strings.Split(path, "/")
	for n := len(parts); n > 0; n-- {
		found, err := t.namespace(ctx, strings.Join(parts[:n], "/"))
		switch {
		case err == nil:
			return &found, parts[n:], nil
		case !api.IsNotFound(err):
			return nil, nil, err
		}
	}
	return nil, parts, nil
}

// usable finds the namespace of a place, or says why no project can be made there.
// Groups that are missing are no obstacle when they are to be made, and can be.
func (t *target) usable(ctx context.Context, place providers.Place) (namespace, error) {
	n, err := t.namespace(ctx, place.Namespace)
	switch {
	case err == nil:
		return n, t.mayCreateIn(n)
	case !place.CreateNamespace || !api.IsNotFound(err):
		return namespace{}, err
	}
	above, _, err := t.nearest(ctx, place.Namespace)
	if err != nil {
		return namespace{}, err
	}
	return namespace{}, t.mayMakeGroups(above)
}

// settleNamespace is usable for callers that make the groups that are missing. Each
// gets the visibility of the one above it, those at the top are private: nothing
// is seen by more people than somebody decided. A killed run leaves groups that the
// next one finds.
func (t *target) settleNamespace(ctx context.Context, place providers.Place) (namespace, error) {
	n, err := t.usable(ctx, place)
	if err != nil || n.path != "" {
		return n, err
	}
	t.namespaces.make.Lock()
	defer t.namespaces.make.Unlock()
	above, missing, err := t.nearest(ctx, place.Namespace)
	if err != nil {
		return namespace{}, err
	}
	for _, name := range missing {
		wanted := api.NewGroup{Name: name, Path: name, Visibility: visibilityPrivate}
		path := name
		if above != nil {
			wanted.ParentID, wanted.Visibility, path = above.id, above.visibility, above.path+"/"+name
		}
		_, err := t.api.CreateGroup(ctx, wanted)
		made, lookErr := t.namespace(ctx, path)
		if lookErr != nil { // else it is there, whoever made it
			if err == nil {
				err = lookErr
			}
			return namespace{}, err
		}
		above = &made
	}
	return *above, t.mayCreateIn(*above)
}
