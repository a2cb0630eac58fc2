package schema

// Attribute describes one setting that a provider accepts in a plan file.
// Providers publish attributes; plan files are checked against them; docs and
// completion come from them.
type Attribute struct {
	Name string `json:"name"` // as written in plan files
	Type Type   `json:"type"`
	Doc  string `json:"doc"` // one or two sentences, ending in a full stop

	// Fields are what a TypeBlock holds. None of them is a block or a secret, is
	// required or has a default: an absent block is one without fields.
	Fields Attributes `json:"fields,omitempty"`

	Required bool `json:"required,omitempty"`

	// Identifies says, of a connection's attribute, that it names the other end:
	// a host, a folder. A connection whose identifying settings changed leads
	// somewhere else; any other change leaves it the same.
	Identifies bool `json:"identifies,omitempty"`

	// Secret says that the value is a credential: only a reference to a secret
	// block is accepted, and the text reaches no one but the provider.
	Secret bool `json:"secret,omitempty"`

	// Default is the JSON of the value in force when the attribute is absent.
	// Empty means that the provider decides.
	Default string `json:"default,omitempty"`

	// Values lists the only strings accepted; empty means any.
	Values []string `json:"values,omitempty"`

	// Min and Max bound a number, inclusive.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`

	// OnChange says what a change of the value does to a repository that was
	// migrated before.
	OnChange Effect `json:"on_change,omitempty"`

	// Deprecated, when not empty, says what to write instead.
	Deprecated string `json:"deprecated,omitempty"`

	// Derived says that Drover sets it, and that nobody needs to know of it who
	// writes a plan.
	Derived bool `json:"derived,omitempty"`

	// Group names attributes of which exactly one group is to be set, such as
	// two alternative ways of signing in. Empty: in no group.
	Group string `json:"group,omitempty"`
}

// Type is the type of an attribute.
type Type string

// The types an attribute can have.
const (
	TypeString     Type = "string"
	TypeNumber     Type = "number"
	TypeBool       Type = "bool"
	TypeStringList Type = "list(string)"
	TypeStringMap  Type = "map(string)"
	TypeBoolMap    Type = "map(bool)" // written as a block of booleans
	TypeBlock      Type = "block"     // a nested block of Fields; an object in JSON
)

// Effect is what changing a setting does to what was migrated already.
type Effect string

// The effects, from the mildest to the harshest.
const (
	EffectNone      Effect = ""           // nothing
	EffectResync    Effect = "resync"     // read and write again what differs
	EffectRewrite   Effect = "rewrite"    // history gets new commit ids
	EffectNewTarget Effect = "new_target" // it is another repository from now on
)

// Attributes is the description of one block's settings.
type Attributes []Attribute

// Find returns the attribute called name, or nil.
func (a Attributes) Find(name string) *Attribute {
	for i := range a {
		if a[i].Name == name {
			return &a[i]
		}
	}
	return nil
}

// ProviderSchema is the part of a provider's description that plan files are
// checked against. A nil list means that the provider does not play that part.
type ProviderSchema struct {
	Name    string `json:"name"`
	Version string `json:"version"`

	Source     Attributes            `json:"source"`     // of a source block
	Target     Attributes            `json:"target"`     // of a target block
	Repository Attributes            `json:"repository"` // of a repository block that reads from it
	Group      Attributes            `json:"group"`      // of a group block that reads from it
	Placement  Attributes            `json:"placement"`  // of a repository block that writes to it
	Discover   map[string]Attributes `json:"discover"`   // of a discover block, by kind
	IsSource   bool                  `json:"is_source"`
	IsTarget   bool                  `json:"is_target"`
}
