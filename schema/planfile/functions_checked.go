package planfile

import (
	"fmt"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// checked is f, refusing the calls that one of the checks finds fault with. A
// check sees unmarked arguments, any of which may be unknown. Plan files come
// with pull requests, so one small call must not fill the memory.
func checked(f function.Function, checks ...func(args []cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			bare := make([]cty.Value, len(args))
			for i, arg := range args {
				bare[i], _ = arg.Unmark()
			}
			for _, check := range checks {
				if err := check(bare); err != nil {
					return cty.NilType, err
				}
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

// noReferences refuses secrets, profiles and connections where a text is made
// of the arguments: cty would write the Go value behind the reference.
func noReferences(args []cty.Value) error {
	for i, arg := range args {
		if name, ok := referenceIn(arg.Type()); ok {
			return function.NewArgErrorf(i, "string required, but have %s", name)
		}
	}
	return nil
}

// referenceIn returns what people call the capsule that t is or holds.
func referenceIn(t cty.Type) (name string, ok bool) {
	switch {
	case t.IsCapsuleType():
		return t.FriendlyName(), true
	case t.IsCollectionType():
		return referenceIn(t.ElementType())
	case t.IsTupleType():
		for _, e := range t.TupleElementTypes() {
			if name, ok := referenceIn(e); ok {
				return name, true
			}
		}
	case t.IsObjectType():
		for _, a := range t.AttributeTypes() {
			if name, ok := referenceIn(a); ok {
				return name, true
			}
		}
	}
	return "", false
}

// noWideVerbs refuses formats whose width, precision or index has more than
// four digits.
func noWideVerbs(args []cty.Value) error {
	if !args[0].IsKnown() || args[0].IsNull() {
		return nil
	}
	digits, inVerb := 0, false
	for _, c := range args[0].AsString() {
		switch {
		case c == '%':
			inVerb, digits = !inVerb, 0
		case !inVerb:
		case c >= '0' && c <= '9':
			if digits++; digits > 4 {
				return function.NewArgErrorf(0, "a width or precision has more than four digits")
			}
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			inVerb = false
		default:
			digits = 0
		}
	}
	return nil
}

func smallIndent(args []cty.Value) error {
	const most = 1000
	if !args[0].IsKnown() || args[0].IsNull() {
		return nil
	}
	n := args[0].AsBigFloat()
	if !n.IsInt() || n.Sign() < 0 || n.Cmp(big.NewFloat(most)) > 0 {
		return function.NewArgErrorf(0, "a whole number from 0 to %d is required", most)
	}
	return nil
}

func smallProduct(args []cty.Value) error {
	const most = 1_000_000
	total := 1
	for _, arg := range args {
		t := arg.Type()
		if !arg.IsKnown() || arg.IsNull() || !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
			continue
		}
		n := arg.LengthInt()
		if n == 0 {
			return nil
		}
		if total *= n; total > most {
			return fmt.Errorf("the sets have more than %d combinations", most)
		}
	}
	return nil
}

// noLongNumbers refuses numbers that would fill the memory as text.
func noLongNumbers(args []cty.Value) error {
	for i, arg := range args {
		err := cty.Walk(arg, func(_ cty.Path, v cty.Value) (bool, error) {
			v, _ = v.Unmark()
			if v.Type() == cty.Number && v.IsKnown() && !v.IsNull() && isLong(v.AsBigFloat()) {
				return false, errLongNumber
			}
			return true, nil
		})
		if err != nil {
			return function.NewArgError(i, err)
		}
	}
	return nil
}
