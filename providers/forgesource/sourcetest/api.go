package sourcetest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// API sends what people's programs send to a server.
type API struct {
	URL    string                                 // paths are below it, without a slash between them
	SignIn func(header http.Header, token string) // puts a token into a request
}

// Answer is an object that a server answered with.
type Answer map[string]any

// Number is a field that is a number; 0 when it is none.
func (a Answer) Number(name string) int64 {
	n, _ := a[name].(float64)
	return int64(n)
}

// ID is the field id.
func (a Answer) ID() int64 { return a.Number("id") }

// Text is a field that is a text; empty when it is none.
func (a Answer) Text(name string) string {
	s, _ := a[name].(string)
	return s
}

// Send makes a request that must succeed. Body is JSON, or empty.
func (a API) Send(t testing.TB, token, method, path, body string) Answer {
	t.Helper()
	return a.send(t, token, method, path, "application/json", strings.NewReader(body))
}

// Upload sends a file as a field of a form.
func (a API) Upload(t testing.TB, token, path, field, name, content string) Answer {
	t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile(field, name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.send(t, token, http.MethodPost, path, m.FormDataContentType(), &form)
}

func (a API) send(t testing.TB, token, method, path, mediaType string, body io.Reader) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	a.SignIn(req.Header, token)
	if method != http.MethodGet && method != http.MethodDelete {
		req.Header.Set("Content-Type", mediaType)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s\n%s", method, path, response.Status, data)
	}
	var answer Answer
	if len(data) > 0 && data[0] == '{' {
		if err := json.Unmarshal(data, &answer); err != nil {
			t.Fatal(err)
		}
	}
	return answer
}
