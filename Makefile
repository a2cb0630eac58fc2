# Every target that people use has a line of help. Nothing here decides
# anything: each target names the commands that do the work.

GO         ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION    ?= 0.3.0
PROGRAMS    = $(notdir $(wildcard cmd/*))
STANDINS    = githubserver giteaserver gitlabserver dcserver bitbucketcloudserver

# SQLite needs cgo. Without it the program builds and then cannot open a state.
export CGO_ENABLED = 1

.DEFAULT_GOAL = build

.PHONY: help build demo test check vet format-check lint race generate generated-check bench fuzz accept cover clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

build: $(addprefix bin/,$(PROGRAMS) $(STANDINS)) ## build bin/drover, the providers and the stand-ins

bin/drover: FORCE
	$(GO) build -ldflags '-X main.version=$(VERSION)' -o $@ ./cmd/drover

# Providers are built without cgo, so that they run anywhere.
bin/drover-provider-%: FORCE
	CGO_ENABLED=0 $(GO) build -o $@ ./cmd/drover-provider-$*

# The stand-ins of forges, for demonstrations; dcserver is Bitbucket Data Center.
$(addprefix bin/,$(STANDINS)): bin/%: FORCE
	CGO_ENABLED=0 $(GO) build -o $@ ./$(wildcard providers/*/*test/$*)

FORCE:

demo: build ## migrate repositories, and an organisation from GitHub to Gitea and to GitLab, and show it
	sh examples/quickstart/demo.sh
	sh examples/github-to-gitea/demo.sh
	sh examples/github-to-gitlab/demo.sh

# Without what only a debugger reads, and without vet, which make check runs.
TESTFLAGS = -vet=off -ldflags=-w

# Programs are killed at a sample of instants, and histories are drawn a few times;
# DROVER_SOAK=1000 tries all instants and a thousand histories.
test: ## run every test; needs Go, a C compiler and git
	$(GO) test $(TESTFLAGS) ./...
	cd examples/third-party-provider && $(GO) test $(TESTFLAGS) ./...

check: vet format-check generated-check lint race ## all that CI asks for besides the tests; needs protoc

vet:
	$(GO) vet ./...
	cd examples/third-party-provider && $(GO) vet ./...

format-check:
	@test -z "$$(gofmt -l . | tee /dev/stderr)"

lint:
	$(STATICCHECK) ./...

# Where goroutines share something; the scripts cross processes, which the
# detector cannot see.
race:
	$(GO) test -vet=off -race -short ./engine ./state ./providers/plugin/... ./providers/forgehttp ./providers/stream \
		./providers/git ./providers/subversion/remote

generate: ## make the generated code anew; needs protoc
	sh providers/plugin/providerpb/generate.sh

generated-check:
	sh providers/plugin/providerpb/generate.sh --check

bench: ## run the benchmarks; ratios against a peer or a floor in the same run
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./...

# A number of runs rather than a time: go test may report the end of a time as
# a failure.
FUZZTIME ?= 20000x
fuzz: ## run every fuzz target for FUZZTIME, such as 20000x or 1m
	sh .ci/fuzz $(FUZZTIME)

# DROVER_ACCEPT_GITEA_URL and DROVER_ACCEPT_GITEA_TOKEN say where, and who: an
# administrator. DROVER_ACCEPT_GITLAB_URL and DROVER_ACCEPT_GITLAB_TOKEN do for a
# GitLab, with a token that may make groups; it transfers a group from itself, or from
# DROVER_ACCEPT_GITLAB_SOURCE_URL with DROVER_ACCEPT_GITLAB_SOURCE_TOKEN. What is made
# there is deleted at the end.
accept: ## move an organisation to a live Gitea or Forgejo, and to a live GitLab
	$(GO) test -run TestAccept -count=1 -timeout 30m -v ./cmd/drover

cover: ## show how much the tests cover
	$(GO) test -coverprofile build/cover.out ./... && $(GO) tool cover -func build/cover.out | tail -1

clean: ## remove what was built
	rm -rf bin build
