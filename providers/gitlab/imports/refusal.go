package imports

import (
	"cmp"
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

// attributeIn is what a plan calls the parameter of GitLab's interface that a
// message names, or "".
func attributeIn(said string) string {
	for _, name := range []struct{ says, attribute string }{
		{"destination_slug", "new_name"}, {"destination_namespace", "target_namespace"}, {"source_full_path", "source_full_path"},
		{"configuration[url]", "url"}, {"configuration[access_token]", "access_token"}, {"migrate_projects", ""}, {"migrate_memberships", ""},
		{"personal_access_token", ""}, {"github_hostname", ""}, {"repo_id", ""}, {"optional_stages", ""}, {"pagination_limit", ""}, {"timeout_strategy", ""},
		{"bitbucket_server_url", ""}, {"bitbucket_server_username", ""}, {"bitbucket_server_project", ""}, {"bitbucket_server_repo", ""},
		{"bitbucket_email", ""}, {"bitbucket_api_token", ""}, {"bitbucket_username", ""}, {"bitbucket_app_password", ""}, {"repo_path", ""},
		{"target_namespace", ""}, {"new_name", ""}, {"path can ", "new_name"}, {"path must ", "new_name"}, {"name can ", "new_name"}, {"name must ", "new_name"},
	} {
		if strings.Contains(said, name.says) {
			return cmp.Or(name.attribute, name.says)
		}
	}
	return ""
}

// refusal says what GitLab's refusal to start an import means. What it does not
// know stays as the status has it.
func refusal(source string, err error) error {
	e := *providers.AsError(err)
	if e.Attribute != "" { // it is Drover's own
		return &e
	}
	switch e.Code {
	case providers.CodeRateLimited, providers.CodeUnavailable, providers.CodeUnsupported, providers.CodeInternal:
		return advised(&e, afterStart)
	}
	said := strings.ToLower(e.Message)
	for _, r := range refusals(source) {
		if strings.Contains(said, r.says) {
			e.Code, e.Attribute, e.Hint = r.code, r.attribute, r.hint
			return advised(&e, afterStart)
		}
	}
	switch {
	case e.Code == providers.CodeNotFound && source == sourceGitLab:
		e.Code, e.Attribute = providers.CodeDenied, "method"
		e.Hint = "an administrator has to enable direct transfer at the target (Settings, General, Import and export)"
	case e.Code == providers.CodeInvalid:
		if e.Attribute = attributeIn(said); e.Attribute != "" {
			e.Hint = "correct " + e.Attribute + " in the plan"
		}
	}
	return advised(&e, afterStart)
}

// cancelRefusal is refusal for what is to be canceled. GitLab answers 400 when
// there is nothing left to cancel.
func cancelRefusal(err error) error {
	e := *providers.AsError(err)
	switch {
	case e.Code == providers.CodeInvalid && strings.Contains(strings.ToLower(e.Message), "cannot be canceled"):
		e.Code, e.Hint = providers.CodeConflict, "look at what it brought with drover status"
	case e.Code == providers.CodeUnavailable:
		e.Hint = "" // to apply again would take the import up
	}
	return advised(&e, afterCancel)
}

// advised adds what to do next to an error that does not say it, or says it of any
// request: that a token is not accepted, or the limit is reached.
func advised(err error, next func(providers.Code) string) error {
	e := *providers.AsError(err)
	anyRequest := e.Attribute == "" && (e.Code == providers.CodeAuth || e.Code == providers.CodeRateLimited)
	if e.Hint == "" || anyRequest {
		e.Hint = next(e.Code)
	}
	return &e
}

// targetToken is what to look at when GitLab does not know who asks.
const targetToken = "check access_token in the target block: it may be mistyped, expired or revoked"

// afterStart is what to do when an import was not started.
func afterStart(code providers.Code) string {
	switch code {
	case providers.CodeAuth:
		return targetToken
	case providers.CodeDenied:
		return "the owner of the target's token needs the role Maintainer or Owner in target_namespace, and the token the scope api"
	case providers.CodeNotFound:
		return "check url in the target block, and that GitLab there has this importer"
	case providers.CodeConflict:
		return "look at what stands in the way at the target; choose another new_name, or remove it"
	case providers.CodeRateLimited:
		return "nothing was started; concurrent_imports in the target block bounds how many run at a time"
	case providers.CodeUnavailable:
		return "apply again: whether it was started all the same is found out first"
	case providers.CodeUnsupported:
		return "upgrade the target"
	}
	return "correct in the plan what GitLab names"
}

// afterCancel is what to do when an import was not canceled.
func afterCancel(code providers.Code) string {
	switch code {
	case providers.CodeAuth:
		return targetToken
	case providers.CodeDenied:
		return "use the token of whoever started it, or of an administrator"
	case providers.CodeNotFound:
		return "it is gone at the target, or not there for the owner of the target's token"
	case providers.CodeRateLimited:
		return "run drover cancel again after that time"
	case providers.CodeUnavailable:
		return "check that the server is up, and run drover cancel again: how the import stands is asked first"
	}
	return "look at the import with drover status"
}

// afterPoll is what to do when GitLab did not say how an import stands. It goes on
// all the same.
func afterPoll(code providers.Code) string {
	const again = "the import goes on at GitLab, and the next apply takes it up"
	switch code {
	case providers.CodeAuth:
		return targetToken + "; " + again
	case providers.CodeDenied:
		return "use the token of whoever started it, or of an administrator; " + again
	case providers.CodeNotFound:
		return "use the token of whoever started it; if it is gone, drover cancel with the resource's address settles that, and apply starts it anew"
	}
	return again
}
