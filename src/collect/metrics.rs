//! `Metric`: a collector's numbers under the names that metrics have.

use std::{collections::BTreeMap, time::Duration};

use super::Progress;

/// A number of [`Progress::metrics`], for any system of metrics.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name, as Prometheus has it; of a counter without `_total`.
    pub name: &'static str,
    /// What it tells, without a full stop.
    pub help: &'static str,
    /// Whether it is a counter, which grows only; otherwise it is a gauge.
    pub is_counter: bool,
    /// The name of its label, if it has one.
    pub label: Option<&'static str>,
    /// Its values, each with that of the label; none where nothing is known yet.
    pub samples: Vec<(String, f64)>,
}

impl Progress {
    /// The numbers under the names that they have in metrics: what the command serves with
    /// `--metrics-listen`, and what `examples/metrics_in_axum.rs` shows in an app of one's own.
    ///
    /// | name | kind | what it tells |
    /// |---|---|---|
    /// | `slack_audit_logs_active` | gauge | 1 while it writes, 0 while it stands by or cannot begin |
    /// | `slack_audit_logs_watermark_timestamp_seconds` | gauge | [`watermark`](Self::watermark) |
    /// | `slack_audit_logs_lag_seconds` | gauge | [`lag`](Self::lag); only while it writes |
    /// | `slack_audit_logs_outage_seconds` | gauge | how long the [`outage`](Self::outage) lasts; 0 without one |
    /// | `slack_audit_logs_events` | counter | [`events`](Self::events) |
    /// | `slack_audit_logs_late_events` | counter | [`late`](Self::late) by `tier` |
    /// | `slack_audit_logs_beyond_reach_events` | counter | [`beyond_reach`](Self::beyond_reach) |
    /// | `slack_audit_logs_duplicate_events` | counter | [`duplicates`](Self::duplicates) |
    /// | `slack_audit_logs_drifted_events` | counter | [`drifted`](Self::drifted) |
    /// | `slack_audit_logs_commits` | counter | [`commits`](Self::commits) |
    /// | `slack_audit_logs_destination_errors` | counter | [`destination_errors`](Self::destination_errors) |
    /// | `slack_audit_logs_requests` | counter | [`requests_by_code`](Self::requests_by_code) by `code` |
    /// | `slack_audit_logs_refusals` | counter | [`refusals_by_code`](Self::refusals_by_code) by `code` |
    /// | `slack_audit_logs_restarts` | counter | [`restarts`](Self::restarts) |
    /// | `slack_audit_logs_allowance_ratio` | gauge | [`allowance`](Self::allowance) |
    /// | `slack_audit_logs_rate_limit_waits` | counter | [`rate_limit_waits`](Self::rate_limit_waits) |
    /// | `slack_audit_logs_rate_limit_wait_seconds` | counter | [`rate_limit_waited`](Self::rate_limit_waited) |
    /// | `slack_audit_logs_tier_interval_seconds` | gauge | [`tiers_every`](Self::tiers_every) by `tier` |
    ///
    /// Prometheus has counters with `_total` at their end. A `tier` is told by its reach in
    /// seconds, such as `86400`.
    // One list.
    #[allow(clippy::too_many_lines)]
    pub fn metrics(&self) -> Vec<Metric> {
        let outage = self.outage.as_ref();
        vec![
            gauge(
                "slack_audit_logs_active",
                "1 while it writes, 0 while it stands by or cannot begin",
                Some(f64::from(u8::from(self.is_active))),
            ),
            gauge(
                "slack_audit_logs_watermark_timestamp_seconds",
                "Everything up to this time has been delivered",
                // Far below 2^52.
                #[allow(clippy::cast_precision_loss)]
                self.watermark.map(|watermark| watermark as f64),
            ),
            gauge(
                "slack_audit_logs_lag_seconds",
                "How far the watermark is behind Slack's time",
                self.lag()
                    .filter(|_| self.is_active)
                    .map(|lag| lag.as_secs_f64()),
            ),
            gauge(
                "slack_audit_logs_outage_seconds",
                "For how long Slack could not be read or the destination took nothing",
                Some(outage.map_or(0.0, |outage| outage.since.elapsed().as_secs_f64())),
            ),
            counter(
                "slack_audit_logs_events",
                "Events delivered and committed",
                self.events,
            ),
            by(
                "tier",
                "slack_audit_logs_late_events",
                "Events that became visible after younger ones, by the tier that found them",
                true,
                self.by_tier(&self.late, |late| float(*late)),
            ),
            counter(
                "slack_audit_logs_beyond_reach_events",
                "Events later than the longest tier reaches: others as late may be missing",
                self.beyond_reach,
            ),
            counter(
                "slack_audit_logs_duplicate_events",
                "Events read again and dropped",
                self.duplicates,
            ),
            counter(
                "slack_audit_logs_drifted_events",
                "Events delivered whose id or date could not be read",
                self.drifted,
            ),
            counter("slack_audit_logs_commits", "Commits made", self.commits),
            counter(
                "slack_audit_logs_destination_errors",
                "Failures of the destination",
                self.destination_errors,
            ),
            by(
                "code",
                "slack_audit_logs_requests",
                "Requests by the status of the response or the kind of failure",
                true,
                by_code(&self.requests_by_code),
            ),
            by(
                "code",
                "slack_audit_logs_refusals",
                "Calls that Slack refused by its code",
                true,
                by_code(&self.refusals_by_code),
            ),
            counter(
                "slack_audit_logs_restarts",
                "Windows read again",
                self.restarts,
            ),
            gauge(
                "slack_audit_logs_allowance_ratio",
                "Requests of the last ten minutes as a share of Slack's rate limit",
                Some(self.allowance()),
            ),
            counter(
                "slack_audit_logs_rate_limit_waits",
                "Requests that waited for the rate limit",
                self.rate_limit_waits,
            ),
            Metric {
                is_counter: true,
                ..gauge(
                    "slack_audit_logs_rate_limit_wait_seconds",
                    "How long requests waited for the rate limit",
                    Some(self.rate_limit_waited.as_secs_f64()),
                )
            },
            by(
                "tier",
                "slack_audit_logs_tier_interval_seconds",
                "How often the tier runs at present",
                false,
                self.by_tier(&self.tiers_every, Duration::as_secs_f64),
            ),
        ]
    }

    fn by_tier<T>(&self, values: &[T], float: impl Fn(&T) -> f64) -> Vec<(String, f64)> {
        let sample = |(index, tier): (usize, &super::Tier)| {
            let value = values.get(index).map_or(0.0, &float);
            (tier.reach().as_secs().to_string(), value)
        };
        self.tiers.iter().enumerate().map(sample).collect()
    }
}

fn gauge(name: &'static str, help: &'static str, value: Option<f64>) -> Metric {
    Metric {
        name,
        help,
        is_counter: false,
        label: None,
        samples: value
            .map(|value| (String::new(), value))
            .into_iter()
            .collect(),
    }
}

fn counter(name: &'static str, help: &'static str, count: u64) -> Metric {
    Metric {
        is_counter: true,
        ..gauge(name, help, Some(float(count)))
    }
}

fn by(
    label: &'static str,
    name: &'static str,
    help: &'static str,
    is_counter: bool,
    samples: Vec<(String, f64)>,
) -> Metric {
    Metric {
        name,
        help,
        is_counter,
        label: Some(label),
        samples,
    }
}

fn by_code(counts: &BTreeMap<String, u64>) -> Vec<(String, f64)> {
    let sample = |(code, count): (&String, &u64)| (code.clone(), float(*count));
    counts.iter().map(sample).collect()
}

/// Counts stay far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_docs_name_every_metric() {
        let docs: Vec<&str> = include_str!("metrics.rs")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("/// | `slack_audit_logs_"))
            .collect();
        let metrics = crate::collect::Progress::default().metrics();
        assert_eq!(docs.len(), metrics.len());
        for (line, metric) in docs.iter().zip(&metrics) {
            let kind = if metric.is_counter {
                "counter"
            } else {
                "gauge"
            };
            let words = format!("{}` | {kind} | ", &metric.name["slack_audit_logs_".len()..]);
            assert!(line.starts_with(&words), "{line}: {words}");
            let label = metric.label.map(|label| format!(" by `{label}` |"));
            assert!(label.is_none_or(|label| line.ends_with(&label)), "{line}");
        }
    }
}
