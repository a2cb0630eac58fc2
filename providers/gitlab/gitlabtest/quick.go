package gitlabtest

import (
	"slices"
	"strings"
)

// quickActions are the words that GitLab takes for commands when a line of a
// description or a note begins with a slash and one of them:
// doc/user/project/quick_actions.md.
func quickActions() []string {
	return []string{
		"add_contacts", "add_email", "approve", "assign", "assign_reviewer", "award", "blocked_by", "blocks", "board_move", "cc", "clear_health_status",
		"clear_weight", "clone", "close", "confidential", "convert_to_ticket", "copy_metadata", "create_merge_request", "done", "draft", "due", "duplicate",
		"epic", "estimate", "estimate_time", "health_status", "invite_email", "iteration", "label", "labels", "link", "lock", "merge", "milestone", "move", "page",
		"promote", "promote_to", "promote_to_incident", "publish", "react", "ready", "reassign", "reassign_reviewer", "rebase", "relabel", "relate",
		"remove_child", "remove_contacts", "remove_due_date", "remove_email", "remove_epic", "remove_estimate", "remove_iteration", "remove_milestone",
		"remove_parent", "remove_reviewer", "remove_time_spent", "reopen", "request_changes", "request_review", "reviewer", "set_parent", "severity", "ship",
		"shrug", "spend", "spend_time", "spent", "status", "submit_review", "subscribe", "tableflip", "tag", "target_branch", "timeline", "title", "todo",
		"type", "unapprove", "unassign", "unassign_reviewer", "unlabel", "unlink", "unlock", "unsubscribe", "weight", "zoom",
	}
}

// commands takes the commands out of a text, outside of code and quotations, and
// carries those out that change what a migration writes. Done, when it is not nil,
// is told of each.
func (c *call) commands(i *Item, text string, done func(name string)) string {
	if !strings.Contains(text, "/") {
		return text
	}
	var kept []string
	fence := ""
	taken := false
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"), trimmed == ">>>":
			fence = trimmed[:3]
		default:
			name, argument, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
			if strings.HasPrefix(line, "/") && slices.Contains(quickActions(), strings.TrimSpace(name)) {
				c.command(i, strings.TrimSpace(name), strings.TrimSpace(argument))
				taken = true
				if done != nil {
					done(strings.TrimSpace(name))
				}
				continue
			}
		}
		kept = append(kept, line)
	}
	if !taken {
		return text
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

func (c *call) command(i *Item, name, argument string) {
	if i.Project == nil || !c.changes(c.doer, i) {
		return
	}
	switch name {
	case "close":
		c.closeItem(i, c.doer)
	case "reopen":
		c.setState(i, c.doer, "opened", c.clock())
	case "title":
		i.Title = argument
	case "label", "labels":
		var names []string
		for _, part := range strings.Split(argument, "~") {
			names = append(names, strings.Trim(strings.TrimSpace(part), `"`))
		}
		for _, l := range c.labelsNamed(i.Project, names) {
			if !slices.Contains(i.Labels, l) {
				i.Labels = append(i.Labels, l)
			}
		}
	case "assign":
		for _, name := range strings.Fields(argument) {
			if u := c.user(strings.TrimPrefix(name, "@")); u != nil && c.seesItem(u, i) && !slices.Contains(i.Assignees, u) {
				i.Assignees = append(i.Assignees, u)
				c.todo(i, c.doer, u, "assigned")
			}
		}
	case "lock":
		i.Locked = true
	}
}
