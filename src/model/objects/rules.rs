//! The approval rules and requests inside `Details`. Written by `facts/generate.py` from
//! `facts/fields.tsv`.

use super::objects;

objects! {
    /// A rule that approves or denies apps by itself.
    ApprovalRule {
        id "id": text;
        team_id "team_id": text;
        title "title": text;
        action "action": object ApprovalRuleAction;
        condition "condition": object ApprovalRuleCondition;
    }
    /// What an [`ApprovalRule`] does.
    ApprovalRuleAction {
        resolution "resolution": object ApprovalRuleResolution;
        notify "notify": objects ApprovalRuleNotify;
    }
    /// The decision an [`ApprovalRule`] takes.
    ApprovalRuleResolution {
        value "value": text;
    }
    /// Whom an [`ApprovalRule`] tells.
    ApprovalRuleNotify {
        entity_type "entity_type": text;
    }
    /// When an [`ApprovalRule`] applies.
    ApprovalRuleCondition {
        datatype "datatype": text;
        operator "operator": text;
        values "values": objects ApprovalRuleConditionValue;
        entity_type "entity_type": text;
    }
    /// One comparison of an [`ApprovalRuleCondition`].
    ApprovalRuleConditionValue {
        field "field": text;
        values "values": texts;
        datatype "datatype": text;
        operator "operator": text;
    }
    /// The request that an [`ApprovalRule`] answered.
    ApprovalRequest {
        id "id": text;
        team_id "team_id": text;
    }
}
