package gitlabtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func diffRoutes(add adding) {
	one := func(pattern string, do func(*call, *MergeRequest) (reply, error)) {
		itemRoute(add, "merge_requests", pattern, anyone(), func(c *call, i *Item) (reply, error) { return do(c, i.merge) })
	}
	one("GET /commits", func(c *call, r *MergeRequest) (reply, error) {
		all, err := c.mergeCommits(r)
		if err != nil {
			return reply{}, err
		}
		return ok(list(page(c, all), c.commitObject(r.Project)))
	})
	one("GET /changes", func(c *call, r *MergeRequest) (reply, error) {
		v := c.wholeMerge(r)
		all, err := c.mergeDiffs(r, r.head())
		if err != nil {
			return reply{}, err
		}
		v["changes"], v["overflow"] = list(all, fileDiff.view), false
		return ok(v)
	})
	one("GET /diffs", func(c *call, r *MergeRequest) (reply, error) {
		all, err := c.mergeDiffs(r, r.head())
		if err != nil {
			return reply{}, err
		}
		return ok(list(page(c, all), fileDiff.view))
	})
	one("GET /raw_diffs", func(c *call, r *MergeRequest) (reply, error) {
		h := r.head()
		if h == nil {
			return ok(file{kind: "text/plain"})
		}
		out, err := c.codeGit(r.Project).Run("diff", "-M", h.Base, h.Head)
		return reply{200, file{kind: "text/plain", data: []byte(out)}}, err
	})
	one("GET /versions", func(c *call, r *MergeRequest) (reply, error) {
		all := slices.Clone(r.Versions)
		slices.Reverse(all)
		return ok(list(page(c, all), func(v *Version) object { return c.versionView(r, v) }))
	})
	one("GET /versions/{version}", (*call).oneVersion)
}

func (c *call) mergeDiffs(r *MergeRequest, v *Version) ([]fileDiff, error) {
	if v == nil {
		return nil, nil
	}
	return diffs(c.codeGit(r.Project), v.Base, v.Head)
}

// mergeCommits are the commits of a merge request, the newest first.
func (c *call) mergeCommits(r *MergeRequest) ([]gitserver.Commit, error) {
	h := r.head()
	if h == nil {
		return nil, nil
	}
	return c.codeGit(r.Project).Commits(h.Head, "^"+h.Base, "--")
}

func (c *call) versionView(r *MergeRequest, v *Version) object {
	state, size := "collected", "0"
	if all, err := c.mergeDiffs(r, v); err == nil {
		size = fmt.Sprint(len(all))
	}
	if v.Head == v.Base {
		state = "empty"
	}
	return object{"id": v.ID, "head_commit_sha": v.Head, "base_commit_sha": v.Base, "start_commit_sha": v.Start, "created_at": stamp(v.Created),
		"merge_request_id": r.ID, "state": state, "real_size": size, "patch_id_sha": sha1Of(v.Base + v.Head)}
}

func (c *call) oneVersion(r *MergeRequest) (reply, error) {
	for _, v := range r.Versions {
		if v.ID != c.number("version") {
			continue
		}
		all, err := c.mergeDiffs(r, v)
		if err != nil {
			return reply{}, err
		}
		inside, err := c.codeGit(r.Project).Commits(v.Head, "^"+v.Base, "--")
		if err != nil {
			return reply{}, err
		}
		view := c.versionView(r, v)
		view["commits"], view["diffs"] = list(inside, c.commitObject(r.Project)), list(all, fileDiff.view)
		return ok(view)
	}
	return reply{}, missing("")
}

// commitObject is how the API shows commits of a project.
func (m *Model) commitObject(p *Project) func(gitserver.Commit) object {
	return func(k gitserver.Commit) object {
		title, _, _ := strings.Cut(k.Message, "\n")
		return object{
			"id": k.ID, "short_id": k.ID[:min(8, len(k.ID))], "created_at": signed(k.Committer), "parent_ids": append([]string{}, k.Parents...), "title": title, "message": k.Message,
			"author_name": k.Author.Name, "author_email": k.Author.Email, "authored_date": signed(k.Author), "committer_name": k.Committer.Name,
			"committer_email": k.Committer.Email, "committed_date": signed(k.Committer), "trailers": object{}, "extended_trailers": object{},
			"web_url": m.projectURL(p) + "/-/commit/" + k.ID,
		}
	}
}

// signed writes the time of a signature in its own zone.
func signed(s gitserver.Signature) string {
	zone := "+00:00"
	if len(s.Zone) == 5 {
		zone = s.Zone[:3] + ":" + s.Zone[3:]
	}
	at := s.At
	if minutes := numberOf(strings.TrimPrefix(zone[1:3], "0"))*60 + numberOf(strings.TrimPrefix(zone[4:], "0")); zone[0] == '-' {
		at = at.Add(-minuteCount(minutes))
	} else {
		at = at.Add(minuteCount(minutes))
	}
	return at.Format("2006-01-02T15:04:05.000") + zone
}

func minuteCount(n int64) time.Duration { return time.Duration(n) * time.Minute }
