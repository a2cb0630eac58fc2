package gitea

import (
	"context"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// owner is who holds the repositories of a namespace.
type owner struct {
	name         string // as requests write it
	organization bool
	visibility   string // of an organization
}

// namespaces remembers owners that exist.
type namespaces struct {
	mu    sync.Mutex
	known map[string]owner // by name in lower case
}

func (n *namespaces) get(name string) (owner, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	o, ok := n.known[strings.ToLower(name)]
	return o, ok
}

func (n *namespaces) put(o owner) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = map[string]owner{}
	}
	n.known[strings.ToLower(o.name)] = o
}

// owner finds who holds the repositories of a namespace, and whether the token
// may make some there. The empty namespace is the token's own account.
func (t *target) owner(ctx context.Context, namespace string) (owner, error) {
	if namespace == "" || strings.EqualFold(namespace, t.user.Login) {
		return owner{name: t.user.Login}, nil
	}
	if o, ok := t.namespaces.get(namespace); ok {
		return o, nil
	}
	organization, err := t.api.Organization(ctx, namespace)
	switch {
	case err == nil:
		o := owner{name: organization.Name, organization: true, visibility: organization.Visibility}
		if err := t.mayCreateIn(ctx, o); err != nil {
			return owner{}, err
		}
		t.namespaces.put(o)
		return o, nil
	case !api.IsNotFound(err):
		return owner{}, err
	}
	user, err := t.api.User(ctx, namespace)
	switch {
	case api.IsNotFound(err):
		return owner{}, &providers.Error{Code: providers.CodeNotFound, Op: "look up namespace", Subject: schema.Printable(namespace),
			Message: "there is no such organization or user", Hint: `create it, or set missing_namespace = "create" in the target block`, Attribute: "target_namespace"}
	case err != nil:
		return owner{}, err
	case !t.user.IsAdmin:
		return owner{}, &providers.Error{Code: providers.CodeDenied, Op: "look up namespace", Subject: schema.Printable(namespace),
			Message: "it is another user's, and only an administrator makes repositories for others",
			Hint:    "use an administrator's token, or another target_namespace", Attribute: "target_namespace"}
	}
	o := owner{name: user.Login}
	t.namespaces.put(o)
	return o, nil
}

func (t *target) mayCreateIn(ctx context.Context, o owner) error {
	if t.user.IsAdmin {
		return nil
	}
	may, err := t.api.Permissions(ctx, t.user.Login, o.name)
	if err != nil {
		return err
	}
	if !may.CanCreateRepository && !may.IsOwner {
		return &providers.Error{Code: providers.CodeDenied, Op: "look up namespace", Subject: schema.Printable(o.name),
			Message: "the account of the token may not create repositories in this organization",
			Hint:    "make it a member of a team that may, or use another token", Attribute: "target_namespace"}
	}
	return nil
}

// settleOwner is owner for callers that make a namespace which does not exist
// when they were told to.
func (t *target) settleOwner(ctx context.Context, place providers.Place) (owner, error) {
	o, err := t.owner(ctx, place.Namespace)
	if !place.CreateNamespace || !api.IsNotFound(err) {
		return o, err
	}
	// Visible, because in a hidden organization nothing can be public. Each
	// repository in it has a visibility of its own.
	_, err = t.api.CreateOrganization(ctx, place.Namespace, "public")
	if err == nil || providers.CodeOf(err) == providers.CodeInvalid || api.IsConflict(err) { // somebody else made it meanwhile
		if o, lookErr := t.owner(ctx, place.Namespace); lookErr == nil {
			return o, nil
		}
	}
	return owner{}, err
}
