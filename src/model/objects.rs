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
        response_metadata "response_metadata": Object ResponseMetadata;
        ok "ok": Boolean;
        error "error": Text;
        needed "needed": Text;
        provided "provided": Text;
        warning "warning": Text;
    }
    /// What `/schemas` responds with.
    pub(super) SchemasFields {
        schemas "schemas": Values;
        ok "ok": Boolean;
        error "error": Text;
        needed "needed": Text;
        provided "provided": Text;
        warning "warning": Text;
    }
    /// What `/actions` responds with.
    pub(super) ActionsFields {
        actions "actions": Any;
        ok "ok": Boolean;
        error "error": Text;
        needed "needed": Text;
        provided "provided": Text;
        warning "warning": Text;
    }
    /// One kind of object, as `/schemas` describes it.
    pub(super) SchemaFields {
        type_name "type": Text;
    }
    /// The fields of an entry.
    pub(super) EntryFields {
        id "id": Text;
        date_create "date_create": Integer;
        action "action": Text;
        actor "actor": Object Actor;
        entity "entity": Object Entity;
        context "context": Object Context;
        details "details": Object Details;
    }
    /// Who did it. `type` is `user` in practice.
    pub Actor {
        type_name "type": Text;
        user "user": Object User;
    }
    /// A person, a bot, or one of Slack's own (`USLACKUSER`, `USLACKSECURITY`).
    pub User {
        id "id": Text;
        name "name": Text;
        email "email": Text;
        team "team": Text;
        account_type "account_type": Text;
    }
    /// Where the action came from.
    pub Context {
        location "location": Object Location;
        ua "ua": Text;
        ip_address "ip_address": Text;
        session_id "session_id": TextOrInteger;
        app "app": Object App;
        acting_agent "acting_agent": Text;
        agent_message "agent_message": Object AgentMessage;
    }
    /// The message that made an agent act for a user.
    pub AgentMessage {
        team "team": Text;
        channel_id "channel_id": Text;
        message_ts "message_ts": Text;
        thread_ts "thread_ts": Text;
    }
    /// An app: as the thing acted upon, or as the one that acted.
    pub App {
        id "id": Text;
        name "name": Text;
        is_distributed "is_distributed": Boolean;
        is_directory_approved "is_directory_approved": Boolean;
        is_workflow_app "is_workflow_app": Boolean;
        scopes "scopes": Texts;
        scopes_bot "scopes_bot": Texts;
        bot_scopes "bot_scopes": Texts;
        creator "creator": Text;
        team "team": Text;
        app_id "app_id": Text;
        distribution_type "distribution_type": Text;
        user_ids "user_ids": Texts;
    }
    /// A workspace or an enterprise organization.
    pub Location {
        type_name "type": Text;
        id "id": Text;
        name "name": Text;
        domain "domain": Text;
    }
    /// What a page says about itself: the cursor of the next one, and warnings.
    pub ResponseMetadata {
        next_cursor "next_cursor": Text;
        messages "messages": Texts;
        warnings "warnings": Texts;
    }
    /// What was acted upon. `type` names the one object that is filled, see [`Entity::kind`].
    pub Entity {
        type_name "type": Text;
        user "user": Object User;
        workspace "workspace": Object Location;
        enterprise "enterprise": Object Location;
        channel "channel": Object Channel;
        file "file": Object File;
        app "app": Object App;
        message "message": Object Message;
        huddle "huddle": Object Huddle;
        role "role": Object Role;
        usergroup "usergroup": Object Usergroup;
        workflow "workflow": Object Workflow;
        barrier "barrier": Object InformationBarrier;
        workflow_v2 "workflow_v2": Object WorkflowV2;
        account_type_role "account_type_role": Object AccountTypeRole;
        list "list": Object SlackList;
        external_auth_oauth2_token "external_auth_oauth2_token": Any;
        function "function": Object Function;
        canvas "canvas": Object Canvas;
        template "template": Object Template;
        legal_hold_policy "legal_hold_policy": Object LegalHoldPolicy;
    }
    /// A channel, private channel or direct message.
    pub Channel {
        id "id": Text;
        privacy "privacy": Text;
        name "name": Text;
        is_shared "is_shared": Boolean;
        is_org_shared "is_org_shared": Boolean;
        teams_shared_with "teams_shared_with": Texts;
        original_connected_channel_id "original_connected_channel_id": Text;
        is_salesforce_channel "is_salesforce_channel": Boolean;
    }
    /// A file.
    pub File {
        id "id": Text;
        name "name": Text;
        filetype "filetype": Text;
        title "title": Text;
    }
    /// A message. It has no id; channel and timestamp name it.
    pub Message {
        channel "channel": Text;
        team "team": Text;
        timestamp "timestamp": Text;
    }
    /// A huddle.
    pub Huddle {
        id "id": Text;
        date_start "date_start": Integer;
        date_end "date_end": Integer;
        participants "participants": Texts;
    }
    /// An administrative role.
    pub Role {
        id "id": Text;
        name "name": Text;
        type_name "type": Text;
    }
    /// A user group.
    pub Usergroup {
        id "id": Text;
        name "name": Text;
    }
    /// A workflow of the former Workflow Builder.
    pub Workflow {
        id "id": Text;
        name "name": Text;
        domain "domain": Text;
    }
    /// A barrier that keeps user groups from contacting each other.
    pub InformationBarrier {
        id "id": Text;
        primary_usergroup "primary_usergroup": Text;
        barriered_from_usergroups "barriered_from_usergroups": Texts;
        restricted_subjects "restricted_subjects": Texts;
    }
    /// A workflow of today's Workflow Builder.
    pub WorkflowV2 {
        id "id": Text;
        app_id "app_id": Text;
        date_updated "date_updated": Integer;
        callback_id "callback_id": Text;
        name "name": Text;
        updated_by "updated_by": Text;
        step_configuration "step_configuration": Objects WorkflowV2StepConfiguration;
        template_id "template_id": Text;
        suspicious_keywords "suspicious_keywords": Texts;
        trigger_name "trigger_name": Text;
        trigger_channels "trigger_channels": Texts;
        trigger_configuration "trigger_configuration": Any;
    }
    /// One step of a [`WorkflowV2`].
    pub WorkflowV2StepConfiguration {
        name "name": Text;
        step_function_type "step_function_type": Text;
        step_function_app_id "step_function_app_id": Text;
        external_auth_configuration "external_auth_configuration": Values;
    }
    /// A role that comes with an account type.
    pub AccountTypeRole {
        id "id": TextOrInteger;
        name "name": Text;
    }
    /// A Slack list.
    pub SlackList {
        id "id": Text;
    }
    /// A function of an app.
    pub Function {
        id "id": Text;
        app_id "app_id": Text;
        callback_id "callback_id": Text;
    }
    /// A canvas.
    pub Canvas {
        id "id": Text;
        filetype "filetype": Text;
        title "title": Text;
    }
    /// A template.
    pub Template {
        id "id": Text;
        template_name "template_name": Text;
    }
    /// A legal hold policy.
    pub LegalHoldPolicy {
        id "id": Text;
        name "name": Text;
    }
    /// What else is known about an event. Which fields are filled depends on the action.
    pub Details {
        name "name": Text;
        new_value "new_value": Any;
        previous_value "previous_value": Any;
        expires_on "expires_on": Integer;
        mobile_only "mobile_only": Boolean;
        web_only "web_only": Boolean;
        non_sso_only "non_sso_only": Boolean;
        type_name "type": Text;
        is_workflow "is_workflow": Boolean;
        inviter "inviter": Object Inviter;
        kicker "kicker": Object Inviter;
        shared_to "shared_to": Text;
        reason "reason": Any;
        origin_team "origin_team": Text;
        target_team "target_team": Text;
        is_internal_integration "is_internal_integration": Boolean;
        cleared_resolution "cleared_resolution": Text;
        app_owner_id "app_owner_id": Text;
        bot_scopes "bot_scopes": Texts;
        new_scopes "new_scopes": Texts;
        previous_scopes "previous_scopes": Texts;
        granular_bot_token "granular_bot_token": Boolean;
        scopes "scopes": Texts;
        scopes_bot "scopes_bot": Texts;
        resolution "resolution": Text;
        app_previously_resolved "app_previously_resolved": Boolean;
        admin_app_id "admin_app_id": Text;
        bot_id "bot_id": Text;
        installer_user_id "installer_user_id": Text;
        approver_id "approver_id": Text;
        approval_type "approval_type": Text;
        app_previously_approved "app_previously_approved": Boolean;
        old_scopes "old_scopes": Texts;
        channels "channels": Texts;
        permissions "permissions": ObjectsOrAny Permission;
        new_version_id "new_version_id": Text;
        trigger "trigger": Text;
        export_type "export_type": Text;
        export_start_ts "export_start_ts": Text;
        export_end_ts "export_end_ts": Text;
        barrier_id "barrier_id": Text;
        primary_usergroup_id "primary_usergroup_id": Text;
        barriered_from_usergroup_ids "barriered_from_usergroup_ids": Texts;
        restricted_subjects "restricted_subjects": Texts;
        duration "duration": Integer;
        desktop_app_browser_quit "desktop_app_browser_quit": Boolean;
        invite_id "invite_id": Text;
        external_organization_id "external_organization_id": Text;
        external_organization_name "external_organization_name": Text;
        external_user_id "external_user_id": Text;
        external_user_email "external_user_email": Text;
        channel_id "channel_id": Text;
        added_team_id "added_team_id": Text;
        is_token_rotation_enabled_app "is_token_rotation_enabled_app": Boolean;
        old_retention_policy "old_retention_policy": Object RetentionPolicy;
        new_retention_policy "new_retention_policy": Object RetentionPolicy;
        who_can_post "who_can_post": Object ConversationPref;
        can_thread "can_thread": Object ConversationPref;
        is_external_limited "is_external_limited": Boolean;
        exporting_team_id "exporting_team_id": Integer;
        session_search_start "session_search_start": Integer;
        deprecation_search_end "deprecation_search_end": Integer;
        is_error "is_error": Boolean;
        creator "creator": Text;
        team "team": Text;
        app_id "app_id": Text;
        enable_at_here "enable_at_here": Object FeatureEnablement;
        enable_at_channel "enable_at_channel": Object FeatureEnablement;
        can_huddle "can_huddle": Object FeatureEnablement;
        url_private "url_private": Text;
        shared_with "shared_with": Object SharedWith;
        initiated_by "initiated_by": Text;
        source_team "source_team": Text;
        destination_team "destination_team": Text;
        succeeded_users "succeeded_users": TextsOrText;
        failed_users "failed_users": TextsOrText;
        enterprise "enterprise": Text;
        subteam "subteam": Text;
        action "action": Text;
        idp_group_member_count "idp_group_member_count": Integer;
        workspace_member_count "workspace_member_count": Integer;
        added_user_count "added_user_count": Integer;
        added_user_error_count "added_user_error_count": Integer;
        reactivated_user_count "reactivated_user_count": Integer;
        removed_user_count "removed_user_count": Integer;
        removed_user_error_count "removed_user_error_count": Integer;
        total_removal_count "total_removal_count": Integer;
        is_flagged "is_flagged": Text;
        target_user "target_user": Text;
        idp_config_id "idp_config_id": Text;
        config_type "config_type": Text;
        idp_entity_id_hash "idp_entity_id_hash": Text;
        label "label": Text;
        previous_profile "previous_profile": Object Profile;
        new_profile "new_profile": Object Profile;
        target_user_id "target_user_id": Text;
        space_file_id "space_file_id": Object SpaceFileId;
        target_entity "target_entity": Text;
        target_entity_id "target_entity_id": Text;
        changed_permissions "changed_permissions": Texts;
        datastore_name "datastore_name": Text;
        attributes "attributes": Objects Attribute;
        channel "channel": Text;
        entity_type "entity_type": Text;
        actor "actor": Text;
        access_level "access_level": Text;
        functions "functions": Texts;
        workflows "workflows": Texts;
        datastores "datastores": Texts;
        permissions_updated "permissions_updated": Boolean;
        matched_rule "matched_rule": Object ApprovalRule;
        request "request": Object ApprovalRequest;
        rules_checked "rules_checked": Objects ApprovalRule;
        disconnecting_team "disconnecting_team": Text;
        is_channel_canvas "is_channel_canvas": Boolean;
        linked_channel_id "linked_channel_id": Text;
        column_id "column_id": Text;
        row_id "row_id": Text;
        cell_date_updated "cell_date_updated": Integer;
        view_id "view_id": Text;
        user "user": Text;
        idp_entity_id "idp_entity_id": Text;
        file_id "file_id": Text;
        trigger_id "trigger_id": Text;
        trigger_config "trigger_config": Any;
        permission_type "permission_type": Text;
        channel_ids "channel_ids": Texts;
        user_ids "user_ids": Texts;
        is_slack_provided_template "is_slack_provided_template": Boolean;
        template_title "template_title": Text;
        cloned_file_id "cloned_file_id": Text;
        thread_ts "thread_ts": Text;
        status "status": Text;
        entity_team "entity_team": Text;
        is_external_user "is_external_user": Boolean;
        salesforce_org_id "salesforce_org_id": Text;
        salesforce_edition "salesforce_edition": Text;
        salesforce_org_config "salesforce_org_config": Any;
        salesforce_tenant_guid "salesforce_tenant_guid": Text;
        affected_users "affected_users": Any;
        provider_key "provider_key": Text;
        policy_name "policy_name": Text;
        authentication_mode "authentication_mode": Text;
        authentication_method "authentication_method": Text;
        secondary_authentication_method "secondary_authentication_method": Text;
        action_timestamp "action_timestamp": TextOrInteger;
        agent_id "agent_id": Text;
        api "API": Text;
        client_ja4_fingerprint "client_ja4_fingerprint": Text;
        destination_channel "destination_channel": Object Channel;
        files "files": Any;
        ip_address_details "ip_address_details": Texts;
        old_legal_hold_policy "old_legal_hold_policy": Object LegalHoldPolicy;
        source_channel "source_channel": Object Channel;
        source_message "source_message": Any;
        user_id "user_id": Text;
        client_ja3_fingerprint "client_ja3_fingerprint": Text;
        previous_ip_address "previous_ip_address": Text;
        previous_ua "previous_ua": Text;
        user_agent_change_details "user_agent_change_details": Any;
        location "location": Text;
        entity_ids "entity_ids": Any;
        pref_name "pref_name": Text;
        email "email": Text;
        md "md": Any;
        md5_hash "md5_hash": Text;
        is_ext_shared "is_ext_shared": Boolean;
        teams_shared_with "teams_shared_with": Texts;
        folder_bookmark_id "folder_bookmark_id": Text;
        is_allowed "is_allowed": BooleanOrText;
        variable_names "variable_names": Texts;
        functions_added "functions_added": Texts;
        workflows_added "workflows_added": Texts;
        datastores_added "datastores_added": Texts;
        who_can_dm_anyone "who_can_dm_anyone": Object ConversationPref;
        tool "tool": Text;
        tool_name "tool_name": Text;
        arguments "arguments": Any;
        service_type "service_type": Text;
        server_name "server_name": Text;
        server_url "server_url": Text;
        success "success": Boolean;
        argument_keys "argument_keys": Texts;
        read_only "read_only": Boolean;
        mcp_client_inferred_behavior "mcp_client_inferred_behavior": Text;
        destructive "destructive": Boolean;
        source "source": Text;
        decision "decision": Text;
        permission_key "permission_key": Text;
        added_to_allow "added_to_allow": Texts;
        connectors_enabled "connectors_enabled": Texts;
        connectors_disabled "connectors_disabled": Texts;
        uri "uri": Text;
        executor_id "executor_id": Text;
        skill_id "skill_id": Text;
        mcp_server_allowlist_domains "mcp_server_allowlist_domains": Texts;
    }
    /// Who invited, or removed, a user: flat, or with the user inside.
    pub Inviter {
        type_name "type": Text;
        user "user": Object User;
        id "id": Text;
        name "name": Text;
        email "email": Text;
        team "team": Text;
    }
    /// How long messages are kept.
    pub RetentionPolicy {
        type_name "type": Text;
        duration_days "duration_days": Integer;
    }
    /// Who may do something in a channel: kinds of users, and users.
    pub ConversationPref {
        type_name "type": Texts;
        user "user": Texts;
    }
    /// Whether a feature is on.
    pub FeatureEnablement {
        enabled "enabled": Boolean;
    }
    /// The channel that something was shared with.
    pub SharedWith {
        channel_id "channel_id": Text;
        access_level "access_level": Text;
    }
    /// A user's profile before or after a change.
    pub Profile {
        real_name "real_name": Text;
        first_name "first_name": Text;
        last_name "last_name": Text;
        display_name "display_name": Text;
        image_original "image_original": Text;
        image_24 "image_24": Text;
        image_32 "image_32": Text;
        image_48 "image_48": Text;
        image_72 "image_72": Text;
        image_192 "image_192": Text;
        image_512 "image_512": Text;
        image_1024 "image_1024": Text;
    }
    /// The file behind a canvas.
    pub SpaceFileId {
        payload "payload": Text;
    }
    /// An attribute of a datastore.
    pub Attribute {
        name "name": Text;
        type_name "type": Text;
        items "items": Object AttributeItems;
    }
    /// The type of an [`Attribute`]'s items.
    pub AttributeItems {
        type_name "type": Text;
    }
    /// Scopes granted on a resource.
    pub Permission {
        resource "resource": Object Resource;
        scopes "scopes": Texts;
    }
    /// What a [`Permission`] is about.
    pub Resource {
        type_name "type": Text;
        grant "grant": Object Grant;
    }
    /// The grant of a [`Resource`].
    pub Grant {
        type_name "type": Text;
        resource_id "resource_id": Text;
        wildcard "wildcard": Object WildCard;
    }
    /// The wildcard of a [`Grant`].
    pub WildCard {
        type_name "type": Text;
    }
    /// A rule that approves or denies apps by itself.
    pub ApprovalRule {
        id "id": Text;
        team_id "team_id": Text;
        title "title": Text;
        action "action": Object ApprovalRuleAction;
        condition "condition": Object ApprovalRuleCondition;
    }
    /// What an [`ApprovalRule`] does.
    pub ApprovalRuleAction {
        resolution "resolution": Object ApprovalRuleResolution;
        notify "notify": Objects ApprovalRuleNotify;
    }
    /// The decision an [`ApprovalRule`] takes.
    pub ApprovalRuleResolution {
        value "value": Text;
    }
    /// Whom an [`ApprovalRule`] tells.
    pub ApprovalRuleNotify {
        entity_type "entity_type": Text;
    }
    /// When an [`ApprovalRule`] applies.
    pub ApprovalRuleCondition {
        datatype "datatype": Text;
        operator "operator": Text;
        values "values": Objects ApprovalRuleConditionValue;
        entity_type "entity_type": Text;
    }
    /// One comparison of an [`ApprovalRuleCondition`].
    pub ApprovalRuleConditionValue {
        field "field": Text;
        values "values": Texts;
        datatype "datatype": Text;
        operator "operator": Text;
    }
    /// The request that an [`ApprovalRule`] decided.
    pub ApprovalRequest {
        id "id": Text;
        team_id "team_id": Text;
    }
}
