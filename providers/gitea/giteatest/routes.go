package giteatest

import "strings"

// routes is the table of all that the API can be asked.
func routes() []route {
	var table []route
	add := func(method, path string, n need, do func(*call) (reply, error)) {
		table = append(table, route{method: method, path: strings.Split(path, "/"), need: n, do: do})
	}
	// below adds routes of repositories.
	below := func(method, path string, n need, do func(*call) (reply, error)) {
		add(method, strings.TrimSuffix("repos/{owner}/{repo}/"+path, "/"), n, do)
	}
	serverRoutes(add)
	userRoutes(add)
	orgRoutes(add)
	repoRoutes(add, below)
	gitRoutes(below)
	protectionRoutes(below)
	issueRoutes(add, below)
	commentRoutes(below)
	pullRoutes(below)
	releaseRoutes(below)
	wikiRoutes(below)
	return table
}

// adding is how a file puts its routes into the table.
type adding func(method, path string, n need, do func(*call) (reply, error))
