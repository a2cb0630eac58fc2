package threads

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// nameOf is fileName with an ending that tells what the file is, when it has
// none: the server takes files by their endings, and sources that know a file
// only by its address have no name to give.
func nameOf(name, path string) (string, error) {
	name = fileName(name)
	if ext := filepath.Ext(name); ext != "" && ext != name {
		return name, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 512) // as much as is looked at
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return name + ending(http.DetectContentType(head[:n])), nil
}

// ending is how names of files of a type end; empty when that is not known.
func ending(mediaType string) string {
	kind, _, _ := strings.Cut(mediaType, ";")
	switch kind {
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "image/gif":
		return ".gif"
	case "image/webp":
		return ".webp"
	case "video/mp4":
		return ".mp4"
	case "video/webm":
		return ".webm"
	case "application/pdf":
		return ".pdf"
	case "application/zip":
		return ".zip"
	case "application/x-gzip":
		return ".gz"
	case "text/plain":
		return ".txt"
	}
	return ""
}
