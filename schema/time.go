package schema

import "time"

// Time is a moment in UTC; its JSON form is RFC 3339. It is an alias, so the
// standard library's methods are at hand and the zero value is left out of
// bodies.
type Time = time.Time
