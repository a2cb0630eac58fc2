package forgehttp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// Upload sends the file at path as the only part of a form, under the name of
// field, and reads the answer as Do does. The file is not read into memory.
// R.Body is not used, and an empty R.Method is POST.
func (c *Client) Upload(ctx context.Context, r Request, field, fileName, mediaType, path string) (Response, error) {
	r.Body = nil
	r.Method = cmp.Or(r.Method, http.MethodPost)
	q, err := c.prepare(r)
	if err != nil {
		return Response{}, r.Explain(err)
	}
	form, err := newForm(field, fileName, mediaType, path)
	if err != nil {
		return Response{}, r.Explain(err)
	}
	q.header.Set("Content-Type", form.mediaType)
	q.body = form.open
	answer, err := c.exchange(ctx, q)
	if err != nil {
		return answer, r.Explain(err)
	}
	return answer, nil
}

// form is a form with one file: what comes before it, and after it.
type form struct {
	before, after []byte
	path          string
	mediaType     string
}

func newForm(field, fileName, mediaType, path string) (*form, error) {
	if mediaType == "" || strings.ContainsAny(mediaType, "\r\n") {
		mediaType = "application/octet-stream"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition(field, fileName)) // quotes what others named
	header.Set("Content-Type", mediaType)
	_, err := w.CreatePart(header)
	before := b.Len()
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, providers.Errorf(providers.CodeInternal, "write the form of the upload: %w", err)
	}
	return &form{before: b.Bytes()[:before], after: b.Bytes()[before:], path: path, mediaType: w.FormDataContentType()}, nil
}

// open opens the form from its beginning.
func (f *form) open() (io.ReadCloser, int64, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, 0, providers.Errorf(providers.CodeInternal, "open the file to upload: %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err != nil {
		file.Close()
		return nil, 0, providers.Errorf(providers.CodeInternal, "look at the file to upload: %w", err)
	}
	all := io.MultiReader(bytes.NewReader(f.before), io.LimitReader(file, info.Size()), bytes.NewReader(f.after))
	body := struct {
		io.Reader
		io.Closer
	}{all, file}
	return body, int64(len(f.before)) + info.Size() + int64(len(f.after)), nil
}
