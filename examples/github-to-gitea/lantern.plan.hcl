# The organisation lantern and the gists of ada, from GitHub to Gitea. Where the
# two servers are is in servers.plan.hcl.json, which setup.sh writes; with real
# ones, leave github_hostname out and write the address of your Gitea.

secret "github" {
  file = "servers/github-token"
}

secret "gitea" {
  file = "servers/gitea-token"
}

source "github" "old" {
  github_hostname       = local.github
  personal_access_token = secret.github
}

target "gitea" "new" {
  url               = local.gitea
  access_token      = secret.gitea
  missing_namespace = "create" # the organisation is made when it is not there
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

discover "repositories" "lantern" {
  source = source.github.old
  owner  = "lantern"

  expect {
    min = 3
  }
}

repository "lantern" {
  for_each         = { for r in discover.repositories.lantern.items : r.name => r }
  source           = source.github.old
  target           = target.gitea.new
  authors          = authors.people
  repo_id          = each.value.id # a rename at the source is followed
  target_namespace = each.value.owner

  optional_stages {
    attachments_import   = true
    collaborators_import = true
  }
}

gists "ada" {
  source           = source.github.old
  target           = target.gitea.new
  authors          = authors.people
  target_namespace = "ada"
}
