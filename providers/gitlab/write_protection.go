package gitlab

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Ids of rules say what they are rules over.
const (
	branchRulePrefix = "branch:"
	tagRulePrefix    = "tag:"
)

func (t *target) writeProtection(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Protection](w)
	if err != nil {
		return providers.Written{}, err
	}
	body.Pattern = strings.TrimSpace(body.Pattern)
	if body.Pattern == "" {
		return skipped("A rule for no branch or tag protects nothing."), nil
	}
	if body.Ref == "tag" {
		return t.protectTags(ctx, known, w, body)
	}
	return t.protectBranches(ctx, known, w, body)
}

func (t *target) protectBranches(ctx context.Context, known *project, w providers.Write, body schema.Protection) (providers.Written, error) {
	wanted, lost := branchRule(body)
	key := known.key()
	standing, err := known.catalog.branches.Find(wanted.Name, branchRuleName, func() iter.Seq2[api.ProtectedBranch, error] { return t.api.ProtectedBranches(ctx, key) })
	if err != nil {
		return providers.Written{}, err
	}
	// The server protects the default branch by itself when it is first pushed. That
	// rule is nobody's decision.
	if w.Ref.ID == "" && standing != nil && byItself(*standing) {
		w.Overwrite = true
	}
	id := branchRulePrefix + wanted.Name
	read := func(id string) (api.ProtectedBranch, error) {
		return t.api.ProtectedBranch(ctx, key, strings.TrimPrefix(id, branchRulePrefix))
	}
	put := func(old string) (api.ProtectedBranch, error) {
		err := t.replaceRule(ctx, known, rules{Branches: []api.ProtectedBranch{wanted}}, func() error {
			return t.api.UnprotectBranch(ctx, key, strings.TrimPrefix(old, branchRulePrefix))
		})
		if err != nil {
			return api.ProtectedBranch{}, err
		}
		p, err := read(id)
		if err == nil {
			known.catalog.branches.Put(p.Name, p)
		}
		return p, err
	}
	// A run that was killed when it gave a rule another pattern made the new one.
	if standing != nil && ruleVersion(*standing) == ruleVersion(wanted) && w.Ref.ID != "" && w.Ref.ID != id {
		if old, err := read(w.Ref.ID); api.IsNotFound(err) || err == nil && ruleVersion(old) == w.Ref.Version {
			p, err := put(w.Ref.ID)
			return providers.Written{Ref: t.branchRuleRef(known, p), Degraded: lost}, err
		}
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.ProtectedBranch]{
		Wanted:  ruleVersion(wanted),
		Version: ruleVersion,
		Ref:     func(p api.ProtectedBranch) schema.Ref { return t.branchRuleRef(known, p) },
		Read:    read,
		Create: func() (api.ProtectedBranch, error) {
			p, err := t.api.ProtectBranch(ctx, key, again(wanted))
			if err == nil {
				known.catalog.branches.Put(p.Name, p)
			}
			return p, err
		},
		Edit: func(id string, _ api.ProtectedBranch) (api.ProtectedBranch, error) { return put(id) },
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// replaceRule puts a rule in the place of another one, which remove removes. Only a
// server with a licence changes a rule, so it is made anew; and it is noted as one
// that was lifted, lest a kill leaves none.
func (t *target) replaceRule(ctx context.Context, known *project, wanted rules, remove func() error) error {
	known.settling.Lock()
	defer known.settling.Unlock()
	all, err := t.refs(ctx, known)
	if err != nil {
		return err
	}
	text, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	if err := t.tell(ctx, known, all, notes{lifted: new(string(text))}); err != nil {
		return err
	}
	if err := remove(); err != nil && !api.IsNotFound(err) {
		return err
	}
	if all, err = t.refs(ctx, known); err != nil {
		return err
	}
	return t.restoreRules(ctx, known, all)
}

// branchRule is the server's rule for one of the source's, and what is lost. People
// take a licence, and are left out.
func branchRule(body schema.Protection) (api.ProtectedBranch, string) {
	p := api.ProtectedBranch{Name: body.Pattern, ForcePush: body.ForcePush,
		Push: []api.Right{{AccessLevel: new(levelOf(body.Push, len(body.PushPeople)))}}, Merge: []api.Right{{AccessLevel: new(levelOf(body.Merge, len(body.MergePeople)))}}}
	var lost []string
	for _, l := range []struct {
		holds bool
		what  string
	}{
		{body.CodeOwners, "reviews by code owners"},
		{body.Approvals > 0, "the number of approvals"},
		{body.Signed, "signed commits"},
		{body.Linear, "a linear history"},
		{body.Conversations, "resolved conversations"},
		{len(body.RequiredChecks) > 0, "required checks"},
		{body.Deletion, "deletion of the branch"},
		{len(body.PushPeople)+len(body.MergePeople) > 0, "the people who may push or merge, for whom Maintainers stand"},
		{strings.ContainsAny(body.Pattern, "?[{"), "the pattern, in which only * stands for something"},
	} {
		if l.holds {
			lost = append(lost, l.what)
		}
	}
	if len(lost) == 0 {
		return p, ""
	}
	return p, "What the rule loses: " + strings.Join(lost, ", ") + "."
}

// levelOf is who may, as the server has it. It is never more people than at the
// source.
func levelOf(who string, people int) api.Access {
	switch who {
	case "", "everyone", "write":
		return api.Developer
	case "nobody":
		if people == 0 {
			return api.NoAccess
		}
	}
	return api.Maintainer
}

// byItself reports whether a rule is one that the server makes for a default branch.
func byItself(p api.ProtectedBranch) bool {
	level := func(all []api.Right) api.Access {
		if len(all) != 1 || all[0].AccessLevel == nil || all[0].UserID != nil || all[0].GroupID != nil || all[0].DeployKeyID != nil {
			return api.Admin
		}
		return *all[0].AccessLevel
	}
	return !p.CodeOwners && !p.Inherited && !strings.Contains(p.Name, "*") && level(p.Push) == api.Maintainer && level(p.Merge) == api.Maintainer && !p.ForcePush
}

func branchRuleName(p api.ProtectedBranch) string { return p.Name }

func (t *target) branchRuleRef(known *project, p api.ProtectedBranch) schema.Ref {
	return schema.Ref{ID: branchRulePrefix + p.Name, URL: t.api.Base() + "/" + known.fullPath() + "/-/settings/repository", Version: ruleVersion(p)}
}

// ruleVersion covers what a write sets. That code owners approve is no part of it,
// nor who may remove the rule.
func ruleVersion(p api.ProtectedBranch) string {
	return digest(p.Name, rightsOf(p.Push), rightsOf(p.Merge), p.ForcePush)
}

// rightsOf are rights in an order of their own.
func rightsOf(all []api.Right) []api.Right {
	level, list := grant(all)
	if level != nil {
		list = []api.Right{{AccessLevel: level}}
	}
	number := func(r api.Right) [4]int64 {
		var n [4]int64
		for i, id := range []*int64{r.UserID, r.GroupID, r.DeployKeyID} {
			if id != nil {
				n[i] = *id
			}
		}
		if r.AccessLevel != nil {
			n[3] = int64(*r.AccessLevel)
		}
		return n
	}
	slices.SortFunc(list, func(a, b api.Right) int {
		x, y := number(a), number(b)
		return slices.CompareFunc(x[:], y[:], cmp.Compare[int64])
	})
	return list
}

// protectTags writes a rule over tags, which says who may make and move them.
func (t *target) protectTags(ctx context.Context, known *project, w providers.Write, body schema.Protection) (providers.Written, error) {
	key := known.key()
	wanted := api.ProtectedTag{Name: body.Pattern, Create: []api.Right{{AccessLevel: new(levelOf(body.Push, len(body.PushPeople)))}}}
	standing, err := known.catalog.tagRules.Find(wanted.Name, func(p api.ProtectedTag) string { return p.Name }, func() iter.Seq2[api.ProtectedTag, error] {
		return t.api.ProtectedTags(ctx, key)
	})
	if err != nil {
		return providers.Written{}, err
	}
	lost := ""
	if len(body.PushPeople) > 0 {
		lost = "What the rule loses: the people who may make tags, for whom Maintainers stand."
	}
	id := tagRulePrefix + wanted.Name
	read := func(id string) (api.ProtectedTag, error) {
		return t.api.ProtectedTag(ctx, key, strings.TrimPrefix(id, tagRulePrefix))
	}
	put := func(old string) (api.ProtectedTag, error) {
		err := t.replaceRule(ctx, known, rules{Tags: []api.ProtectedTag{wanted}}, func() error {
			return t.api.UnprotectTag(ctx, key, strings.TrimPrefix(old, tagRulePrefix))
		})
		if err != nil {
			return api.ProtectedTag{}, err
		}
		p, err := read(id)
		if err == nil {
			known.catalog.tagRules.Put(p.Name, p)
		}
		return p, err
	}
	if standing != nil && tagRuleVersion(*standing) == tagRuleVersion(wanted) && w.Ref.ID != "" && w.Ref.ID != id {
		if old, err := read(w.Ref.ID); api.IsNotFound(err) || err == nil && tagRuleVersion(old) == w.Ref.Version {
			p, err := put(w.Ref.ID)
			return providers.Written{Ref: t.tagRuleRef(known, p), Degraded: lost}, err
		}
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.ProtectedTag]{
		Wanted:  tagRuleVersion(wanted),
		Version: tagRuleVersion,
		Ref:     func(p api.ProtectedTag) schema.Ref { return t.tagRuleRef(known, p) },
		Read:    read,
		Create: func() (api.ProtectedTag, error) {
			request := api.ProtectTag{Name: wanted.Name}
			request.CreateLevel, request.Create = grant(wanted.Create)
			p, err := t.api.ProtectTag(ctx, key, request)
			if err == nil {
				known.catalog.tagRules.Put(p.Name, p)
			}
			return p, err
		},
		Edit: func(id string, _ api.ProtectedTag) (api.ProtectedTag, error) { return put(id) },
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

func (t *target) tagRuleRef(known *project, p api.ProtectedTag) schema.Ref {
	return schema.Ref{ID: tagRulePrefix + p.Name, URL: t.api.Base() + "/" + known.fullPath() + "/-/settings/repository", Version: tagRuleVersion(p)}
}

func tagRuleVersion(p api.ProtectedTag) string { return digest(p.Name, rightsOf(p.Create)) }
