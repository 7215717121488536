//! `login`: the way to a token, step by step; it is checked and saved.

use std::{
    fmt, fs,
    io::{self, IsTerminal, Read as _, Write as _},
    path::Path,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::{
    args::Global,
    check::newest_event,
    client,
    exit::{Exit, Outcome},
    output::with_suffix,
    progress::Screen,
    time, token,
};

pub(crate) async fn run(global: &Global, screen: &Screen) -> Outcome {
    if global.demo {
        return Err(Exit::usage("login is for a real token; --demo needs none"));
    }
    let path = match &global.token_file {
        Some(path) => path.clone(),
        None => token::saved_at().ok_or_else(|| {
            Exit::usage("there is no home directory to save the token in: use --token-file")
        })?,
    };
    let asks = io::stdin().is_terminal();
    if asks {
        screen.suspend(|| eprint!("{}", steps()));
    }
    let token = tokio::task::spawn_blocking(move || if asks { ask() } else { read_stdin() })
        .await
        .map_err(no_token)??;
    if let Some(what) = token::misspelling(&token) {
        return Err(Exit::usage(format!("the token {what}")));
    }
    if let Some(kind) = token::wrong_kind(&token) {
        return Err(Exit::usage(format!(
            "this is {kind}, which cannot read audit logs; copy the User OAuth Token (xoxp-…)"
        )));
    }
    let client = client::connect_once(global, &token)?;
    let newest = newest_event(&client).await?;
    save(&path, &token).map_err(|error| Exit::unwritable(path.display(), &error))?;
    let newest = newest.map_or_else(String::new, |newest| {
        format!("; the newest event is of {}", time::local(newest))
    });
    let option = match &global.token_file {
        Some(path) => format!(" --token-file {}", path.display()),
        None => String::new(),
    };
    for words in [
        format!("the token reads audit logs{newest}"),
        format!("saved to {}, which only you can read", path.display()),
        format!("next: slack-audit-logs{option} logs --since yesterday"),
    ] {
        screen.note(&words);
    }
    Ok(())
}

/// The steps before the token, as people read them.
fn steps() -> String {
    format!(
        "Slack gives audit logs to an app that an owner of the Enterprise organization\n\
         installs.\n\
         \n\
         1. Make the app: open this link as an owner, choose a workspace of the\n\
         \x20  organization, and press Create. The form is filled in.\n\
         \x20  {}\n\
         2. In the app's settings, under Manage Distribution, activate public\n\
         \x20  distribution (the app is listed nowhere); then under Install App, install it\n\
         \x20  on the ORGANIZATION, not on a workspace.\n\
         3. Under OAuth & Permissions, copy the User OAuth Token. It begins with xoxp-.\n\
         \n",
        manifest_link()
    )
}

/// Slack's form for a new app, filled in.
fn manifest_link() -> String {
    let manifest = json!({
        "display_information": {
            "name": "slack-audit-logs",
            "description": "Reads the organization's audit logs"
        },
        "oauth_config": {
            "redirect_urls": ["https://localhost/"],
            "scopes": {"user": ["auditlogs:read"]}
        },
        "settings": {"org_deploy_enabled": true, "socket_mode_enabled": false}
    });
    format!(
        "https://api.slack.com/apps?new_app=1&manifest_json={}",
        utf8_percent_encode(&manifest.to_string(), NON_ALPHANUMERIC)
    )
}

/// Asks on the terminal, without showing what is typed.
fn ask() -> Result<String, Exit> {
    let token = rpassword::prompt_password("Paste the token (it is not shown): ");
    match token {
        Ok(token) => Ok(token.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            Err(Exit::interrupted("interrupted; nothing is saved"))
        }
        Err(error) => Err(no_token(error)),
    }
}

fn no_token(error: impl fmt::Display) -> Exit {
    Exit::usage(format!("the token cannot be read: {error}"))
}

fn read_stdin() -> Result<String, Exit> {
    let mut text = String::new();
    let read = io::stdin().take(4_096).read_to_string(&mut text);
    read.map_err(no_token)?;
    match text.trim() {
        "" => Err(Exit::usage(
            "no token: run login on a terminal, or give it the token on standard input",
        )),
        token => Ok(token.to_owned()),
    }
}

/// Writes a file that only its owner can read, in one step.
fn save(path: &Path, token: &str) -> io::Result<()> {
    // Of a bare name it is the empty path, which is there.
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let part = with_suffix(path, ".part");
    // One that is left over may be readable by others.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&part)?;
    file.write_all(format!("{token}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_holds_the_manifest() {
        let link = manifest_link();
        let (_, encoded) = link.split_once("manifest_json=").expect("there");
        let decoded = percent_encoding::percent_decode_str(encoded);
        let decoded = decoded.decode_utf8().expect("text");
        let manifest: serde_json::Value = serde_json::from_str(&decoded).expect("JSON");
        let scopes = &manifest["oauth_config"]["scopes"]["user"];
        assert_eq!(scopes[0], "auditlogs:read");
        assert_eq!(manifest["settings"]["org_deploy_enabled"], true);
        assert!(link.is_ascii() && !link.contains(char::is_whitespace));
        let fits = |line: &str| line.len() <= 80 || line.contains("https://");
        assert!(steps().lines().all(fits));
    }
}
