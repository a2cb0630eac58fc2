package imports

import (
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// refused is what GitLab says when it does not start an import, and what it
// means. The status of an answer is not enough: 422 stands for a group that is
// missing, a token that may too little, and a name that is taken.
type refused struct {
	says      string // words of the message, in lower case
	code      providers.Code
	attribute string
	hint      string
}

// refusals are in the order in which they are looked for.
func refusals(source string) []refused {
	token := "personal_access_token"
	switch source {
	case sourceBitbucketCloud:
		token = "bitbucket_api_token"
	case sourceGitLab:
		token = "access_token"
	}
	return []refused{
		{"namespace or group to import repository into does not exist", providers.CodeNotFound, "target_namespace",
			"create the group first, or set missing_namespace = \"create\" in the target block"},
		{"not allowed to import projects in this namespace", providers.CodeDenied, "target_namespace",
			"the owner of the target's token needs the role Maintainer or Owner there"},
		{"don't have permissions to import this project", providers.CodeDenied, "target_namespace",
			"the owner of the target's token needs the role Maintainer or Owner there"},
		{"read access to collaborators", providers.CodeDenied, token,
			"use a classic token with the scope read:org, or leave collaborators_import out; GitLab takes no fine-grained tokens"},
		{"read access to the repository", providers.CodeDenied, token, "use a classic token with the scope repo; GitLab takes no fine-grained tokens"},
		{"correct scope to import", providers.CodeDenied, token, "use a classic token with the scopes repo and read:org"},
		{"access denied to your github account", providers.CodeAuth, token, "GitHub refused the token that GitLab was given: it may be mistyped, expired or revoked"},
		{"access denied to the github account", providers.CodeAuth, token, "GitHub refused the token that GitLab was given: it may be mistyped, expired or revoked"},
		{"unable to authorize with bitbucket", providers.CodeAuth, token, "Bitbucket refused what GitLab was given: check the name and the token"},
		{"bitbucket_email is missing", providers.CodeUnsupported, "bitbucket_email",
			"this GitLab takes API tokens only: set bitbucket_email and bitbucket_api_token in the source block"},
		{"bitbucket_username is missing", providers.CodeUnsupported, "bitbucket_email",
			"this GitLab takes app passwords only, which Bitbucket no longer has: upgrade the target, or set method = \"direct\""},
		{"could not be found", providers.CodeNotFound, "", "check the name of the repository, and that the source's credential sees it"},
		{"invalid url", providers.CodeInvalid, addressOf(source),
			"GitLab asks no private address unless its administrators allow it (Settings, Network, Outbound requests)"},
		{"invalid source url", providers.CodeInvalid, "url", "write the address of the source's first page, without the path of a group or of the API"},
		{"import already in progress", providers.CodeConflict, "", "GitLab imports the gists of one user once at a time: wait until that has ended"},
		{"already exists", providers.CodeConflict, "new_name", "choose another name, or remove what stands there"},
		{"already been taken", providers.CodeConflict, "new_name", "choose another name, or remove what stands there"},
		{"is invalid, or you don't have permission", providers.CodeDenied, "target_namespace",
			"name an existing group, not a personal namespace, in which the owner of the target's token may import"},
		{"you don't have permission to export", providers.CodeDenied, token, "the source's token needs the role Owner of a group, or Maintainer of a project"},
		{"direct transfer disabled", providers.CodeDenied, "method", "an administrator has to enable direct transfer at the source and at the target (Settings, General, Import and export)"},
		{"group import disabled", providers.CodeDenied, "method", "an administrator has to enable direct transfer at the source and at the target (Settings, General, Import and export)"},
		{"base url and the personal access token", providers.CodeDenied, token, "check the url of the source, and that its token has the scope api"},
		{"required 'api' scope", providers.CodeDenied, token, "make a token with the scope api at the source"},
		{"unsupported gitlab version", providers.CodeUnsupported, "url", "upgrade the source"},
		{"destination cannot be a subgroup of the source group", providers.CodeInvalid, "target_namespace", "choose a group outside of the one that is transferred"},
		{"import failed. '", providers.CodeNotFound, "source_full_path", "check the path, and that the source's token sees it"},
		{"import source", providers.CodeDenied, "method", "an administrator has to enable this import source (Settings, General, Import and export)"},
		{"import failed because of a github error", providers.CodeInvalid, token, "GitHub refused what GitLab asked: check the token and repo_id"},
	}
}

// addressOf is the attribute that says where a source is.
func addressOf(source string) string {
	switch source {
	case sourceGitHub:
		return "github_hostname"
	case sourceBitbucketServer:
		return "bitbucket_server_url"
	case sourceGitLab:
		return "url"
	}
	return ""
}

// refusal says what GitLab's refusal to start an import means. What it does not
// know stays as the status has it.
func refusal(source string, err error) error {
	e := *providers.AsError(err)
	switch e.Code {
	case providers.CodeRateLimited, providers.CodeUnavailable, providers.CodeUnsupported, providers.CodeInternal:
		return &e
	}
	if e.Attribute != "" { // it is Drover's own
		return &e
	}
	said := strings.ToLower(e.Message)
	for _, r := range refusals(source) {
		if strings.Contains(said, r.says) {
			e.Code, e.Attribute, e.Hint = r.code, r.attribute, r.hint
			return &e
		}
	}
	if e.Code == providers.CodeNotFound && source == sourceGitLab {
		e.Code, e.Attribute = providers.CodeDenied, "method"
		e.Hint = "an administrator has to enable direct transfer at the target (Settings, General, Import and export)"
	}
	return &e
}

// cancelRefusal is refusal for what is to be canceled. GitLab answers 400 when
// there is nothing left to cancel.
func cancelRefusal(err error) error {
	e := *providers.AsError(err)
	if e.Code == providers.CodeInvalid && strings.Contains(strings.ToLower(e.Message), "cannot be canceled") {
		e.Code, e.Hint = providers.CodeConflict, "look at what it brought with drover status"
	}
	if e.Code == providers.CodeDenied && e.Hint == "" {
		e.Hint = "use the token of whoever started it, or of an administrator"
	}
	return &e
}
