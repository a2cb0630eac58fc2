#!/bin/sh
# Moves the organisation lantern from the stand-in for GitHub to the one for Gitea,
# changes something at the source, and carries over that. The servers end with it.
# It writes in this folder and nowhere else.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/../../bin:$PATH
trap 'sh stop.sh' EXIT
printf '\n$ sh examples/github-to-gitea/setup.sh\n'
sh setup.sh
github=$(sed -n 's/.*"github": "\(.*\)".*/\1/p' servers.plan.hcl.json)
gitea=$(sed -n 's/.*"gitea": "\(.*\)".*/\1/p' servers.plan.hcl.json)
echo "The stand-in for GitHub is at $github, the one for Gitea at $gitea."

run() {
	printf '\n$ drover %s\n' "$*"
	drover "$@"
}

edit() { # JSON
	printf '\n$ curl %s/_model/edits --data '"'%s'"'\n' "$github" "$1"
	curl --silent --show-error --fail "$github/_model/edits" --data "$1"
	echo
}

# Some of what an issue or comment is like at the target.
look() { # PATH
	printf '\n$ curl %s/api/v1/repos/lantern/%s\n' "$gitea" "$1"
	curl --silent --show-error --fail --header "Authorization: token $(cat servers/gitea-token)" "$gitea/api/v1/repos/lantern/$1" |
		grep -oE '"(body|merged|number|state|title)": *("([^"\\]|\\.)*"|[^",}]*)'
}

run authors list
run plan --summary --out servers/first.changeset
run apply servers/first.changeset
run apply --yes # completes texts that refer to what was migrated after them

edit '{"do": "add_comment", "repository": "lantern/beacon", "as": "mona", "number": 3, "text": "It turns! See lantern/docs#1. @linus-k @stranger"}'
edit '{"do": "push", "repository": "lantern/docs", "as": "grace", "branch": "main", "message": "Mention the wick", "files": {"README.md": "# Handbook\n\nTrim the wick.\n"}}'
run plan
run apply --yes
run verify
run status

look beacon/pulls/5
look beacon/issues/3/comments
printf '\n$ git ls-remote %s/lantern/docs.git\n' "$gitea"
git ls-remote "$gitea/lantern/docs.git"

cat <<END

What to type next:

  sh examples/github-to-gitea/setup.sh      # the servers again, and an empty target
  bin/drover --chdir examples/github-to-gitea apply
  sh examples/github-to-gitea/stop.sh
  cat docs/github.md docs/gitea.md          # then with your own organisation
END
