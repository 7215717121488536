//! Every action that Slack is known to serve, by category, as `GET /actions` lists them.

use super::constants;

constants! {
    workspace_or_org {
        WORKSPACE_CREATED "workspace_created";
        WORKSPACE_DELETED "workspace_deleted";
        ORGANIZATION_CREATED "organization_created";
        ORGANIZATION_DELETED "organization_deleted";
        ORGANIZATION_RENAMED "organization_renamed";
        ORGANIZATION_DOMAIN_CHANGED "organization_domain_changed";
        ORGANIZATION_ACCEPTED_MIGRATION "organization_accepted_migration";
        ORGANIZATION_DECLINED_MIGRATION "organization_declined_migration";
        EMOJI_ADDED "emoji_added";
        EMOJI_REMOVED "emoji_removed";
        EMOJI_ALIASED "emoji_aliased";
        EMOJI_RENAMED "emoji_renamed";
        BILLING_ADDRESS_ADDED "billing_address_added";
        MIGRATION_SCHEDULED "migration_scheduled";
        WORKSPACE_ACCEPTED_MIGRATION "workspace_accepted_migration";
        WORKSPACE_DECLINED_MIGRATION "workspace_declined_migration";
        MIGRATION_COMPLETED "migration_completed";
        MIGRATION_DMS_MPDMS_COMPLETED "migration_dms_mpdms_completed";
        CORPORATE_EXPORTS_APPROVED "corporate_exports_approved";
        CORPORATE_EXPORTS_ENABLED "corporate_exports_enabled";
        MANUAL_EXPORT_STARTED "manual_export_started";
        MANUAL_EXPORT_COMPLETED "manual_export_completed";
        SCHEDULED_EXPORT_STARTED "scheduled_export_started";
        SCHEDULED_EXPORT_COMPLETED "scheduled_export_completed";
        CHANNELS_EXPORT_STARTED "channels_export_started";
        CHANNELS_EXPORT_COMPLETED "channels_export_completed";
        MANUAL_USER_EXPORT_STARTED "manual_user_export_started";
        MANUAL_USER_EXPORT_COMPLETED "manual_user_export_completed";
        EKM_ENROLLED "ekm_enrolled";
        EKM_UNENROLLED "ekm_unenrolled";
        EKM_KEY_ADDED "ekm_key_added";
        EKM_KEY_REMOVED "ekm_key_removed";
        EKM_CLEAR_CACHE_SET "ekm_clear_cache_set";
        EKM_LOGGING_CONFIG_SET "ekm_logging_config_set";
        EKM_SLACKBOT_ENROLL_NOTIFICATION_SENT "ekm_slackbot_enroll_notification_sent";
        EKM_SLACKBOT_UNENROLL_NOTIFICATION_SENT "ekm_slackbot_unenroll_notification_sent";
        EKM_SLACKBOT_REKEY_NOTIFICATION_SENT "ekm_slackbot_rekey_notification_sent";
        EKM_SLACKBOT_LOGGING_NOTIFICATION_SENT "ekm_slackbot_logging_notification_sent";
        PREF_SSO_SETTING_CHANGED "pref.sso_setting_changed";
        PREF_TWO_FACTOR_AUTH_CHANGED "pref.two_factor_auth_changed";
        PREF_PUBLIC_CHANNEL_RETENTION_CHANGED "pref.public_channel_retention_changed";
        PREF_PRIVATE_CHANNEL_RETENTION_CHANGED "pref.private_channel_retention_changed";
        PREF_DM_RETENTION_CHANGED "pref.dm_retention_changed";
        PREF_FILE_RETENTION_CHANGED "pref.file_retention_changed";
        PREF_RETENTION_OVERRIDE_CHANGED "pref.retention_override_changed";
        PREF_BLOCK_DOWNLOAD_AND_COPY_ON_UNTRUSTED_MOBILE
            "pref.block_download_and_copy_on_untrusted_mobile";
        PREF_BLOCK_FILE_DOWNLOAD_FOR_UNAPPROVED_IP "pref.block_file_download_for_unapproved_ip";
        PREF_MOBILE_SECONDARY_AUTH_TIMEOUT_CHANGED "pref.mobile_secondary_auth_timeout_changed";
        PREF_DLP_ACCESS_CHANGED "pref.dlp_access_changed";
        PREF_ENT_REQUIRED_BROWSER "pref.ent_required_browser";
        PREF_REQUIRED_MINIMUM_MOBILE_VERSION_CHANGED "pref.required_minimum_mobile_version_changed";
        PREF_ENTERPRISE_MOBILE_DEVICE_CHECK "pref.enterprise_mobile_device_check";
        PREF_ALLOW_CALLS "pref.allow_calls";
        PREF_CUSTOM_TOS "pref.custom_tos";
        PREF_WHO_CAN_MANAGE_GUESTS "pref.who_can_manage_guests";
        PREF_ALLOW_MESSAGE_DELETION "pref.allow_message_deletion";
        PREF_MSG_EDIT_WINDOW_MINS "pref.msg_edit_window_mins";
        PREF_DISALLOW_PUBLIC_FILE_URLS "pref.disallow_public_file_urls";
        PREF_WHO_CAN_CREATE_PUBLIC_CHANNELS "pref.who_can_create_public_channels";
        PREF_WHO_CAN_ARCHIVE_CHANNELS "pref.who_can_archive_channels";
        PREF_WHO_CAN_CREATE_PRIVATE_CHANNELS "pref.who_can_create_private_channels";
        PREF_WHO_CAN_REMOVE_FROM_PUBLIC_CHANNELS "pref.who_can_remove_from_public_channels";
        PREF_WHO_CAN_REMOVE_FROM_PRIVATE_CHANNELS "pref.who_can_remove_from_private_channels";
        PREF_WHO_CAN_MANAGE_CHANNEL_POSTING_PREFS "pref.who_can_manage_channel_posting_prefs";
        PREF_APP_WHITELIST_ENABLED "pref.app_whitelist_enabled";
        PREF_APP_DIR_ONLY "pref.app_dir_only";
        PREF_SIGN_IN_WITH_SLACK_DISABLED "pref.sign_in_with_slack_disabled";
        PREF_COMMANDS_ONLY_REGULAR "pref.commands_only_regular";
        PREF_HIDE_REFERERS "pref.hide_referers";
        PREF_CAN_RECEIVE_SHARED_CHANNELS_INVITES "pref.can_receive_shared_channels_invites";
        PREF_WHO_CAN_MANAGE_EXT_SHARED_CHANNELS "pref.who_can_manage_ext_shared_channels";
        PREF_WHO_CAN_MANAGE_SHARED_CHANNELS "pref.who_can_manage_shared_channels";
        PREF_ENTERPRISE_DEFAULT_CHANNELS "pref.enterprise_default_channels";
        PREF_WHO_CAN_CREATE_DELETE_USER_GROUPS "pref.who_can_create_delete_user_groups";
        PREF_WHO_CAN_EDIT_USER_GROUPS "pref.who_can_edit_user_groups";
        PREF_STATS_ONLY_ADMINS "pref.stats_only_admins";
        PREF_EMOJI_ONLY_ADMINS "pref.emoji_only_admins";
        PREF_SLACKBOT_RESPONSES_DISABLED "pref.slackbot_responses_disabled";
        PREF_SLACKBOT_RESPONSES_ONLY_ADMINS "pref.slackbot_responses_only_admins";
        PREF_DND_ENABLED "pref.dnd_enabled";
        PREF_DND_START_HOUR "pref.dnd_start_hour";
        PREF_DND_END_HOUR "pref.dnd_end_hour";
        PREF_USERNAME_POLICY "pref.username_policy";
        PREF_ENTERPRISE_TEAM_CREATION_REQUEST "pref.enterprise_team_creation_request";
        PREF_LOADING_ONLY_ADMINS "pref.loading_only_admins";
        PREF_DISPLAY_REAL_NAMES "pref.display_real_names";
        MANUAL_EXPORT_DOWNLOADED "manual_export_downloaded";
        SCHEDULED_EXPORT_DOWNLOADED "scheduled_export_downloaded";
        CHANNELS_EXPORT_DOWNLOADED "channels_export_downloaded";
        MANUAL_USER_EXPORT_DOWNLOADED "manual_user_export_downloaded";
        PREF_ADMIN_RETENTION_OVERRIDE_CHANGED "pref.admin_retention_override_changed";
        APPROVED_ORGS_ADDED "approved_orgs_added";
        APPROVED_ORGS_REMOVED "approved_orgs_removed";
        MANUAL_EXPORT_DELETED "manual_export_deleted";
        SCHEDULED_EXPORT_DELETED "scheduled_export_deleted";
        CHANNELS_EXPORT_DELETED "channels_export_deleted";
        MANUAL_USER_EXPORT_DELETED "manual_user_export_deleted";
        PREF_NOTIFICATION_REDACTION_TYPE "pref.notification_redaction_type";
        PREF_SESSION_DURATION_CHANGED "pref.session_duration_changed";
        PREF_SESSION_DURATION_TYPE_CHANGED "pref.session_duration_type_changed";
        ORG_VERIFIED "org_verified";
        ORG_UNVERIFIED "org_unverified";
        ORG_PUBLIC_URL_UPDATED "org_public_url_updated";
        ORGANIZATION_VERIFIED "organization_verified";
        ORGANIZATION_UNVERIFIED "organization_unverified";
        ORGANIZATION_PUBLIC_URL_UPDATED "organization_public_url_updated";
        PREF_SLACK_CONNECT_ALLOWED_WORKSPACES "pref.slack_connect_allowed_workspaces";
        PREF_SLACK_CONNECT_DM_ONLY_VERIFIED_ORGS "pref.slack_connect_dm_only_verified_orgs";
        PREF_WHO_CAN_DM_ANYONE "pref.who_can_dm_anyone";
        PREF_CONTENT_REVIEW_ENABLED "pref.content_review_enabled";
        PREF_FLAGGED_CONTENT_REVIEW_CHANNEL "pref.flagged_content_review_channel";
        PREF_SLACK_CONNECT_APPROVAL_TYPE "pref.slack_connect_approval_type";
        PREF_HERMES_HAS_ACCEPTED_TOS "pref.hermes_has_accepted_tos";
        PREF_ALLOW_SPONSORED_SLACK_CONNECTIONS "pref.allow_sponsored_slack_connections";
        PREF_HERMES_TRIGGERS_TRIPPABLE_BY_SLACK_CONNECTED_TEAMS
            "pref.hermes_triggers_trippable_by_slack_connected_teams";
        IDP_CONFIGURATION_ADDED "idp_configuration_added";
        IDP_CONFIGURATION_DELETED "idp_configuration_deleted";
        IDP_PROD_CONFIGURATION_UPDATED "idp_prod_configuration_updated";
        IDP_TEST_CONFIGURATION_UPDATED "idp_test_configuration_updated";
        PREF_DM_RETENTION_REDACTION_DURATION "pref.dm_retention_redaction_duration";
        PREF_PRIVATE_RETENTION_REDACTION_DURATION "pref.private_retention_redaction_duration";
        PREF_PUBLIC_RETENTION_REDACTION_DURATION "pref.public_retention_redaction_duration";
        PREF_ALLOW_HUDDLES "pref.allow_huddles";
        TEAM_UNSUPPORTEDVERSIONS_START_SUCCESS "team.unsupportedVersions.start.success";
        TEAM_UNSUPPORTEDVERSIONS_START_FAILURE "team.unsupportedVersions.start.failure";
        TEAM_UNSUPPORTEDVERSIONS_JOB_START "team.unsupportedVersions.job.start";
        TEAM_UNSUPPORTEDVERSIONS_JOB_END "team.unsupportedVersions.job.end";
        PREF_WORKSPACE_ACCESS_CHANGED "pref.workspace_access_changed";
        INTUNE_ENABLED "intune_enabled";
        INTUNE_DISABLED "intune_disabled";
        WORKSPACE_COPY_APPROVAL_SOURCE "workspace_copy_approval_source";
        WORKSPACE_COPY_APPROVAL_TARGET "workspace_copy_approval_target";
        PREF_UNEDITABLE_USER_PROFILE_FIELDS "pref.uneditable_user_profile_fields";
        WORKSPACE_COPY_SCHEDULED "workspace_copy_scheduled";
        WORKSPACE_COPY_STARTED "workspace_copy_started";
        WORKSPACE_COPY_COMPLETED "workspace_copy_completed";
        WORKSPACE_COPY_APPROVED "workspace_copy_approved";
        DOMAIN_CREATED "domain_created";
        DOMAIN_VERIFIED "domain_verified";
        DOMAIN_DELETED "domain_deleted";
        SLACK_CONNECT_INVITE_ROUTING_ENABLED "slack_connect_invite_routing_enabled";
        SLACK_CONNECT_INVITE_ROUTING_DISABLED "slack_connect_invite_routing_disabled";
        FLEXIBLE_ACCESS_CONTROL_SET "flexible_access_control_set";
        TEAM_UNSUPPORTED_VERSIONS_START_SUCCESS "team_unsupported_versions_start_success";
        TEAM_UNSUPPORTED_VERSIONS_START_FAILURE "team_unsupported_versions_start_failure";
        TEAM_UNSUPPORTED_VERSIONS_JOB_START "team_unsupported_versions_job_start";
        TEAM_UNSUPPORTED_VERSIONS_JOB_END "team_unsupported_versions_job_end";
        PREF_EXT_AUDIT_LOG_RETENTION_TYPE_CHANGED "pref.ext_audit_log_retention_type_changed";
        PREF_EXT_AUDIT_LOG_RETENTION_DURATION_CHANGED
            "pref.ext_audit_log_retention_duration_changed";
        DOMAIN_UNVERIFIED "domain_unverified";
        PREF_CANVAS_CHANGED "pref.canvas_changed";
        TEAM_AUTHORIZED_IP_RANGE_SET "team_authorized_ip_range_set";
        PREF_REQUIRED_MINIMUM_DESKTOP_VERSION_CHANGED
            "pref.required_minimum_desktop_version_changed";
        PREF_PLATFORM_BETA_ENABLED "pref.platform_beta_enabled";
        PREF_WHO_CAN_USE_PLATFORM_BETA "pref.who_can_use_platform_beta";
        BULK_SESSION_RESET_BY_ADMIN "bulk_session_reset_by_admin";
        PREF_PLATFORM_BETA_INTERACTIONS_WITH_EXTERNAL_TRIGGERS_AND_WORKFLOWS_ENABLED
            "pref.platform_beta_interactions_with_external_triggers_and_workflows_enabled";
        PREF_PLATFORM_BETA_EXTERNAL_TRIGGERS_ENABLED "pref.platform_beta_external_triggers_enabled";
        EXPORT_PRIVATE_CHANNEL_ANALYTICS_CREATED "export_private_channel_analytics_created";
        AUDIT_LOGS_EXPORT_CSV_STARTED "audit_logs_export_csv_started";
        AUDIT_LOGS_RECORDS_SEARCHED "audit_logs_records_searched";
        PREF_TWO_FACTOR_PREVENT_SMS_CHANGED "pref.two_factor_prevent_sms_changed";
        APPS_ANALYTICS_EXPORT_STARTED "apps_analytics_export_started";
        APPS_ANALYTICS_EXPORT_PREPARED "apps_analytics_export_prepared";
        PREF_CANVAS_RETENTION_CHANGED "pref.canvas_retention_changed";
        AUDIT_LOGS_EXPORT_JSON_STARTED "audit_logs_export_json_started";
        PREF_ATLAS_PROFILES_ACCESS_CHANGED "pref.atlas_profiles_access_changed";
        PREF_ATLAS_ORG_CHARTS_ACCESS_CHANGED "pref.atlas_org_charts_access_changed";
        PREF_MOBILE_SESSION_DURATION_CHANGED "pref.mobile_session_duration_changed";
        CHANNEL_AUDIT_EXPORT_STARTED "channel_audit_export_started";
        CHANNEL_AUDIT_EXPORT_COMPLETED "channel_audit_export_completed";
        CHANNEL_AUDIT_EXPORT_DOWNLOADED "channel_audit_export_downloaded";
        DOMAIN_EMAIL_RESTRICTED "domain_email_restricted";
        DOMAIN_EMAIL_UNRESTRICTED "domain_email_unrestricted";
        PREF_ALLOW_NATIVE_GIF_PICKER "pref.allow_native_gif_picker";
        PREF_INVITES_ONLY_ADMINS_CHANGED "pref.invites_only_admins_changed";
        PREF_INVITE_REQUESTS_APPROVAL_CHANNEL_CHANGED
            "pref.invite_requests_approval_channel_changed";
        PREF_MEMBERS_ONLY "pref.members_only";
        PREF_MEMBER_ANALYTICS_DISABLED "pref.member_analytics_disabled";
        PREF_PRIVATE_CHANNEL_ANALYTICS_DISABLED "pref.private_channel_analytics_disabled";
        SLACK_AI_SUMMARY_REQUESTED "slack_ai_summary_requested";
        PREF_ALLOW_CANVAS_VERSION_HISTORY_CHANGED "pref.allow_canvas_version_history_changed";
        PREF_FLAG_CONTENT_CUSTOM_LINK "pref.flag_content_custom_link";
        PREF_FLAG_CONTENT_USERS_TO_NOTIFY "pref.flag_content_users_to_notify";
        CHANNEL_AUDIT_EXPORT_DELETED "channel_audit_export_deleted";
        PREF_FLAG_CONTENT_REVIEW_NOTE_REQUIRED "pref.flag_content_review_note_required";
        PREF_INVITED_USER_PRESET "pref.invited_user_preset";
        PREF_MAX_GUEST_DURATION "pref.max_guest_duration";
        PREF_SSO_SYNC_WITH_PROVIDER "pref.sso_sync_with_provider";
        QUIP_MIGRATION_ORG_MAPPING_REMOVED "quip_migration_org_mapping_removed";
        QUIP_MIGRATION_ORG_MAPPING_ADDED "quip_migration_org_mapping_added";
        ORGANIZATION_CHANNEL_AUDIT_EXPORT_ENABLED "organization_channel_audit_export_enabled";
        WORKSPACE_CHANNEL_AUDIT_EXPORT_ENABLED "workspace_channel_audit_export_enabled";
        ORGANIZATION_CREATED_MIGRATION_INTENT "organization_created_migration_intent";
        ORGANIZATION_ACCEPTED_MIGRATION_INTENT "organization_accepted_migration_intent";
        ORGANIZATION_DECLINED_MIGRATION_INTENT "organization_declined_migration_intent";
        TEAM_ACCEPTED_MIGRATION_INTENT "team_accepted_migration_intent";
        TEAM_DECLINED_MIGRATION_INTENT "team_declined_migration_intent";
        PREF_FLAG_MESSAGE_FLAGGER_OUTCOME_NOTIF "pref.flag_message_flagger_outcome_notif";
        PREF_FLAG_MESSAGE_AUTHOR_OUTCOME_NOTIF "pref.flag_message_author_outcome_notif";
        WORKFLOW_ANALYTICS_EXPORT_STARTED "workflow_analytics_export_started";
        PREF_ALLOW_LISTS "pref.allow_lists";
        SEAMLESS_AUTH_ORG_UPDATE "seamless_auth_org_update";
        SEAMLESS_AUTH_ORG_DISCONNECTED "seamless_auth_org_disconnected";
        SEAMLESS_AUTH_TEAM_TOKEN_CREATED "seamless_auth_team_token_created";
        SEAMLESS_AUTH_TEAM_TOKEN_REVOKED "seamless_auth_team_token_revoked";
        SEAMLESS_AUTH_USER_TOKEN_CREATED "seamless_auth_user_token_created";
        SEAMLESS_AUTH_USER_TOKEN_REVOKED "seamless_auth_user_token_revoked";
        MIGRATION_CHECKLIST_ITEM_COMPLETED "migration_checklist_item_completed";
        SEAMLESS_AUTH_ORG_CREATED "seamless_auth_org_created";
        SEAMLESS_AUTH_ORG_UPDATED "seamless_auth_org_updated";
        SALESFORCE_ACCESS_GRANTED "salesforce_access_granted";
        SALESFORCE_ACCESS_REMOVED "salesforce_access_removed";
        SALESFORCE_PERMISSIONS_SYNCED "salesforce_permissions_synced";
        MC_USER_CREATED_SLACKBOT_PREF_REQUEST "mc_user_created_slackbot_pref_request";
        TEAM_APPROVED_SLACKBOT_PREF_REQUEST "team_approved_slackbot_pref_request";
        TEAM_DECLINED_SLACKBOT_PREF_REQUEST "team_declined_slackbot_pref_request";
        MC_USER_CANCELED_SLACKBOT_PREF_REQUEST "mc_user_canceled_slackbot_pref_request";
        SLACK_SUPPORT_CREATED_SLACKBOT_PREF_REQUEST "slack_support_created_slackbot_pref_request";
        SLACK_SUPPORT_CANCELED_SLACKBOT_PREF_REQUEST "slack_support_canceled_slackbot_pref_request";
        SLACK_AI_FILE_SUMMARY_GENERATED "slack_ai_file_summary_generated";
        SLACK_AI_FILE_SUMMARY_DELETED "slack_ai_file_summary_deleted";
        SLACK_AI_SUGGESTED_TODO_GENERATED "slack_ai_suggested_todo_generated";
        SLACK_AI_SUGGESTED_TODO_REGENERATED "slack_ai_suggested_todo_regenerated";
        SLACK_AI_SUGGESTED_TODO_DISMISSED "slack_ai_suggested_todo_dismissed";
        SLACK_AI_TODO_TITLE_GENERATED "slack_ai_todo_title_generated";
        PREF_ANOMALY_EVENT_RESPONSE_CHANGED "pref.anomaly_event_response_changed";
        SECURITY_SETTINGS_EXPORT_STARTED "security_settings_export_started";
        SECURITY_SETTINGS_EXPORT_COMPLETED "security_settings_export_completed";
        SLACK_AI_MESSAGE_REWRITER "slack_ai_message_rewriter";
        SLACK_AI_MESSAGE_TRANSLATION_GENERATED "slack_ai_message_translation_generated";
        AUDIT_LOGS_RECORDS_SEARCHED_ANOMALY "audit_logs_records_searched_anomaly";
        PREF_ML_OPT_OUT "pref.ml_opt_out";
        PREF_AGENTFORCE_WORKSPACES_SETTINGS_CHANGED "pref.agentforce_workspaces_settings_changed";
        PREF_ENTERPRISE_SEARCH_CONNECTORS "pref.enterprise_search_connectors";
        PREF_ENTERPRISE_SEARCH_ENABLED "pref.enterprise_search_enabled";
        PREF_ALLOW_HUDDLES_TRANSCRIPTIONS_CHANGED "pref.allow_huddles_transcriptions_changed";
        PREF_SLACK_AI_ALLOWED_WORKSPACES_CHANGED "pref.slack_ai_allowed_workspaces_changed";
        PREF_SLACK_AI_ALLOW_RECAP_CHANGED "pref.slack_ai_allow_recap_changed";
        PREF_SLACK_AI_ALLOW_DETAILED_FEEDBACK_CHANGED
            "pref.slack_ai_allow_detailed_feedback_changed";
        PREF_SLACK_AI_ALLOW_FEEDBACK_CHANGED "pref.slack_ai_allow_feedback_changed";
        PREF_SLACK_AI_ALLOW_FILE_SUMMARIES_CHANGED "pref.slack_ai_allow_file_summaries_changed";
        PREF_SLACK_AI_ALLOWED_SEARCH_FILES_CHANGED "pref.slack_ai_allowed_search_files_changed";
        PREF_SLACK_AI_ALLOW_HUDDLE_NOTES_CHANGED "pref.slack_ai_allow_huddle_notes_changed";
        PREF_ALLOW_SLACK_AI_CHANGED "pref.allow_slack_ai_changed";
        PREF_SLACK_AI_ALLOW_WORKFLOW_BUILDER_CHANGED "pref.slack_ai_allow_workflow_builder_changed";
        PREF_ENTERPRISE_SEARCH_CONNECTORS_CHANGED "pref.enterprise_search_connectors_changed";
        PREF_ENTERPRISE_SEARCH_ENABLED_CHANGED "pref.enterprise_search_enabled_changed";
        EXPORT_APP_CONFIGURATION_UPSERTED "export_app_configuration_upserted";
        EXPORT_APP_CONFIGURATION_DELETED "export_app_configuration_deleted";
        PREF_SLACK_AI_ALLOW_TRANSLATIONS_CHANGED "pref.slack_ai_allow_translations_changed";
        SLACK_AI_PERMISSIONS_RESET "slack_ai_permissions_reset";
        SEARCH_QUERY_AUDIT_LOGS_EXPORT_STARTED "search_query_audit_logs_export_started";
        SEARCH_QUERY_AUDIT_LOGS_EXPORT_COMPLETED "search_query_audit_logs_export_completed";
        SEARCH_QUERY_AUDIT_LOGS_EXPORT_DOWNLOADED "search_query_audit_logs_export_downloaded";
        SEARCH_QUERY_AUDIT_LOGS_EXPORT_DELETED "search_query_audit_logs_export_deleted";
        AUDIT_LOGS_AI_SUMMARY_GENERATED "audit_logs_ai_summary_generated";
        PREF_PRIVATE_RECORD_CHANNEL_RETENTION_DURATION_CHANGED
            "pref.private_record_channel_retention_duration_changed";
        PREF_PRIVATE_RECORD_CHANNEL_RETENTION_CHANGED
            "pref.private_record_channel_retention_changed";
        PREF_PRIVATE_RECORD_CHANNEL_REDACTION_DURATION_CHANGED
            "pref.private_record_channel_redaction_duration_changed";
        PREF_PUBLIC_RECORD_CHANNEL_RETENTION_DURATION_CHANGED
            "pref.public_record_channel_retention_duration_changed";
        PREF_PUBLIC_RECORD_CHANNEL_RETENTION_CHANGED "pref.public_record_channel_retention_changed";
        PREF_PUBLIC_RECORD_CHANNEL_REDACTION_DURATION_CHANGED
            "pref.public_record_channel_redaction_duration_changed";
        PREF_ENTERPRISE_SEARCH_CONNECTORS_CONFIG_CHANGED
            "pref.enterprise_search_connectors_config_changed";
        SEARCH_QUERY_AUDIT_LOGS_MAX_ROWS_FAILURE "search_query_audit_logs_max_rows_failure";
        SLACK_AI_MESSAGE_EXPLANATION_GENERATED "slack_ai_message_explanation_generated";
        MCP_SLACK_READ_CANVAS_TOOL_CALLED "mcp_slack_read_canvas_tool_called";
        MCP_SLACK_CREATE_CANVAS_TOOL_CALLED "mcp_slack_create_canvas_tool_called";
        MCP_SLACK_UPDATE_CANVAS_TOOL_CALLED "mcp_slack_update_canvas_tool_called";
        MCP_SLACK_READ_CHANNEL_TOOL_CALLED "mcp_slack_read_channel_tool_called";
        MCP_SLACK_READ_THREAD_TOOL_CALLED "mcp_slack_read_thread_tool_called";
        MCP_SLACK_SEARCH_PUBLIC_TOOL_CALLED "mcp_slack_search_public_tool_called";
        MCP_SLACK_SEARCH_CHANNELS_TOOL_CALLED "mcp_slack_search_channels_tool_called";
        MCP_SLACK_SEARCH_PUBLIC_AND_PRIVATE_TOOL_CALLED
            "mcp_slack_search_public_and_private_tool_called";
        MCP_SLACK_SEARCH_USERS_TOOL_CALLED "mcp_slack_search_users_tool_called";
        MCP_SLACK_SEND_MESSAGE_TOOL_CALLED "mcp_slack_send_message_tool_called";
        MCP_SLACK_READ_USER_PROFILE_TOOL_CALLED "mcp_slack_read_user_profile_tool_called";
        PREF_ALLOW_CEA_FOR_HIPPA_TEAM_CHANGED "pref.allow_cea_for_hippa_team_changed";
        CUSTOM_TOS_LINK_CLICKED "custom_tos_link_clicked";
        MIGRATION_BULK_EMAIL_PROCESS_COMPLETED "migration_bulk_email_process_completed";
        MIGRATION_BULK_USER_RESOLUTIONS_UPLOADED "migration_bulk_user_resolutions_uploaded";
        MIGRATION_BULK_USER_RESOLUTIONS_UNDONE "migration_bulk_user_resolutions_undone";
        MIGRATION_BULK_USER_RESOLUTIONS_UPLOAD_FAILED
            "migration_bulk_user_resolutions_upload_failed";
        DATA_DELETION_DATE_CHANGED "data_deletion_date_changed";
        QUIP_MIGRATION_ORG_MAPPING_DELETED "quip_migration_org_mapping_deleted";
        QUIP_MIGRATION_ORG_MAPPING_UPDATED "quip_migration_org_mapping_updated";
        SALESFORCE_CHANNELS_RETENTION_SETTINGS_SYNCED
            "salesforce_channels_retention_settings_synced";
        MCP_SLACK_CREATE_DRAFT_TOOL_CALLED "mcp_slack_create_draft_tool_called";
        MCP_SLACK_CREATE_DRAFT_MESSAGE_TOOL_CALLED "mcp_slack_create_draft_message_tool_called";
        MCP_SLACK_SEND_MESSAGE_DRAFT_TOOL_CALLED "mcp_slack_send_message_draft_tool_called";
        MCP_SLACK_SCHEDULE_MESSAGE_TOOL_CALLED "mcp_slack_schedule_message_tool_called";
        MCP_SLACK_LIST_CHANNEL_MEMBERS_TOOL_CALLED "mcp_slack_list_channel_members_tool_called";
        MCP_SLACK_MARK_READ_TOOL_CALLED "mcp_slack_mark_read_tool_called";
        MCP_SLACK_SEARCH_EMOJIS_TOOL_CALLED "mcp_slack_search_emojis_tool_called";
        MCP_SLACK_ADD_REACTION_TOOL_CALLED "mcp_slack_add_reaction_tool_called";
        MCP_SLACK_GET_REACTIONS_TOOL_CALLED "mcp_slack_get_reactions_tool_called";
        MCP_SLACK_CREATE_CONVERSATIONS_TOOL_CALLED "mcp_slack_create_conversations_tool_called";
        MCP_SLACK_READ_FILE_TOOL_CALLED "mcp_slack_read_file_tool_called";
        PREF_SLACKBOT_AI_CANVAS_WRITE_ENABLED_CHANGED
            "pref.slackbot_ai_canvas_write_enabled_changed";
        PREF_SHOW_JOIN_LEAVE_CHANGED "pref.show_join_leave_changed";
        PREF_SHOW_JOIN_LEAVE_WELCOME_PARTY_CHANGED "pref.show_join_leave_welcome_party_changed";
        MCP_SLACK_CREATE_CONVERSATION_TOOL_CALLED "mcp_slack_create_conversation_tool_called";
        MCP_SLACK_GET_WORKFLOW_DETAILS_TOOL_CALLED "mcp_slack_get_workflow_details_tool_called";
        MCP_SLACK_GET_WORKFLOW_EXECUTION_STATUS_TOOL_CALLED
            "mcp_slack_get_workflow_execution_status_tool_called";
        MCP_SLACK_CANVAS_FIND_REPLACE_TOOL_CALLED "mcp_slack_canvas_find_replace_tool_called";
        MCP_SLACK_LIST_WORKFLOWS_TOOL_CALLED "mcp_slack_list_workflows_tool_called";
        MCP_SLACK_RUN_WORKFLOW_TOOL_CALLED "mcp_slack_run_workflow_tool_called";
        SLACK_AI_MCP_TOOL_CALLED "slack_ai_mcp_tool_called";
        SLACK_AI_MCP_TOOL_PERMISSION_CHANGED "slack_ai_mcp_tool_permission_changed";
        SLACK_AI_MCP_CONNECTOR_CHANGED "slack_ai_mcp_connector_changed";
        PREFS_SETTING_CHANGED "prefs_setting_changed";
        AUTH_POLICY_CREATED "auth_policy_created";
        AUTH_POLICY_ENTITY_ASSIGNED "auth_policy_entity_assigned";
        AUTH_POLICY_ENTITY_REMOVED "auth_policy_entity_removed";
        SLACK_CONNECT_GUIDELINES_CHANGED "slack_connect_guidelines_changed";
        SLACK_CONNECT_PREF_SET "slack_connect_pref_set";
        SLACK_CONNECT_PREF_REMOVED "slack_connect_pref_removed";
        SLACK_CONNECT_PREF_MIGRATED "slack_connect_pref_migrated";
        SLACK_AI_MCP_RESOURCE_READ "slack_ai_mcp_resource_read";
        SLACK_AI_MCP_MESSAGE_SENT "slack_ai_mcp_message_sent";
        PREF_ALLOW_NATIVE_GIPHY_GIF_PICKER "pref.allow_native_giphy_gif_picker";
        SLACK_AI_MCP_LINK_OPENED "slack_ai_mcp_link_opened";
        SLACKBOT_ANALYTICS_EXPORT_STARTED "slackbot_analytics_export_started";
        ENTERPRISE_MANAGED_AUTH_ENABLED "enterprise_managed_auth_enabled";
        ENTERPRISE_MANAGED_AUTH_DISABLED "enterprise_managed_auth_disabled";
        ENTERPRISE_MANAGED_AUTH_REBOUND "enterprise_managed_auth_rebound";
        MCP_SLACK_READ_LIST_TOOL_CALLED "mcp_slack_read_list_tool_called";
        MCP_SLACK_CREATE_LIST_TOOL_CALLED "mcp_slack_create_list_tool_called";
        MCP_SLACK_GET_FILE_UPLOAD_URL_TOOL_CALLED "mcp_slack_get_file_upload_url_tool_called";
        MCP_SLACK_COMPLETE_FILE_UPLOAD_TOOL_CALLED "mcp_slack_complete_file_upload_tool_called";
        MCP_SLACK_UPDATE_LIST_TOOL_CALLED "mcp_slack_update_list_tool_called";
        IP_ALLOWLIST_ENABLED "ip_allowlist_enabled";
        IP_ALLOWLIST_DISABLED "ip_allowlist_disabled";
        MCP_SLACK_ADD_LIST_RECORD_TOOL_CALLED "mcp_slack_add_list_record_tool_called";
        MCP_SLACK_LIST_USER_CHANNELS_TOOL_CALLED "mcp_slack_list_user_channels_tool_called";
        TEAM_AUTHORIZED_IP_RANGE_ADDED "team_authorized_ip_range_added";
        TEAM_AUTHORIZED_IP_RANGE_REMOVED "team_authorized_ip_range_removed";
        MCP_SLACK_UPDATE_LIST_RECORD_TOOL_CALLED "mcp_slack_update_list_record_tool_called";
        MCP_SLACK_DELETE_LIST_RECORD_TOOL_CALLED "mcp_slack_delete_list_record_tool_called";
        PREF_AI_FEATURE_DEFAULT_ACCESS_CHANGED "pref.ai_feature_default_access_changed";
    }
    user {
        CUSTOM_TOS_ACCEPTED "custom_tos_accepted";
        GUEST_CREATED "guest_created";
        GUEST_DEACTIVATED "guest_deactivated";
        GUEST_REACTIVATED "guest_reactivated";
        OWNER_TRANSFERRED "owner_transferred";
        ROLE_CHANGE_TO_ADMIN "role_change_to_admin";
        ROLE_CHANGE_TO_GUEST "role_change_to_guest";
        ROLE_CHANGE_TO_OWNER "role_change_to_owner";
        ROLE_CHANGE_TO_USER "role_change_to_user";
        USER_CREATED "user_created";
        USER_DEACTIVATED "user_deactivated";
        USER_LOGIN "user_login";
        USER_LOGOUT "user_logout";
        USER_REACTIVATED "user_reactivated";
        GUEST_EXPIRATION_SET "guest_expiration_set";
        GUEST_EXPIRATION_CLEARED "guest_expiration_cleared";
        GUEST_EXPIRED "guest_expired";
        USER_LOGOUT_COMPROMISED "user_logout_compromised";
        USER_SESSION_RESET_BY_ADMIN "user_session_reset_by_admin";
        USER_LOGOUT_NON_COMPLIANT_MOBILE_APP_VERSION "user_logout_non_compliant_mobile_app_version";
        USER_FORCE_UPGRADE_NON_COMPLIANT_MOBILE_APP_VERSION
            "user_force_upgrade_non_compliant_mobile_app_version";
        USER_LOGIN_FAILED "user_login_failed";
        USER_SESSION_INVALIDATED "user_session_invalidated";
        USER_SESSION_SETTINGS_CHANGED "user_session_settings_changed";
        CONNECT_DM_INVITE_GENERATED "connect_dm_invite_generated";
        CONNECT_DM_INVITE_REVOKED "connect_dm_invite_revoked";
        CONNECT_DM_INVITE_ACCEPTED "connect_dm_invite_accepted";
        CONNECT_DM_INVITE_IGNORED "connect_dm_invite_ignored";
        USER_EMAIL_UPDATED "user_email_updated";
        USER_JOINED_WORKSPACE "user_joined_workspace";
        GUEST_JOINED_WORKSPACE "guest_joined_workspace";
        USER_USERNAME_UPDATED "user_username_updated";
        GUEST_TRANSFERRED_TO_EXTERNAL_USER "guest_transferred_to_external_user";
        USER_PASSWORD_RESET_REQUESTED "user_password_reset_requested";
        USER_PROFILE_UPDATED "user_profile_updated";
        USER_PROFILE_DELETED "user_profile_deleted";
        USER_PASSWORD_RESET_SLACK_SECURITY "user_password_reset_slack_security";
        QUIP_MIGRATION_USER_MAPPING_REMOVED "quip_migration_user_mapping_removed";
        QUIP_MIGRATION_USER_MAPPING_ADDED "quip_migration_user_mapping_added";
        USER_SESSIONS_RESET_BY_CIRCUIT_BREAKER "user_sessions_reset_by_circuit_breaker";
        MIGRATION_USER_CONFLICT_RESOLVED "migration_user_conflict_resolved";
        MIGRATION_USER_CONFLICT_RESOLUTION_DELETED "migration_user_conflict_resolution_deleted";
        EXTERNAL_USER_DISCONNECTED "external_user_disconnected";
        USER_SESSIONS_RESET_BY_ANOMALY_EVENT_RESPONSE
            "user_sessions_reset_by_anomaly_event_response";
        USER_PROFILE_FLAGGED "user_profile_flagged";
        USER_PROFILE_FLAG_DISMISSED "user_profile_flag_dismissed";
        USER_PROFILE_FLAG_MODERATED "user_profile_flag_moderated";
        USER_PROFILE_FLAG_ASSIGNMENT "user_profile_flag_assignment";
        USER_PROFILE_FLAG_UNASSIGNMENT "user_profile_flag_unassignment";
        USER_ADDED_REMINDER "user_added_reminder";
        APP_AGENTFORCE_SHAREABLE_PROMPT_CREATED "app_agentforce_shareable_prompt_created";
        APP_AGENTFORCE_SESSION_CREATED_FROM_PROMPT_LINK
            "app_agentforce_session_created_from_prompt_link";
        APP_AGENTFORCE_EXECUTE_SLACK_ACTION "app_agentforce_execute_slack_action";
        USER_ANOMALY_EVENT_REPONSE_ALLOWLIST_CHANGED "user_anomaly_event_reponse_allowlist_changed";
        ORG_OWNER_CREATED "org_owner_created";
        SLACKBOT_AI_SHAREABLE_PROMPT_CREATED "slackbot_ai_shareable_prompt_created";
        USER_ANOMALY_EVENT_RESPONSE_ALLOWLIST_CHANGED
            "user_anomaly_event_response_allowlist_changed";
        SLACK_AI_CALENDAR_READ "slack_ai_calendar_read";
        SLACK_AI_CALENDAR_CREATE "slack_ai_calendar_create";
        SLACK_AI_CALENDAR_UPDATE "slack_ai_calendar_update";
        SLACKBOT_AI_CANVAS_APPROVAL_BYPASSED "slackbot_ai_canvas_approval_bypassed";
        USER_MERGED "user_merged";
        SLACK_AI_SKILL_INVOKED "slack_ai_skill_invoked";
        SLACK_AI_SKILL_METADATA_UPDATED "slack_ai_skill_metadata_updated";
        SLACK_AI_SKILL_AUTO_ENABLED "slack_ai_skill_auto_enabled";
        SLACK_AI_SKILL_AUTO_DISABLED "slack_ai_skill_auto_disabled";
        SLACK_AI_SKILL_SHARE_LINK_CREATED "slack_ai_skill_share_link_created";
        SLACK_AI_SKILL_EXTERNAL_COPY_ADDED "slack_ai_skill_external_copy_added";
        USER_PASSKEY_REMOVED "user_passkey_removed";
        SLACK_AI_SKILL_SHARE_LINK_REVOKED "slack_ai_skill_share_link_revoked";
        USER_PASSKEY_CREATED "user_passkey_created";
        USER_PASSKEY_NAME_EDITED "user_passkey_name_edited";
        IP_ALLOWLIST_ACCESS_DENIED "ip_allowlist_access_denied";
        USER_PASSWORD_RESET_BY_ADMIN "user_password_reset_by_admin";
    }
    file {
        FILE_DOWNLOADED "file_downloaded";
        FILE_UPLOADED "file_uploaded";
        FILE_PUBLIC_LINK_CREATED "file_public_link_created";
        FILE_PUBLIC_LINK_REVOKED "file_public_link_revoked";
        FILE_SHARED "file_shared";
        FILE_DOWNLOADED_BLOCKED "file_downloaded_blocked";
        FILE_MALICIOUS_CONTENT_DETECTED "file_malicious_content_detected";
        FILE_DELETED "file_deleted";
        FILE_UPLOAD_BLOCKED_BY_TYPE "file_upload_blocked_by_type";
        FILE_SHARE_BLOCKED_BY_TYPE "file_share_blocked_by_type";
        FILE_DOWNLOAD_BLOCKED "file_download_blocked";
        FILE_OWNER_REASSIGNED_FOR_QUIP_MIGRATION "file_owner_reassigned_for_quip_migration";
        SLACK_AI_FILE_SUMMARY_GENERATED "slack_ai_file_summary_generated";
        SLACK_AI_FILE_SUMMARY_DELETED "slack_ai_file_summary_deleted";
        SLACK_AI_FILE_SUMMARY_TRANSLATION_GENERATED "slack_ai_file_summary_translation_generated";
    }
    channel {
        USER_CHANNEL_JOIN "user_channel_join";
        USER_CHANNEL_LEAVE "user_channel_leave";
        GUEST_CHANNEL_JOIN "guest_channel_join";
        GUEST_CHANNEL_LEAVE "guest_channel_leave";
        PUBLIC_CHANNEL_CREATED "public_channel_created";
        PRIVATE_CHANNEL_CREATED "private_channel_created";
        PUBLIC_CHANNEL_DELETED "public_channel_deleted";
        PRIVATE_CHANNEL_DELETED "private_channel_deleted";
        PUBLIC_CHANNEL_ARCHIVE "public_channel_archive";
        PRIVATE_CHANNEL_ARCHIVE "private_channel_archive";
        PUBLIC_CHANNEL_UNARCHIVE "public_channel_unarchive";
        PRIVATE_CHANNEL_UNARCHIVE "private_channel_unarchive";
        MPIM_CONVERTED_TO_PRIVATE "mpim_converted_to_private";
        PUBLIC_CHANNEL_CONVERTED_TO_PRIVATE "public_channel_converted_to_private";
        GROUP_CONVERTED_TO_CHANNEL "group_converted_to_channel";
        CHANNEL_WORKSPACES_UPDATED "channel_workspaces_updated";
        EXTERNAL_SHARED_CHANNEL_INVITE_SENT "external_shared_channel_invite_sent";
        EXTERNAL_SHARED_CHANNEL_INVITE_ACCEPTED "external_shared_channel_invite_accepted";
        EXTERNAL_SHARED_CHANNEL_INVITE_APPROVED "external_shared_channel_invite_approved";
        EXTERNAL_SHARED_CHANNEL_INVITE_CREATED "external_shared_channel_invite_created";
        EXTERNAL_SHARED_CHANNEL_INVITE_DECLINED "external_shared_channel_invite_declined";
        EXTERNAL_SHARED_CHANNEL_INVITE_EXPIRED "external_shared_channel_invite_expired";
        EXTERNAL_SHARED_CHANNEL_INVITE_REVOKED "external_shared_channel_invite_revoked";
        EXTERNAL_SHARED_CHANNEL_CONNECTED "external_shared_channel_connected";
        EXTERNAL_SHARED_CHANNEL_DISCONNECTED "external_shared_channel_disconnected";
        EXTERNAL_SHARED_CHANNEL_RECONNECTED "external_shared_channel_reconnected";
        CHANNEL_MOVED "channel_moved";
        CHANNEL_POSTING_PREF_CHANGED_FROM_ORG_LEVEL "channel_posting_pref_changed_from_org_level";
        CHANNEL_RENAMED "channel_renamed";
        EXTERNAL_SHARED_CHANNEL_INVITE_AUTO_REVOKED "external_shared_channel_invite_auto_revoked";
        CHANNEL_EMAIL_ADDRESS_CREATED "channel_email_address_created";
        CHANNEL_EMAIL_ADDRESS_DELETED "channel_email_address_deleted";
        CHANNEL_RETENTION_CHANGED "channel_retention_changed";
        CHANNEL_MEMBERSHIP_LIMIT_CHANGED_FROM_ORG_LEVEL
            "channel_membership_limit_changed_from_org_level";
        CONNECT_DM_INVITE_GENERATED "connect_dm_invite_generated";
        CONNECT_DM_INVITE_REVOKED "connect_dm_invite_revoked";
        CONNECT_DM_INVITE_ACCEPTED "connect_dm_invite_accepted";
        CONNECT_DM_INVITE_IGNORED "connect_dm_invite_ignored";
        CHANNEL_CAN_HUDDLE_PREF_CHANGED_FROM_ORG_LEVEL
            "channel_can_huddle_pref_changed_from_org_level";
        CHANNEL_ENABLE_AT_CHANNEL_PREF_CHANGED_FROM_ORG_LEVEL
            "channel_enable_at_channel_pref_changed_from_org_level";
        CHANNEL_ENABLE_AT_HERE_PREF_CHANGED_FROM_ORG_LEVEL
            "channel_enable_at_here_pref_changed_from_org_level";
        CHANNEL_POSTING_PERMISSIONS_UPDATED "channel_posting_permissions_updated";
        EXTERNAL_SHARED_CHANNEL_ACCESS_UPGRADED "external_shared_channel_access_upgraded";
        EXTERNAL_SHARED_CHANNEL_DISCONNECT_AND_ARCHIVED
            "external_shared_channel_disconnect_and_archived";
        DM_USER_ADDED "dm_user_added";
        PUBLIC_CHANNEL_PREVIEW "public_channel_preview";
        EXTERNAL_SHARED_CHANNEL_ACCESS_DOWNGRADED "external_shared_channel_access_downgraded";
        PRIVATE_CHANNEL_CONVERTED_TO_PUBLIC "private_channel_converted_to_public";
        RECORD_CHANNEL_ARCHIVE "record_channel_archive";
        RECORD_CHANNEL_UNARCHIVE "record_channel_unarchive";
        CHANNEL_CONVERTED_TO_RECORD_CHANNEL "channel_converted_to_record_channel";
        RECORD_CHANNEL_CONVERTED_TO_CHANNEL "record_channel_converted_to_channel";
        EXTERNAL_SHARED_CHANNEL_INVITE_REQUESTED "external_shared_channel_invite_requested";
        EXTERNAL_SHARED_CHANNEL_INVITE_REQUEST_APPROVED
            "external_shared_channel_invite_request_approved";
        EXTERNAL_SHARED_CHANNEL_INVITE_REQUEST_DENIED
            "external_shared_channel_invite_request_denied";
        CHANNEL_TAB_ADDED "channel_tab_added";
        CHANNEL_TAB_REMOVED "channel_tab_removed";
        EXTERNAL_SHARED_CHANNEL_HOST_TRANSFERRED "external_shared_channel_host_transferred";
        CHANNEL_TEMPLATE_PROVISIONED "channel_template_provisioned";
        RECORD_CHANNEL_CHANNEL_TYPE_CONVERSION "record_channel_channel_type_conversion";
        FEATURED_WORKFLOW_ADDED "featured_workflow_added";
        FEATURED_WORKFLOW_REMOVED "featured_workflow_removed";
        CHANNEL_HUDDLE_PROPERTIES_UPDATED "channel_huddle_properties_updated";
        CHANNEL_DETAIL_FLAGGED "channel_detail_flagged";
        CHANNEL_DETAIL_FLAG_ASSIGNMENT "channel_detail_flag_assignment";
        CHANNEL_DETAIL_FLAG_UNASSIGNMENT "channel_detail_flag_unassignment";
        CHANNEL_DETAIL_FLAG_MODERATED "channel_detail_flag_moderated";
        CHANNEL_DETAIL_FLAG_DISMISSED "channel_detail_flag_dismissed";
        CHANNEL_EXCLUDE_FROM_SLACK_AI_UPDATED "channel_exclude_from_slack_ai_updated";
        SERVICE_OWNER_TRANSFERRED "service_owner_transferred";
        CHANNEL_RESTRICT_GUESTS_UPDATED "channel_restrict_guests_updated";
        CHANNEL_RESTRICT_MESSAGE_AND_FILE_SHARING_UPDATED
            "channel_restrict_message_and_file_sharing_updated";
        CHANNEL_PROPERTIES_UPDATED "channel_properties_updated";
    }
    app {
        APP_INSTALLED "app_installed";
        APP_UNINSTALLED "app_uninstalled";
        APP_SCOPES_EXPANDED "app_scopes_expanded";
        APP_APPROVED "app_approved";
        APP_RESTRICTED "app_restricted";
        APP_REMOVED_FROM_WHITELIST "app_removed_from_whitelist";
        APP_RESOURCES_GRANTED "app_resources_granted";
        APP_TOKEN_PRESERVED "app_token_preserved";
        WORKFLOW_APP_TOKEN_PRESERVED "workflow_app_token_preserved";
        BOT_TOKEN_UPGRADED "bot_token_upgraded";
        BOT_TOKEN_DOWNGRADED "bot_token_downgraded";
        ORG_APP_WORKSPACE_ADDED "org_app_workspace_added";
        ORG_APP_WORKSPACE_REMOVED "org_app_workspace_removed";
        ORG_APP_INSTALLED "org_app_installed";
        ORG_APP_UNINSTALLED "org_app_uninstalled";
        ORG_APP_FUTURE_WORKSPACE_INSTALL_ENABLED "org_app_future_workspace_install_enabled";
        ORG_APP_FUTURE_WORKSPACE_INSTALL_DISABLED "org_app_future_workspace_install_disabled";
        ORG_APP_UPGRADED_TO_ORG_INSTALL "org_app_upgraded_to_org_install";
        APP_ALLOWLIST_RULE_MATCHED "app_allowlist_rule_matched";
        APP_DATASTORE_CREATED "app_datastore_created";
        APP_DATASTORE_UPDATED "app_datastore_updated";
        APP_DATASTORE_DELETED "app_datastore_deleted";
        APP_COLLABORATOR_ADDED "app_collaborator_added";
        APP_COLLABORATOR_REMOVED "app_collaborator_removed";
        APP_DELETED "app_deleted";
        APP_VARIABLE_ADDED "app_variable_added";
        APP_VARIABLE_REMOVED "app_variable_removed";
        APP_DEPLOYED "app_deployed";
        APP_MANIFEST_CREATED "app_manifest_created";
        APP_MANIFEST_UPDATED "app_manifest_updated";
        ADMIN_APP_CONFIG_UPDATED "admin_app_config_updated";
        APP_FLOWS_EXECUTE_SLACK_ACTION "app_flows_execute_slack_action";
        AGENTFORCE_AGENT_ACTIVATED "agentforce_agent_activated";
        AGENTFORCE_AGENT_DEACTIVATED "agentforce_agent_deactivated";
        AGENTFORCE_AGENT_SLACK_CONNECTION_REMOVED "agentforce_agent_slack_connection_removed";
        AGENTFORCE_AGENT_SLACK_CONNECTION_ADDED "agentforce_agent_slack_connection_added";
        AGENTFORCE_AGENT_ACTIONS_UPDATED "agentforce_agent_actions_updated";
        AGENTFORCE_AGENT_METADATA_UPDATED "agentforce_agent_metadata_updated";
        AGENTFORCE_AGENT_SLACK_DELETED "agentforce_agent_slack_deleted";
        CHILD_APP_AUTO_INSTALLED "child_app_auto_installed";
        CHILD_APP_AUTO_INSTALL_DENIED "child_app_auto_install_denied";
        CHILD_APP_AUTO_INSTALL_RULE_CREATED "child_app_auto_install_rule_created";
        CHILD_APP_MANIFEST_CREATED "child_app_manifest_created";
        CHILD_APP_MANIFEST_UPDATED "child_app_manifest_updated";
        CHILD_APP_MANIFEST_DELETED "child_app_manifest_deleted";
        CHILD_APP_MANIFEST_EXPORTED "child_app_manifest_exported";
        APP_MCP_SERVER_ADDED "app_mcp_server_added";
        APP_MCP_SERVER_UPDATED "app_mcp_server_updated";
        APP_MCP_SERVER_REMOVED "app_mcp_server_removed";
        APP_MCP_SERVER_ACL_CHANGED "app_mcp_server_acl_changed";
        CHILD_APP_MANAGER_DISCONNECTED "child_app_manager_disconnected";
        APP_MCP_SERVER_AUTH_STRATEGY_SET "app_mcp_server_auth_strategy_set";
        APP_RESOURCES_ADDED "app_resources_added";
    }
    workflow_builder {
        WORKFLOW_CREATED "workflow_created";
        WORKFLOW_DELETED "workflow_deleted";
        WORKFLOW_PUBLISHED "workflow_published";
        WORKFLOW_UNPUBLISHED "workflow_unpublished";
        WORKFLOW_RESPONSES_CSV_DOWNLOAD "workflow_responses_csv_download";
        WORKFLOW_MODIFIED "workflow_modified";
    }
    message {
        MESSAGE_TOMBSTONED "message_tombstoned";
        MESSAGE_RESTORED "message_restored";
        MESSAGE_FLAGGED "message_flagged";
        MESSAGE_MODERATED "message_moderated";
        THREAD_REPLIES_DISABLED "thread_replies_disabled";
        THREAD_REPLIES_ENABLED "thread_replies_enabled";
        PERMISSIONS_ASSIGNED "permissions_assigned";
        PERMISSIONS_REMOVED "permissions_removed";
        PRIVATE_MESSAGE_FORWARDED "private_message_forwarded";
        MESSAGE_ACTIVITY_VIEWED "message_activity_viewed";
        MESSAGE_FLAG_DISMISSED "message_flag_dismissed";
        SALES_HOME_NOTIFICATION_FORWARDED "sales_home_notification_forwarded";
        RECORD_SHARED "record_shared";
        MESSAGE_FLAG_ASSIGNMENT "message_flag_assignment";
        MESSAGE_FLAG_UNASSIGNMENT "message_flag_unassignment";
        THREAD_HIDDEN "thread_hidden";
        MESSAGE_FLAG_RESTORED "message_flag_restored";
        AI_MESSAGE_REDACTED "ai_message_redacted";
        AI_MESSAGE_REDACTION_RESTORED "ai_message_redaction_restored";
    }
    barrier {
        BARRIER_CREATED "barrier_created";
        BARRIER_UPDATED "barrier_updated";
        BARRIER_DELETED "barrier_deleted";
    }
    huddle {
        HUDDLE_ENDED "huddle_ended";
        HUDDLE_STARTED "huddle_started";
        HUDDLE_PARTICIPANT_JOINED "huddle_participant_joined";
        HUDDLE_PARTICIPANT_LEFT "huddle_participant_left";
        HUDDLE_PARTICIPANT_DROPPED "huddle_participant_dropped";
        HUDDLE_SCREENSHARE_ON "huddle_screenshare_on";
        HUDDLE_SCREENSHARE_OFF "huddle_screenshare_off";
        HUDDLE_KNOCK_ACCEPTED "huddle_knock_accepted";
        HUDDLE_PARTICIPANT_TRANSCRIPT_CONSENT "huddle_participant_transcript_consent";
        HUDDLE_TRANSCRIPTION_START_NOTIFICATION "huddle_transcription_start_notification";
        HUDDLE_TRANSCRIPTION_STARTED "huddle_transcription_started";
        HUDDLE_TRANSCRIPTION_RESUMED "huddle_transcription_resumed";
        HUDDLE_TRANSCRIPTION_CANCELLED "huddle_transcription_cancelled";
        HUDDLE_TRANSCRIPTION_PAUSED "huddle_transcription_paused";
        SLACK_AI_HUDDLE_NOTES_GENERATED "slack_ai_huddle_notes_generated";
    }
    anomaly {
        ANOMALY "anomaly";
    }
    slack_cli {
        CLI_LOGIN "cli_login";
        CLI_LOGOUT "cli_logout";
        CLI_APP_DEPLOY "cli_app_deploy";
        CLI_APP_INSTALL "cli_app_install";
        CLI_APP_DELETE "cli_app_delete";
    }
    subteam {
        USER_ADDED_TO_USERGROUP "user_added_to_usergroup";
        USER_REMOVED_FROM_USERGROUP "user_removed_from_usergroup";
        DEFAULT_CHANNEL_ADDED_TO_USERGROUP "default_channel_added_to_usergroup";
        DEFAULT_CHANNEL_REMOVED_FROM_USERGROUP "default_channel_removed_from_usergroup";
        ROLE_ADDED_TO_USERGROUP "role_added_to_usergroup";
        ROLE_REMOVED_FROM_USERGROUP "role_removed_from_usergroup";
        ROLE_MODIFIED_ON_USERGROUP "role_modified_on_usergroup";
        USERGROUP_ADDED_TO_TEAM "usergroup_added_to_team";
        USERGROUP_REMOVED_FROM_TEAM "usergroup_removed_from_team";
        USERGROUP_ADD_TO_TEAM_ENQUEUED "usergroup_add_to_team_enqueued";
        USERGROUP_REMOVE_FROM_TEAM_ENQUEUED "usergroup_remove_from_team_enqueued";
        USERGROUP_UPDATED "usergroup_updated";
        USERGROUP_UPDATE_ENQUEUED "usergroup_update_enqueued";
        USERGROUP_SECTION_UPDATED "usergroup_section_updated";
        USER_ADD_TO_USERGROUP_FAILED "user_add_to_usergroup_failed";
        USERGROUP_ANOMALY_EVENT_RESPONSE_ALLOWLIST_CHANGED
            "usergroup_anomaly_event_response_allowlist_changed";
        USER_BULK_UPLOAD_TO_USERGROUP_STARTED "user_bulk_upload_to_usergroup_started";
    }
    role {
        ROLE_ASSIGNED "role_assigned";
        ROLE_REMOVED "role_removed";
        ROLE_CREATED "role_created";
        ROLE_UPDATED "role_updated";
        ROLE_DELETED "role_deleted";
    }
    account_type_role {
        PERMISSIONS_ASSIGNED "permissions_assigned";
        PERMISSIONS_REMOVED "permissions_removed";
    }
    app_approval_automation_rule {
        APP_ALLOWLIST_RULE_CREATED "app_allowlist_rule_created";
        APP_ALLOWLIST_RULE_UPDATED "app_allowlist_rule_updated";
        APP_ALLOWLIST_RULE_ACTIVATED "app_allowlist_rule_activated";
        APP_ALLOWLIST_RULE_DEACTIVATED "app_allowlist_rule_deactivated";
        APP_ALLOWLIST_RULE_DELETED "app_allowlist_rule_deleted";
        APP_ALLOWLIST_RULE_REORDERED "app_allowlist_rule_reordered";
        APP_ALLOWLIST_SCOPES_RATING_UPDATED "app_allowlist_scopes_rating_updated";
    }
    workflow_v2 {
        WORKFLOW_V2_PUBLISHED "workflow_v2_published";
        WORKFLOW_TRIGGER_PERMISSION_SET "workflow_trigger_permission_set";
        WORKFLOW_TRIGGER_PERMISSION_ADDED "workflow_trigger_permission_added";
        WORKFLOW_TRIGGER_PERMISSION_REMOVED "workflow_trigger_permission_removed";
        WORKFLOW_TRIGGER_SUSPICIOUS_KEYWORD "workflow_trigger_suspicious_keyword";
        WORKFLOW_AI_ANSWER_SUSPICIOUS_PROMPT "workflow_ai_answer_suspicious_prompt";
        EXTERNAL_AUTH_OAUTH2_TOKEN_FETCHED "external_auth_oauth2_token_fetched";
        EXTERNAL_AUTH_OAUTH2_TOKEN_REFRESHED "external_auth_oauth2_token_refreshed";
        EXTERNAL_AUTH_OAUTH2_TOKEN_DELETED "external_auth_oauth2_token_deleted";
    }
    canvas {
        CANVAS_ACCESS_ADDED "canvas_access_added";
        CANVAS_ACCESS_DOWNGRADED "canvas_access_downgraded";
        CANVAS_ACCESS_REVOKED "canvas_access_revoked";
        CANVAS_ACCESS_UPGRADED "canvas_access_upgraded";
        CANVAS_CREATED "canvas_created";
        CANVAS_DELETED "canvas_deleted";
        CANVAS_DOWNLOADED "canvas_downloaded";
        CANVAS_EDITED "canvas_edited";
        CANVAS_LINKSHARING_DISABLED "canvas_linksharing_disabled";
        CANVAS_LINKSHARING_ENABLED "canvas_linksharing_enabled";
        CANVAS_MERGED "canvas_merged";
        CANVAS_OPENED "canvas_opened";
        CANVAS_OWNERSHIP_TRANSFERRED "canvas_ownership_transferred";
        CANVAS_RESTORED "canvas_restored";
        CANVAS_SHARED "canvas_shared";
        CANVAS_TOMBSTONED "canvas_tombstoned";
        CANVAS_UNSHARED "canvas_unshared";
        CANVAS_CONVERTED_TO_TEMPLATE "canvas_converted_to_template";
        CANVAS_TEMPLATE_USED "canvas_template_used";
        CANVAS_TEMPLATE_REVERTED "canvas_template_reverted";
        CANVAS_QUIP_DOCUMENT_CLONED "canvas_quip_document_cloned";
        CANVAS_UNDELETED "canvas_undeleted";
        CANVAS_RESTRICTED_SHARING_ENABLED "canvas_restricted_sharing_enabled";
        CANVAS_RESTRICTED_SHARING_DISABLED "canvas_restricted_sharing_disabled";
        CANVAS_CONVERTED_TO_STANDALONE "canvas_converted_to_standalone";
        CANVAS_QUIP_MIGRATION_UNDONE "canvas_quip_migration_undone";
        SLACK_AI_CANVAS_CONTENT_GENERATED "slack_ai_canvas_content_generated";
        CANVAS_SLACK_AI_EXCLUSION_ENABLED "canvas_slack_ai_exclusion_enabled";
        CANVAS_SLACK_AI_EXCLUSION_DISABLED "canvas_slack_ai_exclusion_disabled";
        CANVAS_SHARE_LIMIT_REACHED "canvas_share_limit_reached";
    }
    function {
        FUNCTION_DISTRIBUTION_PERMISSION_ADDED "function_distribution_permission_added";
        FUNCTION_DISTRIBUTION_PERMISSION_REMOVED "function_distribution_permission_removed";
        FUNCTION_DISTRIBUTION_PERMISSION_SET "function_distribution_permission_set";
    }
    sales_elevate {
        SALES_ELEVATE_WORKFLOW_UPDATED "sales_elevate_workflow_updated";
        SALES_ELEVATE_MEMBERS_ADDED "sales_elevate_members_added";
        SALES_ELEVATE_MEMBERS_REMOVED "sales_elevate_members_removed";
        SALES_ELEVATE_OBJECT_MAPPINGS_SET "sales_elevate_object_mappings_set";
        SALES_ELEVATE_OBJECT_MAPPINGS_UPDATED "sales_elevate_object_mappings_updated";
        SALES_ELEVATE_NOTIFICATIONS_SETTINGS_UPDATED "sales_elevate_notifications_settings_updated";
        SALES_ELEVATE_OPPORTUNITY_LIST_SETTINGS_UPDATED
            "sales_elevate_opportunity_list_settings_updated";
        SALES_ELEVATE_ORG_CONNECTION_ADDED "sales_elevate_org_connection_added";
        SALES_ELEVATE_ORG_CONNECTION_REMOVED "sales_elevate_org_connection_removed";
        SALES_ELEVATE_SALES_ADMIN_ACTIVITY_CONFIG_CHANGED
            "sales_elevate_sales_admin_activity_config_changed";
    }
    native_dlp {
        NATIVE_DLP_RULE_CREATED "native_dlp_rule_created";
        NATIVE_DLP_RULE_DEACTIVATED "native_dlp_rule_deactivated";
        NATIVE_DLP_RULE_REACTIVATED "native_dlp_rule_reactivated";
        NATIVE_DLP_RULE_EDITED "native_dlp_rule_edited";
        NATIVE_DLP_RULE_ACTION_APPLIED "native_dlp_rule_action_applied";
        NATIVE_DLP_VIOLATION_DELETED "native_dlp_violation_deleted";
    }
    template {
        TEMPLATE_CREATED "template_created";
        TEMPLATE_DELETED "template_deleted";
        TEMPLATE_PROVISIONED "template_provisioned";
        TEMPLATE_COLLABORATOR_ADDED "template_collaborator_added";
        TEMPLATE_COLLABORATOR_REMOVED "template_collaborator_removed";
        TEMPLATE_UPDATED "template_updated";
    }
    list {
        LIST_CELL_UPDATED "list_cell_updated";
        LIST_COLUMN_CREATED "list_column_created";
        LIST_COLUMN_UPDATED "list_column_updated";
        LIST_COLUMN_DELETED "list_column_deleted";
        LIST_COLUMN_REVERTED "list_column_reverted";
        LIST_CONVERTED_TO_TEMPLATE "list_converted_to_template";
        LIST_CREATED "list_created";
        LIST_DELETED "list_deleted";
        LIST_UNDELETED "list_undeleted";
        LIST_DOWNLOADED "list_downloaded";
        LIST_DESCRIPTION_UPDATED "list_description_updated";
        LIST_ICON_UPDATED "list_icon_updated";
        LIST_OPENED "list_opened";
        LIST_ROW_CREATED "list_row_created";
        LIST_ROW_UPDATED "list_row_updated";
        LIST_ROW_DELETED "list_row_deleted";
        LIST_ROWS_ARCHIVED "list_rows_archived";
        LIST_ROWS_DELETED "list_rows_deleted";
        LIST_TEMPLATE_REVERTED "list_template_reverted";
        LIST_TEMPLATE_STATUS_UPDATED "list_template_status_updated";
        LIST_TEMPLATE_TYPE_UPDATED "list_template_type_updated";
        LIST_TITLE_UPDATED "list_title_updated";
        LIST_TODO_MODE_UPDATED "list_todo_mode_updated";
        LIST_TOMBSTONED "list_tombstoned";
        LIST_RESTORED "list_restored";
        LIST_VIEW_CREATED "list_view_created";
        LIST_VIEW_UPDATED "list_view_updated";
        LIST_VIEW_DELETED "list_view_deleted";
        LIST_ACCESS_REVOKED "list_access_revoked";
        LIST_ACCESS_DOWNGRADED "list_access_downgraded";
        LIST_ACCESS_UPGRADED "list_access_upgraded";
        LIST_ACCESS_ADDED "list_access_added";
        LIST_LINKSHARING_DISABLED "list_linksharing_disabled";
        LIST_LINKSHARING_ENABLED "list_linksharing_enabled";
        LIST_OWNERSHIP_TRANSFERRED "list_ownership_transferred";
        LIST_SHARED "list_shared";
        LIST_RESTRICTED_SHARING_ENABLED "list_restricted_sharing_enabled";
        LIST_RESTRICTED_SHARING_DISABLED "list_restricted_sharing_disabled";
        LIST_ROWS_UNDELETED "list_rows_undeleted";
        LIST_DEFAULT_VIEW_UPDATED "list_default_view_updated";
        LIST_SLACK_AI_EXCLUSION_ENABLED "list_slack_ai_exclusion_enabled";
        LIST_SLACK_AI_EXCLUSION_DISABLED "list_slack_ai_exclusion_disabled";
        LIST_SHARE_LIMIT_REACHED "list_share_limit_reached";
        LIST_FULL_RESTORED "list_full_restored";
    }
    slack_first_crm {
        CONTACTS_IMPORT_INITIATED "contacts_import_initiated";
        CONTACTS_IMPORT_COMPLETED "contacts_import_completed";
        CONTACTS_IMPORT_FAILED "contacts_import_failed";
        FIELD_CREATED "field_created";
        FIELD_UPDATED "field_updated";
        FIELD_VISIBILITY_UPDATED "field_visibility_updated";
        LICENSE_ASSIGNED "license_assigned";
        LICENSE_REMOVED "license_removed";
        OBJECT_IMPORT_INITIATED "object_import_initiated";
        OBJECT_IMPORT_COMPLETED "object_import_completed";
        OBJECT_IMPORT_FAILED "object_import_failed";
    }
    legal_hold {
        LEGAL_HOLD_POLICY_CREATED "legal_hold_policy_created";
        LEGAL_HOLD_POLICY_UPDATED "legal_hold_policy_updated";
        LEGAL_HOLD_POLICY_RELEASED "legal_hold_policy_released";
        LEGAL_HOLD_POLICY_REACTIVATED "legal_hold_policy_reactivated";
        LEGAL_HOLD_POLICY_ENTITIES_ADDED "legal_hold_policy_entities_added";
        LEGAL_HOLD_POLICY_ENTITIES_DELETED "legal_hold_policy_entities_deleted";
        LEGAL_HOLD_POLICY_EXCLUSION_ADDED "legal_hold_policy_exclusion_added";
        LEGAL_HOLD_POLICY_EXCLUSION_DELETED "legal_hold_policy_exclusion_deleted";
    }
    salesforce_mcp_server {
        SALESFORCE_MCP_SERVER_ENABLED "salesforce_mcp_server_enabled";
        SALESFORCE_MCP_SERVER_DISABLED "salesforce_mcp_server_disabled";
        SALESFORCE_MCP_SERVER_DELETED "salesforce_mcp_server_deleted";
        SALESFORCE_MCP_SERVER_CONFIG_UPDATED "salesforce_mcp_server_config_updated";
        SALESFORCE_MCP_SERVER_ORG_DISCONNECTED "salesforce_mcp_server_org_disconnected";
        SALESFORCE_MCP_SERVER_ORG_RECONNECTED "salesforce_mcp_server_org_reconnected";
        SALESFORCE_MCP_SERVER_WORKSPACE_GRANTED "salesforce_mcp_server_workspace_granted";
        SALESFORCE_MCP_SERVER_WORKSPACE_REVOKED "salesforce_mcp_server_workspace_revoked";
        SALESFORCE_MCP_SERVER_ACL_UPDATED "salesforce_mcp_server_acl_updated";
    }
}
