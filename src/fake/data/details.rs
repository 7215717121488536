//! Which fields of `details` an action carries.

/// Pattern of action names (`*` at either end) and the fields that such an action shows. All
/// patterns that fit an action count. Slack documents few of these pairings; the others go by their
/// meaning.
pub(crate) const PATTERNS: &[(&str, &str)] = &[
    (
        "user_login",
        "authentication_method secondary_authentication_method client_ja3_fingerprint",
    ),
    (
        "user_login_failed",
        "authentication_method reason is_external_user is_error",
    ),
    ("user_logout*", "reason initiated_by"),
    (
        "user_session*",
        "reason duration initiated_by affected_users",
    ),
    (
        "bulk_session_reset_by_admin",
        "succeeded_users failed_users mobile_only web_only non_sso_only",
    ),
    ("user_*_by_admin", "initiated_by target_user"),
    (
        "anomaly",
        "reason previous_ip_address previous_ua location action_timestamp user_agent_change_details client_ja3_fingerprint",
    ),
    ("*anomaly_event_re*", "added_to_allow is_allowed entity_ids"),
    ("user_created", "inviter email type"),
    ("guest_*", "inviter expires_on type channel_ids"),
    ("*_channel_join", "inviter type"),
    ("*_channel_leave", "kicker"),
    (
        "user_profile_*",
        "previous_profile new_profile target_user_id",
    ),
    ("user_email_updated", "previous_value new_value"),
    ("role_change_*", "target_user source"),
    (
        "role_*",
        "target_entity target_entity_id target_user changed_permissions",
    ),
    ("owner_transferred", "user previous_value new_value"),
    ("user_merged", "target_user_id user_ids"),
    ("user_bulk*", "user_ids status"),
    (
        "external_user_disconnected",
        "external_user_id external_user_email external_organization_id external_organization_name",
    ),
    ("user_passkey_*", "name label"),
    (
        "app_installed",
        "app_owner_id bot_scopes new_scopes previous_scopes scopes scopes_bot granular_bot_token is_internal_integration is_token_rotation_enabled_app bot_id installer_user_id approval_type",
    ),
    ("app_uninstalled", "app_owner_id reason is_workflow"),
    (
        "app_scopes_expanded",
        "new_scopes previous_scopes old_scopes granular_bot_token bot_scopes",
    ),
    (
        "app_approved",
        "app_owner_id scopes resolution app_previously_resolved app_previously_approved approver_id admin_app_id",
    ),
    (
        "app_restricted",
        "app_owner_id cleared_resolution resolution app_previously_resolved",
    ),
    (
        "app_removed_from_whitelist",
        "app_owner_id cleared_resolution",
    ),
    ("app_resources_granted", "permissions channels"),
    ("*app_token_preserved", "target_team origin_team"),
    ("org_app_*", "team app_id creator"),
    ("app_allowlist_rule_*", "matched_rule request rules_checked"),
    ("app_datastore_*", "datastore_name attributes datastores"),
    ("app_collaborator_*", "target_user user"),
    ("app_variable_*", "variable_names app_id"),
    (
        "app_deployed",
        "functions workflows datastores permissions_updated functions_added workflows_added datastores_added",
    ),
    (
        "app_manifest_*",
        "new_version_id md5_hash functions workflows",
    ),
    ("cli_*", "app_id team"),
    (
        "app_mcp_server_*",
        "server_name server_url mcp_server_allowlist_domains",
    ),
    ("agentforce_*", "salesforce_org_id bot_id"),
    ("workflow_responses_csv_download", "export_type"),
    ("workflow_created", "new_version_id trigger"),
    ("workflow_p*", "trigger is_workflow"),
    (
        "workflow_trigger_*",
        "trigger_id trigger_config permission_type channel_ids user_ids",
    ),
    ("workflow_ai*", "md reason"),
    ("external_auth_*", "provider_key creator"),
    ("function_*", "permission_type user_ids functions"),
    ("file_downloaded", "url_private"),
    ("file_downloaded_blocked", "url_private reason"),
    ("file_download_blocked", "url_private previous_ip_address"),
    ("file_uploaded", "md5_hash is_ext_shared"),
    ("file_shared", "shared_to shared_with teams_shared_with"),
    ("file_public_link_*", "url_private"),
    ("file_malicious*", "md5_hash space_file_id"),
    ("file_deleted", "is_flagged"),
    ("channel_renamed", "previous_value new_value"),
    ("channel_moved", "source_team destination_team"),
    (
        "channel_retention_changed",
        "old_retention_policy new_retention_policy",
    ),
    (
        "channel_posting_p*",
        "who_can_post can_thread enable_at_here enable_at_channel",
    ),
    ("channel_can_huddle*", "can_huddle"),
    ("channel_enable_at_channel*", "enable_at_channel"),
    ("channel_enable_at_here*", "enable_at_here"),
    (
        "channel_workspaces_updated",
        "added_team_id teams_shared_with origin_team target_team",
    ),
    ("channel_tab_*", "folder_bookmark_id file_id"),
    ("*_channel_created", "type name"),
    (
        "external_shared_channel_*",
        "invite_id external_organization_id external_organization_name external_user_id external_user_email channel_id is_external_limited",
    ),
    ("external_shared_channel_disconnected", "disconnecting_team"),
    ("external_shared_channel_connected", "is_ext_shared"),
    ("connect_dm_invite_*", "invite_id external_user_email"),
    ("channel_detail_*", "is_flagged reason"),
    ("channel_email_*", "email"),
    ("message_*", "channel thread_ts reason"),
    ("message_flag*", "is_flagged user"),
    ("huddle_*", "channel desktop_app_browser_quit duration"),
    ("slack_ai_huddle_*", "channel"),
    ("canvas_access_*", "user access_level entity_type actor"),
    ("canvas_shared", "shared_with shared_to"),
    ("canvas_created", "is_channel_canvas linked_channel_id"),
    ("canvas_merged", "file_id"),
    ("canvas_quip*", "cloned_file_id"),
    (
        "canvas_*_template*",
        "template_title is_slack_provided_template",
    ),
    ("list_cell_updated", "column_id row_id cell_date_updated"),
    ("list_column_*", "column_id"),
    ("list_row*", "row_id"),
    ("list_view_*", "view_id"),
    ("list_access_*", "user access_level"),
    ("list_shared", "shared_with"),
    (
        "template_*",
        "template_title is_slack_provided_template status",
    ),
    ("permissions_*", "permissions user_ids"),
    (
        "barrier_*",
        "barrier_id primary_usergroup_id barriered_from_usergroup_ids restricted_subjects",
    ),
    ("legal_hold_*", "policy_name user_ids channel_ids"),
    ("native_dlp_*", "policy_name action reason"),
    ("user_*_usergroup*", "user subteam failed_users"),
    ("*usergroup*", "subteam"),
    (
        "usergroup_*",
        "subteam team enterprise idp_config_id idp_group_member_count workspace_member_count added_user_count added_user_error_count reactivated_user_count removed_user_count removed_user_error_count total_removal_count",
    ),
    ("default_channel_*", "channels"),
    (
        "idp_*",
        "idp_config_id config_type label idp_entity_id idp_entity_id_hash",
    ),
    ("*pref.*", "new_value previous_value"),
    ("pref.who_can_*", "who_can_post"),
    ("pref.who_can_dm_anyone", "who_can_dm_anyone"),
    (
        "pref.*retention*",
        "old_retention_policy new_retention_policy",
    ),
    ("pref.sso*", "authentication_mode"),
    ("pref*connectors*", "connectors_enabled connectors_disabled"),
    (
        "prefs_setting_changed",
        "pref_name new_value previous_value",
    ),
    ("slack_connect_pref_*", "pref_name new_value previous_value"),
    (
        "slack_ai_mcp_*",
        "tool tool_name arguments argument_keys server_name server_url success read_only destructive decision permission_key uri source",
    ),
    (
        "mcp_slack_*",
        "tool tool_name arguments argument_keys service_type success read_only destructive mcp_client_inferred_behavior",
    ),
    ("slack_ai_skill_*", "skill_id executor_id source"),
    ("slack_ai_*", "entity_type"),
    (
        "*_export_*",
        "export_type export_start_ts export_end_ts exporting_team_id",
    ),
    (
        "audit_logs_*",
        "session_search_start deprecation_search_end",
    ),
    (
        "team*nsupported*",
        "session_search_start deprecation_search_end is_error",
    ),
    ("emoji_*", "name"),
    ("emoji_renamed", "previous_value new_value"),
    (
        "workspace_copy_*",
        "source_team destination_team entity_team",
    ),
    ("workspace_created", "creator name"),
    ("organization_*", "previous_value new_value name"),
    ("migration_*", "status target_team"),
    ("migration_bulk*", "succeeded_users failed_users"),
    (
        "salesforce_*",
        "salesforce_org_id salesforce_edition salesforce_org_config salesforce_tenant_guid",
    ),
    (
        "auth_policy_*",
        "policy_name entity_ids authentication_mode",
    ),
    ("ip_allowlist_*", "previous_ip_address"),
    ("domain_*", "name"),
    ("quip_*", "cloned_file_id"),
    ("ekm_*", "reason"),
];

/// Whether an action's name fits a pattern: each `*` stands for any text.
pub(crate) fn fits(pattern: &str, action: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else {
        return false;
    };
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut open = false;
    let mut last = first;
    for part in parts {
        open = true;
        last = part;
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.is_empty() || (open && (last.is_empty() || action.ends_with(last)))
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, action, expected) in [
            ("user_login", "user_login", true),
            ("user_login", "user_login_failed", false),
            ("user_logout*", "user_logout", true),
            ("user_logout*", "user_logout_compromised", true),
            ("*_channel_join", "guest_channel_join", true),
            ("*_channel_join", "guest_channel_joined", false),
            ("*usergroup*", "usergroup_updated", true),
            (
                "pref*connectors*",
                "pref.enterprise_search_connectors",
                true,
            ),
            ("app_*", "user_app_x", false),
        ] {
            assert_eq!(fits(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn patterns_name_every_known_field_and_nothing_else() {
        let known: Vec<&str> = schema::fields("Details")
            .iter()
            .map(|field| field.name)
            .collect();
        let used: Vec<&str> = PATTERNS
            .iter()
            .flat_map(|(_, fields)| fields.split(' '))
            .collect();
        for field in &known {
            assert!(used.contains(field), "no action shows {field}");
        }
        for field in &used {
            assert!(known.contains(field), "{field} is not a known field");
        }
    }
}
