//! `NoProxy`: the hosts that are reached directly, as curl reads `NO_PROXY`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A list of hosts, read as curl's `lib/noproxy.c` reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct NoProxy {
    all: bool,
    entries: Vec<Entry>,
}

/// What an entry means depends on what it is compared to: `10.0.0.1` is also a name, of which there is no host.
#[derive(Clone, Debug)]
struct Entry {
    /// In lower case, without a dot at either end.
    name: String,
    network: Option<(IpAddr, u32)>,
}

impl NoProxy {
    pub(super) fn parse(list: &str) -> Self {
        // A star among others is no wildcard.
        if list.trim() == "*" {
            return Self {
                all: true,
                entries: Vec::new(),
            };
        }
        let mut entries = Vec::new();
        for entry in list.split(',').map(str::trim) {
            let mut words = entry.split_ascii_whitespace();
            entries.extend(words.next().map(Entry::parse));
            if words.next().is_some() {
                // A blank is no comma: there curl stops reading.
                break;
            }
        }
        Self {
            all: false,
            entries,
        }
    }

    /// Whether a host, as it stands in a URL, is in the list.
    pub(super) fn contains(&self, host: &str) -> bool {
        if self.all {
            return true;
        }
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) => self.entries.iter().any(|entry| entry.covers(address)),
            Err(_) => {
                let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
                self.entries.iter().any(|entry| entry.names(&name))
            }
        }
    }
}

impl Entry {
    fn parse(entry: &str) -> Self {
        let name = entry.strip_suffix('.').unwrap_or(entry);
        let name = name.strip_prefix('.').unwrap_or(name);
        Self {
            name: name.to_ascii_lowercase(),
            network: network(entry),
        }
    }

    /// The name itself, or one below it.
    fn names(&self, host: &str) -> bool {
        match host.strip_suffix(&self.name) {
            Some("") => true,
            Some(above) => !self.name.is_empty() && above.ends_with('.'),
            None => false,
        }
    }

    fn covers(&self, address: IpAddr) -> bool {
        match (self.network, address) {
            (Some((IpAddr::V4(network), bits)), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(Ipv4Addr::BITS - bits).unwrap_or(0);
                (address.to_bits() ^ network.to_bits()) & mask == 0
            }
            (Some((IpAddr::V6(network), bits)), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(Ipv6Addr::BITS - bits).unwrap_or(0);
                (address.to_bits() ^ network.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

/// An address, or a network in CIDR notation, with the number of bits that count.
fn network(entry: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = match entry.split_once('/') {
        Some((address, bits)) => (address, bits.parse::<u32>().ok()?),
        None => (entry, 0),
    };
    // Brackets are how a URL writes an IPv6 address, and people copy them.
    let address = address
        .strip_prefix('[')
        .and_then(|address| address.strip_suffix(']'))
        .unwrap_or(address);
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() {
        Ipv4Addr::BITS
    } else {
        Ipv6Addr::BITS
    };
    match bits {
        // To curl a network of no bits is the address alone.
        0 => Some((address, longest)),
        bits if bits <= longest => Some((address, bits)),
        _ => None,
    }
}
