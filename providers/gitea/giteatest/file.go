package giteatest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// formFile reads the file of one part of a form.
func formFile(body []byte, boundary, part string) (name string, data []byte, err error) {
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, refuse(http.StatusInternalServerError, "http: no such file")
		}
		if err != nil {
			return "", nil, refuse(http.StatusInternalServerError, "%v", err)
		}
		if p.FormName() == part {
			data, err := io.ReadAll(p)
			return p.FileName(), data, err
		}
	}
}

// serveFile serves what people download: attachments, the files of releases, and
// the texts of pull requests.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	m := s.Model
	u, valid := m.authenticate(r)
	if !valid {
		u = nil
	}
	a := m.download(r.URL.Path, u)
	if a == nil {
		s.servePull(w, r, u)
		return
	}
	a.Downloads++
	kind := mime.TypeByExtension(path.Ext(a.Name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''`+url.PathEscape(a.Name))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Data))
}

// download finds the file at a path that a user may see.
func (m *Model) download(at string, u *User) *Attachment {
	if id, ok := strings.CutPrefix(at, "/attachments/"); ok {
		a := m.attachments[id]
		if a == nil || m.access(u, a.repo, "") == None {
			return nil
		}
		return a
	}
	parts := strings.SplitN(strings.TrimPrefix(at, "/"), "/", 5)
	if len(parts) < 5 || parts[2] != "releases" || parts[3] != "download" {
		return nil
	}
	r := m.repo(parts[0], parts[1])
	if r == nil || m.access(u, r, "repo.releases") < Read {
		return nil
	}
	slash := strings.LastIndexByte(parts[4], '/')
	if slash < 0 {
		return nil
	}
	rel := r.release(parts[4][:slash])
	if rel == nil {
		return nil
	}
	for _, a := range rel.Assets {
		if a.Name == parts[4][slash+1:] {
			return a
		}
	}
	return nil
}

// servePull serves OWNER/NAME/pulls/N.diff and .patch.
func (s *Server) servePull(w http.ResponseWriter, r *http.Request, u *User) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[2] != "pulls" {
		http.NotFound(w, r)
		return
	}
	repo := s.Model.repo(parts[0], parts[1])
	number, ending, _ := strings.Cut(parts[3], ".")
	if repo == nil || s.Model.access(u, repo, "repo.pulls") < Read {
		http.NotFound(w, r)
		return
	}
	for _, i := range repo.issues() {
		if itoa(i.Number) != number || i.Pull == nil {
			continue
		}
		text, err := s.Model.pullText(i.Pull, ending == "patch")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, text)
		return
	}
	http.NotFound(w, r)
}
