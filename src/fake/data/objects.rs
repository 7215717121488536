//! The objects that events are about: every entity type, with ids and names that stay the same.

use super::rng::{Rng, mix};

/// One type of entity, named as in `entity.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    User,
    Workspace,
    Enterprise,
    Channel,
    File,
    App,
    Message,
    Huddle,
    Role,
    Usergroup,
    Workflow,
    Barrier,
    WorkflowV2,
    AccountTypeRole,
    List,
    Token,
    Function,
    Canvas,
    Template,
    LegalHold,
}

impl Kind {
    pub(crate) const ALL: [Kind; 20] = [
        Kind::User,
        Kind::Workspace,
        Kind::Enterprise,
        Kind::Channel,
        Kind::File,
        Kind::App,
        Kind::Message,
        Kind::Huddle,
        Kind::Role,
        Kind::Usergroup,
        Kind::Workflow,
        Kind::Barrier,
        Kind::WorkflowV2,
        Kind::AccountTypeRole,
        Kind::List,
        Kind::Token,
        Kind::Function,
        Kind::Canvas,
        Kind::Template,
        Kind::LegalHold,
    ];

    /// `entity.type`, the object's name in the list of fields, the prefix of its ids, how many
    /// there are.
    const fn facts(self) -> (&'static str, &'static str, &'static str, u32) {
        match self {
            Kind::User => ("user", "User", "W", 320),
            Kind::Workspace => ("workspace", "Location", "T", 12),
            Kind::Enterprise => ("enterprise", "Location", "E", 1),
            Kind::Channel => ("channel", "Channel", "C", 240),
            Kind::File => ("file", "File", "F", 4000),
            Kind::App => ("app", "App", "A", 60),
            Kind::Message => ("message", "Message", "C", 240),
            Kind::Huddle => ("huddle", "Huddle", "R", 500),
            Kind::Role => ("role", "Role", "Rl", 8),
            Kind::Usergroup => ("usergroup", "Usergroup", "S", 30),
            Kind::Workflow => ("workflow", "Workflow", "Wf", 40),
            Kind::Barrier => ("barrier", "InformationBarrier", "IB", 6),
            Kind::WorkflowV2 => ("workflow_v2", "WorkflowV2", "Wf", 40),
            Kind::AccountTypeRole => ("account_type_role", "AccountTypeRole", "Rl", 6),
            Kind::List => ("list", "SlackList", "F", 80),
            Kind::Token => ("external_auth_oauth2_token", "", "Et", 40),
            Kind::Function => ("function", "Function", "Fn", 40),
            Kind::Canvas => ("canvas", "Canvas", "F", 200),
            Kind::Template => ("template", "Template", "Tp", 12),
            Kind::LegalHold => ("legal_hold_policy", "LegalHoldPolicy", "Lh", 8),
        }
    }

    pub(crate) const fn key(self) -> &'static str {
        self.facts().0
    }

    pub(crate) const fn object(self) -> &'static str {
        self.facts().1
    }

    pub(crate) const fn prefix(self) -> &'static str {
        self.facts().2
    }

    pub(crate) const fn pool(self) -> u32 {
        self.facts().3
    }

    /// What separates the ids of kinds with one prefix, such as files, lists and canvases.
    const fn offset(self) -> u64 {
        match self {
            Kind::List => 10_000,
            Kind::Canvas => 20_000,
            Kind::WorkflowV2 | Kind::AccountTypeRole => 1_000,
            _ => 0,
        }
    }

    /// The kind whose object an object of the list of fields is, so that a nested one is a known
    /// one.
    pub(crate) fn of_object(object: &str) -> Option<Kind> {
        Self::ALL
            .into_iter()
            .find(|kind| !kind.object().is_empty() && kind.object() == object)
    }

    /// The kind that an action of this category acts upon.
    pub(crate) fn of_action(category: &str, action: &str) -> Kind {
        match category {
            "channel" => Kind::Channel,
            "file" => Kind::File,
            "message" => Kind::Message,
            "huddle" => Kind::Huddle,
            "role" => Kind::Role,
            "subteam" => Kind::Usergroup,
            "workflow_builder" => Kind::Workflow,
            "barrier" => Kind::Barrier,
            "workflow_v2" if action.starts_with("external_auth") => Kind::Token,
            "workflow_v2" => Kind::WorkflowV2,
            "account_type_role" => Kind::AccountTypeRole,
            "list" => Kind::List,
            "function" => Kind::Function,
            "canvas" => Kind::Canvas,
            "template" => Kind::Template,
            "legal_hold" => Kind::LegalHold,
            "app" | "slack_cli" | "app_approval_automation_rule" => Kind::App,
            "user" | "anomaly" => Kind::User,
            _ if action.contains("org") || action.starts_with("domain") => Kind::Enterprise,
            _ => Kind::Workspace,
        }
    }

    pub(crate) fn push_id(self, out: &mut String, number: u32) {
        push_id(out, self.prefix(), self.offset() + u64::from(number));
    }
}

/// Writes an id that looks like Slack's: a prefix and nine capitals or digits.
pub(crate) fn push_id(out: &mut String, prefix: &str, number: u64) {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
    out.push_str(prefix);
    out.push('0');
    let mut salt = number;
    for byte in prefix.bytes() {
        salt = salt.wrapping_mul(257).wrapping_add(u64::from(byte));
    }
    let mut bits = mix(salt ^ (number << 20));
    for _ in 0..8 {
        let letter = ALPHABET
            .get(usize::try_from(bits & 31).unwrap_or(0))
            .copied()
            .unwrap_or(b'0');
        out.push(char::from(letter));
        bits >>= 5;
    }
}

const WORKSPACES: [&str; 12] = [
    "Engineering",
    "Sales",
    "Support",
    "People",
    "Finance",
    "Marketing",
    "Legal",
    "Operations",
    "Research",
    "Zürich",
    "São Paulo",
    "東京",
];
const TOPICS: [&str; 20] = [
    "incident",
    "release",
    "onboarding",
    "design",
    "payroll",
    "security",
    "roadmap",
    "customer",
    "mobile",
    "data",
    "platform",
    "hiring",
    "budget",
    "legal",
    "launch",
    "café",
    "oncall",
    "growth",
    "infra",
    "random",
];
const THINGS: [&str; 12] = [
    "review", "planning", "notes", "alerts", "help", "weekly", "handover", "archive", "q3",
    "announce", "stand-up", "🚀",
];
const FILES: [&str; 10] = [
    "roadmap",
    "salaries",
    "invoice",
    "contract",
    "backup",
    "résumé",
    "minutes",
    "customers",
    "diagram",
    "budget",
];
const SUFFIXES: [&str; 8] = ["pdf", "xlsx", "png", "docx", "csv", "zip", "mp4", "txt"];
const APPS: [&str; 12] = [
    "Jira Cloud",
    "GitHub",
    "PagerDuty",
    "Google Drive",
    "Zoom",
    "Statuspage",
    "Datadog",
    "Polly",
    "Workday",
    "Notion",
    "Lunch Bot",
    "Deploy Größe",
];
const ROLES: [&str; 8] = [
    "Org Owner",
    "Workspace Admin",
    "Channel Manager",
    "Roles Admin",
    "Users Admin",
    "Compliance Admin",
    "Audit Logs Admin",
    "Analytics Admin",
];

/// Writes the object's name; the same number has the same name for ever.
pub(crate) fn name(kind: Kind, number: u32, out: &mut String) {
    let mut rng = Rng::of(&[0x0B1, u64::from(number), u64::from(kind.pool())]);
    match kind {
        Kind::Enterprise => out.push_str("Larkspur"),
        Kind::Workspace => out.push_str(numbered(&WORKSPACES, number)),
        Kind::App => out.push_str(numbered(&APPS, number)),
        Kind::Role | Kind::AccountTypeRole => out.push_str(numbered(&ROLES, number)),
        Kind::File => {
            out.push_str(rng.pick(&FILES));
            out.push('-');
            out.push_str(itoa(2018 + rng.below(9)).as_str());
            out.push('.');
            out.push_str(file_type(number));
        }
        _ => {
            out.push_str(rng.pick(&TOPICS));
            out.push('-');
            out.push_str(rng.pick(&THINGS));
        }
    }
}

/// A file's type, which is also the suffix of its name.
pub(crate) fn file_type(number: u32) -> &'static str {
    numbered(&SUFFIXES, number)
}

fn numbered(items: &[&'static str], number: u32) -> &'static str {
    usize::try_from(number)
        .ok()
        .and_then(|number| items.get(number % items.len().max(1)))
        .copied()
        .unwrap_or_default()
}

fn itoa(number: u64) -> String {
    number.to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_within_a_kind_and_stable() {
        for kind in Kind::ALL {
            let ids: HashSet<String> = (0..kind.pool())
                .map(|number| {
                    let mut id = String::new();
                    kind.push_id(&mut id, number);
                    id
                })
                .collect();
            assert_eq!(ids.len(), usize::try_from(kind.pool()).unwrap(), "{kind:?}");
        }
    }
}
