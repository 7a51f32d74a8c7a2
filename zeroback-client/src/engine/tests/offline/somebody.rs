//! What is kept is somebody's, and is never shown to anybody else.

use serde_json::json;

use super::device::{Page, kept, list, used};

#[test]
fn what_is_somebody_else_s_is_taken_away_before_anything_else() {
    let disk = used(Some("ann"));
    let mut page = Page::open(&disk);
    let heard = page.listen("a");
    page.rest();
    assert_eq!(page.shown(&heard), Some((json!(["milk"]), true)));
    page.world.open();
    assert_eq!(
        page.world.sent().len(),
        1,
        "what is asked as nobody is asked of the connection's own"
    );
    page.world
        .say_json(&json!({ "type": "connected", "protocol": 1, "limits": {}, "identity": "bob" }));
    assert_eq!(page.shown(&heard), None);
    page.rest();
    let sent = page.world.sent();
    assert!(sent[0]["add"][0].get("tag").is_none(), "{sent:?}");
    let id = sent[0]["add"][0]["queryId"].clone();
    let mut update = list(8, &json!(["bob's"]));
    update["queryId"] = id;
    page.say(2, 2, &[update]);
    assert_eq!(page.shown(&heard), Some((json!(["bob's"]), false)));
    page.advance(2_000);
    assert_eq!(kept(&disk, "cache").len(), 2, "each has their own");
    let mut next = Page::open(&disk);
    next.rest();
    let heard = next.listen("a");
    assert_eq!(next.shown(&heard), Some((json!(["bob's"]), true)));
}

#[test]
fn nothing_is_kept_while_it_is_not_certain_whose_it_is() {
    let disk = used(Some("ann"));
    let mut page = Page::open(&disk);
    page.listen("a");
    page.rest();
    page.world.engine.set_auth(page.world.now_ms);
    page.connect(Some("ann"));
    assert_eq!(page.world.sent().len(), 0);
    page.world.give(Some("token"));
    page.world.say_json(&json!({
        "type": "authentication", "status": "accepted", "expiresInMs": 60_000, "identity": "bob",
    }));
    page.say(2, 1, &[list(8, &json!(["bob's"]))]);
    page.advance(2_000);
    let disk = disk.borrow();
    for (key, text) in disk.iter().filter(|(key, _)| key.starts_with("[\"cache\"")) {
        assert_eq!(key.contains("bob"), text.contains("bob's"), "{disk:?}");
    }
}

#[test]
fn who_signs_out_leaves_nothing_in_any_page() {
    let disk = used(Some("ann"));
    let [mut one, mut other] = [Page::open(&disk), Page::open(&disk)];
    let heard = [one.listen("a"), other.listen("a")];
    for page in [&mut one, &mut other] {
        page.rest();
        page.connect(Some("ann"));
    }
    one.world.engine.clear_auth(one.world.now_ms);
    assert_eq!(one.shown(&heard[0]), None);
    other.hear(&mut one);
    assert_eq!(other.shown(&heard[1]), None);
    one.rest();
    assert_eq!(kept(&disk, "cache"), Vec::<String>::new());
}

#[test]
fn who_signs_out_before_anything_is_read_leaves_nothing_either() {
    let disk = used(Some("ann"));
    let mut page = Page::open(&disk);
    page.world.engine.clear_auth(page.world.now_ms);
    let heard = page.listen("a");
    page.rest();
    assert_eq!(page.shown(&heard), None);
    assert!(disk.borrow().is_empty(), "{disk:?}");
}

#[test]
fn a_wipe_that_the_storage_refuses_is_tried_again() {
    let disk = used(Some("ann"));
    let mut page = Page::open(&disk);
    page.rest();
    page.is_broken = true;
    page.world.engine.clear_auth(page.world.now_ms);
    page.rest();
    page.advance(1_000);
    assert_eq!(kept(&disk, "cache").len(), 1);
    page.is_broken = false;
    page.advance(2_000);
    assert!(disk.borrow().is_empty(), "{disk:?}");
}
