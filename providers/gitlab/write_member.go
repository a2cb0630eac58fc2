package gitlab

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const unmapped = "The plan maps this person to no account of the server."

func memberVersion(m api.Member) string { return digest(m.ID, m.AccessLevel, m.ExpiresAt) }

// writeMember gives a person access. Nobody gets what a group gives already, and
// nobody is invited.
func (t *target) writeMember(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Member](w)
	if err != nil {
		return providers.Written{}, err
	}
	if body.Person.User == "" && w.Ref.ID == "" {
		return skipped(unmapped), nil
	}
	key := known.key()
	read := func(id string) (api.Member, error) {
		return forgetarget.ByNumber(id, func(n int64) (api.Member, error) { return t.api.Member(ctx, key, n) })
	}
	remove := func(now api.Member) error { return nilIfNotFound(t.api.RemoveMember(ctx, key, now.ID)) }
	if body.Person.User == "" { // since the last time; what was given then is taken back
		now, err := read(w.Ref.ID)
		if err == nil && (w.Overwrite || w.Ref.Version == memberVersion(now)) {
			err = remove(now)
		}
		return skipped(unmapped), nilIfNotFound(err)
	}
	user, err := t.api.UserByName(ctx, body.Person.User)
	if api.IsNotFound(err) {
		return skipped("The server has no account of the name that the plan maps this person to."), nil
	}
	if err != nil {
		return providers.Written{}, err
	}
	access, lost := t.accessOf(body)
	wanted := api.Member{ID: user.ID, AccessLevel: access, ExpiresAt: body.Expires}
	if wanted.ExpiresAt != "" {
		if end, err := time.Parse(time.DateOnly, wanted.ExpiresAt); err != nil || !end.After(time.Now()) {
			return skipped("The day on which the access ends has passed."), nil
		}
	}
	standing, err := t.standingMember(ctx, key, user.ID, w)
	if err != nil {
		return providers.Written{}, err
	}
	if standing == nil && w.Ref.ID == "" {
		has, err := t.api.EffectiveMember(ctx, key, user.ID)
		if err == nil && has.AccessLevel >= access {
			return skipped("A group gives this person the access already."), nil
		}
		if err != nil && !api.IsNotFound(err) {
			return providers.Written{}, err
		}
	}
	add := func() (api.Member, error) {
		return t.api.AddMember(ctx, key, api.EditMember{UserID: user.ID, AccessLevel: access, ExpiresAt: day(body.Expires)})
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.Member]{
		Wanted:  memberVersion(wanted),
		Version: memberVersion,
		Ref:     t.memberRef,
		Read:    read,
		Create:  add,
		Edit: func(_ string, now api.Member) (api.Member, error) {
			if now.ID == user.ID {
				return t.api.EditMember(ctx, key, user.ID, api.EditMember{AccessLevel: access, ExpiresAt: day(body.Expires)})
			}
			if err := remove(now); err != nil { // another account stood for this person
				return api.Member{}, err
			}
			return add()
		},
	})
	if api.IsInvalid(err) {
		err = &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("the server does not give %s this access: %s", schema.Printable(body.Person.User), providers.AsError(err).Message),
			Hint: "see the access that the group gives, or exclude the member from the plan", Err: err}
	}
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// standingMember is the membership that a person has in the project itself, or nil.
func (t *target) standingMember(ctx context.Context, key api.ID, user int64, w providers.Write) (*api.Member, error) {
	if w.Ref.ID != "" {
		return nil, nil
	}
	now, err := t.api.Member(ctx, key, user)
	if err != nil {
		return nil, nilIfNotFound(err)
	}
	return &now, nil
}

func (t *target) memberRef(m api.Member) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(m.ID, 10), URL: t.api.Base() + "/" + m.Username}
}

// accessOf is the server's access for a member, and what is lost. An administrator
// of a repository becomes a Maintainer: owners could delete the project.
func (t *target) accessOf(body schema.Member) (level api.Access, lost string) {
	switch body.Access {
	case "admin":
		level, lost = api.Maintainer, "Who administrates the repository is a Maintainer, who cannot delete it."
	case "maintain":
		level = api.Maintainer
	case "write":
		level = api.Developer
	case "triage":
		if level = api.Planner; !t.server.Version.AtLeast(17, 7) {
			level = api.Reporter
		}
		lost = "Who may triage is a Planner, or on older servers a Reporter."
	default:
		level = api.Reporter
	}
	if lost == "" && body.Role != "" {
		lost = "A role of the source's own becomes the nearest of the server's."
	}
	return level, lost
}
