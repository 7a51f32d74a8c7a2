//! What is compared with what, and that a delta leads where it should.

mod golden;
mod random;

use serde_json::Value;
use zeroback_protocol::apply_delta;

use super::diff;

/// Takes the delta, and checks that it leads from the one to the other.
#[track_caller]
fn delta(old: &str, new: &str) -> Option<String> {
    let delta = diff(old, new)?;
    assert!(delta.len() < new.len(), "{delta} is not smaller than {new}");
    let mut value: Value = serde_json::from_str(old).unwrap();
    let expected: Value = serde_json::from_str(new).unwrap();
    let parsed = serde_json::from_str(&delta).unwrap_or_else(|error| panic!("{error}: {delta}"));
    apply_delta(&mut value, &parsed)
        .unwrap_or_else(|error| panic!("{error}: {delta} of {old} to {new}"));
    assert_eq!(value, expected, "by {delta}");
    Some(delta)
}

#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    assert_eq!(delta(old, new).as_deref(), Some(expected));
}

#[track_caller]
fn check_whole(old: &str, new: &str) {
    assert_eq!(diff(old, new), None);
}

/// A list of documents with these ids, each with a text that is long enough for a delta to pay.
fn list(ids: &[&str]) -> String {
    let documents: Vec<String> = ids.iter().map(|id| document(id, 0)).collect();
    format!("[{}]", documents.join(","))
}

fn document(id: &str, rank: u32) -> String {
    let text = "x".repeat(60);
    format!(r#"{{"_id":"{id}","rank":{rank},"text":"{text}"}}"#)
}

#[test]
fn scalars_and_other_forms_are_replaced() {
    check_whole("1", "2");
    check_whole(
        r#""a long text that ends in one""#,
        r#""a long text that ends in two""#,
    );
    check_whole(
        "[1,2,3,4,5,6,7,8,9,10,11,12]",
        r#"{"list":[1,2,3,4,5,6,7]}"#,
    );
    check_whole("null", "[1,2,3,4,5,6,7,8,9,10,11,12]");
    check_whole("[1]", "[]");
}

#[test]
fn a_changed_field_of_a_document_is_all_that_is_sent() {
    let old = list(&["a", "b", "c"]);
    let new = old.replacen(r#""b","rank":0"#, r#""b","rank":7"#, 1);
    check(&old, &new, r#"{"list":[[1,"b",{"set":{"rank":7}}]]}"#);
}

#[test]
fn what_changes_at_both_ends_of_a_list_leaves_what_is_between() {
    let old = list(&["a", "b", "c", "d"]);
    let new = old
        .replacen(r#""a","rank":0"#, r#""a","rank":1"#, 1)
        .replacen(r#""d","rank":0"#, r#""d","rank":4"#, 1);
    check(
        &old,
        &new,
        r#"{"list":[[0,"a",{"set":{"rank":1}}],[3,"d",{"set":{"rank":4}}]]}"#,
    );
}

#[test]
fn documents_are_inserted_and_removed_by_their_places() {
    let doc = |id| document(id, 0);
    let abc = list(&["a", "b", "c"]);
    check(&abc, &list(&["b", "c"]), r#"{"list":[[0,"a",1,[]]]}"#);
    check(&abc, &list(&["a", "c"]), r#"{"list":[[1,"b",1,[]]]}"#);
    check(&abc, &list(&["a", "b"]), r#"{"list":[[2,"c",1,[]]]}"#);
    let splice = |at: &str, doc: String| format!(r#"{{"list":[[{at},[{doc}]]]}}"#);
    check(
        &abc,
        &list(&["x", "a", "b", "c"]),
        &splice(r#"0,"a",0"#, doc("x")),
    );
    check(
        &abc,
        &list(&["a", "x", "b", "c"]),
        &splice(r#"1,"b",0"#, doc("x")),
    );
    check(
        &abc,
        &list(&["a", "b", "c", "x"]),
        &splice("3,null,0", doc("x")),
    );
    check(
        &abc,
        &list(&["a", "x", "c"]),
        &splice(r#"1,"b",1"#, doc("x")),
    );
    check_whole(&abc, "[]");
    check_whole("[]", &abc);
}

#[test]
fn the_fewest_documents_move() {
    let doc = |id| document(id, 0);
    check(
        &list(&["a", "b", "c", "d", "e"]),
        &list(&["e", "a", "b", "c", "d"]),
        &format!(r#"{{"list":[[0,"a",0,[{}]],[4,"e",1,[]]]}}"#, doc("e")),
    );
    check(
        &list(&["a", "b", "c", "d", "e"]),
        &list(&["b", "c", "d", "e", "a"]),
        &format!(r#"{{"list":[[0,"a",1,[]],[5,null,0,[{}]]]}}"#, doc("a")),
    );
    check(
        &list(&["a", "b", "c", "d"]),
        &list(&["a", "c", "b", "d"]),
        &format!(r#"{{"list":[[1,"b",0,[{}]],[2,"c",1,[]]]}}"#, doc("c")),
    );
}

#[test]
fn a_list_goes_on_behind_what_came_or_went() {
    let ids: Vec<String> = (0..40).map(|n| format!("d{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let doc = |id| document(id, 0);
    // A feed: one comes first, and the last goes.
    check(
        &list(&ids),
        &list(&[&["x"], &ids[..39]].concat()),
        &format!(r#"{{"list":[[0,"d0",0,[{}]],[39,"d39",1,[]]]}}"#, doc("x")),
    );
    check(
        &list(&ids),
        &list(&[&ids[1..], &["x"]].concat()),
        &format!(r#"{{"list":[[0,"d0",1,[]],[40,null,0,[{}]]]}}"#, doc("x")),
    );
    // Others in their place, in two spots, and one that changes between them.
    let new = list(&[&["x"], &ids[2..20], &["y"], &ids[21..]].concat());
    let new = new.replacen(r#""d10","rank":0"#, r#""d10","rank":7"#, 1);
    check(
        &list(&ids),
        &new,
        &format!(
            r#"{{"list":[[0,"d0",2,[{}]],[10,"d10",{{"set":{{"rank":7}}}}],[20,"d20",1,[{}]]]}}"#,
            doc("x"),
            doc("y")
        ),
    );
}

#[test]
fn a_document_that_moved_up_may_have_changed_and_so_may_those_that_stayed() {
    let old = list(&["a", "b", "c", "d"]);
    let new = format!(
        "[{},{},{},{}]",
        document("d", 1),
        document("a", 0),
        document("b", 2),
        document("c", 0)
    );
    let expected = format!(
        r#"{{"list":[[0,"a",0,[{}]],[1,"b",{{"set":{{"rank":2}}}}],[3,"d",1,[]]]}}"#,
        document("d", 1)
    );
    check(&old, &new, &expected);
}

#[test]
fn neighbours_that_are_replaced_share_an_entry() {
    let old = r#"[{"_id":"a","n":1},{"_id":"b","n":2},{"_id":"c","n":3},{"_id":"d","n":4},{"_id":"e","n":5}]"#;
    let new = r#"[{"_id":"x","n":1},{"_id":"y","n":2},{"_id":"b","n":2},{"_id":"c","n":3},{"_id":"e","n":5}]"#;
    check(
        old,
        new,
        r#"{"list":[[0,"a",1,[{"_id":"x","n":1},{"_id":"y","n":2}]],[3,"d",1,[]]]}"#,
    );
    // The second would be smaller alone by a delta, but not by an entry of its own.
    let old = r#"[{"_id":"tasks_1","x":1},{"_id":"tasks_2","n":"aaaaaaaaaaa"},{"_id":"tasks_3","n":1},{"_id":"tasks_4","n":1}]"#;
    let new = r#"[{"_id":"tasks_9","x":1},{"_id":"tasks_2","n":"bbbbbbbbbbb"},{"_id":"tasks_3","n":1},{"_id":"tasks_4","n":1}]"#;
    check(
        old,
        new,
        r#"{"list":[[0,"tasks_1",2,[{"_id":"tasks_9","x":1},{"_id":"tasks_2","n":"bbbbbbbbbbb"}]]]}"#,
    );
}

#[test]
fn other_lists_keep_what_they_begin_and_end_with() {
    let of = |middle: &str| format!(r#"["one","two","three",{middle}"five","six","seven"]"#);
    check(
        &of(""),
        &of(r#""four","#),
        r#"{"list":[[3,null,0,["four"]]]}"#,
    );
    check(&of(r#""four","#), &of(""), r#"{"list":[[3,null,1,[]]]}"#);
    check(&of("4,4,"), &of("5,"), r#"{"list":[[3,null,2,[5]]]}"#);
    check(
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
        "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
        r#"{"list":[[14,null,0,[1]]]}"#,
    );
}

#[test]
fn numbers_that_begin_or_end_alike_are_not_the_same() {
    let of = |number: &str| format!("[100000,200000,300000,400000,{number},500000,600000,700000]");
    check(&of("12"), &of("1"), r#"{"list":[[4,null,1,[1]]]}"#);
    check(&of("1"), &of("12"), r#"{"list":[[4,null,1,[12]]]}"#);
    check(&of("12"), &of("2"), r#"{"list":[[4,null,1,[2]]]}"#);
    check(&of("12,2"), &of("1,2"), r#"{"list":[[4,null,1,[1]]]}"#);
}

#[test]
fn the_one_changed_element_of_another_list_is_changed_by_a_delta() {
    let of = |n: u32| {
        format!(r#"[["the first","row"],{{"n":{n},"text":"of the second row"}},["last"]]"#)
    };
    check(&of(1), &of(2), r#"{"list":[[1,null,{"set":{"n":2}}]]}"#);
}

#[test]
fn ids_that_occur_twice_are_no_ids() {
    let old = list(&["a", "b", "b", "c", "d", "e"]);
    let new = list(&["a", "c", "b", "b", "d", "e"]);
    let docs = ["c", "b", "b"].map(|id| document(id, 0)).join(",");
    check(&old, &new, &format!(r#"{{"list":[[1,"b",3,[{docs}]]]}}"#));
}

#[test]
fn members_are_set_unset_and_changed() {
    check(
        r#"{"kept":"a text that makes a delta pay","gone":1,"was":1,"in":{"n":1,"text":"another of those"}}"#,
        r#"{"kept":"a text that makes a delta pay","was":[],"in":{"n":2,"text":"another of those"},"new":{}}"#,
        r#"{"set":{"was":[],"new":{}},"unset":["gone"],"change":{"in":{"set":{"n":2}}}}"#,
    );
    check(
        r#"{"a\"b":1,"k":"a text that makes a delta pay"}"#,
        r#"{"a\"b":2,"k":"a text that makes a delta pay"}"#,
        r#"{"set":{"a\"b":2}}"#,
    );
}

#[test]
fn the_order_of_members_means_nothing() {
    check(r#"{"a":1,"b":2,"c":3}"#, r#"{"c":3,"a":1,"b":2}"#, "{}");
}

#[test]
fn pages_are_changed_inside() {
    let page = |ids: &[&str], end: &str| {
        let items = list(ids);
        format!(r#"{{"items":{items},"endCursor":"{end}","isDone":false}}"#)
    };
    check(
        &page(&["a", "b", "c"], "one"),
        &page(&["a", "c"], "two"),
        r#"{"set":{"endCursor":"two"},"change":{"items":{"list":[[1,"b",1,[]]]}}}"#,
    );
}

#[test]
fn big_integers_and_bytes_are_replaced() {
    let of = |n: u32| {
        format!(
            r#"{{"big":{{"$bigint":"900719925474099{n}"}},"bytes":{{"$bytes":"APv{n}"}},"text":"a text that makes a delta pay"}}"#
        )
    };
    check(
        &of(1),
        &of(2),
        r#"{"set":{"big":{"$bigint":"9007199254740992"},"bytes":{"$bytes":"APv2"}}}"#,
    );
}

#[test]
fn one_document_of_a_thousand_costs_itself_and_60_bytes() {
    let documents = |rank: u32, text: &str| {
        let documents: Vec<String> = (0..1_000)
            .map(|n| {
                let (rank, text) = if n == 777 { (rank, text) } else { (0, "x") };
                let text = text.repeat(220);
                format!(r#"{{"_id":"tasks_01kaq3v9{n:018}","rank":{rank},"text":"{text}"}}"#)
            })
            .collect();
        (format!("[{}]", documents.join(",")), documents[777].len())
    };
    let (old, document_bytes) = documents(0, "x");
    assert!(document_bytes > 280);
    let delta_bytes = |new: &str| delta(&old, new).unwrap().len();
    // A field, a document whose every field is another, and one that is new.
    assert!(delta_bytes(&documents(1, "x").0) < 80);
    assert!(delta_bytes(&documents(1, "y").0) <= document_bytes + 60);
    let renamed = old.replace("000000000000000777", "000000000000001777");
    assert!(delta_bytes(&renamed) <= document_bytes + 60);
}

#[test]
fn a_delta_is_nested_no_deeper_than_can_be_read() {
    // The innermost number changes; each level around it has something that a delta leaves out.
    for (opening, closing) in [
        ("[PAYS,", "]"),
        (r#"{"a":PAYS,"k":"#, "}"),
        (r#"[PAYS,{"a":PAYS,"k":"#, "}]"),
        (r#"[{"_id":"a","a":PAYS,"k":"#, "}]"),
        (r#"{"a":PAYS,"k":[PAYS,"#, "]}"),
    ] {
        let times = 98 / closing.len();
        let of = |n: u32| {
            let opening = opening.replace("PAYS", r#""a text that makes a delta pay""#);
            let (opening, closing) = (opening.repeat(times), closing.repeat(times));
            format!(r#"{opening}[{n}]{closing}"#)
        };
        let delta = delta(&of(1), &of(2)).unwrap();
        let message = format!(r#"{{"queries":[{{"deltas":[{delta}]}}]}}"#);
        serde_json::from_str::<Value>(&message).unwrap();
    }
}

#[test]
fn no_text_makes_it_panic() {
    let text = r#"[{"_id":"a","b":[1,"\"]}"],"c":{}},{"_id":"b","$":null},[]]"#;
    let other = r#"[{"_id":"b","b":[2,"\\]}"],"c":[]},{"_id":"a","$":"ä"}]"#;
    for end in 0..=text.len() {
        for start in 0..end {
            diff(&text[start..end], other);
            diff(other, &text[start..end]);
        }
    }
}
