package gitrepo

import (
	"context"
	"strings"
)

// fetchBatch is how many objects one run of git asks for: their ids must fit into
// its arguments.
const fetchBatch = 500

// FetchObjects brings objects with all that they need from a remote which need not
// have a ref for them, and returns those of them that it does not give. Nothing
// but the caller's own refs keeps what came; remote.Only is not used.
func (r *Repo) FetchObjects(ctx context.Context, remote Remote, oids []string, progress func(Progress)) (missing []string, err error) {
	op := "fetch objects from " + remote.String()
	if remote, err = remote.ready(op); err != nil {
		return nil, err
	}
	wanted, err := r.HasObjects(ctx, oids)
	if err != nil {
		return nil, err
	}
	m := mirror{op: op, remote: remote, dir: r.dir, progress: progress}
	for len(wanted) > 0 {
		batch := wanted[:min(fetchBatch, len(wanted))]
		wanted = wanted[len(batch):]
		refused, err := m.fetchObjects(ctx, batch)
		if err != nil {
			return missing, err
		}
		missing = append(missing, refused...)
	}
	return missing, nil
}

// fetchObjects fetches a batch. A remote refuses it as a whole when it lacks one of
// the objects, so it is halved until that one is alone.
func (m mirror) fetchObjects(ctx context.Context, oids []string) (missing []string, err error) {
	var said string
	c := m.transfer(append([]string{"fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--progress", "--", m.remote.URL}, oids...)...)
	c.dir, c.said = m.dir, func(stderr string) { said = stderr }
	err = c.run(ctx)
	if err == nil || !lacks(said) {
		return nil, err
	}
	if len(oids) == 1 {
		return oids, nil
	}
	for _, half := range [][]string{oids[:len(oids)/2], oids[len(oids)/2:]} {
		refused, err := m.fetchObjects(ctx, half)
		if err != nil {
			return missing, err
		}
		missing = append(missing, refused...)
	}
	return missing, nil
}

// lacks reports whether git said that the remote does not have an object, or gives
// out only what it has a ref for.
func lacks(said string) bool {
	return strings.Contains(said, "not our ref") || strings.Contains(said, "unadvertised object")
}
