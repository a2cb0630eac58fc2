#!/bin/sh
# Makes the repositories that this example moves, in the folder old. It does
# nothing when they are there.
set -eu
cd "$(dirname "$0")"
[ ! -e old ] || exit 0

export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@ferry.example GIT_AUTHOR_DATE=2026-01-05T09:00:00Z
export GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@ferry.example GIT_COMMITTER_DATE=2026-01-05T09:00:00Z

# repository PATH FILE: a bare repository with one commit, a branch and a tag.
repository() {
	git init -q --bare -b main "old/$1"
	git -C "old/$1" fast-import --quiet <<-END
		commit refs/heads/main
		committer Ada <ada@ferry.example> 1767603600 +0000
		data <<TEXT
		Add $2
		TEXT
		M 644 inline $2
		data <<TEXT
		$2 of $1
		TEXT

	END
	git -C "old/$1" branch next main
	git -C "old/$1" tag v1 main
}

repository team-a/Timetable.git schedule.txt
repository team-a/tickets.git prices.txt
repository team-b/website.git index.html
repository attic/fax-gateway.git modem.txt
git init -q --bare -b main old/team-b/empty.git
