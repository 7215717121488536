//! The people of the organization that the embedded API plays.

use std::sync::LazyLock;

use super::objects::{Kind, push_id};
use super::rng::Rng;

/// Domain of the mail addresses; `.example` is reserved (RFC 2606).
const MAIL_DOMAIN: &str = "larkspur.example";

/// Given names with their spelling in handles and addresses.
const GIVEN: [(&str, &str); 36] = [
    ("Amara", "amara"),
    ("Anouk", "anouk"),
    ("Bea", "bea"),
    ("Björn", "bjorn"),
    ("Carlos", "carlos"),
    ("Chiara", "chiara"),
    ("Dmitri", "dmitri"),
    ("Elif", "elif"),
    ("Emeka", "emeka"),
    ("Fatima", "fatima"),
    ("Gwen", "gwen"),
    ("Hana", "hana"),
    ("Ines", "ines"),
    ("Jamal", "jamal"),
    ("José", "jose"),
    ("Kofi", "kofi"),
    ("Leïla", "leila"),
    ("Lukas", "lukas"),
    ("Łucja", "lucja"),
    ("Maeve", "maeve"),
    ("Mei", "mei"),
    ("Noah", "noah"),
    ("Ólafur", "olafur"),
    ("Priya", "priya"),
    ("Quentin", "quentin"),
    ("Ravi", "ravi"),
    ("Renée", "renee"),
    ("Sana", "sana"),
    ("Søren", "soren"),
    ("Tomasz", "tomasz"),
    ("Uma", "uma"),
    ("Valentina", "valentina"),
    ("Wanjiru", "wanjiru"),
    ("太郎", "taro"),
    ("Yusuf", "yusuf"),
    ("Zoë", "zoe"),
];

/// Family names with their spelling in handles and addresses.
const FAMILY: [(&str, &str); 32] = [
    ("Abara", "abara"),
    ("Andersson", "andersson"),
    ("Bianchi", "bianchi"),
    ("Brück", "bruck"),
    ("Chen", "chen"),
    ("Çelik", "celik"),
    ("Costa", "costa"),
    ("Dubois", "dubois"),
    ("Eze", "eze"),
    ("Fernández", "fernandez"),
    ("Fischer", "fischer"),
    ("Garcia", "garcia"),
    ("Haddad", "haddad"),
    ("Iyer", "iyer"),
    ("Jónsdóttir", "jonsdottir"),
    ("Kowalski", "kowalski"),
    ("Lindqvist", "lindqvist"),
    ("Mensah", "mensah"),
    ("Moreau", "moreau"),
    ("Müller", "muller"),
    ("Nakamura", "nakamura"),
    ("Novak", "novak"),
    ("O'Brien", "obrien"),
    ("Okafor", "okafor"),
    ("Papadopoulos", "papadopoulos"),
    ("Rossi", "rossi"),
    ("Sato", "sato"),
    ("Silva", "silva"),
    ("Tanaka", "tanaka"),
    ("Walsh", "walsh"),
    ("Weber", "weber"),
    ("Ziegler", "ziegler"),
];

/// One member, guest or bot of the organization.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    pub(crate) handle: String,
    pub(crate) email: String,
    pub(crate) team: String,
    pub(crate) account_type: &'static str,
}

/// Everybody; the two users that Slack's reference names for events without a user come last.
static PEOPLE: LazyLock<Vec<Person>> = LazyLock::new(|| {
    let mut people: Vec<Person> = (0..Kind::User.pool()).map(person).collect();
    people.push(slack_user("USLACKSECURITY", "Slack Security"));
    people.push(slack_user("USLACKUSER", "Slack"));
    people
});

/// The person of a number; numbers beyond the last person mean the last one.
pub(crate) fn get(number: u32) -> Option<&'static Person> {
    usize::try_from(number)
        .ok()
        .and_then(|number| PEOPLE.get(number))
        .or_else(|| PEOPLE.last())
}

/// Number of `USLACKSECURITY`: "when Slack Security reset credentials".
pub(crate) fn slack_security() -> u32 {
    Kind::User.pool()
}

/// Number of `USLACKUSER`: "when no user acted".
pub(crate) fn slack_itself() -> u32 {
    Kind::User.pool() + 1
}

fn person(number: u32) -> Person {
    let mut rng = Rng::of(&[0x9E0, u64::from(number)]);
    let (given, given_ascii) = GIVEN
        .get(rng.index(GIVEN.len()))
        .copied()
        .unwrap_or_default();
    let (family, family_ascii) = FAMILY
        .get(rng.index(FAMILY.len()))
        .copied()
        .unwrap_or_default();
    let mut id = String::new();
    push_id(&mut id, "W", u64::from(number));
    let mut team = String::new();
    push_id(&mut team, "T", rng.below(u64::from(Kind::Workspace.pool())));
    let account_type = match rng.below(20) {
        0 => "guest",
        1 => "admin",
        2 => "bot",
        _ => "regular",
    };
    Person {
        id,
        name: format!("{given} {family}"),
        given,
        family,
        handle: format!("{given_ascii}.{family_ascii}"),
        email: format!("{given_ascii}.{family_ascii}@{MAIL_DOMAIN}"),
        team,
        account_type,
    }
}

fn slack_user(id: &str, name: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: name.to_owned(),
        given: "Slack",
        family: "",
        handle: "slack".to_owned(),
        email: String::new(),
        team: String::new(),
        account_type: "bot",
    }
}
