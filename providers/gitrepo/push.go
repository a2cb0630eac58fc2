package gitrepo

import (
	"context"
	"fmt"
	"strings"
)

const (
	// pushBatch is how many refs one run of git moves: their names must fit
	// into its arguments.
	pushBatch = 300

	// maxRefused is how many refs are asked for one by one. More than that have
	// a common cause.
	maxRefused = 200
)

// Refusal is a ref that a remote did not move, and why.
type Refusal struct {
	Name string

	// Stale says that the ref is not what RefUpdate.Old says.
	Stale bool

	Message string // one line, free of credentials and control characters
}

// Push moves refs at a remote and sends the objects that this takes. The name of
// an update is that of the ref at the remote; the repository need not have it.
// Old is compared by the remote at the moment in which the ref moves.
//
// A ref that the remote refuses is a Refusal, and the others are moved. An
// error leaves open which of them were. What a single ref does not explain, such
// as more than 200 refusals, is an error too.
func (r *Repo) Push(ctx context.Context, remote Remote, updates []RefUpdate, progress func(Progress)) ([]Refusal, error) {
	p := push{repo: r, op: "push to " + remote.String(), progress: progress}
	var err error
	if p.remote, err = remote.ready(p.op); err != nil {
		return nil, err
	}
	for _, u := range updates {
		if err := p.check(u); err != nil {
			return nil, err
		}
	}
	// Deleted refs make room for "a/b" where "a" was.
	for _, deletes := range []bool{true, false} {
		var batch []RefUpdate
		for _, u := range updates {
			if (u.New == "") != deletes {
				continue
			}
			if batch = append(batch, u); len(batch) == pushBatch {
				if err := p.move(ctx, batch); err != nil {
					return p.refused, err
				}
				batch = batch[:0]
			}
		}
		if err := p.move(ctx, batch); err != nil {
			return p.refused, err
		}
	}
	return p.refused, nil
}

// push is one call of Push.
type push struct {
	repo     *Repo
	op       string
	remote   Remote
	progress func(Progress)
	refused  []Refusal
}

func (p *push) check(u RefUpdate) error {
	refuse := func(reason string) error {
		return &Error{Op: p.op, Kind: Refused, Ref: u.Name, Message: fmt.Sprintf("ref %q: %s", plain(u.Name), reason)}
	}
	if err := checkStored(u.Name); err != nil {
		return refuse(err.Error())
	}
	for _, oid := range []string{u.Old, u.New} {
		if oid != "" && !isOID(oid) {
			return refuse(fmt.Sprintf("%q is not an object id", plain(oid)))
		}
	}
	if isZero(u.New) {
		return refuse("zeros are not an object id; leave it empty to delete the ref")
	}
	return nil
}

// move moves a batch of refs. Hooks of forges turn a push down as a whole for
// the sake of one protected branch; it is tried again in halves then.
func (p *push) move(ctx context.Context, batch []RefUpdate) error {
	if len(batch) == 0 {
		return nil
	}
	answers, said, err := p.run(ctx, batch)
	if err != nil {
		return err
	}
	var declined []RefUpdate
	for _, u := range batch {
		a, answered := answers[u.Name]
		switch {
		case !answered:
			return &Error{Op: p.op, Kind: Unreachable, Ref: u.Name, Message: fmt.Sprintf("it is not known what became of %s", plain(u.Name))}
		case a.moved:
		case a.declined && len(batch) > 1:
			declined = append(declined, u)
		default:
			if a.declined && said != "" {
				a.reason = said
			}
			p.refused = append(p.refused, Refusal{Name: u.Name, Stale: a.stale, Message: plain(a.reason, p.remote.secrets()...)})
		}
	}
	if len(p.refused) > maxRefused {
		return &Error{Op: p.op, Kind: Refused, Ref: p.refused[0].Name,
			Message: fmt.Sprintf("more than %d refs were refused, the first of them with: %s", maxRefused, p.refused[0].Message)}
	}
	if len(declined) == 0 {
		return nil
	}
	half := (len(declined) + 1) / 2
	if err := p.move(ctx, declined[:half]); err != nil {
		return err
	}
	return p.move(ctx, declined[half:])
}

// pushAnswer is what became of one ref.
type pushAnswer struct {
	moved    bool
	stale    bool
	declined bool // by a hook, perhaps for the sake of another ref
	reason   string
}

// run is one push. said is what the remote's hook said, if it said something.
func (p *push) run(ctx context.Context, batch []RefUpdate) (answers map[string]pushAnswer, said string, err error) {
	args := []string{"push", "--porcelain", "--progress", "--no-follow-tags", "--no-recurse-submodules", "--no-verify"}
	var specs []string
	for _, u := range batch {
		switch {
		case isZero(u.Old):
			args = append(args, "--force-with-lease="+u.Name+":")
		case u.Old != "":
			args = append(args, "--force-with-lease="+u.Name+":"+u.Old)
		}
		spec := u.New + ":" + u.Name
		if u.Old == "" {
			spec = "+" + spec // whatever is there
		}
		specs = append(specs, spec)
	}
	c := p.repo.git("", append(append(args, "--", p.remote.URL), specs...)...)
	c.op, c.remote, c.progress = p.op, &p.remote, p.progress
	c.said = func(stderr string) { said = hookSaid(stderr) }
	answers = make(map[string]pushAnswer, len(batch))
	err = c.eachLine(ctx, func(line []byte) error {
		if name, a, ok := parsePushLine(string(line)); ok {
			answers[name] = a
		}
		return nil
	})
	if len(answers) > 0 && exitCode(err) == 1 { // refs were refused; they tell why
		err = nil
	}
	return answers, said, err
}

// hookSaid returns the line of a push's standard error in which the remote's
// hook most likely says why it declined: the last one that is not git's own.
func hookSaid(stderr string) string {
	var said string
	for line := range strings.Lines(stderr) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "remote:")
		text = strings.TrimSpace(text)
		if ok && text != "" && !strings.HasPrefix(text, "error: hook declined") && !strings.Contains(strings.ToLower(text), "processed") {
			said = text
		}
	}
	return said
}

// parsePushLine reads a line of git push --porcelain, such as
//
//	!	1f2e3d:refs/heads/main	[remote rejected] (hook declined)
func parsePushLine(line string) (name string, a pushAnswer, ok bool) {
	fields := strings.SplitN(line, "\t", 3)
	if len(fields) != 3 || len(fields[0]) != 1 {
		return "", a, false
	}
	i := strings.LastIndexByte(fields[1], ':') // no ref name has one
	if i < 0 {
		return "", a, false
	}
	name = fields[1][i+1:]
	if fields[0] != "!" {
		return name, pushAnswer{moved: true}, true
	}
	summary := fields[2]
	a.stale = strings.Contains(summary, "(stale info)")
	a.declined = strings.Contains(summary, "hook declined")
	a.reason = strings.TrimSuffix(summary, ")")
	if _, why, found := strings.Cut(a.reason, "("); found {
		a.reason = why
	}
	if strings.Contains(summary, "[remote failure]") { // the remote broke off; what it did is open
		return "", a, false
	}
	return name, a, true
}
