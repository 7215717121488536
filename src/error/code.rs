//! `ErrorCode`: the codes with which Slack refuses a call, and what to do about each.

use std::fmt;

/// Longer codes are not codes; what a gateway puts there is cut.
const MAX_CODE_LENGTH: usize = 64;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal => $advice:literal,)+) => {
        /// The code in the body of a refused call.
        ///
        /// The list is that of Slack's reference ("Audit Logs API methods & actions") and of what
        /// is seen beside it; it grows, so the type is open.
        #[non_exhaustive]
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
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

            /// What to do about it, for the codes that are known.
            pub fn advice(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($advice),)+
                    Self::Other(_) => None,
                }
            }
        }

        impl From<&str> for ErrorCode {
            /// Anything that is not a plain code (letters, digits, `_`, `-`, `.`; at most 64) is
            /// cut to what is.
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Other(
                        other
                            .chars()
                            .take(MAX_CODE_LENGTH)
                            .map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '?' })
                            .collect(),
                    ),
                }
            }
        }

        #[cfg(test)]
        const KNOWN: &[&str] = &[$($code),+];
    };
}

codes! {
    /// The path is none of the API's.
    BadEndpoint = "bad_endpoint" => "check the path: the API has /logs, /schemas and /actions",
    /// The organization has no Audit Logs API.
    FeatureNotEnabled = "feature_not_enabled" => "the Audit Logs API needs an Enterprise organization: use a token of one",
    /// The filter names an unknown action.
    InvalidAction = "invalid_action" => "check the action's name against /actions",
    /// The token is not valid for this API.
    InvalidAuthentication = "invalid_authentication" =>
        "use a user token (xoxp-) of an organization owner with the scope auditlogs:read",
    /// The token is not valid.
    InvalidAuth = "invalid_auth" => "use a user token (xoxp-) of an organization owner with the scope auditlogs:read",
    /// The cursor belongs to another chain of pages, or is too old.
    InvalidCursor = "invalid_cursor" => "start again without a cursor, from the first page",
    /// The time range is not possible.
    InvalidRange = "invalid_range" => "let oldest and latest lie between March 2018 and now, oldest first",
    /// The workspace is not part of an organization.
    InvalidWorkspace = "invalid_workspace" => "use a token of the Enterprise organization that the workspace belongs to",
    /// The method is not allowed for this workspace or token.
    MethodNotAllowed = "method_not_allowed" => "use a token of the organization, not of a workspace; the API answers GET only",
    /// No token was sent, or no whole one.
    MissingAuthentication = "missing_authentication" => "give the client a token: a user token (xoxp-) of an organization owner",
    /// Too many calls.
    RateLimited = "rate_limited" => "wait for Retry-After; the limit is shared by the whole organization",
    /// Too many calls, in the spelling of Slack's Web API.
    Ratelimited = "ratelimited" => "wait for Retry-After; the limit is shared by the whole organization",
    /// The app is not installed on the organization.
    TeamNotAuthorized = "team_not_authorized" => "install the app on the organization, not on a workspace",
    /// The user who installed the app may not read audit logs.
    UserNotAuthorized = "user_not_authorized" => "let an organization owner install the app",
    /// The token lacks a scope.
    MissingScope = "missing_scope" => "add the scope auditlogs:read to the app's user token scopes and install it again",
    /// The account behind the token is deactivated.
    AccountInactive = "account_inactive" => "the token's user or organization is deactivated: let another owner install the app",
    /// The token was revoked.
    TokenRevoked = "token_revoked" => "install the app again and use its new token",
    /// The token has expired.
    TokenExpired = "token_expired" => "refresh the token: token rotation is on for this app",
    /// Slack failed.
    InternalError = "internal_error" => "try again later; if it lasts, see https://slack-status.com",
    /// Slack failed.
    FatalError = "fatal_error" => "try again later; if it lasts, see https://slack-status.com",
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
            assert!(
                !matches!(parsed, ErrorCode::Other(_)) && parsed.advice().is_some(),
                "{code}"
            );
        }
    }

    #[test]
    fn an_unknown_code_is_kept_and_made_harmless() {
        assert_eq!(ErrorCode::from("brand_new").as_str(), "brand_new");
        assert_eq!(ErrorCode::from("a b\r\nc").as_str(), "a?b??c");
        assert_eq!(
            ErrorCode::from("x".repeat(1000).as_str()).as_str().len(),
            MAX_CODE_LENGTH
        );
    }
}
