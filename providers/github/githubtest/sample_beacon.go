package githubtest

import (
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// beacon is the repository with most of everything.
func (s *sampler) beacon() {
	m := s.m
	r := s.repository(s.org.User, &Repository{Name: "beacon", Description: "A lamp that finds ships ⛵", Homepage: "https://lantern.example/beacon",
		Topics: []string{"go", "lighthouse", "optics"}, License: "MIT", Language: "Go"})
	files := s.beaconCode(r)
	m.AddCollaborator(r, Collaborator{User: s.grace, Role: "maintain"})
	m.AddCollaborator(r, Collaborator{User: s.linus, Role: "write"})
	m.AddCollaborator(r, Collaborator{User: s.mona, Role: "triage", Outside: true})
	l := s.beaconLabels(r)
	s.beaconRules(r)
	s.beaconIssues(r, l)
	s.beaconMerged(r, l, files)
	s.beaconForks(r, l, files)
	m.SkipNumbers(r, 1) // 7
	s.beaconDiscussion(r, l)
	s.beaconClosed(r, files)
	s.beaconTexts(r, l)
	s.beaconOpen(r, l, files)
	m.SkipNumbers(r, 2)
	m.AddIssue(r, Issue{Title: "Follow-up of everything", Content: by(s.ada, "After #5, GH-1, lantern/docs#1 and "+s.commit(r, "refs/tags/v1.0.0")+".\n\nNot `#2`, nor &#35;2, nor item#2."), Labels: []*Label{l[0]}})
	s.beaconReleases(r)
	m.AddCommitComment(r, CommitComment{Content: by(s.mona, "This line is *why* it flickers."), Commit: s.commit(r, "refs/tags/v1.0.0"), Path: "lamp.go", Position: 3, Line: 3})
	note := m.AddCommitComment(r, CommitComment{Content: by(s.linus, "Good commit, see #1."), Commit: s.commit(r, "refs/heads/main")})
	s.react(note, "hooray", s.ada)
	m.EditRepository(r, func(r *Repository) {
		r.AllowRebase, r.DeleteBranchOnMerge, r.HasProjects, r.Size = false, true, false, 412
	})
}

const lampGo = "package lamp\n\n// Flash says how long a flash is.\nfunc Flash() int {\n\treturn 3\n}\n"

// beaconCode writes the history, and returns the files of its end.
func (s *sampler) beaconCode(r *Repository) map[string]string {
	files := map[string]string{
		"README.md":      "# Beacon\n\nA lamp.\n",
		"lamp.go":        strings.Replace(lampGo, "3", "1", 1),
		".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
		"lens.bin":       s.large(r, []byte(strings.Repeat("glass ", 400))),
	}
	s.push(r, "main", s.ada, "Light the lamp\n\nCo-authored-by: Mona <mona@elsewhere.example>\n", files)
	files["lamp.go"] = lampGo
	commit := s.push(r, "main", s.grace, "Flash longer\n\nFixes #1\n", files)
	s.tag(r, "v1.0.0", commit, "Beacon 1.0\n\nIt shines.\n")
	files["docs/über.md"] = "# Über uns\n"
	s.push(r, "main", s.linus, "Document in German", files)
	return files
}

func (s *sampler) beaconLabels(r *Repository) []*Label {
	return []*Label{
		s.m.AddLabel(r, Label{Name: "bug", Color: "d73a4a", Description: "Something isn't working", Default: true}),
		s.m.AddLabel(r, Label{Name: "good first issue", Color: "7057ff", Description: "Good for newcomers", Default: true}),
		s.m.AddLabel(r, Label{Name: "area: optics", Color: "0E8A16"}),
		s.m.AddLabel(r, Label{Name: "🔥 urgent", Color: "b60205", Description: "Ships at risk"}),
	}
}

func (s *sampler) beaconRules(r *Repository) {
	s.m.AddProtection(r, Protection{Pattern: "main", RequireReviews: true, Approvals: 1, DismissStale: true, CodeOwners: true,
		StatusChecks: []string{"build", "ci/lens"}, StrictChecks: true, Linear: false, Conversations: true, Signatures: true,
		RestrictPushes: true, PushUsers: []*User{s.grace}, Creator: s.ada})
	s.m.AddProtection(r, Protection{Pattern: "release/*", ForcePushes: true, EnforceAdmins: true, Creator: s.ada})
	s.m.AddRuleset(r, Ruleset{Name: "Tags stay", Target: "tag", Include: []string{"refs/tags/v*"}, Rules: []Rule{{Type: "deletion"}, {Type: "non_fast_forward"}}})
	s.m.AddRuleset(r, Ruleset{Name: "Trunk", Include: []string{"~DEFAULT_BRANCH"}, Exclude: []string{"refs/heads/tmp/**"},
		Bypass: []RulesetBypass{{ActorID: 5, ActorType: "RepositoryRole", Mode: "always"}},
		Rules: []Rule{{Type: "pull_request", Approvals: 2, CodeOwners: true, Conversations: true}, {Type: "required_linear_history"},
			{Type: "required_status_checks", Checks: []string{"build"}, Strict: true}}})
}

// beaconIssues makes the issues 1 to 4.
func (s *sampler) beaconIssues(r *Repository, l []*Label) {
	m := s.m
	v1 := m.AddMilestone(r, Milestone{Title: "v1.0", Description: "First light", Creator: s.ada, DueOn: time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)})
	m.AddMilestone(r, Milestone{Title: "v2.0", Creator: s.grace})
	i := m.AddIssue(r, Issue{Title: "Lamp flickers in fog", Content: by(s.mona, "Steps:\n\n1. light\n2. wait for fog\n\n```go\n// see #2, which is not a reference here\n```\n"), Labels: []*Label{l[0]}})
	first := s.comment(i, s.ada, "Can you measure the wick? @mona @keepers")
	s.react(first, "+1", s.mona, s.grace)
	answer := s.comment(i, s.mona, "3 mm.")
	m.EditComment(answer, s.mona, func(c *Comment) { c.Body = "3 mm — no, 4 mm. See #2 and `#3`." })
	m.EditIssue(i, s.ada, func(i *Issue) { i.Assignees, i.Milestone = []*User{s.grace, s.linus}, v1 })
	m.EditIssue(i, s.ada, func(i *Issue) {
		i.Labels, i.Type, i.Title = append(i.Labels, l[2]), s.bug, "Lamp flickers in thick fog"
	})
	s.react(i, "eyes", s.linus)
	m.AddEvent(i, Event{Name: "referenced", Actor: s.grace, Commit: s.commit(r, "refs/tags/v1.0.0")})
	m.EditIssue(i, s.grace, func(i *Issue) { i.State = "closed" })
	s.comment(i, s.vanished, "Thanks from the sea.")
	m.EditMilestone(v1, func(v *Milestone) { v.State = "closed" })

	plan := m.AddIssue(r, Issue{Title: "Plan for the year", Content: by(s.ada, "- [ ] #3\n- [x] #4\n\ncc @lantern/keepers"), Type: s.feature})
	m.AddIssue(r, Issue{Title: "Rotate the lens", Content: by(s.linus, "Part of #2."), Type: s.feature, Labels: []*Label{l[1], l[2]}})
	m.AddIssue(r, Issue{Title: "Paint the tower", Content: by(s.grace, "Duplicate of nothing.")})
	for _, n := range []int64{3, 4} {
		m.EditIssue(r.Issue(n), s.ada, func(i *Issue) { i.Parent = plan })
	}
	m.EditIssue(r.Issue(4), s.ada, func(i *Issue) { i.State, i.StateReason = "closed", "not_planned" })
	m.EditIssue(plan, s.ada, func(i *Issue) { i.PinnedAt = m.now })
}

// beaconMerged makes pull request 5, which was reviewed and merged.
func (s *sampler) beaconMerged(r *Repository, l []*Label, files map[string]string) {
	m := s.m
	changed := clone(files)
	changed["lamp.go"] = strings.Replace(lampGo, "return 3", "return 4 // seconds", 1)
	s.importInto(r, "reset refs/heads/longer-flash\nfrom refs/heads/main^0\n\n")
	old := s.push(r, "longer-flash", s.linus, "Flash four seconds", changed)
	p := s.pull(r, Issue{Title: "Flash four seconds", Content: by(s.linus, "Fixes #1, closes #3."), Labels: []*Label{l[2]}, Pull: &Pull{Head: Tip{Branch: "longer-flash"}}})
	m.RequestReview(p, s.linus, s.grace, nil)
	m.RequestReview(p, s.linus, nil, s.team)
	hunk := "@@ -2,5 +2,5 @@ package lamp\n \n // Flash says how long a flash is.\n func Flash() int {\n-\treturn 3\n+\treturn 4 // seconds"
	review := m.AddReview(p, Review{State: "CHANGES_REQUESTED", Content: by(s.grace, "Nearly. See #2.")},
		Note{Body: "Name the unit:\n\n```suggestion\n\treturn 4 * second\n```\n", Place: Place{Path: "lamp.go", Line: 5, Position: 6}, Hunk: hunk},
		Note{Body: "Why was it 3?", Place: Place{Path: "lamp.go", Side: "LEFT", Line: 5, Position: 5}, Hunk: hunk})
	unit, why := p.Pull.Threads[0], p.Pull.Threads[1]
	s.react(unit.Comments[0], "+1", s.linus)
	m.AddReview(p, Review{Content: by(s.linus, "")}, Note{Body: "History, see #1.", Thread: why})
	m.ResolveThread(why, s.grace)
	changed["lamp.go"] = strings.Replace(lampGo, "return 3", "return 4 * second", 1) + "\nconst second = 1\n"
	head := s.push(r, "longer-flash", s.linus, "Name the unit", changed)
	s.check(m.PushPull(p, s.linus, head, false, unit))
	m.AddReview(p, Review{State: "COMMENTED", Commit: old, Content: by(s.vanished, "Looked at the first commit only.")})
	m.DismissReview(review, s.ada, "Grace is on leave")
	approved := m.AddReview(p, Review{State: "APPROVED", Content: by(s.ada, "Ship it 🚢")})
	s.react(approved, "rocket", s.linus)
	merged := s.merge(r, head, "Merge pull request #5 from lantern/longer-flash\n\nFlash four seconds\n", map[string]string{"lamp.go": changed["lamp.go"]})
	files["lamp.go"] = changed["lamp.go"]
	m.MergePull(p, s.ada, merged)
	s.check(m.DeleteHead(p, s.ada))
	s.comment(p, s.bot, "Deployed to staging.")
}

// beaconForks makes pull request 6, a draft from a fork.
func (s *sampler) beaconForks(r *Repository, l []*Label, files map[string]string) {
	m := s.m
	fork := s.repository(s.mona, &Repository{Name: "beacon", Fork: true, Parent: r})
	s.check(fetchObjects(fork.Dir, r.Dir, s.commit(r, "refs/heads/main")))
	s.check(gitserver.Repo{Dir: fork.Dir}.SetRef("refs/heads/main", s.commit(r, "refs/heads/main")))
	s.importInto(fork, "reset refs/heads/fog-horn\nfrom refs/heads/main^0\n\n")
	changed := clone(files)
	changed["horn.go"] = "package lamp\n\n// Horn sounds.\nfunc Horn() string {\n\treturn \"hooo\"\n}\n"
	s.push(fork, "fog-horn", s.mona, "Add a horn", changed)
	p := s.pull(r, Issue{Title: "Add a fog horn", Content: by(s.mona, "For #1."), Labels: []*Label{l[1]},
		Pull: &Pull{Draft: true, MaintainerCanEdit: true, Head: Tip{Branch: "fog-horn", Repo: fork}}})
	hunk := "@@ -0,0 +1,6 @@\n+package lamp\n+\n+// Horn sounds.\n+func Horn() string {\n+\treturn \"hooo\"\n+}"
	m.AddReview(p, Review{Content: by(s.grace, "")},
		Note{Body: "All of this could be one line.", Place: Place{Path: "horn.go", StartLine: 4, Line: 6, Position: 6}, Hunk: hunk},
		Note{Body: "Is this file needed?", Place: Place{Path: "horn.go", File: true}})
	m.AddReview(p, Review{State: "PENDING", Content: by(s.linus, "not sent yet")})
	changed["horn.go"] = strings.Replace(changed["horn.go"], "hooo", "HOOO", 1)
	head := s.push(fork, "fog-horn", s.mona, "Louder", changed)
	s.check(m.PushPull(p, s.mona, head, true))
}

// beaconDiscussion makes discussion 8.
func (s *sampler) beaconDiscussion(r *Repository, l []*Label) {
	m := s.m
	m.AddCategory(r, Category{Name: "Announcements", Slug: "announcements", Emoji: ":mega:"})
	ideas := m.AddCategory(r, Category{Name: "Ideas", Slug: "ideas", Emoji: ":bulb:"})
	d := m.AddDiscussion(r, Discussion{Title: "Green light?", Category: ideas, Content: by(s.mona, "Like #3 but green."), Labels: []*Label{l[2]}, Upvotes: 4})
	c := m.AddDiscussionComment(d, DiscussionComment{Content: by(s.ada, "Ships would think of starboard.")})
	m.AddDiscussionComment(d, DiscussionComment{Content: by(s.vanished, "Aye."), ReplyTo: c})
	s.react(d, "laugh", s.linus)
	m.EditDiscussion(d, s.ada, func(d *Discussion) { d.State, d.StateReason, d.Locked = "closed", "OUTDATED", true })
}

// beaconClosed makes pull requests 9, whose fork is gone, and 10, whose branch
// is.
func (s *sampler) beaconClosed(r *Repository, files map[string]string) {
	m := s.m
	fork := s.repository(s.vanished, &Repository{Name: "beacon", Fork: true, Parent: r})
	s.check(fetchObjects(fork.Dir, r.Dir, s.commit(r, "refs/heads/main")))
	s.check(gitserver.Repo{Dir: fork.Dir}.SetRef("refs/heads/main", s.commit(r, "refs/heads/main")))
	changed := clone(files)
	changed["README.md"] += "\nBuy oil at wanderer's.\n"
	s.push(fork, "main", s.vanished, "Improve the README", changed)
	p := s.pull(r, Issue{Title: "Improve the README", Content: by(s.vanished, ""), Pull: &Pull{Head: Tip{Branch: "main", Repo: fork}}})
	hunk := "@@ -1,3 +1,5 @@\n # Beacon\n \n A lamp.\n+\n+Buy oil at wanderer's."
	m.AddReview(p, Review{State: "COMMENTED", Content: by(s.ada, "No advertising.")}, Note{Body: "This.", Place: Place{Path: "README.md", Line: 5, Position: 5}, Hunk: hunk})
	m.EditIssue(p, s.ada, func(i *Issue) { i.State, i.Locked, i.LockReason = "closed", true, "spam" })
	m.DeleteRepository(fork)

	changed = clone(files)
	changed["mirror.go"] = "package lamp\n"
	s.importInto(r, "reset refs/heads/mirror\nfrom refs/heads/main^0\n\n")
	s.push(r, "mirror", s.grace, "Try a mirror", changed)
	p = s.pull(r, Issue{Title: "Try a mirror", Content: by(s.grace, "An experiment."), Pull: &Pull{Head: Tip{Branch: "mirror"}}})
	m.EditIssue(p, s.grace, func(i *Issue) { i.State = "closed" })
	s.check(m.DeleteHead(p, s.grace))
}

// beaconTexts makes the issues 11 and 12, whose texts are odd.
func (s *sampler) beaconTexts(r *Repository, l []*Label) {
	m := s.m
	i := m.AddIssue(r, Issue{Title: "Files of every sort 📎 \u202eabc\u202c", Content: by(s.mona, s.attachments(r)), Labels: []*Label{l[3]}})
	s.comment(i, s.linus, "שלום — مرحبا — 👩‍👩‍👧‍👦 — e\u0301\n\n<details><summary>More</summary>\n\n<img src=\""+m.Base()+"/user-attachments/assets/0a1b2c3d-0000-4000-8000-000000000001\" width=\"40\">\n\n</details>")
	i = m.AddIssue(r, Issue{Title: "This project is a scam", Content: by(s.vanished, "All of it!")})
	rude := s.comment(i, s.vanished, "And you know it.")
	m.EditComment(rude, s.ada, func(c *Comment) { c.Minimized = "abuse" })
	m.DeleteComment(s.comment(i, s.vanished, "Something worse."), s.ada)
	m.EditIssue(i, s.ada, func(i *Issue) {
		i.State, i.StateReason, i.Locked, i.LockReason = "closed", "not_planned", true, "too heated"
	})
}

// attachments adds a file at each sort of address that GitHub has had, and
// returns a text that shows them.
func (s *sampler) attachments(r *Repository) string {
	var text strings.Builder
	for _, a := range []Attachment{
		{Path: "/user-attachments/assets/0a1b2c3d-0000-4000-8000-000000000001", Name: "lamp.png", ContentType: "image/png", Data: []byte(pixel)},
		{Path: "/user-attachments/files/1000001/log.txt", Name: "log.txt", ContentType: "text/plain", Data: []byte("dark\nlight\n")},
		{Path: "/" + r.FullName() + "/assets/1234567/0a1b2c3d-0000-4000-8000-000000000002", Name: "tower.jpg", ContentType: "image/jpeg", Data: []byte("\xff\xd8\xff\xe0jpeg")},
		{Path: "/" + r.FullName() + "/files/1000002/chart.zip", Name: "chart.zip", ContentType: "application/zip", Data: []byte("PK\x05\x06" + strings.Repeat("\x00", 18))},
		{Path: "/storage/user/7/files/0a1b2c3d-0000-4000-8000-000000000003", Name: "old.gif", ContentType: "image/gif", Data: []byte("GIF89a")},
	} {
		url := s.m.AddAttachment(a)
		if strings.HasPrefix(a.ContentType, "image/") {
			text.WriteString("![" + a.Name + "](" + url + ")\n")
		} else {
			text.WriteString("[" + a.Name + "](" + url + ")\n")
		}
	}
	text.WriteString("\nGone: ![gone](" + s.m.Base() + "/user-attachments/assets/0a1b2c3d-0000-4000-8000-00000000dead)\n")
	text.WriteString("Not a file: `" + s.m.Base() + "/user-attachments/assets/0a1b2c3d-0000-4000-8000-000000000001`\n")
	return text.String()
}

// beaconOpen makes pull request 13, open and waiting for reviews.
func (s *sampler) beaconOpen(r *Repository, l []*Label, files map[string]string) {
	changed := clone(files)
	changed["lens.go"] = "package lamp\n\n// Lens bends light.\ntype Lens struct{}\n"
	delete(changed, "docs/über.md")
	changed["docs/about us.md"] = files["docs/über.md"]
	s.importInto(r, "reset refs/heads/feature/lens\nfrom refs/heads/main^0\n\n")
	s.push(r, "feature/lens", s.grace, "Add a lens", changed)
	p := s.pull(r, Issue{Title: "Add a lens", Content: by(s.grace, "Part of #3. Depends on lantern/docs#3."), Labels: []*Label{l[2]}, Assignees: []*User{s.grace},
		Pull: &Pull{Head: Tip{Branch: "feature/lens"}}})
	s.m.RequestReview(p, s.grace, s.linus, nil)
	s.m.RequestReview(p, s.grace, s.mona, nil)
	s.comment(p, s.bot, "| check | result |\n| --- | --- |\n| build | ✅ |\n")
}

func (s *sampler) beaconReleases(r *Repository) {
	m := s.m
	e := m.AddRelease(r, Release{Tag: "v1.0.0", Name: "First light", Content: by(s.grace, "Fixes #1. Thanks @mona!\n\n**Full Changelog**: "+m.Base()+"/lantern/beacon/commits/v1.0.0")})
	m.AddAsset(e, Asset{Name: "beacon-linux-amd64.tar.gz", Label: "Linux", ContentType: "application/gzip", Data: []byte("\x1f\x8bnot really"), Downloads: 42, Uploader: s.bot})
	m.AddAsset(e, Asset{Name: "checksums.txt", ContentType: "text/plain", Data: []byte("none\n"), Uploader: s.bot})
	s.react(e, "hooray", s.mona, s.linus)
	s.importInto(r, "reset refs/tags/v1.1.0-rc1\nfrom refs/heads/main^0\n\n")
	m.AddRelease(r, Release{Tag: "v1.1.0-rc1", Prerelease: true, Content: by(s.linus, "")})
	m.AddRelease(r, Release{Tag: "v2.0.0", Name: "Brighter", Draft: true, Content: by(s.ada, "To come.")})
}

func clone(files map[string]string) map[string]string {
	c := make(map[string]string, len(files))
	for name, text := range files {
		c[name] = text
	}
	return c
}
