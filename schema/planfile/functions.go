package planfile

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// FunctionDoc describes one function of the plan language.
type FunctionDoc struct {
	Name      string `json:"name"`
	Signature string `json:"signature"` // such as lookup(map, key[, default])
	Doc       string `json:"doc"`       // one sentence
}

// Functions describes the functions that expressions may call, by name.
func Functions() []FunctionDoc {
	var docs []FunctionDoc
	for _, b := range builtins("", nil) {
		name, _, _ := strings.Cut(b.signature, "(")
		docs = append(docs, FunctionDoc{Name: name, Signature: b.signature, Doc: b.doc})
	}
	slices.SortFunc(docs, func(a, b FunctionDoc) int { return strings.Compare(a.Name, b.Name) })
	return docs
}

// functions are the functions of the plan in the folder dir.
//
// Their results depend on nothing but their arguments and the folder's files;
// there is no clock and no chance in them, so a plan means the same in every
// run. read, unless nil, is told of every answer that came from the disk: of
// file("a.csv") under "a.csv" with the bytes, of fileexists("a.csv") under
// `fileexists("a.csv")` with "true" or "false". It is called once for each.
//
// The functions remember what they read, so all calls see the same bytes. They
// are not safe for use by several goroutines.
func functions(dir string, read func(path string, content []byte)) map[string]function.Function {
	all := make(map[string]function.Function)
	for _, b := range builtins(dir, read) {
		name, _, _ := strings.Cut(b.signature, "(")
		all[name] = b.function
	}
	return all
}

// builtin is a function with what people read about it.
type builtin struct {
	signature string
	doc       string
	function  function.Function
}

func builtins(dir string, read func(path string, content []byte)) []builtin {
	return slices.Concat(
		numberFunctions(),
		textFunctions(),
		pathFunctions(),
		collectionFunctions(),
		conversionFunctions(),
		decodingFunctions(),
		fileFunctions(dir, read),
	)
}

func numberFunctions() []builtin {
	return []builtin{
		{"abs(number)", "The number without its sign.", stdlib.AbsoluteFunc},
		{"ceil(number)", "The nearest whole number that is not smaller.", stdlib.CeilFunc},
		{"floor(number)", "The nearest whole number that is not greater.", stdlib.FloorFunc},
		{"log(number, base)", "The logarithm of the number to the base.", stdlib.LogFunc},
		{"max(numbers...)", "The greatest of the numbers.", stdlib.MaxFunc},
		{"min(numbers...)", "The smallest of the numbers.", stdlib.MinFunc},
		{"parseint(text, base)", "The whole number that the text writes in the base, 2 to 62.", stdlib.ParseIntFunc},
		{"pow(number, power)", "The number raised to the power.", stdlib.PowFunc},
		{"signum(number)", "-1, 0 or 1: the sign of the number.", stdlib.SignumFunc},
		{"sum(numbers)", "The sum of a list or set of numbers; 0 when it is empty.", sumFunction()},
	}
}

func textFunctions() []builtin {
	return []builtin{
		{"chomp(text)", "The text without line ends at its end.", stdlib.ChompFunc},
		{"format(format, values...)", "The format with its verbs, such as %s, %d and %05.1f, replaced by the values.", checked(stdlib.FormatFunc, noReferences, noWideVerbs)},
		{"formatlist(format, values...)", "A list of texts: format applied to each element of the lists among the values.", checked(stdlib.FormatListFunc, noReferences, noWideVerbs)},
		{"indent(spaces, text)", "The text with that many spaces after each line feed.", checked(stdlib.IndentFunc, smallIndent)},
		{"join(separator, lists...)", "The elements of the lists as one text, with the separator between them.", stdlib.JoinFunc},
		{"lower(text)", "The text in lower case.", stdlib.LowerFunc},
		{"regex(pattern, text)", "What the RE2 pattern matches first: a text, or a list or object of its groups; an error when nothing matches.", stdlib.RegexFunc},
		{"regexall(pattern, text)", "A list of all that the RE2 pattern matches.", stdlib.RegexAllFunc},
		{"regexreplace(text, pattern, replacement)", "The text with all that the RE2 pattern matches replaced; $1 in the replacement is the first group.", stdlib.RegexReplaceFunc},
		{"replace(text, old, new)", "The text with each old part replaced by the new one.", stdlib.ReplaceFunc},
		{"slug(text)", "The text as a path at a forge: lower case, accents dropped, one hyphen for all between letters, digits, dots and underscores.", slugFunction()},
		{"split(separator, text)", "The parts of the text between the separators.", stdlib.SplitFunc},
		{"strrev(text)", "The text with its characters in reverse order.", stdlib.ReverseFunc},
		{"substr(text, offset, length)", "The part of the text from a character on; a length of -1 means to the end.", stdlib.SubstrFunc},
		{"title(text)", "The text with the first letter of each word in upper case.", stdlib.TitleFunc},
		{"trim(text, characters)", "The text without any of the characters at its ends.", stdlib.TrimFunc},
		{"trimprefix(text, prefix)", "The text without the prefix, if it has it.", stdlib.TrimPrefixFunc},
		{"trimspace(text)", "The text without white space at its ends.", stdlib.TrimSpaceFunc},
		{"trimsuffix(text, suffix)", "The text without the suffix, if it has it.", stdlib.TrimSuffixFunc},
		{"upper(text)", "The text in upper case.", stdlib.UpperFunc},
	}
}

func collectionFunctions() []builtin {
	return []builtin{
		{"chunklist(list, size)", "The list cut into lists of at most that size.", stdlib.ChunklistFunc},
		{"coalesce(values...)", "The first value that is neither null nor an empty text.", coalesceFunction()},
		{"coalescelist(lists...)", "The first list that is not empty.", stdlib.CoalesceListFunc},
		{"compact(list)", "The list of texts without nulls and empty texts.", stdlib.CompactFunc},
		{"concat(lists...)", "The lists joined to one.", stdlib.ConcatFunc},
		{"contains(list, value)", "Whether a list or set has the value.", stdlib.ContainsFunc},
		{"distinct(list)", "The list without repetitions.", stdlib.DistinctFunc},
		{"element(list, index)", "The element at the index, counted from 0 and round in a circle.", stdlib.ElementFunc},
		{"flatten(list)", "The list with the elements of all lists in it, at any depth.", stdlib.FlattenFunc},
		{"index(list, value)", "The place of the value in the list, counted from 0; an error when it is not there.", indexFunction()},
		{"keys(map)", "The keys of a map or object, sorted.", stdlib.KeysFunc},
		{"length(value)", "How many elements a collection or characters a text has.", lengthFunction()},
		{"lookup(map, key[, default])", "The map's value for the key, or the default when it has none.", lookupFunction()},
		{"merge(maps...)", "One map of all; the last one wins where keys meet.", stdlib.MergeFunc},
		{"one(list)", "The only element of a list or set, or null when it is empty; an error when there are more.", oneFunction()},
		{"range([start, ]limit[, step])", "The numbers from start, else 0, to before the limit; at most 1024.", stdlib.RangeFunc},
		{"reverse(list)", "The list in reverse order.", stdlib.ReverseListFunc},
		{"setintersection(sets...)", "What all of the sets have.", stdlib.SetIntersectionFunc},
		{"setproduct(sets...)", "All combinations of one element of each set, at most a million.", checked(stdlib.SetProductFunc, smallProduct)},
		{"setsubtract(set, other)", "What the set has and the other one has not.", stdlib.SetSubtractFunc},
		{"setunion(sets...)", "What any of the sets has.", stdlib.SetUnionFunc},
		{"slice(list, start, end)", "The elements from start to before end, counted from 0.", stdlib.SliceFunc},
		{"sort(list)", "The list of texts in the order of their characters.", stdlib.SortFunc},
		{"values(map)", "The values of a map or object, in the order of their keys.", stdlib.ValuesFunc},
		{"zipmap(keys, values)", "A map of the keys to the values at the same places.", stdlib.ZipmapFunc},
	}
}

func conversionFunctions() []builtin {
	return []builtin{
		{"can(expression)", "Whether the expression has a value rather than an error.", tryfunc.CanFunc},
		{"tobool(value)", "The value as true or false.", stdlib.MakeToFunc(cty.Bool)},
		{"tolist(value)", "The value as a list.", stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))},
		{"tomap(value)", "The value as a map.", stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))},
		{"tonumber(value)", "The value as a number.", stdlib.MakeToFunc(cty.Number)},
		{"toset(value)", "The value as a set: no repetitions, no order.", stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))},
		{"tostring(value)", "The value as a text.", stdlib.MakeToFunc(cty.String)},
		{"try(expressions...)", "The value of the first expression that has one rather than an error.", tryfunc.TryFunc},
	}
}
