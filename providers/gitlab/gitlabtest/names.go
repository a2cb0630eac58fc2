package gitlabtest

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	pathForm    = regexp.MustCompile(`^[a-zA-Z0-9_.][a-zA-Z0-9_.-]*$`)
	slugForm    = regexp.MustCompile(`^[a-zA-Z0-9]+([._-][a-zA-Z0-9]+)*$`)
	projectName = regexp.MustCompile(`^[\p{L}\p{Nd}\x{00A9}-\x{1f9ff}_][\p{L}\p{Nd}\p{Pd}\x{002B}\x{00A9}-\x{1f9ff}_. ]*$`)
	dashes      = regexp.MustCompile(`-+`)
	groupName   = regexp.MustCompile(`^[\p{L}\p{Nd}\x{00A9}-\x{1f9ff}_][\p{L}\p{Nd}\x{00A9}-\x{1f9ff}_()+. -]*$`)
)

// reservedTop and reservedBelow are paths that a group at the top, and a project or
// group below it, cannot have: doc/user/reserved_names.md.
func reservedTop() []string {
	return []string{
		"-", ".well-known", "404.html", "422.html", "500.html", "502.html", "503.html", "admin", "api", "apple-touch-icon-precomposed.png",
		"apple-touch-icon.png", "assets", "dashboard", "deploy.html", "explore", "favicon.ico", "favicon.png", "files", "groups", "health_check", "help",
		"import", "jwt", "login", "oauth", "profile", "projects", "public", "robots.txt", "s", "search", "sitemap", "sitemap.xml", "sitemap.xml.gz",
		"slash-command-logo.png", "snippets", "unsubscribes", "uploads", "users", "v2",
	}
}

func reservedProject() []string {
	return []string{
		"-", "badges", "blame", "blob", "builds", "commits", "create", "create_dir", "edit", "environments/folders", "files", "find_file",
		"gitlab-lfs/objects", "info/lfs/objects", "new", "preview", "raw", "refs", "tree", "update", "wikis",
	}
}

// pathProblems are what is wrong with a path.
func pathProblems(path string, reserved []string) []string {
	var all []string
	switch {
	case path == "":
		return []string{"can't be blank"}
	case utf8.RuneCountInString(path) > 255:
		all = append(all, "is too long (maximum is 255 characters)")
	}
	if !pathForm.MatchString(path) || strings.HasSuffix(path, ".git") || strings.HasSuffix(path, ".atom") {
		all = append(all, "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'")
	}
	if !slugForm.MatchString(path) {
		all = append(all, "must not start or end with a special character and must not contain consecutive special characters.")
	}
	if slices.Contains(reserved, strings.ToLower(path)) {
		all = append(all, path+" is a reserved name")
	}
	return all
}

// slug makes a path out of a name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.', r == '-':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	return strings.Trim(dashes.ReplaceAllString(b.String(), "-"), "-.")
}
