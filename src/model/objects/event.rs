//! Who acted, and where from: actor, user, context, app, location. Written by `facts/generate.py`
//! from `facts/fields.tsv`.

use super::objects;

objects! {
    /// Who did it. `type` is `user` in practice.
    Actor {
        type_name "type": text;
        user "user": object User;
    }
    /// A person, a bot, or one of Slack's own (`USLACKUSER`, `USLACKSECURITY`).
    User {
        id "id": text;
        name "name": text;
        email "email": text;
        team "team": text;
        account_type "account_type": text;
    }
    /// Where the action came from.
    Context {
        location "location": object Location;
        ua "ua": text;
        ip_address "ip_address": text;
        session_id "session_id": text_or_integer;
        app "app": object App;
        acting_agent "acting_agent": text;
        agent_message "agent_message": object AgentMessage;
    }
    /// The message that made an agent act for a user.
    AgentMessage {
        team "team": text;
        channel_id "channel_id": text;
        message_ts "message_ts": text;
        thread_ts "thread_ts": text;
    }
    /// An app: as the thing acted upon, or as the one that acted.
    App {
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
    Location {
        type_name "type": text;
        id "id": text;
        name "name": text;
        domain "domain": text;
    }
    /// What a page says about itself: the cursor of the next one, and warnings.
    ResponseMetadata {
        next_cursor "next_cursor": text;
        messages "messages": texts;
        warnings "warnings": texts;
    }
}
