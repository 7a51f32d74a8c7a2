//! Messages and deltas: what either side reads, it reads back as it wrote it, and what does not fit
//! changes nothing.
//!
//! The first letter of an input says what the rest is taken for; one without is a client's message.

use serde_json::Value;
use zeroback_protocol::{Call, ClientMessage, Outcome, ServerMessage, apply_delta, request_id_of};
use zeroback_runtime::engine::delta_between;

/// Reads a text in one of several ways.
///
/// # Panics
///
/// Panics where it is not read as it should be.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut rest = text.chars();
    match rest.next() {
        Some('s') => server(rest.as_str()),
        Some('b') => body(rest.as_str()),
        Some('d') => two_lines(rest.as_str(), delta_of_anybody),
        Some('e') => two_lines(rest.as_str(), delta_of_the_engine),
        _ => client(text),
    }
}

fn client(text: &str) {
    let _ = request_id_of(text);
    if let Ok(message) = ClientMessage::parse(text) {
        let again = ClientMessage::parse(&message.encode());
        assert_eq!(again.as_ref(), Ok(&message));
    }
}

fn server(text: &str) {
    if let Ok(message) = ServerMessage::parse(text) {
        let again = ServerMessage::parse(&message.encode());
        assert_eq!(again.as_ref(), Ok(&message));
    }
}

fn body(text: &str) {
    if let Ok(call) = Call::parse(text) {
        assert_eq!(call.args.as_str(), call.args.as_str().trim());
    }
    if let Ok(outcome) = Outcome::parse(text) {
        assert_eq!(Outcome::parse(&outcome.encode()).as_ref(), Ok(&outcome));
    }
}

fn two_lines(text: &str, check: fn(Value, Value)) {
    let Some((first, second)) = text.split_once('\n') else {
        return;
    };
    if let (Ok(first), Ok(second)) = (serde_json::from_str(first), serde_json::from_str(second)) {
        check(first, second);
    }
}

/// A delta that the server did not make fits, or leaves the value as it was.
fn delta_of_anybody(value: Value, delta: Value) {
    let mut changed = value.clone();
    if apply_delta(&mut changed, &delta).is_err() {
        assert_eq!(changed, value);
    }
}

/// A delta that the server made leads from one result to the other, and is smaller than it.
fn delta_of_the_engine(old: Value, new: Value) {
    let (old_text, new_text) = (old.to_string(), new.to_string());
    if old_text == new_text {
        return;
    }
    let Some(delta) = delta_between(&old_text, &new_text) else {
        return;
    };
    assert!(delta.len() < new_text.len(), "{delta} for {new_text}");
    let parsed: Value = serde_json::from_str(&delta).expect("a delta is JSON");
    let mut value = old;
    if let Err(error) = apply_delta(&mut value, &parsed) {
        panic!("{error}: {delta} of {old_text} to {new_text}");
    }
    assert_eq!(value, new, "by {delta}");
}
