package rewrite

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProse(t *testing.T) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	for _, test := range []struct {
		text string
		want []string
	}{
		// issues and changes
		{"#12", []string{"issue #12 #12"}},
		{"(#12)", []string{"issue #12 #12"}},
		{"[#12]", []string{"issue #12 #12"}},
		{"#12, #13. #14: #15!", []string{"issue #12 #12", "issue #13 #13", "issue #14 #14", "issue #15 #15"}},
		{"**#12** _#13_ ~~#14~~ __#15__", []string{"issue #12 #12", "issue #13 #13", "issue #14 #14", "issue #15 #15"}},
		{"修复#12问题 é#13", []string{"issue #12 #12", "issue #13 #13"}},
		{"#12-rc", []string{"issue #12 #12"}},
		{"a#12 C#12 9#12 a_#12", nil},
		{"#12abc #12_a", nil},
		{"# 12", nil},
		{"## Fix #12 ##", []string{"issue #12 #12"}},
		{"#0 #012 #", nil},
		{"#9999999999999999999999", nil},
		{"#999999999999999999", []string{"issue #999999999999999999 #999999999999999999"}},
		{"##12 /#12 &#12", nil},
		{"&#35; &#12; &amp;#13", []string{"issue #13 #13"}},
		{`\#12 \!13 \\#14`, []string{"issue #14 #14"}},
		{"!12 (!13) wow!14 !!15 !a", []string{"change !12 !12", "change !13 !13"}},
		{"GH-12 gh-13 aGH-14 x-GH-15 GH-16a GH-017 GH-18-x", []string{"issue GH-12 #12", "issue gh-13 #13"}},

		// with a repository
		{"owner/repo#12", []string{"issue owner/repo#12 owner/repo#12"}},
		{"(group/sub/app!12)", []string{"change group/sub/app!12 group/sub/app!12"}},
		{"_owner/repo#12_", []string{"issue owner/repo#12 owner/repo#12"}},
		{"_owner/repo#12", []string{"issue _owner/repo#12 _owner/repo#12"}},
		{"owner/.github#1", []string{"issue owner/.github#1 owner/.github#1"}},
		{"../repo#12 a//b#12 /a/b#12 a/-b#12 repo#12 owner/repo#x", nil},
		{"owner/repo@" + sha, []string{"commit owner/repo@" + sha + " owner/repo@" + sha}},
		{"owner/repo@v1.2.3", nil},

		// commits
		{"see 0123abc.", []string{"commit 0123abc @0123abc"}},
		{sha, []string{"commit " + sha + " @" + sha}},
		{sha + "0", nil},
		{"0123ab 0123ABC 0123abg x0123abc 0123abc_d", nil},
		{"0123abc.png 0123abc-dirty a/0123abc 0123abc/a 550e8400-e29b #0123abc", nil},
		{"0123abc..4567def 0123abc...4567def", []string{
			"commit 0123abc @0123abc", "commit 4567def @4567def", "commit 0123abc @0123abc", "commit 4567def @4567def"}},

		// mentions
		{"@bob", []string{"mention @bob bob"}},
		{"Thanks @bob, @a-b. @x_y: (@z) cc:@q", []string{
			"mention @bob bob", "mention @a-b a-b", "mention @x_y x_y", "mention @z z", "mention @q q"}},
		{"@bob.smith. @bob...", []string{"mention @bob.smith bob.smith", "mention @bob bob"}},
		{"@group/sub/team @org/ next", []string{"mention @group/sub/team group/sub/team", "mention @org org"}},
		{"_@bob_ **@bob** @bob_", []string{"mention @bob bob", "mention @bob bob", "mention @bob_ bob_"}},
		{"@{557058:ab-12} @{} @{x", []string{"mention @{557058:ab-12} 557058:ab-12"}},
		{"(@{1:a Ada Lovelace}), @{1:b Élise}", []string{"mention @{1:a Ada Lovelace} 1:a", "mention @{1:b Élise} 1:b"}},
		{"@{1:a } and @{1:a *b*} and a@{1:b c} and @{1:a\nb}", []string{"mention @{1:a } 1:a"}},
		{"@{1:a " + strings.Repeat("n", maxShown+1) + "}", nil},
		{"a@b.example a.@b.example a+@b.example <a@b.example> @ @-a", nil},
		{`a\@b.example`, nil},
		{"done.@bob", []string{"mention @bob bob"}},
		{`\@bob`, []string{`mention \@bob bob`}},

		// bare URLs
		{"https://h.example/a", []string{"url https://h.example/a https://h.example/a"}},
		{"HTTP://localhost:3000/a", []string{"url HTTP://localhost:3000/a HTTP://localhost:3000/a"}},
		{"(see https://h.example/a_(b)).", []string{"url https://h.example/a_(b) https://h.example/a_(b)"}},
		{"**https://h.example/a**, x", []string{"url https://h.example/a https://h.example/a"}},
		{"https://h.example/a?b=1&amp;c=2#d.", []string{"url https://h.example/a?b=1&amp;c=2#d https://h.example/a?b=1&c=2#d"}},
		{"https://h.example/?a=1&copy=2", []string{"url https://h.example/?a=1&copy=2 https://h.example/?a=1&copy=2"}},
		{`https://h.example/a\_b`, []string{`url https://h.example/a\_b https://h.example/a_b`}},
		{"https://h.example/a&gt; x", []string{"url https://h.example/a https://h.example/a"}},
		{"https://h.example/一。", []string{"url https://h.example/一 https://h.example/一"}},
		{"https://h.example/#12", []string{"url https://h.example/#12 https://h.example/#12"}},
		{"https://h.example/a; https://h.example/b\u00a0c", []string{
			"url https://h.example/a https://h.example/a", "url https://h.example/b https://h.example/b"}},
		{"https:// xhttps://h.example ftp://h.example", nil},
	} {
		if diff := cmp.Diff(test.want, found(test.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestMarkdown(t *testing.T) {
	issue := func(numbers ...string) (want []string) {
		for _, n := range numbers {
			want = append(want, "issue #"+n+" #"+n)
		}
		return want
	}
	for _, test := range []struct {
		text string
		want []string
	}{
		// code
		{"`#1` ``#1 ` #1`` #2 `#3", issue("2", "3")},
		{"```\n#1\n```\n#2", issue("2")},
		{"~~~ #1\n#1\n", nil},
		{"    #1\n\n#2", issue("2")},
		{"> ```\n> #1\n\n#2", issue("2")},
		{"- a\n\n      #1\n\n  #2", issue("2")},
		{"- `#1\n  #1` #2", issue("2")},
		{"| a | b |\n|---|---|\n| `#1` | #2 |\n| ` | #3 |\n| `#4` | x |\n", issue("2", "3")},

		// prose in containers
		{"> #1\n> - #2\n>   1. #3\n\n- [ ] #4\n- [x] #5\n\nTitle #6\n===\n", issue("1", "2", "3", "4", "5", "6")},
		{"a[^1] b[^x]\n\n[^1]: #1\n\n    #2\n\n[^y]: #3\n\nlast #4", issue("1", "2", "3", "4")},
		{"-\t#1\n\n\t#2\n\n>\t#3", issue("1", "2", "3")},

		// links
		{"[#1](https://h.example/1 'see #9')", []string{"issue #1 #1", "url https://h.example/1 https://h.example/1"}},
		{"![#9](https://h.example/1.png)", []string{"url https://h.example/1.png https://h.example/1.png"}},
		{"[![#9](/a.png)](/b)", []string{"path /a.png /a.png", "path /b /b"}},
		{"[a](</b c>) [d](#e) [f](mailto:g@h.example) [i]()", []string{"path /b c /b c"}},
		{"[a](//h.example/b)", []string{"url //h.example/b //h.example/b"}},
		{`[a](/b\_c&amp;d)`, []string{`path /b\_c&amp;d /b_c&d`}},
		{"<https://h.example/1> <mailto:a@b.example>", []string{"url https://h.example/1 https://h.example/1"}},
		{"[#1][x] [#9] [y][]\n\n[x]: https://h.example/1\n[#9]: <https://h.example/2> \"t\"\n[y]: /z\n", []string{
			"issue #1 #1", "url https://h.example/1 https://h.example/1", "url https://h.example/2 https://h.example/2", "path /z /z"}},
		{"[a](https://h.example/b c)", []string{"url https://h.example/b https://h.example/b"}},

		// HTML
		{"<!-- #1 --> #2 <!--> #3", issue("2", "3")},
		{"<!-- #1\n\n#1 -->\n\n#2", issue("2")},
		{"a <code>#1 <b>#1</b></code> #2 <pre>#1</pre> <tt>#1</tt>", issue("2")},
		{"<code>\n\n#1\n\n</code>\n\n#2", issue("2")},
		{"<pre>\n#1\n\n#1</pre>\n#2", issue("2")},
		{"<script>\n\"</code>\" < #1\n</script>\n\n#2", issue("2")},
		{"<style>#1", nil},
		{"<script>a<b</script> #1", issue("1")},
		{"<code>#1 <code>#1</code> #1</code> #2", issue("2")},
		{"> <img src=\"/x\n> y\">#1", issue("1")},
		{"say <script> inline #1", issue("1")},
		{"<details><summary>#1</summary>\n#2 `#9` 3 < #4\n</details>", issue("1", "2", "4")},
		{"<b title=\"#1 @x\" id='#1'\ndata-x=#1>#2</b>", issue("2")},
		{"<img alt=\"@x\" src = \"https://h.example/a?b&amp;c\" width=1>", []string{
			"url https://h.example/a?b&amp;c https://h.example/a?b&c"}},
		{"<a\n  href=/x\n  title='#9'>#1</a>", []string{"path /x /x", "issue #1 #1"}},
		{"> <a title=\"\n> #1\" href='/x'>\n> #2", []string{"path /x /x", "issue #2 #2"}},
		{"<p><a download href = ' /x ' id=>#1</a>", []string{"path /x /x", "issue #1 #1"}},
		{"<p title=#1 href=/x", []string{"path /x /x"}},
		{"<p>`#1", issue("1")},
		{"<![CDATA[ #1 ]]> <?php #1 ?> <!DOCTYPE #1>", nil},
	} {
		if diff := cmp.Diff(test.want, found(test.text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

// TestInOrder feeds positions that overlap, as a defect of the Markdown
// parser could.
func TestInOrder(t *testing.T) {
	code, plain := roleCode, rolePlain
	for _, test := range []struct{ in, want []piece }{
		{[]piece{{5, 9, plain}, {0, 5, code}}, []piece{{0, 5, code}, {5, 9, plain}}},
		{[]piece{{0, 5, plain}, {4, 9, plain}}, []piece{{0, 5, plain}}},
		{[]piece{{0, 5, code}, {4, 9, plain}}, []piece{{0, 5, code}}},
		{[]piece{{0, 2, plain}, {2, 5, plain}, {3, 9, code}}, []piece{{0, 2, plain}, {3, 9, code}}},
	} {
		got := inOrder(slices.Clone(test.in))
		if !slices.Equal(got, test.want) {
			t.Errorf("inOrder(%v) = %v, want %v", test.in, got, test.want)
		}
	}
}
