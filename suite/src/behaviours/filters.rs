//! Filters: each operator on fields of each kind; a filter and its opposite share all rows.

use suite_fixture::catalogue::{Condition, Filling, Is, Part, Product, ProductPatch, Shape, Want};
use zeroback::Timestamp;

use super::chapter;
use crate::catalogue::shop::{Shop, part};
use crate::world::World;

chapter!("filters", Engine:
    texts_are_compared_by_their_bytes,
    integers_are_compared,
    numbers_are_compared,
    what_is_missing_equals_what_is_missing_and_is_in_no_order,
    booleans_enums_times_and_ids_are_compared,
    one_of_many_values_is_found,
    one_of_no_values_is_not_found,
    texts_that_begin_so_are_found,
    texts_that_hold_another_are_found,
    arrays_that_hold_an_element_are_found,
    fields_within_fields_are_compared,
    what_is_in_nothing_is_nothing,
    conditions_are_joined,
    a_filter_of_many_comparisons_is_taken_or_refused,
    a_live_filter_follows_what_passes_it,
);

fn text(text: &str) -> String {
    text.to_owned()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn texts_are_compared_by_their_bytes(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let texts = [
        "a",
        "A",
        "",
        "é",
        "e\u{301}",
        "a\0",
        "😀",
        "\u{10ffff}",
        "a'",
    ];
    shop.add_all(&texts, |product, text| {
        product.text = text.to_owned();
        // The same without a column.
        product.part.color = text.to_owned();
    });
    let cases = [
        (Is::Eq(text("a")), &[0][..]),
        (Is::Eq(text("é")), &[3]),
        (Is::Ne(text("a")), &[1, 2, 3, 4, 5, 6, 7, 8]),
        (Is::Lt(text("a")), &[1, 2]),
        (Is::Le(text("a")), &[0, 1, 2]),
        (Is::Gt(text("é")), &[6, 7]),
        (Is::Ge(text("a\0")), &[3, 4, 5, 6, 7, 8]),
        (Is::Gt(text("\u{10ffff}")), &[]),
        (Is::InList(vec![text("\0"), text("a'"), text("")]), &[2, 8]),
    ];
    for (is, expected) in cases {
        shop.check_filter(Condition::Text(is.clone()), expected);
        shop.check_filter(Condition::PartColor(is), expected);
    }
}

fn integers_are_compared(world: &mut World<'_>) {
    const MAX: i64 = (1 << 53) - 1;
    let mut shop = Shop::open(world);
    shop.add_all(&[0, MAX, -MAX, MAX - 1, 10], |product, rank| {
        product.rank = rank;
        product.part.size = rank;
    });
    let cases = [
        (Is::Eq(MAX), &[1][..]),
        (Is::Ne(MAX - 1), &[0, 1, 2, 4]),
        (Is::Lt(10), &[0, 2]),
        (Is::Le(10), &[0, 2, 4]),
        (Is::Gt(MAX - 1), &[1]),
        (Is::Ge(MAX - 1), &[1, 3]),
        (Is::InList(vec![-MAX, 0, 7]), &[0, 2]),
    ];
    for (is, expected) in cases {
        shop.check_filter(Condition::Rank(is.clone()), expected);
        shop.check_filter(Condition::PartSize(is), expected);
    }
}

fn numbers_are_compared(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let numbers = [1e18, 0.1 + 0.2, 0.3, -0.0, 5e-324, 1e21, f64::MAX, 2.0];
    shop.add_all(&numbers, |product, price| {
        product.price = price;
        product.part.inner = Some(Filling {
            depth: price,
            at: None,
        });
    });
    let cases = [
        (Is::Eq(1e18), &[0][..]),
        (Is::Eq(0.3), &[2]),
        (Is::Eq(0.0), &[3]),
        (Is::Eq(2.0), &[7]),
        (Is::Gt(1e18), &[5, 6]),
        (Is::Gt(0.0), &[0, 1, 2, 4, 5, 6, 7]),
        (Is::Ge(-0.0), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (Is::Lt(5e-324), &[3]),
        (Is::Ge(1e21), &[5, 6]),
        (
            Is::InList(vec![1e21, 0.3, 1e18, 2.0, -0.0]),
            &[0, 2, 3, 5, 7],
        ),
    ];
    for (is, expected) in cases {
        shop.check_filter(Condition::Price(is.clone()), expected);
        shop.check_filter(Condition::PartInnerDepth(is), expected);
    }
}

fn what_is_missing_equals_what_is_missing_and_is_in_no_order(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[some("a"), None, some(""), some("b")], |product, nick| {
        product.nick.clone_from(&nick);
        product.part.note = nick;
    });
    let cases = [
        (Is::Eq(None), &[1][..]),
        (Is::Ne(None), &[0, 2, 3]),
        (Is::Ne(some("a")), &[1, 2, 3]),
        (Is::Lt(some("b")), &[0, 2]),
        (Is::Ge(some("")), &[0, 2, 3]),
        (Is::Lt(None), &[]),
        (Is::Le(None), &[]),
        (Is::Gt(None), &[]),
        (Is::Ge(None), &[]),
        (Is::InList(vec![None, some("b")]), &[1, 3]),
        (Is::InList(vec![None]), &[1]),
        (Is::InList(vec![some("b")]), &[3]),
    ];
    for (is, expected) in cases {
        shop.check_filter(Condition::Nick(is.clone()), expected);
        shop.check_filter(Condition::PartNote(is), expected);
    }
    shop.check_filter(Condition::NickIsNull, &[1]);
    shop.check_filter(Condition::WeightIsNull, &[0, 1, 2, 3]);
    shop.check_filter(Condition::BigMaybeIsNull, &[0, 1, 2, 3]);
}

fn booleans_enums_times_and_ids_are_compared(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let parent = shop.add(|_| {});
    shop.add(|product| {
        product.flag = true;
        product.shape = Shape::Round;
        product.since = Timestamp::from_unix_ms(5);
        product.parent = Some(parent);
    });
    shop.check_filter(Condition::Flag(Is::Eq(true)), &[1]);
    shop.check_filter(Condition::Flag(Is::Lt(true)), &[0]);
    shop.check_filter(Condition::Flag(Is::InList(vec![true, false])), &[0, 1]);
    shop.check_filter(Condition::Shape(Is::Eq(Shape::Round)), &[1]);
    shop.check_filter(Condition::Shape(Is::Gt(Shape::Round)), &[0]);
    let shapes = vec![Shape::LongAndThin, Shape::Square];
    shop.check_filter(Condition::Shape(Is::InList(shapes)), &[0]);
    let time = Timestamp::from_unix_ms(5);
    shop.check_filter(Condition::Since(Is::Lt(time)), &[0]);
    shop.check_filter(Condition::Parent(Is::Eq(Some(parent))), &[1]);
    shop.check_filter(Condition::Parent(Is::Eq(None)), &[0]);
    shop.check_filter(Condition::Id(Is::Eq(parent)), &[0]);
    shop.check_filter(Condition::Id(Is::Gt(parent)), &[1]);
    let now = Condition::CreationTime(Is::Gt(Timestamp::from_unix_ms(1_600_000_000_000)));
    shop.check_filter(now, &[0, 1]);
}

fn one_of_many_values_is_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[3, 299, 300, -1], |product, rank| {
        product.rank = rank;
        product.stock = (rank > 3).then_some(rank);
        product.text = format!("text '{rank}");
        product.price = rank as f64 / 2.0;
    });
    let all = 0..300;
    shop.check_filter(Condition::Rank(Is::InList(all.clone().collect())), &[0, 1]);
    let maybe = all.clone().map(Some).chain([None]).collect();
    shop.check_filter(Condition::Stock(Is::InList(maybe)), &[0, 1, 3]);
    let texts = all.clone().map(|at| format!("text '{at}")).collect();
    shop.check_filter(Condition::Text(Is::InList(texts)), &[0, 1]);
    let numbers = all.map(|at| at as f64 / 2.0).collect();
    shop.check_filter(Condition::Price(Is::InList(numbers)), &[0, 1]);
    let parts = vec![1, 2, 3, 3, 3];
    shop.check_filter(Condition::Rank(Is::InList(parts)), &[0]);
}

fn one_of_no_values_is_not_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[None, Some(1)], |product, stock| product.stock = stock);
    shop.check_filter(Condition::Stock(Is::InList(vec![])), &[]);
    shop.check_filter(Condition::Rank(Is::InList(vec![])), &[]);
    shop.check_filter(Condition::SpareColor(Is::InList(vec![])), &[]);
}

fn texts_that_begin_so_are_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let long = |end: &str| format!("{}{end}", "x".repeat(100));
    let texts = [
        text("a%b"),
        text("axb"),
        text("A%"),
        text("a\u{10ffff}z"),
        text("a"),
        text("a\0"),
        long("a"),
        long("b"),
        text("é"),
        text("e\u{301}"),
        text("\u{10ffff}\u{10ffff}"),
    ];
    shop.add_all(&texts, |product, text| {
        product.text.clone_from(&text);
        product.part.color.clone_from(&text);
        product.nick = Some(text);
    });
    shop.add(|product| product.text = text("z"));
    let cases = [
        (text("a%"), &[0][..]),
        (text("a"), &[0, 1, 3, 4, 5]),
        (text("a\0"), &[5]),
        (text("a_"), &[]),
        (text("a\u{10ffff}"), &[3]),
        (long(""), &[6, 7]),
        (long("b"), &[7]),
        (text("e"), &[9]),
        (text("\u{10ffff}"), &[10]),
        (text("\u{10ffff}\u{10ffff}\u{10ffff}"), &[]),
    ];
    for (prefix, expected) in cases {
        shop.check_filter(Condition::TextStartsWith(prefix.clone()), expected);
        shop.check_filter(Condition::PartColorStartsWith(prefix.clone()), expected);
        shop.check_filter(Condition::NickStartsWith(prefix), expected);
    }
    let all: Vec<_> = (0..12).collect();
    shop.check_filter(Condition::TextStartsWith(String::new()), &all);
    shop.check_filter(Condition::NickStartsWith(String::new()), &all[..11]);
}

fn texts_that_hold_another_are_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let texts = [
        "100% wool",
        "100 wool",
        "WOOL",
        "a\0b",
        "'",
        "",
        "né",
        "ne\u{301}",
    ];
    shop.add_all(&texts, |product, text| {
        product.text = text.to_owned();
        product.nick = Some(text.to_owned());
        product.spare = Some(Part {
            note: Some(text.to_owned()),
            ..part()
        });
    });
    shop.add(|product| product.text = "x".repeat(60));
    for (held, expected) in [
        ("0%", &[0][..]),
        ("wool", &[0, 1]),
        ("o_l", &[]),
        ("\0", &[3]),
        ("\0b", &[3]),
        ("'", &[4]),
        ("é", &[6]),
        ("\u{301}", &[7]),
        ("100% wool and more", &[]),
    ] {
        shop.check_filter(Condition::TextContains(text(held)), expected);
        shop.check_filter(Condition::NickContains(text(held)), expected);
        shop.check_filter(Condition::SpareNoteContains(text(held)), expected);
    }
    let all: Vec<_> = (0..9).collect();
    shop.check_filter(Condition::TextContains(String::new()), &all);
    shop.check_filter(Condition::NickContains(String::new()), &all[..8]);
}

fn arrays_that_hold_an_element_are_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let tags: [&[&str]; 5] = [&["a", "b"], &["ab"], &[], &["", "a,b"], &["\"a\"", "a"]];
    shop.add_all(&tags, |product, tags| {
        product.tags = tags.iter().map(|tag| text(tag)).collect();
        product.sizes = tags.iter().map(|tag| tag.len() as i64).collect();
    });
    for (tag, expected) in [
        ("a", &[0, 4][..]),
        ("ab", &[1]),
        ("", &[3]),
        ("\"a\"", &[4]),
        ("a,b", &[3]),
        ("A", &[]),
    ] {
        shop.check_filter(Condition::TagsContain(text(tag)), expected);
    }
    for (size, expected) in [(1, &[0, 4][..]), (3, &[3, 4]), (0, &[3]), (9, &[])] {
        shop.check_filter(Condition::SizesContain(size), expected);
    }
}

fn fields_within_fields_are_compared(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    for at in [Some(1), None, Some(3)] {
        shop.add(|product| {
            product.part.inner = Some(Filling { depth: 0.5, at });
        });
    }
    shop.add(|_| {});
    shop.check_filter(Condition::PartInnerAt(Is::Gt(Some(1))), &[2]);
    shop.check_filter(Condition::PartInnerAt(Is::Eq(None)), &[1, 3]);
    shop.check_filter(Condition::PartInnerAt(Is::Ne(Some(1))), &[1, 2, 3]);
    shop.check_filter(Condition::PartInnerDepth(Is::Le(0.5)), &[0, 1, 2]);
}

fn what_is_in_nothing_is_nothing(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add(|_| {});
    shop.add(|product| product.spare = Some(part()));
    shop.add(|product| {
        product.spare = Some(Part {
            note: some("n"),
            size: 7,
            inner: Some(Filling {
                depth: 1.0,
                at: None,
            }),
            ..part()
        });
    });
    shop.check_filter(Condition::SpareIsNull, &[0]);
    shop.check_filter(Condition::SpareNoteIsNull, &[0, 1]);
    shop.check_filter(Condition::SpareInnerIsNull, &[0, 1]);
    shop.check_filter(Condition::SpareSize(Is::Lt(9)), &[1, 2]);
    shop.check_filter(Condition::SpareSize(Is::Ne(7)), &[0, 1]);
    shop.check_filter(Condition::SpareColor(Is::Eq(String::new())), &[1, 2]);
    shop.check_filter(Condition::SpareNote(Is::Eq(None)), &[0, 1]);
    shop.check_filter(Condition::SpareInnerDepth(Is::Gt(0.0)), &[2]);
}

fn conditions_are_joined(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[1, 2, 3, 4], |product: &mut Product, rank| {
        product.rank = rank;
        product.stock = (rank % 2 == 0).then_some(rank);
    });
    let rank = |is| Condition::Rank(is);
    let not = |condition| Condition::Not(Box::new(condition));
    let low = rank(Is::Lt(3));
    let even = not(Condition::Stock(Is::Eq(None)));
    let of_stock = Condition::Stock(Is::Lt(Some(9)));
    for (condition, expected) in [
        (Condition::All(vec![low.clone(), even.clone()]), &[1][..]),
        (Condition::Any(vec![low.clone(), even.clone()]), &[0, 1, 3]),
        (
            not(Condition::All(vec![low.clone(), even.clone()])),
            &[0, 2, 3],
        ),
        (not(Condition::Any(vec![low.clone(), even])), &[2]),
        (not(of_stock.clone()), &[0, 2]),
        (not(not(of_stock.clone())), &[1, 3]),
        (
            not(Condition::All(vec![low.clone(), of_stock.clone()])),
            &[0, 2, 3],
        ),
        (not(Condition::Any(vec![low, of_stock])), &[2]),
    ] {
        shop.check_filter(condition, expected);
    }
}

fn a_filter_of_many_comparisons_is_taken_or_refused(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[1, 63, 99], |product, rank| product.rank = rank);
    let any = |count| Condition::Any((0..count).map(|at| Condition::Rank(Is::Eq(at))).collect());
    let found = shop.read(shop.filtered(any(64)), Want::All);
    assert_eq!(found, [0, 1]);
    let error = shop.read_in_vain(shop.filtered(any(65)), Want::All);
    assert_eq!(error.code.as_str(), "invalid");
    assert!(error.message.contains("at most 64 comparisons"), "{error}");
    assert!(error.message.contains("in_list"), "{error}");
    let deep = |depth| {
        let one = Condition::Rank(Is::Eq(1));
        (0..depth).fold(one, |inner, _| Condition::Not(Box::new(inner)))
    };
    let found = shop.read(shop.filtered(deep(22)), Want::All);
    assert_eq!(found, [0]);
    let error = shop.read_in_vain(shop.filtered(deep(40)), Want::All);
    assert_eq!(error.code.as_str(), "invalid");
    assert!(error.message.contains("nested"), "{error}");
}

fn a_live_filter_follows_what_passes_it(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[1, 5, 9], |product, rank| product.rank = rank);
    let filter = Condition::All(vec![
        Condition::Rank(Is::Ge(5)),
        Condition::PartColorStartsWith(String::new()),
    ]);
    let live = shop.watch(shop.filtered(filter), Want::All);
    assert_eq!(shop.held(live), [1, 2]);
    let rank = |rank| ProductPatch {
        rank: Some(rank),
        ..ProductPatch::default()
    };
    shop.patch(0, rank(6));
    assert_eq!(shop.held(live), [1, 0, 2]);
    shop.patch(2, rank(4));
    assert_eq!(shop.held(live), [1, 0]);
    shop.delete(1);
    assert_eq!(shop.held(live), [0]);
    shop.add(|product| product.rank = 5);
    assert_eq!(shop.held(live), [3, 0]);
}
