//! The report as one HTML page: it holds everything itself, asks nobody for anything, and is read
//! without JavaScript.

// An allocation for each element of a page costs nothing.
#![allow(clippy::format_push_string)]

use std::{array::from_fn, cmp::Reverse};

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    count::{Count, Counter},
    key::{self, NONE, WEEKDAYS},
    report::{ANOMALIES, BUCKETS, Report},
    show::{self, grouped, headline, most, share},
    timeline::filled,
};
use crate::{args::Stats, exit::Outcome, output::Output, text::harmless, time};

const STYLE: &str = include_str!("report.css");

/// Categories with a colour of their own.
const COLORS: usize = 7;
const ROWS: usize = 12;
/// Of the range, so much is the time before, against which the rest is new.
const BEFORE: (i64, i64) = (3, 4);

pub(super) fn write(
    args: &Stats,
    counter: &Counter,
    mut report: Report,
    mut output: Output,
) -> Outcome {
    report.newest_anomalies();
    let page = Page {
        args,
        counter,
        report: &report,
        html: String::new(),
    };
    output.write(page.render().as_bytes())?;
    output.finish()
}

struct Page<'a> {
    args: &'a Stats,
    counter: &'a Counter,
    report: &'a Report,
    html: String,
}

/// Text in HTML, also inside an attribute's quotes.
fn escape(text: &str) -> String {
    harmless(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

impl Page<'_> {
    fn render(mut self) -> String {
        // Nothing but this style: no script, no picture, no font, no request.
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        let total = self.counter.total();
        let headline = escape(&headline(total));
        self.html += &format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Slack audit logs</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header><h1>Slack audit logs</h1><p>{headline}</p></header>\n<main>\n"
        );
        if total.events == 0 {
            self.html += "<p>No events.</p>\n";
        } else {
            self.over_time();
            self.week();
            self.lists();
            self.news();
            self.anomalies();
        }
        let version = env!("CARGO_PKG_VERSION");
        let now = time::rfc3339(Timestamp::now().as_second());
        self.html += &format!(
            "</main>\n<footer>Made by slack-audit-logs {version} on {now}.</footer>\n\
             </body>\n</html>\n"
        );
        self.html
    }

    /// Stacked bars, one for each step of time, by category.
    fn over_time(&mut self) {
        const HEIGHT: u64 = 200;
        let Some(scale) = self.report.scale else {
            return;
        };
        let all = self.report.categories.iter();
        let mut all: Vec<(&str, [u64; BUCKETS])> = all
            .map(|(name, steps)| (*name, steps.0.map(u64::from)))
            .collect();
        let sum = |steps: &[u64]| steps.iter().sum::<u64>();
        all.sort_by_key(|(name, steps)| (Reverse(sum(steps)), *name));
        // What has no colour of its own is one piece on top.
        let rest = all.split_off(all.len().min(COLORS));
        let at_once =
            |of: &[(_, [u64; BUCKETS])]| from_fn(|at| of.iter().map(|(_, steps)| steps[at]).sum());
        if !rest.is_empty() {
            all.push(("others", at_once(&rest)));
        }
        let sums = at_once(&all);
        let most = sums.iter().copied().max().unwrap_or(1);
        let shown = filled(&sums);
        let right = 58 + shown.len() * 10;
        self.html += "<section><h2>Events over time</h2>";
        self.html += &format!(r#"<svg class="time" viewBox="0 0 {} 236""#, right + 2);
        self.html += r#" role="img" aria-label="Events over time by category">"#;
        for part in [0, 1, 2] {
            let (y, value) = (HEIGHT - HEIGHT * part / 2 + 6, grouped(most * part / 2));
            self.html += &format!(r#"<line class="grid" x1="56" x2="{right}" y1="{y}" y2="{y}"/>"#);
            let y = y + 4;
            self.html +=
                &format!(r#"<text class="axis" x="50" y="{y}" text-anchor="end">{value}</text>"#);
        }
        for (at, x) in shown.clone().zip((58..).step_by(10)) {
            let [from, to] = [at, at + 1].map(|at| time::local_minute(scale.begin(at)));
            let events = grouped(sums[at]);
            self.html += &format!("<g><title>{from} – {to}: {events} events</title>");
            let mut below = 0;
            for (place, (_, steps)) in all.iter().enumerate() {
                let low = below * HEIGHT / most;
                below += steps[at];
                let high = below * HEIGHT / most;
                if high > low {
                    let (y, height) = (HEIGHT + 6 - high, high - low);
                    self.html += &format!(
                        r#"<rect class="c{place}" x="{x}" y="{y}" width="9" height="{height}"/>"#
                    );
                }
            }
            self.html += "</g>\n";
        }
        let every = shown.len().div_ceil(6);
        for at in (0..shown.len()).step_by(every) {
            // Room for the words.
            if at == 0 || at + every / 2 < shown.len() {
                let (x, when) = (58 + at * 10, scale.begin(shown.start + at));
                let when = time::local_minute(when);
                self.html += &format!(r#"<text class="axis" x="{x}" y="226">{when}</text>"#);
            }
        }
        self.html += r#"</svg><ul class="legend">"#;
        for (place, (name, steps)) in all.iter().enumerate() {
            let (name, sum) = (escape(name), grouped(sum(steps)));
            let color = format!(r#"<rect class="c{place}" width="10" height="10"/>"#);
            self.html +=
                &format!(r#"<li><svg viewBox="0 0 10 10">{color}</svg>{name} <b>{sum}</b></li>"#);
        }
        self.html += "</ul></section>\n";
    }

    /// Days of the week and hours of the day, the busier the darker.
    fn week(&mut self) {
        let week = &self.report.week;
        let most = week.iter().flatten().copied().max().unwrap_or(0);
        let zone = escape(time::zone_name());
        self.html += &format!("<section><h2>Weekday and hour ({zone})</h2>");
        self.html += r#"<svg class="week" viewBox="0 0 770 220""#;
        self.html += r#" role="img" aria-label="Events by day of the week and hour of the day">"#;
        for hour in (0..24).step_by(3) {
            let x = 44 + hour * 30;
            self.html += &format!(r#"<text class="axis" x="{x}" y="12">{hour:02}</text>"#);
        }
        for ((name, hours), top) in WEEKDAYS.iter().zip(week).zip((18..).step_by(28)) {
            let y = top + 18;
            self.html +=
                &format!(r#"<text class="axis" x="36" y="{y}" text-anchor="end">{name}</text>"#);
            for (hour, count) in hours.iter().enumerate() {
                let (x, opacity) = (44 + hour * 30, opacity(*count, most));
                self.html += &format!(
                    r#"<rect class="cell" x="{x}" y="{top}" width="28" height="26" rx="3""#
                );
                self.html += &format!(
                    r#" fill-opacity="{opacity}"><title>{name} {hour:02}:00 – {hour:02}:59"#
                );
                self.html += &format!(": {} events</title></rect>", grouped(*count));
            }
        }
        self.html += "</svg></section>\n";
    }

    fn lists(&mut self) {
        self.html += r#"<div class="lists">"#;
        let (counter, report) = (self.counter, self.report);
        let by: Vec<String> = self.args.by.iter().map(|key| key.name()).collect();
        let (rows, _) = show::rows(self.args, counter, ROWS);
        let title = format!("By {}", by.join(" and "));
        self.list(&title, &rows, counter.total().events);
        for (title, of) in [
            ("People", &report.actors),
            ("Addresses", &report.addresses),
            ("Apps", &report.apps),
            ("Objects", &report.entities),
        ] {
            let rows = of.by_count().into_iter().filter(|(name, _)| *name != NONE);
            let rows: Vec<_> = rows.take(ROWS).collect();
            self.list(title, &rows, of.total().events);
        }
        self.html += "</div>\n";
    }

    fn list(&mut self, title: &str, rows: &[(&str, &Count)], total: u64) {
        if rows.is_empty() {
            return;
        }
        let most = most(rows);
        self.html += &format!("<section><h2>{}</h2>\n<table>", escape(title));
        for (name, Count { events, .. }) in rows {
            let name = escape(&name.replace(key::SEPARATOR, " · "));
            let width = (events * 100 / most).max(1);
            let (events, share) = (grouped(*events), share(*events, total));
            self.html += &format!(r#"<tr><th scope="row" title="{name}">{name}</th>"#);
            self.html += r#"<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none">"#;
            self.html += &format!(r#"<rect class="c0" width="{width}" height="10"/></svg></td>"#);
            self.html += &format!(r#"<td>{events}</td><td class="share">{share}</td></tr>"#);
        }
        self.html += "</table></section>\n";
    }

    /// What the last part of the range has that the time before had not.
    fn news(&mut self) {
        let total = self.counter.total();
        let (Some(first), Some(last)) = (total.first, total.last) else {
            return;
        };
        let since = first.saturating_add(last.saturating_sub(first) / BEFORE.1 * BEFORE.0);
        let [from, then] = [first, since].map(time::local_minute);
        self.html += &format!("<section><h2>New since {then}</h2>");
        self.html += &format!("<p>First seen then; not in the time before, from {from} on.</p>\n");
        self.html += r#"<div class="lists">"#;
        let report = self.report;
        for (title, of) in [
            ("Actions", &report.actions),
            ("Apps", &report.apps),
            ("Addresses", &report.addresses),
            ("Devices", &report.devices),
            ("People", &report.actors),
        ] {
            let mut new = of.by_count();
            new.retain(|(name, count)| *name != NONE && count.first.is_some_and(|at| at > since));
            let count = grouped(new.len() as u64);
            self.html += &format!("<section><h3>{title}: {count} new</h3>\n<table>");
            for (name, count) in new.iter().take(ROWS) {
                let name = escape(name);
                let first = count.first.map(time::local_minute).unwrap_or_default();
                let count = grouped(count.events);
                self.html += &format!(r#"<tr><th scope="row" title="{name}">{name}</th>"#);
                self.html += &format!(r#"<td class="when">{first}</td><td>{count}</td></tr>"#);
            }
            self.html += "</table></section>\n";
        }
        self.html += "</div></section>\n";
    }

    fn anomalies(&mut self) {
        let report = self.report;
        let count = grouped(report.anomaly_count);
        self.html += &format!("<section><h2>Anomalies: {count}</h2>\n");
        if report.anomaly_count == 0 {
            self.html += "<p>Slack has reported none.</p></section>\n";
            return;
        }
        if report.anomaly_count > ANOMALIES as u64 {
            self.html += &format!("<p>The newest {ANOMALIES}.</p>\n");
        }
        let zone = escape(time::zone_name());
        self.html +=
            &format!(r#"<table class="wide"><tr><th>Time ({zone})</th><th>Who</th><th>From</th>"#);
        self.html += "<th>Reason</th></tr>";
        for anomaly in &report.anomalies {
            let texts = [&anomaly.actor, &anomaly.address, &anomaly.reason];
            let [who, from, reason] = texts.map(|text| escape(text));
            let when = time::local(anomaly.date);
            self.html +=
                &format!("<tr><td>{when}</td><td>{who}</td><td>{from}</td><td>{reason}</td></tr>");
        }
        self.html += "</table></section>\n";
    }
}

/// How dark a cell is: two digits behind the point.
fn opacity(count: u64, most: u64) -> String {
    if count == 0 {
        return "0.04".to_owned();
    }
    let hundredths = 12 + u128::from(count) * 88 / u128::from(most);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escape("<img src=x onerror='a'>&\"\u{202e}"),
            "&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;\u{fffd}"
        );
    }

    #[test]
    fn the_busiest_hour_is_the_darkest() {
        assert_eq!(opacity(10, 10), "1.00");
        assert_eq!(opacity(0, 10), "0.04");
        assert_eq!(opacity(1, 10), "0.20");
    }
}
