# The organisation lantern and the gists of ada, from GitHub to GitLab: what is
# worked on is carried over by Drover, which can do so again and again, and the
# rest GitLab imports by itself, once. Where the two servers are is in
# servers.plan.hcl.json, which setup.sh writes; with real ones, leave
# github_hostname out and write the address of your GitLab, or leave that out too
# for gitlab.com.

locals {
  once = ["vault"] # nobody works on these any more
}

secret "github" {
  file = "servers/github-token"
}

secret "gitlab" {
  file = "servers/gitlab-token"
}

source "github" "old" {
  github_hostname       = local.github
  personal_access_token = secret.github
}

target "gitlab" "new" {
  url                = local.gitlab
  access_token       = secret.gitlab
  missing_namespace  = "create" # groups are made when they are not there
  concurrent_imports = 2
}

# Who is which account at the new server. Everyone else is named in one line
# above what they wrote.
authors "people" {
  csv       = ["people.csv"]
  unmatched = "keep"

  author "*[bot]" {
    target_user = "robot"
  }
}

profile "lantern" {
  target_namespace = "lantern"

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}

discover "repositories" "lantern" {
  source = source.github.old
  owner  = "lantern"

  expect {
    min = 3
  }
}

repository "lantern" {
  for_each = {
    for r in discover.repositories.lantern.items : r.name => r if !contains(local.once, r.name)
  }

  source  = source.github.old
  target  = target.gitlab.new
  profile = profile.lantern
  authors = authors.people
  repo_id = each.value.id # a rename at the source is followed
}

repository "once" {
  for_each = {
    for r in discover.repositories.lantern.items : r.name => r if contains(local.once, r.name)
  }

  source     = source.github.old
  target     = target.gitlab.new
  profile    = profile.lantern
  method     = "import_api"
  depends_on = [repository.lantern] # which make the group
  repo_id    = each.value.id
}

# Snippets take 10 files. A gist with more is named in the plan and left out.
gists "ada" {
  source           = source.github.old
  target           = target.gitlab.new
  authors          = authors.people
  target_namespace = "ada"
  over_file_limit  = "skip"
}

# What to tell the people who have links to the old place.
output "redirects" {
  value = { for name, r in repository.lantern : r.source_url => r.target_url }
  file  = "servers/redirects.csv"
}
