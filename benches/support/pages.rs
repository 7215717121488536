//! Pages as Slack sends them, the same on every run: escaped slashes, one long user agent per
//! entry, the actor in full, and details that depend on the action.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

/// A page of this many entries, newest first.
pub(crate) fn page(entries: usize) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(9_999);
    let mut page = String::from("{\"entries\":[");
    for number in 0..entries {
        if number > 0 {
            page.push(',');
        }
        // Slack escapes slashes, `serde_json` does not.
        page.push_str(&entry(&mut rng, number).to_string().replace('/', "\\/"));
    }
    page.push_str("],\"response_metadata\":{\"next_cursor\":\"dXNlcjpVMDYxTkZUVDI=\"}}");
    page.into_bytes()
}

fn id(rng: &mut StdRng, prefix: char) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let letters = (0..10).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]));
    std::iter::once(prefix).chain(letters).collect()
}

fn user(rng: &mut StdRng) -> Value {
    let number = rng.random_range(0..5_000_u32);
    let name = match number % 20 {
        0 => format!("Zo\u{eb} M\u{fc}ller {number}"),
        1 => format!("\u{738b}\u{82b3} {number}"),
        _ => format!("Charlie Parker {number}"),
    };
    json!({
        "id": format!("W{number:010}"), "name": name,
        "email": format!("person.{number}@example-corporation.com"), "team": "T0123456789",
    })
}

fn entry(rng: &mut StdRng, number: usize) -> Value {
    let actor = user(rng);
    let (action, entity, details) = match rng.random_range(0..10_u8) {
        0..=3 => (
            "user_login",
            json!({"type": "user", "user": actor.clone()}),
            json!({}),
        ),
        4..=5 => (
            "file_downloaded",
            json!({"type": "file", "file": {
                "id": id(rng, 'F'), "name": "quarterly-report.pdf", "filetype": "application/pdf", "title": "Quarterly report",
            }}),
            json!({"url_private": "https://files.slack.com/files-pri/T0123456789-F0123456789/download/quarterly-report.pdf"}),
        ),
        6 => (
            "user_channel_join",
            json!({"type": "channel", "channel": {
                "id": id(rng, 'C'), "privacy": "public", "name": "general-announcements", "is_shared": false,
                "is_org_shared": true, "teams_shared_with": ["T0123456789", "T9876543210"],
            }}),
            json!({"type": "CHANNEL_JOIN", "inviter": user(rng)}),
        ),
        7 => (
            "app_installed",
            json!({"type": "app", "app": {
                "id": id(rng, 'A'), "name": "Deploy Bot", "is_distributed": true, "is_directory_approved": false,
                "is_workflow_app": false, "scopes": ["chat:write", "channels:read", "users:read"],
            }}),
            json!({"app_owner_id": id(rng, 'W'), "bot_scopes": ["chat:write", "commands"], "granular_bot_token": true,
                   "is_internal_integration": false}),
        ),
        8 => (
            "pref.allow_message_deletion",
            json!({"type": "workspace", "workspace": {"id": "T0123456789", "name": "Acme", "domain": "acme"}}),
            json!({"new_value": {"type": ["ADMIN"]}, "previous_value": {"type": ["TEAM"]}}),
        ),
        _ => (
            "anomaly",
            json!({"type": "user", "user": actor.clone()}),
            json!({"reason": ["asn", "ip_address"], "action_timestamp": 1_521_214_343 - number,
                   "previous_ip_address": "198.51.100.7", "previous_ua": "", "location": "Berlin, Germany"}),
        ),
    };
    json!({
        "id": format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", rng.random::<u32>(), rng.random::<u16>(),
            rng.random_range(0..4096_u16), rng.random_range(0..4096_u16), rng.random::<u64>() >> 16),
        "date_create": 1_521_214_343 - number, "action": action,
        "actor": {"type": "user", "user": actor},
        "entity": entity,
        "context": {
            "location": {"type": "workspace", "id": "T0123456789", "name": "Acme Corporation", "domain": "acme-corp"},
            "ua": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "ip_address": format!("203.0.113.{}", rng.random_range(1..255_u8)),
            "session_id": rng.random_range(1_000_000_000_000_u64..9_999_999_999_999),
        },
        "details": details,
    })
}
