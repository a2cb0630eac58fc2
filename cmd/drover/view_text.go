package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vbauerster/mpb/v8/decor"

	"github.com/drover-migrate/drover/schema"
)

// shown makes s fit for one line of a screen or a job's log. Names come from
// plans, forges and repositories, so besides what a terminal would act on it
// takes the meaning from what CI systems obey when they find it in the output
// of a job.
func shown(s string) string { return disarm(schema.Printable(s)) }

// shownText is shown for text of several lines.
func shownText(s string) string { return disarm(schema.PrintableText(s)) }

// disarm escapes the start of workflow commands: "::" at the start of a word,
// because wrapping may put any word at the start of a line, and "##[" or
// "##vso[" anywhere, because runners look for them anywhere.
func disarm(s string) string {
	if !strings.Contains(s, "::") && !strings.Contains(s, "##") {
		return s
	}
	var b strings.Builder
	before := ' '
	for i, r := range s {
		switch {
		case r == ':' && unicode.IsSpace(before) && strings.HasPrefix(s[i:], "::"):
			b.WriteString(`\x3a`)
		case r == '#' && isHashCommand(s[i:]):
			b.WriteString(`\x23`)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

func isHashCommand(s string) bool {
	rest, ok := strings.CutPrefix(s, "##")
	return ok && strings.HasPrefix(strings.TrimLeftFunc(rest, unicode.IsLetter), "[")
}

// columns is the number of a terminal's columns that s takes. It is measured as
// the progress bars measure, so that cuts and redraws agree.
func columns(s string) int {
	var wc decor.WC
	wc = wc.Init()
	_, n := wc.Format(s)
	return n
}

// clip cuts s in the middle to at most n columns. Both ends stay, because names
// differ at their end as often as at their start.
func clip(s string, n int) string {
	const gap, widest = "...", 4
	if len(s) > n*widest { // marks that take no column could go on for ever
		s = strings.ToValidUTF8(s[:n*widest/2], "") + gap + strings.ToValidUTF8(s[len(s)-n*widest/2:], "")
	}
	switch {
	case len(s) <= n || columns(s) <= n:
		return s
	case n <= len(gap):
		return head(s, n)
	}
	front := (n - len(gap) + 1) / 2
	return head(s, front) + gap + tail(s, n-len(gap)-front)
}

// head is the start of s that fits into n columns.
func head(s string, n int) string {
	for i, r := range s {
		if n -= columns(string(r)); n < 0 {
			return s[:i]
		}
	}
	return s
}

// tail is the end of s that fits into n columns.
func tail(s string, n int) string {
	for i := len(s); i > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if n -= columns(string(r)); n < 0 {
			return s[i:]
		}
		i -= size
	}
	return s
}

// bounded cuts text to about n bytes and says how much is missing. What a forge
// answers may be of any length.
func bounded(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s... (%s more bytes)", s[:n], grouped(int64(len(s)-n)))
}

// pad fills s with spaces to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(n-columns(s), 0))
}

// wrap breaks the lines of text at spaces so that they take at most width
// columns. Indented lines are code and stay as they are, and so does a word
// that is longer than a line.
func wrap(text string, width int) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") || columns(line) <= width {
			out = append(out, strings.TrimRight(line, " "))
			continue
		}
		out = append(out, wrapLine(line, width)...)
	}
	return out
}

func wrapLine(line string, width int) []string {
	var (
		out  []string
		b    strings.Builder
		used int
	)
	for _, word := range strings.Fields(line) {
		n := columns(word)
		if b.Len() > 0 && used+1+n > width {
			out = append(out, b.String())
			b.Reset()
			used = 0
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return append(out, b.String())
}

// grouped is n with its thousands set apart: 1,204.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural is a number with its noun: "1 ref", "1,204 refs".
func plural(n int64, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "ss"):
		return grouped(n) + " " + noun + "es"
	}
	return grouped(n) + " " + noun + "s"
}

// counted is a number of objects of a kind: "1 issue", "312 issues".
func counted(n int64, k schema.Kind) string {
	if n == 1 {
		return "1 " + kindWords(string(k))
	}
	return grouped(n) + " " + kindWords(k.Plural())
}

func kindWords(s string) string { return shown(strings.ReplaceAll(s, "_", " ")) }

// byteSize is a number of bytes as people say it: 84.1 MiB.
func byteSize(n int64) string {
	if n < 1024 {
		return plural(n, "byte")
	}
	size, unit := float64(n)/1024, 0
	for size >= 1024 && unit < len("KMGTPE")-1 {
		size /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTPE"[unit])
}

// took is a duration as people say it: 2s, 1m41s, 3h05m, 2d04h.
func took(d time.Duration) string {
	s := int64(max(d, 0).Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

// abbreviated is an object id as people quote it.
func abbreviated(oid string) string {
	if oid == "" {
		return "nothing"
	}
	return shown(oid[:min(len(oid), 7)])
}

// someOf joins the first few of names and counts the rest.
func someOf(names []string, few int) string {
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, and %s more", strings.Join(names[:few], ", "), grouped(int64(len(names)-few)))
}
