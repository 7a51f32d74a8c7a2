//! Calls that come with a token: `Authorization: Bearer`, or a cookie.

use http::{HeaderMap, header};
use zeroback_protocol::{ErrorCode, FunctionKind, WireError};

use super::Engine;
use super::key_sets::Looked;
use super::outbox::Ticket;
use super::store::Store;
use super::viewer::Viewer;

/// What a request says of who makes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'r> {
    /// Its header `Authorization`.
    pub authorization: Option<&'r str>,
    /// Its header `Cookie`, where the origin allows it: a browser sends its cookies for whichever
    /// page asks.
    pub cookie: Option<&'r str>,
}

impl<'r> Credentials<'r> {
    /// Returns the token of its header, if there is one.
    pub(super) fn bearer(self) -> Option<&'r str> {
        self.authorization.and_then(bearer)
    }
}

/// A call whose token waits for keys.
#[derive(Debug)]
pub(super) struct WaitingCall {
    pub(super) ticket: Ticket,
    pub(super) kind: FunctionKind,
    key: Option<String>,
    body: String,
    token: String,
    is_cookie: bool,
}

impl WaitingCall {
    fn bytes(&self) -> usize {
        self.body.len() + self.token.len()
    }
}

impl<S: Store> Engine<S> {
    /// Takes in a call as [`Engine::handle_call`] does, of whoever its credentials say.
    pub fn handle_call_of(
        &mut self,
        credentials: Credentials<'_>,
        ticket: Ticket,
        kind: FunctionKind,
        key: Option<&str>,
        body: &str,
    ) {
        let bearer = credentials.bearer();
        let cookie = || self.token_among(credentials.cookie?);
        let is_cookie = bearer.is_none();
        let Some(token) = bearer.or_else(cookie).map(str::to_owned) else {
            return self.handle_call(ticket, kind, key, body);
        };
        let call = WaitingCall {
            ticket,
            kind,
            key: key.map(str::to_owned),
            body: body.to_owned(),
            token,
            is_cookie,
        };
        self.go_on_with(call, true);
    }

    /// Looks again at those whose keys may have come.
    pub(super) fn retry_waiting_calls(&mut self) {
        self.authority.waiting_bytes = 0;
        for call in std::mem::take(&mut self.authority.waiting_calls) {
            self.go_on_with(call, false);
        }
    }

    fn go_on_with(&mut self, call: WaitingCall, may_ask: bool) {
        if let Some(error) = self.refusal() {
            return self.refuse_call(&call, error);
        }
        let viewer = match self.look_at(&call.token, may_ask) {
            Looked::Is(identity, _) => Viewer::of(*identity),
            Looked::Refused(_) if call.is_cookie => Viewer::default(),
            Looked::Refused(error) => return self.refuse_call(&call, error),
            Looked::Waits => return self.let_wait(call),
        };
        let (ticket, kind) = (call.ticket, call.kind);
        self.start_ticket(ticket, viewer, kind, call.key.as_deref(), &call.body);
    }

    fn let_wait(&mut self, call: WaitingCall) {
        let authority = &mut self.authority;
        if authority.waiting_bytes + call.bytes() > self.config.waiting_calls_bytes_max {
            let text = "too many calls wait for the keys of a token's issuer; try again";
            let error = WireError::new(ErrorCode::UNAVAILABLE, text);
            return self.refuse_call(&call, error);
        }
        authority.waiting_bytes += call.bytes();
        authority.waiting_calls.push_back(call);
    }
}

/// Returns the token of a header of the scheme `Bearer` (RFC 6750, section 2.1).
pub(crate) fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns the cookies of a request, in however many headers they come (RFC 9113, section 8.2.3). What is no
/// text in one of another's does not hide the others.
pub(crate) fn cookies_of(headers: &HeaderMap) -> Option<String> {
    let headers = headers.get_all(header::COOKIE).iter();
    let texts: Vec<_> = headers
        .map(|cookies| String::from_utf8_lossy(cookies.as_bytes()))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// Returns the value of a cookie (RFC 6265, section 5.4); of several of a name the first.
pub(crate) fn cookie<'c>(cookies: &'c str, name: &str) -> Option<&'c str> {
    let mut pairs = cookies.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(own, _)| own.trim() == name)?;
    Some(value.trim().trim_matches('"')).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let found = |cookies| cookie(cookies, "token");
        assert_eq!(found("a=1; token=x.y.z; b=2"), Some("x.y.z"));
        assert_eq!(found("token=\"x\""), Some("x"));
        assert_eq!(found("other_token=x;token2=y; =z"), None);
        assert_eq!(found("token="), None);
        assert_eq!(found(""), None);
    }
}
