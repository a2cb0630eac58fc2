# Every repository below a folder goes into a new folder, each by the rules of
# the part it comes from.

source "git" "old_server" {}

target "directory" "new_server" {
  path = "new"
}

discover "repositories" "old" {
  source  = source.git.old_server
  folder  = "old"
  exclude = ["attic/**"]

  expect {
    min      = 3     # fewer means that the folder is not mounted
    max_drop = "20%" # of what earlier runs carried over
  }
}

locals {
  found = { for r in discover.repositories.old.items : r.full_name => r if !r.empty }
}

profile "standard" {
  source = source.git.old_server
  target = target.directory.new_server

  lifecycle {
    on_source_drift = "pin" # carry over what was reviewed, not what came later
  }
}

profile "website" {
  extends = profile.standard

  lifecycle {
    on_ref_gone = "delete" # preview branches come and go
  }
}

repository "all" {
  for_each         = local.found
  profile          = each.value.name == "website" ? profile.website : profile.standard
  vcs_url          = each.value.url
  target_namespace = "ferry/${each.value.owner}"
  new_name         = slug(each.value.name)

  precondition {
    condition     = length(self.new_name) <= 40
    error_message = "${each.key} has a name that is too long for the new server."
  }
}

# This block was once called mirror. Those who applied it then keep what they
# have; for everyone else this does nothing.
moved {
  from = repository.mirror
  to   = repository.all
}
