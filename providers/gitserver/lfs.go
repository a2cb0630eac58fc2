package gitserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

const lfsType = "application/vnd.git-lfs+json"

// lfsObject is a large object in requests and answers.
type lfsObject struct {
	OID           string               `json:"oid"`
	Size          int64                `json:"size"`
	Authenticated bool                 `json:"authenticated,omitempty"`
	Actions       map[string]lfsAction `json:"actions,omitempty"`
	Error         *lfsError            `json:"error,omitempty"`
}

type lfsAction struct {
	Href   string            `json:"href"`
	Header map[string]string `json:"header,omitempty"`
}

type lfsError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type lfsBatch struct {
	Operation string      `json:"operation"`
	Transfers []string    `json:"transfers"`
	Objects   []lfsObject `json:"objects"`
	HashAlgo  string      `json:"hash_algo"`
}

// PutLFS stores a large object in a repository's folder, where the server looks
// for it, and returns its id.
func PutLFS(dir string, data []byte) (oid string, err error) {
	sum := sha256.Sum256(data)
	oid = hex.EncodeToString(sum[:])
	name := lfsPath(dir, oid)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", err
	}
	return oid, os.WriteFile(name, data, 0o644)
}

// LFSPointer is the text that stands in a repository in place of a large
// object.
func LFSPointer(oid string, size int64) string {
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, size)
}

// lfsPath is where git-lfs itself keeps an object.
func lfsPath(dir, oid string) string {
	return filepath.Join(dir, "lfs", "objects", oid[:2], oid[2:4], oid)
}

func validOID(oid string) bool {
	return len(oid) == 2*sha256.Size && strings.Trim(oid, "0123456789abcdef") == ""
}

func (s *Server) serveLFS(w http.ResponseWriter, r *http.Request, q request) {
	switch oid, isObject := strings.CutPrefix(q.lfs, "objects/"); {
	case q.lfs == "objects/batch" && r.Method == http.MethodPost:
		s.lfsBatch(w, r, q)
	case q.lfs == "verify" && r.Method == http.MethodPost:
		s.lfsVerify(w, r, q)
	case isObject && validOID(oid) && (r.Method == http.MethodGet || r.Method == http.MethodPut):
		s.lfsTransfer(w, r, q, oid)
	default:
		lfsFail(w, http.StatusNotFound, "Not found")
	}
}

func lfsFail(w http.ResponseWriter, status int, message string) {
	if status == http.StatusUnauthorized {
		w.Header().Set("LFS-Authenticate", `Basic realm="git"`)
	}
	lfsAnswer(w, status, map[string]string{"message": message})
}

func lfsAnswer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", lfsType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

func (s *Server) lfsBatch(w http.ResponseWriter, r *http.Request, q request) {
	var in lfsBatch
	err := json.NewDecoder(io.LimitReader(r.Body, 8<<20)).Decode(&in)
	if err != nil || in.Operation != "download" && in.Operation != "upload" {
		lfsFail(w, http.StatusUnprocessableEntity, "the batch request is not understood")
		return
	}
	write := in.Operation == "upload"
	if status := s.authorize(r, q.repo, write); status != 0 {
		lfsFail(w, status, http.StatusText(status))
		return
	}
	dir, ok := s.locate(q.repo)
	if !ok {
		lfsFail(w, http.StatusNotFound, "Repository not found")
		return
	}
	base, _, _ := strings.Cut(address(r), "/objects/batch")
	out := []lfsObject{}
	for _, o := range in.Objects {
		out = append(out, s.lfsActions(o, dir, base, write))
	}
	lfsAnswer(w, http.StatusOK, map[string]any{"transfer": "basic", "objects": out, "hash_algo": "sha256"})
}

// lfsActions says how one object can be transferred.
func (s *Server) lfsActions(o lfsObject, dir, base string, write bool) lfsObject {
	answer := lfsObject{OID: o.OID, Size: o.Size, Authenticated: true}
	if !validOID(o.OID) || o.Size < 0 {
		answer.Error = &lfsError{http.StatusUnprocessableEntity, "invalid object"}
		return answer
	}
	info, err := os.Stat(lfsPath(dir, o.OID))
	there := err == nil
	if there && info.Size() != o.Size {
		answer.Error = &lfsError{http.StatusUnprocessableEntity, "the object has another size"}
		return answer
	}
	action := func(path, verb string) lfsAction {
		return lfsAction{Href: base + path, Header: map[string]string{"Authorization": s.sign(verb, dir, o.OID)}}
	}
	switch {
	case !write && !there:
		answer.Error = &lfsError{http.StatusNotFound, "Object does not exist on the server"}
	case !write:
		answer.Actions = map[string]lfsAction{"download": action("/objects/"+o.OID, http.MethodGet)}
	case !there:
		answer.Actions = map[string]lfsAction{
			"upload": action("/objects/"+o.OID, http.MethodPut),
			"verify": action("/verify", http.MethodPost),
		}
	}
	return answer
}

// sign returns the authorisation to do one thing with one object, so that
// clients must send the headers they are given and not their credentials.
func (s *Server) sign(verb, dir, oid string) string {
	h := hmac.New(sha256.New, s.key)
	fmt.Fprintf(h, "%s\n%s\n%s", verb, dir, oid)
	return "RemoteAuth " + hex.EncodeToString(h.Sum(nil))
}

func (s *Server) signed(r *http.Request, dir, oid string) bool {
	return hmac.Equal([]byte(r.Header.Get("Authorization")), []byte(s.sign(r.Method, dir, oid)))
}

func (s *Server) lfsTransfer(w http.ResponseWriter, r *http.Request, q request, oid string) {
	dir, ok := s.locate(q.repo)
	if !ok {
		lfsFail(w, http.StatusNotFound, "Repository not found")
		return
	}
	if !s.signed(r, dir, oid) {
		lfsFail(w, http.StatusForbidden, "the address was not given out for this")
		return
	}
	if r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeFile(w, r, lfsPath(dir, oid))
		return
	}
	if err := receive(lfsPath(dir, oid), oid, r.Body); err != nil {
		lfsFail(w, http.StatusUnprocessableEntity, err.Error())
	}
}

// receive stores what has the id oid; anything else leaves nothing behind.
func receive(name, oid string, body io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "partial-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), body)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != oid {
		return errors.New("the content does not match the object's id")
	}
	return os.Rename(f.Name(), name)
}

func (s *Server) lfsVerify(w http.ResponseWriter, r *http.Request, q request) {
	var o lfsObject
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&o)
	dir, ok := s.locate(q.repo)
	switch {
	case err != nil || !validOID(o.OID):
		lfsFail(w, http.StatusUnprocessableEntity, "the object is not understood")
		return
	case !ok || !s.signed(r, dir, o.OID):
		lfsFail(w, http.StatusForbidden, "the address was not given out for this")
		return
	}
	if info, err := os.Stat(lfsPath(dir, o.OID)); err != nil || info.Size() != o.Size {
		lfsFail(w, http.StatusNotFound, "Object does not exist on the server")
	}
}

// address is the absolute address that r was sent to.
func address(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + r.URL.EscapedPath()
}
