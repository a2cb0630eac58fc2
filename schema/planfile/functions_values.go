package planfile

import (
	"errors"
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func sumFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "numbers", Type: cty.List(cty.Number)}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			sum := cty.Zero
			for _, n := range args[0].AsValueSlice() {
				if n.IsNull() {
					return cty.NilVal, function.NewArgErrorf(0, "an element is null")
				}
				sum = sum.Add(n)
			}
			return sum, nil
		},
	})
}

func lengthFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{
			Name: "value", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		}},
		Type: func(args []cty.Value) (cty.Type, error) {
			t := args[0].Type()
			if t == cty.String || t == cty.DynamicPseudoType || t.IsCollectionType() || t.IsTupleType() || t.IsObjectType() {
				return cty.Number, nil
			}
			return cty.NilType, function.NewArgErrorf(0, "a collection or a string is required, but have %s", t.FriendlyName())
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, marks := args[0].Unmark()
			switch t := v.Type(); {
			case t.IsObjectType():
				return cty.NumberIntVal(int64(len(t.AttributeTypes()))).WithMarks(marks), nil
			case t == cty.DynamicPseudoType:
				return cty.UnknownVal(cty.Number).WithMarks(marks), nil
			case t == cty.String:
				n, err := stdlib.Strlen(v)
				return n.WithMarks(marks), err
			}
			return v.Length().WithMarks(marks), nil
		},
	})
}

// coalesceFunction skips empty texts as well as nulls: an empty cell of a CSV
// file means that nothing was said.
func coalesceFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{
			Name: "values", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true,
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			types := make([]cty.Type, len(args))
			for i, arg := range args {
				types[i] = arg.Type()
			}
			t, _ := convert.UnifyUnsafe(types)
			if t == cty.NilType {
				return cty.NilType, errors.New("the values must have one type")
			}
			return t, nil
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			for _, arg := range args {
				if !arg.IsKnown() {
					return cty.UnknownVal(t), nil
				}
				v, err := convert.Convert(arg, t)
				if err != nil {
					return cty.NilVal, err
				}
				if !v.IsNull() && !(t == cty.String && v.AsString() == "") {
					return v, nil
				}
			}
			return cty.NilVal, errors.New("all values are null or empty")
		},
	})
}

func indexFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "list", Type: cty.DynamicPseudoType},
			{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true},
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			if t := args[0].Type(); !t.IsListType() && !t.IsTupleType() {
				return cty.NilType, function.NewArgErrorf(0, "a list is required, but have %s", t.FriendlyName())
			}
			return cty.Number, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for it := args[0].ElementIterator(); it.Next(); {
				i, v := it.Element()
				same, err := stdlib.Equal(v, args[1])
				if err != nil {
					return cty.NilVal, err
				}
				if !same.IsKnown() {
					return cty.UnknownVal(cty.Number), nil
				}
				if same.True() {
					return i, nil
				}
			}
			return cty.NilVal, errors.New("the list does not have the value")
		},
	})
}

func oneFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			switch t := args[0].Type(); {
			case t.IsListType(), t.IsSetType():
				return t.ElementType(), nil
			case t.IsTupleType() && t.Length() == 0:
				return cty.DynamicPseudoType, nil
			case t.IsTupleType() && t.Length() == 1:
				return t.TupleElementType(0), nil
			case t.IsTupleType():
				return cty.NilType, function.NewArgErrorf(0, "at most one element is allowed, but have %d", t.Length())
			default:
				return cty.NilType, function.NewArgErrorf(0, "a list or set is required, but have %s", t.FriendlyName())
			}
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			n := args[0].Length()
			if !n.IsKnown() {
				return cty.UnknownVal(t), nil
			}
			elements := args[0].AsValueSlice()
			switch len(elements) {
			case 0:
				return cty.NullVal(t), nil
			case 1:
				return elements[0], nil
			}
			return cty.NilVal, function.NewArgErrorf(0, "at most one element is allowed, but have %d", len(elements))
		},
	})
}

// lookupFunction takes its map in a capsule. cty walks every argument of a
// call in search of marks, but not what a capsule holds; so a lookup for each
// of n instances in a map of n entries takes n steps rather than n².
func lookupFunction() function.Function {
	held := heldType()
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "map", Type: held},
			{Name: "key", Type: cty.String, AllowUnknown: true},
		},
		VarParam: &function.Parameter{
			Name: "default", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true,
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			v, err := lookup(args)
			if err != nil {
				return cty.NilType, err
			}
			return v.Type(), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return lookup(args) },
	})
}

// heldType is a capsule around any value, made of an argument's expression
// when the argument is evaluated.
func heldType() cty.Type {
	var held cty.Type
	decode := customdecode.CustomExpressionDecoderFunc(func(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
		v, diags := expr.Value(ctx)
		return cty.CapsuleVal(held, &v), diags
	})
	held = cty.CapsuleWithOps("map or object", reflect.TypeFor[cty.Value](), &cty.CapsuleOps{
		ExtensionData: func(key any) any {
			if key == customdecode.CustomExpressionDecoder {
				return decode
			}
			return nil
		},
	})
	return held
}

func lookup(args []cty.Value) (cty.Value, error) {
	if len(args) > 3 {
		return cty.NilVal, errors.New("a map, a key and at most one default are required")
	}
	in, marks := args[0].EncapsulatedValue().(*cty.Value).Unmark()
	v, err := lookupIn(in, args[1], args[2:])
	if err != nil {
		return cty.NilVal, err
	}
	return v.WithMarks(marks), nil
}

func lookupIn(in, key cty.Value, fallback []cty.Value) (cty.Value, error) {
	t := in.Type()
	switch {
	case in.IsNull():
		return cty.NilVal, function.NewArgErrorf(0, "argument must not be null")
	case t == cty.DynamicPseudoType:
		return cty.DynamicVal, nil
	case t.IsMapType():
		return lookupMap(in, key, fallback)
	case !t.IsObjectType():
		return cty.NilVal, function.NewArgErrorf(0, "a map or object is required, but have %s", t.FriendlyName())
	case !key.IsKnown():
		return cty.DynamicVal, nil
	case t.HasAttribute(key.AsString()):
		return in.GetAttr(key.AsString()), nil
	case len(fallback) == 0:
		return cty.NilVal, notFound(key)
	}
	return fallback[0], nil
}

func lookupMap(in, key cty.Value, fallback []cty.Value) (cty.Value, error) {
	t := in.Type().ElementType()
	if len(fallback) > 0 {
		v, err := convert.Convert(fallback[0], t)
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(2, "the map's values are %s, and so must the default be", t.FriendlyName())
		}
		fallback = []cty.Value{v}
	}
	if !in.IsKnown() || !key.IsKnown() {
		return cty.UnknownVal(t), nil
	}
	if in.HasIndex(key).True() {
		return in.Index(key), nil
	}
	if len(fallback) == 0 {
		return cty.NilVal, notFound(key)
	}
	return fallback[0], nil
}

func notFound(key cty.Value) error {
	return function.NewArgErrorf(1, "the map has no %q, and no default is given", key.AsString())
}
