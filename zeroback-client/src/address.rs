//! The address of a backend.

use std::fmt;

/// An address that cannot be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    url: String,
}

impl AddressError {
    /// Names an address that is none.
    pub(crate) fn of(url: &str) -> Self {
        Self {
            url: url.to_owned(),
        }
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is no address: expected one such as wss://example.org/ws",
            self.url
        )
    }
}

impl std::error::Error for AddressError {}

/// Returns a WebSocket's address for one that is absolute; nothing for any other.
pub(crate) fn socket_url(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    let is = |own: &str| scheme.eq_ignore_ascii_case(own);
    let scheme = if is("ws") || is("http") {
        "ws"
    } else if is("wss") || is("https") {
        "wss"
    } else {
        return None;
    };
    let host = rest.split(['/', '?', '#']).next()?;
    let is_one = !host.is_empty() && !rest.contains(char::is_whitespace);
    // A socket has no fragment.
    let rest = rest.split('#').next()?;
    is_one.then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(socket_url(url).as_deref(), expected, "{url}");
    }

    #[test]
    fn an_address_is_that_of_a_socket() {
        check("ws://host:8788/ws", Some("ws://host:8788/ws"));
        check("https://host/ws", Some("wss://host/ws"));
        check("HTTP://host/ws?x=1#y", Some("ws://host/ws?x=1"));
        for none in [
            "not a url",
            "/ws",
            "ftp://host/ws",
            "ws:///ws",
            "ws://a b/ws",
        ] {
            check(none, None);
        }
    }
}
