//! `docs/testing.md` names tests; they exist.

use std::path::Path;

#[test]
fn every_test_that_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/testing.md")).expect("the page");
    let mut count = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next();
        let names = shown_by.unwrap_or_default().split('`').skip(1).step_by(2);
        let mut file = String::new();
        for name in names {
            if Path::new(name).extension().is_some_and(|end| end == "rs") {
                file = std::fs::read_to_string(root.join(name))
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            } else {
                assert!(file.contains(&format!("fn {name}(")), "{name} in {row}");
                count += 1;
            }
        }
    }
    assert!(count > 100, "only {count} tests were found on the page");
}
