#!/bin/sh
# Ends the servers that setup.sh started.
cd "$(dirname "$0")" || exit
for server in svnserve hg apache; do
	test ! -f old/$server.pid || kill "$(cat old/$server.pid)"
done
test ! -f old/web || rm -rf "$(cat old/web)"
