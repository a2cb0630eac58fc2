package threads

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// fetcher asks for threads by their numbers. It is safe for concurrent use.
type fetcher struct {
	client      Client
	repo        Repository
	discussions bool         // whether the repository has any
	untyped     bool         // whether it is known that no issue has a type
	width       atomic.Int64 // threads to ask for in one request
}

// found is the answer for one number. Both fields are nil when nothing has it.
type found struct {
	number  int64
	thread  *thread
	problem *providers.Error
}

func newFetcher(client Client, repo Repository) *fetcher {
	f := &fetcher{client: client, repo: repo}
	f.width.Store(int64(repo.few(mostAtOne)))
	return f
}

func (f *fetcher) sizes() sizes {
	return sizes{page: f.repo.few(firstPage), few: f.repo.few(firstFew)}
}

// fetch returns the threads with the given numbers, complete, in the same order.
func (f *fetcher) fetch(ctx context.Context, numbers []int64) ([]found, error) {
	all, err := f.halving(ctx, numbers)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if t := all[i].thread; all[i].problem == nil && (t == nil || t.troubles == 0) {
			continue
		}
		// What failed beside a hundred others may succeed alone.
		alone, err := f.complete(ctx, numbers[i:i+1])
		if err != nil {
			return nil, err
		}
		all[i] = alone[0]
	}
	return all, nil
}

// halving fetches numbers, in smaller parts when the server cannot do with all.
func (f *fetcher) halving(ctx context.Context, numbers []int64) ([]found, error) {
	all, err := f.complete(ctx, numbers)
	switch {
	case err == nil:
		f.widen()
		return all, nil
	case ctx.Err() != nil || !tooMuch(err):
		return nil, err
	case len(numbers) == 1:
		return f.unanswered(ctx, numbers[0], err)
	}
	half := len(numbers) / 2
	f.width.Store(int64(max(1, half)))
	first, err := f.halving(ctx, numbers[:half])
	if err != nil {
		return nil, err
	}
	second, err := f.halving(ctx, numbers[half:])
	return append(first, second...), err
}

// unanswered tells a thread that the server cannot show from a server that shows
// nothing.
func (f *fetcher) unanswered(ctx context.Context, number int64, err error) ([]found, error) {
	if _, other := f.head(ctx); other != nil {
		return nil, err
	}
	return []found{{number: number, problem: providers.AsError(err)}}, nil
}

// widen asks for more at once again, little by little.
func (f *fetcher) widen() {
	if n := f.width.Load(); n < int64(f.repo.few(mostAtOne)) {
		f.width.CompareAndSwap(n, n+1)
	}
}

// tooMuch reports whether a smaller request may succeed.
func tooMuch(err error) bool {
	e := providers.AsError(err)
	return e.Code == providers.CodeUnavailable ||
		e.Code == providers.CodeInvalid && (strings.Contains(e.Message, "LIMIT") || strings.Contains(e.Message, "larger than"))
}

// complete fetches numbers with all that belongs to them.
func (f *fetcher) complete(ctx context.Context, numbers []int64) ([]found, error) {
	all, err := f.ask(ctx, numbers, false)
	if err != nil {
		return nil, err
	}
	var open []int64
	for _, a := range all {
		if a.thread == nil && a.problem == nil {
			open = append(open, a.number)
		}
	}
	if f.discussions && len(open) > 0 {
		more, err := f.ask(ctx, open, true)
		if err != nil {
			return nil, err
		}
		for _, a := range more {
			all[slices.Index(numbers, a.number)] = a
		}
	}
	for {
		var jobs []job
		for _, a := range all {
			if a.thread != nil {
				jobs = append(jobs, a.thread.jobs(sizes{page: f.repo.pageSize()})...)
			}
		}
		if len(jobs) == 0 {
			return all, nil
		}
		for len(jobs) > 0 {
			n := portion(jobs)
			if err := f.run(ctx, jobs[:n]); err != nil {
				return nil, err
			}
			jobs = jobs[n:]
		}
	}
}

// ask fetches what comes with one request of threads.
func (f *fetcher) ask(ctx context.Context, numbers []int64, discussions bool) ([]found, error) {
	var answer struct {
		Repository map[string]json.RawMessage `json:"repository"`
	}
	op := fmt.Sprintf("read threads %d to %d", numbers[0], numbers[len(numbers)-1])
	query, variables := threadsQuery(numbers, discussions, f.sizes())
	variables["repo"] = f.repo.NodeID
	faults, err := f.client.GraphQL(ctx, query, variables, &answer, op, f.repo.fullName())
	if err != nil {
		return nil, err
	}
	if answer.Repository == nil {
		return nil, f.gone(op, faults)
	}
	var home string
	if err := json.Unmarshal(answer.Repository["id"], &home); err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: op, Subject: f.repo.fullName(), Message: "the answer does not name the repository", Err: err}
	}
	byAlias := byFirst(faults, "repository")
	all := make([]found, len(numbers))
	for i, n := range numbers {
		alias := fmt.Sprintf("t%d", i)
		all[i] = decodeThread(n, home, answer.Repository[alias], byAlias[alias])
	}
	return all, nil
}

// gone is the error of a repository that was not answered.
func (f *fetcher) gone(op string, faults forgehttp.GraphErrors) error {
	e := &providers.Error{Code: providers.CodeNotFound, Op: op, Subject: f.repo.fullName(),
		Message: "the repository is gone, or the token may not see it", Hint: "check the repository's name and what the token is allowed to read"}
	if len(faults) > 0 && faults[0].Type != "NOT_FOUND" {
		e.Code, e.Message = providers.CodeDenied, faults[0].Message
	}
	return e
}

// decodeThread reads the answer for one number. Paths of faults begin below it.
func decodeThread(number int64, home string, raw json.RawMessage, faults forgehttp.GraphErrors) found {
	if len(raw) == 0 || string(raw) == "null" {
		for _, e := range faults {
			if e.Type != "NOT_FOUND" {
				return found{number: number, problem: &providers.Error{Code: providers.CodeUnavailable, Message: "GitHub cannot show it: " + e.Message}}
			}
		}
		return found{number: number}
	}
	t := new(thread)
	if err := json.Unmarshal(raw, t); err != nil {
		return found{number: number, problem: &providers.Error{Code: providers.CodeInvalid, Message: "the answer is not what GitHub describes", Err: err}}
	}
	if t.Number != number || t.Repository.ID != home { // it was moved to another repository
		return found{number: number}
	}
	for _, e := range faults {
		t.troubles++
		t.fault(e.Path, e.Message)
	}
	return found{number: number, thread: t}
}

// byFirst sorts faults below a path by the name that follows, and cuts their
// paths behind it.
func byFirst(faults forgehttp.GraphErrors, prefix ...string) map[string]forgehttp.GraphErrors {
	sorted := map[string]forgehttp.GraphErrors{}
next:
	for _, e := range faults {
		if len(e.Path) <= len(prefix) {
			continue
		}
		for i, p := range prefix {
			if e.Path[i] != p {
				continue next
			}
		}
		if name, ok := e.Path[len(prefix)].(string); ok {
			e.Path = e.Path[len(prefix)+1:]
			sorted[name] = append(sorted[name], e)
		}
	}
	return sorted
}

const (
	mostJobs  = 100  // parts of lists in one request
	mostLists = 1000 // lists that the server looks up for them
	mostNodes = 4000 // items that they may bring
)

// portion is how many of jobs go into one request.
func portion(jobs []job) int {
	lists, nodes := 0, 0
	for i, j := range jobs {
		lists += 1 + j.size*j.lists
		nodes += j.size
		if i > 0 && (i >= mostJobs || lists > mostLists || nodes > mostNodes) {
			return i
		}
	}
	return len(jobs)
}

// run does jobs in one request, or in more when that is too much.
func (f *fetcher) run(ctx context.Context, jobs []job) error {
	query, variables := jobsQuery(jobs, f.sizes())
	var answer map[string]struct {
		List json.RawMessage `json:"list"`
	}
	op := fmt.Sprintf("read more of thread %d", jobs[0].of.Number)
	faults, err := f.client.GraphQL(ctx, query, variables, &answer, op, f.repo.fullName())
	if err != nil {
		switch {
		case ctx.Err() != nil || !tooMuch(err):
			return err
		case len(jobs) > 1:
			half := len(jobs) / 2
			if err := f.run(ctx, jobs[:half]); err != nil {
				return err
			}
			return f.run(ctx, jobs[half:])
		case jobs[0].size > 1:
			smaller := jobs[0]
			smaller.size /= 2
			return f.run(ctx, []job{smaller}) // the rest of the page is a job of the next round
		}
		return err
	}
	byAlias := byFirst(faults)
	for i, j := range jobs {
		alias := fmt.Sprintf("j%d", i)
		below := byAlias[alias]
		j.of.troubles += len(below)
		for k := range below {
			if len(below[k].Path) > 0 {
				below[k].Path = below[k].Path[1:] // the list
			}
		}
		raw := answer[alias].List
		if len(raw) == 0 {
			j.of.troubles++
		}
		j.take(raw, below)
	}
	return nil
}

// jobsQuery asks for parts of lists.
func jobsQuery(jobs []job, n sizes) (string, map[string]any) {
	var head, body strings.Builder
	variables := map[string]any{}
	for i, j := range jobs {
		args := fmt.Sprintf("first: %d", j.size)
		fmt.Fprintf(&head, "$i%d: ID!, ", i)
		variables[fmt.Sprintf("i%d", i)] = j.node
		if j.after != "" {
			fmt.Fprintf(&head, "$a%d: String, ", i)
			variables[fmt.Sprintf("a%d", i)] = j.after
			args += fmt.Sprintf(", after: $a%d", i)
		}
		if j.args != "" {
			args += ", " + j.args
		}
		fmt.Fprintf(&body, "  j%d: node(id: $i%d) { ... on %s { list: %s(%s) { totalCount nodes { %s } pageInfo { ...Page } } } }\n", i, i, j.on, j.field, args, j.item)
	}
	return document("query("+strings.TrimSuffix(head.String(), ", ")+") {\n"+body.String()+"}", n), variables
}
