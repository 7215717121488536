//! URLs: origins, default ports, loopback, and a URL as it may be shown.

use std::{fmt, net::IpAddr, sync::Arc};

use http::{
    Uri,
    uri::{Authority, Scheme},
};

/// Scheme, host and port of a URL (RFC 6454), compared as browsers do. A clone allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: Arc<str>,
    port: u16,
}

impl Origin {
    /// The origin of an absolute `http` or `https` URL.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme()?.clone();
        let port = port(uri)?;
        let host = uri.host().filter(|host| !host.is_empty())?;
        let host = host.to_ascii_lowercase().into();
        Some(Self { scheme, host, port })
    }

    pub(crate) fn is_of(&self, uri: &Uri) -> bool {
        let host = uri.host().unwrap_or_default();
        uri.scheme() == Some(&self.scheme)
            && port(uri) == Some(self.port)
            && host.eq_ignore_ascii_case(&self.host)
    }

    /// Whether what is sent there can be read on the way: plain HTTP to another machine.
    pub(crate) fn is_exposed(&self) -> bool {
        self.scheme == Scheme::HTTP && !is_loopback(&self.host)
    }

    /// Whether it is plain HTTP on this machine.
    #[cfg(feature = "client")]
    pub(crate) fn is_plain_loopback(&self) -> bool {
        self.scheme == Scheme::HTTP && is_loopback(&self.host)
    }
}

/// A host as it stands in a URL, without the brackets of an IPv6 address.
pub(crate) fn bare_host(host: &str) -> &str {
    let behind = host.strip_prefix('[');
    behind
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// Whether a host, as it stands in a URL, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = bare_host(host).to_ascii_lowercase();
    // RFC 6761, section 6.3: localhost and names below it are loopback.
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Checks a base URL: absolute, `http` or `https`, without credentials, query or fragment. The
/// error says what to change, never the value.
pub(crate) fn parse_base_url(url: &str) -> Result<(Uri, Origin), String> {
    let invalid = |problem: &str| {
        format!("base URL: {problem}; write it like https://api.slack.com/audit/v1/")
    };
    let url = url.trim();
    if url.contains('#') {
        return Err(invalid("it has a fragment"));
    }
    let uri: Uri = url.parse().map_err(|_| invalid("it is not a URL"))?;
    let has_credentials = |authority: &Authority| authority.as_str().contains('@');
    if uri.authority().is_some_and(has_credentials) {
        return Err(invalid("it has credentials; give them as token or header"));
    }
    if uri.query().is_some() {
        return Err(invalid("it has a query"));
    }
    let form = "it must begin with https:// (or http://) and name a host";
    let origin = Origin::of(&uri).ok_or_else(|| invalid(form))?;
    Ok((uri, origin))
}

/// The port of a URL, with the default of its scheme.
pub(crate) fn port(uri: &Uri) -> Option<u16> {
    uri.port_u16().or(match uri.scheme_str()? {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    })
}

/// Writes a URL without its query, which may hold personal data.
pub(crate) struct DisplayUrl<'a>(pub(crate) &'a Uri);

impl fmt::Display for DisplayUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(scheme), Some(authority)) = (self.0.scheme_str(), self.0.authority()) {
            // Credentials before the host are no part of the call's name.
            let host_and_port = authority.as_str().rsplit('@').next().unwrap_or_default();
            write!(f, "{scheme}://{host_and_port}")?;
        }
        f.write_str(self.0.path())
    }
}

impl fmt::Debug for DisplayUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &'static str) -> Option<Origin> {
        Origin::of(&Uri::from_static(url))
    }

    #[test]
    fn origins_compare_by_scheme_host_and_port() {
        let with_port = origin("https://api.slack.com:443");
        assert_eq!(origin("https://API.slack.com/x"), with_port);
        for other in [
            "http://api.slack.com",
            "https://api.slack.com:444",
            "https://slack.com",
            "https://api.slack.com.evil.test",
        ] {
            assert_ne!(origin("https://api.slack.com"), origin(other), "{other}");
        }
        let slack = origin("https://API.slack.com").expect("an origin");
        assert!(slack.is_of(&Uri::from_static("https://api.SLACK.com:443/x")));
        for other in ["http://api.slack.com", "https://api.slack.com:444", "/x"] {
            assert!(!slack.is_of(&Uri::from_static(other)), "{other}");
        }
        assert_eq!(origin("/logs"), None);
        assert_eq!(origin("ftp://api.slack.com"), None);
    }

    #[test]
    fn only_plain_http_to_other_machines_is_exposed() {
        for (url, exposed) in [
            ("https://api.slack.com", false),
            ("http://api.slack.com", true),
            ("http://127.0.0.1:1", false),
            ("http://127.9.9.9", false),
            ("http://[::1]:1", false),
            ("http://localhost", false),
            ("http://api.localhost", false),
            ("http://localhost.evil.test", true),
            ("http://127.0.0.1.evil.test", true),
            ("http://10.0.0.1", true),
        ] {
            let shown = origin(url).map(|origin| origin.is_exposed());
            assert_eq!(shown, Some(exposed), "{url}");
        }
    }

    #[test]
    fn base_urls_are_checked_without_being_shown() {
        for bad in [
            "",
            "api.slack.com/audit",
            "/audit",
            "ftp://h/x",
            "https://",
            "https://user:CANARY@h/x",
            "https://h/x?token=CANARY",
            "https://h/#CANARY",
            "https://h h/",
            "file:///x",
            "https://:443/",
        ] {
            let error = parse_base_url(bad).map(|_| bad).expect_err(bad);
            assert!(error.starts_with("base URL: "), "{error}");
            assert!(!error.contains("CANARY"), "{error}");
        }
        assert!(parse_base_url(" https://api.slack-gov.com/audit/v1 ").is_ok());
    }
}
