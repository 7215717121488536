//! `Environment`: the proxies that environment variables name.

use std::{env, sync::Arc};

use super::{NoProxy, Rules, server::Server};
use crate::error::InvalidConfig;

/// Where variables are read: the process's environment, or a table in tests.
#[derive(Clone, Copy)]
pub(in crate::transport) struct Environment<F>(F);

/// A variable's value as it could be read.
enum Value {
    Text(String),
    NotText,
}

impl Environment<fn(&str) -> Option<Result<String, ()>>> {
    /// The process's environment.
    pub(in crate::transport) fn of_process() -> Self {
        Self(|name| env::var_os(name).map(|value| value.into_string().map_err(drop)))
    }
}

impl<F> Environment<F>
where
    F: Fn(&str) -> Option<Result<String, ()>>,
{
    /// The rules that the variables make; an unusable value is an error that names its variable and nothing of the value.
    pub(in crate::transport) fn rules(&self) -> Result<Rules, InvalidConfig> {
        let except = self
            .first(&["no_proxy", "NO_PROXY"])?
            .map(|(_, list)| NoProxy::parse(&list));
        // In a CGI program a request's header `Proxy` becomes the variable `HTTP_PROXY` (CVE-2016-5385).
        let is_cgi = (self.0)("REQUEST_METHOD").is_some();
        let http: &[&str] = if is_cgi {
            &["http_proxy"]
        } else {
            &["http_proxy", "HTTP_PROXY"]
        };
        let all = self.server(&["all_proxy", "ALL_PROXY"])?;
        Ok(Rules {
            http: self.server(http)?.or_else(|| all.clone()),
            https: self.server(&["https_proxy", "HTTPS_PROXY"])?.or(all),
            except: except.unwrap_or_default(),
            except_loopback: true,
        })
    }

    fn server(&self, names: &[&'static str]) -> Result<Option<Arc<Server>>, InvalidConfig> {
        match self.first(names)? {
            Some((name, url)) => Ok(Server::parse(name, &url)?.map(Arc::new)),
            None => Ok(None),
        }
    }

    /// The first variable that is set to something.
    fn first(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, String)>, InvalidConfig> {
        for name in names {
            let value = match (self.0)(name) {
                None => continue,
                Some(Ok(value)) => Value::Text(value),
                Some(Err(())) => Value::NotText,
            };
            match value {
                Value::Text(value) if value.trim().is_empty() => {}
                Value::Text(value) => return Ok(Some((name, value))),
                Value::NotText => {
                    return Err(InvalidConfig::new(format!("{name}: its value is not text")));
                }
            }
        }
        Ok(None)
    }
}
