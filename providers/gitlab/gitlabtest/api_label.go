package gitlabtest

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

func labelRoutes(add adding) {
	for _, of := range []string{"projects", "groups"} {
		at := of + "/{id}/labels"
		add("GET "+at, anyone(), (*call).listLabels)
		add("POST "+at, atLeast(Reporter), (*call).createLabel)
		add("GET "+at+"/{label_id}", anyone(), func(c *call) (reply, error) {
			l := c.labelNamed()
			if l == nil {
				return reply{}, missing("Label")
			}
			return ok(c.labelView(l))
		})
		add("PUT "+at+"/{label_id}", atLeast(Reporter), (*call).editLabel)
		add("DELETE "+at+"/{label_id}", atLeast(Reporter), (*call).deleteLabel)
	}
}

// labels are those of a project with those of the groups around, or those of a
// group.
func (c *call) labels() []*Label {
	if c.project != nil {
		return c.project.labels()
	}
	var all []*Label
	for _, n := range c.group.chain() {
		all = append(all, n.Labels...)
	}
	return all
}

func (p *Project) labels() []*Label {
	all := slices.Clone(p.Labels)
	for _, n := range p.Namespace.chain() {
		all = append(all, n.Labels...)
	}
	return all
}

func (c *call) ownLabels() *[]*Label {
	if c.project != nil {
		return &c.project.Labels
	}
	return &c.group.Labels
}

func (c *call) listLabels() (reply, error) {
	all := c.labels()
	if c.text("include_ancestor_groups") == "false" {
		all = slices.Clone(*c.ownLabels())
	}
	if search := strings.ToLower(c.text("search")); search != "" {
		all = slices.DeleteFunc(all, func(l *Label) bool { return !strings.Contains(strings.ToLower(l.Name+" "+l.Description), search) })
	}
	slices.SortStableFunc(all, func(a, b *Label) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return ok(list(page(c, all), c.labelView))
}

// labelNamed finds the label of the path, by its id or its name.
func (c *call) labelNamed() *Label {
	text := c.r.PathValue("label_id")
	for _, l := range c.labels() {
		if itoa(l.ID) == text || l.Name == text {
			return l
		}
	}
	return nil
}

var colorForm = regexp.MustCompile(`^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$`)

// color reads a colour: six or three digits, or a name.
func color(text string) (string, error) {
	if hex, ok := map[string]string{"red": "#FF0000", "green": "#008000", "blue": "#0000FF", "black": "#000000", "white": "#FFFFFF", "yellow": "#FFFF00", "orange": "#FFA500", "purple": "#800080", "gray": "#808080"}[strings.ToLower(text)]; ok {
		return hex, nil
	}
	if !colorForm.MatchString(text) {
		return "", invalid("color", "must be a valid color code")
	}
	if len(text) == 4 {
		text = "#" + strings.Repeat(text[1:2], 2) + strings.Repeat(text[2:3], 2) + strings.Repeat(text[3:4], 2)
	}
	return text, nil
}

// labelProblems refuses a name that no label can have, or that is taken.
func (c *call) labelProblems(l *Label) error {
	switch {
	case l.Name == "":
		return invalid("title", "can't be blank")
	case strings.Contains(l.Name, ","):
		return invalid("title", "is invalid")
	case len([]rune(l.Name)) > 255:
		return invalid("title", "is too long (maximum is 255 characters)")
	}
	for _, o := range *c.ownLabels() {
		if o != l && o.Name == l.Name {
			return conflict("Label already exists")
		}
	}
	return nil
}

func (c *call) createLabel() (reply, error) {
	if err := c.needs("name", "color"); err != nil {
		return reply{}, err
	}
	l := &Label{Name: strings.TrimSpace(c.text("name")), Description: c.text("description"), Group: c.group, Archived: c.on("archived")}
	for _, o := range c.labels() {
		if o.Name == l.Name {
			return reply{}, conflict("Label already exists")
		}
	}
	var err error
	if l.Color, err = color(c.text("color")); err != nil {
		return reply{}, err
	}
	if err := c.labelProblems(l); err != nil {
		return reply{}, err
	}
	c.prioritize(l)
	l.ID = c.next("label")
	at := c.ownLabels()
	*at = append(*at, l)
	return created(c.labelView(l))
}

func (c *call) prioritize(l *Label) {
	if !c.has("priority") || c.project == nil {
		return
	}
	l.Priority = nil
	if text := c.text("priority"); text != "" {
		n := numberOf(text)
		l.Priority = &n
	}
}

func (c *call) editLabel() (reply, error) {
	l := c.labelNamed()
	if l == nil || !slices.Contains(*c.ownLabels(), l) {
		return reply{}, missing("Label")
	}
	if err := c.atLeast("new_name", "color", "description", "priority", "archived"); err != nil {
		return reply{}, err
	}
	next := *l
	next.Name = cmp.Or(strings.TrimSpace(c.text("new_name")), l.Name)
	if c.has("description") {
		next.Description = c.text("description")
	}
	if c.has("color") {
		var err error
		if next.Color, err = color(c.text("color")); err != nil {
			return reply{}, err
		}
	}
	if next.Name != l.Name {
		if err := c.labelProblems(&next); err != nil {
			return reply{}, err
		}
	}
	if c.has("archived") {
		next.Archived = c.on("archived")
	}
	c.prioritize(&next)
	*l = next
	return ok(c.labelView(l))
}

func (c *call) deleteLabel() (reply, error) {
	l := c.labelNamed()
	at := c.ownLabels()
	if l == nil || !slices.Contains(*at, l) {
		return reply{}, missing("Label")
	}
	*at = slices.DeleteFunc(*at, func(o *Label) bool { return o == l })
	for _, i := range c.items() {
		i.Labels = slices.DeleteFunc(i.Labels, func(o *Label) bool { return o == l })
	}
	return none()
}

// items are all issues and merge requests there are.
func (m *Model) items() []*Item {
	var all []*Item
	for _, p := range m.projects {
		for _, i := range p.Issues {
			all = append(all, &i.Item)
		}
		for _, r := range p.MergeRequests {
			all = append(all, &r.Item)
		}
	}
	return all
}

// addLabel makes a label that an issue or a merge request names and nobody made.
func (m *Model) addLabel(p *Project, name string) *Label {
	l := &Label{ID: m.next("label"), Name: name, Color: "#428BCA"}
	p.Labels = append(p.Labels, l)
	return l
}

// labelsNamed are the labels of a project with those names; those that nobody made
// are made, when whoever asks may.
func (c *call) labelsNamed(p *Project, names []string) []*Label {
	var all []*Label
	for _, name := range names {
		at := slices.IndexFunc(p.labels(), func(l *Label) bool { return l.Name == name })
		switch {
		case name == "":
		case at >= 0:
			if l := p.labels()[at]; !slices.Contains(all, l) {
				all = append(all, l)
			}
		case c.level(c.doer, p) >= Reporter:
			all = append(all, c.addLabel(p, name))
		}
	}
	return all
}
