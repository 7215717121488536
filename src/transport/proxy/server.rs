//! `ProxyServer`: one proxy, read from a URL.

use std::{fmt, net::Ipv6Addr};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri, uri::Authority};
use percent_encoding::percent_decode_str;

use super::socks5;
use crate::{error::InvalidConfig, url::bare_host};

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum ProxyProtocol {
    Http,
    Https,
    Socks5 { local_names: bool },
}

/// A proxy whose URL was found usable.
pub(in crate::transport) struct ProxyServer {
    pub(in crate::transport) protocol: ProxyProtocol,
    /// Where it listens, without credentials: a URL for the connector.
    pub(in crate::transport) uri: Uri,
    /// User name and password.
    credentials: Option<(String, String)>,
}

impl ProxyServer {
    /// Reads a proxy's URL, whose scheme may be left out; none if it is blank. The error names the
    /// source and the problem, never the value.
    pub(super) fn parse(source: &str, url: &str) -> Result<Option<Self>, InvalidConfig> {
        let url = url.trim();
        if url.is_empty() {
            return Ok(None);
        }
        match Self::read(url) {
            Ok(server) => Ok(Some(server)),
            Err(problem) => Err(InvalidConfig::new(format!(
                "{source}: {problem}; write it like http://user:password@proxy.example:3128 \
                 or socks5h://proxy.example:1080, \
                 with special characters in the credentials percent-encoded"
            ))),
        }
    }

    fn read(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (protocol, default_port): (_, u16) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (ProxyProtocol::Http, 80),
            "https" => (ProxyProtocol::Https, 443),
            "socks5" => (ProxyProtocol::Socks5 { local_names: true }, 1080),
            "socks5h" => (ProxyProtocol::Socks5 { local_names: false }, 1080),
            _ => return Err("its scheme is none of http, https, socks5 and socks5h"),
        };
        // What follows the host has no meaning for a proxy; curl ignores it as well.
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (credentials, host_and_port) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(read_credentials(credentials, protocol)?), host),
            None => (None, authority),
        };
        let authority = host_and_port.parse::<Authority>();
        let authority = authority.map_err(|_| "its host or port cannot be read")?;
        let host = authority.host();
        let fits_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let is_name = host.bytes().all(fits_a_name);
        if host.is_empty() || !(is_name || is_ipv6(host)) {
            return Err("its host cannot be read");
        }
        let port = match host_and_port.strip_prefix(host).unwrap_or_default() {
            "" => default_port,
            port => {
                let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
                port.filter(|port| *port != 0)
                    .ok_or("its port cannot be read")?
            }
        };
        let scheme = match protocol {
            ProxyProtocol::Https => "https",
            ProxyProtocol::Http | ProxyProtocol::Socks5 { .. } => "http",
        };
        let uri = Uri::try_from(format!("{scheme}://{host}:{port}/"));
        let uri = uri.map_err(|_| "its host or port cannot be read")?;
        Ok(Self {
            protocol,
            uri,
            credentials,
        })
    }

    /// User name and password, for SOCKS5.
    pub(super) fn user_and_password(&self) -> Option<(&str, &str)> {
        let (user, password) = self.credentials.as_ref()?;
        Some((user, password))
    }

    /// `Proxy-Authorization`, for HTTP (RFC 7617).
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user_and_password()?;
        let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn read_credentials(
    encoded: &str,
    protocol: ProxyProtocol,
) -> Result<(String, String), &'static str> {
    let (user, password) = encoded.split_once(':').unwrap_or((encoded, ""));
    let (user, password) = (decode(user)?, decode(password)?);
    match protocol {
        ProxyProtocol::Socks5 { .. } if user.len().max(password.len()) > socks5::LONGEST => {
            Err("its user name or password has more than 255 bytes")
        }
        // RFC 7617, section 2: the first colon ends the user name.
        ProxyProtocol::Http | ProxyProtocol::Https if user.contains(':') => {
            Err("its user name holds a colon")
        }
        _ => Ok((user, password)),
    }
}

fn decode(encoded: &str) -> Result<String, &'static str> {
    let decoded = percent_decode_str(encoded).decode_utf8();
    let decoded = decoded.map_err(|_| "its credentials are not UTF-8")?;
    if decoded.chars().any(char::is_control) {
        return Err("its credentials hold a control character");
    }
    Ok(decoded.into_owned())
}

fn is_ipv6(host: &str) -> bool {
    host.starts_with('[') && bare_host(host).parse::<Ipv6Addr>().is_ok()
}

/// Shows host and port, and whether there are credentials.
impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("protocol", &self.protocol)
            .field("uri", &self.uri)
            .field("credentials", &self.credentials.is_some())
            .finish()
    }
}
