//! The report as one HTML page: it holds everything itself, asks nobody for anything, and is read
//! without JavaScript.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    count::{Count, Counter},
    key::{self, NONE, WEEKDAYS},
    report::{ANOMALIES, BUCKETS, Report},
    show::{self, grouped, headline, share},
};
use crate::{args::Stats, exit::Outcome, output::Output, text::harmless, time};

const STYLE: &str = include_str!("report.css");

/// Categories with a colour of their own.
const COLORS: usize = 7;
/// Rows of a list.
const ROWS: usize = 12;
/// Of the range, so much is the time before, against which the rest is new.
const BEFORE: (i64, i64) = (3, 4);

pub(super) fn write(
    args: &Stats,
    counter: &Counter,
    report: Report,
    mut output: Output,
) -> Outcome {
    let mut report = report;
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

/// Appends formatted text; a string takes everything.
macro_rules! push {
    ($page:expr, $($args:tt)*) => {
        let _ = write!($page.html, $($args)*);
    };
}

impl Page<'_> {
    fn render(mut self) -> String {
        // Nothing but this style: no script, no picture, no font, no request.
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        push!(
            self,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Slack audit logs</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        );
        let total = self.counter.total();
        push!(
            self,
            "<header><h1>Slack audit logs</h1><p>{}</p></header>\n<main>\n",
            escape(&headline(total))
        );
        if total.events == 0 {
            push!(self, "<p>No events.</p>\n");
        } else {
            self.over_time();
            self.week();
            self.lists();
            self.news();
            self.anomalies();
        }
        push!(
            self,
            "</main>\n<footer>Made by slack-audit-logs {} on {}.</footer>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION"),
            time::rfc3339(Timestamp::now().as_second())
        );
        self.html
    }

    /// Stacked bars, one for each step of time, by category.
    fn over_time(&mut self) {
        const HEIGHT: u64 = 200;
        let Some(scale) = self.report.scale else {
            return;
        };
        let mut all: Vec<(&str, u64, &[u32; BUCKETS])> = self
            .report
            .categories
            .iter()
            .map(|(name, steps)| {
                let sum = steps.0.iter().map(|count| u64::from(*count)).sum();
                (*name, sum, &steps.0)
            })
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let sums: Vec<u64> = (0..BUCKETS)
            .map(|at| {
                all.iter()
                    .map(|(_, _, steps)| u64::from(steps.get(at).copied().unwrap_or(0)))
                    .sum()
            })
            .collect();
        let begin = sums.iter().position(|sum| *sum > 0).unwrap_or(0);
        let end = sums.iter().rposition(|sum| *sum > 0).map_or(1, |at| at + 1);
        let most = sums.iter().copied().max().unwrap_or(1).max(1);
        let shown = end.saturating_sub(begin).max(1);
        push!(
            self,
            "<section><h2>Events over time</h2>\n<svg class=\"time\" viewBox=\"0 0 {} 236\" \
             role=\"img\" aria-label=\"Events over time by category\">\n",
            60 + shown * 10
        );
        for part in [0, 1, 2] {
            let (y, value) = (HEIGHT - HEIGHT * part / 2 + 6, most * part / 2);
            push!(
                self,
                "<line class=\"grid\" x1=\"56\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>\
                 <text class=\"axis\" x=\"50\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                58 + shown * 10,
                y + 4,
                grouped(value)
            );
        }
        for (at, sum) in sums.iter().enumerate().take(end).skip(begin) {
            let from = scale.origin + scale.step * i64::try_from(at).unwrap_or(0);
            push!(
                self,
                "<g><title>{} – {}: {} events</title>",
                time::local_minute(from),
                time::local_minute(from + scale.step),
                grouped(*sum)
            );
            let (mut below, mut rest) = (0, *sum);
            for (place, (_, _, steps)) in all.iter().enumerate() {
                let count = u64::from(steps.get(at).copied().unwrap_or(0));
                // What has no colour of its own is one piece on top.
                let count = if place < COLORS { count } else { rest };
                rest -= count.min(rest);
                let (low, high) = (below * HEIGHT / most, (below + count) * HEIGHT / most);
                below += count;
                if high > low {
                    push!(
                        self,
                        "<rect class=\"c{}\" x=\"{}\" y=\"{}\" width=\"9\" height=\"{}\"/>",
                        place.min(COLORS),
                        58 + (at - begin) * 10,
                        HEIGHT + 6 - high,
                        high - low
                    );
                }
                if rest == 0 {
                    break;
                }
            }
            push!(self, "</g>\n");
        }
        self.time_axis(
            scale.origin + scale.step * i64::try_from(begin).unwrap_or(0),
            scale.step,
            shown,
        );
        push!(self, "</svg>\n<ul class=\"legend\">");
        for (place, (name, sum, _)) in all.iter().enumerate().take(COLORS) {
            push!(
                self,
                "<li><svg viewBox=\"0 0 10 10\"><rect class=\"c{place}\" width=\"10\" \
                 height=\"10\"/></svg>{} <b>{}</b></li>",
                escape(name),
                grouped(*sum)
            );
        }
        let rest: u64 = all.iter().skip(COLORS).map(|(_, sum, _)| sum).sum();
        if rest > 0 {
            push!(
                self,
                "<li><svg viewBox=\"0 0 10 10\"><rect class=\"c{COLORS}\" width=\"10\" \
                 height=\"10\"/></svg>others <b>{}</b></li>",
                grouped(rest)
            );
        }
        push!(self, "</ul></section>\n");
    }

    fn time_axis(&mut self, from: i64, step: i64, shown: usize) {
        let every = shown.div_ceil(6).max(1);
        for at in (0..shown).step_by(every) {
            let when = from + step * i64::try_from(at).unwrap_or(0);
            // Room for the words.
            if at + every / 2 >= shown && at > 0 {
                break;
            }
            push!(
                self,
                "<text class=\"axis\" x=\"{}\" y=\"226\">{}</text>\n",
                58 + at * 10,
                time::local_minute(when)
            );
        }
    }

    /// Days of the week and hours of the day, the busier the darker.
    fn week(&mut self) {
        let most = self
            .report
            .week
            .iter()
            .flatten()
            .copied()
            .max()
            .unwrap_or(1)
            .max(1);
        push!(
            self,
            "<section><h2>Weekday and hour ({})</h2>\n<svg class=\"week\" viewBox=\"0 0 770 220\" \
             role=\"img\" aria-label=\"Events by day of the week and hour of the day\">\n",
            escape(time::zone_name())
        );
        for hour in (0..24).step_by(3) {
            push!(
                self,
                "<text class=\"axis\" x=\"{}\" y=\"12\">{hour:02}</text>",
                44 + hour * 30
            );
        }
        for (day, (name, hours)) in WEEKDAYS.iter().zip(&self.report.week).enumerate() {
            push!(
                self,
                "<text class=\"axis\" x=\"36\" y=\"{}\" text-anchor=\"end\">{name}</text>\n",
                36 + day * 28
            );
            for (hour, count) in hours.iter().enumerate() {
                push!(
                    self,
                    "<rect class=\"cell\" x=\"{}\" y=\"{}\" width=\"28\" height=\"26\" rx=\"3\" \
                     fill-opacity=\"{}\"><title>{name} {hour:02}:00 – {hour:02}:59: {} \
                     events</title></rect>",
                    44 + hour * 30,
                    18 + day * 28,
                    opacity(*count, most),
                    grouped(*count)
                );
            }
            push!(self, "\n");
        }
        push!(self, "</svg></section>\n");
    }

    fn lists(&mut self) {
        push!(self, "<div class=\"lists\">\n");
        let (counter, report) = (self.counter, self.report);
        let by: Vec<String> = self.args.by.iter().map(|key| key.name()).collect();
        let (rows, _) = show::rows(self.args, counter, ROWS);
        self.list(
            &format!("By {}", by.join(" and ")),
            &rows,
            counter.total().events,
        );
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
        push!(self, "</div>\n");
    }

    fn list(&mut self, title: &str, rows: &[(&str, &Count)], total: u64) {
        if rows.is_empty() {
            return;
        }
        let most = rows
            .iter()
            .map(|(_, count)| count.events)
            .max()
            .unwrap_or(1)
            .max(1);
        push!(self, "<section><h2>{}</h2>\n<table>", escape(title));
        for (name, count) in rows {
            let name = escape(&name.replace(key::SEPARATOR, " · "));
            push!(
                self,
                "<tr><th scope=\"row\" title=\"{name}\">{name}</th><td class=\"bar\"><svg \
                 viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\"><rect class=\"c0\" \
                 width=\"{}\" height=\"10\"/></svg></td><td>{}</td>\
                 <td class=\"share\">{}</td></tr>\n",
                (count.events * 100 / most).max(1),
                grouped(count.events),
                share(count.events, total)
            );
        }
        push!(self, "</table></section>\n");
    }

    /// What the last part of the range has that the time before had not.
    fn news(&mut self) {
        let (Some(first), Some(last)) = (self.counter.total().first, self.counter.total().last)
        else {
            return;
        };
        let since = first + (last - first) / BEFORE.1 * BEFORE.0;
        push!(
            self,
            "<section><h2>New since {}</h2>\n<p>First seen then; not in the time before, \
             from {} on.</p>\n<div class=\"lists\">\n",
            time::local_minute(since),
            time::local_minute(first)
        );
        let report = self.report;
        for (title, of) in [
            ("Actions", &report.actions),
            ("Apps", &report.apps),
            ("Addresses", &report.addresses),
            ("Devices", &report.devices),
            ("People", &report.actors),
        ] {
            let new = of.by_count().into_iter().filter(|(name, count)| {
                *name != NONE && count.first.is_some_and(|first| first > since)
            });
            let new: Vec<_> = new.collect();
            push!(
                self,
                "<section><h3>{title}: {} new</h3>\n<table>",
                grouped(new.len() as u64)
            );
            for (name, count) in new.iter().take(ROWS) {
                let name = escape(name);
                push!(
                    self,
                    "<tr><th scope=\"row\" title=\"{name}\">{name}</th>\
                     <td class=\"when\">{}</td><td>{}</td></tr>\n",
                    count.first.map(time::local_minute).unwrap_or_default(),
                    grouped(count.events)
                );
            }
            push!(self, "</table></section>\n");
        }
        push!(self, "</div></section>\n");
    }

    fn anomalies(&mut self) {
        let report = self.report;
        push!(
            self,
            "<section><h2>Anomalies: {}</h2>\n",
            grouped(report.anomaly_count)
        );
        if report.anomaly_count == 0 {
            push!(self, "<p>Slack has reported none.</p></section>\n");
            return;
        }
        if report.anomaly_count > ANOMALIES as u64 {
            push!(self, "<p>The newest {ANOMALIES}.</p>\n");
        }
        push!(
            self,
            "<table class=\"wide\"><tr><th>Time ({})</th><th>Who</th><th>From</th>\
             <th>Reason</th></tr>\n",
            escape(time::zone_name())
        );
        for anomaly in &report.anomalies {
            push!(
                self,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                time::local(anomaly.date),
                escape(&anomaly.actor),
                escape(&anomaly.address),
                escape(&anomaly.reason)
            );
        }
        push!(self, "</table></section>\n");
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
