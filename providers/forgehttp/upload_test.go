package forgehttp

import (
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestUpload(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 1<<14)
	file := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	type part struct{ Field, File, Type, Content string }
	var got []part
	var length int64
	n := 0
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		reader, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		got, length = nil, r.ContentLength
		for {
			p, err := reader.NextRawPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Error(err)
				return
			}
			data, _ := io.ReadAll(p)
			_, disposition, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
			if err != nil {
				t.Error(err)
			}
			got = append(got, part{p.FormName(), disposition["filename"], p.Header.Get("Content-Type"), string(data)})
		}
		if n++; n == 1 {
			say(429, "", "Retry-After: 5")(w, r)
			return
		}
		say(201, `{"id": 7}`)(w, r)
	})
	c, clock := newClient(t, h.URL, nil)
	for name, want := range map[string]part{
		"plain.png":            {"attachment", "plain.png", "image/png", content},
		"a \"quote\"\r\nX: y":  {"attachment", "a \"quote\"%0D%0AX: y", "image/png", content},
		"\u00fcml\u00e4ut.png": {"attachment", "\u00fcml\u00e4ut.png", "image/png", content},
	} {
		var answer struct{ ID int }
		r := Request{Method: "POST", Path: "/assets", Query: map[string][]string{"name": {"x"}}, Into: &answer, Op: "upload", Subject: name}
		if _, err := c.Upload(t.Context(), r, "attachment", name, "image/png", file); err != nil || answer.ID != 7 {
			t.Fatalf("answer = %+v, error = %v", answer, err)
		}
		if diff := cmp.Diff([]part{want}, got); diff != "" || length <= int64(len(content)) {
			t.Errorf("form of %d bytes (-want +got):\n%s", length, diff)
		}
	}
	if len(clock.sleeps) != 1 || n != 4 {
		t.Errorf("%d requests, waits = %v, want the refused one again", n, clock.sleeps)
	}
	_, err := c.Upload(t.Context(), Request{Method: "POST", Path: "/", Op: "upload"}, "f", "n", "bad\r\nX: y", file)
	if err != nil || got[0].Type != "application/octet-stream" {
		t.Errorf("error = %v, type = %q", err, got[0].Type)
	}
	for _, path := range []string{file + "2", filepath.Dir(file)} {
		_, err := c.Upload(t.Context(), Request{Method: "POST", Path: "/", Op: "upload"}, "f", "n", "", path)
		asError(t, err, providers.CodeInternal)
	}
}

func TestUploadsWhoseOutcomeIsOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(file, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	h := newHost(t, script(say(502, ""), say(201, "{}")))
	c, _ := newClient(t, h.URL, nil)
	r := Request{Method: "POST", Path: "/"}
	_, err := c.Upload(t.Context(), r, "f", "n", "", file)
	if asError(t, err, providers.CodeUnavailable); c.Requests() != 1 {
		t.Errorf("%d requests", c.Requests())
	}
}
