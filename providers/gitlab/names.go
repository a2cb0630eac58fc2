package gitlab

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxPath  = 255
	maxDepth = 21 // groups in one another: the outermost, and twenty below it
)

// checkPlaces judges names by the server's rules, without asking it. They are in
// lib/gitlab/path_regex.rb, lib/gitlab/regex.rb, app/models/namespace.rb and
// doc/user/reserved_names.md of GitLab.
func checkPlaces(places []providers.Place) []*providers.Error {
	answers := make([]*providers.Error, len(places))
	for i, place := range places {
		answers[i] = checkPlace(place)
	}
	return answers
}

func checkPlace(place providers.Place) *providers.Error {
	var above []string
	if place.Namespace != "" {
		above = strings.Split(place.Namespace, "/")
	}
	if bad := checkNamespace(above, place.CreateNamespace); bad != nil {
		return bad
	}
	kind := thing{what: "project", reserved: reservedBelow()}
	if place.Block == "group" {
		kind.what = "group"
		if len(above) == 0 {
			kind.reserved = reservedTop()
		}
		if len(above) >= maxDepth {
			return badName("target_namespace", place.Namespace, fmt.Sprintf("groups stand in one another at most %d deep", maxDepth), "")
		}
	}
	if reason := kind.refuse(place.Name); reason != "" {
		return badName("new_name", place.Name, reason, kind.suggest(place.Name))
	}
	return checkPair("new_name", append(slices.Clone(above), place.Name))
}

// checkNamespace judges a namespace. The names of groups that are there may be
// older than the rules for new ones.
func checkNamespace(parts []string, create bool) *providers.Error {
	whole := strings.Join(parts, "/")
	if len(parts) > maxDepth {
		return badName("target_namespace", whole, fmt.Sprintf("groups stand in one another at most %d deep", maxDepth), "")
	}
	for i, part := range parts {
		kind := thing{what: "group", reserved: reservedBelow()}
		if i == 0 {
			kind.reserved = reservedTop()
		}
		reason := kind.refuse(part)
		if !create {
			reason = kind.refuseOld(part)
		}
		if reason != "" {
			better := slices.Clone(parts)
			better[i] = kind.suggest(part)
			return badName("target_namespace", part, reason, strings.Join(better, "/"))
		}
	}
	return checkPair("target_namespace", parts)
}

// checkPair refuses pairs of names that the server uses in its own addresses.
func checkPair(attribute string, parts []string) *providers.Error {
	for i := 2; i < len(parts); i++ {
		pair := strings.ToLower(parts[i-1] + "/" + parts[i])
		if slices.Contains([]string{"environments/folders", "gitlab-lfs/objects", "info/lfs/objects"}, pair) {
			return badName(attribute, pair, "the server keeps this path for itself", "")
		}
	}
	return nil
}

func badName(attribute, name, reason, better string) *providers.Error {
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "") + "..."
	}
	hint := "set " + attribute + " to another name"
	if better != "" {
		hint = fmt.Sprintf("set %s to another name, such as %q", attribute, better)
	}
	return &providers.Error{Code: providers.CodeInvalid, Op: "check name", Subject: schema.Printable(name), Message: reason, Hint: hint, Attribute: attribute}
}

// thing is what is to have a name.
type thing struct {
	what     string
	reserved []string
}

// refuse says why something new cannot have a name, or nothing.
func (k thing) refuse(name string) string {
	if reason := k.refuseOld(name); reason != "" {
		return reason
	}
	special := func(c byte) bool { return strings.IndexByte("._-", c) >= 0 }
	if special(name[0]) {
		return fmt.Sprintf("the path of a %s begins with a letter or digit", k.what)
	}
	if special(name[len(name)-1]) {
		return fmt.Sprintf("the path of a %s ends with a letter or digit", k.what)
	}
	for i := 1; i < len(name); i++ {
		if special(name[i]) && special(name[i-1]) {
			return fmt.Sprintf("the path of a %s has no two of . _ - in a row", k.what)
		}
	}
	return ""
}

// refuseOld says why nothing can have a name, however old it is.
func (k thing) refuseOld(name string) string {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return fmt.Sprintf("a %s needs a name", k.what)
	case slices.Contains(k.reserved, lower):
		return "the server keeps this name for itself"
	case !regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`).MatchString(name):
		return fmt.Sprintf("the path of a %s is made of letters without accents, digits, dashes, underscores and dots", k.what)
	case len(name) > maxPath:
		return fmt.Sprintf("the path of a %s has %d characters at most", k.what, maxPath)
	case strings.HasSuffix(lower, ".git"), strings.HasSuffix(lower, ".atom"):
		return fmt.Sprintf("the path of a %s does not end in .git or .atom", k.what)
	case name[0] == '-':
		return fmt.Sprintf("the path of a %s begins with a letter or digit", k.what)
	case strings.HasSuffix(name, "."): // . and .. too
		return fmt.Sprintf("the path of a %s ends with a letter or digit", k.what)
	}
	return ""
}

// suggest makes a name that the server takes out of one that it does not.
func (k thing) suggest(name string) string {
	lower := strings.ToLower(name)
	for _, ending := range []string{".git", ".atom"} {
		if strings.HasSuffix(lower, ending) {
			name = name[:len(name)-len(ending)]
		}
	}
	name = regexp.MustCompile(`[^a-zA-Z0-9._]+`).ReplaceAllString(name, "-")
	name = regexp.MustCompile(`[._-]{2,}`).ReplaceAllString(name, "-")
	name = strings.Trim(name[:min(len(name), maxPath)], "._-")
	name = cmp.Or(name, k.what)
	if slices.Contains(k.reserved, strings.ToLower(name)) {
		name += "-" + k.what
	}
	if k.refuse(name) != "" {
		return ""
	}
	return name
}

// reservedTop are names that the server uses in its own addresses, so that no group
// at the top can have them.
func reservedTop() []string {
	return []string{
		"-", ".well-known", "404.html", "422.html", "500.html", "502.html", "503.html", "admin", "api", "apple-touch-icon-precomposed.png",
		"apple-touch-icon.png", "assets", "dashboard", "deploy.html", "explore", "favicon.ico", "favicon.png", "files", "groups", "health_check", "help",
		"import", "jwt", "login", "oauth", "profile", "projects", "public", "robots.txt", "s", "search", "sitemap", "sitemap.xml", "sitemap.xml.gz",
		"slash-command-logo.png", "snippets", "unsubscribes", "uploads", "users", "v2",
	}
}

// reservedBelow are those that no project and no group in another one can have.
func reservedBelow() []string {
	return []string{
		"-", "badges", "blame", "blob", "builds", "commits", "create", "create_dir", "edit", "files", "find_file", "new", "preview", "raw", "refs",
		"tree", "update", "wikis",
	}
}
