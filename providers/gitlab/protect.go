package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// rules are the rules over branches and tags that a push stood before.
type rules struct {
	Branches []api.ProtectedBranch `json:"branches"`
	Tags     []api.ProtectedTag    `json:"tags"`
}

func (r rules) empty() bool { return len(r.Branches)+len(r.Tags) == 0 }

// rulesOver are the rules of a project over refs that the server refused to move.
// Rules of the group are not ours to lift.
func (t *target) rulesOver(ctx context.Context, known *project, refused []providers.RefUpdate) (rules, error) {
	var found rules
	for p, err := range t.api.ProtectedBranches(ctx, known.key()) {
		if err != nil {
			return rules{}, err
		}
		if !p.Inherited && covers(p.Name, "refs/heads/", refused) {
			found.Branches = append(found.Branches, p)
		}
	}
	for p, err := range t.api.ProtectedTags(ctx, known.key()) {
		if err != nil {
			return rules{}, err
		}
		if covers(p.Name, "refs/tags/", refused) {
			found.Tags = append(found.Tags, p)
		}
	}
	return found, nil
}

// covers reports whether a rule is over one of some refs. A star stands for any
// characters, slashes too.
func covers(pattern, kind string, refs []providers.RefUpdate) bool {
	expression := "^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
	match, err := regexp.Compile("(?s)" + expression)
	if err != nil {
		return false
	}
	for _, u := range refs {
		if name, ok := strings.CutPrefix(there(u.Name), kind); ok && match.MatchString(name) {
			return true
		}
	}
	return false
}

// without runs do while rules are lifted, and puts them back. They are noted at the
// server first: when the process is killed, the next run puts them back.
func (t *target) without(ctx context.Context, known *project, r rules, do func() error) (err error) {
	if r.empty() {
		return do()
	}
	known.settling.Lock()
	defer known.settling.Unlock()
	all, err := t.refs(ctx, known)
	if err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := t.tell(ctx, known, all, notes{lifted: new(string(text))}); err != nil {
		return err
	}
	defer func() {
		// A push that was cut short must not leave branches open.
		ctx := context.WithoutCancel(ctx)
		all, refsErr := t.refs(ctx, known)
		if refsErr == nil {
			refsErr = t.restoreRules(ctx, known, all)
		}
		err = errors.Join(err, refsErr)
	}()
	for _, p := range r.Branches {
		if err := t.api.UnprotectBranch(ctx, known.key(), p.Name); err != nil && !api.IsNotFound(err) {
			return err
		}
	}
	for _, p := range r.Tags {
		if err := t.api.UnprotectTag(ctx, known.key(), p.Name); err != nil && !api.IsNotFound(err) {
			return err
		}
	}
	return do()
}

// despite does something to the release of a tag. Who may not make the tag may not
// touch its release either (app/policies/release_policy.rb of GitLab), so when that is
// refused, it is done again without the rules over the tag.
func despite[T any](ctx context.Context, t *target, known *project, tag string, do func() (T, error)) (made T, err error) {
	made, err = do()
	if !api.IsDenied(err) {
		return made, err
	}
	over, rulesErr := t.rulesOver(ctx, known, []providers.RefUpdate{{Name: "refs/tags/" + tag}})
	if rulesErr != nil || over.empty() {
		return made, err
	}
	err = t.without(ctx, known, over, func() (err error) {
		made, err = do()
		return err
	})
	return made, err
}

// restoreRules puts back the rules that a note of the project tells.
func (t *target) restoreRules(ctx context.Context, known *project, all map[string]string) error {
	var was rules
	if err := t.read(ctx, known, all[lifted], &was); err != nil {
		return err
	}
	for _, p := range was.Branches {
		now, err := t.api.ProtectedBranch(ctx, known.key(), p.Name)
		switch {
		case err == nil && ruleDigest(now) == ruleDigest(p):
			continue
		case err == nil: // the server protects a default branch by itself, in its own way
			err = t.api.UnprotectBranch(ctx, known.key(), p.Name)
		}
		if err != nil && !api.IsNotFound(err) {
			return err
		}
		if _, err := t.api.ProtectBranch(ctx, known.key(), again(p)); err != nil {
			return err
		}
	}
	for _, p := range was.Tags {
		now, err := t.api.ProtectedTag(ctx, known.key(), p.Name)
		switch {
		case err == nil && tagRuleVersion(now) == tagRuleVersion(p):
			continue
		case err == nil:
			err = t.api.UnprotectTag(ctx, known.key(), p.Name)
		}
		if err == nil || api.IsNotFound(err) {
			wanted := api.ProtectTag{Name: p.Name}
			wanted.CreateLevel, wanted.Create = grant(p.Create)
			_, err = t.api.ProtectTag(ctx, known.key(), wanted)
		}
		if err != nil {
			return err
		}
	}
	return t.tell(ctx, known, all, notes{lifted: nil})
}

// again is the request that makes a rule as it was.
func again(p api.ProtectedBranch) api.ProtectBranch {
	wanted := api.ProtectBranch{Name: p.Name, ForcePush: p.ForcePush}
	wanted.PushLevel, wanted.Push = grant(p.Push)
	wanted.MergeLevel, wanted.Merge = grant(p.Merge)
	wanted.UnprotectLevel, wanted.Unprotect = grant(p.Unprotect)
	if p.CodeOwners {
		wanted.CodeOwners = new(true)
	}
	return wanted
}

// grant is how a request gives rights: as a level where that says it all, for a
// server without a licence takes nothing else, and as a list otherwise.
func grant(all []api.Right) (*api.Access, []api.Right) {
	list := make([]api.Right, 0, len(all))
	for _, r := range all {
		switch { // the level of a person or group is only told, not asked for
		case r.UserID != nil:
			r = api.Right{UserID: r.UserID}
		case r.GroupID != nil:
			r = api.Right{GroupID: r.GroupID}
		case r.DeployKeyID != nil:
			r = api.Right{DeployKeyID: r.DeployKeyID}
		default:
			r = api.Right{AccessLevel: r.AccessLevel}
		}
		list = append(list, r)
	}
	switch {
	case len(list) == 0:
		return nil, nil
	case len(list) == 1 && list[0].AccessLevel != nil:
		return list[0].AccessLevel, nil
	}
	return nil, list
}

func ruleDigest(p api.ProtectedBranch) string {
	return digest(p.Name, rightsOf(p.Push), rightsOf(p.Merge), rightsOf(p.Unprotect), p.ForcePush, p.CodeOwners)
}

// digest is the version of what stands at the server.
func digest(parts ...any) string { return schema.Digest(parts) }
