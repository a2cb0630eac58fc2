package providertest

import "time"

// Version is the version of the suite. It goes up with every check that is
// added or made stricter, so that two reports can be compared.
const Version = 1

// The levels, each of which includes those before it.
const (
	LevelGit     = 1 // git data can be carried
	LevelRecords = 2 // records can be carried, and a run can be resumed
	LevelFull    = 3 // all of the contract
)

// Result is how a check ended.
type Result string

// The results.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"
	Skipped Result = "skipped"
)

// Check is one check that was made, or that could not be.
type Check struct {
	Area  string `json:"area"` // what it is about: Start, Inspect, Push, ...
	Name  string `json:"name"` // what is expected, in a few words
	Level int    `json:"level"`

	Result Result `json:"result"`

	// Untried says that the check was skipped because the fixture lacks what it
	// needs, and not because the provider does not do such a thing.
	Untried bool `json:"untried,omitempty"`

	// Detail says what was seen, or why the check was skipped. It is text to
	// show, without control characters, and may have several lines.
	Detail string `json:"detail,omitempty"`

	Elapsed time.Duration `json:"elapsed_ns"`
}

// Report is the outcome of a run.
type Report struct {
	Suite    int     `json:"suite"` // Version
	Provider string  `json:"provider"`
	Version  string  `json:"version"` // of the provider
	Checks   []Check `json:"checks"`

	// Err is why the provider did not start, in the form in which its Launch
	// gave it. The other checks are skipped then.
	Err error `json:"-"`
}

// Passes reports whether no check up to a level failed, and the provider
// started.
func (r Report) Passes(level int) bool {
	for _, c := range r.Checks {
		if c.Level <= level && c.Result == Failed {
			return false
		}
	}
	return r.Err == nil
}

// Level is the highest level that the provider passes; 0 when it passes none.
// Checks that were skipped do not count against it.
func (r Report) Level() int {
	level := 0
	for level < LevelFull && r.Passes(level+1) {
		level++
	}
	return level
}

// Count returns how many checks ended with a result.
func (r Report) Count(result Result) int {
	n := 0
	for _, c := range r.Checks {
		if c.Result == result {
			n++
		}
	}
	return n
}

// Untried returns how many checks were skipped because the fixture lacks what
// they need.
func (r Report) Untried() int {
	n := 0
	for _, c := range r.Checks {
		if c.Untried {
			n++
		}
	}
	return n
}
