//! `NoProxy`: the hosts that are reached directly, as curl reads `NO_PROXY`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::url::bare_host;

/// A list of hosts, read as curl's `lib/noproxy.c` reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct NoProxy {
    all: bool,
    entries: Vec<Entry>,
}

/// What an entry means depends on what it is compared to: `10.0.0.1` is also a name, of which there
/// is no host.
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
                ..Self::default()
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
        let bare = bare_host(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return self.entries.iter().any(|entry| entry.covers(address));
        }
        let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
        self.entries.iter().any(|entry| entry.names(&name))
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
                (address.to_bits() ^ network.to_bits()).leading_zeros() >= bits
            }
            (Some((IpAddr::V6(network), bits)), IpAddr::V6(address)) => {
                (address.to_bits() ^ network.to_bits()).leading_zeros() >= bits
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
    let address: IpAddr = bare_host(address).parse().ok()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_matched_as_by_curl() {
        // A list, then hosts that are in it and hosts that are not.
        for row in [
            "||slack.com 10.0.0.1",
            "*|slack.com 10.0.0.1 [::1]|",
            " * |slack.com|",
            "x,*|x|slack.com 10.0.0.1",
            "*.slack.com||slack.com api.slack.com",
            "a, b|a b|c ab",
            "a,|a|b",
            ",,a ,\t b,|a b|c",
            "a b,c|a|b c",
            "slack.com|slack.com api.slack.com SLACK.com slack.com.|notslack.com slack.com.evil",
            ".slack.com|slack.com api.slack.com a.b.slack.com|notslack.com com",
            "Slack.COM.|slack.com api.slack.com.|slack",
            ".||slack.com a.",
            "10.1.2.3|10.1.2.3|10.1.2.4 x.10.1.2.3.test",
            "10.0.0.0/8|10.0.0.0 10.255.255.255|11.0.0.0 a.10.0.0.0",
            "192.168.1.64/26|192.168.1.64 192.168.1.127|192.168.1.63 192.168.1.128",
            "10.1.2.3/32|10.1.2.3|10.1.2.2",
            "10.1.2.3/0|10.1.2.3|10.1.2.2",
            "10.1.2.3/33,10.1.2.3/x,10.1.2/8||10.1.2.3",
            "fd00::/8|[fd12::1] [fdff::]|[fe80::1] 10.0.0.1",
            "2001:db8::/33|[2001:db8:7fff::1]|[2001:db8:8000::1]",
            "::1,[::2]|[::1] [::2] [0:0::1]|[::3]",
            "::/0|[::]|[::1]",
        ] {
            let mut columns = row.split('|');
            let except = NoProxy::parse(columns.next().expect("a list"));
            for (hosts, is_in) in columns.zip([true, false]) {
                for host in hosts.split_whitespace() {
                    assert_eq!(except.contains(host), is_in, "{host} in {row}");
                }
            }
        }
        assert!(!NoProxy::parse("a,").contains(""));
    }

    proptest::proptest! {
        #[test]
        fn no_list_and_no_host_panic(list in ".{0,60}", host in "[\\[\\]0-9a-f:.*/ -]{0,30}") {
            NoProxy::parse(&list).contains(&host);
            NoProxy::parse(&host).contains(&list);
        }

        #[test]
        fn a_network_covers_what_shares_its_first_bits(
            network: u32,
            address: u32,
            bits in 1_u32..=32,
        ) {
            let (network, address) = (Ipv4Addr::from_bits(network), Ipv4Addr::from_bits(address));
            let shared = (network.to_bits() ^ address.to_bits()).leading_zeros() >= bits;
            let except = NoProxy::parse(&format!("{network}/{bits}"));
            proptest::prop_assert_eq!(except.contains(&address.to_string()), shared);
        }
    }
}
