package gitlabtest

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestRepository(t *testing.T) {
	a := acme(t)
	at := api + "/repository/"
	head := a.s.Model.Project("acme/api").refs["refs/heads/feature"]
	a.run([]step{
		{"anna", "GET", at + "branches", "", 200, object{"name": "feature", "default": false, "protected": false, "can_push": true}},
		{"anna", "GET", at + "branches/main", "", 200, object{"default": true, "protected": true, "can_push": false}},
		{"anna", "GET", at + "branches?search=^ot", "", 200, object{"name": "other"}},
		{"anna", "POST", at + "branches", `{"branch":"a/b","ref":"main"}`, 201, object{"name": "a/b"}},
		{"anna", "POST", at + "branches", `{"branch":"a/b","ref":"main"}`, 400, object{"message": "Branch already exists"}},
		{"anna", "POST", at + "branches", `{"branch":"c","ref":"nothing"}`, 400, object{"message": "Invalid reference name: nothing"}},
		{"anna", "POST", at + "branches", `{"branch":"a b","ref":"main"}`, 400, object{"message": "Branch name is invalid"}},
		{"anna", "GET", at + "branches/a%2Fb", "", 200, object{"name": "a/b"}},
		{"anna", "DELETE", at + "branches/a%2Fb", "", 204, nil},
		{"ben", "DELETE", at + "branches/main", "", 405, nil},
		{"anna", "POST", at + "tags", `{"tag_name":"v1","ref":"main","message":"first"}`, 201, object{"name": "v1", "message": "first", "release": nil}},
		{"anna", "POST", at + "tags", `{"tag_name":"v1","ref":"main"}`, 400, object{"message": "Tag v1 already exists"}},
		{"anna", "GET", at + "tags/v1", "", 200, object{"commit.title": "Begin"}},
		{"anna", "GET", at + "commits?ref_name=feature&per_page=1", "", 200, object{"title": "Change", "author_name": "Administrator"}},
		{"anna", "GET", at + "commits/" + head[:10], "", 200, object{"id": head, "stats.additions": 3, "stats.deletions": 1}},
		{"anna", "GET", at + "commits/" + head + "/diff", "", 200, object{"new_path": "a.txt"}},
		{"anna", "GET", at + "commits/" + head + "/refs?type=branch", "", 200, object{"name": "feature"}},
		{"anna", "GET", at + "commits/" + head + "/merge_requests", "", 200, nil},
		{"anna", "GET", at + "commits/0123456789", "", 404, object{"message": "404 Commit Not Found"}},
		{"anna", "GET", at + "tree?ref=main&recursive=true", "", 200, object{"name": "docs", "type": "tree"}},
		{"anna", "GET", at + "tree?path=docs", "", 200, object{"path": "docs/b.txt"}},
		{"anna", "GET", at + "compare?from=main&to=feature", "", 200, object{"commit.id": head}},
		{"anna", "GET", at + "merge_base?refs[]=main&refs[]=feature", "", 200, object{"title": "Begin"}},
		{"anna", "GET", at + "files/docs%2Fb.txt?ref=main", "", 200, object{"file_name": "b.txt", "content": base64.StdEncoding.EncodeToString([]byte("b\n"))}},
		{"anna", "GET", at + "files/nothing?ref=main", "", 404, object{"message": "404 File Not Found"}},
		{"anna", "POST", at + "commits", `{"branch":"fresh","start_branch":"main","commit_message":"m","actions":[{"action":"create","file_path":"n/e.txt","content":"e"},{"action":"move","file_path":"m.txt","previous_path":"a.txt"},{"action":"delete","file_path":"docs/b.txt"}]}`, 201,
			object{"title": "m", "author_name": "Anna"}},
		{"anna", "GET", at + "tree?ref=fresh&recursive=true", "", 200, object{"path": "n"}},
		{"anna", "PUT", at + "files/n%2Fe.txt", `{"branch":"fresh","commit_message":"m","content":"f"}`, 200, object{"file_path": "n/e.txt", "branch": "fresh"}},
		{"anna", "POST", at + "files/n%2Fe.txt", `{"branch":"fresh","commit_message":"m","content":"f"}`, 400, object{"message": "A file with this name already exists"}},
		{"anna", "POST", at + "files/x.txt", `{"branch":"main","commit_message":"m","content":"f"}`, 400, object{"message": "You are not allowed to push into this branch"}},
		{"anna", "GET", at + "contributors", "", 200, object{"commits": 1}},
	})
	raw := a.must("anna", "GET", at+"files/docs%2Fb.txt/raw?ref=main", "")
	if string(raw.body) != "b\n" {
		t.Errorf("raw file %q", raw.body)
	}
	a.clean()
}

func TestProtections(t *testing.T) {
	a := acme(t)
	at := api + "/protected_branches"
	a.run([]step{
		{"anna", "GET", at, "", 200, object{"name": "main", "allow_force_push": false}},
		{"anna", "POST", at, `{"name":"feature"}`, 403, nil},
		{"ben", "POST", at, `{"name":"release/*","push_access_level":30,"merge_access_level":0,"allow_force_push":true}`, 201, object{"name": "release/*", "allow_force_push": true}},
		{"ben", "POST", at, `{"name":"release/*"}`, 409, object{"message": "Protected branch 'release/*' already exists"}},
		{"ben", "PATCH", at + "/release%2F*", `{"allow_force_push":false,"allowed_to_push":[{"user_id":2}]}`, 200, object{"allow_force_push": false}},
		{"ben", "GET", at + "/release%2F*", "", 200, object{"name": "release/*"}},
		{"ben", "DELETE", at + "/release%2F*", "", 204, nil},
		{"ben", "POST", api + "/protected_tags", `{"name":"v*","create_access_level":40}`, 201, object{"name": "v*"}},
		{"ben", "GET", api + "/protected_tags/v*", "", 200, object{"name": "v*"}},
		{"anna", "POST", api + "/repository/tags", `{"tag_name":"v9","ref":"main"}`, 403, nil},
		{"ben", "DELETE", api + "/protected_tags/v*", "", 204, nil},
	})
	a.clean()
}

func TestReleases(t *testing.T) {
	a := acme(t)
	at := api + "/releases"
	a.must("anna", "POST", api+"/milestones", `{"title":"M"}`)
	a.run([]step{
		{"anna", "POST", at, `{"tag_name":"v1.0","name":"One","description":"notes","released_at":"2020-01-02T03:04:05Z","milestones":["M"]}`, 422, object{"message": "Ref is not specified"}},
		{"anna", "POST", at, `{"tag_name":"v1.0","ref":"main","name":"One","description":"notes","released_at":"2020-01-02T03:04:05Z","milestones":["M"],"assets":{"links":[{"name":"a.zip","url":"https://x.example/a.zip","link_type":"package"}]}}`, 201,
			object{"tag_name": "v1.0", "released_at": "2020-01-02T03:04:05.000Z", "author.username": "anna", "assets.count": 5, "commit.title": "Begin"}},
		{"anna", "POST", at, `{"tag_name":"v1.0"}`, 409, object{"message": "Release already exists"}},
		{"anna", "POST", at, `{"tag_name":"v2","ref":"main","milestones":["nothing"]}`, 400, object{"message": "Milestone(s) not found: nothing"}},
		{"anna", "POST", at + "/v1.0/assets/links", `{"name":"b.zip","url":"https://x.example/b.zip","direct_asset_path":"/bin/b.zip"}`, 201, object{"link_type": "other"}},
		{"anna", "POST", at + "/v1.0/assets/links", `{"name":"b.zip","url":"https://x.example/c.zip"}`, 400, object{"message.name": []string{"has already been taken"}}},
		{"anna", "POST", at + "/v1.0/assets/links", `{"name":"c.zip","url":"c.zip"}`, 400, nil},
		{"anna", "PUT", at + "/v1.0/assets/links/1", `{"name":"z.zip"}`, 200, object{"name": "z.zip", "link_type": "package"}},
		{"anna", "DELETE", at + "/v1.0/assets/links/1", "", 200, nil},
		{"anna", "PUT", at + "/v1.0", `{"description":"more"}`, 200, object{"description": "more"}},
		{"anna", "GET", at, "", 200, object{"name": "One"}},
		{"anna", "GET", at + "/v3", "", 404, nil},
		{"anna", "DELETE", at + "/v1.0", "", 200, nil},
	})
	a.clean()
}

func TestUploadsAndPackages(t *testing.T) {
	a := acme(t)
	got := a.upload("anna", "1", "my plan.png", "\x89PNG").object(t)
	link, _ := got["url"].(string)
	if got["markdown"] != "![my_plan]("+link+")" || !strings.HasPrefix(link, "/uploads/") || got["full_path"] != "/-/project/1"+link {
		t.Errorf("upload %v", got)
	}
	a.run([]step{
		{"ben", "GET", api + "/uploads", "", 200, object{"filename": "my_plan.png", "size": 4, "uploaded_by.username": "anna"}},
		{"anna", "GET", api + "/uploads", "", 403, nil},
		{"dora", "GET", api + link, "", 404, nil},
	})
	for _, path := range []string{"/api/v4" + api + link, "/acme/api" + link, "/-/project/1" + link} {
		r := a.request("anna", "GET", "", "")
		r.URL.Path, r.URL.RawPath = path, ""
		if path[1] == 'a' && path[2] == 'p' {
			r = a.request("anna", "GET", strings.TrimPrefix(path, "/api/v4"), "")
		}
		if file := a.send(r); file.status != 200 || string(file.body) != "\x89PNG" {
			t.Errorf("%s: status %d: %q", path, file.status, file.body)
		}
	}
	r := a.request("dora", "GET", "", "")
	r.URL.Path = "/acme/api" + link
	if file := a.send(r); file.status != 404 {
		t.Errorf("a stranger downloads an upload: status %d", file.status)
	}

	put := a.request("anna", "PUT", api+"/packages/generic/tool/1.0/tool.bin", "binary")
	put.Header.Set("Content-Type", "application/octet-stream")
	if got := a.send(put); got.status != 201 {
		t.Errorf("package: status %d: %s", got.status, got.body)
	}
	if got := a.must("anna", "GET", api+"/packages/generic/tool/1.0/tool.bin", ""); string(got.body) != "binary" {
		t.Errorf("package file %q", got.body)
	}
	a.clean()
}

func TestSnippets(t *testing.T) {
	a := acme(t)
	var many []string
	for range 11 {
		many = append(many, `{"file_path":"f`+itoa(int64(len(many)))+`","content":"x"}`)
	}
	a.run([]step{
		{"anna", "POST", "/snippets", `{"title":"Mine","visibility":"private","files":[{"file_path":"a.md","content":"one"},{"file_path":"b/c.md","content":"two"}]}`, 201,
			object{"title": "Mine", "project_id": nil, "visibility": "private", "file_name": "a.md"}},
		{"anna", "POST", "/snippets", `{"title":"Many","files":[` + strings.Join(many, ",") + `]}`, 400, nil},
		{"anna", "POST", "/snippets", `{"title":"Empty","files":[{"file_path":"a","content":""}]}`, 400, nil},
		{"anna", "GET", "/snippets", "", 200, object{"title": "Mine"}},
		{"ben", "GET", "/snippets/1", "", 404, object{"message": "404 Snippet Not Found"}},
		{"anna", "PUT", "/snippets/1", `{"title":"Ours","visibility":"public","files":[{"action":"update","file_path":"a.md","content":"new"},{"action":"delete","file_path":"b/c.md"}]}`, 200, object{"title": "Ours", "visibility": "public"}},
		{"anna", "POST", api + "/snippets", `{"title":"P","visibility":"private","files":[{"file_path":"p.txt","content":"p"}]}`, 201, object{"project_id": 1}},
		{"anna", "GET", api + "/snippets", "", 200, object{"title": "P"}},
		{"anna", "POST", api + "/snippets/2/notes", `{"body":"a note"}`, 201, object{"noteable_type": "Snippet"}},
		{"anna", "POST", api + "/snippets/2/award_emoji", `{"name":"heart"}`, 201, nil},
		{"anna", "DELETE", "/snippets/1", "", 204, nil},
	})
	if raw := a.must("anna", "GET", api+"/snippets/2/files/main/p.txt/raw", ""); string(raw.body) != "p" {
		t.Errorf("raw %q", raw.body)
	}
	dir := a.clone("anna", "acme/api/snippets/2")
	if out := gitMust(t, dir, "ls-files"); out != "p.txt" {
		t.Errorf("files %q", out)
	}
	a.clean()
}

func TestWikis(t *testing.T) {
	a := acme(t)
	at := api + "/wikis"
	a.run([]step{
		{"anna", "GET", at, "", 200, nil},
		{"anna", "POST", at, `{"title":"home","content":"# Home"}`, 201, object{"slug": "home", "format": "markdown"}},
		{"anna", "POST", at, `{"title":"home","content":"x"}`, 422, nil},
		{"anna", "POST", at, `{"title":"deep/Other page","content":"x"}`, 201, object{"slug": "deep/Other-page", "title": "Other page"}},
		{"anna", "GET", at + "/deep%2FOther-page", "", 200, object{"content": "x", "encoding": "UTF-8"}},
		{"anna", "PUT", at + "/home", `{"content":"# New"}`, 200, object{"content": "# New"}},
		{"anna", "GET", at + "?with_content=true", "", 200, nil},
		{"anna", "DELETE", at + "/home", "", 204, nil},
	})
	dir := a.clone("anna", "acme/api.wiki")
	if out := gitMust(t, dir, "ls-files"); out != "deep/Other-page.md" {
		t.Errorf("files %q", out)
	}
	a.clean()
}
