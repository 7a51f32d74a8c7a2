//! Reading: counts, rows one by one, rows by many ids, and what is too much.

use serde_json::{Value, json};
use suite_fixture::catalogue::{Bounds, Source, Want};
use zeroback::Id;

use super::chapter;
use crate::catalogue::shop::Shop;
use crate::world::World;

chapter!("reading", Engine:
    so_many_are_taken,
    the_only_one_is_the_only_one,
    many_come_in_the_order_of_their_ids_with_repeats_and_gaps,
    an_iteration_sees_what_is_written_behind_its_place,
    an_iteration_of_few_rows_sees_it_too,
    an_iteration_sees_a_row_again_that_moves_behind_its_place,
    an_iteration_reads_more_than_it_reads_at_a_time,
    large_rows_are_counted_without_being_read,
);

fn so_many_are_taken(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[3, 1, 2], |product, rank| product.rank = rank);
    let plan = shop.plan(Source::ByRank(Bounds::All));
    for (want, expected) in [
        (Want::Take(0), &[][..]),
        (Want::Take(2), &[1, 2]),
        (Want::Take(3), &[1, 2, 0]),
        (Want::Take(u32::MAX), &[1, 2, 0]),
        (Want::First, &[1]),
        (Want::Iter(0), &[]),
        (Want::Iter(2), &[1, 2]),
        (Want::All, &[1, 2, 0]),
    ] {
        assert_eq!(shop.read(plan.clone(), want), expected, "{want:?}");
    }
    let none = shop.plan(Source::ByRank(Bounds::Equal(9)));
    for want in [
        Want::All,
        Want::First,
        Want::Unique,
        Want::Take(1),
        Want::Iter(1),
    ] {
        assert!(shop.read(none.clone(), want).is_empty(), "{want:?}");
    }
    assert_eq!(shop.count(none), 0);
}

fn the_only_one_is_the_only_one(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[1, 1, 2], |product, rank| product.rank = rank);
    let only = |rank| Source::ByRank(Bounds::Equal(rank));
    assert_eq!(shop.read(shop.plan(only(2)), Want::Unique), [2]);
    let error = shop.read_in_vain(shop.plan(only(1)), Want::Unique);
    assert_eq!(error.code.as_str(), "conflict");
    let live = shop.watch(shop.plan(only(1)), Want::Unique);
    assert_eq!(shop.client.failure(live).code.as_str(), "conflict");
    shop.delete(0);
    assert_eq!(shop.held(live), [1]);
}

fn many_come_in_the_order_of_their_ids_with_repeats_and_gaps(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&["a", "b", "c"], |product, text| {
        product.text = text.to_owned();
    });
    shop.delete(1);
    let many = |shop: &mut Shop, ids: &[Id<_>]| {
        let ids: Vec<_> = ids.iter().map(Id::to_string).collect();
        let many = shop
            .client
            .query("catalogue:get_many", json!({ "ids": ids }));
        let many = many.as_array().expect("a list").clone();
        many.iter()
            .map(|one| one["text"].clone())
            .collect::<Vec<Value>>()
    };
    let [a, b, c] = [shop.ids[0], shop.ids[1], shop.ids[2]];
    assert_eq!(
        many(&mut shop, &[c, a, b, c]),
        [json!("c"), json!("a"), json!(null), json!("c")]
    );
    assert_eq!(many(&mut shop, &[b, b]), [json!(null), json!(null)]);
    assert_eq!(many(&mut shop, &[]), Vec::<Value>::new());
    let often: Vec<_> = (0..500).map(|at| if at % 2 == 0 { a } else { c }).collect();
    let found = many(&mut shop, &often);
    assert_eq!((found.len(), &found[499]), (500, &json!("c")));
    let ids: Vec<_> = shop.ids.iter().map(Id::to_string).collect();
    let live = shop
        .client
        .subscribe("catalogue:get_many", json!({ "ids": ids }));
    assert_eq!(shop.client.result(live)[0]["rank"], 0);
    let rank = suite_fixture::catalogue::ProductPatch {
        rank: Some(4),
        ..suite_fixture::catalogue::ProductPatch::default()
    };
    shop.patch(0, rank);
    assert_eq!(shop.client.result(live)[0]["rank"], 4);
}

fn an_iteration_sees_what_is_written_behind_its_place(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let ranks: Vec<_> = (0..64).collect();
    shop.add_all(&ranks, |product, rank| product.rank = rank);
    let grow = |by: i64| json!({ "list": shop.list, "by": by, "countMax": 100 });
    let (back, forth) = (grow(-1_000), grow(100));
    assert_eq!(shop.client.mutate("catalogue:grow", back), json!(ranks));
    let seen = shop.client.mutate("catalogue:grow", forth);
    let seen: Vec<_> = seen.as_array().expect("a list").clone();
    // Those before it are seen too by now; and it has an end, since not all add another.
    let expected: Vec<_> = (-1_000..-936).chain(0..64).collect();
    assert_eq!(
        seen[..64],
        expected[..64]
            .iter()
            .map(|at| json!(at))
            .collect::<Vec<_>>()
    );
    assert!(seen.len() > 128, "{seen:?}");
    let mut sorted = seen.clone();
    sorted.sort_by_key(Value::as_i64);
    assert_eq!(seen, sorted);
}

fn an_iteration_of_few_rows_sees_it_too(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| product.rank = 1);
    let grow = |by: i64| json!({ "list": shop.list, "by": by, "countMax": 70 });
    let (back, forth) = (grow(-1), grow(1));
    assert_eq!(shop.client.mutate("catalogue:grow", back), json!([1]));
    let seen = shop.client.mutate("catalogue:grow", forth);
    assert_eq!(
        seen.as_array().map(|seen| seen.len() > 69),
        Some(true),
        "{seen}"
    );
}

fn an_iteration_sees_a_row_again_that_moves_behind_its_place(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let ranks: Vec<_> = (0..100).collect();
    shop.add_all(&ranks, |product, rank| product.rank = rank);
    let args = json!({ "list": shop.list, "times": 3 });
    let seen = shop.client.mutate("catalogue:rotate", args);
    let expected: Vec<_> = (0..100).chain(1_000..1_003).collect();
    assert_eq!(seen, json!(expected));
}

fn an_iteration_reads_more_than_it_reads_at_a_time(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let ranks: Vec<_> = (0..130).map(|at| at % 7).collect();
    shop.add_all(&ranks, |product, rank| product.rank = rank);
    let plan = shop.plan(Source::ByRank(Bounds::All));
    let all = shop.read(plan.clone(), Want::All);
    assert_eq!(shop.read(plan.clone(), Want::Iter(u32::MAX)), all);
    for count in [63, 64, 65, 128, 129] {
        assert_eq!(
            shop.read(plan.clone(), Want::Iter(count)),
            all[..count as usize]
        );
    }
}

fn large_rows_are_counted_without_being_read(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let large = "x".repeat((1 << 20) - 2_000);
    // Together more than a function may read.
    for _ in 0..17 {
        shop.add(|product| product.text.clone_from(&large));
    }
    let plan = shop.plan(Source::ByRank(Bounds::All));
    assert_eq!(shop.count(plan.clone()), 17);
    assert_eq!(shop.read(plan.clone(), Want::Take(5)), [0, 1, 2, 3, 4]);
    let error = shop.read_in_vain(plan, Want::All);
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("bytes read"), "{error}");
}
