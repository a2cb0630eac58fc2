#!/bin/sh
# Ends the servers that setup.sh started. What was in them is gone then.
cd "$(dirname "$0")" || exit
for server in github gitlab; do
	test ! -f servers/$server.pid || kill "$(cat servers/$server.pid)"
	rm -f servers/$server.pid
done
