package bitbucketcloudtest

import (
	"net/http"
	"strconv"
	"strings"
)

// serveFile is the other host, which files of issues are on. Who sends it credentials
// has given them away.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.Violated("credentials were sent to the store of files")
	}
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) == 3 {
		if repo := s.Model.repository("", "{"+parts[0]+"}"); repo != nil {
			for _, i := range repo.Issues {
				if n, err := strconv.Atoi(parts[2]); number(i.ID) == parts[1] && err == nil && n < len(i.Files) {
					w.Header().Set("Content-Type", "application/octet-stream")
					_, _ = w.Write(i.Files[n].Data) // the client may be gone
					return
				}
			}
		}
	}
	http.NotFound(w, r)
}

// PictureURL is the address of a picture that was pasted into a text of a repository.
func (s *Server) PictureURL(name string) string {
	return s.URL + "/repo/x8dAKgG/images/4241243587-" + name
}

// servePicture serves any picture to who is signed in: its content is its name.
func (s *Server) servePicture(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/repo/x8dAKgG/images/4241243587-")
	_, secret, _ := r.BasicAuth()
	if !ok || strings.HasPrefix(name, "gone") || !strings.HasSuffix(name, ".png") || s.token(secret) == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write([]byte(name)) // the client may be gone
}
