package githubtest

import (
	"fmt"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// What GitHub shows of gists: the first 300 files, one MiB of each.
const (
	maxGistFiles = 300
	maxGistFile  = 1 << 20
)

// gist is a gist as lists show it; whole adds the contents of the files.
func (c *call) gist(g *Gist, whole bool) fields {
	at := c.api + "/gists/" + g.ID
	files := fields{}
	for n, f := range g.Files {
		if n == maxGistFiles {
			break
		}
		files[f.Name] = c.gistFile(g, f, whole)
	}
	return fields{
		"url": at, "forks_url": at + "/forks", "commits_url": at + "/commits", "id": g.ID, "node_id": g.NodeID(),
		"git_pull_url": c.web + "/gist/" + g.ID + ".git", "git_push_url": c.web + "/gist/" + g.ID + ".git", "html_url": c.web + "/gist/" + g.ID,
		"files": files, "public": g.Public, "created_at": stamp(g.CreatedAt), "updated_at": stamp(g.UpdatedAt), "description": g.Description,
		"comments": len(g.Comments), "comments_enabled": true, "user": nil, "comments_url": at + "/comments", "owner": c.user(g.Owner),
		"truncated": len(g.Files) > maxGistFiles,
	}
}

func (c *call) gistFile(g *Gist, f GistFile, whole bool) fields {
	kind := mime.TypeByExtension(path.Ext(f.Name))
	if kind == "" {
		kind = "text/plain"
	}
	kind, _, _ = strings.Cut(kind, ";")
	o := fields{"filename": f.Name, "type": kind, "language": "Text", "raw_url": c.web + "/gist/" + g.Owner.Login + "/" + g.ID + "/raw/" + f.Name, "size": len(f.Content)}
	if whole {
		o["truncated"], o["content"], o["encoding"] = len(f.Content) > maxGistFile, f.Content[:min(len(f.Content), maxGistFile)], "utf-8"
	}
	return o
}

// seesSecret reports whether the token may list what is not public.
func (c *call) seesSecret(g *Gist) bool {
	return c.token != nil && c.token.User == g.Owner && c.token.Has("gist")
}

func (c *call) listGists(of *User) (any, error) {
	since := c.since()
	var all []*Gist
	for _, g := range c.m.GistsOf(of) {
		if (g.Public || c.seesSecret(g)) && !g.UpdatedAt.Before(since) {
			all = append(all, g)
		}
	}
	slices.Reverse(all)
	return list(c, all, func(g *Gist) fields { return c.gist(g, false) })
}

func listMyGists(c *call) (any, error) {
	if c.token == nil || c.token.User == nil {
		return nil, &failure{status: http.StatusUnauthorized, message: "Requires authentication"}
	}
	return c.listGists(c.token.User)
}

func listGistsOf(c *call) (any, error) {
	u := c.m.User(c.r.PathValue("username"))
	if u == nil {
		return nil, notFound()
	}
	return c.listGists(u)
}

// withGist answers about the gist that the path names. Who knows the id of a
// secret gist sees it.
func withGist(answer func(*call, *Gist) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		g := c.m.Gist(c.r.PathValue("gist_id"))
		if g == nil {
			return nil, notFound()
		}
		return answer(c, g)
	}
}

func getGist(c *call, g *Gist) (any, error) {
	f := c.gist(g, true)
	f["forks"], f["history"] = []fields{}, []fields{}
	if g.Dir == "" {
		return f, nil
	}
	history, err := c.gistHistory(g)
	f["history"] = history
	return f, err
}

func (c *call) gistHistory(g *Gist) ([]fields, error) {
	out, err := git(g.Dir, "log", "-z", "--shortstat", "--format=%H %ct", "refs/heads/main", "--")
	if err != nil {
		return nil, err
	}
	history := []fields{}
	for record := range strings.SplitSeq(strings.Trim(out, "\x00"), "\x00") {
		first, stat, _ := strings.Cut(strings.TrimSpace(record), "\n")
		sha, when, _ := strings.Cut(first, " ")
		added, removed := statCount(stat, "insertion"), statCount(stat, "deletion")
		history = append(history, fields{
			"user": c.user(g.Owner), "version": sha, "committed_at": stamp(unixTime(when)), "url": c.api + "/gists/" + g.ID + "/" + sha,
			"change_status": fields{"total": added + removed, "additions": added, "deletions": removed},
		})
	}
	return history, nil
}

// statCount reads a number of git's " 2 files changed, 5 insertions(+)".
func statCount(stat, what string) int {
	for part := range strings.SplitSeq(stat, ",") {
		if n, word, _ := strings.Cut(strings.TrimSpace(part), " "); strings.HasPrefix(word, what) {
			count, _ := strconv.Atoi(n) // git writes numbers
			return count
		}
	}
	return 0
}

func listGistComments(c *call, g *Gist) (any, error) {
	return list(c, g.Comments, func(o *GistComment) fields {
		return fields{
			"url": fmt.Sprintf("%s/gists/%s/comments/%d", c.api, g.ID, o.ID), "id": o.ID, "node_id": o.NodeID(), "user": c.user(o.Author),
			"author_association": o.Association, "created_at": stamp(o.CreatedAt), "updated_at": stamp(o.UpdatedAt), "body": o.Body,
		}
	})
}
