package github

import "iter"

// inPages hands a list over in pages, so that what belongs to the objects of one
// page can be asked for at once, and no more than a page is held.
func inPages[T any](list iter.Seq2[T, error], size int, take func([]T) error) error {
	var page []T
	for item, err := range list {
		if err != nil {
			return err
		}
		if page = append(page, item); len(page) == size {
			if err := take(page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	if len(page) == 0 {
		return nil
	}
	return take(page)
}
