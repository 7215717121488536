//! Which text a field holds, decided once per field from its name.

use super::objects::Kind;

/// A source of text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// Id, name and type of the object that is being written.
    OwnId,
    OwnName,
    OwnType,
    OwnFileType,
    PersonName,
    PersonGiven,
    PersonFamily,
    PersonHandle,
    PersonEmail,
    PersonTeam,
    PersonAccountType,
    /// The id of an object of this kind, of people for `Kind::User`.
    IdOf(Kind),
    /// An id of no known object, with this prefix.
    Id(&'static str),
    Pick(&'static [&'static str]),
    Ip,
    UserAgent,
    Url(&'static str),
    /// Where the object's own file lies.
    FileUrl,
    /// Why: in an anomaly what is odd, elsewhere whose wish it was.
    Reason,
    Timestamp,
    Hex(u8),
    Number,
}

const ACCESS: &[&str] = &["read", "write", "owner", "none"];
const SCOPES: &[&str] = &[
    "channels:read",
    "channels:history",
    "chat:write",
    "files:read",
    "users:read",
    "users:read.email",
    "admin.users:write",
    "auditlogs:read",
    "commands",
    "reactions:write",
];
/// Reasons of `anomaly` events in Slack's reference, among others.
pub(crate) const ANOMALIES: &[&str] = &[
    "asn",
    "ip_address",
    "user_agent",
    "session_fingerprint",
    "excessive_downloads",
    "unexpected_client",
    "tor",
    "unexpected_scraping",
];
pub(crate) const REASONS: &[&str] = &["user_request", "admin_request", "policy", "expired"];
const PLACES: &[&str] = &[
    "Zürich, Switzerland",
    "São Paulo, Brazil",
    "Lagos, Nigeria",
    "Osaka, Japan",
    "Austin, Texas",
];
const PLAIN: &[&str] = &["default", "everyone", "enabled", "disabled", "standard"];
const LABELS: &[&str] = &[
    "quarterly-review",
    "Q3 / EMEA",
    "Über uns",
    "legal",
    "north-west",
    "pilot \"A\"",
    "日本語",
];
const TOOLS: &[&str] = &[
    "search_messages",
    "read_channel",
    "send_message",
    "create_canvas",
    "list_users",
];
const PERMISSIONS: &[&str] = &["view", "edit", "invite", "export", "manage"];

impl Text {
    /// The source for a field of the list of known fields.
    #[allow(clippy::too_many_lines)] // One table; in pieces it would be harder to read.
    pub(crate) fn of(object: &'static str, field: &'static str) -> Text {
        use Text::{Hex, Id, IdOf, Ip, Number, OwnId, OwnName, Pick, Timestamp, Url};
        match (object, field) {
            ("User" | "Inviter", "name") | ("Profile", "real_name") => return Text::PersonName,
            ("User" | "Inviter", "email") => return Text::PersonEmail,
            ("User" | "Inviter", "team") => return Text::PersonTeam,
            ("User", "account_type") => return Text::PersonAccountType,
            ("User" | "Inviter", "id") => return OwnId,
            ("Inviter" | "Actor", "type") => return Pick(&["user"]),
            ("Profile", "first_name") => return Text::PersonGiven,
            ("Profile", "last_name") => return Text::PersonFamily,
            ("Profile", "display_name") => return Text::PersonHandle,
            ("Profile", _) => return Url("https://avatars.larkspur.example/"),
            ("Location" | "Workflow", "domain") => return Pick(&["larkspur"]),
            ("Location", "type") => return Text::OwnType,
            ("File" | "Canvas", "filetype") => return Text::OwnFileType,
            ("RetentionPolicy", "type") => return Pick(&["forever", "days", "custom"]),
            ("ConversationPref", "type") => {
                return Pick(&["admin", "owner", "regular", "org_admin"]);
            }
            ("Attribute" | "AttributeItems", "type") => {
                return Pick(&["string", "number", "boolean", "array"]);
            }
            ("Resource" | "Grant" | "WildCard", "type") => {
                return Pick(&["channel", "workspace", "im"]);
            }
            ("ApprovalRuleConditionValue", "values") => return Pick(SCOPES),
            ("Role", "type") => return Pick(&["system", "custom"]),
            (_, "id") if Kind::of_object(object).is_some() => return OwnId,
            (_, "name" | "title" | "template_name") if Kind::of_object(object).is_some() => {
                return OwnName;
            }
            _ => {}
        }
        match field {
            "team" | "team_id" | "target_team" | "origin_team" | "source_team"
            | "destination_team" | "entity_team" | "added_team_id" | "disconnecting_team"
            | "teams_shared_with" => IdOf(Kind::Workspace),
            "enterprise" => IdOf(Kind::Enterprise),
            "channel"
            | "channel_id"
            | "channels"
            | "channel_ids"
            | "linked_channel_id"
            | "trigger_channels"
            | "original_connected_channel_id"
            | "target_entity"
            | "target_entity_id"
            | "shared_to" => IdOf(Kind::Channel),
            "app_id" | "step_function_app_id" | "admin_app_id" => IdOf(Kind::App),
            "file_id" | "cloned_file_id" | "payload" => IdOf(Kind::File),
            "user"
            | "creator"
            | "updated_by"
            | "actor"
            | "target_user"
            | "initiated_by"
            | "installer_user_id"
            | "app_owner_id"
            | "approver_id"
            | "target_user_id"
            | "user_ids"
            | "participants"
            | "restricted_subjects"
            | "succeeded_users"
            | "failed_users"
            | "executor_id"
            | "acting_agent" => IdOf(Kind::User),
            "subteam"
            | "primary_usergroup"
            | "primary_usergroup_id"
            | "barriered_from_usergroups"
            | "barriered_from_usergroup_ids" => IdOf(Kind::Usergroup),
            "barrier_id" => IdOf(Kind::Barrier),
            "functions" | "functions_added" => IdOf(Kind::Function),
            "workflows" | "workflows_added" => IdOf(Kind::WorkflowV2),
            "template_id" => IdOf(Kind::Template),
            "bot_id" => Id("B"),
            "invite_id" => Id("I"),
            "external_organization_id" => Id("E"),
            "external_user_id" => Id("U"),
            "trigger_id" => Id("Ft"),
            "resource_id" => Id("C"),
            "view_id" | "column_id" | "row_id" => Id("Col"),
            "folder_bookmark_id" => Id("Bk"),
            "skill_id" => Id("Sk"),
            "idp_config_id" | "new_version_id" | "session_id" => Number,
            _ if field.ends_with("_id") || field == "id" => Id("X"),
            "scopes" | "scopes_bot" | "bot_scopes" | "new_scopes" | "previous_scopes"
            | "old_scopes" => Pick(SCOPES),
            "reason" => Text::Reason,
            "type" => Pick(&["public", "private", "member", "guest"]),
            "ip_address" | "previous_ip_address" => Ip,
            "ua" | "previous_ua" => Text::UserAgent,
            "timestamp" | "thread_ts" | "message_ts" | "action_timestamp" | "export_start_ts"
            | "export_end_ts" => Timestamp,
            "client_ja3_fingerprint" | "md5_hash" => Hex(32),
            "idp_entity_id_hash" => Hex(40),
            "salesforce_tenant_guid" | "idp_entity_id" => Hex(24),
            "url_private" => Text::FileUrl,
            "server_url" | "uri" => Url("https://mcp.larkspur.example/"),
            "email" | "external_user_email" => Text::PersonEmail,
            "external_organization_name" => Pick(&[
                "Hollyhock GmbH",
                "Compañía Sauce",
                "Ivy & Sons",
                "株式会社さくら",
            ]),
            "location" => Pick(PLACES),
            "access_level" | "permission_type" => Pick(ACCESS),
            "export_type" => Pick(&["standard", "corporate", "user"]),
            "authentication_method" => Pick(&[
                "saml_sso",
                "password",
                "google_sso",
                "magic_link",
                "passkey",
            ]),
            "secondary_authentication_method" => Pick(&["totp", "sms", "webauthn"]),
            "authentication_mode" => Pick(&["sso_required", "sso_optional"]),
            "is_flagged" => Pick(&["true", "false"]),
            "approval_type" => Pick(&["manual", "automated"]),
            "resolution" | "cleared_resolution" | "decision" | "value" => {
                Pick(&["approved", "restricted", "pending"])
            }
            "trigger" => Pick(&["scheduled", "manual", "shortcut"]),
            "entity_type" => Pick(&["USER", "CHANNEL", "FILE", "APP"]),
            "tool" | "tool_name" => Pick(TOOLS),
            "argument_keys" => Pick(&["query", "channel_id", "limit", "cursor"]),
            "mcp_client_inferred_behavior" => Pick(&["interactive", "autonomous"]),
            "mcp_server_allowlist_domains" => {
                Pick(&["mcp.larkspur.example", "tools.larkspur.example"])
            }
            "changed_permissions" | "permission_key" | "permissions" => Pick(PERMISSIONS),
            "status" => Pick(&["active", "inactive", "published"]),
            "distribution_type" => Pick(&["internal", "marketplace", "distributed"]),
            "privacy" => Pick(&["public", "private", "dm", "mpim"]),
            "provider_key" => Pick(&["google", "salesforce", "github"]),
            "salesforce_edition" => Pick(&["Enterprise Edition", "Unlimited Edition"]),
            "name" | "label" | "template_title" | "policy_name" | "title" | "server_name"
            | "datastore_name" => Pick(LABELS),
            "pref_name" => Pick(&[
                "allow_huddles",
                "who_can_create_public_channels",
                "dnd_enabled",
            ]),
            _ => Pick(PLAIN),
        }
    }
}
