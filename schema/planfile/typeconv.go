package planfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/drover-migrate/drover/schema"
)

// typeOf is the type of the values that an attribute of type t takes. An
// attribute of a type that this version does not know takes any value.
func typeOf(t schema.Type) cty.Type {
	switch t {
	case schema.TypeString:
		return cty.String
	case schema.TypeNumber:
		return cty.Number
	case schema.TypeBool:
		return cty.Bool
	case schema.TypeStringList:
		return cty.List(cty.String)
	case schema.TypeStringMap:
		return cty.Map(cty.String)
	case schema.TypeBoolMap:
		return cty.Map(cty.Bool)
	}
	return cty.DynamicPseudoType
}

// errLongNumber is the error about a number that has no reasonable text.
var errLongNumber = errors.New("a number has more than a thousand digits")

// toJSON is v as compact JSON: whole numbers as such, the keys of objects and
// maps in order. What JSON cannot say, or must not, is refused with the place
// where it is in v: values that are not known, sensitive values, references to
// blocks, and numbers out of all proportion.
func toJSON(v cty.Value) (json.RawMessage, error) {
	err := cty.Walk(v, func(p cty.Path, v cty.Value) (bool, error) {
		switch t := v.Type(); {
		case v.IsMarked():
			return false, p.NewErrorf("a sensitive value cannot be written as JSON")
		case t.IsCapsuleType():
			return false, p.NewErrorf("a %s cannot be written as JSON", t.FriendlyName())
		case !v.IsKnown():
			return false, p.NewErrorf("a value that is not known yet cannot be written as JSON")
		case v.IsNull():
			return false, nil
		case t == cty.Number && v.AsBigFloat().IsInf():
			return false, p.NewErrorf("an infinite number cannot be written as JSON")
		case t == cty.Number && isLong(v.AsBigFloat()):
			return false, p.NewError(errLongNumber)
		}
		return true, nil
	})
	if err != nil {
		return nil, atPath(err)
	}
	return ctyjson.Marshal(v, v.Type())
}

// atPath puts the place that a path error names before its text.
func atPath(err error) error {
	var e cty.PathError
	if !errors.As(err, &e) || len(e.Path) == 0 {
		return err
	}
	where := ""
	for _, step := range e.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			where += "." + schema.Printable(step.Name)
		case cty.IndexStep:
			where += "[" + valueText(step.Key) + "]"
		}
	}
	return fmt.Errorf("%s: %w", where, err)
}

// isLong reports whether n has more than about 1,200 digits before or after
// the point. Such a number is a few bytes in a plan, and gigabytes as text.
func isLong(n *big.Float) bool {
	const bits = 4096
	exponent := n.MantExp(nil)
	return exponent > bits || exponent < -bits
}

// fromJSON is the value of type t that raw holds. When t is
// cty.DynamicPseudoType the JSON decides: objects become objects and arrays
// become tuples.
func fromJSON(raw json.RawMessage, t cty.Type) (cty.Value, error) {
	implied, err := jsonType(raw)
	if err != nil {
		return cty.NilVal, err
	}
	if t == cty.DynamicPseudoType {
		t = implied
	}
	v, err := ctyjson.Unmarshal(raw, t)
	if err != nil {
		return cty.NilVal, atPath(err)
	}
	return v, nil
}
