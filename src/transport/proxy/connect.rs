//! HTTP `CONNECT`: asks a proxy to open the way to a host (RFC 9110, section 9.3.6).

use bytes::Bytes;
use futures_util::future::try_join;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::{body::Incoming, client::conn::http1, upgrade};
use hyper_util::rt::TokioIo;

use super::ProxyServer;
use crate::{
    error::{Failure, FailureKind},
    transport::{failure::because, stream::Io},
};

/// Makes of a connection to `proxy` one to `authority`, a host with its port.
pub(in crate::transport) async fn open(
    io: Box<dyn Io>,
    authority: &str,
    proxy: &ProxyServer,
) -> Result<Box<dyn Io>, Failure> {
    let unspoken = |error: hyper::Error| {
        let message = "the proxy did not answer CONNECT as an HTTP proxy does";
        because(Failure::new(FailureKind::Proxy, message), &error)
    };
    let authorization = proxy.authorization();
    let mut request = Request::connect(authority).header(header::HOST, authority);
    if let Some(authorization) = &authorization {
        request = request.header(header::PROXY_AUTHORIZATION, authorization);
    }
    let request = request.body(Empty::<Bytes>::new());
    let unnamed = "the host cannot be named to a proxy";
    let request = request.map_err(|_| Failure::new(FailureKind::Refused, unnamed))?;
    let (mut sender, connection) = http1::Builder::new()
        // Some old proxies know their headers only so.
        .title_case_headers(true)
        .handshake(TokioIo::new(io))
        .await
        .map_err(unspoken)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(unspoken)?;
        if !response.status().is_success() {
            return Err(refusal(&response, authorization.is_some()));
        }
        upgrade::on(response).await.map_err(unspoken)
    };
    let connection = async { connection.with_upgrades().await.map_err(unspoken) };
    let (tunnel, ()) = try_join(asking, connection).await?;
    Ok(Box::new(TokioIo::new(tunnel)))
}

fn refusal(response: &Response<Incoming>, authorized: bool) -> Failure {
    let status = response.status();
    if status != StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        let message = format!("the proxy answered CONNECT with status {}", status.as_u16());
        return Failure::new(FailureKind::Proxy, message);
    }
    let schemes = schemes(response.headers());
    let what = if authorized {
        "the proxy refused the user name and password"
    } else {
        "the proxy wants credentials"
    };
    let failure = Failure::new(
        FailureKind::ProxyAuth,
        format!("{what} (status 407, it takes {})", schemes.join(", ")),
    );
    match (schemes.contains(&"Basic"), authorized) {
        (false, _) => {
            failure.with_advice("only Basic is spoken here: ask for a proxy that takes it")
        }
        (true, false) => failure.with_advice("give the proxy's URL with user name and password"),
        (true, true) => failure.with_advice("check the proxy's user name and password"),
    }
}

/// The schemes in `Proxy-Authenticate` that are known: no other words of the peer's are told.
fn schemes(headers: &HeaderMap) -> Vec<&'static str> {
    /// IANA's HTTP authentication schemes that proxies use, and NTLM.
    const KNOWN: [&str; 6] = ["Basic", "Digest", "NTLM", "Negotiate", "Kerberos", "Bearer"];
    let offered = headers.get_all(header::PROXY_AUTHENTICATE).iter();
    let offered = offered.filter_map(|value| value.to_str().ok());
    let offered: Vec<_> = offered.flat_map(|value| value.split([',', ' '])).collect();
    let mut schemes = Vec::from(KNOWN);
    schemes.retain(|known| offered.iter().any(|word| word.eq_ignore_ascii_case(known)));
    if schemes.is_empty() {
        schemes.push("no scheme that is known");
    }
    schemes
}
