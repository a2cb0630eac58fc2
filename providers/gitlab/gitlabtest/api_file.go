package gitlabtest

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

func fileRoutes(add adding) {
	at := "projects/{id}/repository/files/{file_path}"
	add("GET "+at, reader("repository"), (*call).getFile)
	add("GET "+at+"/raw", reader("repository"), func(c *call) (reply, error) {
		text, there := c.readFile(c.revision("ref"), c.r.PathValue("file_path"))
		if !there {
			return reply{}, missing("File")
		}
		return ok(file{kind: "text/plain", data: []byte(text)})
	})
	add("POST "+at, writer("repository", Developer), (*call).writeFile)
	add("PUT "+at, writer("repository", Developer), (*call).writeFile)
	add("DELETE "+at, writer("repository", Developer), (*call).writeFile)
}

func (c *call) getFile() (reply, error) {
	if err := c.needs("ref"); err != nil {
		return reply{}, err
	}
	path := c.r.PathValue("file_path")
	id := c.revision("ref")
	if id == "" {
		return reply{}, missing("Commit")
	}
	text, there := c.readFile(id, path)
	if !there {
		return reply{}, missing("File")
	}
	git := c.codeGit(c.project)
	blob, err := git.Run("rev-parse", id+":"+path)
	if err != nil {
		return reply{}, err
	}
	last, err := git.Run("log", "-1", "--format=%H", id, "--", path)
	if err != nil {
		return reply{}, err
	}
	return ok(object{
		"file_name": path[strings.LastIndexByte(path, '/')+1:], "file_path": path, "size": len(text), "encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte(text)),
		"content_sha256": digest(text), "ref": c.text("ref"), "blob_id": strings.TrimSpace(blob), "commit_id": id, "last_commit_id": strings.TrimSpace(last), "execute_filemode": false,
	})
}

// writeFile makes, changes or removes one file with a commit.
func (c *call) writeFile() (reply, error) {
	if err := c.needs("branch", "commit_message"); err != nil {
		return reply{}, err
	}
	from, err := c.commitBase()
	if err != nil {
		return reply{}, err
	}
	e := gitserver.File{Path: c.r.PathValue("file_path"), Data: []byte(c.text("content")), Remove: c.r.Method == http.MethodDelete}
	if c.text("encoding") == "base64" {
		if e.Data, err = base64.StdEncoding.DecodeString(c.text("content")); err != nil {
			return reply{}, refuse(http.StatusBadRequest, "content is not valid base64")
		}
	}
	_, there := c.readFile(from, e.Path)
	switch {
	case c.r.Method == http.MethodPost && there:
		return reply{}, refuse(http.StatusBadRequest, "A file with this name already exists")
	case c.r.Method != http.MethodPost && !there:
		return reply{}, refuse(http.StatusBadRequest, "A file with this name doesn't exist")
	}
	if _, err := c.commitEdits(c.project, c.text("branch"), from, c.committer(), c.text("commit_message"), []gitserver.File{e}); err != nil {
		return reply{}, err
	}
	v := object{"file_path": e.Path, "branch": c.text("branch")}
	switch c.r.Method {
	case http.MethodPost:
		return created(v)
	case http.MethodDelete:
		return none()
	}
	return ok(v)
}
