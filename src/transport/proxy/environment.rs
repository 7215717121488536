//! `Environment`: the proxies that environment variables name.

use std::{env, ffi::OsString, sync::Arc};

use super::{Choice, NoProxy, ProxyServer, Rules};
use crate::error::InvalidConfig;

/// Where variables are read: the process's environment, or a table in tests.
#[derive(Clone, Copy)]
pub(in crate::transport) struct Environment<F>(F);

impl Environment<fn(&str) -> Option<OsString>> {
    /// The process's environment.
    pub(in crate::transport) fn of_process() -> Self {
        Self(|name| env::var_os(name))
    }
}

impl<F> Environment<F>
where
    F: Fn(&str) -> Option<OsString>,
{
    /// The rules that the variables make; why a value is unusable names its variable and nothing of
    /// the value.
    pub(in crate::transport) fn rules(&self) -> Rules {
        let except = match self.first(&["no_proxy", "NO_PROXY"]) {
            Ok(named) => named.map_or_else(NoProxy::default, |(_, list)| NoProxy::parse(&list)),
            Err(invalid) => return Rules::invalid(invalid),
        };
        // In a CGI program a request's header `Proxy` becomes the variable `HTTP_PROXY`
        // (CVE-2016-5385).
        let is_cgi = (self.0)("REQUEST_METHOD").is_some();
        let http: &[&str] = if is_cgi {
            &["http_proxy"]
        } else {
            &["http_proxy", "HTTP_PROXY"]
        };
        Rules {
            http: self.server(http),
            https: self.server(&["https_proxy", "HTTPS_PROXY"]),
            except,
            except_loopback: true,
        }
    }

    /// The proxy that one of these names, or that all schemes share.
    fn server(&self, names: &[&'static str]) -> Choice {
        let found = match self.first(names)? {
            Some(found) => Some(found),
            None => self.first(&["all_proxy", "ALL_PROXY"])?,
        };
        match found {
            Some((name, url)) => Ok(ProxyServer::parse(name, &url)?.map(Arc::new)),
            None => Ok(None),
        }
    }

    /// The first variable that is set to something.
    fn first(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, String)>, InvalidConfig> {
        for &name in names {
            let Some(value) = (self.0)(name) else {
                continue;
            };
            let value = value
                .into_string()
                .map_err(|_| InvalidConfig::new(format!("{name}: its value is not text")))?;
            if !value.trim().is_empty() {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;
    use crate::transport::proxy::ProxyProtocol;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    fn rules(variables: Variables<'_>) -> Result<Rules, InvalidConfig> {
        Environment(|name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
        .rules()
        .checked()
    }

    /// Which proxy a URL goes through, as `host:port`.
    fn proxy_of(rules: &Rules, url: &'static str) -> Option<String> {
        let server = rules.server_for(&Uri::from_static(url)).expect("usable");
        server?.uri().authority().map(ToString::to_string)
    }

    const HTTP: &str = "http://slack.test/";
    const HTTPS: &str = "https://slack.test/";

    #[test]
    #[allow(clippy::too_many_lines)] // it is one table
    fn each_variable_has_its_place() {
        // Variables, then the proxy of an http and of an https URL.
        let table: &[(Variables<'_>, Option<&str>, Option<&str>)] = &[
            (&[], None, None),
            (&[("https_proxy", "http://a:1")], None, Some("a:1")),
            (&[("HTTPS_PROXY", "http://a:1")], None, Some("a:1")),
            (&[("http_proxy", "http://a:1")], Some("a:1"), None),
            (&[("HTTP_PROXY", "http://a:1")], Some("a:1"), None),
            (&[("all_proxy", "http://a:1")], Some("a:1"), Some("a:1")),
            (&[("ALL_PROXY", "http://a:1")], Some("a:1"), Some("a:1")),
            // lower case wins
            (
                &[("https_proxy", "a:1"), ("HTTPS_PROXY", "b:2")],
                None,
                Some("a:1"),
            ),
            (
                &[("http_proxy", "a:1"), ("HTTP_PROXY", "b:2")],
                Some("a:1"),
                None,
            ),
            (
                &[("all_proxy", "a:1"), ("ALL_PROXY", "b:2")],
                Some("a:1"),
                Some("a:1"),
            ),
            // the one for the scheme wins
            (
                &[("https_proxy", "a:1"), ("all_proxy", "b:2")],
                Some("b:2"),
                Some("a:1"),
            ),
            (
                &[("HTTP_PROXY", "a:1"), ("all_proxy", "b:2")],
                Some("a:1"),
                Some("b:2"),
            ),
            // blank counts as not set
            (
                &[("https_proxy", ""), ("HTTPS_PROXY", "b:2")],
                None,
                Some("b:2"),
            ),
            (
                &[("https_proxy", "  "), ("all_proxy", "b:2")],
                Some("b:2"),
                Some("b:2"),
            ),
            (
                &[
                    ("HTTPS_PROXY", ""),
                    ("HTTP_PROXY", " \t"),
                    ("ALL_PROXY", ""),
                ],
                None,
                None,
            ),
            // in a CGI program HTTP_PROXY is a header of whoever calls
            (
                &[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil:1")],
                None,
                None,
            ),
            (
                &[
                    ("REQUEST_METHOD", ""),
                    ("HTTP_PROXY", "evil:1"),
                    ("HTTPS_PROXY", "b:2"),
                ],
                None,
                Some("b:2"),
            ),
            (
                &[("REQUEST_METHOD", "GET"), ("http_proxy", "a:1")],
                Some("a:1"),
                None,
            ),
            (
                &[
                    ("REQUEST_METHOD", "GET"),
                    ("HTTP_PROXY", "evil"),
                    ("ALL_PROXY", "b:2"),
                ],
                Some("b:2"),
                Some("b:2"),
            ),
            // default ports, spaces around
            (&[("https_proxy", " proxy ")], None, Some("proxy:80")),
            (
                &[("https_proxy", "https://proxy/")],
                None,
                Some("proxy:443"),
            ),
            (
                &[("https_proxy", "socks5h://proxy")],
                None,
                Some("proxy:1080"),
            ),
            // hosts reached directly
            (
                &[("all_proxy", "a:1"), ("no_proxy", "slack.test")],
                None,
                None,
            ),
            (
                &[("all_proxy", "a:1"), ("NO_PROXY", "slack.test")],
                None,
                None,
            ),
            (
                &[
                    ("all_proxy", "a:1"),
                    ("no_proxy", "other"),
                    ("NO_PROXY", "slack.test"),
                ],
                Some("a:1"),
                Some("a:1"),
            ),
            (
                &[
                    ("all_proxy", "a:1"),
                    ("no_proxy", ""),
                    ("NO_PROXY", "slack.test"),
                ],
                None,
                None,
            ),
            (&[("all_proxy", "a:1"), ("no_proxy", "*")], None, None),
            (
                &[("all_proxy", "a:1"), ("no_proxy", "x,*")],
                Some("a:1"),
                Some("a:1"),
            ),
        ];
        for (variables, http, https) in table {
            let rules = rules(variables).unwrap_or_else(|error| panic!("{variables:?}: {error}"));
            assert_eq!(
                proxy_of(&rules, HTTP).as_deref(),
                *http,
                "http with {variables:?}"
            );
            assert_eq!(
                proxy_of(&rules, HTTPS).as_deref(),
                *https,
                "https with {variables:?}"
            );
        }
    }

    #[test]
    fn the_loopback_is_reached_directly() {
        let rules = rules(&[("all_proxy", "http://a:1")]).expect("usable");
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
        for name in [
            "http_proxy",
            "HTTP_PROXY",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
        ] {
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
                let error = rules(&[(name, value)]).map(|_| value).expect_err(value);
                let text = format!("{error} {error:?}");
                assert!(
                    error.to_string().starts_with(&format!("{name}: ")),
                    "{text}"
                );
                assert!(!text.contains("CANARY"), "{text}");
            }
        }
        // What needs no proxy is none the worse for it.
        let unusable = |name: &str| match name {
            "HTTPS_PROXY" | "HTTP_PROXY" => Some(OsString::from("ftp://CANARY")),
            _ => None,
        };
        let unusable = Environment(unusable).rules();
        for direct in [
            "http://127.0.0.1:1/",
            "https://localhost/",
            "http://x.localhost/",
        ] {
            let server = unusable.server_for(&Uri::from_static(direct));
            assert!(matches!(server, Ok(None)), "{direct}: {server:?}");
        }
        for proxied in [HTTP, HTTPS] {
            let error = unusable
                .server_for(&Uri::from_static(proxied))
                .expect_err(proxied);
            assert!(
                !format!("{error} {error:?}").contains("CANARY"),
                "{error:?}"
            );
        }
        // A value that is shadowed is not used, and so not checked.
        assert!(rules(&[("https_proxy", "a:1"), ("HTTPS_PROXY", "ftp://x")]).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_an_error() {
        use std::os::unix::ffi::OsStringExt;
        let environment = Environment(|name: &str| {
            (name == "https_proxy").then(|| OsString::from_vec(vec![b'a', 0xff]))
        });
        let error = environment
            .rules()
            .checked()
            .map(drop)
            .expect_err("not text");
        assert_eq!(error.to_string(), "https_proxy: its value is not text");
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let url = "http://us%40er:p%2Fa:ss%25CANARY@proxy:3128";
        let rules = rules(&[("https_proxy", url)]).expect("usable");
        let server = rules
            .server_for(&Uri::from_static(HTTPS))
            .expect("usable")
            .expect("a proxy");
        assert_eq!(server.protocol(), ProxyProtocol::Http);
        assert_eq!(server.user_and_password(), Some(("us@er", "p/a:ss%CANARY")));
        let authorization = server.authorization().expect("credentials");
        assert_eq!(authorization, "Basic dXNAZXI6cC9hOnNzJUNBTkFSWQ==");
        let shown = format!("{rules:?} {server:?} {authorization:?} {}", server.uri());
        assert!(
            !shown.contains("CANARY") && !shown.contains("us@er") && !shown.contains("dXNA"),
            "{shown}"
        );
    }
}
