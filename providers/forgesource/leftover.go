package forgesource

import (
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/stream"
)

// Again begins what is said of things that people have to see to.
const Again = "not carried, to be made again by hand: "

// Leftover is one sort of thing that stands in a repository and fits no record.
type Leftover struct {
	code, what string
	names      iter.Seq2[string, error]
}

// Leave returns a leftover. Code is that of the loss; what is said to people.
func Leave(code, what string, names iter.Seq2[string, error]) Leftover {
	return Leftover{code, what, names}
}

// Tell lists leftovers as losses, for people to work through. What the token may not
// see is told as that. A thing whose name is empty is counted.
func Tell(out *stream.Out, leftovers ...Leftover) error {
	for _, l := range leftovers {
		if err := l.tell(out); err != nil {
			return err
		}
	}
	return nil
}

func (l Leftover) tell(out *stream.Out) error {
	var names []string
	count := int64(0)
	for name, err := range l.names {
		switch {
		case IsHidden(err):
			return out.Loss(l.code, "not carried, and the token may not list them: "+l.what, 1)
		case err != nil:
			return err
		}
		if count++; name != "" {
			names = append(names, name)
		}
	}
	switch {
	case count == 0:
		return nil
	case len(names) == 0:
		return out.Loss(l.code, Again+l.what, count)
	}
	return out.Loss(l.code, fmt.Sprintf("%s%s: %s", Again, l.what, stream.Few(names)), count)
}

// Names tells a list by what its items are called.
func Names[T any](list iter.Seq2[T, error], name func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range list {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(name(item), nil) {
				return
			}
		}
	}
}

// NamesOf is Names of a list that comes at once, when it is asked for.
func NamesOf(list func() ([]string, error)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		all, err := list()
		if err != nil {
			yield("", err)
			return
		}
		for _, name := range all {
			if !yield(name, nil) {
				return
			}
		}
	}
}

// IfAny takes a list that is hidden for an empty one. Whoever may see everything is
// told so of what the server, or its edition, does not have.
func IfAny(names iter.Seq2[string, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for name, err := range names {
			if IsHidden(err) || !yield(name, err) {
				return
			}
		}
	}
}

// IsHidden reports whether err says that there is no such thing, or that the token
// may not see it. To some tokens, what they may not see does not exist.
func IsHidden(err error) bool {
	switch providers.CodeOf(err) {
	case providers.CodeDenied, providers.CodeNotFound, providers.CodeUnsupported:
		return true
	}
	return false
}

// Origin is an address without what may be a secret in it: credentials, the path of
// which many services make one, and the query. Servers put stars and the like into
// addresses, so it need not be a proper one.
func Origin(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}

// Host is the host of an address: the rest of one that is called by a server is often
// what lets a caller in.
func Host(address string) string {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" {
		return "an address that cannot be read"
	}
	return at.Host
}
