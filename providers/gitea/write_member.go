package gitea

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

const unmapped = "The plan maps this person to no account of the server."

// member is a person's access to a repository.
type member struct{ user, permission string }

func memberVersion(m member) string { return digest(strings.ToLower(m.user), m.permission) }

func (t *target) writeMember(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Member](w)
	if err != nil {
		return providers.Written{}, err
	}
	repo := known.repo()
	user := body.Person.User
	switch {
	case user == "" && w.Ref.ID == "":
		return skipped(unmapped), nil
	case strings.EqualFold(user, repo.Owner):
		return skipped("The repository belongs to this person."), nil
	}
	permission, lost := accessOf(body)
	read := func(id string) (member, error) { return t.member(ctx, repo, id) }
	if user == "" { // since the last time; what was given then is taken back
		now, err := read(w.Ref.ID)
		if err == nil && (w.Overwrite || w.Ref.Version == memberVersion(now)) {
			err = t.api.RemoveCollaborator(ctx, repo, w.Ref.ID)
		}
		return skipped(unmapped), forgetarget.NilIfNotFound(err)
	}
	put := func(now member) (member, error) {
		if now.user != "" && !strings.EqualFold(now.user, user) { // another account stood for this person
			if err := t.api.RemoveCollaborator(ctx, repo, now.user); err != nil && !api.IsNotFound(err) {
				return member{}, err
			}
		}
		if err := t.api.PutCollaborator(ctx, repo, user, permission); err != nil {
			return member{}, err
		}
		// What a team gives may be more than what was asked for, so it is read.
		return read(user)
	}
	var standing *member
	if w.Ref.ID == "" {
		if now, err := read(user); err == nil {
			standing = &now
		} else if providers.CodeOf(err) != providers.CodeNotFound {
			return providers.Written{}, err
		}
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[member]{
		Wanted:  memberVersion(member{user, permission}),
		Version: memberVersion,
		Ref:     t.memberRef,
		Read:    read,
		Create:  func() (member, error) { return put(member{}) },
		Edit:    func(_ string, now member) (member, error) { return put(now) },
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// member reads the access that a person was given. What a team gives counts too.
func (t *target) member(ctx context.Context, repo api.Repo, user string) (member, error) {
	m := member{user: user}
	there, err := t.api.IsCollaborator(ctx, repo, user)
	if err == nil && !there {
		return m, &providers.Error{Code: providers.CodeNotFound, Message: "this person has no access of their own"}
	}
	if err == nil {
		m.permission, err = t.api.Permission(ctx, repo, user)
	}
	return m, err
}

func (t *target) memberRef(m member) schema.Ref {
	return schema.Ref{ID: m.user, URL: t.api.Base() + "/" + m.user}
}

// accessOf is the server's sort of access for a member, and what is lost.
func accessOf(body schema.Member) (permission, lost string) {
	switch body.Access {
	case "admin":
		permission = "admin"
	case "maintain":
		permission, lost = "write", "Who may maintain the repository may write to it."
	case "write":
		permission = "write"
	case "triage":
		permission, lost = "read", "Who may triage may only read."
	default:
		permission = "read"
	}
	if lost == "" && body.Role != "" {
		lost = "A role of the source's own becomes read, write or admin."
	}
	if lost == "" && body.Expires != "" {
		lost = "The day on which the access ends is lost."
	}
	return permission, lost
}
