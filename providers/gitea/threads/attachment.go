package threads

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// maxFileName bounds the names of files, in bytes.
const maxFileName = 200

// writeAttachment uploads a file to the issue or pull request that it belongs
// to. A file does not change; what is there stays.
//
// The server marks no file, so one that an earlier run uploaded before it was
// cut off is known by its name and its contents.
func (w *Writer) writeAttachment(ctx context.Context, r *repository, one *providers.Write, b *schema.Attachment) (providers.Written, error) {
	number, err := threadOf(one)
	if err != nil {
		return providers.Written{}, err
	}
	t := r.thread(number)
	there, err := w.assets(ctx, r, t)
	if err != nil {
		return providers.Written{}, err
	}
	if one.Ref.ID != "" {
		at, err := parsePlace(one.Ref.ID)
		if err != nil {
			return providers.Written{}, err
		}
		for _, a := range there {
			if a.ID == at.asset {
				return providers.Written{Ref: assetRef(number, a)}, nil
			}
		}
	}
	if one.Content == "" {
		return providers.Written{}, providers.Errorf(providers.CodeInvalid, "the attachment %s has no content", schema.Printable(b.Name))
	}
	name, err := nameOf(b.Name, one.Content)
	if err != nil {
		return providers.Written{}, err
	}
	digest, size, err := digestFile(one.Content)
	if err != nil {
		return providers.Written{}, err
	}
	for _, a := range there {
		if a.Name != name || a.Size != size {
			continue
		}
		same, err := w.holds(ctx, a, digest)
		if err != nil {
			return providers.Written{}, err
		}
		if same {
			return providers.Written{Ref: assetRef(number, a)}, nil
		}
	}
	made, err := w.api.UploadIssueAsset(ctx, r.name, number, name, b.MediaType, one.Content)
	if err != nil {
		t.forgetAssets()
		return providers.Written{}, err
	}
	t.addAsset(made)
	return providers.Written{Ref: assetRef(number, made)}, nil
}

func assetRef(number int64, a api.Attachment) schema.Ref {
	return schema.Ref{ID: place{number: number, asset: a.ID}.id(), URL: a.URL, Version: schema.Digest([]any{a.Name, a.Size})}
}

// assets are the files of a thread.
func (w *Writer) assets(ctx context.Context, r *repository, t *thread) ([]api.Attachment, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listed {
		return t.assets, nil
	}
	all, err := w.api.IssueAssets(ctx, r.name, t.number)
	if err != nil {
		return nil, err
	}
	t.assets, t.listed = all, true
	return all, nil
}

func (t *thread) addAsset(a api.Attachment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.assets = append(t.assets, a)
}

func (t *thread) forgetAssets() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.assets, t.listed = nil, false
}

// fileName is a name as people are to see it. It is a label, never a path.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\"`, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	for len(name) > maxFileName {
		cut := strings.LastIndexByte(name, '.')
		if cut < 0 || len(name)-cut > 20 {
			cut = len(name)
		}
		stem := []rune(name[:cut])
		name = string(stem[:len(stem)-1]) + name[cut:]
	}
	if strings.Trim(name, ". ") == "" {
		return "attachment"
	}
	return name
}

func digestFile(path string) (digest string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), size, err
}

// holds reports whether a file at the target has a digest.
func (w *Writer) holds(ctx context.Context, a api.Attachment, digest string) (bool, error) {
	in, _, err := w.api.HTTP().Open(ctx, "/attachments/"+url.PathEscape(a.UUID), forgehttp.OpenOptions{MaxBytes: a.Size, Op: "compare attachment", Subject: a.Name})
	if err != nil {
		return false, err
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return false, err
	}
	return hex.EncodeToString(sum.Sum(nil)) == digest, nil
}
