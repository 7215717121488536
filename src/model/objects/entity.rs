//! What was acted upon: `Entity` and the object of each of its kinds. Written by
//! `facts/generate.py` from `facts/fields.tsv`.

use super::objects;
use super::{App, Location, User};

objects! {
    /// What was acted upon. `type` names the one object that is filled, see [`Entity::kind`].
    Entity {
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
    Channel {
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
    File {
        id "id": text;
        name "name": text;
        filetype "filetype": text;
        title "title": text;
    }
    /// A message. It has no id; channel and timestamp name it.
    Message {
        channel "channel": text;
        team "team": text;
        timestamp "timestamp": text;
    }
    /// A huddle.
    Huddle {
        id "id": text;
        date_start "date_start": integer;
        date_end "date_end": integer;
        participants "participants": texts;
    }
    /// An administrative role.
    Role {
        id "id": text;
        name "name": text;
        type_name "type": text;
    }
    /// A user group.
    Usergroup {
        id "id": text;
        name "name": text;
    }
    /// A workflow of the former Workflow Builder.
    Workflow {
        id "id": text;
        name "name": text;
        domain "domain": text;
    }
    /// A barrier that keeps user groups from contacting each other.
    InformationBarrier {
        id "id": text;
        primary_usergroup "primary_usergroup": text;
        barriered_from_usergroups "barriered_from_usergroups": texts;
        restricted_subjects "restricted_subjects": texts;
    }
    /// A workflow of today's Workflow Builder.
    WorkflowV2 {
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
    WorkflowV2StepConfiguration {
        name "name": text;
        step_function_type "step_function_type": text;
        step_function_app_id "step_function_app_id": text;
        external_auth_configuration "external_auth_configuration": values;
    }
    /// A role that comes with an account type.
    AccountTypeRole {
        id "id": text;
        name "name": text;
    }
    /// A Slack list.
    SlackList {
        id "id": text;
    }
    /// A function of an app.
    Function {
        id "id": text;
        app_id "app_id": text;
        callback_id "callback_id": text;
    }
    /// A canvas.
    Canvas {
        id "id": text;
        filetype "filetype": text;
        title "title": text;
    }
    /// A template.
    Template {
        id "id": text;
        template_name "template_name": text;
    }
    /// A legal hold policy.
    LegalHoldPolicy {
        id "id": text;
        name "name": text;
    }
}
