//! One probe per known field. Written by `src/model/facts/generate.py` from `fields.tsv`.
// A test that unwraps fails where it should.
#![allow(clippy::unwrap_used)]

use super::model::{items, list_or, map, seen, string_list};
use serde_json::Value as Json;
use slack_audit_logs::model::*;

pub(crate) type Probe = fn(&Entry) -> Json;

/// The path of the first place where an object is found in an entry.
pub(crate) fn home(object: &str) -> Option<&'static str> {
    Some(match object {
        "Entry" => "",
        "Actor" => "actor",
        "User" => "actor.user",
        "Entity" => "entity",
        "Context" => "context",
        "App" => "entity.app",
        "Location" => "entity.workspace",
        "RetentionPolicy" => "details.old_retention_policy",
        "ConversationPref" => "details.who_can_post",
        "FeatureEnablement" => "details.enable_at_here",
        "SharedWith" => "details.shared_with",
        "Profile" => "details.previous_profile",
        "SpaceFileId" => "details.space_file_id",
        "AttributeItems" => "details.attributes[].items",
        "Attribute" => "details.attributes[]",
        "ApprovalRuleResolution" => "details.matched_rule.action.resolution",
        "ApprovalRuleNotify" => "details.matched_rule.action.notify[]",
        "ApprovalRuleAction" => "details.matched_rule.action",
        "ApprovalRuleConditionValue" => "details.matched_rule.condition.values[]",
        "ApprovalRuleCondition" => "details.matched_rule.condition",
        "ApprovalRule" => "details.matched_rule",
        "ApprovalRequest" => "details.request",
        "Details" => "details",
        "Channel" => "entity.channel",
        "File" => "entity.file",
        "Usergroup" => "entity.usergroup",
        "Message" => "entity.message",
        "Huddle" => "entity.huddle",
        "Role" => "entity.role",
        "Workflow" => "entity.workflow",
        "InformationBarrier" => "entity.barrier",
        "WorkflowV2StepConfiguration" => "entity.workflow_v2.step_configuration[]",
        "WorkflowV2" => "entity.workflow_v2",
        "AccountTypeRole" => "entity.account_type_role",
        "SlackList" => "entity.list",
        "Function" => "entity.function",
        "AgentMessage" => "context.agent_message",
        "Inviter" => "details.inviter",
        "Permission" => "details.permissions[]",
        "Resource" => "details.permissions[].resource",
        "Grant" => "details.permissions[].resource.grant",
        "WildCard" => "details.permissions[].resource.grant.wildcard",
        "Canvas" => "entity.canvas",
        "Template" => "entity.template",
        "LegalHoldPolicy" => "entity.legal_hold_policy",
        _ => return None,
    })
}

fn actor(entry: &Entry) -> Option<Actor<'_>> {
    entry.actor()
}

fn user(entry: &Entry) -> Option<User<'_>> {
    actor(entry)?.user()
}

fn entity(entry: &Entry) -> Option<Entity<'_>> {
    entry.entity()
}

fn context(entry: &Entry) -> Option<Context<'_>> {
    entry.context()
}

fn app(entry: &Entry) -> Option<App<'_>> {
    entity(entry)?.app()
}

fn location(entry: &Entry) -> Option<Location<'_>> {
    entity(entry)?.workspace()
}

fn retention_policy(entry: &Entry) -> Option<RetentionPolicy<'_>> {
    details(entry)?.old_retention_policy()
}

fn conversation_pref(entry: &Entry) -> Option<ConversationPref<'_>> {
    details(entry)?.who_can_post()
}

fn feature_enablement(entry: &Entry) -> Option<FeatureEnablement<'_>> {
    details(entry)?.enable_at_here()
}

fn shared_with(entry: &Entry) -> Option<SharedWith<'_>> {
    details(entry)?.shared_with()
}

fn profile(entry: &Entry) -> Option<Profile<'_>> {
    details(entry)?.previous_profile()
}

fn space_file_id(entry: &Entry) -> Option<SpaceFileId<'_>> {
    details(entry)?.space_file_id()
}

fn attribute_items(entry: &Entry) -> Option<AttributeItems<'_>> {
    attribute(entry)?.items()
}

fn attribute(entry: &Entry) -> Option<Attribute<'_>> {
    details(entry)?.attributes()?.iter().next()
}

fn approval_rule_resolution(entry: &Entry) -> Option<ApprovalRuleResolution<'_>> {
    approval_rule_action(entry)?.resolution()
}

fn approval_rule_notify(entry: &Entry) -> Option<ApprovalRuleNotify<'_>> {
    approval_rule_action(entry)?.notify()?.iter().next()
}

fn approval_rule_action(entry: &Entry) -> Option<ApprovalRuleAction<'_>> {
    approval_rule(entry)?.action()
}

fn approval_rule_condition_value(entry: &Entry) -> Option<ApprovalRuleConditionValue<'_>> {
    approval_rule_condition(entry)?.values()?.iter().next()
}

fn approval_rule_condition(entry: &Entry) -> Option<ApprovalRuleCondition<'_>> {
    approval_rule(entry)?.condition()
}

fn approval_rule(entry: &Entry) -> Option<ApprovalRule<'_>> {
    details(entry)?.matched_rule()
}

fn approval_request(entry: &Entry) -> Option<ApprovalRequest<'_>> {
    details(entry)?.request()
}

fn details(entry: &Entry) -> Option<Details<'_>> {
    entry.details()
}

fn channel(entry: &Entry) -> Option<Channel<'_>> {
    entity(entry)?.channel()
}

fn file(entry: &Entry) -> Option<File<'_>> {
    entity(entry)?.file()
}

fn usergroup(entry: &Entry) -> Option<Usergroup<'_>> {
    entity(entry)?.usergroup()
}

fn message(entry: &Entry) -> Option<Message<'_>> {
    entity(entry)?.message()
}

fn huddle(entry: &Entry) -> Option<Huddle<'_>> {
    entity(entry)?.huddle()
}

fn role(entry: &Entry) -> Option<Role<'_>> {
    entity(entry)?.role()
}

fn workflow(entry: &Entry) -> Option<Workflow<'_>> {
    entity(entry)?.workflow()
}

fn information_barrier(entry: &Entry) -> Option<InformationBarrier<'_>> {
    entity(entry)?.barrier()
}

fn workflow_v2_step_configuration(entry: &Entry) -> Option<WorkflowV2StepConfiguration<'_>> {
    workflow_v2(entry)?.step_configuration()?.iter().next()
}

fn workflow_v2(entry: &Entry) -> Option<WorkflowV2<'_>> {
    entity(entry)?.workflow_v2()
}

fn account_type_role(entry: &Entry) -> Option<AccountTypeRole<'_>> {
    entity(entry)?.account_type_role()
}

fn slack_list(entry: &Entry) -> Option<SlackList<'_>> {
    entity(entry)?.list()
}

fn function(entry: &Entry) -> Option<Function<'_>> {
    entity(entry)?.function()
}

fn agent_message(entry: &Entry) -> Option<AgentMessage<'_>> {
    context(entry)?.agent_message()
}

fn inviter(entry: &Entry) -> Option<Inviter<'_>> {
    details(entry)?.inviter()
}

fn permission(entry: &Entry) -> Option<Permission<'_>> {
    match details(entry)?.permissions()? {
        ListOr::List(list) => list.iter().next(),
        _ => None,
    }
}

fn resource(entry: &Entry) -> Option<Resource<'_>> {
    permission(entry)?.resource()
}

fn grant(entry: &Entry) -> Option<Grant<'_>> {
    resource(entry)?.grant()
}

fn wild_card(entry: &Entry) -> Option<WildCard<'_>> {
    grant(entry)?.wildcard()
}

fn canvas(entry: &Entry) -> Option<Canvas<'_>> {
    entity(entry)?.canvas()
}

fn template(entry: &Entry) -> Option<Template<'_>> {
    entity(entry)?.template()
}

fn legal_hold_policy(entry: &Entry) -> Option<LegalHoldPolicy<'_>> {
    entity(entry)?.legal_hold_policy()
}

/// The unknown fields of an object at its home.
pub(crate) fn unknown(object: &str, entry: &Entry) -> Json {
    map(match object {
        "Entry" => entry.unknown_fields(),
        "Actor" => actor(entry).unwrap().unknown_fields(),
        "User" => user(entry).unwrap().unknown_fields(),
        "Entity" => entity(entry).unwrap().unknown_fields(),
        "Context" => context(entry).unwrap().unknown_fields(),
        "App" => app(entry).unwrap().unknown_fields(),
        "Location" => location(entry).unwrap().unknown_fields(),
        "RetentionPolicy" => retention_policy(entry).unwrap().unknown_fields(),
        "ConversationPref" => conversation_pref(entry).unwrap().unknown_fields(),
        "FeatureEnablement" => feature_enablement(entry).unwrap().unknown_fields(),
        "SharedWith" => shared_with(entry).unwrap().unknown_fields(),
        "Profile" => profile(entry).unwrap().unknown_fields(),
        "SpaceFileId" => space_file_id(entry).unwrap().unknown_fields(),
        "AttributeItems" => attribute_items(entry).unwrap().unknown_fields(),
        "Attribute" => attribute(entry).unwrap().unknown_fields(),
        "ApprovalRuleResolution" => approval_rule_resolution(entry).unwrap().unknown_fields(),
        "ApprovalRuleNotify" => approval_rule_notify(entry).unwrap().unknown_fields(),
        "ApprovalRuleAction" => approval_rule_action(entry).unwrap().unknown_fields(),
        "ApprovalRuleConditionValue" => approval_rule_condition_value(entry)
            .unwrap()
            .unknown_fields(),
        "ApprovalRuleCondition" => approval_rule_condition(entry).unwrap().unknown_fields(),
        "ApprovalRule" => approval_rule(entry).unwrap().unknown_fields(),
        "ApprovalRequest" => approval_request(entry).unwrap().unknown_fields(),
        "Details" => details(entry).unwrap().unknown_fields(),
        "Channel" => channel(entry).unwrap().unknown_fields(),
        "File" => file(entry).unwrap().unknown_fields(),
        "Usergroup" => usergroup(entry).unwrap().unknown_fields(),
        "Message" => message(entry).unwrap().unknown_fields(),
        "Huddle" => huddle(entry).unwrap().unknown_fields(),
        "Role" => role(entry).unwrap().unknown_fields(),
        "Workflow" => workflow(entry).unwrap().unknown_fields(),
        "InformationBarrier" => information_barrier(entry).unwrap().unknown_fields(),
        "WorkflowV2StepConfiguration" => workflow_v2_step_configuration(entry)
            .unwrap()
            .unknown_fields(),
        "WorkflowV2" => workflow_v2(entry).unwrap().unknown_fields(),
        "AccountTypeRole" => account_type_role(entry).unwrap().unknown_fields(),
        "SlackList" => slack_list(entry).unwrap().unknown_fields(),
        "Function" => function(entry).unwrap().unknown_fields(),
        "AgentMessage" => agent_message(entry).unwrap().unknown_fields(),
        "Inviter" => inviter(entry).unwrap().unknown_fields(),
        "Permission" => permission(entry).unwrap().unknown_fields(),
        "Resource" => resource(entry).unwrap().unknown_fields(),
        "Grant" => grant(entry).unwrap().unknown_fields(),
        "WildCard" => wild_card(entry).unwrap().unknown_fields(),
        "Canvas" => canvas(entry).unwrap().unknown_fields(),
        "Template" => template(entry).unwrap().unknown_fields(),
        "LegalHoldPolicy" => legal_hold_policy(entry).unwrap().unknown_fields(),
        other => panic!("{other}"),
    })
}

#[rustfmt::skip]
pub(crate) const PROBES: &[(&str, &str, Probe)] = &[
    ("Entry", "id", |e| seen(e.id())),
    ("Entry", "date_create", |e| seen(e.date_create())),
    ("Entry", "action", |e| seen(e.action())),
    ("Entry", "actor", |e| seen(e.actor())),
    ("Entry", "entity", |e| seen(e.entity())),
    ("Entry", "context", |e| seen(e.context())),
    ("Entry", "details", |e| seen(e.details())),
    ("Actor", "type", |e| seen(actor(e).and_then(Actor::type_name))),
    ("Actor", "user", |e| seen(actor(e).and_then(Actor::user))),
    ("User", "id", |e| seen(user(e).and_then(User::id))),
    ("User", "name", |e| seen(user(e).and_then(User::name))),
    ("User", "email", |e| seen(user(e).and_then(User::email))),
    ("User", "team", |e| seen(user(e).and_then(User::team))),
    ("User", "account_type", |e| seen(user(e).and_then(User::account_type))),
    ("Entity", "type", |e| seen(entity(e).and_then(Entity::type_name))),
    ("Entity", "user", |e| seen(entity(e).and_then(Entity::user))),
    ("Entity", "workspace", |e| seen(entity(e).and_then(Entity::workspace))),
    ("Entity", "enterprise", |e| seen(entity(e).and_then(Entity::enterprise))),
    ("Entity", "channel", |e| seen(entity(e).and_then(Entity::channel))),
    ("Entity", "file", |e| seen(entity(e).and_then(Entity::file))),
    ("Entity", "app", |e| seen(entity(e).and_then(Entity::app))),
    ("Entity", "message", |e| seen(entity(e).and_then(Entity::message))),
    ("Entity", "huddle", |e| seen(entity(e).and_then(Entity::huddle))),
    ("Entity", "role", |e| seen(entity(e).and_then(Entity::role))),
    ("Entity", "usergroup", |e| seen(entity(e).and_then(Entity::usergroup))),
    ("Entity", "workflow", |e| seen(entity(e).and_then(Entity::workflow))),
    ("Entity", "barrier", |e| seen(entity(e).and_then(Entity::barrier))),
    ("Entity", "workflow_v2", |e| seen(entity(e).and_then(Entity::workflow_v2))),
    ("Entity", "account_type_role", |e| seen(entity(e).and_then(Entity::account_type_role))),
    ("Entity", "list", |e| seen(entity(e).and_then(Entity::list))),
    ("Entity", "external_auth_oauth2_token", |e| seen(entity(e).and_then(Entity::external_auth_oauth2_token))),
    ("Entity", "function", |e| seen(entity(e).and_then(Entity::function))),
    ("Entity", "canvas", |e| seen(entity(e).and_then(Entity::canvas))),
    ("Entity", "template", |e| seen(entity(e).and_then(Entity::template))),
    ("Entity", "legal_hold_policy", |e| seen(entity(e).and_then(Entity::legal_hold_policy))),
    ("Context", "location", |e| seen(context(e).and_then(Context::location))),
    ("Context", "ua", |e| seen(context(e).and_then(Context::ua))),
    ("Context", "ip_address", |e| seen(context(e).and_then(Context::ip_address))),
    ("Context", "session_id", |e| seen(context(e).and_then(Context::session_id))),
    ("Context", "app", |e| seen(context(e).and_then(Context::app))),
    ("Context", "acting_agent", |e| seen(context(e).and_then(Context::acting_agent))),
    ("Context", "agent_message", |e| seen(context(e).and_then(Context::agent_message))),
    ("App", "id", |e| seen(app(e).and_then(App::id))),
    ("App", "name", |e| seen(app(e).and_then(App::name))),
    ("App", "is_distributed", |e| seen(app(e).and_then(App::is_distributed))),
    ("App", "is_directory_approved", |e| seen(app(e).and_then(App::is_directory_approved))),
    ("App", "is_workflow_app", |e| seen(app(e).and_then(App::is_workflow_app))),
    ("App", "scopes", |e| items(app(e).and_then(App::scopes))),
    ("App", "scopes_bot", |e| items(app(e).and_then(App::scopes_bot))),
    ("App", "bot_scopes", |e| items(app(e).and_then(App::bot_scopes))),
    ("App", "creator", |e| seen(app(e).and_then(App::creator))),
    ("App", "team", |e| seen(app(e).and_then(App::team))),
    ("App", "app_id", |e| seen(app(e).and_then(App::app_id))),
    ("App", "distribution_type", |e| seen(app(e).and_then(App::distribution_type))),
    ("App", "user_ids", |e| items(app(e).and_then(App::user_ids))),
    ("Location", "type", |e| seen(location(e).and_then(Location::type_name))),
    ("Location", "id", |e| seen(location(e).and_then(Location::id))),
    ("Location", "name", |e| seen(location(e).and_then(Location::name))),
    ("Location", "domain", |e| seen(location(e).and_then(Location::domain))),
    ("RetentionPolicy", "type", |e| seen(retention_policy(e).and_then(RetentionPolicy::type_name))),
    ("RetentionPolicy", "duration_days", |e| seen(retention_policy(e).and_then(RetentionPolicy::duration_days))),
    ("ConversationPref", "type", |e| items(conversation_pref(e).and_then(ConversationPref::type_name))),
    ("ConversationPref", "user", |e| items(conversation_pref(e).and_then(ConversationPref::user))),
    ("FeatureEnablement", "enabled", |e| seen(feature_enablement(e).and_then(FeatureEnablement::enabled))),
    ("SharedWith", "channel_id", |e| seen(shared_with(e).and_then(SharedWith::channel_id))),
    ("SharedWith", "access_level", |e| seen(shared_with(e).and_then(SharedWith::access_level))),
    ("Profile", "real_name", |e| seen(profile(e).and_then(Profile::real_name))),
    ("Profile", "first_name", |e| seen(profile(e).and_then(Profile::first_name))),
    ("Profile", "last_name", |e| seen(profile(e).and_then(Profile::last_name))),
    ("Profile", "display_name", |e| seen(profile(e).and_then(Profile::display_name))),
    ("Profile", "image_original", |e| seen(profile(e).and_then(Profile::image_original))),
    ("Profile", "image_24", |e| seen(profile(e).and_then(Profile::image_24))),
    ("Profile", "image_32", |e| seen(profile(e).and_then(Profile::image_32))),
    ("Profile", "image_48", |e| seen(profile(e).and_then(Profile::image_48))),
    ("Profile", "image_72", |e| seen(profile(e).and_then(Profile::image_72))),
    ("Profile", "image_192", |e| seen(profile(e).and_then(Profile::image_192))),
    ("Profile", "image_512", |e| seen(profile(e).and_then(Profile::image_512))),
    ("Profile", "image_1024", |e| seen(profile(e).and_then(Profile::image_1024))),
    ("SpaceFileId", "payload", |e| seen(space_file_id(e).and_then(SpaceFileId::payload))),
    ("AttributeItems", "type", |e| seen(attribute_items(e).and_then(AttributeItems::type_name))),
    ("Attribute", "name", |e| seen(attribute(e).and_then(Attribute::name))),
    ("Attribute", "type", |e| seen(attribute(e).and_then(Attribute::type_name))),
    ("Attribute", "items", |e| seen(attribute(e).and_then(Attribute::items))),
    ("ApprovalRuleResolution", "value", |e| seen(approval_rule_resolution(e).and_then(ApprovalRuleResolution::value))),
    ("ApprovalRuleNotify", "entity_type", |e| seen(approval_rule_notify(e).and_then(ApprovalRuleNotify::entity_type))),
    ("ApprovalRuleAction", "resolution", |e| seen(approval_rule_action(e).and_then(ApprovalRuleAction::resolution))),
    ("ApprovalRuleAction", "notify", |e| items(approval_rule_action(e).and_then(ApprovalRuleAction::notify))),
    ("ApprovalRuleConditionValue", "field", |e| seen(approval_rule_condition_value(e).and_then(ApprovalRuleConditionValue::field))),
    ("ApprovalRuleConditionValue", "values", |e| items(approval_rule_condition_value(e).and_then(ApprovalRuleConditionValue::values))),
    ("ApprovalRuleConditionValue", "datatype", |e| seen(approval_rule_condition_value(e).and_then(ApprovalRuleConditionValue::datatype))),
    ("ApprovalRuleConditionValue", "operator", |e| seen(approval_rule_condition_value(e).and_then(ApprovalRuleConditionValue::operator))),
    ("ApprovalRuleCondition", "datatype", |e| seen(approval_rule_condition(e).and_then(ApprovalRuleCondition::datatype))),
    ("ApprovalRuleCondition", "operator", |e| seen(approval_rule_condition(e).and_then(ApprovalRuleCondition::operator))),
    ("ApprovalRuleCondition", "values", |e| items(approval_rule_condition(e).and_then(ApprovalRuleCondition::values))),
    ("ApprovalRuleCondition", "entity_type", |e| seen(approval_rule_condition(e).and_then(ApprovalRuleCondition::entity_type))),
    ("ApprovalRule", "id", |e| seen(approval_rule(e).and_then(ApprovalRule::id))),
    ("ApprovalRule", "team_id", |e| seen(approval_rule(e).and_then(ApprovalRule::team_id))),
    ("ApprovalRule", "title", |e| seen(approval_rule(e).and_then(ApprovalRule::title))),
    ("ApprovalRule", "action", |e| seen(approval_rule(e).and_then(ApprovalRule::action))),
    ("ApprovalRule", "condition", |e| seen(approval_rule(e).and_then(ApprovalRule::condition))),
    ("ApprovalRequest", "id", |e| seen(approval_request(e).and_then(ApprovalRequest::id))),
    ("ApprovalRequest", "team_id", |e| seen(approval_request(e).and_then(ApprovalRequest::team_id))),
    ("Details", "name", |e| seen(details(e).and_then(Details::name))),
    ("Details", "new_value", |e| seen(details(e).and_then(Details::new_value))),
    ("Details", "previous_value", |e| seen(details(e).and_then(Details::previous_value))),
    ("Details", "expires_on", |e| seen(details(e).and_then(Details::expires_on))),
    ("Details", "mobile_only", |e| seen(details(e).and_then(Details::mobile_only))),
    ("Details", "web_only", |e| seen(details(e).and_then(Details::web_only))),
    ("Details", "non_sso_only", |e| seen(details(e).and_then(Details::non_sso_only))),
    ("Details", "type", |e| seen(details(e).and_then(Details::type_name))),
    ("Details", "is_workflow", |e| seen(details(e).and_then(Details::is_workflow))),
    ("Details", "inviter", |e| seen(details(e).and_then(Details::inviter))),
    ("Details", "kicker", |e| seen(details(e).and_then(Details::kicker))),
    ("Details", "shared_to", |e| seen(details(e).and_then(Details::shared_to))),
    ("Details", "reason", |e| seen(details(e).and_then(Details::reason))),
    ("Details", "origin_team", |e| seen(details(e).and_then(Details::origin_team))),
    ("Details", "target_team", |e| seen(details(e).and_then(Details::target_team))),
    ("Details", "is_internal_integration", |e| seen(details(e).and_then(Details::is_internal_integration))),
    ("Details", "cleared_resolution", |e| seen(details(e).and_then(Details::cleared_resolution))),
    ("Details", "app_owner_id", |e| seen(details(e).and_then(Details::app_owner_id))),
    ("Details", "bot_scopes", |e| items(details(e).and_then(Details::bot_scopes))),
    ("Details", "new_scopes", |e| items(details(e).and_then(Details::new_scopes))),
    ("Details", "previous_scopes", |e| items(details(e).and_then(Details::previous_scopes))),
    ("Details", "granular_bot_token", |e| seen(details(e).and_then(Details::granular_bot_token))),
    ("Details", "scopes", |e| items(details(e).and_then(Details::scopes))),
    ("Details", "scopes_bot", |e| items(details(e).and_then(Details::scopes_bot))),
    ("Details", "resolution", |e| seen(details(e).and_then(Details::resolution))),
    ("Details", "app_previously_resolved", |e| seen(details(e).and_then(Details::app_previously_resolved))),
    ("Details", "admin_app_id", |e| seen(details(e).and_then(Details::admin_app_id))),
    ("Details", "bot_id", |e| seen(details(e).and_then(Details::bot_id))),
    ("Details", "installer_user_id", |e| seen(details(e).and_then(Details::installer_user_id))),
    ("Details", "approver_id", |e| seen(details(e).and_then(Details::approver_id))),
    ("Details", "approval_type", |e| seen(details(e).and_then(Details::approval_type))),
    ("Details", "app_previously_approved", |e| seen(details(e).and_then(Details::app_previously_approved))),
    ("Details", "old_scopes", |e| items(details(e).and_then(Details::old_scopes))),
    ("Details", "channels", |e| items(details(e).and_then(Details::channels))),
    ("Details", "permissions", |e| list_or(details(e).and_then(Details::permissions))),
    ("Details", "new_version_id", |e| seen(details(e).and_then(Details::new_version_id))),
    ("Details", "trigger", |e| seen(details(e).and_then(Details::trigger))),
    ("Details", "export_type", |e| seen(details(e).and_then(Details::export_type))),
    ("Details", "export_start_ts", |e| seen(details(e).and_then(Details::export_start_ts))),
    ("Details", "export_end_ts", |e| seen(details(e).and_then(Details::export_end_ts))),
    ("Details", "barrier_id", |e| seen(details(e).and_then(Details::barrier_id))),
    ("Details", "primary_usergroup_id", |e| seen(details(e).and_then(Details::primary_usergroup_id))),
    ("Details", "barriered_from_usergroup_ids", |e| items(details(e).and_then(Details::barriered_from_usergroup_ids))),
    ("Details", "restricted_subjects", |e| items(details(e).and_then(Details::restricted_subjects))),
    ("Details", "duration", |e| seen(details(e).and_then(Details::duration))),
    ("Details", "desktop_app_browser_quit", |e| seen(details(e).and_then(Details::desktop_app_browser_quit))),
    ("Details", "invite_id", |e| seen(details(e).and_then(Details::invite_id))),
    ("Details", "external_organization_id", |e| seen(details(e).and_then(Details::external_organization_id))),
    ("Details", "external_organization_name", |e| seen(details(e).and_then(Details::external_organization_name))),
    ("Details", "external_user_id", |e| seen(details(e).and_then(Details::external_user_id))),
    ("Details", "external_user_email", |e| seen(details(e).and_then(Details::external_user_email))),
    ("Details", "channel_id", |e| seen(details(e).and_then(Details::channel_id))),
    ("Details", "added_team_id", |e| seen(details(e).and_then(Details::added_team_id))),
    ("Details", "is_token_rotation_enabled_app", |e| seen(details(e).and_then(Details::is_token_rotation_enabled_app))),
    ("Details", "old_retention_policy", |e| seen(details(e).and_then(Details::old_retention_policy))),
    ("Details", "new_retention_policy", |e| seen(details(e).and_then(Details::new_retention_policy))),
    ("Details", "who_can_post", |e| seen(details(e).and_then(Details::who_can_post))),
    ("Details", "can_thread", |e| seen(details(e).and_then(Details::can_thread))),
    ("Details", "is_external_limited", |e| seen(details(e).and_then(Details::is_external_limited))),
    ("Details", "exporting_team_id", |e| seen(details(e).and_then(Details::exporting_team_id))),
    ("Details", "session_search_start", |e| seen(details(e).and_then(Details::session_search_start))),
    ("Details", "deprecation_search_end", |e| seen(details(e).and_then(Details::deprecation_search_end))),
    ("Details", "is_error", |e| seen(details(e).and_then(Details::is_error))),
    ("Details", "creator", |e| seen(details(e).and_then(Details::creator))),
    ("Details", "team", |e| seen(details(e).and_then(Details::team))),
    ("Details", "app_id", |e| seen(details(e).and_then(Details::app_id))),
    ("Details", "enable_at_here", |e| seen(details(e).and_then(Details::enable_at_here))),
    ("Details", "enable_at_channel", |e| seen(details(e).and_then(Details::enable_at_channel))),
    ("Details", "can_huddle", |e| seen(details(e).and_then(Details::can_huddle))),
    ("Details", "url_private", |e| seen(details(e).and_then(Details::url_private))),
    ("Details", "shared_with", |e| seen(details(e).and_then(Details::shared_with))),
    ("Details", "initiated_by", |e| seen(details(e).and_then(Details::initiated_by))),
    ("Details", "source_team", |e| seen(details(e).and_then(Details::source_team))),
    ("Details", "destination_team", |e| seen(details(e).and_then(Details::destination_team))),
    ("Details", "succeeded_users", |e| string_list(details(e).and_then(Details::succeeded_users))),
    ("Details", "failed_users", |e| string_list(details(e).and_then(Details::failed_users))),
    ("Details", "enterprise", |e| seen(details(e).and_then(Details::enterprise))),
    ("Details", "subteam", |e| seen(details(e).and_then(Details::subteam))),
    ("Details", "action", |e| seen(details(e).and_then(Details::action))),
    ("Details", "idp_group_member_count", |e| seen(details(e).and_then(Details::idp_group_member_count))),
    ("Details", "workspace_member_count", |e| seen(details(e).and_then(Details::workspace_member_count))),
    ("Details", "added_user_count", |e| seen(details(e).and_then(Details::added_user_count))),
    ("Details", "added_user_error_count", |e| seen(details(e).and_then(Details::added_user_error_count))),
    ("Details", "reactivated_user_count", |e| seen(details(e).and_then(Details::reactivated_user_count))),
    ("Details", "removed_user_count", |e| seen(details(e).and_then(Details::removed_user_count))),
    ("Details", "removed_user_error_count", |e| seen(details(e).and_then(Details::removed_user_error_count))),
    ("Details", "total_removal_count", |e| seen(details(e).and_then(Details::total_removal_count))),
    ("Details", "is_flagged", |e| seen(details(e).and_then(Details::is_flagged))),
    ("Details", "target_user", |e| seen(details(e).and_then(Details::target_user))),
    ("Details", "idp_config_id", |e| seen(details(e).and_then(Details::idp_config_id))),
    ("Details", "config_type", |e| seen(details(e).and_then(Details::config_type))),
    ("Details", "idp_entity_id_hash", |e| seen(details(e).and_then(Details::idp_entity_id_hash))),
    ("Details", "label", |e| seen(details(e).and_then(Details::label))),
    ("Details", "previous_profile", |e| seen(details(e).and_then(Details::previous_profile))),
    ("Details", "new_profile", |e| seen(details(e).and_then(Details::new_profile))),
    ("Details", "target_user_id", |e| seen(details(e).and_then(Details::target_user_id))),
    ("Details", "space_file_id", |e| seen(details(e).and_then(Details::space_file_id))),
    ("Details", "target_entity", |e| seen(details(e).and_then(Details::target_entity))),
    ("Details", "target_entity_id", |e| seen(details(e).and_then(Details::target_entity_id))),
    ("Details", "changed_permissions", |e| items(details(e).and_then(Details::changed_permissions))),
    ("Details", "datastore_name", |e| seen(details(e).and_then(Details::datastore_name))),
    ("Details", "attributes", |e| items(details(e).and_then(Details::attributes))),
    ("Details", "channel", |e| seen(details(e).and_then(Details::channel))),
    ("Details", "entity_type", |e| seen(details(e).and_then(Details::entity_type))),
    ("Details", "actor", |e| seen(details(e).and_then(Details::actor))),
    ("Details", "access_level", |e| seen(details(e).and_then(Details::access_level))),
    ("Details", "functions", |e| items(details(e).and_then(Details::functions))),
    ("Details", "workflows", |e| items(details(e).and_then(Details::workflows))),
    ("Details", "datastores", |e| items(details(e).and_then(Details::datastores))),
    ("Details", "permissions_updated", |e| seen(details(e).and_then(Details::permissions_updated))),
    ("Details", "matched_rule", |e| seen(details(e).and_then(Details::matched_rule))),
    ("Details", "request", |e| seen(details(e).and_then(Details::request))),
    ("Details", "rules_checked", |e| items(details(e).and_then(Details::rules_checked))),
    ("Details", "disconnecting_team", |e| seen(details(e).and_then(Details::disconnecting_team))),
    ("Details", "is_channel_canvas", |e| seen(details(e).and_then(Details::is_channel_canvas))),
    ("Details", "linked_channel_id", |e| seen(details(e).and_then(Details::linked_channel_id))),
    ("Details", "column_id", |e| seen(details(e).and_then(Details::column_id))),
    ("Details", "row_id", |e| seen(details(e).and_then(Details::row_id))),
    ("Details", "cell_date_updated", |e| seen(details(e).and_then(Details::cell_date_updated))),
    ("Details", "view_id", |e| seen(details(e).and_then(Details::view_id))),
    ("Details", "user", |e| seen(details(e).and_then(Details::user))),
    ("Details", "idp_entity_id", |e| seen(details(e).and_then(Details::idp_entity_id))),
    ("Details", "file_id", |e| seen(details(e).and_then(Details::file_id))),
    ("Details", "trigger_id", |e| seen(details(e).and_then(Details::trigger_id))),
    ("Details", "trigger_config", |e| seen(details(e).and_then(Details::trigger_config))),
    ("Details", "permission_type", |e| seen(details(e).and_then(Details::permission_type))),
    ("Details", "channel_ids", |e| items(details(e).and_then(Details::channel_ids))),
    ("Details", "user_ids", |e| items(details(e).and_then(Details::user_ids))),
    ("Details", "is_slack_provided_template", |e| seen(details(e).and_then(Details::is_slack_provided_template))),
    ("Details", "template_title", |e| seen(details(e).and_then(Details::template_title))),
    ("Details", "cloned_file_id", |e| seen(details(e).and_then(Details::cloned_file_id))),
    ("Details", "thread_ts", |e| seen(details(e).and_then(Details::thread_ts))),
    ("Details", "status", |e| seen(details(e).and_then(Details::status))),
    ("Details", "entity_team", |e| seen(details(e).and_then(Details::entity_team))),
    ("Details", "is_external_user", |e| seen(details(e).and_then(Details::is_external_user))),
    ("Details", "salesforce_org_id", |e| seen(details(e).and_then(Details::salesforce_org_id))),
    ("Details", "salesforce_edition", |e| seen(details(e).and_then(Details::salesforce_edition))),
    ("Details", "salesforce_org_config", |e| seen(details(e).and_then(Details::salesforce_org_config))),
    ("Details", "salesforce_tenant_guid", |e| seen(details(e).and_then(Details::salesforce_tenant_guid))),
    ("Details", "affected_users", |e| seen(details(e).and_then(Details::affected_users))),
    ("Details", "provider_key", |e| seen(details(e).and_then(Details::provider_key))),
    ("Details", "policy_name", |e| seen(details(e).and_then(Details::policy_name))),
    ("Details", "authentication_mode", |e| seen(details(e).and_then(Details::authentication_mode))),
    ("Details", "authentication_method", |e| seen(details(e).and_then(Details::authentication_method))),
    ("Details", "secondary_authentication_method", |e| seen(details(e).and_then(Details::secondary_authentication_method))),
    ("Details", "action_timestamp", |e| seen(details(e).and_then(Details::action_timestamp))),
    ("Details", "client_ja3_fingerprint", |e| seen(details(e).and_then(Details::client_ja3_fingerprint))),
    ("Details", "previous_ip_address", |e| seen(details(e).and_then(Details::previous_ip_address))),
    ("Details", "previous_ua", |e| seen(details(e).and_then(Details::previous_ua))),
    ("Details", "user_agent_change_details", |e| seen(details(e).and_then(Details::user_agent_change_details))),
    ("Details", "location", |e| seen(details(e).and_then(Details::location))),
    ("Details", "entity_ids", |e| seen(details(e).and_then(Details::entity_ids))),
    ("Details", "pref_name", |e| seen(details(e).and_then(Details::pref_name))),
    ("Details", "email", |e| seen(details(e).and_then(Details::email))),
    ("Details", "md", |e| seen(details(e).and_then(Details::md))),
    ("Details", "md5_hash", |e| seen(details(e).and_then(Details::md5_hash))),
    ("Details", "is_ext_shared", |e| seen(details(e).and_then(Details::is_ext_shared))),
    ("Details", "teams_shared_with", |e| items(details(e).and_then(Details::teams_shared_with))),
    ("Details", "folder_bookmark_id", |e| seen(details(e).and_then(Details::folder_bookmark_id))),
    ("Details", "is_allowed", |e| seen(details(e).and_then(Details::is_allowed))),
    ("Details", "variable_names", |e| items(details(e).and_then(Details::variable_names))),
    ("Details", "functions_added", |e| items(details(e).and_then(Details::functions_added))),
    ("Details", "workflows_added", |e| items(details(e).and_then(Details::workflows_added))),
    ("Details", "datastores_added", |e| items(details(e).and_then(Details::datastores_added))),
    ("Details", "who_can_dm_anyone", |e| seen(details(e).and_then(Details::who_can_dm_anyone))),
    ("Details", "tool", |e| seen(details(e).and_then(Details::tool))),
    ("Details", "tool_name", |e| seen(details(e).and_then(Details::tool_name))),
    ("Details", "arguments", |e| seen(details(e).and_then(Details::arguments))),
    ("Details", "service_type", |e| seen(details(e).and_then(Details::service_type))),
    ("Details", "server_name", |e| seen(details(e).and_then(Details::server_name))),
    ("Details", "server_url", |e| seen(details(e).and_then(Details::server_url))),
    ("Details", "success", |e| seen(details(e).and_then(Details::success))),
    ("Details", "argument_keys", |e| items(details(e).and_then(Details::argument_keys))),
    ("Details", "read_only", |e| seen(details(e).and_then(Details::read_only))),
    ("Details", "mcp_client_inferred_behavior", |e| seen(details(e).and_then(Details::mcp_client_inferred_behavior))),
    ("Details", "destructive", |e| seen(details(e).and_then(Details::destructive))),
    ("Details", "source", |e| seen(details(e).and_then(Details::source))),
    ("Details", "decision", |e| seen(details(e).and_then(Details::decision))),
    ("Details", "permission_key", |e| seen(details(e).and_then(Details::permission_key))),
    ("Details", "added_to_allow", |e| items(details(e).and_then(Details::added_to_allow))),
    ("Details", "connectors_enabled", |e| items(details(e).and_then(Details::connectors_enabled))),
    ("Details", "connectors_disabled", |e| items(details(e).and_then(Details::connectors_disabled))),
    ("Details", "uri", |e| seen(details(e).and_then(Details::uri))),
    ("Details", "executor_id", |e| seen(details(e).and_then(Details::executor_id))),
    ("Details", "skill_id", |e| seen(details(e).and_then(Details::skill_id))),
    ("Details", "mcp_server_allowlist_domains", |e| items(details(e).and_then(Details::mcp_server_allowlist_domains))),
    ("Channel", "id", |e| seen(channel(e).and_then(Channel::id))),
    ("Channel", "privacy", |e| seen(channel(e).and_then(Channel::privacy))),
    ("Channel", "name", |e| seen(channel(e).and_then(Channel::name))),
    ("Channel", "is_shared", |e| seen(channel(e).and_then(Channel::is_shared))),
    ("Channel", "is_org_shared", |e| seen(channel(e).and_then(Channel::is_org_shared))),
    ("Channel", "teams_shared_with", |e| items(channel(e).and_then(Channel::teams_shared_with))),
    ("Channel", "original_connected_channel_id", |e| seen(channel(e).and_then(Channel::original_connected_channel_id))),
    ("Channel", "is_salesforce_channel", |e| seen(channel(e).and_then(Channel::is_salesforce_channel))),
    ("File", "id", |e| seen(file(e).and_then(File::id))),
    ("File", "name", |e| seen(file(e).and_then(File::name))),
    ("File", "filetype", |e| seen(file(e).and_then(File::filetype))),
    ("File", "title", |e| seen(file(e).and_then(File::title))),
    ("Usergroup", "id", |e| seen(usergroup(e).and_then(Usergroup::id))),
    ("Usergroup", "name", |e| seen(usergroup(e).and_then(Usergroup::name))),
    ("Message", "channel", |e| seen(message(e).and_then(Message::channel))),
    ("Message", "team", |e| seen(message(e).and_then(Message::team))),
    ("Message", "timestamp", |e| seen(message(e).and_then(Message::timestamp))),
    ("Huddle", "id", |e| seen(huddle(e).and_then(Huddle::id))),
    ("Huddle", "date_start", |e| seen(huddle(e).and_then(Huddle::date_start))),
    ("Huddle", "date_end", |e| seen(huddle(e).and_then(Huddle::date_end))),
    ("Huddle", "participants", |e| items(huddle(e).and_then(Huddle::participants))),
    ("Role", "id", |e| seen(role(e).and_then(Role::id))),
    ("Role", "name", |e| seen(role(e).and_then(Role::name))),
    ("Role", "type", |e| seen(role(e).and_then(Role::type_name))),
    ("Workflow", "id", |e| seen(workflow(e).and_then(Workflow::id))),
    ("Workflow", "name", |e| seen(workflow(e).and_then(Workflow::name))),
    ("Workflow", "domain", |e| seen(workflow(e).and_then(Workflow::domain))),
    ("InformationBarrier", "id", |e| seen(information_barrier(e).and_then(InformationBarrier::id))),
    ("InformationBarrier", "primary_usergroup", |e| seen(information_barrier(e).and_then(InformationBarrier::primary_usergroup))),
    ("InformationBarrier", "barriered_from_usergroups", |e| items(information_barrier(e).and_then(InformationBarrier::barriered_from_usergroups))),
    ("InformationBarrier", "restricted_subjects", |e| items(information_barrier(e).and_then(InformationBarrier::restricted_subjects))),
    ("WorkflowV2StepConfiguration", "name", |e| seen(workflow_v2_step_configuration(e).and_then(WorkflowV2StepConfiguration::name))),
    ("WorkflowV2StepConfiguration", "step_function_type", |e| seen(workflow_v2_step_configuration(e).and_then(WorkflowV2StepConfiguration::step_function_type))),
    ("WorkflowV2StepConfiguration", "step_function_app_id", |e| seen(workflow_v2_step_configuration(e).and_then(WorkflowV2StepConfiguration::step_function_app_id))),
    ("WorkflowV2StepConfiguration", "external_auth_configuration", |e| items(workflow_v2_step_configuration(e).and_then(WorkflowV2StepConfiguration::external_auth_configuration))),
    ("WorkflowV2", "id", |e| seen(workflow_v2(e).and_then(WorkflowV2::id))),
    ("WorkflowV2", "app_id", |e| seen(workflow_v2(e).and_then(WorkflowV2::app_id))),
    ("WorkflowV2", "date_updated", |e| seen(workflow_v2(e).and_then(WorkflowV2::date_updated))),
    ("WorkflowV2", "callback_id", |e| seen(workflow_v2(e).and_then(WorkflowV2::callback_id))),
    ("WorkflowV2", "name", |e| seen(workflow_v2(e).and_then(WorkflowV2::name))),
    ("WorkflowV2", "updated_by", |e| seen(workflow_v2(e).and_then(WorkflowV2::updated_by))),
    ("WorkflowV2", "step_configuration", |e| items(workflow_v2(e).and_then(WorkflowV2::step_configuration))),
    ("WorkflowV2", "template_id", |e| seen(workflow_v2(e).and_then(WorkflowV2::template_id))),
    ("WorkflowV2", "suspicious_keywords", |e| items(workflow_v2(e).and_then(WorkflowV2::suspicious_keywords))),
    ("WorkflowV2", "trigger_name", |e| seen(workflow_v2(e).and_then(WorkflowV2::trigger_name))),
    ("WorkflowV2", "trigger_channels", |e| items(workflow_v2(e).and_then(WorkflowV2::trigger_channels))),
    ("WorkflowV2", "trigger_configuration", |e| seen(workflow_v2(e).and_then(WorkflowV2::trigger_configuration))),
    ("AccountTypeRole", "id", |e| seen(account_type_role(e).and_then(AccountTypeRole::id))),
    ("AccountTypeRole", "name", |e| seen(account_type_role(e).and_then(AccountTypeRole::name))),
    ("SlackList", "id", |e| seen(slack_list(e).and_then(SlackList::id))),
    ("Function", "id", |e| seen(function(e).and_then(Function::id))),
    ("Function", "app_id", |e| seen(function(e).and_then(Function::app_id))),
    ("Function", "callback_id", |e| seen(function(e).and_then(Function::callback_id))),
    ("AgentMessage", "team", |e| seen(agent_message(e).and_then(AgentMessage::team))),
    ("AgentMessage", "channel_id", |e| seen(agent_message(e).and_then(AgentMessage::channel_id))),
    ("AgentMessage", "message_ts", |e| seen(agent_message(e).and_then(AgentMessage::message_ts))),
    ("AgentMessage", "thread_ts", |e| seen(agent_message(e).and_then(AgentMessage::thread_ts))),
    ("Inviter", "type", |e| seen(inviter(e).and_then(Inviter::type_name))),
    ("Inviter", "user", |e| seen(inviter(e).and_then(Inviter::user))),
    ("Inviter", "id", |e| seen(inviter(e).and_then(Inviter::id))),
    ("Inviter", "name", |e| seen(inviter(e).and_then(Inviter::name))),
    ("Inviter", "email", |e| seen(inviter(e).and_then(Inviter::email))),
    ("Inviter", "team", |e| seen(inviter(e).and_then(Inviter::team))),
    ("Permission", "resource", |e| seen(permission(e).and_then(Permission::resource))),
    ("Permission", "scopes", |e| items(permission(e).and_then(Permission::scopes))),
    ("Resource", "type", |e| seen(resource(e).and_then(Resource::type_name))),
    ("Resource", "grant", |e| seen(resource(e).and_then(Resource::grant))),
    ("Grant", "type", |e| seen(grant(e).and_then(Grant::type_name))),
    ("Grant", "resource_id", |e| seen(grant(e).and_then(Grant::resource_id))),
    ("Grant", "wildcard", |e| seen(grant(e).and_then(Grant::wildcard))),
    ("WildCard", "type", |e| seen(wild_card(e).and_then(WildCard::type_name))),
    ("Canvas", "id", |e| seen(canvas(e).and_then(Canvas::id))),
    ("Canvas", "filetype", |e| seen(canvas(e).and_then(Canvas::filetype))),
    ("Canvas", "title", |e| seen(canvas(e).and_then(Canvas::title))),
    ("Template", "id", |e| seen(template(e).and_then(Template::id))),
    ("Template", "template_name", |e| seen(template(e).and_then(Template::template_name))),
    ("LegalHoldPolicy", "id", |e| seen(legal_hold_policy(e).and_then(LegalHoldPolicy::id))),
    ("LegalHoldPolicy", "name", |e| seen(legal_hold_policy(e).and_then(LegalHoldPolicy::name))),
];
