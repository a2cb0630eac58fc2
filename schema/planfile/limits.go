package planfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxDepth bounds how deeply expressions nest, and how many operators one of
// them chains. HCL's parser and evaluator recurse over both without a bound of
// their own, and Go ends the process when a stack overflows.
const maxDepth = 1000

func errDepth() error {
	return fmt.Errorf("brackets, operators and template directives nest more than %d deep here; split the expression into local values", maxDepth)
}

// checkNumber refuses a number that takes a few bytes in a plan and gigabytes
// when an expression turns it into text, such as 1e600000000.
func checkNumber(text string) error {
	if len(text) < 1000 && !strings.ContainsAny(text, "eE") {
		return nil
	}
	if n, err := cty.ParseNumberVal(text); err == nil && isLong(n.AsBigFloat()) {
		return errLongNumber
	}
	return nil // what is no number is the parser's to report
}

// lexer is one of the Lex functions of hclsyntax.
type lexer func(src []byte, filename string, start hcl.Pos) (hclsyntax.Tokens, hcl.Diagnostics)

// checkSource refuses source that is too deep for the parser, or holds a number
// too large for anyone.
func checkSource(lex lexer, src []byte) error {
	tokens, _ := lex(src, "", hcl.InitialPos) // what is malformed is the parser's to report
	type frame struct {
		open  hclsyntax.TokenType
		depth int // operators since the last separator
	}
	stack := []frame{{}}
	depth := 0
	for _, t := range tokens {
		top := &stack[len(stack)-1]
		switch t.Type {
		case hclsyntax.TokenNumberLit:
			if err := checkNumber(string(t.Bytes)); err != nil {
				return err
			}
		case hclsyntax.TokenTemplateControl:
			// A directive such as %{ if } holds what follows its closing brace.
			top.depth++
			depth++
			stack = append(stack, frame{open: t.Type})
			depth++
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen,
			hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
			if t.Type == hclsyntax.TokenOBrack {
				top.depth++ // x[a][b] nests to the left
				depth++
			}
			stack = append(stack, frame{open: t.Type})
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen,
			hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(stack) > 1 {
				depth -= 1 + top.depth
				stack = stack[:len(stack)-1]
			}
		case hclsyntax.TokenComma:
			depth -= top.depth
			top.depth = 0
		case hclsyntax.TokenNewline:
			if top.open == hclsyntax.TokenOBrace || len(stack) == 1 {
				depth -= top.depth
				top.depth = 0
			}
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar,
			hclsyntax.TokenSlash, hclsyntax.TokenPercent, hclsyntax.TokenAnd, hclsyntax.TokenOr,
			hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan,
			hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq,
			hclsyntax.TokenQuestion, hclsyntax.TokenColon, hclsyntax.TokenDot:
			top.depth++
			depth++
		}
		if depth > maxDepth {
			return errDepth()
		}
	}
	return nil
}

// checkJSON does the same for a file in JSON, the templates in its strings
// included.
func checkJSON(src []byte) error {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	for depth := 0; depth <= maxDepth; {
		token, err := d.Token()
		if err != nil {
			return nil // the end, or a mistake that the parser reports
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '[' || t == '{' {
				depth++
			} else {
				depth--
			}
		case json.Number:
			if err := checkNumber(t.String()); err != nil {
				return err
			}
		case string:
			if err := checkSource(hclsyntax.LexTemplate, []byte(t)); err != nil {
				return err
			}
		}
	}
	return errDepth()
}

// parseExpression is hclsyntax.ParseExpression for hostile input.
func parseExpression(src string, file string, start hcl.Pos) (hcl.Expression, hcl.Diagnostics) {
	return guarded(hclsyntax.LexExpression, hclsyntax.ParseExpression, src, file, start)
}

// parseTemplate is hclsyntax.ParseTemplate for hostile input.
func parseTemplate(src string, file string, start hcl.Pos) (hcl.Expression, hcl.Diagnostics) {
	return guarded(hclsyntax.LexTemplate, hclsyntax.ParseTemplate, src, file, start)
}

type parser func(src []byte, filename string, start hcl.Pos) (hclsyntax.Expression, hcl.Diagnostics)

func guarded(lex lexer, parse parser, src, file string, start hcl.Pos) (hcl.Expression, hcl.Diagnostics) {
	if err := checkSource(lex, []byte(src)); err != nil {
		return nil, hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "Expression too large",
			Detail:   sentence(err.Error()),
			Subject:  &hcl.Range{Filename: file, Start: start, End: start},
			Extra:    code("plan.syntax.limit"),
		}}
	}
	expr, diags := parse([]byte(src), file, start)
	if diags.HasErrors() {
		return nil, diags
	}
	return expr, diags
}
