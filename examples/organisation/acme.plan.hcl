# acme.plan.hcl - everything that moves to the new GitLab
drover {
  required_version = ">= 0.3.0, < 1.0.0"

  state {
    path = "state/acme.db"
  }

  required_providers {
    github           = { version = "~> 0.3" }
    bitbucket_server = { version = "~> 0.3" }
    bitbucket_cloud  = { version = "~> 0.3" }
    gitlab           = { version = "~> 0.3" }
  }
}

variable "wave" {
  type        = number
  default     = 1
  description = "Highest migration wave to include."

  validation {
    condition     = contains([1, 2, 3], var.wave)
    error_message = "wave must be 1, 2 or 3."
  }
}

locals {
  # waves.csv: full_name,wave,team
  rows  = csvdecode(file("waves.csv"))
  waves = { for r in local.rows : r.full_name => tonumber(r.wave) }
  teams = { for r in local.rows : r.full_name => r.team }
}

# --- secrets: names only; the text is fetched when a provider is configured ---

secret "github" {
  env = "ACME_GITHUB_TOKEN"
}

secret "ghes" {
  file = "secrets/ghes-token"
}

secret "bitbucket_dc" {
  command = ["sops", "decrypt", "--extract", "[\"bitbucket_dc\"]", "secrets/tokens.sops.yaml"]
  timeout = "20s"
}

secret "bitbucket_cloud" {
  command = ["vault", "kv", "get", "-field=token", "kv/migrations/bitbucket"]
}

secret "bitbucket_app" {
  env = "BITBUCKET_APP_PASSWORD"
}

secret "gitlab_old" {
  env = "OLD_GITLAB_TOKEN"
}

secret "gitlab_new" {
  env = "NEW_GITLAB_TOKEN"
}

# --- where things come from ---------------------------------------------------

source "github" "acme" {
  personal_access_token = secret.github
}

source "github" "enterprise" {
  github_hostname       = "https://github.acme.example"
  personal_access_token = secret.ghes
  pagination_limit      = 50
  timeout_strategy      = "optimistic"
}

source "bitbucket_server" "dc" {
  bitbucket_server_url      = "https://bitbucket.acme.example"
  bitbucket_server_username = "svc-migrate"
  personal_access_token     = secret.bitbucket_dc
  timeout_strategy          = "pessimistic"
}

source "bitbucket_cloud" "acme" {
  bitbucket_email     = "svc-migrate@acme.example"
  bitbucket_api_token = secret.bitbucket_cloud
}

source "bitbucket_cloud" "old_login" { # accepted, with a deprecation warning
  bitbucket_username     = "svc-migrate"
  bitbucket_app_password = secret.bitbucket_app
}

source "gitlab" "old" {
  url          = "https://gitlab-old.acme.example"
  access_token = secret.gitlab_old
}

# --- where things go ----------------------------------------------------------

target "gitlab" "new" {
  url               = "https://gitlab.acme.example"
  access_token      = secret.gitlab_new
  method            = "direct" # or "import_api": GitLab pulls by itself
  missing_namespace = "error"  # or "create"
}

# --- people -------------------------------------------------------------------

authors "acme" {
  mailmap   = ["people/.mailmap"]
  csv       = ["people/acme.csv"]
  unmatched = "placeholder" # or "error", "synthesize"

  author "hubot" {
    name        = "Hubot"
    email       = "hubot@acme.example"
    target_user = "hubot"
  }
}

# --- shared settings ----------------------------------------------------------

profile "standard" {
  timeout_strategy = "pessimistic"
  pagination_limit = 100
  authors          = authors.acme

  optional_stages {
    attachments_import           = true
    collaborators_import         = true
    single_endpoint_notes_import = true
  }
}

profile "gitlab_before_16_9" {
  extends = profile.standard

  optional_stages {
    single_endpoint_issue_events_import = true # refused for newer targets
  }
}

profile "huge" {
  extends          = profile.standard
  pagination_limit = 25
  timeout_strategy = "optimistic"

  optional_stages {
    attachments_import = false
  }
}

# --- a whole GitHub organization ------------------------------------------------

discover "repositories" "acme" {
  source   = source.github.acme
  owner    = "acme"
  exclude  = ["*-sandbox", "dotfiles"]
  archived = "include"
  forks    = "exclude"

  expect {
    min      = 200
    max_drop = "5%" # a shorter list than last time stops the plan
  }
}

repository "acme" {
  for_each = {
    for r in discover.repositories.acme.items : r.full_name => r
    if try(local.waves[r.full_name], 99) <= var.wave
  }

  source  = source.github.acme
  target  = target.gitlab.new
  profile = each.value.size_mb > 2000 ? profile.huge : profile.standard

  repo_id          = each.value.id
  target_namespace = "acme/${local.teams[each.key]}"
  new_name         = replace(each.value.name, "_", "-")

  precondition {
    condition     = each.value.visibility != "public" || each.value.license != null
    error_message = "${each.key} is public and has no license."
  }

  lifecycle {
    on_orphan       = "keep" # or "archive"; deleting is never automatic
    on_source_drift = "follow"
    on_target_drift = "stop"
  }
}

# --- one repository from GitHub Enterprise Server ------------------------------

repository "handbook" {
  source           = source.github.enterprise
  target           = target.gitlab.new
  repo_id          = 12345
  new_name         = "handbook"
  target_namespace = "acme/docs"
  authors          = authors.acme

  optional_stages {
    attachments_import = true
  }
}

# --- gists become snippets -----------------------------------------------------

gists "hubot" {
  source          = source.github.acme
  target          = target.gitlab.new
  over_file_limit = "skip" # snippets take 10 files; or "split"
}

# --- Bitbucket ------------------------------------------------------------------

discover "repositories" "dc" {
  source = source.bitbucket_server.dc
  owner  = "NEW"
}

repository "dc" {
  for_each = { for r in discover.repositories.dc.items : r.full_name => r }

  source = source.bitbucket_server.dc
  target = target.gitlab.new

  bitbucket_server_project = each.value.owner
  bitbucket_server_repo    = each.value.slug
  target_namespace         = "acme/dc"
  new_name                 = lower(each.value.slug)
  timeout_strategy         = "optimistic"
}

repository "mobile" {
  source           = source.bitbucket_cloud.acme
  target           = target.gitlab.new
  repo_path        = "acme/mobile"
  target_namespace = "acme/apps"
  new_name         = "mobile-app"
}

# --- GitLab to GitLab: groups and single projects --------------------------------

group "platform" {
  source                = source.gitlab.old
  target                = target.gitlab.new
  source_type           = "group_entity" # optional: implied by the block type
  source_full_path      = "infra/platform"
  destination_slug      = "platform-services" # acme/platform is there: a transfer makes a new group
  destination_namespace = "acme"
  migrate_projects      = true
  migrate_memberships   = false
}

group "sandbox" {
  source                = source.gitlab.old
  target                = target.gitlab.new
  source_full_path      = "infra/sandbox"
  destination_name      = "sandbox" # deprecated spelling of destination_slug
  destination_namespace = "acme"
  migrate_projects      = false
}

repository "runner_images" {
  source                = source.gitlab.old
  target                = target.gitlab.new
  source_type           = "project_entity"
  source_full_path      = "infra/ci/runner-images"
  destination_slug      = "runner-images"
  destination_namespace = "acme/ci"
  migrate_memberships   = true
}

# --- rules, renames, results ------------------------------------------------------

policy "no_public_in_acme" {
  severity      = "error" # or "warning"
  for_each      = plan.changes
  condition     = each.value.action != "create" || each.value.after.visibility != "public"
  error_message = "${each.key} would become public."
}

guard {
  max_orphans  = 3
  max_rewrites = 0
}

moved {
  from = repository.web["acme/site"]
  to   = repository.acme["acme/site"]
}

moved {
  for_each = { "acme/www" = "acme/site-www", "acme/blog" = "acme/site-blog" }
  from     = repository.web[each.key]
  to       = repository.acme[each.value]
}

removed {
  from   = repository.acme["acme/prototype"]
  target = "keep"
}

adopt {
  for_each = toset(["acme/api", "acme/cli"])
  to       = repository.acme[each.key]
  path     = "acme/platform/${basename(each.key)}"
}

output "redirects" {
  value = { for k, r in repository.acme : r.source_url => r.target_url }
  file  = "out/redirects.csv"
}
