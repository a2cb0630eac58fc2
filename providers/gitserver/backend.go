package gitserver

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// serveGit lets git answer.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request, q request, dir string) {
	cmd := exec.Command("git", strings.TrimPrefix(q.service, "git-"), "--stateless-rpc", ".")
	cmd.Dir = dir
	cmd.Env = s.environment(r, q.repo)
	h := w.Header()
	h.Set("Expires", "Fri, 01 Jan 1980 00:00:00 GMT")
	h.Set("Pragma", "no-cache")
	h.Set("Cache-Control", "no-cache, max-age=0, must-revalidate")
	switch {
	case cmd.Err != nil:
		http.Error(w, cmd.Err.Error(), http.StatusInternalServerError)
		return
	case q.refs:
		s.advertise(w, r, q, cmd)
		return
	}
	if kind := r.Header.Get("Content-Type"); kind != "application/x-"+q.service+"-request" {
		http.Error(w, "a request of git was expected", http.StatusUnsupportedMediaType)
		return
	}
	body, err := unpacked(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.Set("Content-Type", "application/x-"+q.service+"-result")
	cmd.Stdin = body
	if q.service == "git-upload-pack" {
		cmd.Stdout = w
		_ = cmd.Run() // what is wrong was told to the client, in git's protocol
		return
	}
	// A push that has arrived is carried out to its end, whether or not its client is
	// there to hear of it: git would leave locks behind.
	var said bytes.Buffer
	cmd.Stdout = &said
	_ = cmd.Run() // likewise
	if s.Pushed != nil {
		s.Pushed(r, q.repo)
	}
	_, _ = w.Write(said.Bytes()) // the client may be gone
}

// unpacked is the body of r. git packs long requests.
func unpacked(r *http.Request) (io.Reader, error) {
	if coding := r.Header.Get("Content-Encoding"); coding == "gzip" || coding == "x-gzip" {
		return gzip.NewReader(r.Body)
	}
	return r.Body, nil
}

// advertise tells what the service can do, and the refs unless the protocol is of
// version 2.
func (s *Server) advertise(w http.ResponseWriter, r *http.Request, q request, cmd *exec.Cmd) {
	second := q.service == "git-upload-pack" && strings.Contains(protocol(r), "version=2")
	out, err := s.abilities(cmd, second)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-"+q.service+"-advertisement")
	if !second {
		line := "# service=" + q.service + "\n"
		fmt.Fprintf(w, "%04x%s0000", len(line)+4, line)
	}
	_, _ = w.Write(out) // the client may be gone
}

// abilities asks a service what it can do. Of version 2 that depends on nothing but
// the configuration of the repository, and is asked for once.
func (s *Server) abilities(cmd *exec.Cmd, second bool) ([]byte, error) {
	key := ""
	if second {
		config, err := os.ReadFile(filepath.Join(cmd.Dir, "config"))
		if err != nil {
			return nil, err
		}
		key = string(config)
		if known, ok := s.able.Load(key); ok {
			return known.([]byte), nil
		}
	}
	cmd.Args = append(cmd.Args[:2:2], "--stateless-rpc", "--advertise-refs", ".")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", cmd.Args[1], err, strings.TrimSpace(errs.String()))
	}
	if second {
		s.able.Store(key, out)
	}
	return out, nil
}

// protocol is the version of the protocol that a client asks for.
func protocol(r *http.Request) string {
	v := r.Header.Get("Git-Protocol")
	if len(v) > 40 || strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789=:") != "" {
		return ""
	}
	return v
}

// environment is that of git, with the settings of a forge.
func (s *Server) environment(r *http.Request, repo string) []string {
	settings := [][2]string{
		{"uploadpack.allowFilter", "true"},
		{"uploadpack.allowAnySHA1InWant", "true"},
		{"safe.directory", "*"},
		{"receive.autogc", "false"},
		{"core.fsync", "none"}, // thousands of refs would wait for the disk
	}
	for _, ref := range s.Hidden {
		settings = append(settings, [2]string{"receive.hideRefs", ref})
	}
	env := append(environment(), "GIT_CONFIG_COUNT="+strconv.Itoa(len(settings)))
	for n, kv := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, kv[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, kv[1]))
	}
	if v := protocol(r); v != "" {
		env = append(env, "GIT_PROTOCOL="+v)
	}
	if s.Told != nil {
		env = append(env, s.Told(r, repo)...)
	}
	return env
}

// environment keeps the configuration of whoever runs the tests out.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C"}
}
