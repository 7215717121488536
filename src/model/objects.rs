//! The objects of an audit log and their fields: the one list of what Slack is known to send.
//!
//! Each object is a typed view into the entry it belongs to. It has a method for every known field,
//! [`unknown_fields`](Details::unknown_fields) for all others, and
//! [`as_object`](Details::as_object) for all of them as they came. Every field may be absent or
//! null, which is the same: none. A field of an unexpected type is none, too; its value stands in
//! [`Entry::drift`](super::Entry::drift), and [`Object::get`](super::Object::get) gives it at any
//! time.
//!
//! A field named `type` on the wire is called `type_name` here.

use super::schema::objects;

objects! {
    /// What a page says beside its entries.
    pub(super) PageFields {
        response_metadata "response_metadata": object ResponseMetadata;
        ok "ok": boolean;
        error "error": text;
        needed "needed": text;
        provided "provided": text;
        warning "warning": text;
    }
    /// What `/schemas` responds with.
    pub(super) SchemasFields {
        schemas "schemas": values;
        ok "ok": boolean;
        error "error": text;
        needed "needed": text;
        provided "provided": text;
        warning "warning": text;
    }
    /// What `/actions` responds with.
    pub(super) ActionsFields {
        actions "actions": any;
        ok "ok": boolean;
        error "error": text;
        needed "needed": text;
        provided "provided": text;
        warning "warning": text;
    }
    /// One kind of object, as `/schemas` describes it.
    pub(super) SchemaFields {
        type_name "type": text;
    }
    /// The fields of an entry.
    pub(super) EntryFields {
        id "id": text;
        date_create "date_create": integer;
        action "action": text;
        actor "actor": object Actor;
        entity "entity": object Entity;
        context "context": object Context;
        details "details": object Details;
    }
    /// Who did it. `type` is `user` in practice.
    pub Actor {
        type_name "type": text;
        user "user": object User;
    }
    /// A person, a bot, or one of Slack's own (`USLACKUSER`, `USLACKSECURITY`).
    pub User {
        id "id": text;
        name "name": text;
        email "email": text;
        team "team": text;
        account_type "account_type": text;
    }
    /// Where the action came from.
    pub Context {
        location "location": object Location;
        ua "ua": text;
        ip_address "ip_address": text;
        session_id "session_id": text_or_integer;
        app "app": object App;
        acting_agent "acting_agent": text;
        agent_message "agent_message": object AgentMessage;
    }
    /// The message that made an agent act for a user.
    pub AgentMessage {
        team "team": text;
        channel_id "channel_id": text;
        message_ts "message_ts": text;
        thread_ts "thread_ts": text;
    }
    /// An app: as the thing acted upon, or as the one that acted.
    pub App {
        id "id": text;
        name "name": text;
        is_distributed "is_distributed": boolean;
        is_directory_approved "is_directory_approved": boolean;
        is_workflow_app "is_workflow_app": boolean;
        scopes "scopes": texts;
        scopes_bot "scopes_bot": texts;
        bot_scopes "bot_scopes": texts;
        creator "creator": text;
        team "team": text;
        app_id "app_id": text;
        distribution_type "distribution_type": text;
        user_ids "user_ids": texts;
    }
    /// A workspace or an enterprise organization.
    pub Location {
        type_name "type": text;
        id "id": text;
        name "name": text;
        domain "domain": text;
    }
    /// What a page says about itself: the cursor of the next one, and warnings.
    pub ResponseMetadata {
        next_cursor "next_cursor": text;
        messages "messages": texts;
        warnings "warnings": texts;
    }
    /// What was acted upon. `type` names the one object that is filled, see [`Entity::kind`].
    pub Entity {
        type_name "type": text;
        user "user": object User;
        workspace "workspace": object Location;
        enterprise "enterprise": object Location;
        channel "channel": object Channel;
        file "file": object File;
        app "app": object App;
        message "message": object Message;
        huddle "huddle": object Huddle;
        role "role": object Role;
        usergroup "usergroup": object Usergroup;
        workflow "workflow": object Workflow;
        barrier "barrier": object InformationBarrier;
        workflow_v2 "workflow_v2": object WorkflowV2;
        account_type_role "account_type_role": object AccountTypeRole;
        list "list": object SlackList;
        external_auth_oauth2_token "external_auth_oauth2_token": any;
        function "function": object Function;
        canvas "canvas": object Canvas;
        template "template": object Template;
        legal_hold_policy "legal_hold_policy": object LegalHoldPolicy;
    }
    /// A channel, private channel or direct message.
    pub Channel {
        id "id": text;
        privacy "privacy": text;
        name "name": text;
        is_shared "is_shared": boolean;
        is_org_shared "is_org_shared": boolean;
        teams_shared_with "teams_shared_with": texts;
        original_connected_channel_id "original_connected_channel_id": text;
        is_salesforce_channel "is_salesforce_channel": boolean;
    }
    /// A file.
    pub File {
        id "id": text;
        name "name": text;
        filetype "filetype": text;
        title "title": text;
    }
    /// A message. It has no id; channel and timestamp name it.
    pub Message {
        channel "channel": text;
        team "team": text;
        timestamp "timestamp": text;
    }
    /// A huddle.
    pub Huddle {
        id "id": text;
        date_start "date_start": integer;
        date_end "date_end": integer;
        participants "participants": texts;
    }
    /// An administrative role.
    pub Role {
        id "id": text;
        name "name": text;
        type_name "type": text;
    }
    /// A user group.
    pub Usergroup {
        id "id": text;
        name "name": text;
    }
    /// A workflow of the former Workflow Builder.
    pub Workflow {
        id "id": text;
        name "name": text;
        domain "domain": text;
    }
    /// A barrier that keeps user groups from contacting each other.
    pub InformationBarrier {
        id "id": text;
        primary_usergroup "primary_usergroup": text;
        barriered_from_usergroups "barriered_from_usergroups": texts;
        restricted_subjects "restricted_subjects": texts;
    }
    /// A workflow of today's Workflow Builder.
    pub WorkflowV2 {
        id "id": text;
        app_id "app_id": text;
        date_updated "date_updated": integer;
        callback_id "callback_id": text;
        name "name": text;
        updated_by "updated_by": text;
        step_configuration "step_configuration": objects WorkflowV2StepConfiguration;
        template_id "template_id": text;
        suspicious_keywords "suspicious_keywords": texts;
        trigger_name "trigger_name": text;
        trigger_channels "trigger_channels": texts;
        trigger_configuration "trigger_configuration": any;
    }
    /// One step of a [`WorkflowV2`].
    pub WorkflowV2StepConfiguration {
        name "name": text;
        step_function_type "step_function_type": text;
        step_function_app_id "step_function_app_id": text;
        external_auth_configuration "external_auth_configuration": values;
    }
    /// A role that comes with an account type.
    pub AccountTypeRole {
        id "id": text_or_integer;
        name "name": text;
    }
    /// A Slack list.
    pub SlackList {
        id "id": text;
    }
    /// A function of an app.
    pub Function {
        id "id": text;
        app_id "app_id": text;
        callback_id "callback_id": text;
    }
    /// A canvas.
    pub Canvas {
        id "id": text;
        filetype "filetype": text;
        title "title": text;
    }
    /// A template.
    pub Template {
        id "id": text;
        template_name "template_name": text;
    }
    /// A legal hold policy.
    pub LegalHoldPolicy {
        id "id": text;
        name "name": text;
    }
    /// What else is known about an event. Which fields are filled depends on the action.
    pub Details {
        name "name": text;
        new_value "new_value": any;
        previous_value "previous_value": any;
        expires_on "expires_on": integer;
        mobile_only "mobile_only": boolean;
        web_only "web_only": boolean;
        non_sso_only "non_sso_only": boolean;
        type_name "type": text;
        is_workflow "is_workflow": boolean;
        inviter "inviter": object Inviter;
        kicker "kicker": object Inviter;
        shared_to "shared_to": text;
        reason "reason": any;
        origin_team "origin_team": text;
        target_team "target_team": text;
        is_internal_integration "is_internal_integration": boolean;
        cleared_resolution "cleared_resolution": text;
        app_owner_id "app_owner_id": text;
        bot_scopes "bot_scopes": texts;
        new_scopes "new_scopes": texts;
        previous_scopes "previous_scopes": texts;
        granular_bot_token "granular_bot_token": boolean;
        scopes "scopes": texts;
        scopes_bot "scopes_bot": texts;
        resolution "resolution": text;
        app_previously_resolved "app_previously_resolved": boolean;
        admin_app_id "admin_app_id": text;
        bot_id "bot_id": text;
        installer_user_id "installer_user_id": text;
        approver_id "approver_id": text;
        approval_type "approval_type": text;
        app_previously_approved "app_previously_approved": boolean;
        old_scopes "old_scopes": texts;
        channels "channels": texts;
        permissions "permissions": objects_or_any Permission;
        new_version_id "new_version_id": text;
        trigger "trigger": text;
        export_type "export_type": text;
        export_start_ts "export_start_ts": text;
        export_end_ts "export_end_ts": text;
        barrier_id "barrier_id": text;
        primary_usergroup_id "primary_usergroup_id": text;
        barriered_from_usergroup_ids "barriered_from_usergroup_ids": texts;
        restricted_subjects "restricted_subjects": texts;
        duration "duration": integer;
        desktop_app_browser_quit "desktop_app_browser_quit": boolean;
        invite_id "invite_id": text;
        external_organization_id "external_organization_id": text;
        external_organization_name "external_organization_name": text;
        external_user_id "external_user_id": text;
        external_user_email "external_user_email": text;
        channel_id "channel_id": text;
        added_team_id "added_team_id": text;
        is_token_rotation_enabled_app "is_token_rotation_enabled_app": boolean;
        old_retention_policy "old_retention_policy": object RetentionPolicy;
        new_retention_policy "new_retention_policy": object RetentionPolicy;
        who_can_post "who_can_post": object ConversationPref;
        can_thread "can_thread": object ConversationPref;
        is_external_limited "is_external_limited": boolean;
        exporting_team_id "exporting_team_id": integer;
        session_search_start "session_search_start": integer;
        deprecation_search_end "deprecation_search_end": integer;
        is_error "is_error": boolean;
        creator "creator": text;
        team "team": text;
        app_id "app_id": text;
        enable_at_here "enable_at_here": object FeatureEnablement;
        enable_at_channel "enable_at_channel": object FeatureEnablement;
        can_huddle "can_huddle": object FeatureEnablement;
        url_private "url_private": text;
        shared_with "shared_with": object SharedWith;
        initiated_by "initiated_by": text;
        source_team "source_team": text;
        destination_team "destination_team": text;
        succeeded_users "succeeded_users": texts_or_text;
        failed_users "failed_users": texts_or_text;
        enterprise "enterprise": text;
        subteam "subteam": text;
        action "action": text;
        idp_group_member_count "idp_group_member_count": integer;
        workspace_member_count "workspace_member_count": integer;
        added_user_count "added_user_count": integer;
        added_user_error_count "added_user_error_count": integer;
        reactivated_user_count "reactivated_user_count": integer;
        removed_user_count "removed_user_count": integer;
        removed_user_error_count "removed_user_error_count": integer;
        total_removal_count "total_removal_count": integer;
        is_flagged "is_flagged": text;
        target_user "target_user": text;
        idp_config_id "idp_config_id": text;
        config_type "config_type": text;
        idp_entity_id_hash "idp_entity_id_hash": text;
        label "label": text;
        previous_profile "previous_profile": object Profile;
        new_profile "new_profile": object Profile;
        target_user_id "target_user_id": text;
        space_file_id "space_file_id": object SpaceFileId;
        target_entity "target_entity": text;
        target_entity_id "target_entity_id": text;
        changed_permissions "changed_permissions": texts;
        datastore_name "datastore_name": text;
        attributes "attributes": objects Attribute;
        channel "channel": text;
        entity_type "entity_type": text;
        actor "actor": text;
        access_level "access_level": text;
        functions "functions": texts;
        workflows "workflows": texts;
        datastores "datastores": texts;
        permissions_updated "permissions_updated": boolean;
        matched_rule "matched_rule": object ApprovalRule;
        request "request": object ApprovalRequest;
        rules_checked "rules_checked": objects ApprovalRule;
        disconnecting_team "disconnecting_team": text;
        is_channel_canvas "is_channel_canvas": boolean;
        linked_channel_id "linked_channel_id": text;
        column_id "column_id": text;
        row_id "row_id": text;
        cell_date_updated "cell_date_updated": integer;
        view_id "view_id": text;
        user "user": text;
        idp_entity_id "idp_entity_id": text;
        file_id "file_id": text;
        trigger_id "trigger_id": text;
        trigger_config "trigger_config": any;
        permission_type "permission_type": text;
        channel_ids "channel_ids": texts;
        user_ids "user_ids": texts;
        is_slack_provided_template "is_slack_provided_template": boolean;
        template_title "template_title": text;
        cloned_file_id "cloned_file_id": text;
        thread_ts "thread_ts": text;
        status "status": text;
        entity_team "entity_team": text;
        is_external_user "is_external_user": boolean;
        salesforce_org_id "salesforce_org_id": text;
        salesforce_edition "salesforce_edition": text;
        salesforce_org_config "salesforce_org_config": any;
        salesforce_tenant_guid "salesforce_tenant_guid": text;
        affected_users "affected_users": any;
        provider_key "provider_key": text;
        policy_name "policy_name": text;
        authentication_mode "authentication_mode": text;
        authentication_method "authentication_method": text;
        secondary_authentication_method "secondary_authentication_method": text;
        action_timestamp "action_timestamp": text_or_integer;
        agent_id "agent_id": text;
        api "API": text;
        client_ja4_fingerprint "client_ja4_fingerprint": text;
        destination_channel "destination_channel": object Channel;
        files "files": any;
        ip_address_details "ip_address_details": texts;
        old_legal_hold_policy "old_legal_hold_policy": object LegalHoldPolicy;
        source_channel "source_channel": object Channel;
        source_message "source_message": any;
        user_id "user_id": text;
        client_ja3_fingerprint "client_ja3_fingerprint": text;
        previous_ip_address "previous_ip_address": text;
        previous_ua "previous_ua": text;
        user_agent_change_details "user_agent_change_details": any;
        location "location": text;
        entity_ids "entity_ids": any;
        pref_name "pref_name": text;
        email "email": text;
        md "md": any;
        md5_hash "md5_hash": text;
        is_ext_shared "is_ext_shared": boolean;
        teams_shared_with "teams_shared_with": texts;
        folder_bookmark_id "folder_bookmark_id": text;
        is_allowed "is_allowed": boolean_or_text;
        variable_names "variable_names": texts;
        functions_added "functions_added": texts;
        workflows_added "workflows_added": texts;
        datastores_added "datastores_added": texts;
        who_can_dm_anyone "who_can_dm_anyone": object ConversationPref;
        tool "tool": text;
        tool_name "tool_name": text;
        arguments "arguments": any;
        service_type "service_type": text;
        server_name "server_name": text;
        server_url "server_url": text;
        success "success": boolean;
        argument_keys "argument_keys": texts;
        read_only "read_only": boolean;
        mcp_client_inferred_behavior "mcp_client_inferred_behavior": text;
        destructive "destructive": boolean;
        source "source": text;
        decision "decision": text;
        permission_key "permission_key": text;
        added_to_allow "added_to_allow": texts;
        connectors_enabled "connectors_enabled": texts;
        connectors_disabled "connectors_disabled": texts;
        uri "uri": text;
        executor_id "executor_id": text;
        skill_id "skill_id": text;
        mcp_server_allowlist_domains "mcp_server_allowlist_domains": texts;
    }
    /// Who invited, or removed, a user: flat, or with the user inside.
    pub Inviter {
        type_name "type": text;
        user "user": object User;
        id "id": text;
        name "name": text;
        email "email": text;
        team "team": text;
    }
    /// How long messages are kept.
    pub RetentionPolicy {
        type_name "type": text;
        duration_days "duration_days": integer;
    }
    /// Who may do something in a channel: kinds of users, and users.
    pub ConversationPref {
        type_name "type": texts;
        user "user": texts;
    }
    /// Whether a feature is on.
    pub FeatureEnablement {
        enabled "enabled": boolean;
    }
    /// The channel that something was shared with.
    pub SharedWith {
        channel_id "channel_id": text;
        access_level "access_level": text;
    }
    /// A user's profile before or after a change.
    pub Profile {
        real_name "real_name": text;
        first_name "first_name": text;
        last_name "last_name": text;
        display_name "display_name": text;
        image_original "image_original": text;
        image_24 "image_24": text;
        image_32 "image_32": text;
        image_48 "image_48": text;
        image_72 "image_72": text;
        image_192 "image_192": text;
        image_512 "image_512": text;
        image_1024 "image_1024": text;
    }
    /// The file behind a canvas.
    pub SpaceFileId {
        payload "payload": text;
    }
    /// An attribute of a datastore.
    pub Attribute {
        name "name": text;
        type_name "type": text;
        items "items": object AttributeItems;
    }
    /// The type of an [`Attribute`]'s items.
    pub AttributeItems {
        type_name "type": text;
    }
    /// Scopes granted on a resource.
    pub Permission {
        resource "resource": object Resource;
        scopes "scopes": texts;
    }
    /// What a [`Permission`] is about.
    pub Resource {
        type_name "type": text;
        grant "grant": object Grant;
    }
    /// The grant of a [`Resource`].
    pub Grant {
        type_name "type": text;
        resource_id "resource_id": text;
        wildcard "wildcard": object WildCard;
    }
    /// The wildcard of a [`Grant`].
    pub WildCard {
        type_name "type": text;
    }
    /// A rule that approves or denies apps by itself.
    pub ApprovalRule {
        id "id": text;
        team_id "team_id": text;
        title "title": text;
        action "action": object ApprovalRuleAction;
        condition "condition": object ApprovalRuleCondition;
    }
    /// What an [`ApprovalRule`] does.
    pub ApprovalRuleAction {
        resolution "resolution": object ApprovalRuleResolution;
        notify "notify": objects ApprovalRuleNotify;
    }
    /// The decision an [`ApprovalRule`] takes.
    pub ApprovalRuleResolution {
        value "value": text;
    }
    /// Whom an [`ApprovalRule`] tells.
    pub ApprovalRuleNotify {
        entity_type "entity_type": text;
    }
    /// When an [`ApprovalRule`] applies.
    pub ApprovalRuleCondition {
        datatype "datatype": text;
        operator "operator": text;
        values "values": objects ApprovalRuleConditionValue;
        entity_type "entity_type": text;
    }
    /// One comparison of an [`ApprovalRuleCondition`].
    pub ApprovalRuleConditionValue {
        field "field": text;
        values "values": texts;
        datatype "datatype": text;
        operator "operator": text;
    }
    /// The request that an [`ApprovalRule`] answered.
    pub ApprovalRequest {
        id "id": text;
        team_id "team_id": text;
    }
}
