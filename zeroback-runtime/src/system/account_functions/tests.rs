//! What is bounded, and who gives way.

use std::time::Duration;

use serde_json::Value;
use zeroback_protocol::Timestamp;

use super::*;
use crate::testing::TestApp;
use crate::{App, CallError};

fn app() -> TestApp {
    TestApp::new(App::collect(&[]).with_accounts())
}

fn tried(key: &str, most: u32, again_seconds: u32) -> Tried {
    let key = key.to_owned();
    Tried {
        key,
        most,
        again_seconds,
    }
}

/// Tries something; returns after how many milliseconds it may be tried again, where that was too often.
fn count(t: &TestApp, tries: Vec<Tried>) -> Option<i64> {
    let error = match t.mutation(Try { tries }) {
        Ok(()) => return None,
        Err(CallError::App(error) | CallError::System(error)) => error,
    };
    assert_eq!(error.code().as_str(), "rate_limited");
    let data: Value = serde_json::from_str(error.data().unwrap().as_str()).unwrap();
    data["retryAfterMs"].as_i64()
}

#[test]
fn a_try_is_counted_under_all_keys_or_under_none() {
    let t = app();
    let both = || vec![tried("here", 3, 10), tried("ada", 2, 10)];
    assert_eq!(
        [(); 3].map(|()| count(&t, both())),
        [None, None, Some(10_000)]
    );
    // The third has counted for nobody.
    assert_eq!(count(&t, vec![tried("here", 3, 10)]), None);
    assert_eq!(count(&t, vec![tried("here", 3, 10)]), Some(10_000));
    t.advance(Duration::from_secs(10));
    assert_eq!(count(&t, both()), None);
}

#[test]
fn nobody_waits_longer_than_the_limits_say() {
    let t = app();
    for _ in 0..10 {
        assert_eq!(count(&t, vec![tried("ada", 10, 3_600)]), None);
    }
    // Ten hours are to be paid for, as they would be behind a clock that was set back by them.
    let try_once = || count(&t, vec![tried("ada", 3, 1)]);
    assert_eq!([try_once(), try_once()], [None, Some(1_000)]);
    t.advance(Duration::from_secs(1));
    assert_eq!([try_once(), try_once()], [None, Some(1_000)]);
}

#[test]
fn of_those_who_are_with_providers_the_oldest_give_way() {
    let t = app();
    let begin = |number: i64| BeginOauth {
        state_hash: format!("state {number}"),
        provider: "github".to_owned(),
        verifier: "v".to_owned(),
        return_to: "/".to_owned(),
        expires_at: Timestamp::from_unix_ms(t.now().unix_ms() + 600_000 + number),
        attempts_max: 3,
    };
    for number in 0..5 {
        t.mutation(begin(number)).unwrap();
    }
    let is_there = |number: i64| {
        let taken = t.mutation(TakeOauth {
            state_hash: format!("state {number}"),
            provider: "github".to_owned(),
        });
        taken.unwrap().is_some()
    };
    assert_eq!(
        [0, 1, 2, 3, 4].map(is_there),
        [false, false, true, true, true]
    );
}
