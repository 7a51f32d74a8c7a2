//! Searches: words in texts of every script, the best first, and always as the rows are.

use serde_json::json;
use suite_fixture::catalogue::{
    Condition, Is, Kind, Plan, Product, ProductPatch, Source, Want, page,
};
use zeroback::db::{Cursor, PageOpts};

use super::chapter;
use crate::catalogue::shop::{Shop, args, attempt, insert, must};
use crate::world::World;

chapter!("searches", Engine:
    rows_with_all_the_words_are_found,
    words_in_quotes_stand_side_by_side,
    a_star_is_the_rest_of_a_word,
    accents_and_case_make_no_difference,
    scripts_without_blanks_are_searched_by_character,
    text_without_words_finds_nothing,
    common_words_are_words,
    the_best_come_first,
    a_search_is_narrowed_by_its_fields,
    a_search_is_narrowed_by_a_filter,
    a_search_finds_rows_as_they_are,
    a_mutation_searches_what_it_wrote,
    a_rolled_back_write_is_not_found,
    a_live_search_follows_what_matches,
    a_search_has_pages,
    each_list_has_its_own_words,
);

fn titled(shop: &mut Shop, titles: &[&str]) {
    shop.add_all(titles, |product, title| product.title = title.to_owned());
}

fn title(title: &str) -> ProductPatch {
    ProductPatch {
        title: Some(title.to_owned()),
        ..ProductPatch::default()
    }
}

fn rows_with_all_the_words_are_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(
        &mut shop,
        &[
            "Buy fresh milk",
            "Milk!",
            "milkshake",
            "",
            "sell milk, buy bread",
        ],
    );
    shop.add(|product| {
        product.title = "buy".to_owned();
        product.summary = Some("and milk".to_owned());
    });
    shop.check_search("milk", &[0, 1, 4, 5]);
    shop.check_search("MILK buy", &[0, 4, 5]);
    shop.check_search("  buy,milk;  ", &[]);
    shop.check_search("\tmilk\n buy", &[0, 4, 5]);
    shop.check_search("milk milk milk", &[0, 1, 4, 5]);
    shop.check_search("milk honey", &[]);
    shop.check_search("il", &[]);
}

fn words_in_quotes_stand_side_by_side(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(
        &mut shop,
        &[
            "fresh milk",
            "milk, fresh",
            "fresh cold milk",
            "well-known milk",
        ],
    );
    shop.add(|product| {
        product.title = "fresh".to_owned();
        product.summary = Some("milk".to_owned());
    });
    shop.check_search("\"fresh milk\"", &[0]);
    shop.check_search("fresh milk", &[0, 1, 2, 4]);
    shop.check_search("\"milk fresh\"", &[1]);
    shop.check_search("\"fresh mil\"*", &[0]);
    shop.check_search("\"fresh mil\"", &[]);
    shop.check_search("\"fresh milk", &[0]);
    shop.check_search("well-known", &[3]);
    shop.check_search("\"known milk\" well", &[3]);
}

fn a_star_is_the_rest_of_a_word(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk", "milkshake", "mild", "smile", "Crème"]);
    shop.check_search("mil*", &[0, 1, 2]);
    shop.check_search("milk*", &[0, 1]);
    shop.check_search("crè*", &[4]);
    shop.check_search("*ilk", &[]);
    shop.check_search("m*k", &[]);
    shop.check_search("*", &[]);
}

fn accents_and_case_make_no_difference(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(
        &mut shop,
        &[
            "Crème brûlée",
            "cre\u{300}me",
            "ΟΔΟΣ",
            "οδός",
            "İstanbul",
            "ﬁne ①",
            "Ёлка",
            "straße",
        ],
    );
    shop.check_search("creme", &[0, 1]);
    shop.check_search("CRÈME BRULEE", &[0]);
    shop.check_search("οδος", &[2, 3]);
    shop.check_search("istanbul", &[4]);
    shop.check_search("fine 1", &[5]);
    shop.check_search("елка", &[6]);
    shop.check_search("STRASSE", &[]);
    shop.check_search("Straße", &[7]);
}

fn scripts_without_blanks_are_searched_by_character(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(
        &mut shop,
        &[
            "東京タワー",
            "京都",
            "東の京",
            "हिन्दी में",
            "안녕하세요 세계",
            "สวัสดี",
        ],
    );
    shop.check_search("東京", &[0]);
    shop.check_search("京", &[0, 1, 2]);
    shop.check_search("タワ", &[0]);
    shop.check_search("हिन्दी", &[3]);
    shop.check_search("세계", &[4]);
    shop.check_search("สวัสดี", &[5]);
}

fn text_without_words_finds_nothing(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk", "", "😀 !"]);
    for text in [
        "", " ", "\"\"", "\"", "😀", "!?", "* * *", "\0", "%", "()", "\u{301}", "-",
    ] {
        shop.check_search(text, &[]);
    }
    shop.check_search("😀 milk", &[0]);
}

fn common_words_are_words(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(
        &mut shop,
        &["to be or not to be", "and", "The NEAR column c0", "a"],
    );
    shop.check_search("or", &[0]);
    shop.check_search("not", &[0]);
    shop.check_search("and", &[1]);
    shop.check_search("AND", &[1]);
    shop.check_search("the near", &[2]);
    shop.check_search("a", &[3]);
    let long = "x".repeat(1_000);
    shop.add(|product| product.title.clone_from(&long));
    shop.check_search(&long, &[4]);
    shop.check_search(&"y ".repeat(500), &[]);
}

fn the_best_come_first(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(
        &mut shop,
        &[
            "a zebra somewhere in a title that goes on and on about something else",
            "zebra",
            "zebra, zebra",
            "horse",
            "zebra",
            "horse and so on",
        ],
    );
    let plan = shop.search("zebra");
    let found = shop.read(plan.clone(), Want::All);
    assert_eq!(found, [2, 1, 4, 0]);
    assert_eq!(shop.read(plan.clone(), Want::Take(2)), found[..2]);
    assert_eq!(shop.read(plan.clone(), Want::First), found[..1]);
    assert!(shop.read(plan.clone(), Want::Take(0)).is_empty());
    assert_eq!(shop.read(plan, Want::Iter(3)), found[..3]);
}

fn a_search_is_narrowed_by_its_fields(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    for (flag, nick) in [
        (true, Some("a")),
        (false, Some("a")),
        (true, None),
        (false, None),
    ] {
        shop.add(|product| {
            product.title = "milk".to_owned();
            product.flag = flag;
            product.nick = nick.map(str::to_owned);
        });
    }
    let search = |shop: &mut Shop, flag, nicks: Vec<Option<&str>>| {
        let nicks = nicks
            .into_iter()
            .map(|nick| nick.map(str::to_owned))
            .collect();
        let text = "milk".to_owned();
        let plan = shop.plan(Source::Search { text, flag, nicks });
        let mut found = shop.read(plan, Want::All);
        found.sort_unstable();
        found
    };
    assert_eq!(search(&mut shop, Some(true), vec![]), [0, 2]);
    assert_eq!(search(&mut shop, None, vec![Some("a")]), [0, 1]);
    assert_eq!(search(&mut shop, None, vec![None]), [2, 3]);
    assert_eq!(search(&mut shop, Some(false), vec![None]), [3]);
    assert!(search(&mut shop, None, vec![Some("A")]).is_empty());
}

fn a_search_is_narrowed_by_a_filter(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    for rank in 0..6 {
        shop.add(|product| {
            product.rank = rank;
            product.title = if rank == 3 { "honey" } else { "milk" }.to_owned();
        });
    }
    let plan = Plan {
        filter: Some(Condition::Rank(Is::Ge(2))),
        ..shop.search("milk")
    };
    let mut found = shop.read(plan.clone(), Want::All);
    found.sort_unstable();
    assert_eq!(found, [2, 4, 5]);
    assert_eq!(shop.count(plan.clone()), 3);
    assert_eq!(shop.read(plan, Want::Take(2)).len(), 2);
}

fn a_search_finds_rows_as_they_are(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk", "honey", "milk"]);
    shop.patch(0, title("honey bread"));
    shop.check_search("milk", &[2]);
    shop.check_search("honey", &[0, 1]);
    let rank = ProductPatch {
        rank: Some(9),
        ..ProductPatch::default()
    };
    shop.patch(0, rank);
    shop.check_search("honey bread", &[0]);
    let other = Product {
        slug: "1".to_owned(),
        summary: Some("milk".to_owned()),
        ..shop.product()
    };
    let target = shop.target(1);
    shop.write(vec![must(Kind::Replace(target, Box::new(other)))]);
    shop.check_search("milk", &[1, 2]);
    shop.check_search("honey", &[0]);
    let without = ProductPatch {
        summary: Some(None),
        ..ProductPatch::default()
    };
    shop.patch(1, without);
    shop.check_search("milk", &[2]);
    shop.delete(2);
    shop.check_search("milk", &[]);
    shop.add(|product| product.title = "milk".to_owned());
    shop.check_search("milk", &[3]);
}

fn a_mutation_searches_what_it_wrote(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk", "honey"]);
    let (first, second) = (shop.target(0), shop.target(1));
    let milk = Kind::Read(Box::new(shop.search("milk")));
    let steps = shop.write(vec![
        must(Kind::Patch(first, Box::new(title("bread")))),
        must(milk.clone()),
        must(Kind::Patch(second, Box::new(title("milk")))),
        must(milk.clone()),
        must(Kind::Delete(second)),
        must(milk),
    ]);
    let second = shop.ids[1].to_string();
    assert_eq!(steps[1], json!({ "read": [] }));
    assert_eq!(steps[3], json!({ "read": [second] }));
    assert_eq!(steps[5], json!({ "read": [] }));
}

fn a_rolled_back_write_is_not_found(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk"]);
    let new = Product {
        title: "milk".to_owned(),
        ..shop.product()
    };
    let target = shop.target(0);
    let changes = vec![
        insert(new),
        must(Kind::Patch(target, Box::new(title("honey")))),
        must(Kind::Fail),
    ];
    shop.write_in_vain(changes);
    shop.check_search("milk", &[0]);
    shop.check_search("honey", &[]);
    let target = shop.target(0);
    shop.write(vec![
        must(Kind::Patch(target, Box::new(title("bread")))),
        attempt(Kind::Fail),
    ]);
    shop.check_search("milk", &[]);
}

fn a_live_search_follows_what_matches(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk", "honey"]);
    let milk = shop.watch(shop.search("mil*"), Want::All);
    let count = shop.watch(shop.search("milk"), Want::Count);
    assert_eq!(shop.held(milk), [0]);
    shop.client.settle();
    shop.add(|product| product.title = "bread".to_owned());
    let told = |shop: &mut Shop| {
        let transitions = shop.client.settle();
        let queries = transitions
            .iter()
            .map(|transition| transition.queries.len());
        queries.sum::<usize>()
    };
    assert_eq!((told(&mut shop), shop.held(milk)), (0, vec![0]));
    shop.patch(1, title("milkshake with honey"));
    let mut held = shop.held(milk);
    held.sort_unstable();
    assert_eq!(held, [0, 1]);
    assert_eq!(shop.client.result(count), json!({ "count": 1 }));
    shop.patch(0, title("bread"));
    assert_eq!(shop.held(milk), [1]);
    assert_eq!(shop.client.result(count), json!({ "count": 0 }));
    shop.delete(1);
    assert!(shop.held(milk).is_empty());
}

fn a_search_has_pages(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    for number in 0..7 {
        shop.add(|product| product.title = format!("milk {}", "x ".repeat(number)));
    }
    let all = shop.read(shop.search("milk"), Want::All);
    let mut cursor: Option<Cursor> = None;
    let mut found = Vec::new();
    loop {
        let args = args(&page::Args {
            plan: shop.search("milk"),
            page: PageOpts {
                limit: 3,
                cursor: cursor.clone(),
                end_cursor: None,
            },
        });
        let page = shop.client.query("catalogue:page", args);
        found.extend(shop.numbers(&page["items"]));
        let end = serde_json::from_value(page["endCursor"].clone()).expect("a cursor");
        cursor = Some(end);
        if page["isDone"] == true {
            break;
        }
    }
    assert_eq!(found, all);
}

fn each_list_has_its_own_words(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    titled(&mut shop, &["milk"]);
    let mut other = Shop::named(world, " other");
    titled(&mut other, &["milk", "milk"]);
    shop.check_search("milk", &[0]);
    other.check_search("milk", &[0, 1]);
    let moved = ProductPatch {
        list: Some(shop.list.clone()),
        slug: Some("moved".to_owned()),
        ..ProductPatch::default()
    };
    other.patch(0, moved);
    other.check_search("milk", &[1]);
    assert_eq!(shop.count(shop.search("milk")), 2);
}
