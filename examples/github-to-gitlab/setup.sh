#!/bin/sh
# Starts a stand-in for GitHub, which has the organisation lantern, and an empty
# one for GitLab. sh stop.sh ends them. It needs githubserver and gitlabserver, in
# PATH or where make builds them, and curl; it exits with 77 when one is missing.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:$PWD/../../bin
for needed in githubserver gitlabserver curl; do
	command -v $needed >/dev/null || { echo "$needed is not there" >&2; exit 77; }
done
test ! -d servers || sh stop.sh
rm -rf servers servers.plan.hcl.json drover.state.db*
mkdir servers
(umask 077 && echo ghp_lantern >servers/github-token && echo glpat-lantern >servers/gitlab-token)

githubserver --listen 127.0.0.1:0 --sample --edits --token ghp_lantern >servers/github 2>&1 </dev/null &
echo $! >servers/github.pid
gitlabserver --listen 127.0.0.1:0 --admin migration --token migration=glpat-lantern \
	--user ada --user grace --user linus --user mona --user robot >servers/gitlab 2>&1 </dev/null &
echo $! >servers/gitlab.pid

# Each prints its address when it is ready.
address() { # NAME
	for _ in $(seq 600); do
		grep -o 'http://[0-9.:]*' "servers/$1" && return
		sleep 0.1
	done
	cat "servers/$1" >&2
	return 1
}
github=$(address github)
gitlab=$(address gitlab)
printf '{\n  "locals": {\n    "github": "%s",\n    "gitlab": "%s"\n  }\n}\n' "$github" "$gitlab" >servers.plan.hcl.json

# One text of the sample links to a picture that is gone. That would be one
# failure, reported and retried; here its author takes the link out.
curl --silent --show-error --fail --output /dev/null "$github/_model/edits" --data @- <<END
{"do": "edit_issue", "repository": "lantern/beacon", "as": "mona", "number": 11,
 "text": "![lamp.png]($github/user-attachments/assets/0a1b2c3d-0000-4000-8000-000000000001)\n\n[log.txt]($github/user-attachments/files/1000001/log.txt)"}
END
