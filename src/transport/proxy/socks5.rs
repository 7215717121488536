//! SOCKS5: asks a proxy to open the way to a host (RFC 1928), with user name and password if it has
//! them (RFC 1929).
//!
//! hyper-util's says neither which reply it was nor whether it was about the credentials.

use std::{io, net::IpAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::ProxyServer;
use crate::{
    error::{Failure, FailureKind},
    transport::{failure::because, stream::Io},
};

/// What a host name, a user name and a password may have at most: their length is one byte.
pub(super) const LONGEST: usize = 255;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;

/// The host to which the way is to be opened.
pub(in crate::transport) enum Target<'a> {
    Address(IpAddr),
    Name(&'a str),
}

/// Asks for the way to `target` over a connection to `proxy`.
pub(in crate::transport) async fn open(
    io: &mut Box<dyn Io>,
    target: Target<'_>,
    port: u16,
    proxy: &ProxyServer,
) -> Result<(), Failure> {
    let broken = |error: io::Error| {
        let message = "the connection to the SOCKS5 proxy broke while the way was opened";
        because(Failure::new(FailureKind::Proxy, message), &error)
    };
    let other = || Failure::new(FailureKind::Proxy, "the proxy does not speak SOCKS5");
    let refused = |message| Failure::new(FailureKind::ProxyAuth, message);

    if let Target::Name(name) = target
        && name.len() > LONGEST
    {
        let message = "the host's name is longer than SOCKS5 can say";
        return Err(Failure::new(FailureKind::Refused, message));
    }

    let credentials = proxy.user_and_password();
    // Credentials that are given are used: a proxy that would also do without gets no choice.
    let method = credentials.map_or(NO_AUTHENTICATION, |_| USER_AND_PASSWORD);
    let [version, chosen] = ask(io, &[VERSION, 1, method]).await.map_err(broken)?;
    match (version, chosen) {
        (VERSION, chosen) if chosen == method => {}
        (VERSION, _) if credentials.is_some() => {
            return Err(refused("the SOCKS5 proxy takes no user name and password"));
        }
        (VERSION, _) => {
            let advice = "give the proxy's URL with user name and password";
            return Err(refused("the SOCKS5 proxy wants credentials").with_advice(advice));
        }
        _ => return Err(other()),
    }
    if let Some((user, password)) = credentials {
        let mut message = vec![1];
        push_short(&mut message, user);
        push_short(&mut message, password);
        let [_, status] = ask(io, &message).await.map_err(broken)?;
        if status != 0 {
            return Err(refused(
                "the SOCKS5 proxy refused the user name and password",
            ));
        }
    }

    // Version, CONNECT, reserved, type of the address.
    let mut message = vec![VERSION, 1, 0];
    match target {
        Target::Address(IpAddr::V4(address)) => {
            message.push(1);
            message.extend(address.octets());
        }
        Target::Address(IpAddr::V6(address)) => {
            message.push(4);
            message.extend(address.octets());
        }
        Target::Name(name) => {
            message.push(3);
            push_short(&mut message, name);
        }
    }
    message.extend(port.to_be_bytes());
    let [version, reply, _, kind] = ask(io, &message).await.map_err(broken)?;
    if version != VERSION {
        return Err(other());
    }
    if reply != 0 {
        return Err(Failure::new(FailureKind::Proxy, refusal(reply)));
    }
    // The address that it is bound to is of no use here, and its port.
    let length = match kind {
        1 => 4,
        3 => usize::from(io.read_u8().await.map_err(broken)?),
        4 => 16,
        _ => return Err(other()),
    };
    let read = io.read_exact(&mut vec![0; length + 2]).await;
    read.map(drop).map_err(broken)
}

/// Sends a message and reads so many bytes.
async fn ask<const N: usize>(io: &mut Box<dyn Io>, message: &[u8]) -> io::Result<[u8; N]> {
    io.write_all(message).await?;
    io.flush().await?;
    let mut read = [0; N];
    io.read_exact(&mut read).await?;
    Ok(read)
}

/// Adds a text of at most [`LONGEST`] bytes, with its length before it.
fn push_short(message: &mut Vec<u8>, text: &str) {
    message.extend(u8::try_from(text.len()));
    message.extend(text.as_bytes());
}

/// RFC 1928, section 6.
fn refusal(reply: u8) -> &'static str {
    match reply {
        1 => "the SOCKS5 proxy failed (reply 1)",
        2 => "the SOCKS5 proxy's rules forbid the way to the host (reply 2)",
        3 => "the SOCKS5 proxy cannot reach the host's network (reply 3)",
        4 => "the SOCKS5 proxy cannot reach the host (reply 4)",
        5 => "the SOCKS5 proxy was refused by the host (reply 5)",
        6 => "the SOCKS5 proxy's way to the host is too long (reply 6)",
        7 => "the SOCKS5 proxy opens no ways to hosts (reply 7)",
        8 => "the SOCKS5 proxy does not know this type of address (reply 8)",
        _ => "the SOCKS5 proxy refused for a reason of its own",
    }
}
