package gitlabtest

// projectDefaults are the settings of a new project.
func projectDefaults() map[string]any {
	return map[string]any{
		"lfs_enabled": true, "request_access_enabled": true, "merge_method": "merge", "squash_option": "default_off",
		"only_allow_merge_if_pipeline_succeeds": false, "only_allow_merge_if_all_discussions_are_resolved": false, "allow_merge_on_skipped_pipeline": nil,
		"remove_source_branch_after_merge": true, "printing_merge_request_link_enabled": true, "resolve_outdated_diff_discussions": false,
		"shared_runners_enabled": true, "group_runners_enabled": true, "auto_devops_enabled": false, "autoclose_referenced_issues": true,
		"emails_enabled": true, "show_diff_preview_in_email": true, "container_registry_enabled": true, "packages_enabled": true, "service_desk_enabled": false,
		"build_timeout": 3600, "build_git_strategy": "fetch", "auto_cancel_pending_pipelines": "enabled", "public_jobs": true, "keep_latest_artifact": true,
		"ci_config_path": nil, "suggestion_commit_message": nil, "merge_commit_template": nil, "squash_commit_template": nil, "issue_branch_template": nil,
		"enforce_auth_checks_on_uploads": true, "warn_about_potentially_unwanted_characters": true, "issues_template": nil, "merge_requests_template": nil,
		"ci_default_git_depth": 20, "max_artifacts_size": nil,
	}
}

// featureDefaults are the parts of a project and who uses them, in a new one.
func featureDefaults() map[string]string {
	return map[string]string{
		"issues": "enabled", "repository": "enabled", "merge_requests": "enabled", "forking": "enabled", "wiki": "enabled", "builds": "enabled",
		"snippets": "enabled", "pages": "private", "analytics": "enabled", "container_registry": "enabled", "security_and_compliance": "private",
		"releases": "enabled", "environments": "enabled", "feature_flags": "enabled", "infrastructure": "enabled", "monitor": "enabled",
		"model_experiments": "enabled", "model_registry": "enabled", "package_registry": "enabled", "requirements": "enabled",
	}
}

func withDefaults(given, defaults map[string]any) map[string]any {
	for name, value := range given {
		defaults[name] = value
	}
	return defaults
}
