package imports

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Importing says what each of GitLab's importers brings, and what it loses on the
// way, as GitLab documents it. The lists are those of version 18; older ones bring
// less.
func Importing() []providers.Importing {
	return []providers.Importing{
		{Source: sourceGitHub, Block: blockRepository, Kinds: fromGitHub()},
		{Source: sourceGitHub, Block: blockGists, Kinds: fromGists()},
		{Source: sourceBitbucketServer, Block: blockRepository, Kinds: fromBitbucketServer()},
		{Source: sourceBitbucketCloud, Block: blockRepository, Kinds: fromBitbucketCloud()},
		{Source: sourceGitLab, Block: blockRepository, Kinds: projectsOfGitLab()},
		{Source: sourceGitLab, Block: blockGroup, Kinds: groupsOfGitLab()},
	}
}

// people is what becomes of authors in all of GitLab's importers.
const people = "People stand as placeholders until they are reassigned at GitLab; in a personal namespace everything belongs to its owner for good."

// kept is the support of something that comes with its author, dates and number.
func kept(kind schema.Kind, degraded string) providers.Support {
	return providers.Support{Kind: kind, Author: true, Dates: true, Number: true, Degraded: degraded}
}

// dated is the support of something that has no number.
func dated(kind schema.Kind, degraded string) providers.Support {
	return providers.Support{Kind: kind, Author: true, Dates: true, Degraded: degraded}
}

func fromGitHub() []providers.Support {
	return []providers.Support{
		{Kind: schema.KindRepository, Degraded: "Name, description, visibility, wiki and Git LFS objects come over; topics, settings, webhooks, secrets, environments, packages and projects do not."},
		{Kind: schema.KindLabel},
		{Kind: schema.KindMilestone, Dates: true},
		{Kind: schema.KindMember, Degraded: "With collaborators_import alone: direct collaborators, never outside ones, and no custom roles."},
		{Kind: schema.KindProtection, Degraded: "Required status checks are lost; who may push or merge becomes a role."},
		kept(schema.KindIssue, "Reactions are lost, and \"#12\" in a text is taken for an issue even where it was a pull request. "+people),
		kept(schema.KindChange, "A merged or closed pull request keeps its diff and loses its branch; reactions are lost. "+people),
		dated(schema.KindReview, people),
		{Kind: schema.KindRelease, Author: true, Dates: true, Degraded: "Assets are lost."},
		dated(schema.KindComment, "Comments on commits and reactions are lost; above some 30000 comments the rest is too, unless single_endpoint_notes_import is set. Mentions are shown as code."),
		dated(schema.KindEvent, "Some kinds of events are lost."),
		{Kind: schema.KindAttachment, Degraded: "With attachments_import alone: files that texts link to; assets of releases do not come."},
		{Kind: schema.KindLFSObject},
	}
}

func fromGists() []providers.Support {
	return []providers.Support{
		{Kind: schema.KindSnippet, Dates: true, Degraded: "Gists of more than 10 files, or larger than a snippet may be, are left out; so are comments and stars. " +
			"All belong to the owner of the target's token."},
	}
}

func fromBitbucketServer() []providers.Support {
	return []providers.Support{
		{Kind: schema.KindRepository, Degraded: "Description, git data and Git LFS objects come over; permissions, webhooks and hooks do not."},
		kept(schema.KindChange, "Tasks, attachments and reactions are lost. "+people),
		dated(schema.KindReview, "Reviewers and approvals come over, their rules do not. "+people),
		dated(schema.KindComment, "Nested threads become flat, with the beginning of what they answer quoted; a comment outside of the diff becomes a plain one that names the file and line."),
		{Kind: schema.KindLFSObject},
	}
}

func fromBitbucketCloud() []providers.Support {
	return []providers.Support{
		{Kind: schema.KindRepository, Degraded: "Description, visibility, git data, wiki and Git LFS objects come over; permissions and webhooks do not."},
		{Kind: schema.KindLabel, Degraded: "Labels are made of the kinds of issues: bug, enhancement, proposal, task."},
		{Kind: schema.KindMilestone},
		kept(schema.KindIssue, "Every state but open, new and on hold becomes closed; attachments and votes are lost. Bitbucket has had no issues since August 2026. "+people),
		kept(schema.KindChange, "A pull request from a fork comes without its diff. "+people),
		dated(schema.KindComment, people),
		{Kind: schema.KindLFSObject},
	}
}

// named is what the transfer does with names.
const named = "The name is that of the source; new_name is the path alone. "

func projectsOfGitLab() []providers.Support {
	return []providers.Support{
		{Kind: schema.KindRepository, Dates: true, Degraded: named + "Variables, webhooks, deploy keys and tokens, job logs, artifacts, packages, registry images, environments, feature flags and the comments of wikis are lost."},
		{Kind: schema.KindLabel},
		{Kind: schema.KindMilestone, Dates: true, Number: true},
		{Kind: schema.KindMember, Dates: true, Degraded: "Pending invitations are lost; with migrate_memberships = false nobody becomes a member."},
		{Kind: schema.KindProtection, Degraded: "Rules over tags are lost, and in a rule groups, and instance administrators where the target is GitLab.com. People in a rule are placeholders, who may do nothing. " +
			"Unless the owner of the target's token owns the group at the top, every role becomes Maintainer."},
		kept(schema.KindIssue, "Links between issues are lost. "+people),
		kept(schema.KindChange, "Approval rules and dependencies are lost, and so are merge requests without a diff. "+people),
		dated(schema.KindReview, people),
		dated(schema.KindSnippet, people),
		dated(schema.KindRelease, "Links to assets come as they are; packages that they lead to stay at the source. "+people),
		dated(schema.KindComment, people),
		dated(schema.KindEvent, people),
		{Kind: schema.KindAttachment, Degraded: "Files with names of more than 255 characters are lost."},
		{Kind: schema.KindLFSObject},
	}
}

func groupsOfGitLab() []providers.Support {
	all := projectsOfGitLab()
	all[0].Degraded = named + "Subgroups come with it, and projects unless migrate_projects = false. Variables, webhooks, deploy tokens, push rules and custom fields are lost, and of projects what a transfer of projects loses."
	return all
}
