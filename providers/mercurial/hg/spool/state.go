package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// format is that of the folder. Another one is not read; a spool can always be
// filled again.
const format = 1

// state says what of the spool is valid.
type state struct {
	Format    int                `json:"format"`
	Data      int64              `json:"data"`   // valid bytes of the file
	Index     int64              `json:"index"`  // likewise
	Groups    int64              `json:"groups"` // likewise
	Heads     []hg.Node          `json:"heads"`  // of the server; null: everything is visible
	Bookmarks map[string]hg.Node `json:"bookmarks"`
	Obsolete  []hg.Node          `json:"obsolete"`
	Phases    []phaseRun         `json:"phases"` // of the changesets in their order
}

// phaseRun is a run of changesets in the same phase.
type phaseRun struct {
	Phase hg.Phase `json:"phase"`
	Count int      `json:"count"`
}

func runs(phases []hg.Phase) []phaseRun {
	var runs []phaseRun
	for _, p := range phases {
		if n := len(runs); n > 0 && runs[n-1].Phase == p {
			runs[n-1].Count++
			continue
		}
		runs = append(runs, phaseRun{p, 1})
	}
	return runs
}

// phases returns the phase of each of n changesets.
func (s *state) phases(n int) ([]hg.Phase, error) {
	phases := make([]hg.Phase, 0, n)
	for _, run := range s.Phases {
		if run.Count < 0 || run.Count > n-len(phases) {
			return nil, fmt.Errorf("%w: phases of more changesets than there are", hg.ErrCorrupt)
		}
		for range run.Count {
			phases = append(phases, run.Phase)
		}
	}
	if len(phases) < n {
		return nil, fmt.Errorf("%w: phases of %d of %d changesets", hg.ErrCorrupt, len(phases), n)
	}
	return phases, nil
}

func readState(dir string) (state, error) {
	data, err := os.ReadFile(filepath.Join(dir, "state"))
	if errors.Is(err, fs.ErrNotExist) {
		return state{Format: format}, nil
	}
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return state{}, fmt.Errorf("%w: state: %w", hg.ErrCorrupt, err)
	}
	if s.Format != format {
		return state{}, fmt.Errorf("it has the format %d, and this version reads %d; remove the folder, and all is read again", s.Format, format)
	}
	if s.Data < 0 || s.Index < 0 || s.Groups < 0 || s.Index%recordSize != 0 {
		return state{}, fmt.Errorf("%w: state: sizes that cannot be", hg.ErrCorrupt)
	}
	return s, nil
}

// write replaces the state in dir. What it speaks of is on the disk already.
func (s *state) write(dir string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "state-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, "state")); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a rename last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
