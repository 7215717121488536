//! Prints the crate's speed as ratios to programs written by hand, all from one run:
//!
//! ```sh
//! cargo run --release --manifest-path benches/speed/Cargo.toml
//! ```
//!
//! Both sides of a row take turns, and the least CPU time of each counts, so that a busy machine
//! disturbs little. `cargo run … -- raw` prints the rows whose names begin so. `count NAME` goes one
//! path once, for `.ci/instructions`.

mod client;
mod count;
mod drain;
mod json;
#[path = "../../support/pages.rs"]
mod pages;
mod time;
mod wait;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "serve") {
        return drain::serve(&args[1..]);
    }
    if args.first().is_some_and(|arg| arg == "by-hand") {
        return drain::drain_by_hand(&args[1]);
    }
    if args.first().is_some_and(|arg| arg == "count") {
        return count::run(&args[1]);
    }
    let wanted = |name: &str| args.is_empty() || args.iter().any(|arg| name.starts_with(&**arg));
    println!("| row | ratio | this crate | by hand |\n|---|---|---|---|");
    for (name, row) in json::ROWS
        .iter()
        .chain(drain::ROWS)
        .chain(client::ROWS)
        .chain(wait::ROWS)
    {
        if wanted(name) {
            row().print(name);
        }
    }
}
