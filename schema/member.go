package schema

// Member is the body of a person's access to the repository.
type Member struct {
	Person  Person `json:"person"`
	Access  string `json:"access"`         // read, triage, write, maintain, admin
	Role    string `json:"role,omitempty"` // the source's own name of the role, when it is a custom one
	Outside bool   `json:"outside,omitempty"`
	Expires string `json:"expires,omitempty"` // YYYY-MM-DD
}
