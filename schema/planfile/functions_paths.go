package planfile

import (
	"strings"
	"unicode"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/text/unicode/norm"

	"github.com/drover-migrate/drover/schema"
)

func pathFunctions() []builtin {
	return []builtin{
		{"basename(path)", "What follows the last slash of the path.", textFunction("path", func(p string) (string, error) {
			_, name := cutLast(p)
			return name, nil
		})},
		{"dirname(path)", "What stands before the last slash of the path; empty when it has none.", textFunction("path", func(p string) (string, error) {
			folder, _ := cutLast(p)
			return folder, nil
		})},
		{"glob(pattern, text)", "Whether the text matches the pattern, in which * stands for anything but a slash, ** for anything, ? for one character and [a-z] for one of several; a pattern without a slash looks at what follows the text's last slash.", globFunction()},
	}
}

// textFunction is a function of one text that returns another one.
func textFunction(param string, f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: param, Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(s), nil
		},
	})
}

// cutLast splits a path at its last slash, not counting those at its end. It
// is not path.Split, nor path.Dir: a repository without an owner has the owner
// "", not ".".
func cutLast(p string) (folder, name string) {
	p = strings.TrimRight(p, "/")
	i := strings.LastIndexByte(p, '/')
	if i < 0 {
		return "", p
	}
	return strings.TrimRight(p[:i], "/"), p[i+1:]
}

func globFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "pattern", Type: cty.String}, {Name: "text", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			ok, err := schema.MatchGlob(args[0].AsString(), args[1].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.BoolVal(ok), nil
		},
	})
}

func slugFunction() function.Function {
	return textFunction("text", func(text string) (string, error) {
		s := slug(text)
		if s == "" {
			return "", function.NewArgErrorf(0, "%q has no letter or digit that a path can hold", schema.Printable(text))
		}
		return s, nil
	})
}

// slug is text as the forges accept it in a path: ASCII letters and digits,
// with single hyphens, dots and underscores between them only.
func slug(text string) string {
	var b strings.Builder
	var between rune // what separates the next letter or digit from the last
	for _, r := range norm.NFKD.String(text) {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if between != 0 && b.Len() > 0 {
				b.WriteRune(between)
			}
			b.WriteRune(r)
			between = 0
		case unicode.Is(unicode.Mn, r): // the accent of the letter before it
		case between == 0 && (r == '.' || r == '_'):
			between = r
		default:
			between = '-'
		}
	}
	return b.String()
}
