package gitlabtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
		out, err := git(c.codeDir(r.Project), "diff", "-M", h.Base, h.Head)
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
	return diffs(c.codeDir(r.Project), v.Base, v.Head)
}

// mergeCommits are the commits of a merge request, the newest first.
func (c *call) mergeCommits(r *MergeRequest) ([]commit, error) {
	h := r.head()
	if h == nil {
		return nil, nil
	}
	return commits(c.codeDir(r.Project), h.Head, "^"+h.Base, "--")
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
		inside, err := commits(c.codeDir(r.Project), v.Head, "^"+v.Base, "--")
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
func (m *Model) commitObject(p *Project) func(commit) object {
	return func(k commit) object {
		title, _, _ := strings.Cut(k.message, "\n")
		return object{
			"id": k.id, "short_id": k.id[:min(8, len(k.id))], "created_at": k.committer.stamp(), "parent_ids": append([]string{}, k.parents...), "title": title, "message": k.message,
			"author_name": k.author.name, "author_email": k.author.email, "authored_date": k.author.stamp(), "committer_name": k.committer.name,
			"committer_email": k.committer.email, "committed_date": k.committer.stamp(), "trailers": object{}, "extended_trailers": object{},
			"web_url": m.projectURL(p) + "/-/commit/" + k.id,
		}
	}
}

// stamp writes the time of a signature in its own zone.
func (s signature) stamp() string {
	zone := "+00:00"
	if len(s.zone) == 5 {
		zone = s.zone[:3] + ":" + s.zone[3:]
	}
	at := s.at
	if minutes := numberOf(strings.TrimPrefix(zone[1:3], "0"))*60 + numberOf(strings.TrimPrefix(zone[4:], "0")); zone[0] == '-' {
		at = at.Add(-minuteCount(minutes))
	} else {
		at = at.Add(minuteCount(minutes))
	}
	return at.Format("2006-01-02T15:04:05.000") + zone
}

func minuteCount(n int64) time.Duration { return time.Duration(n) * time.Minute }
