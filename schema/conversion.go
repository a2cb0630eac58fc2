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

// Revision is a revision of a source and the commit at the target that stands
// for it. Where commits are what the source has, and the history was rewritten,
// the revision is the id of the old commit.
type Revision struct {
	Revision string `json:"revision"` // as the source writes it: r12, or a changeset's id
	Commit   string `json:"commit"`
	Branch   string `json:"branch,omitempty"`
}

// Conversion is what was counted while a history was read and rewritten.
type Conversion struct {
	Commits           int64 `json:"commits"`                      // in the history as it was read
	Rewritten         int64 `json:"rewritten,omitempty"`          // of them, those with another id now
	SignaturesDropped int64 `json:"signatures_dropped,omitempty"` // of commits and tags that were rewritten
	LargeFiles        int64 `json:"large_files,omitempty"`        // contents over the threshold
	LargeBytes        int64 `json:"large_bytes,omitempty"`        // their sizes, in bytes
}
