package planfile

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// testSecret stands for any value that is a reference to a block.
func testSecret() cty.Value {
	t := cty.Capsule("secret reference", reflect.TypeFor[string]())
	text := "hunter2"
	return cty.CapsuleVal(t, &text)
}

// evaluate is the value of an expression in the folder dir, as a plan would
// write it, or the first diagnostic.
func evaluate(t *testing.T, expression string, all map[string]function.Function) string {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(expression), "test.plan.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", expression, diags.Error())
	}
	v, diags := expr.Value(&hcl.EvalContext{
		Functions: all,
		Variables: map[string]cty.Value{
			"secret":  testSecret(),
			"later":   cty.DynamicVal,
			"texts":   cty.UnknownVal(cty.Map(cty.String)),
			"name":    cty.UnknownVal(cty.String),
			"marked":  cty.StringVal("x").Mark("sensitive"),
			"waves":   cty.MapVal(map[string]cty.Value{"a": cty.NumberIntVal(1), "b": cty.NumberIntVal(2)}),
			"private": cty.MapVal(map[string]cty.Value{"a": cty.NumberIntVal(1)}).Mark("sensitive"),
			"nothing": cty.NullVal(cty.Map(cty.String)),
		},
	})
	if diags.HasErrors() {
		return "error: " + diags[0].Detail
	}
	return written(v)
}

func written(v cty.Value) string {
	switch {
	case v.IsMarked():
		v, _ = v.Unmark()
		return "sensitive " + written(v)
	case !v.IsKnown():
		return "unknown " + v.Type().FriendlyName()
	}
	// hclwrite puts each attribute of an object on its own line.
	text := string(hclwrite.TokensForValue(v).Bytes())
	return regexp.MustCompile(`\n *`).ReplaceAllString(text, " ")
}

func TestFunctions(t *testing.T) {
	tests := []struct{ expression, want string }{
		{`abs(-3)`, `3`},
		{`ceil(1.2)`, `2`},
		{`floor(1.8)`, `1`},
		{`log(8, 2)`, `3`},
		{`max(1, 3, 2)`, `3`},
		{`min([2, 1]...)`, `1`},
		{`parseint("ff", 16)`, `255`},
		{`pow(2, 10)`, `1024`},
		{`signum(-9)`, `-1`},
		{`sum([1, 2, 3.5])`, `6.5`},
		{`sum([])`, `0`},
		{`sum([1, null])`, `error: Invalid value for "numbers" parameter: an element is null.`},

		{`chomp("a\n\n")`, `"a"`},
		{`format("%s-%03d%%", "x", 7)`, `"x-007%"`},
		{`format("%99999d", 1)`, `error: Invalid value for "format" parameter: a width or precision has more than four digits.`},
		{`format("100%% 99999 %s", "x")`, `"100% 99999 x"`},
		{`format("%v", [secret])`, `error: Invalid value for "args" parameter: string required, but have secret reference.`},
		{`format(name)`, `unknown string`},
		{`formatlist("%s!", ["a", "b"])`, `["a!", "b!"]`},
		{`formatlist("%#v", { a = secret })`, `error: Invalid value for "args" parameter: string required, but have secret reference.`},
		{`indent(2, "a\nb")`, `"a\n  b"`},
		{`indent(-1, "a\nb")`, `error: Invalid value for "spaces" parameter: a whole number from 0 to 1000 is required.`},
		{`indent(1000000000, "a\nb")`, `error: Invalid value for "spaces" parameter: a whole number from 0 to 1000 is required.`},
		{`join("/", ["a", "b"])`, `"a/b"`},
		{`lower("ÀB")`, `"àb"`},
		{`regex("[a-z]+", "12ab")`, `"ab"`},
		{`regexall("[a-z]", "1a2b")`, `["a", "b"]`},
		{`regexreplace("a-b", "-(.)", "_$1")`, `"a_b"`},
		{`replace("a_b_c", "_", "-")`, `"a-b-c"`},
		{`slug("Ünïcode  &  Tools!")`, `"unicode-tools"`},
		{`slug("__My.Repo -- v2_")`, `"my.repo-v2"`},
		{`slug("日本")`, `error: Invalid value for "text" parameter: "日本" has no letter or digit that a path can hold.`},
		{`split("/", "a/b")`, `["a", "b"]`},
		{`strrev("abc")`, `"cba"`},
		{`substr("abcd", 1, 2)`, `"bc"`},
		{`title("big repo")`, `"Big Repo"`},
		{`trim("--a--", "-")`, `"a"`},
		{`trimprefix("old-a", "old-")`, `"a"`},
		{`trimspace(" a ")`, `"a"`},
		{`trimsuffix("a.git", ".git")`, `"a"`},
		{`upper("ab")`, `"AB"`},

		{`basename("acme/api")`, `"api"`},
		{`basename("api")`, `"api"`},
		{`basename("")`, `""`},
		{`dirname("acme/platform/api/")`, `"acme/platform"`},
		{`dirname("api")`, `""`},
		{`glob("*-sandbox", "acme/my-sandbox")`, `true`},
		{`glob("[a", "a")`, `error: Invalid value for "pattern" parameter: a "[" has no "]".`},

		{`chunklist([1, 2, 3], 2)`, `[[1, 2], [3]]`},
		{`coalesce(null, "", "x")`, `"x"`},
		{`coalesce(null, 0)`, `0`},
		{`coalesce("", null)`, `error: Call to function "coalesce" failed: all values are null or empty.`},
		{`coalesce("a", later)`, `"a"`},
		{`coalesce(later, "a")`, `unknown string`},
		{`coalescelist([], ["a"])`, `["a"]`},
		{`compact(["a", "", "b"])`, `["a", "b"]`},
		{`concat([1], [2, 3])`, `[1, 2, 3]`},
		{`contains(["a", "b"], "b")`, `true`},
		{`distinct(["a", "b", "a"])`, `["a", "b"]`},
		{`element(["a", "b"], 3)`, `"b"`},
		{`flatten([1, [2, [3]]])`, `[1, 2, 3]`},
		{`index(["a", "b"], "b")`, `1`},
		{`index(["a"], "b")`, `error: Call to function "index" failed: the list does not have the value.`},
		{`index("a", "b")`, `error: Invalid value for "list" parameter: a list is required, but have string.`},
		{`index([name], "b")`, `unknown number`},
		{`keys({ b = 1, a = 2 })`, `["a", "b"]`},
		{`length([1, 2])`, `2`},
		{`length("añb")`, `3`},
		{`length({ a = 1 })`, `1`},
		{`length(later)`, `unknown number`},
		{`length(marked)`, `sensitive 1`},
		{`length(1)`, `error: Invalid value for "value" parameter: a collection or a string is required, but have number.`},
		{`merge({ a = 1 }, { b = 2 })`, `{ a = 1 b = 2 }`},
		{`one([])`, `null`},
		{`one(["a"])`, `"a"`},
		{`one(toset(["a"]))`, `"a"`},
		{`one(["a", "b"])`, `error: Invalid value for "list" parameter: at most one element is allowed, but have 2.`},
		{`one(tolist(["a", "b"]))`, `error: Invalid value for "list" parameter: at most one element is allowed, but have 2.`},
		{`range(3)`, `[0, 1, 2]`},
		{`range(1, 7, 2)`, `[1, 3, 5]`},
		{`range(1, 1000000000)`, `error: Call to function "range" failed: more than 1024 values were generated; either decrease the difference between start and end or use a smaller step.`},
		{`reverse([1, 2])`, `[2, 1]`},
		{`setintersection(["a", "b"], ["b"])`, `["b"]`},
		{`setproduct(["a"], [1, 2])`, `[["a", 1], ["a", 2]]`},
		{`setproduct(range(1024), range(1024))`, `error: Call to function "setproduct" failed: the sets have more than 1000000 combinations.`},
		{`setsubtract(["a", "b"], ["b"])`, `["a"]`},
		{`setunion(["a"], ["b"])`, `["a", "b"]`},
		{`slice([1, 2, 3], 1, 3)`, `[2, 3]`},
		{`sort(["b", "a"])`, `["a", "b"]`},
		{`values({ b = 1, a = 2 })`, `[2, 1]`},
		{`zipmap(["a"], [1])`, `{ a = 1 }`},

		{`lookup(waves, "b")`, `2`},
		{`lookup(waves, "c", 9)`, `9`},
		{`lookup(waves, "c", "9")`, `9`},
		{`lookup(waves, "c", [])`, `error: Invalid value for "default" parameter: the map's values are number, and so must the default be.`},
		{`lookup(waves, "c", null)`, `null`},
		{`lookup(waves, "c")`, `error: Invalid value for "key" parameter: the map has no "c", and no default is given.`},
		{`lookup({ a = 1, b = "x" }, "b", 0)`, `"x"`},
		{`lookup({ a = 1 }, "c", "none")`, `"none"`},
		{`lookup({ a = 1 }, "c")`, `error: Invalid value for "key" parameter: the map has no "c", and no default is given.`},
		{`lookup({ a = 1 }, name, 2)`, `unknown dynamic`},
		{`lookup(waves, name, 2)`, `unknown number`},
		{`lookup(texts, "a", "")`, `unknown string`},
		{`lookup(later, "a")`, `unknown dynamic`},
		{`lookup(private, "a")`, `sensitive 1`},
		{`lookup(waves, marked, 3)`, `sensitive 3`},
		{`lookup({ a = marked }, "a")`, `sensitive "x"`},
		{`lookup(nothing, "a")`, `error: Invalid value for "map" parameter: argument must not be null.`},
		{`lookup([1], 0)`, `error: Invalid value for "map" parameter: a map or object is required, but have tuple.`},
		{`lookup(absent, "a", 1)`, `error: There is no variable named "absent".`},
		{`lookup(waves, "a", 1, 2)`, `error: Call to function "lookup" failed: a map, a key and at most one default are required.`},
		{`{ for k in ["a", "z"] : k => lookup({ a = k }, k, "?") }`, `{ a = "a" z = "?" }`},
		{`try(lookup(waves, "c"), "none")`, `"none"`},

		{`can(waves.c)`, `false`},
		{`can(waves.a)`, `true`},
		{`tobool("true")`, `true`},
		{`tolist(toset(["b", "a"]))`, `["a", "b"]`},
		{`tomap({ a = "1", b = 2 })`, `{ a = "1" b = "2" }`},
		{`tonumber("12")`, `12`},
		{`toset(["a", "a"])`, `["a"]`},
		{`tostring(12)`, `"12"`},
		{`tostring(secret)`, `error: Invalid value for "v" parameter: cannot convert secret reference to string.`},
		{`try(waves.c, 9)`, `9`},

		{`csvdecode("name,wave\na,1\n\"b,c\",2\n")`, `[{ name = "a" wave = "1" }, { name = "b,c" wave = "2" }]`},
		{`csvdecode("\uFEFFname\r\na\r\n")`, `[{ name = "a" }]`},
		{`csvdecode("name\n")`, `[]`},
		{`csvdecode("")`, `error: Invalid value for "text" parameter: the CSV text has no header line.`},
		{`csvdecode("a,\n")`, `error: Invalid value for "text" parameter: column 2 of the CSV text has no name.`},
		{`csvdecode("a,a\n")`, `error: Invalid value for "text" parameter: two columns of the CSV text have the name "a".`},
		{`csvdecode("a,b\n1,2\n3\n")`, `error: Invalid value for "text" parameter: line 3 of the CSV text does not have the 2 cells of the header line.`},
		{`csvdecode("a\n\"b\n")`, `error: Invalid value for "text" parameter: line 2 of the CSV text is malformed: extraneous or missing " in quoted-field.`},
		{`csvdecode(name)`, `unknown dynamic`},
		{`jsondecode("{\"a\": [1, null, true]}")`, `{ a = [1, null, true] }`},
		{`jsondecode("{\n\"a\": }")`, `error: Invalid value for "text" parameter: line 2 of the JSON text is malformed: invalid character '}' looking for beginning of value.`},
		{`jsonencode({ b = 1000, a = [true, null] })`, `"{\"a\":[true,null],\"b\":1000}"`},
		{`jsonencode({ a = secret })`, `error: Invalid value for "val" parameter: string required, but have secret reference.`},
		{`jsonencode([1e99999])`, `error: Invalid value for "val" parameter: a number has more than a thousand digits.`},
		{`yamldecode("a: [1, x]\nb: {c: true}")`, `{ a = [1, "x"] b = { c = true } }`},
		{`yamldecode("a: &x {k: 1}\nb: *x")`, `{ a = { k = 1 } b = { k = 1 } }`},
		{`yamldecode("a: [")`, `error: Invalid value for "text" parameter: on line 1, column 1: did not find expected node content.`},
		{`yamlencode({ a = 1 })`, `"\"a\": 1\n"`},
		{`yamlencode([secret])`, `error: Invalid value for "value" parameter: string required, but have secret reference.`},
	}
	all := functions(t.TempDir(), nil)
	called := map[string]bool{"file": true, "fileexists": true} // TestFile and TestFileExists
	for _, test := range tests {
		t.Run(test.expression, func(t *testing.T) {
			if diff := cmp.Diff(test.want, evaluate(t, test.expression, all)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
		for _, call := range regexp.MustCompile(`\w+\(`).FindAllString(test.expression, -1) {
			called[strings.TrimSuffix(call, "(")] = true
		}
	}
	for name := range all {
		if !called[name] {
			t.Errorf("no test calls %s", name)
		}
	}
}

// What one small argument can cost is bounded.
func TestFunctionsRefuseBombs(t *testing.T) {
	aliases := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 10; i++ {
		list := strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10)
		aliases += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(list, ","))
	}
	tests := []struct{ function, text, want string }{
		{"jsondecode", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "exceeded max depth"},
		{"yamldecode", strings.Repeat("[", 100_000), `more than 10000 "[" and "{"`},
		{"yamldecode", strings.Repeat("- ", 100_000), "more than 1000 lists in each other"},
		{"yamldecode", aliases, "stands for more than 1000000 values"},
	}
	all := functions(t.TempDir(), nil)
	for _, test := range tests {
		_, err := all[test.function].Call([]cty.Value{cty.StringVal(test.text)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s(%.20q...): %v; want an error with %q", test.function, test.text, err, test.want)
		}
	}
}

func TestFunctionsDocumented(t *testing.T) {
	docs := Functions()
	all := functions("", nil)
	if len(docs) != len(all) {
		t.Errorf("%d functions are documented, %d exist", len(docs), len(all))
	}
	if !slices.IsSortedFunc(docs, func(a, b FunctionDoc) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the functions are not in the order of their names")
	}
	for _, doc := range docs {
		f, ok := all[doc.Name]
		if !ok {
			t.Errorf("%s is documented and does not exist", doc.Name)
			continue
		}
		if !strings.HasSuffix(doc.Doc, ".") || strings.Contains(doc.Doc, ". ") {
			t.Errorf("%s: %q is not one sentence", doc.Name, doc.Doc)
		}
		params := regexp.MustCompile(`^` + doc.Name + `\((.*)\)$`).FindStringSubmatch(doc.Signature)
		if params == nil {
			t.Errorf("%s has the signature %q", doc.Name, doc.Signature)
			continue
		}
		open := strings.ContainsAny(params[1], "[.")
		if open != (f.VarParam() != nil) {
			t.Errorf("%s takes a variable number of arguments: %t; it does not say so", doc.Signature, !open)
		}
		if n := len(strings.Split(params[1], ", ")); !open && n != len(f.Params()) {
			t.Errorf("%s takes %d arguments", doc.Signature, len(f.Params()))
		}
	}
}

// The cost of a lookup does not depend on the size of the map, so a plan with
// one lookup for each instance loads in linear time.
func TestLookupAllocations(t *testing.T) {
	allocations := func(entries int) float64 {
		waves := make(map[string]cty.Value, entries)
		for i := range entries {
			waves[fmt.Sprint(i)] = cty.NumberIntVal(int64(i))
		}
		expr, diags := hclsyntax.ParseExpression([]byte(`lookup(local.waves, "1", 9)`), "", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		ctx := &hcl.EvalContext{
			Functions: functions("", nil),
			Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{"waves": cty.MapVal(waves)})},
		}
		return testing.AllocsPerRun(10, func() { expr.Value(ctx) })
	}
	small, large := allocations(10), allocations(10_000)
	if large > 2*small {
		t.Errorf("a lookup in 10 entries makes %v allocations, in 10,000 entries %v", small, large)
	}
}

func TestFile(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "plan")
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write("plan/people/a.csv", "name\nmona\n")
	write("plan/latin1", "\xe9")
	write("plan/large", strings.Repeat("x", maxFile+1))
	write("plan/.git/config", "token")
	write("secret", "outside")
	link("people/a.csv", "near")
	link(filepath.Join(dir, "people"), "absolute")
	link("../secret", "out")
	link("..", "up")
	link(".git/config", "config")
	link("loop", "loop")
	link("gone", "dangling")

	tests := []struct{ path, want string }{
		{"people/a.csv", `"name\nmona\n"`},
		{"./people/../near", `"name\nmona\n"`},
		{"absolute/a.csv", `"name\nmona\n"`},
		{"absent.csv", `there is no file "absent.csv" in the plan's folder`},
		{"dangling", `there is no file "dangling" in the plan's folder`},
		{"../secret", `"../secret" leads out of the plan's folder; only files in it can be read, so copy the file there`},
		{"out", `"out" leads out of the plan's folder; only files in it can be read, so copy the file there`},
		{"up/secret", `"up/secret" leads out of the plan's folder; only files in it can be read, so copy the file there`},
		{"/etc/passwd", `"/etc/passwd" is absolute; only files in the plan's folder can be read, so write the path from there`},
		{".git/config", `".git/config" lies in git's own folder, which can hold credentials and is never read`},
		{"config", `"config" lies in git's own folder, which can hold credentials and is never read`},
		{"people", `"people" is not a file`},
		{"people/a.csv/b", `"people/a.csv/b" cannot be read: not a directory`},
		{"", `"" leads out of the plan's folder; only files in it can be read, so copy the file there`},
		{"latin1", `"latin1" is not UTF-8 text; convert it first`},
		{"large", `"large" is larger than 16 MiB`},
		{"a\x00b", `a path cannot hold a NUL character`},
	}
	all := functions(dir, nil)
	for _, test := range tests {
		v, err := all["file"].Call([]cty.Value{cty.StringVal(test.path)})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = written(v)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("file(%q) (-want +got):\n%s", test.path, diff)
		}
	}
	if _, err := all["file"].Call([]cty.Value{cty.StringVal("loop")}); err == nil {
		t.Error("a link to itself was read")
	}

	exists := []struct{ path, want string }{
		{"people/a.csv", "true"},
		{"near", "true"},
		{"large", "true"},
		{"people", "false"},
		{"absent.csv", "false"},
		{"../secret", `"../secret" leads out of the plan's folder; only files in it can be read, so copy the file there`},
		{"out", `"out" leads out of the plan's folder; only files in it can be read, so copy the file there`},
	}
	for _, test := range exists {
		v, err := all["fileexists"].Call([]cty.Value{cty.StringVal(test.path)})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = written(v)
		}
		if got != test.want {
			t.Errorf("fileexists(%q) = %s; want %s", test.path, got, test.want)
		}
	}
}

// A plan's digest covers what its functions found on the disk, and all calls
// see the same.
func TestFilesAreNoted(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(name, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	var noted []string
	all := functions(dir, func(path string, content []byte) { noted = append(noted, path+": "+string(content)) })
	for range 2 {
		if got := evaluate(t, `[file("a.txt"), file("./a.txt"), fileexists("a.txt"), fileexists("b.txt")]`, all); got != `["one", "one", true, false]` {
			t.Errorf("the folder holds %s", got)
		}
		if err := os.WriteFile(name, []byte("two"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"a.txt: one", `fileexists("a.txt"): true`, `fileexists("b.txt"): false`}
	if diff := cmp.Diff(want, noted); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
}
