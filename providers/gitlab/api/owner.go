package api

import "strings"

// OwnedBy reports whether the client's user, of this name, has the rights of an
// owner of the project as a member, or because it is in their own namespace.
func (p *Project) OwnedBy(username string) bool {
	return p.Namespace.Personal() && strings.EqualFold(p.Namespace.Path, username) || p.Access() >= Owner
}
