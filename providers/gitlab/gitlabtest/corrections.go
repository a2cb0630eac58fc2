package gitlabtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// correction puts something right in GitLab's own description, which its programmers
// wrote beside the code and nothing checks.
type correction struct {
	operations []string
	at         string // where in the operation: keys, and names of parameters, with spaces between
	value      any    // nil: is taken away
	why        string
}

// corrections are what GitLab's pages say otherwise.
func corrections() []correction {
	const project = " /api/v4/projects/{id}/"
	var (
		text     = object{"type": "string"}
		anything = object{"application/json": object{"schema": object{"type": "object"}}}
		accepted = object{"application/json": object{"schema": object{"type": "object", "properties": object{"message": text}}}}
		raw      = object{"*/*": object{"schema": text}}
	)
	return []correction{
		{[]string{"POST" + project + "members", "PUT" + project + "members/{user_id}", "POST /api/v4/groups/{id}/members", "PUT /api/v4/groups/{id}/members/{user_id}"},
			"requestBody content application/json schema properties expires_at format", "date", "doc/api/members.md: a date, not a time"},
		{[]string{"DELETE /api/v4/projects/{id}", "DELETE /api/v4/groups/{id}"},
			"responses 202", object{"description": "Accepted", "content": accepted}, "doc/api/projects.md, groups.md: 202 Accepted and a message"},
		{[]string{"GET" + project + "repository/branches/{branch}", "DELETE" + project + "repository/branches/{branch}"},
			"parameters branch schema type", "string", "doc/api/branches.md: a name"},
		{[]string{"PUT" + project + "wikis/{slug}", "DELETE" + project + "wikis/{slug}"}, "parameters slug schema type", "string", "doc/api/wikis.md: a text"},
		{[]string{"GET" + project + "wikis"}, "responses 200 content application/json schema", object{"type": "array", "items": object{"type": "object", "properties": object{
			"content": text, "encoding": text, "format": text, "slug": text, "title": text, "front_matter": object{}, "wiki_page_meta_id": object{}}}},
			"doc/api/wikis.md: pages have their content when it is asked for"},
		{[]string{"GET" + project + "repository/files/{file_path}", "PUT" + project + "repository/files/{file_path}"},
			"responses 200 content", anything, "doc/api/repository_files.md: these answers have bodies"},
		{[]string{"POST" + project + "repository/files/{file_path}"}, "responses 201 content", anything, "likewise"},
		{[]string{"GET" + project + "repository/files/{file_path}/raw", "GET" + project + "repository/blobs/{sha}/raw", "GET" + project + "snippets/{snippet_id}/raw",
			"GET" + project + "snippets/{snippet_id}/files/{ref}/{file_path}/raw", "GET /api/v4/snippets/{id}/raw", "GET /api/v4/snippets/{id}/files/{ref}/{file_path}/raw",
			"GET" + project + "uploads/{secret}/{filename}", "GET" + project + "uploads/{upload_id}", "GET" + project + "merge_requests/{merge_request_iid}/raw_diffs"},
			"responses 200 content", raw, "doc/api/repository_files.md, snippets.md, project_markdown_uploads.md: the file itself"},
		{[]string{"GET" + project + "repository/blobs/{sha}"}, "responses 200 content", anything, "doc/api/repositories.md: the answer has a body"},
		{[]string{"GET" + project + "repository/merge_base"}, "parameters refs name", "refs[]", "doc/api/repositories.md: lists in addresses have brackets"},
		{[]string{"POST" + project + "repository/commits"}, "requestBody content application/json schema properties actions items required",
			[]string{"action", "file_path"}, "doc/api/commits.md: which others are needed depends on the action"},
		{[]string{"POST /api/v4/snippets", "POST" + project + "snippets"}, "requestBody content application/json schema required", []string{"title"},
			"doc/api/snippets.md: file_name and content, or files"},
		{[]string{"DELETE /api/v4/snippets/{id}"}, "responses 204 content", nil, "doc/api/snippets.md: 204 has no body"},
		{[]string{"POST" + project + "uploads", "POST" + project + "wikis/attachments"}, "requestBody content",
			object{"multipart/form-data": object{"schema": object{"type": "object", "properties": object{"file": object{}, "branch": text}}}}, "doc/api/project_markdown_uploads.md: a form with the file"},
	}
}

// amended is a description with the corrections. One whose place is not there is
// an error: the description changed.
func amended(description []byte, all []correction) ([]byte, error) {
	var doc object
	if err := json.Unmarshal(description, &doc); err != nil {
		return nil, fmt.Errorf("read GitLab's API description: %w", err)
	}
	for _, k := range all {
		for _, operation := range k.operations {
			method, path, _ := strings.Cut(operation, " ")
			op, ok := reachObject(doc, "paths", path, strings.ToLower(method))
			if !ok {
				return nil, fmt.Errorf("a correction names the operation %q, which the description does not have", operation)
			}
			if err := correct(doc, op, strings.Fields(k.at), k.value); err != nil {
				return nil, fmt.Errorf("correct %s of %s: %w", k.at, operation, err)
			}
		}
	}
	return json.Marshal(doc)
}

// correct sets a value in a description, following its references. A list of
// parameters is walked by their names.
func correct(doc, at object, steps []string, value any) error {
	last := len(steps) - 1
	for n, step := range steps[:last] {
		if list, isList := at[step].([]any); isList {
			name := func(p any) bool { o, ok := follow(doc, p); return ok && o["name"] == steps[n+1] }
			i := slices.IndexFunc(list, name)
			if i < 0 {
				return fmt.Errorf("there is no parameter %s", steps[n+1])
			}
			parameter, _ := follow(doc, list[i])
			return correct(doc, parameter, steps[n+2:], value)
		}
		next, ok := follow(doc, at[step])
		if !ok {
			return fmt.Errorf("there is no %s", step)
		}
		at = next
	}
	if value == nil {
		delete(at, steps[last])
		return nil
	}
	at[steps[last]] = value
	return nil
}

func follow(doc object, v any) (object, bool) {
	o, ok := v.(object)
	if ref, isRef := o["$ref"].(string); isRef {
		return reachObject(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return o, ok
}

func reachObject(at object, steps ...string) (object, bool) {
	for _, step := range steps {
		next, ok := at[step].(object)
		if !ok {
			return nil, false
		}
		at = next
	}
	return at, true
}
