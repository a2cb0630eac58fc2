package schema

// Protection is the body of a rule over branches or tags.
type Protection struct {
	Ref     string `json:"ref"`     // branch, tag
	Pattern string `json:"pattern"` // a name or a glob

	// Push and Merge name who may: everyone, write, maintain, admin, nobody.
	Push           string   `json:"push,omitempty"`
	Merge          string   `json:"merge,omitempty"`
	PushPeople     []Person `json:"push_people,omitempty"`
	MergePeople    []Person `json:"merge_people,omitempty"`
	ForcePush      bool     `json:"force_push,omitempty"`
	Deletion       bool     `json:"deletion,omitempty"`
	Approvals      int64    `json:"approvals,omitempty"`
	CodeOwners     bool     `json:"code_owners,omitempty"`
	Signed         bool     `json:"signed,omitempty"`
	Linear         bool     `json:"linear,omitempty"`
	Conversations  bool     `json:"conversations,omitempty"` // all must be resolved
	RequiredChecks []string `json:"required_checks,omitempty"`
}
