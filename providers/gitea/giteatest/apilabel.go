package giteatest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var labelColor = regexp.MustCompile(`^#?(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})$`)

// normalColor is a color in six lower-case digits.
func normalColor(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !labelColor.MatchString(text) {
		return "", refuse(http.StatusUnprocessableEntity, "invalid color: %s", text)
	}
	text = strings.ToLower(strings.TrimPrefix(text, "#"))
	if len(text) == 3 {
		text = string([]byte{text[0], text[0], text[1], text[1], text[2], text[2]})
	}
	return text, nil
}

type labelOptions struct {
	Name      *string `json:"name"`
	Color     *string `json:"color"`
	About     *string `json:"description"`
	Exclusive *bool   `json:"exclusive"`
	Archived  *bool   `json:"is_archived"`
}

func (o *labelOptions) apply(l *Label) error {
	if o.Color != nil {
		color, err := normalColor(*o.Color)
		if err != nil {
			return err
		}
		l.Color = color
	}
	if o.Name != nil {
		l.Name = *o.Name
	}
	if o.About != nil {
		l.Description = *o.About
	}
	if o.Exclusive != nil {
		l.Exclusive = *o.Exclusive
	}
	l.Archived = o.Archived != nil && *o.Archived // what is not said is no
	return nil
}

// createLabel makes a label of an organization, or of the repository.
func (c *call) createLabel(org *User) (reply, error) {
	var o labelOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Name", text(o.Name), "Color", text(o.Color)); err != nil {
		return reply{}, err
	}
	l := &Label{Org: org}
	if err := o.apply(l); err != nil {
		return reply{}, err
	}
	l.ID = c.next("label")
	if org != nil {
		org.Labels = append(org.Labels, l)
	} else {
		c.repo.Labels = append(c.repo.Labels, l)
	}
	return created(c.labelView(c.repo, l))
}

// label is the label of the repository that the path names, by id or name.
func (c *call) label() (*Label, error) {
	for _, l := range c.repo.Labels {
		if itoa(l.ID) == c.params["id"] || l.Name == c.params["id"] {
			return l, nil
		}
	}
	return nil, missing("")
}

func (c *call) editLabel() (reply, error) {
	l, err := c.label()
	if err != nil {
		return reply{}, err
	}
	var o labelOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := o.apply(l); err != nil {
		return reply{}, err
	}
	return ok(c.labelView(c.repo, l))
}

func (c *call) deleteLabel() (reply, error) {
	l, err := c.label()
	if err != nil {
		return none() // there is nothing to delete, which Gitea does not mind
	}
	c.repo.Labels = slices.DeleteFunc(c.repo.Labels, func(o *Label) bool { return o == l })
	for _, i := range c.repo.Issues {
		i.Labels = slices.DeleteFunc(i.Labels, func(o *Label) bool { return o == l })
	}
	return none()
}

// changeLabels adds labels to an issue, or replaces those that it has.
func (c *call) changeLabels(replace bool) (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Labels []json.RawMessage `json:"labels"`
	}
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if !c.writes(i) {
		return reply{}, refuse(http.StatusForbidden, "write permission is required")
	}
	wanted, err := c.labelsOf(o.Labels)
	if err != nil {
		return reply{}, err
	}
	if replace {
		for _, l := range slices.Clone(i.Labels) {
			if !slices.Contains(wanted, l) {
				c.setLabel(i, l, false)
			}
		}
	}
	for _, l := range wanted {
		c.setLabel(i, l, true)
	}
	return ok(c.labelViews(i))
}

func (c *call) labelsOf(raw []json.RawMessage) ([]*Label, error) {
	var all []*Label
	for _, r := range raw {
		var l *Label
		if name := ""; json.Unmarshal(r, &name) == nil {
			l = c.repo.labelNamed(name)
		} else if id, err := strconv.ParseInt(string(r), 10, 64); err == nil {
			l = c.repo.label(id)
		} else {
			return nil, refuse(http.StatusBadRequest, "a label must be an integer or a string")
		}
		if l != nil && !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all, nil
}

// setLabel puts a label on an issue or takes it off. An exclusive label takes the
// others of its scope off.
func (c *call) setLabel(i *Issue, l *Label, on bool) {
	if slices.Contains(i.Labels, l) == on {
		return
	}
	c.touch(i)
	if !on {
		i.Labels = slices.DeleteFunc(i.Labels, func(o *Label) bool { return o == l })
		c.add(i, &Entry{Kind: "label", User: c.doer, Label: l})
		return
	}
	if scope := scopeOf(l); scope != "" {
		for _, o := range slices.Clone(i.Labels) {
			if scopeOf(o) == scope {
				c.setLabel(i, o, false)
			}
		}
	}
	i.Labels = append(i.Labels, l)
	c.add(i, &Entry{Kind: "label", User: c.doer, Label: l, Body: "1"})
}

func scopeOf(l *Label) string {
	at := strings.LastIndexByte(l.Name, '/')
	if !l.Exclusive || at <= 0 || at == len(l.Name)-1 {
		return ""
	}
	return l.Name[:at]
}

func (c *call) clearLabels() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	if !c.writes(i) {
		return reply{}, bare(http.StatusForbidden)
	}
	for _, l := range slices.Clone(i.Labels) {
		c.setLabel(i, l, false)
	}
	return none()
}

func (c *call) removeLabel() (reply, error) {
	i, err := c.issue()
	if err != nil {
		return reply{}, err
	}
	if !c.writes(i) {
		return reply{}, bare(http.StatusForbidden)
	}
	l := c.repo.label(c.number("id"))
	if l == nil {
		return reply{}, refuse(http.StatusUnprocessableEntity, "label does not exist [label_id: 0]")
	}
	c.setLabel(i, l, false)
	return none()
}

func (c *call) listMilestones() (reply, error) {
	var all []*Milestone
	for _, ms := range c.repo.Milestones {
		state := c.query.Get("state")
		if state != "all" && (state == "closed") != ms.Closed || !strings.Contains(strings.ToLower(ms.Title), strings.ToLower(c.query.Get("name"))) {
			continue
		}
		all = append(all, ms)
	}
	slices.SortStableFunc(all, func(a, b *Milestone) int { // those without a date come first
		if order := a.Due.Compare(b.Due); order != 0 {
			return order
		}
		return int(a.ID - b.ID)
	})
	views := []any{}
	for _, ms := range page(c, all, false) {
		views = append(views, milestoneView(c.repo, ms))
	}
	return ok(views)
}

type milestoneOptions struct {
	Title *string    `json:"title"`
	About *string    `json:"description"`
	State *string    `json:"state"`
	Due   *time.Time `json:"due_on"`
}

func (c *call) createMilestone() (reply, error) {
	var o milestoneOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	ms := &Milestone{ID: c.next("milestone"), Title: text(o.Title), Description: text(o.About), Created: c.clock(), Updated: c.clock()}
	if o.Due != nil {
		ms.Due = o.Due.UTC()
	}
	if text(o.State) == "closed" {
		ms.Closed, ms.ClosedAt = true, c.clock()
	}
	c.repo.Milestones = append(c.repo.Milestones, ms)
	return created(milestoneView(c.repo, ms))
}

// milestone is the milestone that the path names, by id or title.
func (c *call) milestone() (*Milestone, error) {
	for _, ms := range c.repo.Milestones {
		if itoa(ms.ID) == c.params["id"] || ms.Title == c.params["id"] {
			return ms, nil
		}
	}
	return nil, missing("")
}

func (c *call) editMilestone() (reply, error) {
	ms, err := c.milestone()
	if err != nil {
		return reply{}, err
	}
	var o milestoneOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if text(o.Title) != "" {
		ms.Title = *o.Title
	}
	if o.About != nil {
		ms.Description = *o.About
	}
	ms.Due = time.Time{} // what is not said is none
	if o.Due != nil {
		ms.Due = endOfDay(*o.Due)
	}
	if o.State != nil && (*o.State == "closed") != ms.Closed {
		ms.Closed, ms.ClosedAt = *o.State == "closed", time.Time{}
		if ms.Closed {
			ms.ClosedAt = c.clock()
		}
	}
	ms.Updated = c.clock()
	return ok(milestoneView(c.repo, ms))
}

func (c *call) deleteMilestone() (reply, error) {
	ms, err := c.milestone()
	if err != nil {
		return reply{}, err
	}
	c.repo.Milestones = slices.DeleteFunc(c.repo.Milestones, func(o *Milestone) bool { return o == ms })
	for _, i := range c.repo.Issues {
		if i.Milestone == ms {
			i.Milestone = nil
		}
	}
	return none()
}
