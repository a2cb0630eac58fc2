package conversion

import (
	"cmp"
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
)

const (
	// maxPacks is how many packs a conversion may have while it runs: git
	// looks for an object in one after the other.
	maxPacks = 20
	// maxMergedPack is the size of packs that are left as they are.
	maxMergedPack = 512 << 20
)

// merge merges as many of the smallest packs as it takes for each of the others
// to be at least twice as large as all smaller ones together, and returns the
// packs that are then to be used. The merged ones stay, because the valid
// checkpoint names them.
func (s *Session) merge(packs []packFile) ([]packFile, error) {
	small, rest := splitPacks(packs)
	if len(small) < 2 {
		return packs, nil
	}
	names := make([]string, len(small))
	for i, p := range small {
		names[i] = p.Name
	}
	name, err := gitpack.Merge(s.dir, names)
	if err != nil {
		return nil, err
	}
	return s.withPack(rest, name)
}

// splitPacks tells the packs that are to be merged from those that stay. Both
// are in the order of packs.
func splitPacks(packs []packFile) (small, rest []packFile) {
	bySize := slices.Clone(packs)
	slices.SortStableFunc(bySize, func(a, b packFile) int { return cmp.Compare(a.Bytes, b.Bytes) })
	var sum int64
	merged := map[string]bool{}
	for i, p := range bySize {
		if p.Bytes >= maxMergedPack {
			break
		}
		if p.Bytes < 2*sum {
			for _, q := range bySize[:i+1] {
				merged[q.Name] = true
			}
		}
		sum += p.Bytes
	}
	for _, p := range packs {
		if merged[p.Name] {
			small = append(small, p)
		} else {
			rest = append(rest, p)
		}
	}
	return small, rest
}

// removePacks removes those of the packs before that after no longer names.
// Indexes go first, because git takes an index without a pack for damage.
func (s *Session) removePacks(before, after []packFile) error {
	removed := false
	for _, p := range before {
		if slices.Contains(after, p) {
			continue
		}
		for _, extension := range []string{".idx", ".pack"} {
			if err := s.disk.RemoveAll(s.path("objects", "pack", p.Name+extension)); err != nil {
				return err
			}
		}
		removed = true
	}
	if !removed {
		return nil
	}
	return s.store.Refresh()
}
