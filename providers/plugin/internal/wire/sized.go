package wire

import (
	"fmt"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

func encodeSized(list []providers.Sized) []*pb.Sized {
	var all []*pb.Sized
	for _, s := range list {
		all = append(all, &pb.Sized{Name: []byte(s.Name), Url: []byte(s.URL), Files: s.Files})
	}
	return all
}

func decodeSized(list []*pb.Sized) ([]providers.Sized, error) {
	if len(list) > providers.MaxLargest {
		return nil, fmt.Errorf("%d gists by their size; the limit is %d", len(list), providers.MaxLargest)
	}
	var all []providers.Sized
	for _, m := range list {
		s := providers.Sized{Files: m.GetFiles()}
		if err := decodeNames([]nameField{{"the name of a gist", m.GetName(), &s.Name}, {"the URL of a gist", m.GetUrl(), &s.URL}}); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
