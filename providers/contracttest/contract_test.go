package contracttest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func load(t testing.TB, o Options) *Contract {
	t.Helper()
	data, err := os.ReadFile("testdata/forge.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(data, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// exchange builds one from "METHOD PATH", a JSON request and a JSON answer.
func exchange(line, sent string, status int, answer string) Exchange {
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, path, nil)
	if sent != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	h := http.Header{}
	if answer != "" {
		h.Set("Content-Type", "application/json;charset=utf-8")
	}
	return Exchange{Request: r, RequestBody: []byte(sent), Status: status, Header: h, Body: []byte(answer)}
}

func TestCheck(t *testing.T) {
	const issues = "/api/v1/repos/acme/api/issues"
	tests := []struct {
		name    string
		line    string
		sent    string
		status  int
		answer  string
		options Options
		want    []string
	}{
		{name: "fine", line: "GET /api/v1/version", status: 200, answer: `{"version":"1"}`},
		{name: "all parameters", line: "GET " + issues + "?page=2&state=open&draft=true&label=1&label=2&only=a,b&sudo=anna", status: 200, answer: `[]`},
		{name: "null where it is described", line: "GET " + issues + "/1", status: 200, answer: `{"id":1,"title":"a","closed_at":null,"reason":null}`},
		{name: "free members", line: "POST " + issues, sent: `{"title":"a","meta":{"x":{"y":1}},"labels":["a",{"name":"b"}],"fields":{"any":{"value":"v"}}}`, status: 201, answer: `{"id":1,"title":"a"}`},
		{name: "an error without a described body", line: "GET " + issues, status: 404, answer: `{"message":"no"}`},
		{name: "a refused request may be wrong", line: "POST " + issues, sent: `{"nonsense":1}`, status: 503},
		{name: "HEAD is GET", line: "HEAD " + issues, status: 200},
		{name: "literal before parameter", line: "GET " + issues + "/comments", status: 200, answer: `[]`},
		{
			name: "path", line: "GET /api/v1/repos/acme/api/isues", status: 200,
			want: []string{"GET /api/v1/repos/acme/api/isues: path: no such path is described"},
		},
		{
			name: "prefix", line: "GET /version", status: 200,
			want: []string{"GET /version: path: is not below /api/v1"},
		},
		{
			name: "method", line: "PUT " + issues, status: 200,
			want: []string{"PUT /api/v1/repos/acme/api/issues: path: this method is not described for the path"},
		},
		{
			name: "query parameter", line: "GET " + issues + "?per_page=1", status: 200, answer: `[]`,
			want: []string{"GET /repos/{owner}/{repo}/issues: query parameter per_page: is not described"},
		},
		{
			name: "query parameter of a refused request", line: "GET " + issues + "?per_page=1", status: 404,
			want: []string{"GET /repos/{owner}/{repo}/issues: query parameter per_page: is not described"},
		},
		{
			name: "query values", line: "GET " + issues + "?page=x&state=all&draft=1&label=1&label=x&only=a,c", status: 200, answer: `[]`,
			want: []string{
				`GET /repos/{owner}/{repo}/issues: query parameter page: "x" is not a number`,
				`GET /repos/{owner}/{repo}/issues: query parameter state: value is not one of the allowed values ["open","closed"]; it is "all"`,
				`GET /repos/{owner}/{repo}/issues: query parameter draft: "1" is neither true nor false`,
				`GET /repos/{owner}/{repo}/issues: query parameter label: "x" is not a number`,
				`GET /repos/{owner}/{repo}/issues: query parameter only[1]: value is not one of the allowed values ["a","b"]; it is "c"`,
			},
		},
		{
			name: "a parameter given twice", line: "GET " + issues + "?page=1&page=2", status: 200, answer: `[]`,
			want: []string{"GET /repos/{owner}/{repo}/issues: query parameter page: is given 2 times"},
		},
		{
			name: "path value", line: "GET " + issues + "/one", status: 200, answer: `{"id":1,"title":"a"}`,
			want: []string{`GET /repos/{owner}/{repo}/issues/{index}: path parameter index: "one" is not a number`},
		},
		{
			name: "members of a request", line: "POST " + issues, sent: `{"title":"a","titel":"b","labels":[{"nme":"b"}],"fields":{"any":{"v":1}}}`, status: 201, answer: `{"id":1,"title":"a"}`,
			want: []string{
				"POST /repos/{owner}/{repo}/issues: request body .fields.any.v: is not described",
				"POST /repos/{owner}/{repo}/issues: request body .labels[0].nme: is not described",
				"POST /repos/{owner}/{repo}/issues: request body .titel: is not described",
			},
		},
		{
			name: "required in a request", line: "POST " + issues, sent: `{}`, status: 201, answer: `{"id":1,"title":"a"}`,
			want: []string{`POST /repos/{owner}/{repo}/issues: request body .title: property "title" is missing`},
		},
		{
			name: "no request body", line: "POST " + issues, status: 201, answer: `{"id":1,"title":"a"}`,
			want: []string{"POST /repos/{owner}/{repo}/issues: request body: is required"},
		},
		{
			name: "a request body too many", line: "GET /api/v1/version", sent: `{}`, status: 200, answer: `{"version":"1"}`,
			want: []string{"GET /version: request body: none is described, and there are 2 bytes"},
		},
		{
			name: "types and members of an answer", line: "GET " + issues, status: 200, answer: `[{"id":"1","title":"a","parent":{"id":1,"title":"b","closed_at":"yesterday","extra":1}}]`,
			want: []string{
				"GET /repos/{owner}/{repo}/issues: answer [0].parent.extra: is not described",
				`GET /repos/{owner}/{repo}/issues: answer [0].id: value must be an integer; it is "1"`,
				`GET /repos/{owner}/{repo}/issues: answer [0].parent.closed_at: string doesn't match the format "date-time"`,
			},
		},
		{
			name: "status", line: "GET /api/v1/version", status: 401, answer: `{}`,
			want: []string{"GET /version: answer: the status 401 is not described"},
		},
		{
			name: "an answer too few", line: "GET /api/v1/version", status: 200,
			want: []string{"GET /version: answer: the status 200 has a body by the description, and there is none"},
		},
		{
			name: "an answer too many", line: "DELETE " + issues + "/1", status: 204, answer: `{}`,
			want: []string{"DELETE /repos/{owner}/{repo}/issues/{index}: answer: the status 204 has no body by the description, and there are 2 bytes"},
		},
		{
			name: "two values", line: "GET /api/v1/version", status: 200, answer: `{} {}`,
			want: []string{"GET /version: answer: is not JSON: there is more behind the value"},
		},
		{
			name: "exceptions", line: "GET /api/v1/version?trace=1", status: 203, answer: `{"version":"1","build":2}`,
			options: Options{Exceptions: []Exception{
				{Operation: "*", Status: 203, As: 200},
				{Operation: "GET /version", Query: []string{"trace"}, Members: []string{"build"}},
			}},
		},
		{
			name: "an exception for another operation", line: "GET /api/v1/version?trace=1", status: 200, answer: `{}`,
			options: Options{Exceptions: []Exception{{Operation: "GET /repos/{owner}/{repo}/issues", Query: []string{"trace"}}}},
			want:    []string{"GET /version: query parameter trace: is not described"},
		},
		{
			name: "absent by exception", line: "GET " + issues + "/1", status: 200, answer: `{}`,
			options: Options{Exceptions: []Exception{{Operation: "*", Absent: []string{"title"}}}},
			want:    []string{`GET /repos/{owner}/{repo}/issues/{index}: answer .id: property "id" is missing`},
		},
		{
			name: "null", line: "GET " + issues, status: 200, answer: `null`,
			want: []string{"GET /repos/{owner}/{repo}/issues: answer: Value is not nullable"},
		},
		{name: "null by exception", line: "GET " + issues, status: 200, answer: `null`, options: Options{Exceptions: []Exception{{Operation: "*", Null: true}}}},
		{name: "another prefix", line: "GET /api/v4/version", status: 200, answer: `{}`, options: Options{Prefix: "/api/v4"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := load(t, test.options).Check(exchange(test.line, test.sent, test.status, test.answer))
			for i := range got {
				// The pattern of the date-time format is the library's business.
				got[i], _, _ = strings.Cut(got[i], " (string doesn't match pattern")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlashes(t *testing.T) {
	c := load(t, Options{Slashes: []string{"branch"}})
	tests := []struct{ path, want string }{
		{"/branches/main", "GET /repos/{owner}/{repo}/branches/{branch}"},
		{"/branches/feature/a/b", "GET /repos/{owner}/{repo}/branches/{branch}"},
		{"/branches/feature%2Fa", "GET /repos/{owner}/{repo}/branches/{branch}"},
		{"/branches/feature/a/protection", "GET /repos/{owner}/{repo}/branches/{branch}/protection"},
		{"/branches/", ""},
		{"/pulls/12.diff", "GET /repos/{owner}/{repo}/pulls/{index}.{kind}"},
		{"/pulls/12", ""},
	}
	for _, test := range tests {
		op, _, _ := c.find(httptest.NewRequest("GET", "/api/v1/repos/acme/api"+test.path, nil))
		got := ""
		if op != nil {
			got = op.name
		}
		if got != test.want {
			t.Errorf("%s is %q, want %q", test.path, got, test.want)
		}
	}
	name, values, ok := c.Match(httptest.NewRequest("GET", "/api/v1/repos/acme/api/branches/feature%2Fa/protection", nil))
	if diff := cmp.Diff(map[string]string{"owner": "acme", "repo": "api", "branch": "feature/a"}, values); diff != "" || !ok {
		t.Errorf("the values of %q (-want +got):\n%s", name, diff)
	}
	if op, _, _ := load(t, Options{}).find(httptest.NewRequest("GET", "/api/v1/repos/acme/api/branches/feature/a", nil)); op != nil {
		t.Errorf("a slash was taken as part of a parameter that takes none: %s", op.name)
	}
}

func TestForms(t *testing.T) {
	c := load(t, Options{})
	form := func(fields map[string]string, file string) Exchange {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for k, v := range fields {
			w.WriteField(k, v)
		}
		if file != "" {
			p, _ := w.CreateFormFile(file, "a.bin")
			p.Write([]byte{0, 1, 2})
		}
		w.Close()
		x := exchange("POST /api/v1/repos/acme/api/assets", b.String(), 201, "")
		x.Request.Header.Set("Content-Type", w.FormDataContentType())
		return x
	}
	urlencoded := exchange("POST /api/v1/repos/acme/api/assets", "size=many", 201, "")
	urlencoded.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	other := exchange("POST /api/v1/repos/acme/api/assets", "{}", 201, "")
	const at = "POST /repos/{owner}/{repo}/assets: request body"
	tests := []struct {
		name string
		x    Exchange
		want []string
	}{
		{name: "file", x: form(map[string]string{"size": "3"}, "attachment")},
		{name: "another name", x: form(nil, "file"), want: []string{at + " .file: is not described", at + " .attachment: is required"}},
		{name: "value", x: form(map[string]string{"size": "x"}, "attachment"), want: []string{at + ` .size: "x" is not a number`}},
		{name: "url-encoded", x: urlencoded, want: []string{at + ` .size: "many" is not a number`}},
		{name: "type", x: other, want: []string{at + `: the Content-Type "application/json" is not described; it is one of application/x-www-form-urlencoded, multipart/form-data`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, c.Check(test.x)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	answer := `[` + strings.Repeat(`{"\u001b[31m`+strings.Repeat("x", 5000)+`":1},`, 500) + `{}]`
	got := load(t, Options{}).Check(exchange("GET /api/v1/repos/a/b/issues", "", 200, answer))
	if len(got) != maxProblems+1 {
		t.Errorf("%d problems, want %d and a count", len(got), maxProblems)
	}
	for _, problem := range got {
		if len(problem) > maxProblem+10 || strings.ContainsRune(problem, 0x1b) {
			t.Errorf("a problem is too long or unprintable: %q", problem)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct {
		name        string
		description string
		options     Options
		want        string
	}{
		{"no description", "[]", Options{}, "read the API description"},
		{"exceptions for nothing", `{"openapi":"3.0.3","paths":{}}`, Options{Exceptions: []Exception{{Operation: "GET /x"}}}, `"GET /x"`},
		{"the same path twice", `{"openapi":"3.0.3","paths":{"/a/{b}":{"get":{}},"/a/{c}":{"get":{}}}}`, Options{}, "two paths"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load([]byte(test.description), test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load: %v, want an error with %q", err, test.want)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	c := load(f, Options{Slashes: []string{"branch"}})
	f.Add("/api/v1/repos/a/b/issues?page=1", "application/json", []byte(`{"title":1}`), []byte(`[{"id":1}]`))
	f.Add("/api/v1/repos/a/b/assets", "multipart/form-data; boundary=x", []byte("--x\r\n\r\n--x--"), []byte(`null`))
	f.Fuzz(func(t *testing.T, path, kind string, sent, answer []byte) {
		for _, method := range []string{"GET", "POST"} {
			r, err := http.NewRequest(method, "http://forge.example"+path, nil)
			if err != nil {
				return
			}
			r.Header.Set("Content-Type", kind)
			c.Check(Exchange{Request: r, RequestBody: sent, Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: answer})
		}
	})
}
