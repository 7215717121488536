//! Values of options: formats, rates, seconds, networks.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    str::FromStr,
    time::Duration,
};

use clap::ValueEnum;
use ipnet::IpNet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns, as wide as the terminal
    Table,
    /// One JSON object a line: the exact bytes of each event
    #[value(alias = "jsonl")]
    Ndjson,
    /// One JSON array
    Json,
    /// Comma-separated values with a header
    Csv,
    /// One self-contained page, for `stats` only
    Html,
}

/// Slack's reference: at most 9999 events a page.
pub(super) const PAGE_SIZE: u32 = 9_999;

pub(super) fn page_size() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(PAGE_SIZE))
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Rate {
    PerMinute(NonZeroU32),
    Off,
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let rate = text.parse().map(Self::PerMinute);
        rate.map_err(|_| "write a number of requests a minute from 1 on, or off")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LineFormat {
    /// One line of text each
    Text,
    /// One JSON object a line
    Json,
}

/// An address with its port; a port alone is this machine's own.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    let port = port.strip_prefix(':').unwrap_or(port);
    if let Ok(port) = port.parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse()
        .map_err(|_| "write a port such as 9090, or an address with one such as 0.0.0.0:9090")
}

/// Seconds, more than none and at most a day.
pub(super) fn seconds(text: &str) -> Result<Duration, &'static str> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("write a number of seconds above 0, at most 86400"),
    }
}

/// A number of bytes such as 100M: at least one.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.get(digits.len()..)?.to_ascii_uppercase();
    let shift = match unit.trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return None,
    };
    let bytes = digits.parse::<u64>().ok()?.checked_mul(1 << shift)?;
    (bytes > 0).then_some(bytes)
}

/// A size of something that is held in memory.
pub(super) fn size(text: &str) -> Result<usize, &'static str> {
    bytes(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("write a size such as 64M or 1G")
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cidr(pub(crate) IpNet);

impl FromStr for Cidr {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let address = || Some(text.parse::<IpAddr>().ok()?.to_canonical().into());
        let net = text.parse().ok().or_else(address).map(Self);
        net.ok_or("write an address or a network, such as 203.0.113.7 or 2001:db8::/32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_says_so_is_listened_to_from_outside() {
        for (text, address) in [
            ("9090", "127.0.0.1:9090"),
            (":9090", "127.0.0.1:9090"),
            ("localhost:0", "127.0.0.1:0"),
            ("0.0.0.0:9090", "0.0.0.0:9090"),
            ("[::]:9090", "[::]:9090"),
            ("[::1]:9090", "[::1]:9090"),
        ] {
            let read = listen_address(text).expect(text);
            assert_eq!(read.to_string(), address, "{text}");
        }
        for text in ["", ":", "70000", "example.com:80", "0.0.0.0", "::1", "-1"] {
            listen_address(text).expect_err(text);
        }
    }
}
