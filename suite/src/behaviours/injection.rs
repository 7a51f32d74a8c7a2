//! Whatever a client puts into a text is a text: it changes nothing else, and no error tells what
//! is behind.

use serde_json::{Value, json};
use suite_fixture::catalogue::{Bounds, Condition, Direction, Is, Part, Plan, Source, Want};
use zeroback_protocol::{Outcome, RequestId, WireError};

use super::chapter;
use crate::catalogue::shop::{Shop, part};
use crate::client::{Client, Event};
use crate::world::World;

chapter!("injection", Engine:
    in_values,
    in_searches,
    in_ids,
    in_cursors,
    in_names_of_fields,
    in_keys_of_maps,
    in_names_of_functions_and_arguments,
    in_names_of_variants,
    in_broken_texts;
    Host: in_paths_of_requests,
);

/// What somebody might try.
const TEXTS: [&str; 40] = [
    "'",
    "\"",
    "`",
    "''",
    "\"\"",
    "'; DROP TABLE products; --",
    "\"; DROP TABLE \"products\"; --",
    "\"\"\"; DROP TABLE products; --",
    "x') OR 1=1 --",
    "' UNION SELECT key FROM _zeroback_keys --",
    "];DROP TABLE items;--",
    "/* */",
    "-- ",
    ";",
    "?",
    "?1",
    ":name",
    "@x",
    "$1",
    "\u{0}",
    "a\u{0}'; DROP TABLE products; --",
    "%",
    "_",
    "%%__",
    "\\",
    "\\'",
    "\\u0000",
    "$.text",
    "$",
    "$[0]",
    "\"$.\"\"text\"",
    "{\"$bigint\":\"1\"}",
    "{\"_id\":\"x\"}",
    "null",
    "\n{\"_id\":\"products_0\"}\n",
    "\u{202e}\u{2066}abc\u{2069}",
    "\u{feff}\u{2028}\u{2029}",
    "‘’“”«»′″＇＂",
    "_zeroback_keys",
    "products",
];

/// What means something to FTS5.
const SEARCHES: [&str; 20] = [
    "NEAR(",
    "NEAR(a b, 2)",
    "c0:",
    "c0:sentinel",
    "{c0 c1}: sentinel",
    "- c0 : x",
    "*",
    "^",
    "^sentinel",
    "sentinel NOT",
    "NOT sentinel",
    "AND",
    "(",
    ")",
    "\"",
    "\"sentinel",
    "\"a\" + \"b\"",
    "sentinel OR",
    "a:b:c",
    "rank MATCH 'bm25(10)'",
];

/// What no error may tell.
const INSIDE: [&str; 14] = [
    "sqlite",
    "SQLITE",
    "SELECT",
    "INSERT",
    "UPDATE \"",
    "no such",
    "syntax error",
    "near \"",
    "fts5",
    "f_0",
    "_zeroback",
    "panicked",
    ".rs:",
    "unrecognized token",
];

#[track_caller]
fn says_nothing(error: &WireError) {
    let text = format!("{error} {:?}", error.data);
    for inside in INSIDE {
        // What the client sent itself may come back.
        let is_own = TEXTS
            .iter()
            .any(|own| own.contains(inside) && text.contains(own));
        assert!(is_own || !text.contains(inside), "{text}");
    }
}

/// Rows of several tables, which must be there afterwards.
struct Sentinels {
    shop: Shop,
    name: String,
}

impl Sentinels {
    fn place(world: &mut World<'_>) -> Self {
        let mut shop = Shop::named(world, " sentinel");
        let name = shop.list.clone();
        shop.add_all(&[1, 2], |product, rank| {
            product.rank = rank;
            product.title = "sentinel".to_owned();
        });
        let ann = &mut shop.client;
        ann.mutate("items:add", json!({ "list": name, "rank": 1 }));
        ann.mutate("notes:add", json!({ "list": name, "text": "sentinel" }));
        ann.mutate("counters:add", json!({ "name": name, "by": 7 }));
        Self { shop, name }
    }

    #[track_caller]
    fn check(mut self) {
        self.shop.check(&Source::ByRank(Bounds::All), &[0, 1]);
        self.shop.check_search("sentinel", &[0, 1]);
        let (ann, name) = (&mut self.shop.client, &self.name);
        let take = json!({ "list": name, "count": 9, "descending": false });
        assert_eq!(ann.query("items:take", take), json!([1]));
        let texts = ann.query("notes:texts", json!({ "list": name }));
        assert_eq!(texts, json!(["sentinel"]));
        assert_eq!(ann.query("counters:value", json!({ "name": name })), 7);
    }
}

fn in_values(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut shop = Shop::open(world);
    shop.add_all(&TEXTS, |product, text| {
        let text = text.to_owned();
        product.text.clone_from(&text);
        product.nick = Some(text.clone());
        product.slug.clone_from(&text);
        product.badge = Some(text.clone());
        product.title.clone_from(&text);
        product.tags = vec![text.clone()];
        product.spare = Some(Part {
            note: Some(text.clone()),
            color: text,
            ..part()
        });
    });
    for (number, text) in TEXTS.iter().enumerate() {
        let (text, own) = ((*text).to_owned(), [number]);
        let id = json!({ "id": shop.ids[number].to_string() });
        let product = shop.client.query("catalogue:get", id);
        assert_eq!(product["spare"]["color"], text);
        for source in [
            Source::ByText(Bounds::Equal(text.clone())),
            Source::ByNick(Bounds::Equal(Some(text.clone()))),
            Source::BySlug(Bounds::Equal(text.clone())),
            Source::ByBadge(Bounds::Equal(Some(text.clone()))),
        ] {
            assert_eq!(shop.read(shop.plan(source), Want::All), own, "{text:?}");
        }
        for condition in [
            Condition::Text(Is::Eq(text.clone())),
            Condition::SpareColor(Is::Eq(text.clone())),
            Condition::SpareNote(Is::InList(vec![Some(text.clone())])),
            Condition::Text(Is::InList(vec![text.clone()])),
            Condition::TagsContain(text.clone()),
        ] {
            assert_eq!(
                shop.read(shop.filtered(condition), Want::All),
                own,
                "{text:?}"
            );
        }
        let holding = |is_it: fn(&str, &str) -> bool| {
            let all = TEXTS.iter().enumerate();
            let some = all.filter(|(_, other)| is_it(other, &text));
            some.map(|(number, _)| number).collect::<Vec<_>>()
        };
        let beginning = holding(|other, text| other.starts_with(text));
        shop.check_filter(Condition::TextStartsWith(text.clone()), &beginning);
        let holding = holding(|other, text| other.contains(text));
        shop.check_filter(Condition::SpareNoteContains(text.clone()), &holding);
    }
    let all: Vec<_> = (0..TEXTS.len()).collect();
    let texts = TEXTS.map(str::to_owned).to_vec();
    shop.check_filter(Condition::Text(Is::InList(texts)), &all);
    for text in TEXTS {
        let mut nowhere = shop.plan(Source::Whole);
        text.clone_into(&mut nowhere.list);
        assert!(shop.read(nowhere, Want::All).is_empty());
    }
    sentinels.check();
}

fn in_searches(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut shop = Shop::open(world);
    shop.add(|product| product.title = "sentinel".to_owned());
    for text in TEXTS.iter().chain(&SEARCHES) {
        let found = shop.read(shop.search(text), Want::All);
        let count = shop.count(shop.search(text));
        // Words alone are looked for, and all of them.
        let is_word = ["^sentinel", "\"sentinel"].contains(text);
        assert_eq!(found.len(), usize::from(is_word), "{text:?}");
        assert_eq!(count, u64::from(is_word), "{text:?}");
        let all = shop.read(shop.search(&format!("sentinel {}", "\"\"")), Want::All);
        assert_eq!(all, [0]);
    }
    sentinels.check();
}

fn in_ids(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut shop = Shop::open(world);
    let id = shop.add(|_| {}).to_string();
    let item = shop
        .client
        .mutate("items:add", json!({ "list": shop.list, "rank": 1 }));
    let mut ids: Vec<Value> = TEXTS.iter().map(|text| json!(text)).collect();
    ids.extend(TEXTS.iter().map(|text| json!(format!("products_{text}"))));
    ids.extend(TEXTS.iter().map(|text| json!(format!("{id}{text}"))));
    ids.extend([
        item,
        json!(id.to_uppercase()),
        json!(1),
        json!(null),
        json!([id]),
    ]);
    for bad in ids {
        let calls = [
            ("catalogue:get", json!({ "id": bad })),
            ("catalogue:get_many", json!({ "ids": [id, bad] })),
        ];
        for (path, args) in calls {
            let error = shop.client.query_in_vain(path, args);
            assert_eq!(error.code.as_str(), "bad_args", "{bad}");
            says_nothing(&error);
        }
        let delete = json!({ "kind": { "delete": { "known": bad } }, "isAttempt": true });
        let args = json!({ "changes": [delete] });
        let error = shop.client.mutate_in_vain("catalogue:write", args);
        assert_eq!(error.code.as_str(), "bad_args", "{bad}");
    }
    shop.check(&Source::Whole, &[0]);
    sentinels.check();
}

fn in_cursors(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut shop = Shop::open(world);
    shop.add(|_| {});
    let plan: Plan = shop.plan(Source::ByRank(Bounds::All));
    let plan = Plan {
        direction: Direction::Descending,
        ..plan
    };
    for text in TEXTS {
        for (cursor, end) in [(Some(text), None), (None, Some(text))] {
            let page = json!({ "limit": 2, "cursor": cursor, "endCursor": end });
            let args = json!({ "plan": crate::catalogue::shop::args(&plan), "page": page });
            let error = shop.client.query_in_vain("catalogue:page", args);
            assert_eq!(error.code.as_str(), "bad_cursor", "{text:?}");
            says_nothing(&error);
        }
    }
    sentinels.check();
}

fn in_names_of_fields(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut shop = Shop::open(world);
    let id = shop.add(|product| product.rank = 1).to_string();
    let names = [
        "_id",
        "_creationTime",
        "f_0",
        "_key",
        "doc",
        "__proto__",
        "rank\0",
        "Rank",
    ];
    for name in TEXTS.iter().chain(&names) {
        let patch = json!({ "patch": [{ "known": id }, { *name: 1 }] });
        let args = json!({ "changes": [{ "kind": patch, "isAttempt": false }] });
        let error = shop.client.mutate_in_vain("catalogue:write", args);
        assert_eq!(error.code.as_str(), "bad_args", "{name:?}");
        if !names.contains(name) {
            says_nothing(&error);
        }
        let args = json!({ "id": id, *name: 1 });
        let error = shop.client.query_in_vain("catalogue:get", args);
        assert_eq!(error.code.as_str(), "bad_args", "{name:?}");
    }
    shop.check(&Source::ByRank(Bounds::Equal(1)), &[0]);
    sentinels.check();
}

fn in_keys_of_maps(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut ann = world.client();
    for key in TEXTS {
        let nested = json!({ "twoWords": [], "byName": { key: 1, "other": 2 } });
        let args = json!({ "nested": nested });
        if key.starts_with('$') {
            let error = ann.query_in_vain("values:nested", args);
            says_nothing(&error);
        } else {
            assert_eq!(ann.query("values:nested", args), nested, "{key:?}");
        }
    }
    sentinels.check();
}

fn in_names_of_functions_and_arguments(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut ann = world.client();
    let paths = TEXTS.iter().map(|text| (*text).to_owned());
    let more = TEXTS.iter().map(|text| format!("catalogue:get{text}"));
    let inside = [
        "secret:reveal",
        "catalogue",
        ":",
        "catalogue:",
        "/catalogue:get",
    ];
    for path in paths.chain(more).chain(inside.map(str::to_owned)) {
        let error = ann.query_in_vain(&path, json!({}));
        assert_eq!(error.code.as_str(), "function_not_found", "{path:?}");
        says_nothing(&error);
        let error = ann.mutate_in_vain(&path, json!({}));
        assert_eq!(error.code.as_str(), "function_not_found", "{path:?}");
        let live = ann.subscribe(&path, json!({}));
        assert_eq!(
            ann.failure(live).code.as_str(),
            "function_not_found",
            "{path:?}"
        );
    }
    sentinels.check();
}

fn in_names_of_variants(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut shop = Shop::open(world);
    shop.add(|_| {});
    for text in TEXTS {
        let mut plan = crate::catalogue::shop::args(&shop.plan(Source::Whole));
        for (field, value) in [
            ("source", json!({ text: "all" })),
            ("source", json!(text)),
            ("direction", json!(text)),
            ("filter", json!({ text: { "eq": 1 } })),
            ("filter", json!({ "shape": { "eq": text } })),
            ("filter", json!({ "rank": { text: 1 } })),
            ("filter", json!({ "rank": { "eq": text } })),
        ] {
            let before = plan[field].take();
            plan[field] = value;
            let args = json!({ "plan": plan, "want": "all" });
            let error = shop.client.query_in_vain("catalogue:read", args);
            assert_eq!(error.code.as_str(), "bad_args", "{text:?}");
            says_nothing(&error);
            plan[field] = before;
        }
    }
    sentinels.check();
}

fn in_broken_texts(world: &mut World<'_>) {
    let sentinels = Sentinels::place(world);
    let mut ann = world.client();
    for text in [
        r"\ud800",
        r"\udc00",
        r"\ud800x",
        r"\udc00\ud800",
        r"\ud83d",
        r"\u00",
        r"\x",
    ] {
        let call = format!(r#""path":"values:text","args":{{"text":"{text}"}}"#);
        let frame = format!(r#"{{"type":"query","requestId":900,{call}}}"#);
        ann.send_text(frame);
        let error = refused(&mut ann);
        assert!(
            ["bad_args", "bad_message"].contains(&error.code.as_str()),
            "{text}: {error}"
        );
        says_nothing(&error);
        if !goes_on(&mut ann) {
            ann = world.client();
        }
    }
    let pair =
        r#"{"type":"query","requestId":901,"path":"values:text","args":{"text":"\ud83d\ude00"}}"#;
    ann.send_text(pair);
    match ann.answer(RequestId(901)) {
        Outcome::Success(value) => assert_eq!(crate::client::parsed(&value), "😀"),
        Outcome::Error(error) => panic!("{error}"),
    }
    sentinels.check();
}

/// Returns how a call was refused, by an answer or by itself.
fn refused(client: &mut Client) -> WireError {
    match client.event() {
        Event::Message(zeroback_protocol::ServerMessage::Error { error, .. }) => error,
        Event::Message(zeroback_protocol::ServerMessage::Transition(transition)) => {
            client.answers_taken(RequestId(900));
            match &transition.answers[0].outcome {
                Outcome::Error(error) => error.clone(),
                Outcome::Success(value) => panic!("it is {value:?}"),
            }
        }
        other => panic!("it is {other:?}"),
    }
}

/// Tells whether the connection is there after a refusal.
fn goes_on(client: &mut Client) -> bool {
    client.send_text("ping");
    client.event() == Event::Pong
}

fn in_paths_of_requests(world: &mut World<'_>) {
    use crate::target::http::Request;
    let sentinels = Sentinels::place(world);
    let encoded = |text: &str| {
        let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
        bytes.collect::<String>()
    };
    for text in TEXTS {
        for path in ["/", "/api/", "/api/query/"] {
            let path = format!("{path}{}", encoded(text));
            let response = world.request(&Request::post(&path, "{}".to_owned()));
            assert!(
                (400..500).contains(&response.status),
                "{path}: {}",
                response.status
            );
            for inside in INSIDE {
                let is_own = text.contains(inside) || path.contains(inside);
                assert!(
                    is_own || !response.body.contains(inside),
                    "{}",
                    response.body
                );
            }
        }
    }
    sentinels.check();
}
