package gitea

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxRepositoryName = 100
	maxOwnerName      = 40
)

// checkPlace judges names by the server's rules, without asking it. They are in
// models/repo/repo.go, models/user/user.go and modules/validation of Gitea.
func checkPlace(place providers.Place) *providers.Error {
	if reason := refuseRepositoryName(place.Name); reason != "" {
		return badName("new_name", place.Name, reason)
	}
	if place.Namespace == "" {
		return nil
	}
	if reason := refuseOwnerName(place.Namespace); reason != "" {
		return badName("target_namespace", place.Namespace, reason)
	}
	return nil
}

func badName(attribute, name, reason string) *providers.Error {
	if len(name) > 60 {
		name = name[:60] + "..."
	}
	return &providers.Error{Code: providers.CodeInvalid, Op: "check name", Subject: schema.Printable(name), Message: reason,
		Hint: "set " + attribute + " to another name", Attribute: attribute}
}

func refuseRepositoryName(name string) string {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return "a repository needs a name"
	case len(name) > maxRepositoryName:
		return fmt.Sprintf("the name of a repository has %d characters at most", maxRepositoryName)
	case !regexp.MustCompile(`^[-.\w]+$`).MatchString(name):
		return "the name of a repository is made of letters without accents, digits, dashes, underscores and dots"
	case strings.Contains(name, ".."):
		return "the name of a repository has no two dots in a row"
	case lower == "." || lower == "-":
		return "the server keeps this name for itself"
	}
	for _, ending := range []string{".wiki", ".git", ".rss", ".atom"} {
		if strings.HasSuffix(lower, ending) {
			return "the server keeps names that end in " + ending + " for itself"
		}
	}
	return ""
}

func refuseOwnerName(name string) string {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(name, "/"):
		return "organizations do not stand in one another here: a namespace is one name"
	case len(name) > maxOwnerName:
		return fmt.Sprintf("the name of an organization or user has %d characters at most", maxOwnerName)
	case !regexp.MustCompile(`^[\da-zA-Z][-.\w]*$`).MatchString(name):
		return "the name of an organization or user begins with a letter or digit and is made of letters without accents, digits, dashes, underscores and dots"
	case regexp.MustCompile(`[-._]{2,}|[-._]$`).MatchString(name):
		return "the name of an organization or user has no two of . _ - in a row, and none at its end"
	case slices.Contains(reservedOwners(), lower):
		return "the server keeps this name for itself"
	}
	for _, ending := range []string{".keys", ".gpg", ".rss", ".atom", ".png"} {
		if strings.HasSuffix(lower, ending) {
			return "the server keeps names that end in " + ending + " for itself"
		}
	}
	return ""
}

// reservedOwners are names that the server uses in its own addresses. Forgejo
// reserves some more; it refuses those itself.
func reservedOwners() []string {
	return []string{
		"api", "metrics", "v2", "assets", "attachments", "avatar", "avatars", "repo-avatars", "captcha", "login", "org", "repo", "user",
		"explore", "issues", "pulls", "milestones", "notifications", "favicon.ico", "manifest.json", "robots.txt", "sitemap.xml",
		"ssh_info", "swagger.v1.json", "ghost", "gitea-actions",
	}
}
