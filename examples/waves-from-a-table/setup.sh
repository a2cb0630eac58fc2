#!/bin/sh
# Makes the repositories that this example moves, in the folder old. It does
# nothing when they are there.
set -eu
cd "$(dirname "$0")"
[ ! -e old ] || exit 0

# repository PATH NAME EMAIL: a bare repository with one commit by that person.
repository() {
	git init -q --bare -b main "old/$1"
	git -C "old/$1" fast-import --quiet <<-END
		commit refs/heads/main
		committer $2 <$3> 1767603600 +0000
		data <<TEXT
		Begin
		TEXT
		M 644 inline README
		data <<TEXT
		$1
		TEXT

	END
}

repository core/api.git jdoe jdoe@build-3.mill.example
repository core/worker.git "M. Lund" mlund@mill.example
repository web/shop.git jdoe jdoe@build-3.mill.example
