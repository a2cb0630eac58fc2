package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// Split cuts items into runs of at most MaxBatch bytes on the wire each. A
// single larger item forms a run of its own.
func Split[M proto.Message](items []M) [][]M {
	return split(items, MaxBatch, func(m M) int { return proto.Size(m) + 8 })
}

func split[T any](items []T, limit int, size func(T) int) [][]T {
	var runs [][]T
	start, sum := 0, 0
	for i, item := range items {
		n := size(item)
		if i > start && sum+n > limit {
			runs = append(runs, items[start:i])
			start, sum = i, 0
		}
		sum += n
	}
	if start < len(items) {
		runs = append(runs, items[start:])
	}
	return runs
}

// refRuns returns refs as runs that fit a message each.
func refRuns(refs map[string]string) [][]*pb.GitRef {
	list := make([]*pb.GitRef, 0, len(refs))
	for name, object := range refs {
		list = append(list, &pb.GitRef{Name: []byte(name), Object: text(object)})
	}
	return split(list, MaxBatch/2, func(r *pb.GitRef) int { return len(r.Name) + len(r.Object) + 16 })
}

// popLast takes the last run off runs, so that the rest can go ahead of it.
func popLast[T any](runs [][]T) (rest [][]T, last []T) {
	if len(runs) == 0 {
		return nil, nil
	}
	return runs[:len(runs)-1], runs[len(runs)-1]
}

// budget is what is left of maxAnswer while an answer is put together.
type budget struct{ used int }

// spend takes n bytes, and the cost of holding one more thing.
func (b *budget) spend(n int) error {
	if b.used += n + 64; b.used > maxAnswer {
		return fmt.Errorf("an answer of more than %d bytes", maxAnswer)
	}
	return nil
}

// addRefs adds the refs of a message to refs and returns it.
func addRefs(refs map[string]string, more []*pb.GitRef, b *budget) (map[string]string, error) {
	if refs == nil && len(more) > 0 {
		refs = make(map[string]string, len(more))
	}
	for _, r := range more {
		if len(r.GetName()) == 0 || r.GetObject() == "" {
			return nil, fmt.Errorf("a ref without a name or an object")
		}
		if err := b.spend(len(r.Name) + len(r.Object)); err != nil {
			return nil, err
		}
		name, err := name("a ref name", r.Name)
		if err != nil {
			return nil, err
		}
		object, err := word("an object id", r.Object)
		if err != nil {
			return nil, err
		}
		if _, twice := refs[name]; twice {
			return nil, fmt.Errorf("the ref %q twice", name)
		}
		refs[name] = object
	}
	return refs, nil
}
