package planfile

import (
	"reflect"

	"github.com/zclconf/go-cty/cty"
)

// The types of values that stand for blocks. They are opaque: such a value can
// be passed on and chosen among, and nothing else. In particular no function
// and no template can turn a secret into text.
var (
	secretType  = cty.Capsule("secret reference", reflect.TypeFor[block]())
	sourceType  = cty.Capsule("source reference", reflect.TypeFor[block]())
	targetType  = cty.Capsule("target reference", reflect.TypeFor[block]())
	authorsType = cty.Capsule("authors reference", reflect.TypeFor[block]())
	profileType = cty.Capsule("profile reference", reflect.TypeFor[block]())
)

// referenceType is the type of references to blocks of a kind.
func referenceType(kind string) (cty.Type, bool) {
	switch kind {
	case "secret":
		return secretType, true
	case "source":
		return sourceType, true
	case "target":
		return targetType, true
	case "authors":
		return authorsType, true
	case "profile":
		return profileType, true
	}
	return cty.NilType, false
}

// referenced is the block that v stands for.
func referenced(v cty.Value) *block {
	return v.EncapsulatedValue().(*block)
}
