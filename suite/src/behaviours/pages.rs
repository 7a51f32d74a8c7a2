//! Pages: cursors lead on, and to nowhere else; what is between two of them is a page, whatever
//! comes and goes.

use serde_json::{Value, json};
use suite_fixture::catalogue::{
    Bounds, Compound, Condition, Direction, Is, Plan, ProductPatch, Source,
};
use zeroback_protocol::WireError;

use super::chapter;
use crate::catalogue::shop::Shop;
use crate::world::World;

chapter!("pages", Engine:
    pages_follow_each_other,
    pages_follow_each_other_through_ties_and_nothing,
    a_page_of_a_filter_is_full,
    a_page_between_cursors_keeps_what_comes,
    an_unchanged_page_is_not_told_again,
    a_page_that_has_grown_is_told_where_to_split,
    the_last_page_holds_what_comes_behind_it,
    a_page_may_lose_all_its_rows,
    a_page_must_hold_something,
    what_is_no_cursor_is_refused,
    a_changed_cursor_is_refused,
    a_cursor_of_another_query_is_refused,
    a_cursor_never_leads_out_of_the_range,
    a_cursor_says_nothing;
    Restart: a_cursor_outlives_a_restart,
);

/// A page as it is told.
struct Told {
    numbers: Vec<usize>,
    end: String,
    split: Option<String>,
    is_done: bool,
}

fn told(shop: &Shop, page: &Value) -> Told {
    Told {
        numbers: shop.numbers(&page["items"]),
        end: page["endCursor"].as_str().expect("a cursor").to_owned(),
        split: page["splitCursor"].as_str().map(str::to_owned),
        is_done: page["isDone"].as_bool().expect("a boolean"),
    }
}

fn args(plan: &Plan, limit: u32, cursor: Option<&str>, end: Option<&str>) -> Value {
    let plan = crate::catalogue::shop::args(plan);
    let page = json!({ "limit": limit, "cursor": cursor, "endCursor": end });
    json!({ "plan": plan, "page": page })
}

fn load(shop: &mut Shop, plan: &Plan, limit: u32, cursor: Option<&str>) -> Told {
    let page = shop
        .client
        .query("catalogue:page", args(plan, limit, cursor, None));
    told(shop, &page)
}

fn refusal(shop: &mut Shop, plan: &Plan, cursor: &str) -> WireError {
    let first = args(plan, 2, Some(cursor), None);
    let error = shop.client.query_in_vain("catalogue:page", first);
    let last = args(plan, 2, None, Some(cursor));
    assert_eq!(
        shop.client.query_in_vain("catalogue:page", last).code,
        error.code
    );
    error
}

/// Loads all pages of a plan.
fn all(shop: &mut Shop, plan: &Plan, limit: u32) -> Vec<Vec<usize>> {
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = load(shop, plan, limit, cursor.as_deref());
        pages.push(page.numbers);
        cursor = Some(page.end);
        if page.is_done {
            return pages;
        }
    }
}

fn ranked(world: &mut World<'_>, ranks: &[i64]) -> (Shop, Plan) {
    let mut shop = Shop::open(world);
    shop.add_all(ranks, |product, rank| product.rank = rank);
    let plan = shop.plan(Source::ByRank(Bounds::All));
    (shop, plan)
}

fn pages_follow_each_other(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[5, 1, 4, 2, 3]);
    assert_eq!(all(&mut shop, &plan, 2), [vec![1, 3], vec![4, 2], vec![0]]);
    assert_eq!(all(&mut shop, &plan, 5), [vec![1, 3, 4, 2, 0]]);
    assert_eq!(all(&mut shop, &plan, 1).len(), 5);
    assert_eq!(all(&mut shop, &plan, u32::MAX).len(), 1);
    let direction = Direction::Descending;
    let back = Plan { direction, ..plan };
    assert_eq!(all(&mut shop, &back, 2), [vec![0, 2], vec![4, 3], vec![1]]);
    let range = shop.plan(Source::ByRank(Bounds::Between(2, true, 5, false)));
    assert_eq!(all(&mut shop, &range, 2), [vec![3, 4], vec![2]]);
    let none = shop.plan(Source::ByRank(Bounds::From(9, true)));
    assert_eq!(all(&mut shop, &none, 2), [Vec::<usize>::new()]);
    let end = load(&mut shop, &none, 2, None).end;
    let behind = load(&mut shop, &none, 2, Some(&end));
    assert!(
        behind.numbers.is_empty() && behind.is_done,
        "behind the end is nothing"
    );
}

fn pages_follow_each_other_through_ties_and_nothing(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let nick = |nick: &str| Some(nick.to_owned());
    let rows = [
        (None, None),
        (nick("a"), None),
        (None, Some(1)),
        (nick("a"), Some(1)),
        (None, None),
        (nick("a"), Some(1)),
        (nick(""), Some(0)),
        (nick("a"), None),
    ];
    shop.add_all(&rows, |product, (nick, stock)| {
        (product.nick, product.stock) = (nick, stock);
    });
    let expected = [0, 4, 2, 6, 1, 7, 3, 5];
    for direction in [Direction::Ascending, Direction::Descending] {
        for limit in 1..5 {
            let source = Source::ByNickStockRank(Compound::Nick(Bounds::All));
            let plan = Plan {
                direction,
                ..shop.plan(source)
            };
            let mut found = all(&mut shop, &plan, limit).concat();
            if direction == Direction::Descending {
                found.reverse();
            }
            assert_eq!(found, expected, "{direction:?} by {limit}");
        }
    }
}

fn a_page_of_a_filter_is_full(world: &mut World<'_>) {
    let ranks: Vec<_> = (0..20).collect();
    let (mut shop, plan) = ranked(world, &ranks);
    let plan = Plan {
        filter: Some(Condition::Rank(Is::InList(vec![1, 8, 9, 15, 19]))),
        ..plan
    };
    assert_eq!(
        all(&mut shop, &plan, 2),
        [vec![1, 8], vec![9, 15], vec![19]]
    );
}

fn a_page_between_cursors_keeps_what_comes(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30, 40]);
    let first = load(&mut shop, &plan, 2, None);
    let second = load(&mut shop, &plan, 2, Some(&first.end));
    assert_eq!((first.numbers, second.is_done), (vec![0, 1], true));
    let live = |shop: &mut Shop, begin: Option<&str>, end: &str| {
        let args = args(&plan, 2, begin, Some(end));
        shop.client.subscribe("catalogue:page", args)
    };
    let one = live(&mut shop, None, &first.end);
    let two = live(&mut shop, Some(&first.end), &second.end);
    let held = |shop: &mut Shop| {
        shop.client.settle();
        [one, two].map(|query| {
            let page = shop.client.result(query);
            shop.numbers(&page["items"])
        })
    };
    assert_eq!(held(&mut shop), [vec![0, 1], vec![2, 3]]);
    // The first page ends with the row of rank 20, wherever that row goes.
    shop.add_all(&[20, 19, 21, 50, -1], |product, rank| product.rank = rank);
    assert_eq!(held(&mut shop), [vec![8, 0, 5, 1], vec![4, 6, 2, 3, 7]]);
    shop.delete(1);
    assert_eq!(held(&mut shop), [vec![8, 0, 5], vec![4, 6, 2, 3, 7]]);
    let far = ProductPatch {
        rank: Some(99),
        ..ProductPatch::default()
    };
    shop.patch(0, far);
    assert_eq!(held(&mut shop), [vec![8, 5], vec![4, 6, 2, 3, 7, 0]]);
}

fn an_unchanged_page_is_not_told_again(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    let first = load(&mut shop, &plan, 2, None);
    let args = args(&plan, 2, None, Some(&first.end));
    let live = shop.client.subscribe("catalogue:page", args);
    let page = shop.client.result(live);
    assert_eq!(page["endCursor"], first.end);
    assert_eq!(told(&shop, &page).numbers, first.numbers);
    let again = load(&mut shop, &plan, 2, None);
    assert_eq!(again.end, first.end, "the same place has the same cursor");
    shop.client.settle();
    shop.add(|product| product.rank = 25);
    assert!(shop.client.settle().is_empty());
}

fn a_page_that_has_grown_is_told_where_to_split(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    let first = load(&mut shop, &plan, 2, None);
    let between = |shop: &mut Shop, begin: Option<&str>, end: &str| {
        let page = shop
            .client
            .query("catalogue:page", args(&plan, 2, begin, Some(end)));
        told(shop, &page)
    };
    shop.add_all(&[11, 12], |product, rank| product.rank = rank);
    let page = between(&mut shop, None, &first.end);
    assert_eq!((page.numbers.len(), page.split), (4, None));
    shop.add(|product| product.rank = 13);
    let page = between(&mut shop, None, &first.end);
    assert_eq!(page.numbers, [0, 3, 4, 5, 1]);
    let split = page.split.expect("it has grown above twice its limit");
    let halves = [
        between(&mut shop, None, &split),
        between(&mut shop, Some(&split), &first.end),
    ];
    let numbers = halves.map(|half| half.numbers);
    assert_eq!(numbers, [vec![0, 3], vec![4, 5, 1]]);
}

fn the_last_page_holds_what_comes_behind_it(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10]);
    let only = load(&mut shop, &plan, 2, None);
    assert!(only.is_done);
    let args = args(&plan, 2, None, Some(&only.end));
    let live = shop.client.subscribe("catalogue:page", args);
    shop.add_all(&[20, 5], |product, rank| product.rank = rank);
    let page = shop.client.result(live);
    assert_eq!(told(&shop, &page).numbers, [2, 0, 1]);
    assert_eq!(page["isDone"], true);
}

fn a_page_may_lose_all_its_rows(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    let first = load(&mut shop, &plan, 1, None);
    let second = load(&mut shop, &plan, 1, Some(&first.end));
    shop.delete(1);
    let page = shop.client.query(
        "catalogue:page",
        args(&plan, 1, Some(&first.end), Some(&second.end)),
    );
    let page = told(&shop, &page);
    assert_eq!((page.numbers, page.is_done), (vec![], false));
    assert_eq!(load(&mut shop, &plan, 1, Some(&second.end)).numbers, [2]);
    let page = shop.client.query(
        "catalogue:page",
        args(&plan, 1, Some(&second.end), Some(&first.end)),
    );
    assert!(
        told(&shop, &page).numbers.is_empty(),
        "it ends before it begins"
    );
}

fn a_page_must_hold_something(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10]);
    let none = args(&plan, 0, None, None);
    let error = shop.client.query_in_vain("catalogue:page", none);
    assert_eq!(error.code.as_str(), "invalid");
}

/// What somebody might try.
const NO_CURSORS: [&str; 12] = [
    "",
    " ",
    "null",
    "AAAA",
    "{\"k\":[]}",
    "eyJlIjpudWxsfQ",
    "' OR 1=1 --",
    "\0",
    "é",
    "=",
    "../../etc/passwd",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

fn what_is_no_cursor_is_refused(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    for cursor in NO_CURSORS {
        let error = refusal(&mut shop, &plan, cursor);
        assert_eq!(error.code.as_str(), "bad_cursor", "{cursor:?}");
    }
    let error = refusal(&mut shop, &plan, &"A".repeat(100_000));
    assert_eq!(error.code.as_str(), "bad_cursor");
    for cursor in [json!(1), json!({}), json!([])] {
        let mut args = args(&plan, 2, None, None);
        args["page"]["cursor"] = cursor;
        let error = shop.client.query_in_vain("catalogue:page", args);
        assert_eq!(error.code.as_str(), "bad_args");
    }
}

fn a_changed_cursor_is_refused(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    let cursor = load(&mut shop, &plan, 2, None).end;
    for at in (0..cursor.len()).step_by(7) {
        for put in ["A", "_", "", "AA"] {
            let mut changed = cursor.clone();
            changed.replace_range(at..=at, put);
            if changed != cursor {
                let error = refusal(&mut shop, &plan, &changed);
                assert_eq!(error.code.as_str(), "bad_cursor", "{changed}");
            }
        }
    }
    for changed in [
        format!("{cursor}A"),
        format!("{cursor}="),
        cursor[1..].to_owned(),
    ] {
        let error = refusal(&mut shop, &plan, &changed);
        assert_eq!(error.code.as_str(), "bad_cursor", "{changed}");
    }
}

fn a_cursor_of_another_query_is_refused(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    let cursor = load(&mut shop, &plan, 2, None).end;
    let direction = Direction::Descending;
    let others = [
        Plan {
            direction,
            ..plan.clone()
        },
        Plan {
            list: format!("{} other", plan.list),
            ..plan.clone()
        },
        Plan {
            filter: Some(Condition::Rank(Is::Gt(0))),
            ..plan.clone()
        },
        shop.plan(Source::ByRank(Bounds::Equal(10))),
        shop.plan(Source::ByStock(Bounds::All)),
        shop.plan(Source::Whole),
        shop.search("x"),
    ];
    for other in others {
        let error = refusal(&mut shop, &other, &cursor);
        assert_eq!(error.code.as_str(), "bad_cursor", "{other:?}");
    }
    let of_another = args(&plan, 2, Some(&cursor), None);
    let error = shop
        .client
        .query_in_vain("catalogue:other_page", of_another);
    assert_eq!(error.code.as_str(), "bad_cursor", "of another function");
    assert_eq!(load(&mut shop, &plan, 2, Some(&cursor)).numbers, [2]);
}

fn a_cursor_never_leads_out_of_the_range(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 12, 20, 28, 30, 40]);
    let early = load(&mut shop, &plan, 1, None).end;
    let late = load(&mut shop, &plan, 5, None).end;
    for direction in [Direction::Ascending, Direction::Descending] {
        let forth = direction == Direction::Ascending;
        let (early, late) = if forth {
            (early.clone(), late.clone())
        } else {
            let back = Plan {
                direction,
                ..plan.clone()
            };
            let late = load(&mut shop, &back, 1, None).end;
            (late, load(&mut shop, &back, 5, None).end)
        };
        // The cursors stand before and behind it, and rows between them and it.
        let range = Plan {
            direction,
            ..shop.plan(Source::ByRank(Bounds::Equal(20)))
        };
        let error = refusal(&mut shop, &range, &early);
        assert_eq!(
            error.code.as_str(),
            "bad_cursor",
            "an equal value is another prefix"
        );
        let range = Plan {
            direction,
            ..shop.plan(Source::ByRank(Bounds::Between(15, true, 25, true)))
        };
        assert_eq!(load(&mut shop, &range, 9, Some(&early)).numbers, [2]);
        let until = args(&range, 9, Some(&early), Some(&late));
        let page = shop.client.query("catalogue:page", until);
        assert_eq!(told(&shop, &page).numbers, [2]);
        assert!(load(&mut shop, &range, 9, Some(&late)).numbers.is_empty());
    }
}

fn a_cursor_says_nothing(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&["sesame", "thyme", "woodruff"], |product, text| {
        product.text = text.to_owned();
    });
    let plan = shop.plan(Source::ByText(Bounds::All));
    let first = load(&mut shop, &plan, 1, None).end;
    let second = load(&mut shop, &plan, 2, None).end;
    for cursor in [&first, &second] {
        for word in ["sesame", "thyme", "c2VzYW1l", "dGh5bW"] {
            assert!(!cursor.contains(word));
        }
    }
    assert!(first[..8] != second[..8]);
}

fn a_cursor_outlives_a_restart(world: &mut World<'_>) {
    let (mut shop, plan) = ranked(world, &[10, 20, 30]);
    let cursor = load(&mut shop, &plan, 2, None).end;
    world.restart(crate::target::End::Stop);
    shop.client = world.client();
    assert_eq!(load(&mut shop, &plan, 2, Some(&cursor)).numbers, [2]);
}
