package giteatest

import (
	"net/http"
	"slices"
	"strings"
)

func serverRoutes(add adding) {
	add("GET", "version", anyone(), func(*call) (reply, error) { return ok(object{"version": "1.26.0"}) })
	add("GET", "settings/api", anyone(), func(*call) (reply, error) {
		return ok(object{
			"max_response_items": maxPageSize, "default_paging_num": pageSize, "default_git_trees_per_page": 1000,
			"default_max_blob_size": 10485760, "default_max_response_size": 104857600,
		})
	})
	add("GET", "settings/ui", anyone(), func(*call) (reply, error) {
		return ok(object{"default_theme": "gitea-auto", "allowed_reactions": reactions(), "custom_emojis": []string{"git", "gitea", "codeberg", "gitlab", "github", "gogs"}})
	})
	add("GET", "settings/attachment", anyone(), func(*call) (reply, error) {
		return ok(object{"enabled": true, "allowed_types": allowedTypes(), "max_size": maxUpload >> 20, "max_files": 5})
	})
	add("GET", "settings/repository", anyone(), func(*call) (reply, error) {
		return ok(object{
			"mirrors_disabled": false, "http_git_disabled": false, "migrations_disabled": false, "stars_disabled": false,
			"time_tracking_disabled": false, "lfs_disabled": false,
		})
	})
	add("GET", "notifications", signedIn(), (*call).listNotifications)
	add("GET", "notifications/new", signedIn(), func(c *call) (reply, error) {
		return ok(object{"new": len(c.myThreads(nil, false))})
	})
	add("PUT", "notifications", signedIn(), (*call).readNotifications)
	add("GET", "notifications/threads/{id}", signedIn(), func(c *call) (reply, error) {
		t, err := c.myThread()
		if err != nil {
			return reply{}, err
		}
		return ok(c.threadView(t))
	})
	add("PATCH", "notifications/threads/{id}", signedIn(), (*call).readNotification)
	add("GET", "repos/{owner}/{repo}/notifications", signedIn(), (*call).listNotifications)
	add("PUT", "repos/{owner}/{repo}/notifications", signedIn(), (*call).readNotifications)
}

// reactions are the ones that the server takes.
func reactions() []string {
	return []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"}
}

// myThreads are the notifications of who asks, the newest first.
func (c *call) myThreads(r *Repository, all bool) []*thread {
	var mine []*thread
	for _, t := range c.threads {
		if t.user == c.doer && (r == nil || t.issue.Repo == r) && (all || t.unread) {
			mine = append(mine, t)
		}
	}
	slices.SortStableFunc(mine, func(a, b *thread) int { return strings.Compare(b.updated, a.updated) })
	return mine
}

func (c *call) listNotifications() (reply, error) {
	all := c.query.Get("all") == "true" || slices.Contains(c.query["status-types"], "read")
	shown := page(c, c.myThreads(c.repo, all), false)
	return ok(list(shown, c.threadView))
}

func (c *call) threadView(t *thread) object {
	kind, state := "Issue", stateOf(t.issue.Closed)
	if p := t.issue.Pull; p != nil {
		kind = "Pull"
		if p.Merged {
			state = "merged"
		}
	}
	subject := object{
		"title": t.issue.Title, "url": c.repoAPI(t.issue.Repo, "/issues/"+itoa(t.issue.Number)), "latest_comment_url": "",
		"html_url": c.issueWeb(t.issue), "latest_comment_html_url": "", "type": kind, "state": state,
	}
	if t.comment != nil {
		subject["latest_comment_url"] = c.repoAPI(t.issue.Repo, "/issues/comments/"+itoa(t.comment.ID))
		subject["latest_comment_html_url"], _, _ = c.entryLinks(t.comment)
	}
	return object{
		"id": t.id, "repository": c.repoView(t.issue.Repo, c.doer), "subject": subject, "unread": t.unread, "pinned": t.pinned,
		"updated_at": t.updated, "url": c.api("/notifications/threads/%d", t.id),
	}
}

func (c *call) readNotifications() (reply, error) {
	var read []object
	for _, t := range c.myThreads(c.repo, false) {
		t.unread = false
		read = append(read, c.threadView(t))
	}
	if read == nil {
		read = []object{}
	}
	return reply{http.StatusResetContent, read}, nil
}

// myThread is the notification that the path names.
func (c *call) myThread() (*thread, error) {
	for _, t := range c.threads {
		if itoa(t.id) != c.params["id"] {
			continue
		}
		if t.user != c.doer && !c.doer.Admin {
			return nil, refuse(http.StatusForbidden, "only user itself and admin are allowed to read/change this thread %d", t.id)
		}
		return t, nil
	}
	return nil, refuse(http.StatusNotFound, "notification does not exist [id: %s]", c.params["id"])
}

func (c *call) readNotification() (reply, error) {
	t, err := c.myThread()
	if err != nil {
		return reply{}, err
	}
	t.unread = false
	return reply{http.StatusResetContent, c.threadView(t)}, nil
}
