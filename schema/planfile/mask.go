package planfile

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// tokenShapes is what credentials look like. Where a shape has a group, only
// the group is the credential. Most begin with a fixed text, which is what
// makes looking for them quick.
var tokenShapes = []*regexp.Regexp{
	regexp.MustCompile(`gh[pousr]_[A-Za-z0-9]{16,}`),                                // GitHub
	regexp.MustCompile(`github_pat_[A-Za-z0-9_]{16,}`),                              // GitHub, fine-grained
	regexp.MustCompile(`gl(?:pat|ptt|dt|rt|cbt|ft|soat|oas|imt|agent)-[\w.-]{16,}`), // GitLab
	regexp.MustCompile(`ATATT[\w=.-]{16,}`),                                         // Atlassian
	regexp.MustCompile(`ATBB[A-Za-z0-9]{16,}`),                                      // Bitbucket Cloud
	regexp.MustCompile(`BBDC-[A-Za-z0-9+/]{16,}={0,2}`),                             // Bitbucket Data Center
	regexp.MustCompile(`xox[a-z]-[A-Za-z0-9-]{10,}`),                                // Slack
	regexp.MustCompile(`A(?:KIA|SIA)[A-Z0-9]{16}`),                                  // AWS
	regexp.MustCompile(`AGE-SECRET-KEY-1[A-Z0-9]{16,}`),                             // age
	regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`),                           // JSON web token

	// A URL with a password, the header of a request, a setting that is written
	// out instead of referring to a secret.
	regexp.MustCompile(`://([^\s/?#"'@]*:[^\s/?#"']*)@`),
	regexp.MustCompile(`(?i:bearer|basic)\s+([A-Za-z0-9+/_.~-]*[0-9][A-Za-z0-9+/_.~-]*=*)`),
	regexp.MustCompile(`(?i:token|passw(?:or)?d|passphrase|secret|api_?key|private_?key)"?\s*[=:]\s*"((?:[^"\\]|\\.)*)`),
}

// maskTokens is line with everything that looks like a credential replaced by
// as many asterisks. References to secrets stay as they are.
func maskTokens(line string) string {
	for _, shape := range tokenShapes {
		line = mask(line, shape)
	}
	return line
}

func mask(line string, shape *regexp.Regexp) string {
	var b strings.Builder
	end := 0
	for _, m := range shape.FindAllStringSubmatchIndex(line, -1) {
		from, to := m[len(m)-2], m[len(m)-1] // the group, or all when there is none
		if strings.HasPrefix(line[from:to], "${") {
			continue
		}
		b.WriteString(line[end:from])
		b.WriteString(strings.Repeat("*", utf8.RuneCountInString(line[from:to])))
		end = to
	}
	if end == 0 {
		return line
	}
	return b.String() + line[end:]
}
