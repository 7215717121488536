//! `ErrorCode`: the codes with which Slack refuses a call, and what to do about each.

use std::fmt;

/// Longer codes are not codes; what a gateway puts there is cut.
const MAX_CODE_LENGTH: usize = 64;

macro_rules! codes {
    ($($variant:ident = $code:literal, $meaning:literal, $advice:literal;)+) => {
        /// The code in the body of a refused call.
        ///
        /// The list is that of Slack's reference ("Audit Logs API methods & actions") and of what
        /// is seen beside it; it grows, so the type is open.
        #[non_exhaustive]
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $code, "`: ", $meaning, ".")]
                $variant,
            )+
            /// A code this crate does not know; see [`as_str`](Self::as_str).
            Other(Box<str>),
        }

        impl ErrorCode {
            /// The code as Slack sends it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }

            /// What it says, in plain words, for the codes that are known.
            pub fn meaning(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($meaning),)+
                    Self::Other(_) => None,
                }
            }

            /// What to do about it, for the codes that are known.
            pub fn advice(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($advice),)+
                    Self::Other(_) => None,
                }
            }
        }

        impl From<&str> for ErrorCode {
            /// Characters that no code has are made `?`, and it is cut to 64 of them.
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => {
                        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
                        let code = other.chars().take(MAX_CODE_LENGTH);
                        Self::Other(code.map(|c| if plain(c) { c } else { '?' }).collect())
                    }
                }
            }
        }

        #[cfg(test)]
        const KNOWN: &[&str] = &[$($code),+];
    };
}

codes! {
    BadEndpoint = "bad_endpoint", "there is no such endpoint at the base URL",
        "check the base URL and the path: the API has /logs, /schemas and /actions";
    FeatureNotEnabled = "feature_not_enabled",
        "the token's organization is not on an Enterprise plan, so it has no audit logs",
        "use a token of an Enterprise organization";
    InvalidAction = "invalid_action", "the filter names an unknown action",
        "check the action's name against /actions";
    InvalidAuthentication = "invalid_authentication", "the token is not valid for this API",
        "use a user token (xoxp-) of an organization owner with the scope auditlogs:read";
    InvalidAuth = "invalid_auth", "the token is not valid",
        "use a user token (xoxp-) of an organization owner with the scope auditlogs:read";
    InvalidCursor = "invalid_cursor", "the cursor belongs to other pages, or is too old",
        "start again without a cursor, from the first page";
    InvalidRange = "invalid_range", "the time range is not possible",
        "let oldest and latest lie between March 2018 and now, oldest first";
    InvalidWorkspace = "invalid_workspace",
        "the token is of a workspace that belongs to no Enterprise organization",
        "use a token of an Enterprise organization";
    MethodNotAllowed = "method_not_allowed",
        "the token is of a workspace, not of the organization, or the method is not GET",
        "use a token of the organization";
    MissingAuthentication = "missing_authentication", "no token arrived, or no whole one",
        "send the user token (xoxp-) of an organization owner; a proxy may take it away";
    RateLimited = "rate_limited", "there were too many calls",
        "wait for Retry-After; the limit is shared by the whole organization";
    Ratelimited = "ratelimited", "there were too many calls, in the Web API's spelling",
        "wait for Retry-After; the limit is shared by the whole organization";
    TeamNotAuthorized = "team_not_authorized",
        "the app is installed on a workspace, not on the organization",
        "install the app on the organization, not on a workspace";
    UserNotAuthorized = "user_not_authorized",
        "whoever installed the app is not an owner of the organization",
        "let an organization owner install the app";
    MissingScope = "missing_scope", "the token lacks a scope",
        "add the scope auditlogs:read to the app's user token scopes and install it again";
    AccountInactive = "account_inactive", "the token's user or organization is deactivated",
        "let another owner install the app";
    TokenRevoked = "token_revoked", "the token was revoked",
        "install the app again and use its new token";
    TokenExpired = "token_expired", "the token has expired",
        "refresh the token: token rotation is on for this app";
    InternalError = "internal_error", "Slack failed",
        "try again later; if it lasts, see https://slack-status.com";
    FatalError = "fatal_error", "Slack failed",
        "try again later; if it lasts, see https://slack-status.com";
}

impl ErrorCode {
    /// Whether it says that there were too many calls.
    pub fn is_rate_limited(&self) -> bool {
        matches!(self, Self::RateLimited | Self::Ratelimited)
    }

    /// Whether the token, its scope, its user or its organization is the cause: trying again with
    /// the same token is of no use.
    pub fn is_auth(&self) -> bool {
        matches!(
            self,
            Self::InvalidAuthentication
                | Self::InvalidAuth
                | Self::MissingAuthentication
                | Self::TeamNotAuthorized
                | Self::UserNotAuthorized
                | Self::MissingScope
                | Self::AccountInactive
                | Self::TokenRevoked
                | Self::TokenExpired
                | Self::FeatureNotEnabled
                | Self::InvalidWorkspace
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_reads_back_and_says_what_to_do() {
        for code in KNOWN {
            let parsed = ErrorCode::from(*code);
            assert_eq!(parsed.as_str(), *code);
            assert!(!matches!(parsed, ErrorCode::Other(_)), "{code}");
            assert!(parsed.advice().is_some(), "{code}");
            assert!(parsed.meaning().is_some(), "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_kept_and_made_harmless() {
        assert_eq!(ErrorCode::from("brand_new").as_str(), "brand_new");
        assert_eq!(ErrorCode::from("a b\r\nc").as_str(), "a?b??c");
        let long = ErrorCode::from(&*"x".repeat(1000));
        assert_eq!(long.as_str().len(), MAX_CODE_LENGTH);
    }
}
