package gitea

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) writeRelease(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Release](w)
	if err != nil {
		return providers.Written{}, err
	}
	if body.Tag == "" {
		return skipped("A release without a tag cannot be kept."), nil
	}
	repo := known.repo()
	tagged, err := known.catalog.tags.Find(body.Tag, func(s string) string { return s }, func() iter.Seq2[string, error] { return t.tags(ctx, repo) })
	if err != nil {
		return providers.Written{}, err
	}
	standing, err := known.catalog.releases.Find(body.Tag, releaseTag, func() iter.Seq2[api.Release, error] { return t.api.Releases(ctx, repo) })
	if err != nil {
		return providers.Written{}, err
	}
	r := releasing{target: t, known: known, key: w.Record.Key(), body: body}
	var lost string
	if tagged == nil && !body.Draft {
		// Published, it would make the tag, which the source does not have.
		r.body.Draft, lost = true, "The tag of the release is gone, so it is a draft."
	}
	author, own := t.as(body.Author)
	if w.Ref.ID != "" || standing != nil { // its author stays who it is
		now := standing
		own = now != nil && body.Author.User != "" && strings.EqualFold(now.Author.Login, body.Author.User)
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.Release]{
		Wanted:  releaseVersion(r.release(own)),
		Version: releaseVersion,
		Ref:     releaseRef,
		Read: func(id string) (api.Release, error) {
			return forgetarget.ByNumber(id, func(n int64) (api.Release, error) { return t.api.Release(ctx, repo, n) })
		},
		Create: func() (api.Release, error) { return r.create(ctx, author, own) },
		Edit: func(_ string, now api.Release) (api.Release, error) {
			return r.note(t.api.EditRelease(ctx, repo, now.ID, r.request(own)))
		},
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// tags yields the names of a repository's tags.
func (t *target) tags(ctx context.Context, repo api.Repo) iter.Seq2[string, error] {
	all, err := t.api.Refs(ctx, repo)
	var names []string
	for name := range all {
		if tag, ok := strings.CutPrefix(name, "refs/tags/"); ok {
			names = append(names, tag)
		}
	}
	return forgetarget.Each(names, err)
}

// releasing is a release on its way.
type releasing struct {
	target *target
	known  *repository
	key    schema.Key
	body   schema.Release
}

// release is what is to stand at the server. Own says that it shows the author.
func (r *releasing) release(own bool) api.Release {
	body := r.body
	line := attribution.Author{Person: body.Author, At: body.PublishedAt, URL: body.URL, Verb: "published this release"}
	if line.At.IsZero() {
		line.At = body.CreatedAt
	}
	if own {
		line.Person = schema.Person{}
	}
	if reactions := reactionsOf(body.Reactions); reactions != "" {
		line.Extra = []string{reactions}
	}
	name := body.Name
	if name == "" {
		name = body.Tag // an empty name would leave the old one there
	}
	return api.Release{
		Tag: body.Tag, Target: body.Target, Name: forgetarget.Clip(name, maxReleaseName), Draft: body.Draft, Prerelease: body.Prerelease,
		Body: attribution.Compose(attribution.Line(line), body.Text, attribution.Marker(r.key)),
	}
}

// maxReleaseName is where the server cuts names, in characters; bytes are safe.
const maxReleaseName = 255

func (r *releasing) request(own bool) api.EditRelease {
	wanted := r.release(own)
	return api.EditRelease{Tag: wanted.Tag, Target: wanted.Target, Name: wanted.Name, Body: wanted.Body, Draft: &wanted.Draft, Prerelease: &wanted.Prerelease}
}

// create makes the release in its author's name, or in the token's when the
// author may not.
func (r *releasing) create(ctx context.Context, author *api.Client, own bool) (api.Release, error) {
	made, err := r.publish(ctx, author, own)
	if own && (providers.CodeOf(err) == providers.CodeDenied || api.IsNotFound(err)) {
		made, err = r.publish(ctx, r.target.api, false)
	}
	if providers.CodeOf(err) == providers.CodeInvalid && strings.Contains(err.Error(), "empty") {
		err = &providers.Error{Code: providers.CodeInvalid, Message: "the server keeps no releases in an empty repository", Hint: "exclude releases from the plan, or push a branch first", Err: err}
	}
	return r.note(made, err)
}

// publish makes the release. People who watch the repository get a mail about a
// new one, but not about a draft that is published: with watchers it is made so.
// Without, the date of the release stays that of its tag.
func (r *releasing) publish(ctx context.Context, author *api.Client, own bool) (api.Release, error) {
	repo, request := r.known.repo(), r.request(own)
	quietly := false
	if !r.body.Draft && !r.known.settings().Notify {
		for _, err := range r.target.api.Watchers(ctx, repo) {
			if err != nil {
				return api.Release{}, err
			}
			quietly = true
			break
		}
	}
	if !quietly {
		return author.CreateRelease(ctx, repo, request)
	}
	final := request.Draft
	request.Draft = new(true)
	made, err := author.CreateRelease(ctx, repo, request)
	if err != nil {
		return made, err
	}
	request.Draft = final
	return r.target.api.EditRelease(ctx, repo, made.ID, request)
}

func (r *releasing) note(made api.Release, err error) (api.Release, error) {
	if err == nil {
		r.known.catalog.releases.Put(made.Tag, made)
	}
	return made, err
}

func releaseTag(r api.Release) string { return r.Tag }

func releaseRef(r api.Release) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(r.ID, 10), URL: r.HTMLURL}
}

// releaseVersion leaves the target out: the server replaces an empty one.
func releaseVersion(r api.Release) string {
	return digest(r.Tag, r.Name, strings.TrimSpace(r.Body), r.Draft, r.Prerelease)
}

// reactionsOf tells reactions by their number.
func reactionsOf(all []schema.Reaction) string {
	counts := map[string]int{}
	var names []string
	for _, r := range all {
		if counts[r.Name]++; counts[r.Name] == 1 {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = fmt.Sprintf("%s × %d", attribution.Code(name), counts[name])
	}
	if len(names) == 0 {
		return ""
	}
	return "reactions: " + strings.Join(names, ", ")
}
