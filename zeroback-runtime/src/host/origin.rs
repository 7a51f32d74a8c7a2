//! Which pages may speak to the server: the origins that it lets in, and what it tells browsers of that
//! (the CORS protocol of the Fetch standard).
//!
//! A request without an `Origin` comes from no page of another origin, or from no browser at all. Who sends
//! one that is not let in is refused before anything is looked at, so that a page elsewhere cannot speak in
//! the name of whoever looks at it.
//!
//! A name that anybody owns can be made to lead to the machine itself, and a page under that name would be of the
//! server's own origin (DNS rebinding). So a server that only the machine itself reaches answers to no names but
//! the machine's own and those of the origins that are let in.

use std::fmt;

use zeroback_protocol::{ErrorCode, WireError};

use crate::accounts::SESSION_COOKIE;
use crate::auth::TOKEN_COOKIE;

/// The origins whose pages are let in, beside the server's own: the variable `ZEROBACK_ORIGINS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    listed: Vec<String>,
    any: bool,
    /// Whether only the machine itself reaches the server.
    is_local: bool,
}

/// Why origins cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginsError(String);

/// What a request says of where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'r> {
    /// Its `Origin`.
    pub(crate) origin: Option<&'r str>,
    /// The `Host` that it is sent to.
    pub(crate) host: Option<&'r str>,
    pub(crate) door: Door,
    /// Its `Cookie`.
    pub(crate) cookies: Option<&'r str>,
}

/// By which way a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// `/ws` and `/api`: for those who are let in.
    App,
    /// An author's own route or a page, that may be for anyone; with a cookie it is not.
    Open,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is let in, and its browser need not be told anything.
    Own,
    /// It is let in, and its browser is told by [`Granted::headers`].
    Other(Granted),
    Refused,
}

/// An origin that is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    origin: String,
    with_cookies: bool,
}

/// What a page may send, as its browser asks before it does.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "authorization, content-type, idempotency-key";

/// For how many seconds a browser need not ask again.
const MAX_AGE_S: &str = "600";

impl Origins {
    /// Reads origins with commas between them, such as `https://app.example, https://admin.example:8443`;
    /// `*` lets every page in that brings no cookie.
    ///
    /// # Errors
    ///
    /// Fails for what is no origin: one is a scheme and a host, and a port where it is not the scheme's own.
    pub fn parse(text: &str) -> Result<Self, OriginsError> {
        let mut origins = Self::default();
        for item in text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            if item == "*" {
                origins.any = true;
            } else if is_origin(item) {
                origins.listed.push(item.to_ascii_lowercase());
            } else {
                return Err(OriginsError(item.to_owned()));
            }
        }
        Ok(origins)
    }

    /// Says on which address the server listens.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub(crate) fn at(self, address: std::net::IpAddr) -> Self {
        let is_local = address.is_loopback();
        Self { is_local, ..self }
    }

    /// Decides on a request.
    pub(crate) fn admit(&self, asking: Asking<'_>) -> Admission {
        if asking.host.is_some_and(|host| !self.answers_to(host)) {
            return Admission::Refused;
        }
        let Some(origin) = asking.origin else {
            return Admission::Own;
        };
        let origin = origin.to_ascii_lowercase();
        let has_cookie = asking.cookies.is_some_and(has_token);
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let host = asking.host.map(str::to_ascii_lowercase);
        if authority.is_some() && authority == host.as_deref() {
            return Admission::Own;
        }
        if self.listed.contains(&origin) {
            return Admission::Other(Granted::new(origin, true));
        }
        // While an app is developed, its page has a port of its own.
        let is_local =
            authority.is_some_and(is_loopback) && host.as_deref().is_some_and(is_loopback);
        if (self.any || is_local) && !has_cookie {
            return Admission::Other(Granted::new(origin, false));
        }
        match asking.door {
            Door::Open if !has_cookie => Admission::Own,
            Door::Open | Door::App => Admission::Refused,
        }
    }
}

impl Origins {
    /// Tells whether the server has this name.
    fn answers_to(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let is_listed = |origin: &String| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority == Some(host.as_str())
        };
        !self.is_local || self.any || is_loopback(&host) || self.listed.iter().any(is_listed)
    }
}

impl Door {
    /// Returns the door of a path.
    pub(crate) fn of(path: &str) -> Self {
        match path == "/ws" || path.starts_with("/api/") {
            true => Self::App,
            false => Self::Open,
        }
    }
}

/// Returns what a page is told that is not let in, or that has come by a name which the server does not have.
pub(crate) fn refusal() -> WireError {
    let text = "pages of this origin may not speak to this server; ZEROBACK_ORIGINS says which may";
    WireError::new(ErrorCode::FORBIDDEN, text)
}

impl Granted {
    fn new(origin: String, with_cookies: bool) -> Self {
        Self {
            origin,
            with_cookies,
        }
    }

    /// Returns the headers of an answer.
    pub(crate) fn headers(&self) -> Vec<(&'static str, &str)> {
        let mut headers = vec![
            ("access-control-allow-origin", self.origin.as_str()),
            ("vary", "origin"),
        ];
        if self.with_cookies {
            headers.push(("access-control-allow-credentials", "true"));
        }
        headers
    }

    /// Returns the headers of the answer to a browser that asks whether a page may send something.
    pub(crate) fn preflight_headers(&self) -> Vec<(&'static str, &str)> {
        let mut headers = self.headers();
        headers.push(("access-control-allow-methods", METHODS));
        headers.push(("access-control-allow-headers", HEADERS));
        headers.push(("access-control-max-age", MAX_AGE_S));
        headers
    }
}

/// Tells whether a text is an origin as browsers write it: without a path, not even `/`.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_authority = !authority.is_empty()
        && authority
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    is_scheme && is_authority
}

fn has_token(cookies: &str) -> bool {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.split_once('='))
        .any(|(name, _)| [TOKEN_COOKIE, SESSION_COOKIE].contains(&name.trim()))
}

/// Tells whether a host, with a port or without, is the machine itself.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for OriginsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.0;
        write!(
            f,
            "\"{text}\" is no origin: expected a scheme and a host, such as https://app.example"
        )
    }
}

impl std::error::Error for OriginsError {}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "https://app.example, https://admin.example:8443";

    fn admit(origins: &str, origin: &str, host: &str, door: Door, has_cookie: bool) -> String {
        let origins = Origins::parse(origins).unwrap();
        let admission = origins.admit(Asking {
            origin: Some(origin).filter(|origin| !origin.is_empty()),
            host: Some(host),
            door,
            cookies: Some(if has_cookie {
                "a=b; zeroback_token=x"
            } else {
                "a=zeroback_token=x"
            }),
        });
        match admission {
            Admission::Own => "own".to_owned(),
            Admission::Other(granted) if granted.with_cookies => "other with cookies".to_owned(),
            Admission::Other(_) => "other".to_owned(),
            Admission::Refused => "refused".to_owned(),
        }
    }

    #[test]
    fn who_is_let_in() {
        for (origins, origin, host, expected) in [
            ("", "", "db.example", "own"),
            ("", "https://db.example", "db.example", "own"),
            ("", "https://DB.example", "db.Example", "own"),
            ("", "https://db.example:8443", "db.example:8443", "own"),
            ("", "https://db.example:8443", "db.example", "refused"),
            ("", "https://evil.example", "db.example", "refused"),
            (
                "",
                "https://db.example.evil.example",
                "db.example",
                "refused",
            ),
            ("", "https://evildb.example", "db.example", "refused"),
            ("", "null", "db.example", "refused"),
            ("", "null", "null", "refused"),
            ("", "file://", "db.example", "refused"),
            ("", "http://localhost:5173", "localhost:8788", "other"),
            ("", "http://localhost:5173", "127.0.0.1:8788", "other"),
            ("", "http://[::1]:5173", "localhost:8788", "other"),
            ("", "http://app.localhost:5173", "localhost:8788", "other"),
            (
                "",
                "http://localhost.evil.example",
                "localhost:8788",
                "refused",
            ),
            (
                "",
                "http://127.0.0.1.evil.example",
                "127.0.0.1:8788",
                "refused",
            ),
            ("", "https://evil.example", "localhost:8788", "refused"),
            ("", "http://localhost:5173", "db.example", "refused"),
            (
                LISTED,
                "https://app.example",
                "db.example",
                "other with cookies",
            ),
            (
                LISTED,
                "https://admin.example:8443",
                "db.example",
                "other with cookies",
            ),
            (LISTED, "https://admin.example", "db.example", "refused"),
            (LISTED, "http://app.example", "db.example", "refused"),
            ("*", "https://anyone.example", "db.example", "other"),
        ] {
            let told = admit(origins, origin, host, Door::App, false);
            assert_eq!(told, expected, "{origin} at {host}, {origins:?} let in");
        }
    }

    #[test]
    fn a_cookie_comes_from_listed_origins_alone() {
        for door in [Door::App, Door::Open] {
            for (origins, origin, host, expected) in [
                ("", "", "db.example", "own"),
                ("", "https://db.example", "db.example", "own"),
                ("*", "https://anyone.example", "db.example", "refused"),
                ("", "http://localhost:5173", "localhost:8788", "refused"),
                (
                    LISTED,
                    "https://app.example",
                    "db.example",
                    "other with cookies",
                ),
            ] {
                let told = admit(origins, origin, host, door, true);
                assert_eq!(told, expected, "{origin} at {host}, {origins:?} let in");
            }
        }
    }

    #[test]
    fn a_server_of_one_machine_answers_to_its_names_alone() {
        for (origins, address, host, expected) in [
            ("", "127.0.0.1", "localhost:8788", "own"),
            ("", "127.0.0.1", "127.0.0.1:8788", "own"),
            ("", "::1", "[::1]:8788", "own"),
            ("", "127.0.0.1", "app.localhost:8788", "own"),
            ("", "127.0.0.1", "evil.example:8788", "refused"),
            ("", "127.0.0.1", "localhost.evil.example:8788", "refused"),
            ("", "::1", "evil.example", "refused"),
            ("", "127.0.0.1", "", "refused"),
            // Behind a proxy that passes the name on.
            (LISTED, "127.0.0.1", "app.example", "own"),
            (LISTED, "127.0.0.1", "APP.example", "own"),
            (LISTED, "127.0.0.1", "admin.example:8443", "own"),
            (LISTED, "127.0.0.1", "admin.example", "refused"),
            ("*", "127.0.0.1", "evil.example", "own"),
            // Others reach these too, by whatever name.
            ("", "0.0.0.0", "db.example", "own"),
            ("", "192.0.2.1", "db.example", "own"),
        ] {
            let origins = Origins::parse(origins)
                .unwrap()
                .at(address.parse().unwrap());
            for origin in [None, Some(format!("http://{host}"))] {
                for door in [Door::App, Door::Open] {
                    let admission = origins.admit(Asking {
                        origin: origin.as_deref(),
                        host: Some(host),
                        door,
                        cookies: None,
                    });
                    let is_refused = admission == Admission::Refused;
                    assert_eq!(is_refused, expected == "refused", "{host} at {address}");
                }
            }
        }
    }

    #[test]
    fn an_open_door_is_open_for_pages_without_a_cookie() {
        let told = admit(
            "",
            "https://anyone.example",
            "db.example",
            Door::Open,
            false,
        );
        assert_eq!(told, "own");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "app.example",
            "https://",
            "https://app.example/",
            "https://a b",
            "null",
        ] {
            assert!(Origins::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_browser_is_told_which_origin_is_let_in() {
        let origins = Origins::parse(LISTED).unwrap();
        let admission = origins.admit(Asking {
            origin: Some("https://app.example"),
            host: Some("db.example"),
            door: Door::App,
            cookies: None,
        });
        let Admission::Other(granted) = admission else {
            panic!("it is listed");
        };
        expect_test::expect![[r#"
            [
                (
                    "access-control-allow-origin",
                    "https://app.example",
                ),
                (
                    "vary",
                    "origin",
                ),
                (
                    "access-control-allow-credentials",
                    "true",
                ),
                (
                    "access-control-allow-methods",
                    "GET, HEAD, POST, PUT, PATCH, DELETE",
                ),
                (
                    "access-control-allow-headers",
                    "authorization, content-type, idempotency-key",
                ),
                (
                    "access-control-max-age",
                    "600",
                ),
            ]
        "#]]
        .assert_debug_eq(&granted.preflight_headers());
    }
}
