//! Results that outlive their page: shown at once and marked, confirmed by the server, bounded.

use serde_json::json;
use zeroback_protocol::Tag;

use super::device::{Disk, Page, config, kept, list, used};
use crate::QueryState;
use crate::engine::offline::OfflineConfig;
use crate::engine::tests::calls_of::Untyped;
use crate::engine::tests::world::START_MS;

#[test]
fn what_was_shown_is_shown_again_marked_until_the_server_has_said_that_it_still_is_so() {
    let disk = used(None);
    let mut page = Page::open(&disk);
    let heard = page.listen("a");
    assert_eq!(page.shown(&heard), None);
    page.rest();
    assert_eq!(page.shown(&heard), Some((json!(["milk"]), true)));
    page.connect(None);
    assert_eq!(page.world.sent()[0]["add"][0]["tag"], Tag(7).to_text());
    heard.changes();
    page.say(2, 1, &[]);
    assert_eq!(page.shown(&heard), Some((json!(["milk"]), false)));
    assert_eq!(heard.changes(), 1);
}

#[test]
fn what_leads_from_it_to_the_present_is_taken_and_kept_in_its_place() {
    let disk = used(None);
    let mut page = Page::open(&disk);
    let heard = page.listen("a");
    page.rest();
    page.connect(None);
    let delta = |from, to, value| {
        let (from, to) = (Tag(from).to_text(), Tag(to).to_text());
        let delta = json!({ "list": [[1, null, 0, [value]]] });
        json!({ "queryId": 1, "base": from, "tag": to, "deltas": [delta] })
    };
    page.say(2, 1, &[delta(7, 8, "bread")]);
    page.say(3, 1, &[delta(8, 9, "tea")]);
    assert_eq!(
        page.shown(&heard),
        Some((json!(["milk", "tea", "bread"]), false))
    );
    page.world.stop(&heard);
    page.advance(1_000);
    let again = page.listen("a");
    assert_eq!(
        page.shown(&again),
        Some((json!(["milk", "tea", "bread"]), true))
    );
    let mut next = Page::open(&disk);
    next.rest();
    let heard = next.listen("a");
    assert_eq!(
        next.shown(&heard),
        Some((json!(["milk", "tea", "bread"]), true))
    );
}

#[test]
fn nothing_is_asked_before_it_is_read_but_that_is_not_waited_for_for_ever() {
    let disk = used(None);
    let mut page = Page::open(&disk);
    page.is_slow = true;
    let heard = page.listen("a");
    page.connect(None);
    assert_eq!(page.world.sent().len(), 0);
    page.advance(1_000);
    assert_eq!(page.world.sent().len(), 1);
    page.say(2, 1, &[list(7, &json!(["milk"]))]);
    assert_eq!(page.shown(&heard), Some((json!(["milk"]), false)));
    page.is_slow = false;
    page.rest();
    assert_eq!(page.shown(&heard), Some((json!(["milk"]), false)));
}

#[test]
fn many_changes_are_written_once() {
    let disk = used(None);
    let mut page = Page::open(&disk);
    page.rest();
    page.listen("a");
    page.connect(None);
    let before = page.operations;
    for version in 10..40 {
        page.say(version, 1, &[list(version, &json!([version]))]);
    }
    page.advance(2_000);
    assert_eq!(page.operations - before, 1);
    let keys = kept(&disk, "cache");
    assert!(disk.borrow()[&keys[0]].contains("[39]"), "{disk:?}");
}

#[test]
fn what_is_of_another_schema_or_too_old_or_damaged_is_not_shown_and_goes() {
    let week_ms = config().cache_age_ms;
    let other = OfflineConfig {
        schema: "schema2".to_owned(),
        ..config()
    };
    for (config, later_ms, damage) in [
        (other, 1, None),
        (config(), week_ms, None),
        (config(), 1, Some("{")),
    ] {
        let disk = used(None);
        if let Some(damage) = damage {
            let key = kept(&disk, "cache").remove(0);
            disk.borrow_mut().insert(key, damage.to_owned());
        }
        let mut page = Page::open_with(&disk, config, START_MS + 1_000 + later_ms);
        let heard = page.listen("a");
        page.rest();
        assert_eq!(page.shown(&heard), None);
        assert_eq!(kept(&disk, "cache"), Vec::<String>::new());
    }
}

#[test]
fn it_stays_for_as_long_as_it_is_used() {
    let disk = used(None);
    for days in [6, 12] {
        let now_ms = START_MS + days * 24 * 3_600_000;
        let mut page = Page::open_with(&disk, config(), now_ms);
        let heard = page.listen("a");
        page.rest();
        assert_eq!(page.shown(&heard), Some((json!(["milk"]), true)));
        page.advance(1_000);
    }
}

#[test]
fn it_is_no_more_than_it_may_be_and_what_was_used_least_lately_goes_first() {
    let disk = Disk::default();
    let config = OfflineConfig {
        cache_bytes_max: 800,
        ..config()
    };
    let mut page = Page::open_with(&disk, config, START_MS);
    page.rest();
    page.connect(None);
    for (at, project) in (1_u64..).zip(["a", "b", "c", "d", "e", "f"]) {
        page.listen(project);
        page.world.settle();
        let mut update = list(at, &json!([project]));
        update["queryId"] = json!(at);
        page.say(at, at, &[update]);
        page.advance(2_000);
    }
    let disk = disk.borrow();
    let kept = disk.iter().filter(|(key, _)| key.starts_with("[\"cache\""));
    let bytes: usize = kept
        .clone()
        .map(|(key, text)| 2 * (key.len() + text.len()))
        .sum();
    assert!(bytes <= 800, "{bytes}");
    let newest = kept.filter(|(key, _)| {
        ["d", "e", "f"]
            .iter()
            .any(|of| key.contains(&format!("\\\"{of}\\\"")))
    });
    assert_eq!(newest.count(), 3, "{disk:?}");
}

#[test]
fn what_is_not_of_its_type_any_more_is_loading_until_the_server_says_what_it_is() {
    let disk = used(None);
    let mut page = Page::open(&disk);
    let heard = page.listen("a");
    page.rest();
    let shown = page.world.engine.shown(&heard.key).unwrap();
    let state: QueryState<u32, Untyped> = shown.state();
    assert_eq!(state, QueryState::Loading);
}

#[test]
fn of_a_query_that_fails_now_nothing_is_shown_the_next_time() {
    let disk = used(None);
    let mut page = Page::open(&disk);
    page.listen("a");
    page.rest();
    page.connect(None);
    let tag = Tag(9).to_text();
    let failed = json!({ "queryId": 1, "tag": tag, "status": "error", "errorCode": "forbidden", "errorMessage": "no" });
    page.say(2, 1, &[failed]);
    page.advance(2_000);
    assert_eq!(kept(&disk, "cache"), Vec::<String>::new());
}

#[test]
fn a_storage_that_fails_is_warned_of_once_and_all_goes_on() {
    let mut page = Page::open(&Disk::default());
    page.is_broken = true;
    page.rest();
    let heard = page.listen("a");
    page.connect(None);
    page.say(1, 1, &[list(7, &json!(["milk"]))]);
    page.advance(5_000);
    assert_eq!(page.shown(&heard), Some((json!(["milk"]), false)));
    let warning = "the storage failed; what it does not take is in memory only: no room";
    assert_eq!(page.world.warnings, [warning]);
}

#[test]
fn what_is_not_written_yet_is_written_when_the_client_is_closed() {
    let disk = Disk::default();
    let mut page = Page::open(&disk);
    page.rest();
    page.listen("a");
    page.connect(None);
    page.say(1, 1, &[list(7, &json!(["milk"]))]);
    page.world.engine.close(page.world.now_ms);
    page.world.settle();
    assert!(!page.world.engine.is_over());
    page.rest();
    assert!(page.world.engine.is_over());
    assert_eq!(kept(&disk, "cache").len(), 1);
}
