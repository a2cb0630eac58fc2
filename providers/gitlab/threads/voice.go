package threads

import (
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// What people may be refused to do although they have an account. A refusal is
// remembered for each.
const (
	toWrite  = "write"
	toMerge  = "merge" // make a merge request
	toReact  = "react"
	toAssign = "assign"
	toJudge  = "judge" // approve
)

// voice is in whose name something is said.
type voice struct {
	api   *api.Client
	who   string
	real  bool // it is who is to speak
	dates bool // the server is expected to take dates from them
}

// voice returns in whose name p speaks: their own where that is possible, else
// that of the token's owner.
func (w *Writer) voice(r *project, p schema.Person, to string) voice {
	r.mu.Lock()
	defer r.mu.Unlock()
	own := strings.EqualFold(p.User, w.user)
	if p.User == "" || own || !w.admin || r.refused[to+" "+strings.ToLower(p.User)] {
		dates, known := r.dates[w.user]
		return voice{api: w.api, who: w.user, real: own, dates: dates || !known && r.owner}
	}
	return voice{api: w.api.As(p.User), who: p.User, real: true, dates: r.dates[p.User]}
}

// speak runs do in the name of p where that is possible, else in the name of the
// token's owner.
func (w *Writer) speak(r *project, p schema.Person, to string, do func(voice) error) (voice, error) {
	v := w.voice(r, p, to)
	err := do(v)
	// Of accounts that are blocked or gone, and of those who may not see the
	// project, the server says any of these.
	if v.who == w.user || !hasCode(err, providers.CodeDenied, providers.CodeNotFound, providers.CodeAuth) {
		return v, err
	}
	own := w.voice(r, schema.Person{}, to)
	if err = do(own); err == nil {
		r.refuse(to, v.who)
	}
	return own, err
}

// tookDate notes whether the server took a date from somebody.
func (r *memory) tookDate(who string, took bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dates[who] = took
}

func (r *memory) refuse(to, user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[to+" "+strings.ToLower(user)] = true
}

// shown is what the server shows of itself.
type shown struct {
	author bool
	date   bool
}

// lossAuthor is said when nobody is shown as the author but the token's owner.
const lossAuthor = "its author is named in the text"

// isBy reports whether an account is p's.
func isBy(u *api.User, p schema.Person) bool {
	return u != nil && p.User != "" && strings.EqualFold(u.Username, p.User)
}

// anyone reports whether p is somebody.
func anyone(p schema.Person) bool { return p.ID != "" || p.Login != "" || p.Name != "" }

// same reports whether the server shows a time as it was given.
func same(shown, given time.Time) bool {
	return !given.IsZero() && shown.Sub(given).Abs() < time.Second
}
