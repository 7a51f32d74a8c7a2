//! Calls of the fixture's functions, a few bytes of input each.

use serde_json::{Value, json};
use suite_fixture::catalogue::{
    Bounds, Change, Compound, Condition, Direction, Is, Kind, Part, Plan, Product, ProductPatch,
    Shape, Source, Target, Want,
};
use zeroback::{BigInt, Bytes, Id, Timestamp};
use zeroback_protocol::encode;

use crate::input::Input;

/// A function's path, and its arguments.
pub(crate) type Call = (&'static str, Value);

/// What would make the fixture itself allocate or recurse as much as its caller says.
const UNBOUNDED: [&str; 5] = [
    "blobs:put",
    "values:graft",
    "values:long",
    "values:plant",
    "values:replant",
];

/// Tells whether a function can be called with whatever arguments.
pub(crate) fn is_bounded(path: &str) -> bool {
    !UNBOUNDED.contains(&path)
}

/// Names a list, a counter, or a record: there are few, so that calls meet.
fn name(input: &mut Input<'_>) -> &'static str {
    input.choice::<&str>(&["a", "b", "c"])
}

/// A small number, sometimes none that is small.
fn number(input: &mut Input<'_>) -> i64 {
    match input.byte() {
        255 => (1 << 53) - 1,
        254 => -(1 << 53) + 1,
        byte => i64::from(byte % 16) - 4,
    }
}

fn text(input: &mut Input<'_>) -> String {
    let byte = input.byte();
    let some = ["", "x", "green tea", "\u{1f600}", "\"\\\n\0", "_id"];
    some[usize::from(byte) % some.len()].repeat(usize::from(byte / 32))
}

/// A document that was written before, or an id that none has.
fn id<'i>(input: &mut Input<'_>, known: &'i [String], other: &'i str) -> &'i str {
    match known.len() {
        0 => other,
        count => &known[input.below(count)],
    }
}

/// An item that there never was.
const NO_ITEM: &str = "items_00000000000000000000000000";

/// A query; `known` has the ids of items.
pub(crate) fn query(input: &mut Input<'_>, known: &[String]) -> Call {
    let list = name(input);
    match input.below(24) {
        0 | 1 => ("items:all", json!({ "list": list })),
        2 => {
            let (count, descending) = (input.below(6), input.below(2) == 1);
            let args = json!({ "list": list, "count": count, "descending": descending });
            ("items:take", args)
        }
        3 => (
            "items:count",
            json!({ "list": list, "isDone": input.below(2) == 1 }),
        ),
        4 => ("items:notes", json!({ "list": list })),
        5 => (
            "items:note_below",
            json!({ "list": list, "note": text(input) }),
        ),
        6 => ("items:with_note", json!({ "list": list, "note": null })),
        7 => {
            let (from, to) = (number(input), number(input));
            (
                "items:between",
                json!({ "list": list, "from": from, "to": to }),
            )
        }
        8 => ("items:only", json!({ "list": list, "rank": number(input) })),
        9 => ("items:get", json!({ "id": id(input, known, NO_ITEM) })),
        10 | 11 => ("counters:value", json!({ "name": list })),
        12 => ("counters:is_odd", json!({ "name": list })),
        13 => ("failing:panics_below_zero", json!({ "name": list })),
        14 => ("failing:with_data", json!({})),
        15 => (
            "failing:with_standard_error",
            json!({ "text": text(input) }),
        ),
        16 => ("values:text", json!({ "text": text(input) })),
        17 => (
            "items:count_often",
            json!({ "list": list, "times": input.byte() }),
        ),
        18 => ("secret:reveal", json!({})),
        19 => ("archives:all", json!({})),
        20 => ("archives:find", json!({ "text": text(input) })),
        21 => ("catalogue:page", page(input, list)),
        22 => ("catalogue:read", read(input, list)),
        _ => ("marker", json!({})),
    }
}

/// A mutation; `known` has the ids of items.
pub(crate) fn mutation(input: &mut Input<'_>, known: &[String]) -> Call {
    let list = name(input);
    match input.below(20) {
        0 | 1 => {
            let (rank, title) = (number(input), text(input));
            let is_done = input.below(2) == 1;
            let args = json!({ "list": list, "rank": rank, "title": title, "isDone": is_done });
            ("items:add", args)
        }
        2 => ("items:push", json!({ "list": list, "title": text(input) })),
        3 => {
            let ranks: Vec<_> = (0..input.below(8)).map(|_| number(input)).collect();
            ("items:add_ranks", json!({ "list": list, "ranks": ranks }))
        }
        4 => {
            let patch = json!({ "title": text(input), "note": text(input) });
            (
                "items:patch",
                json!({ "id": id(input, known, NO_ITEM), "patch": patch }),
            )
        }
        5 => {
            let id = id(input, known, NO_ITEM);
            ("items:shift", json!({ "id": id, "by": number(input) }))
        }
        6 => ("items:remove", json!({ "id": id(input, known, NO_ITEM) })),
        7 | 8 => ("counters:add", json!({ "name": list, "by": number(input) })),
        9 => {
            let args = json!({ "first": list, "second": name(input), "by": number(input) });
            ("counters:add_both", args)
        }
        10 => ("failing:fails_after_writing", json!({ "name": list })),
        11 => ("failing:panics_after_writing", json!({ "name": list })),
        12 => (
            "failing:returns_nonsense_after_writing",
            json!({ "name": list }),
        ),
        13 => ("failing:ignores_failures", json!({ "name": list })),
        14 => (
            "failing:transfer",
            json!({ "name": list, "count": number(input) }),
        ),
        15 => {
            let rank = number(input);
            let args = json!({ "slug": list, "rank": rank, "text": text(input) });
            ("archives:add", args)
        }
        16 => ("writes:then_reads", json!({ "list": list })),
        17 => {
            let product = product(list, &text(input), number(input));
            ("catalogue:add", json!({ "product": encoded(&product) }))
        }
        18 => {
            let changes: Vec<_> = (0..input.below(4)).map(|_| change(input, list)).collect();
            ("catalogue:write", json!({ "changes": encoded(&changes) }))
        }
        _ => ("no:such", json!({})),
    }
}

fn page(input: &mut Input<'_>, list: &str) -> Value {
    let limit = input.below(5);
    json!({ "plan": encoded(&plan(input, list)), "page": { "limit": limit } })
}

fn read(input: &mut Input<'_>, list: &str) -> Value {
    let wants = [
        Want::All,
        Want::Take(2),
        Want::First,
        Want::Unique,
        Want::Count,
        Want::Iter(3),
    ];
    let want = *input.choice(&wants);
    json!({ "plan": encoded(&plan(input, list)), "want": encoded(&want) })
}

/// No search: in which order it finds things depends on all documents there are.
pub(crate) fn plan(input: &mut Input<'_>, list: &str) -> Plan {
    let nick = || Some("x".to_owned());
    let rank = number(input);
    let source = match input.below(10) {
        0 => Source::Whole,
        1 => Source::ByRank(Bounds::All),
        2 => Source::ByRank(Bounds::Between(-1, true, rank, false)),
        3 => Source::ByNick(Bounds::Equal(None)),
        4 => Source::ByNick(Bounds::From(nick(), true)),
        5 => Source::ByNickStockRank(Compound::Nick(Bounds::All)),
        6 => Source::ByNickStockRank(Compound::Rank(nick(), None, Bounds::From(rank, false))),
        7 => Source::ByPrice(Bounds::To(0.5, true)),
        8 => Source::BySlug(Bounds::Equal(text(input))),
        _ => Source::ByWeightAlone(Bounds::All),
    };
    let filter = match input.below(6) {
        0 => Some(Condition::Rank(Is::Ge(rank))),
        1 => Some(Condition::TextContains("x".to_owned())),
        2 => Some(Condition::Not(Box::new(Condition::NickIsNull))),
        _ => None,
    };
    let direction = match input.below(2) {
        0 => Direction::Ascending,
        _ => Direction::Descending,
    };
    Plan {
        label: 0,
        list: list.to_owned(),
        source,
        filter,
        direction,
    }
}

fn change(input: &mut Input<'_>, list: &str) -> Change {
    let target = Target::New(u32::from(input.byte() % 3));
    let kind = match input.below(6) {
        0 | 1 => Kind::Insert(Box::new(product(list, &text(input), number(input)))),
        2 => {
            let patch = ProductPatch {
                nick: Some(Some(text(input))),
                weight: Some(None),
                ..ProductPatch::default()
            };
            Kind::Patch(target, Box::new(patch))
        }
        3 => Kind::Update(target, number(input), text(input)),
        4 => Kind::Delete(target),
        _ => Kind::Fail,
    };
    let is_attempt = input.below(2) == 1;
    Change { kind, is_attempt }
}

/// A product in which little is special.
pub(crate) fn product(list: &str, slug: &str, rank: i64) -> Product {
    Product {
        list: list.to_owned(),
        text: slug.to_owned(),
        rank,
        price: 0.25,
        flag: rank % 2 == 0,
        nick: (rank % 3 == 0).then(|| "x".to_owned()),
        stock: (rank % 4 == 0).then_some(rank),
        weight: (rank % 5 != 0).then_some(1.5),
        parent: None::<Id<Product>>,
        since: Timestamp::from_unix_ms(0),
        shape: Shape::Round,
        big: BigInt(rank),
        big_maybe: None,
        code: Bytes::from([7]),
        part: Part {
            color: "red".to_owned(),
            size: 0,
            note: None,
            inner: None,
        },
        spare: None,
        tags: Vec::new(),
        sizes: vec![rank],
        slug: slug.to_owned(),
        badge: None,
        aisle: None,
        place: rank,
        title: slug.to_owned(),
        summary: None,
    }
}

pub(crate) fn encoded(value: &impl serde::Serialize) -> Value {
    let text = encode(value).expect("arguments can be encoded");
    serde_json::from_str(&text).expect("what is encoded is JSON")
}
