//! The proxies that environment variables name.

use std::{ffi::OsString, sync::Arc};

use super::{Choice, NoProxy, ProxyServer, Rules};
use crate::error::InvalidConfig;

/// Reads a variable: of the process's environment, or of a table in tests.
type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The rules that the variables make; why a value is unusable names its variable and nothing of the
/// value.
pub(super) fn rules(variables: Variables<'_>) -> Rules {
    let except = match first(variables, &["no_proxy", "NO_PROXY"]) {
        Ok(named) => named.map_or_else(NoProxy::default, |(_, list)| NoProxy::parse(&list)),
        Err(invalid) => return Rules::invalid(invalid),
    };
    // In a CGI program a request's header `Proxy` becomes the variable `HTTP_PROXY`
    // (CVE-2016-5385).
    let is_cgi = variables("REQUEST_METHOD").is_some();
    let http = &["http_proxy", "HTTP_PROXY"][..if is_cgi { 1 } else { 2 }];
    Rules {
        http: server(variables, http),
        https: server(variables, &["https_proxy", "HTTPS_PROXY"]),
        except,
        except_loopback: true,
    }
}

/// The proxy that one of these names, or that all schemes share.
fn server(variables: Variables<'_>, names: &[&'static str]) -> Choice {
    let found = match first(variables, names)? {
        Some(found) => Some(found),
        None => first(variables, &["all_proxy", "ALL_PROXY"])?,
    };
    match found {
        Some((name, url)) => Ok(ProxyServer::parse(name, &url)?.map(Arc::new)),
        None => Ok(None),
    }
}

/// The first variable that is set to something.
fn first(
    variables: Variables<'_>,
    names: &[&'static str],
) -> Result<Option<(&'static str, String)>, InvalidConfig> {
    for &name in names {
        let Some(value) = variables(name) else {
            continue;
        };
        let not_text = |_| InvalidConfig::new(format!("{name}: its value is not text"));
        let value = value.into_string().map_err(not_text)?;
        if !value.trim().is_empty() {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;
    use crate::transport::proxy::ProxyProtocol;

    /// The rules of variables such as `"http_proxy=a:1;no_proxy=b"`.
    fn rules_of(variables: &str) -> Rules {
        rules(&|name| {
            let mut pairs = variables.split(';').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(variable, _)| *variable == name);
            found.map(|(_, value)| value.into())
        })
    }

    /// Which proxy a URL goes through, as `host:port`.
    fn proxy_of(rules: &Rules, url: &'static str) -> Option<String> {
        let server = rules.server_for(&Uri::from_static(url)).expect("usable");
        server?.uri.authority().map(ToString::to_string)
    }

    const HTTP: &str = "http://slack.test/";
    const HTTPS: &str = "https://slack.test/";

    #[test]
    fn each_variable_has_its_place() {
        // Variables, then the proxy of an http and of an https URL.
        for row in [
            " -> - -",
            "https_proxy=http://a:1 -> - a:1",
            "HTTPS_PROXY=http://a:1 -> - a:1",
            "http_proxy=http://a:1 -> a:1 -",
            "HTTP_PROXY=http://a:1 -> a:1 -",
            "all_proxy=http://a:1 -> a:1 a:1",
            "ALL_PROXY=http://a:1 -> a:1 a:1",
            // lower case wins
            "https_proxy=a:1;HTTPS_PROXY=b:2 -> - a:1",
            "http_proxy=a:1;HTTP_PROXY=b:2 -> a:1 -",
            "all_proxy=a:1;ALL_PROXY=b:2 -> a:1 a:1",
            // the one for the scheme wins
            "https_proxy=a:1;all_proxy=b:2 -> b:2 a:1",
            "HTTP_PROXY=a:1;all_proxy=b:2 -> a:1 b:2",
            // blank counts as not set
            "https_proxy=;HTTPS_PROXY=b:2 -> - b:2",
            "https_proxy=  ;all_proxy=b:2 -> b:2 b:2",
            "HTTPS_PROXY=;HTTP_PROXY= \t;ALL_PROXY= -> - -",
            // in a CGI program HTTP_PROXY is a header of whoever calls
            "REQUEST_METHOD=GET;HTTP_PROXY=http://evil:1 -> - -",
            "REQUEST_METHOD=;HTTP_PROXY=evil:1;HTTPS_PROXY=b:2 -> - b:2",
            "REQUEST_METHOD=GET;http_proxy=a:1 -> a:1 -",
            "REQUEST_METHOD=GET;HTTP_PROXY=evil;ALL_PROXY=b:2 -> b:2 b:2",
            // default ports, spaces around
            "https_proxy= proxy  -> - proxy:80",
            "https_proxy=https://proxy/ -> - proxy:443",
            "https_proxy=socks5h://proxy -> - proxy:1080",
            // hosts reached directly
            "all_proxy=a:1;no_proxy=slack.test -> - -",
            "all_proxy=a:1;NO_PROXY=slack.test -> - -",
            "all_proxy=a:1;no_proxy=other;NO_PROXY=slack.test -> a:1 a:1",
            "all_proxy=a:1;no_proxy=;NO_PROXY=slack.test -> - -",
            "all_proxy=a:1;no_proxy=* -> - -",
            "all_proxy=a:1;no_proxy=x,* -> a:1 a:1",
        ] {
            let (variables, expected) = row.split_once(" -> ").expect("a row");
            let rules = rules_of(variables).checked().expect(row);
            let shown = [HTTP, HTTPS].map(|url| proxy_of(&rules, url).unwrap_or("-".to_owned()));
            assert_eq!(shown.join(" "), expected, "{row}");
        }
    }

    #[test]
    fn the_loopback_is_reached_directly() {
        let rules = rules_of("all_proxy=http://a:1");
        for url in [
            "http://localhost:1/",
            "https://LOCALHOST/",
            "http://api.localhost/",
            "http://127.0.0.1:80/",
            "https://127.8.8.8/",
            "http://[::1]:8080/",
        ] {
            assert_eq!(proxy_of(&rules, url), None, "{url}");
        }
        for url in [
            "http://localhost.evil.test/",
            "http://10.0.0.1/",
            "http://[::2]/",
        ] {
            assert_eq!(proxy_of(&rules, url).as_deref(), Some("a:1"), "{url}");
        }
    }

    #[test]
    fn unusable_values_are_errors_that_name_the_variable_only() {
        let names = "http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY";
        for name in names.split(' ') {
            for value in [
                "ftp://CANARY:CANARY@h",
                "socks4://CANARY@h:1",
                "http://CANARY:CANARY@",
                "http://",
                "http://CANARY host",
                "http://user:CANARY@h:99999",
                "http://h:0",
                "http://h:CANARY",
                "user:CANARY@h:1:2",
                "http://user:CANARY/x@h",
                "http://[::CANARY]:1",
                "://CANARY",
                "http://ü-CANARY",
                "http://us%0aer:CANARY@h",
                "http://us%3aer:CANARY@h",
                "http://%ff:CANARY@h",
            ] {
                let rules = rules_of(&format!("{name}={value}"));
                let error = rules.checked().map(|_| value).expect_err(value);
                let text = format!("{error} {error:?}");
                assert!(text.starts_with(&format!("{name}: ")), "{text}");
                assert!(!text.contains("CANARY"), "{text}");
            }
        }
        // What needs no proxy is none the worse for it.
        let unusable = rules_of("HTTPS_PROXY=ftp://CANARY;HTTP_PROXY=ftp://CANARY");
        for direct in [
            "http://127.0.0.1:1/",
            "https://localhost/",
            "http://x.localhost/",
        ] {
            assert_eq!(proxy_of(&unusable, direct), None, "{direct}");
        }
        for proxied in [HTTP, HTTPS] {
            let server = unusable.server_for(&Uri::from_static(proxied));
            let error = server.expect_err(proxied);
            let text = format!("{error} {error:?}");
            assert!(!text.contains("CANARY"), "{text}");
        }
        // A value that is shadowed is not used, and so not checked.
        let shadowed = rules_of("https_proxy=a:1;HTTPS_PROXY=ftp://x");
        assert!(shadowed.checked().is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_an_error() {
        use std::os::unix::ffi::OsStringExt;
        let not_text = || OsString::from_vec(vec![b'a', 0xff]);
        let rules = rules(&|name| (name == "https_proxy").then(not_text));
        let error = rules.checked().map(drop).expect_err("not text");
        assert_eq!(error.to_string(), "https_proxy: its value is not text");
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let url = "http://us%40er:p%2Fa:ss%25CANARY@proxy:3128";
        let rules = rules_of(&format!("https_proxy={url}"));
        let server = rules.server_for(&Uri::from_static(HTTPS)).expect("usable");
        let server = server.expect("a proxy");
        assert_eq!(server.protocol, ProxyProtocol::Http);
        assert_eq!(server.user_and_password(), Some(("us@er", "p/a:ss%CANARY")));
        let authorization = server.authorization().expect("credentials");
        assert_eq!(authorization, "Basic dXNAZXI6cC9hOnNzJUNBTkFSWQ==");
        let shown = format!("{rules:?} {server:?} {authorization:?} {}", server.uri);
        for secret in ["CANARY", "us@er", "dXNA"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
