//! `--jq`: jq's language by jaq, to filter and reshape.

use std::{
    fmt::{self, Write as _},
    iter::once,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use jaq_core::{
    Compiler, Ctx, Error, Exn, Vars, data,
    load::{self, Arena, File, Loader},
    native::{Fun, v},
};
use jaq_json::{Val, bytes_valrs, read};
use slack_audit_logs::model::RawEntry;

use super::Reshaped;
use crate::{exit::Exit, text::harmless};

/// So many bytes may be made of one event.
const MOST: usize = 32 << 20;
/// No program takes longer for an event.
const LIMIT: Duration = Duration::from_secs(3);
const TICKS: u32 = 30;
/// jaq reads, walks, shows and drops values by recursion: so many levels, and a stack that bears
/// them several times over.
const DEEPEST: usize = 512;
const STACK: usize = 64 << 20;

const TOO_DEEP: &str = "a value is nested deeper than 512 levels";

/// A program in jq's language, on a thread of its own: it may never end.
pub(super) struct Jq {
    /// None once it did not end.
    worker: Mutex<Option<Worker>>,
    limit: Duration,
}

struct Worker {
    events: mpsc::Sender<RawEntry>,
    outcomes: mpsc::Receiver<Reshaped>,
}

type Filter = jaq_core::Filter<data::JustLut<Val>>;

impl Jq {
    /// Several expressions are a pipe of them; none is none.
    pub(super) fn compile(expressions: &[String]) -> Result<Option<Self>, Exit> {
        if expressions.is_empty() {
            return Ok(None);
        }
        // Each alone, so that none ends the other's brackets.
        let piped: Vec<String> = expressions.iter().map(|one| format!("({one}\n)")).collect();
        let piped = piped.join(" | ");
        let compile = |one: &String| {
            let name = harmless(one.trim_end());
            let wrong = |what: String| format!("--jq: {name} cannot be read: {}", harmless(&what));
            compile(one).map_err(|what| Exit::usage(wrong(what)))
        };
        for one in expressions {
            compile(one)?;
        }
        let filter = compile(&piped)?;
        let (events, incoming) = mpsc::channel();
        let (outgoing, outcomes) = mpsc::channel();
        thread::Builder::new()
            .name("jq".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                for event in incoming {
                    if outgoing.send(evaluate(&filter, &event)).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| Exit::local_file(format!("--jq: no thread for it: {error}")))?;
        Ok(Some(Self {
            worker: Mutex::new(Some(Worker { events, outcomes })),
            limit: LIMIT,
        }))
    }

    /// What the program makes of an entry; an error if it does not end.
    pub(super) fn apply(&self, entry: &RawEntry) -> Result<Reshaped, Exit> {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = worker.as_ref().and_then(|worker| {
            worker.events.send(entry.clone()).ok()?;
            // In short waits: a process that is frozen loses one of them, not the whole time.
            (0..TICKS).find_map(|_| worker.outcomes.recv_timeout(self.limit / TICKS).ok())
        });
        outcome.ok_or_else(|| {
            *worker = None;
            let seconds = LIMIT.as_secs();
            Exit::usage(format!(
                "--jq: the program does not end for an event (it may take {seconds} s): nothing \
                 of that event is written; mend the program"
            ))
        })
    }
}

fn evaluate(filter: &Filter, entry: &RawEntry) -> Reshaped {
    if is_too_deep(entry.json()) {
        return Reshaped::Failed(TOO_DEEP);
    }
    let Ok(input) = read::parse_single(entry.json()) else {
        return Reshaped::Failed("the event is no valid JSON");
    };
    let ctx = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut outputs = Vec::new();
    let mut size = 0;
    for output in filter.id.run((ctx, input.clone())) {
        let made = match output {
            // What only passes keeps its exact bytes.
            Ok(output) if output == input => entry.clone(),
            Ok(output) => RawEntry::from_json(output.to_string()),
            Err(error) => return Reshaped::Failed(kind(error)),
        };
        size += made.json().len() + size_of::<RawEntry>();
        if size > MOST {
            return Reshaped::Failed("it makes more than 32 MiB");
        }
        outputs.push(made);
    }
    Reshaped::Others(outputs)
}

/// How jaq's messages begin, and what is said of each.
const KINDS: [(&str, &str); 6] = [
    ("cannot use ", "a value is of another type than is needed"),
    ("cannot index ", "a value has no such index"),
    ("cannot calculate ", "values cannot be calculated with"),
    ("invalid path ", "an expression is no path"),
    ("cannot parse ", "a text cannot be parsed"),
    (TOO_DEEP, TOO_DEEP),
];

/// What kind of failure it is: the whole text has the event's values in it.
fn kind(error: Exn<'_, Val>) -> &'static str {
    let Ok(error) = error.get_err() else {
        return "it halts";
    };
    let mut beginning = Beginning(String::new());
    // It ends with an error as soon as there is enough.
    let _ = write!(beginning, "{error}");
    let words = beginning.0.trim_start_matches('"');
    let found = KINDS.iter().find(|(text, _)| words.starts_with(text));
    found.map_or("the program ends with an error", |(_, kind)| kind)
}

struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() > TOO_DEEP.len() {
            return Err(fmt::Error);
        }
        self.0.extend(text.chars().take(TOO_DEEP.len() + 1));
        Ok(())
    }
}

/// Whether JSON is nested deeper than jaq may be given. What follows a `#` is a comment to jaq and
/// no JSON: whatever stands there counts, quotes and all.
fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped, mut commented) = (false, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' if !commented => in_string = !in_string,
            b'#' if !in_string => commented = true,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string && !commented => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest > DEEPEST
}

/// jaq's own, for text that is not nested too deep either: an event may have such in a string.
fn from_json() -> Fun<data::JustLut<Val>> {
    jaq_core::native::run(("fromjson", v(0), |cv| {
        let fail = |_| Error::str("cannot parse it");
        let values = match cv.1.try_as_utf8_bytes_owned() {
            Ok(text) if !is_too_deep(&text) => bytes_valrs(text, move |text| {
                Box::new(read::parse_many(text).map(move |value| value.map_err(fail)))
            }),
            Ok(_) => Box::new(once(Err(Error::str(TOO_DEEP)))),
            Err(error) => Box::new(once(Err(error))),
        };
        Box::new(values.map(|value| value.map_err(Exn::from)))
    }))
}

fn compile(code: &str) -> Result<Filter, String> {
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs().filter(|(name, ..)| *name != "fromjson"))
        .chain([from_json()]);
    let arena = Arena::default();
    let modules = Loader::new(definitions).load(&arena, File { code, path: () });
    let modules = modules.map_err(|errors| {
        let what = errors.into_iter().flat_map(|(_, error)| match error {
            load::Error::Io(errors) => listed(errors, |(_, error)| error),
            load::Error::Lex(errors) => listed(errors, |(it, at)| expecting(it.as_str(), at)),
            load::Error::Parse(errors) => listed(errors, |(it, at)| expecting(it.as_str(), at)),
        });
        what.collect::<Vec<_>>().join(", ")
    })?;
    let filter = Compiler::default().with_funs(functions).compile(modules);
    filter.map_err(|errors| {
        let unknown = errors.iter().flat_map(|(_, errors)| errors);
        let unknown = unknown.map(|(name, kind)| format!("unknown {}: {name}", kind.as_str()));
        unknown.collect::<Vec<_>>().join(", ")
    })
}

fn listed<E>(errors: Vec<E>, words: impl Fn(E) -> String) -> Vec<String> {
    errors.into_iter().map(words).collect()
}

fn expecting(expected: &str, at: &str) -> String {
    let place: String = at.chars().take(20).collect();
    if place.trim().is_empty() {
        format!("expected {expected} at its end")
    } else {
        format!("expected {expected} before {}", place.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jq(expressions: &[&str], json: &str) -> Vec<String> {
        let expressions: Vec<String> = expressions.iter().map(|&one| one.to_owned()).collect();
        let mut jq = Jq::compile(&expressions).expect("valid").expect("some");
        // However busy the machine is.
        jq.limit = Duration::from_secs(600);
        let entry = RawEntry::from_json(json.to_owned());
        match jq.apply(&entry).expect("it ends") {
            Reshaped::Others(others) => others.iter().map(|one| one.as_str().to_owned()).collect(),
            Reshaped::Failed(what) => vec![format!("failed: {what}")],
            Reshaped::Same => Vec::new(),
        }
    }

    #[test]
    fn what_passes_keeps_its_bytes() {
        let json = r#"{"a" : 1.50, "b":"\u00e9"}"#;
        assert_eq!(jq(&["select(.a > 1)"], json), [json]);
        assert_eq!(jq(&["select(.a > 2)"], json), [""; 0]);
        assert_eq!(jq(&[".b", "length"], json), ["1"]);
        assert_eq!(jq(&["{b}, .a"], json), [r#"{"b":"é"}"#, "1.50"]);
        assert!(jq(&[".a[]"], json)[0].starts_with("failed"));
        assert!(jq(&["repeat(.)"], json)[0].starts_with("failed: it makes more than"));
    }

    #[test]
    fn no_value_is_nested_deeper_than_the_stack_bears() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for program in [
            ".",
            "walk(.)",
            "[..] | length",
            "tojson | fromjson",
            "[paths] | sort | length",
            "[., .] | unique | flatten",
            "[., .] | .[0] == .[1] or (.[0] < .[1])",
            "@json",
            "{a: .} | tostring | ascii_downcase",
            "error",
        ] {
            let made = jq(&[program], &nested(DEEPEST));
            assert_eq!(made.len(), 1, "{program}");
            let has_failed = made[0].starts_with("failed");
            assert!(program == "error" || !has_failed, "{program}");
            let failed = [format!("failed: {TOO_DEEP}")];
            assert_eq!(jq(&[program], &nested(DEEPEST + 1)), failed, "{program}");
            assert_eq!(jq(&[program], &nested(100_000)), failed, "{program}");
        }
        let inside = format!("\"{}\"", nested(100_000));
        assert_eq!(jq(&["fromjson"], &inside), [format!("failed: {TOO_DEEP}")]);
        assert_eq!(jq(&["length"], &inside), ["200000"]);
        let commented = format!("#\"\n{}", nested(100_000));
        assert_eq!(jq(&["."], &commented), [format!("failed: {TOO_DEEP}")]);
    }

    #[test]
    fn a_failure_is_told_without_the_event() {
        let json = r#"{"a":"SECRET","b":["SECRET"],"n":null}"#;
        for (program, kind) in [
            (".a[]", "type"),
            (".a.b", "index"),
            (".a - 1", "calculated"),
            ("path(.a | tostring)", "path"),
            (".a | fromjson", "parsed"),
            ("@sh", ""),
            ("error(.a)", "error"),
            ("error", "error"),
            ("halt", "halts"),
            ("halt_error", "halts"),
            (".a | halt_error(1)", "halts"),
            (".n | length | error", "error"),
            ("true | length", "error"),
        ] {
            let made = jq(&[program], json);
            assert!(made[0].starts_with("failed: "), "{program}: {made:?}");
            assert!(made[0].contains(kind), "{program}: {made:?}");
            assert!(!made[0].contains("SECRET"), "{program}: {made:?}");
        }
    }

    #[test]
    fn a_program_that_does_not_end_is_an_error() {
        let jq = Jq::compile(&["last(repeat(1))".to_owned()]);
        let mut jq = jq.expect("valid").expect("some");
        jq.limit = Duration::from_millis(10);
        for _ in 0..2 {
            let exit = jq.apply(&RawEntry::from_json("{}".to_owned())).err();
            let exit = exit.expect("no end");
            assert!(exit.message().is_some_and(|words| words.contains("--jq")));
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (expression, word) in [
            (".a |", "expected"),
            ("nonsense(.a)", "nonsense"),
            (".a) | (.b", ""),
            ("\"", "expected"),
        ] {
            let outcome = Jq::compile(&[expression.to_owned()]);
            let error = format!("{:?}", outcome.err().expect(expression));
            assert!(error.contains(word), "{error}");
        }
    }
}
