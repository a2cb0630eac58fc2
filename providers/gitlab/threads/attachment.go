package threads

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// maxFileName bounds the names of files, in bytes.
const maxFileName = 200

// writeAttachment uploads a file. A file does not change; what is there stays.
//
// The server tells nobody where a file is but whoever uploads it, so one whose
// answer was lost is uploaded again, and the first stays where nothing links to
// it.
func (w *Writer) writeAttachment(ctx context.Context, r *project, one *providers.Write, b *schema.Attachment) (providers.Written, error) {
	if one.Ref.ID != "" {
		at, err := parsePlace(one.Ref.ID)
		if err != nil {
			return providers.Written{}, err
		}
		there, err := w.hasUpload(ctx, r, at)
		if err != nil || there {
			return providers.Written{Ref: one.Ref}, err
		}
	}
	if one.Content == "" {
		return providers.Written{}, providers.Errorf(providers.CodeInvalid, "the attachment %s has no content", schema.Printable(b.Name))
	}
	made, err := w.api.UploadFile(ctx, r.id, fileName(b.Name), b.MediaType, one.Content)
	if err != nil {
		return providers.Written{}, err
	}
	at, ok := uploadAt(made.URL)
	if !ok {
		return providers.Written{}, providers.Errorf(providers.CodeInternal, "the server put the file %s at %q, which is no place of an upload", schema.Printable(b.Name), schema.Printable(made.URL))
	}
	return providers.Written{Ref: uploadRef(at)}, nil
}

// uploadAt reads the address that texts link to an upload by.
func uploadAt(link string) (place, bool) {
	rest, ok := strings.CutPrefix(link, "/uploads/")
	if !ok {
		return place{}, false
	}
	secret, name, _ := strings.Cut(rest, "/")
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	return place{kind: onUpload, secret: secret, file: name}, isHex(secret) && name != "" && !strings.Contains(name, "/")
}

// uploadRef is the ref of an upload. Its link is relative: it holds wherever the
// project moves.
func uploadRef(at place) schema.Ref {
	link := "/uploads/" + at.secret + "/" + url.PathEscape(at.file)
	return schema.Ref{ID: at.id(), URL: link, Version: schema.Digest(link)}
}

// hasUpload reports whether a file is there.
func (w *Writer) hasUpload(ctx context.Context, r *project, at place) (bool, error) {
	if at.kind != onUpload {
		return false, nil
	}
	path := "/api/v4/projects/" + url.PathEscape(string(r.id)) + "/uploads/" + at.secret + "/" + url.PathEscape(at.file)
	content, _, err := w.api.HTTP().Open(ctx, path, forgehttp.OpenOptions{Op: "look up upload", Subject: at.file})
	if hasCode(err, providers.CodeNotFound, providers.CodeDenied) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, content.Close()
}

// fileName is a name as people are to see it. It is a label, never a path.
func fileName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || strings.ContainsRune(`/\"`, c) {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(name, "_"))
	for len(name) > maxFileName {
		ending := filepath.Ext(name)
		if len(ending) > 20 {
			ending = ""
		}
		stem := []rune(strings.TrimSuffix(name, ending))
		name = string(stem[:len(stem)-1]) + ending
	}
	if strings.Trim(name, ". ") == "" {
		return "attachment"
	}
	return name
}
