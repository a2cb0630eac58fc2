package gitlabtest

import (
	"net/http"
	"strings"
)

// mayGit answers gitserver: 0, or the status of a refusal.
func (s *Server) mayGit(r *http.Request, path string, write bool) int {
	m := s.Model
	m.mu.Lock()
	defer m.mu.Unlock()
	t, valid := m.authenticate(r)
	if !valid {
		return http.StatusUnauthorized
	}
	var u *User
	if t != nil {
		if u = t.user; t.revoked || u.State == "blocked" {
			return http.StatusUnauthorized
		}
		if !t.git(write) {
			return http.StatusForbidden
		}
	}
	at := m.gitPath(path)
	have, need := at.access(m, u), Guest
	if write {
		need = Developer
	}
	switch {
	case have >= need && write && at.project != nil && at.project.Archived:
		return http.StatusForbidden
	case have >= need && (u != nil || !write):
		return s.ready(at, write)
	case u == nil:
		return http.StatusUnauthorized
	case have == None:
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

// ready makes the repository of a wiki when it is pushed to for the first time.
func (s *Server) ready(at gitPlace, write bool) int {
	if !at.wiki || at.project.wiki || !write {
		return 0
	}
	if err := s.Model.makeWiki(at.project); err != nil {
		s.Violated(err.Error())
		return http.StatusInternalServerError
	}
	return 0
}

// gitPlace is what a path of git names: the code or the wiki of a project, or a
// snippet.
type gitPlace struct {
	project *Project
	wiki    bool
	snippet *Snippet
}

func (m *Model) gitPath(path string) gitPlace {
	if owner, id, ok := cutLast(path, "snippets/"); ok {
		for _, s := range m.snippets {
			if itoa(s.ID) == id && (owner == "" || s.Project != nil && s.Project.FullPath() == strings.TrimSuffix(owner, "/")) {
				return gitPlace{snippet: s}
			}
		}
		return gitPlace{}
	}
	if p := m.project(path); p != nil {
		return gitPlace{project: p}
	}
	if p := m.moved[strings.ToLower(path)]; p != nil {
		return gitPlace{project: p}
	}
	if path, ok := strings.CutSuffix(path, ".wiki"); ok {
		return gitPlace{project: m.project(path), wiki: true}
	}
	return gitPlace{}
}

func cutLast(text, sep string) (before, after string, ok bool) {
	at := strings.LastIndex(text, sep)
	if at < 0 || at > 0 && text[at-1] != '/' {
		return "", "", false
	}
	return text[:at], text[at+len(sep):], true
}

// access is what somebody may do with what git serves there.
func (at gitPlace) access(m *Model, u *User) int {
	switch p := at.project; {
	case at.snippet != nil && (at.snippet.Author == u || u != nil && u.Admin):
		return Owner
	case at.snippet != nil:
		if !m.seesSnippet(u, at.snippet) {
			return None
		}
		if p := at.snippet.Project; p != nil {
			return max(Guest, m.level(u, p))
		}
		return Guest
	case p == nil:
		return None
	case at.wiki && !m.uses(u, p, "wiki"), !at.wiki && !m.uses(u, p, "repository"):
		return None
	default:
		return max(Guest, m.level(u, p))
	}
}

// locate finds the folder of a repository that a git client names.
func (m *Model) locate(path string) (dir string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch at := m.gitPath(path); {
	case at.snippet != nil:
		return m.snippetDir(at.snippet), true
	case at.project == nil:
		return "", false
	case at.wiki:
		return m.wikiDir(at.project), at.project.wiki
	default:
		return m.codeDir(at.project), true
	}
}

// serveGit serves git.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	if path, _, ok := strings.Cut(r.URL.Path, "/info/lfs/"); ok && !s.hasLFS(strings.TrimSuffix(strings.TrimPrefix(path, "/"), ".git")) {
		w.Header().Set("Content-Type", "application/vnd.git-lfs+json")
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(`{"message":"Not found.","documentation_url":"` + s.URL + `/help"}`))
		return
	}
	s.git.ServeHTTP(w, r)
}

// rules tells the hook of a repository what the one who pushes may do.
func (s *Server) rules(r *http.Request, path string) []string {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	at := s.Model.gitPath(path)
	t, _ := s.Model.authenticate(r)
	if t == nil || at.project == nil || at.wiki {
		return nil
	}
	return []string{"GITLABTEST_RULES=" + s.Model.pushRules(at.project, t.user)}
}

// hasLFS says whether a project keeps large objects; what is no project answers for
// itself.
func (s *Server) hasLFS(path string) bool {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	at := s.Model.gitPath(path)
	return at.project == nil || at.project.Settings["lfs_enabled"] != false
}
