package gitlabtest

import (
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers/contracttest"
)

// importExceptions are where the importers differ from GitLab's description of them.
func importExceptions() []contracttest.Exception {
	answer := []string{"import_source", "import_status", "human_import_status_name", "import_warning", "provider_link", "relation_type"}
	return []contracttest.Exception{
		{Operation: "POST /api/v4/import/github", Members: answer, Why: "it answers as the other importers do: doc/api/import.md, lib/api/import_github.rb"},
		{Operation: "POST /api/v4/import/github", Status: http.StatusTooManyRequests, Why: "GitHub's limit: lib/api/import_github.rb"},
		{Operation: "POST /api/v4/import/bitbucket_server", Members: append([]string{"target_namespace"}, answer...),
			Why: "the documentation and app/services/import/base_service.rb have target_namespace, the description new_namespace"},
		{Operation: "POST /api/v4/import/bitbucket", Members: []string{"bitbucket_email", "bitbucket_api_token"}, Absent: []string{"bitbucket_username", "bitbucket_app_password"},
			Why: "API tokens came with gitlab-org/gitlab!218681, and stand alone since: lib/api/import_bitbucket.rb"},
		{Operation: "POST /api/v4/bulk_imports", Type: "application/json", Why: "so does the example in doc/api/bulk_imports.md; forms work too"},
		{Operation: "POST /api/v4/bulk_imports", Status: http.StatusCreated, As: http.StatusOK, Why: "what is posted is created: Grape"},
		{Operation: "POST /api/v4/bulk_imports", Status: http.StatusTooManyRequests, Why: "six in a minute: lib/api/bulk_imports.rb"},
	}
}

// corrected is GitLab's description with two of its types as they are. An exception
// can say that something is there too; not that it is another thing.
func corrected(description string) string {
	return strings.NewReplacer(
		// A canceled transfer says so, whatever the list of statuses says: doc/api/bulk_imports.md.
		`["created","started","finished","timeout","failed",null]`, `["created","started","finished","timeout","failed","canceled",null]`,
		// The files of a snippet are objects: doc/api/snippets.md, lib/api/entities/snippet.rb.
		`"files":{"type":"array","items":{"type":"string"},"example":"e0d123e5f316bef78bfdf5a008837577"`,
		`"files":{"type":"array","items":{"type":"object","properties":{"path":{"type":"string"},"raw_url":{"type":"string"}}}`,
	).Replace(description)
}
