package schema

// Loss is something that a source holds and the target's git cannot, or holds in
// another form: a Subversion property, a path that git refuses, a signature
// that no longer fits. It is not a failure; it is told so that nothing
// disappears silently.
type Loss struct {
	// Code is stable, in lower case with dots: "subversion.externals".
	Code string `json:"code"`

	// Message says what became of it, as a sentence that can be printed.
	Message string `json:"message"`

	Path     string `json:"path,omitempty"`
	Ref      string `json:"ref,omitempty"`
	Revision string `json:"revision,omitempty"` // of the source, where it was met first

	// Count is how often it was met; at least 1.
	Count int64 `json:"count"`
}
