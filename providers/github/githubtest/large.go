package githubtest

import (
	"fmt"
	"time"
)

// Large adds a repository with many issues, each with as many comments, and
// returns it. Their texts are a few that all share, so that half a million
// comments fit into memory. It has no git.
func Large(m *Model, issues, comments int) (*Repository, error) {
	m.SetClock(Epoch, time.Second)
	owner := m.AddUser(User{Login: "large", Name: "Large"})
	people := []*User{owner}
	for _, login := range []string{"anna", "bela", "chen", "dara"} {
		people = append(people, m.AddUser(User{Login: login}))
	}
	r, err := m.AddRepository(owner, &Repository{Name: "archive"})
	if err != nil {
		return nil, err
	}
	labels := []*Label{m.AddLabel(r, Label{Name: "bug"}), m.AddLabel(r, Label{Name: "wontfix"})}
	texts := []string{"It happens at night.", "Me too.", "Fixed on main, I think.", "Still there with the **newest** version.", "Closing."}
	for n := range issues {
		i := Issue{Title: "It is dark", Content: by(people[n%len(people)], texts[n%len(texts)]), Labels: labels[n%2 : n%2+1]}
		if n%3 == 0 {
			i.State, i.StateReason, i.ClosedBy = "closed", "completed", owner
		}
		made := m.AddIssue(r, i)
		for k := range comments {
			m.AddComment(made, Comment{Content: by(people[(n+k)%len(people)], texts[(n+k)%len(texts)])})
		}
	}
	return r, nil
}

// AddPulls adds pull requests without git to a repository, each with a review
// of two comments. They stand in for real ones where only their number matters.
func AddPulls(m *Model, r *Repository, pulls int) {
	for n := range pulls {
		i := m.AddIssue(r, Issue{Title: "Light it", Content: by(r.Owner, "A lamp."), Pull: &Pull{
			Head: Tip{Branch: "lamp", Commit: commitID(2*n + 1), Repo: r, Owner: r.Owner},
			Base: Tip{Branch: r.DefaultBranch, Commit: commitID(2 * n), Repo: r, Owner: r.Owner},
		}})
		hunk := "@@ -1 +1 @@\n-dark\n+light"
		m.AddReview(i, Review{State: "APPROVED", Content: by(r.Owner, "Bright.")},
			Note{Body: "How bright?", Place: Place{Path: "lamp.go", Line: 1, Position: 2}, Hunk: hunk},
			Note{Body: "Nice.", Place: Place{Path: "lamp.go", Side: "LEFT", Line: 1, Position: 1}, Hunk: hunk})
	}
}

// commitID makes up the id of a commit that no repository has.
func commitID(n int) string { return fmt.Sprintf("%040x", n+1) }
