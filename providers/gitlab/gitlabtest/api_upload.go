package gitlabtest

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

func uploadRoutes(add adding) {
	at := "projects/{id}/uploads"
	add("POST "+at, signedIn(), (*call).upload)
	add("GET "+at, atLeast(Maintainer), func(c *call) (reply, error) {
		all := slices.Clone(c.project.Uploads)
		slices.Reverse(all)
		return ok(list(page(c, all), func(u *Upload) object {
			v := object{"id": u.ID, "size": len(u.Data), "filename": u.Name, "created_at": stamp(u.Created), "uploaded_by": nil}
			if u.Uploader != nil {
				v["uploaded_by"] = object{"id": u.Uploader.ID, "name": u.Uploader.Name, "username": u.Uploader.Username}
			}
			return v
		}))
	})
	add("GET "+at+"/{upload}", atLeast(Maintainer), func(c *call) (reply, error) {
		return c.download(func(u *Upload) bool { return u.ID == c.number("upload") })
	})
	add("DELETE "+at+"/{upload}", atLeast(Maintainer), func(c *call) (reply, error) {
		return c.removeUpload(func(u *Upload) bool { return u.ID == c.number("upload") })
	})
	add("GET "+at+"/{secret}/{filename}", atLeast(Guest), func(c *call) (reply, error) {
		return c.download(func(u *Upload) bool {
			return u.Secret == c.r.PathValue("secret") && u.Name == c.r.PathValue("filename")
		})
	})
	add("DELETE "+at+"/{secret}/{filename}", atLeast(Maintainer), func(c *call) (reply, error) {
		return c.removeUpload(func(u *Upload) bool {
			return u.Secret == c.r.PathValue("secret") && u.Name == c.r.PathValue("filename")
		})
	})
}

var unsafeName = regexp.MustCompile(`[^\pL\pN._+-]`)

// AddUpload stores a file in a project and returns its place in texts, relative to
// the project.
func (m *Model) AddUpload(p *Project, by *User, name string, data []byte) (link string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.addUpload(p, by, name, data)
	return "/uploads/" + u.Secret + "/" + u.Name
}

func (m *Model) addUpload(p *Project, by *User, name string, data []byte) *Upload {
	u := &Upload{ID: m.next("upload"), Name: unsafeName.ReplaceAllString(name, "_"), Data: data, Created: m.clock(), Uploader: by}
	u.Secret = digest("upload", itoa(u.ID))[:32]
	p.Uploads = append(p.Uploads, u)
	return u
}

func (c *call) upload() (reply, error) {
	given, ok := c.files["file"]
	if !ok {
		return reply{}, malformed("file is missing")
	}
	if c.level(c.doer, c.project) < Guest && !open(c.project.Visibility, c.doer) {
		return reply{}, missing("")
	}
	u := c.addUpload(c.project, c.doer, given.name, given.data)
	link := "/uploads/" + u.Secret + "/" + u.Name
	alt := strings.TrimSuffix(u.Name, path.Ext(u.Name))
	mark := ""
	if !isEmbedded(u.Name) {
		alt = u.Name
	} else {
		mark = "!"
	}
	return created(object{"id": u.ID, "alt": alt, "url": link, "full_path": "/-/project/" + itoa(c.project.ID) + link, "markdown": mark + "[" + alt + "](" + link + ")"})
}

// isEmbedded says whether a file is shown in the text rather than linked.
func isEmbedded(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tiff", ".ico", ".webp", ".mp4", ".m4v", ".mov", ".webm", ".ogv", ".mp3", ".oga", ".ogg", ".spx", ".wav"}, strings.ToLower(path.Ext(name)))
}

func (c *call) find(which func(*Upload) bool) *Upload {
	if at := slices.IndexFunc(c.project.Uploads, which); at >= 0 {
		return c.project.Uploads[at]
	}
	return nil
}

func (c *call) download(which func(*Upload) bool) (reply, error) {
	u := c.find(which)
	if u == nil {
		return reply{}, missing("")
	}
	return ok(u.file())
}

func (u *Upload) file() file {
	return file{kind: kindOf(u.Name), name: u.Name, data: u.Data}
}

func kindOf(name string) string {
	return cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
}

func (c *call) removeUpload(which func(*Upload) bool) (reply, error) {
	u := c.find(which)
	if u == nil {
		return reply{}, missing("")
	}
	c.project.Uploads = slices.DeleteFunc(c.project.Uploads, func(o *Upload) bool { return o == u })
	return none()
}

// serveFile serves what people download with a browser: uploads, by the path of
// the project or by its id, and the assets of releases.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	m := s.Model
	var u *User
	if t, _ := m.authenticate(r); t != nil && !t.revoked {
		u = t.user
	}
	if p, tag, rest, ok := m.assetPath(r.URL.Path); ok && m.uses(u, p, "releases") {
		for _, l := range p.release(tag).Links {
			if l.Path == rest {
				http.Redirect(w, r, l.URL, http.StatusFound)
				return
			}
		}
	}
	found := m.uploadAt(r.URL.Path, u)
	if found == nil {
		http.NotFound(w, r)
		return
	}
	send(w, r, reply{http.StatusOK, found.file()})
}

func (m *Model) assetPath(at string) (p *Project, tag, rest string, ok bool) {
	full, behind, ok := strings.Cut(strings.TrimPrefix(at, "/"), "/-/releases/")
	if !ok {
		return nil, "", "", false
	}
	tag, rest, ok = strings.Cut(behind, "/downloads/")
	p = m.project(full)
	if plain, err := url.PathUnescape(tag); err == nil {
		tag = plain
	}
	return p, tag, "/" + rest, ok && p != nil && p.release(tag) != nil
}

// uploadAt finds the upload at the path of a page, that a user may see. Images of
// private projects are for members too unless the project says otherwise.
func (m *Model) uploadAt(at string, u *User) *Upload {
	before, behind, ok := strings.Cut(strings.TrimPrefix(at, "/"), "uploads/")
	if !ok {
		return nil
	}
	before = strings.Trim(before, "/")
	p := m.project(before)
	if id, byID := strings.CutPrefix(before, "-/project/"); byID {
		p = m.projectByID(numberOf(id))
	}
	if p == nil || !m.sees(u, p) && p.Settings["enforce_auth_checks_on_uploads"] != false {
		return nil
	}
	for _, o := range p.Uploads {
		if o.Secret+"/"+o.Name == behind {
			return o
		}
	}
	return nil
}
