//! Unique indexes: no two rows with the same values, at any statement.

use serde_json::{Value, json};
use suite_fixture::catalogue::{Bounds, Kind, Product, ProductPatch, Source, Want};

use super::chapter;
use crate::catalogue::shop::{Shop, attempt, insert, must};
use crate::world::World;

chapter!("unique", Engine:
    a_second_row_with_the_same_value_is_refused,
    a_refusal_undoes_the_whole_mutation,
    an_author_may_catch_a_refusal_and_go_on,
    several_columns_are_unique_together,
    nothing_is_like_nothing_else,
    a_patch_a_replace_and_an_update_are_refused_too,
    a_row_may_be_written_onto_itself,
    what_is_gone_is_free_again,
    two_rows_cannot_swap_their_values,
    each_list_has_its_own,
    texts_that_only_look_alike_differ,
    a_refusal_runs_no_live_query_and_is_no_commit,
);

fn violation(index: &str) -> Value {
    json!({ "index": index, "table": "products" })
}

/// Shows that changes are refused because of an index.
#[track_caller]
fn refuses(shop: &mut Shop, changes: Vec<suite_fixture::catalogue::Change>, index: &str) {
    let error = shop.write_in_vain(changes);
    assert_eq!(error.code.as_str(), "unique_violation");
    let data = error.data.as_ref().map(crate::client::parsed);
    assert_eq!(data, Some(violation(index)));
    assert!(error.message.contains("products"), "{error}");
    assert!(error.message.contains(index), "{error}");
}

fn slugged(shop: &Shop, slug: &str) -> Product {
    Product {
        slug: slug.to_owned(),
        ..shop.product()
    }
}

fn slug(slug: &str) -> Box<ProductPatch> {
    Box::new(ProductPatch {
        slug: Some(slug.to_owned()),
        ..ProductPatch::default()
    })
}

fn all(shop: &mut Shop) -> Vec<usize> {
    shop.read(shop.plan(Source::BySlug(Bounds::All)), Want::All)
}

fn a_second_row_with_the_same_value_is_refused(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| product.slug = "a".to_owned());
    let same = slugged(&shop, "a");
    refuses(&mut shop, vec![insert(same)], "by_slug");
    shop.add(|product| product.slug = "b".to_owned());
    assert_eq!(all(&mut shop), [0, 1]);
    let found = shop.plan(Source::BySlug(Bounds::Equal("a".to_owned())));
    assert_eq!(shop.read(found, Want::Unique), [0]);
}

fn a_refusal_undoes_the_whole_mutation(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| product.slug = "a".to_owned());
    let changes = vec![
        insert(slugged(&shop, "b")),
        must(Kind::Patch(shop.target(0), slug("c"))),
        insert(slugged(&shop, "b")),
    ];
    refuses(&mut shop, changes, "by_slug");
    let found = shop.plan(Source::BySlug(Bounds::Equal("a".to_owned())));
    assert_eq!(shop.read(found, Want::All), [0]);
    assert_eq!(all(&mut shop), [0]);
}

fn an_author_may_catch_a_refusal_and_go_on(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| {
        product.slug = "a".to_owned();
        product.title = "milk".to_owned();
    });
    let same = Product {
        title: "milk".to_owned(),
        ..slugged(&shop, "a")
    };
    let other = Product {
        title: "milk".to_owned(),
        ..slugged(&shop, "b")
    };
    let changes = vec![
        attempt(Kind::Insert(Box::new(same))),
        insert(other),
        attempt(Kind::Patch(
            suite_fixture::catalogue::Target::New(0),
            slug("a"),
        )),
    ];
    let steps = shop.write(changes);
    assert_eq!(steps[0], json!({ "failed": "unique_violation" }));
    assert_eq!(steps[2], json!({ "failed": "unique_violation" }));
    let id = steps[1]["done"]["_id"].as_str().expect("an id");
    shop.ids.push(id.parse().expect("an id"));
    assert_eq!(all(&mut shop), [0, 1]);
    shop.check_search("milk", &[0, 1]);
}

fn several_columns_are_unique_together(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let places = [(Some(1), 1), (Some(1), 2), (Some(2), 1)];
    shop.add_all(&places, |product, (aisle, place)| {
        (product.aisle, product.place) = (aisle, place);
    });
    let same = Product {
        aisle: Some(2),
        place: 1,
        ..shop.product()
    };
    refuses(&mut shop, vec![insert(same)], "by_shelf");
}

fn nothing_is_like_nothing_else(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(
        &[(None, 1), (None, 1), (Some(0), 1)],
        |product, (aisle, place)| {
            (product.aisle, product.place) = (aisle, place);
        },
    );
    shop.add(|product| product.badge = Some("x".to_owned()));
    assert_eq!(all(&mut shop), [0, 1, 2, 3]);
    let without = shop.plan(Source::ByBadge(Bounds::Equal(None)));
    assert_eq!(shop.read(without, Want::All), [0, 1, 2]);
    let same = Product {
        badge: Some("x".to_owned()),
        ..shop.product()
    };
    refuses(&mut shop, vec![insert(same)], "by_badge");
    let without = ProductPatch {
        badge: Some(None),
        ..ProductPatch::default()
    };
    shop.patch(3, without);
    let without = shop.plan(Source::ByBadge(Bounds::Equal(None)));
    assert_eq!(shop.count(without), 4);
}

fn a_patch_a_replace_and_an_update_are_refused_too(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&["a", "b"], |product, slug| product.slug = slug.to_owned());
    let same = Box::new(slugged(&shop, "a"));
    let target = shop.target(1);
    let changes = [Kind::Patch(target, slug("a")), Kind::Replace(target, same)];
    for kind in changes {
        refuses(&mut shop, vec![must(kind)], "by_slug");
    }
    let found = shop.plan(Source::BySlug(Bounds::Equal("b".to_owned())));
    assert_eq!(shop.read(found, Want::All), [1]);
}

fn a_row_may_be_written_onto_itself(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| {
        product.slug = "a".to_owned();
        product.badge = Some("x".to_owned());
        (product.aisle, product.place) = (Some(1), 1);
    });
    let itself = Product {
        badge: Some("x".to_owned()),
        aisle: Some(1),
        place: 1,
        rank: 7,
        ..slugged(&shop, "a")
    };
    let target = shop.target(0);
    shop.write(vec![
        must(Kind::Patch(target, slug("a"))),
        must(Kind::Update(target, 1, "more".to_owned())),
        must(Kind::Replace(target, Box::new(itself))),
    ]);
    let found = shop.plan(Source::ByRank(Bounds::Equal(7)));
    assert_eq!(shop.read(found, Want::All), [0]);
}

fn what_is_gone_is_free_again(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&["a", "b"], |product, slug| product.slug = slug.to_owned());
    let (first, second) = (shop.target(0), shop.target(1));
    shop.write(vec![
        must(Kind::Delete(first)),
        must(Kind::Patch(second, slug("a"))),
    ]);
    shop.add(|product| product.slug = "b".to_owned());
    assert_eq!(all(&mut shop), [1, 2]);
}

fn two_rows_cannot_swap_their_values(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&["a", "b"], |product, slug| product.slug = slug.to_owned());
    let (first, second) = (shop.target(0), shop.target(1));
    let swap = vec![
        must(Kind::Patch(first, slug("b"))),
        must(Kind::Patch(second, slug("a"))),
    ];
    refuses(&mut shop, swap, "by_slug");
    shop.write(vec![
        must(Kind::Patch(first, slug("between"))),
        must(Kind::Patch(second, slug("a"))),
        must(Kind::Patch(first, slug("b"))),
    ]);
    assert_eq!(all(&mut shop), [1, 0]);
}

fn each_list_has_its_own(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| product.slug = "a".to_owned());
    let mut other = Shop::named(world, " other");
    other.add(|product| product.slug = "a".to_owned());
    let moved = ProductPatch {
        list: Some(shop.list.clone()),
        ..ProductPatch::default()
    };
    let target = other.target(0);
    let moved = vec![must(Kind::Patch(target, Box::new(moved)))];
    refuses(&mut other, moved, "by_slug");
}

fn texts_that_only_look_alike_differ(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let slugs = ["é", "e\u{301}", "a", "A", "a ", "a\0", "", "\0", "ａ"];
    shop.add_all(&slugs, |product, slug| {
        product.slug = slug.to_owned();
        product.badge = Some(slug.to_owned());
    });
    assert_eq!(all(&mut shop).len(), slugs.len());
    for (number, slug) in slugs.iter().enumerate() {
        let same = slugged(&shop, slug);
        refuses(&mut shop, vec![insert(same)], "by_slug");
        let found = shop.plan(Source::ByBadge(Bounds::Equal(Some((*slug).to_owned()))));
        assert_eq!(shop.read(found, Want::Unique), [number]);
    }
}

fn a_refusal_runs_no_live_query_and_is_no_commit(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|product| product.slug = "a".to_owned());
    let live = shop.watch(shop.plan(Source::BySlug(Bounds::All)), Want::All);
    assert_eq!(shop.held(live), [0]);
    shop.client.settle();
    let same = slugged(&shop, "a");
    let error = shop.write_in_vain(vec![insert(slugged(&shop, "b")), insert(same)]);
    assert_eq!(error.code.as_str(), "unique_violation");
    assert!(shop.client.settle().is_empty());
    assert_eq!(shop.held(live), [0]);
}
