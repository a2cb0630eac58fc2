package gitlab

import (
	"context"
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

const (
	accessDisabled = "disabled"
	accessEnabled  = "enabled"
)

// quiet is how a project was before it was kept quiet: whether people get mails, and
// whether pushes run pipelines.
type quiet struct {
	Emails bool   `json:"emails"`
	Builds string `json:"builds"`
}

// settle makes a project ready to be written to, once while the target is open: it
// takes writes, what a killed run left undone is done, nobody gets mails, and no
// pipeline runs. Finish lets all that be again as it was, in whichever run.
func (t *target) settle(ctx context.Context, known *project) error {
	known.settling.Lock()
	defer known.settling.Unlock()
	if known.settled {
		return nil
	}
	p, err := t.api.Project(ctx, known.key())
	if err != nil {
		return err
	}
	all, err := t.refs(ctx, known)
	if err != nil {
		return err
	}
	if p.Archived {
		if all[archived] == "" {
			return &providers.Error{Code: providers.CodeConflict, Message: "somebody archived the project at the target",
				Hint: "unarchive it there, or take it out of the plan"}
		}
		if err := t.api.UnarchiveProject(ctx, known.key()); err != nil {
			return err
		}
	}
	if all[lifted] != "" {
		if err := t.restoreRules(ctx, known, all); err != nil {
			return err
		}
	}
	if err := t.hush(ctx, known, &p, all); err != nil {
		return err
	}
	known.settled = true
	return nil
}

// hush keeps a project quiet. How it was is noted at the server first, because
// the run that ends may be another one. Only an owner can switch mails off; for
// others the server lets them be, and so do we.
func (t *target) hush(ctx context.Context, known *project, p *api.Project, all map[string]string) error {
	now := quiet{Emails: p.EmailsEnabled == nil || *p.EmailsEnabled, Builds: p.BuildsAccess}
	if !now.Emails && now.Builds == accessDisabled {
		return nil
	}
	if all[quieted] == "" {
		text, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if err := t.tell(ctx, known, all, notes{quieted: new(string(text))}); err != nil {
			return err
		}
	}
	_, err := t.api.EditProject(ctx, known.key(), api.EditProject{EmailsEnabled: new(false), BuildsAccess: new(accessDisabled)})
	return err
}

// unhush lets a project be as it was before it was kept quiet.
func (t *target) unhush(ctx context.Context, known *project, all map[string]string) error {
	if all[quieted] == "" {
		return nil
	}
	var was quiet
	if err := t.read(ctx, known, all[quieted], &was); err != nil {
		return err
	}
	change := api.EditProject{EmailsEnabled: &was.Emails}
	if was.Builds != "" {
		change.BuildsAccess = &was.Builds
	}
	if _, err := t.api.EditProject(ctx, known.key(), change); err != nil {
		return err
	}
	return t.tell(ctx, known, all, notes{quieted: nil})
}

// noteArchived notes at the server whether the project is to be archived once all is
// there.
func (t *target) noteArchived(ctx context.Context, known *project, wanted bool) error {
	all, err := t.refs(ctx, known)
	if err != nil || (all[archived] != "") == wanted {
		return err
	}
	change := notes{archived: nil}
	if wanted {
		change[archived] = new("The project is archived at the source.")
	}
	return t.tell(ctx, known, all, change)
}
