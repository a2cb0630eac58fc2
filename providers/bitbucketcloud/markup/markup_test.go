package markup_test

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/markup"
)

func people(id string) (string, bool) {
	switch id {
	case "557058:ca1cd232-2017-4216-94be-99637899e18d":
		return "ada", true
	case "5c04d48a470dea35d6932c45":
		return "Grace (Hopper) *~*\xff", true
	case "1:long":
		return strings.Repeat("é", 200), true
	case "1:signs":
		return "{}[]", true
	}
	return "", false
}

func TestText(t *testing.T) {
	ada, adaNamed := "@{557058:ca1cd232-2017-4216-94be-99637899e18d}", "@{557058:ca1cd232-2017-4216-94be-99637899e18d ada}"
	for _, test := range []struct{ name, text, want string }{
		{"nothing to do", "plain {text} with #12", "plain {text} with #12"},
		{"a mention", "ask " + ada + ", please", "ask @{557058:ca1cd232-2017-4216-94be-99637899e18d ada}, please"},
		{"a name with signs", "ask @{5c04d48a470dea35d6932c45}", "ask @{5c04d48a470dea35d6932c45 Grace Hopper}"},
		{"a name of signs", "ask @{1:signs}", "ask @{1:signs}"},
		{"a long name", "ask @{1:long}", "ask @{1:long " + strings.Repeat("é", 50) + "}"},
		{"a mention with a name", "ask @{1:a Ada L}", "ask @{1:a Ada L}"},
		{"a stranger", "ask @{nobody:1}", "ask @{nobody:1}"},
		{"no id", "a @{b c} d @{} e @{", "a @{b c} d @{} e @{"},
		{"a card", "see [A](https://x/a){: data-inline-card='' } and b", "see [A](https://x/a) and b"},
		{"a card with nothing", "[A](https://x/a){: data-inline-card }.", "[A](https://x/a)."},
		{"another attribute", "[A](b){: data-inline-card='' .big }{: #id }", "[A](b){: data-inline-card='' .big }{: #id }"},
		{"a pull request", "Pull request #12 and pull request #x, issue #12", "Pull request !12 and pull request #x, issue #12"},
		{"a code span", "`" + ada + "` " + ada, "`" + ada + "` " + adaNamed},
		{"a longer span", "`` a ` " + ada + " `` " + ada, "`` a ` " + ada + " `` " + adaNamed},
		{"a lone backtick", "` " + ada, "` " + adaNamed},
		{"a fence", "```\n" + ada + "\n```\n" + ada, "```\n" + ada + "\n```\n" + adaNamed},
		{"a fence of waves", "~~~ text\n```\n" + ada + "\n~~~\r\n" + ada, "~~~ text\n```\n" + ada + "\n~~~\r\n" + adaNamed},
		{"a fence without end", "```\n" + ada, "```\n" + ada},
		{"indented code", "a\n\n    " + ada + "\n\n" + ada, "a\n\n    " + ada + "\n\n" + adaNamed},
		{"an indented line of text", "a\n    " + ada, "a\n    " + adaNamed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := markup.Text(test.text, people); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzText holds a text of which nobody is known to be the same but for cards and
// numbers, and asks for nobody twice in one place.
func FuzzText(f *testing.F) {
	f.Add("@{a:b} ``` {: data-inline-card='' } pull request #1")
	f.Add("```\n@{a}\n```\n\n    code @{b}\n`@{c}")
	f.Fuzz(func(t *testing.T, text string) {
		got := markup.Text(text, func(id string) (string, bool) {
			if !strings.Contains(text, "@{"+id+"}") {
				t.Errorf("%q was asked for and is not mentioned", id)
			}
			return "", false
		})
		if len(got) > len(text) {
			t.Errorf("%q became longer: %q", text, got)
		}
		if !strings.Contains(text, "{: data-inline-card") && !strings.EqualFold(strings.ReplaceAll(got, "!", "#"), strings.ReplaceAll(text, "!", "#")) {
			t.Errorf("%q became %q", text, got)
		}
		if again := markup.Text(got, func(string) (string, bool) { return "", false }); !strings.Contains(got, "{:") && again != got {
			t.Errorf("a second time, %q became %q", got, again)
		}
	})
}
