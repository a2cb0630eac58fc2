#!/bin/sh
# Generates the Go code of provider.proto, or with --check compares it with what
# is here. Needs protoc 3.21 or newer; the two generators have fixed versions.
set -eu
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/protoc-gen-go" google.golang.org/protobuf/cmd/protoc-gen-go
GOBIN=$work go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.1

generate() {
	protoc --plugin="$work/protoc-gen-go" --plugin="$work/protoc-gen-go-grpc" \
		--go_out="$1" --go_opt=paths=source_relative \
		--go-grpc_out="$1" --go-grpc_opt=paths=source_relative \
		provider.proto
}

if [ "${1-}" != --check ]; then
	generate .
	exit
fi
mkdir "$work/out"
generate "$work/out"
for file in "$work"/out/*.go; do
	# The version of protoc stands in a comment and may differ.
	if ! diff -I '^//.*protoc ' "$file" "$(basename "$file")" >/dev/null; then
		echo "$(basename "$file") is not what provider.proto generates; run make generate" >&2
		exit 1
	fi
done
