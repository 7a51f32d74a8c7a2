//! What the engine is asked for by what an author writes.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use expect_test::{Expect, expect};
use zeroback::__private::TableDef;
use zeroback::db::{
    Cursor, Database, Documents, Encode, EncodePatch, FieldPath, Fields, Filter, FilterExpr, Limit,
    Narrowed, NewJob, PageBounds, RawPage, Scan, Source, TableQuery,
};
use zeroback::prelude::*;
use zeroback::{Auth, FileMetadata, JobStatus, UploadOptions};
use zeroback_protocol::RawId;

#[derive(Value)]
struct Address {
    city: String,
    geo: Option<Geo>,
    #[serde(rename = "zip code")]
    zip: Option<u32>,
    next: Option<Box<Self>>,
    #[serde(flatten)]
    way: Way,
    wrapped: Wrapped,
}

#[derive(Value)]
struct Geo {
    lat: f64,
}

#[derive(Value)]
struct Way {
    tram_line: Option<u8>,
}

#[derive(Value)]
#[serde(transparent)]
struct Wrapped {
    inner: Geo,
}

#[derive(Clone, Copy, Value)]
enum Priority {
    Low,
    VeryHigh,
}

#[derive(Table)]
#[table(name = "tasks")]
#[index(by_done(is_done, note))]
#[unique(by_slug(slug))]
#[search(search_all(text, note), filter(is_done, note, priority))]
struct Task {
    slug: String,
    text: String,
    note: Option<String>,
    is_done: bool,
    rank: f64,
    count: i64,
    priority: Priority,
    parent: Option<Id<Task>>,
    address: Address,
    tags: Vec<String>,
    scores: Option<Vec<u32>>,
}

/// Notes what it is asked, and has no documents.
#[derive(Debug, Default)]
struct Asked(RefCell<Vec<String>>);

impl Asked {
    fn note(&self, scan: &Scan, how: &dyn Debug) {
        let source = match &scan.source {
            Source::Index(bounds) => {
                let (equal, lower, upper) = (&bounds.equal, &bounds.lower, &bounds.upper);
                format!("{} {equal:?} {lower:?} {upper:?}", bounds.index)
            }
            Source::Search(bounds) => {
                format!("{} {:?} {:?}", bounds.index, bounds.text, bounds.equal)
            }
        };
        let filter = scan.filter.as_ref().map_or_else(String::new, shown);
        let text = format!("{source}\n{filter}\n{:?} {how:?}", scan.order);
        self.0.borrow_mut().push(text);
    }
}

impl Database for Asked {
    fn get(&self, _: &'static TableDef, _: RawId) -> Result<Option<String>> {
        Ok(None)
    }

    fn get_many(&self, table: &'static TableDef, ids: &[RawId]) -> Result<Documents> {
        let text = format!("{} of {}", ids.len(), table.name);
        self.0.borrow_mut().push(text);
        Ok(Documents::default())
    }

    fn scan(&self, scan: &Scan, limit: Limit, _: Option<&str>) -> Result<Documents> {
        self.note(scan, &limit);
        Ok(Documents::default())
    }

    fn count(&self, scan: &Scan) -> Result<u64> {
        self.note(scan, &"count");
        Ok(0)
    }

    fn page(&self, scan: &Scan, page: &PageBounds) -> Result<RawPage> {
        self.note(scan, page);
        Ok(RawPage {
            documents: Documents::default(),
            end_cursor: "end".to_owned(),
            split_cursor: None,
            is_done: true,
        })
    }

    fn writes(&self) -> usize {
        0
    }

    fn insert(&self, _: &'static TableDef, _: Encode<'_>) -> Result<RawId> {
        Err(Error::internal("no document is written here"))
    }

    fn patch(&self, _: &'static TableDef, _: RawId, _: EncodePatch<'_>) -> Result<()> {
        Err(Error::internal("no document is written here"))
    }

    fn replace(&self, _: &'static TableDef, _: RawId, _: Encode<'_>) -> Result<()> {
        Err(Error::internal("no document is written here"))
    }

    fn delete(&self, _: &'static TableDef, _: RawId) -> Result<()> {
        Err(Error::internal("no document is written here"))
    }

    fn schedule(&self, _: NewJob) -> Result<RawId> {
        Err(Error::internal("no job is scheduled here"))
    }

    fn cancel_job(&self, _: RawId) -> Result<bool> {
        Ok(false)
    }

    fn job_status(&self, _: RawId) -> Result<Option<JobStatus>> {
        Ok(None)
    }

    fn new_file(&self, _: UploadOptions) -> Result<RawId> {
        Err(Error::internal("no file is begun here"))
    }

    fn new_upload(&self, _: UploadOptions) -> Result<String> {
        Err(Error::internal("no file is begun here"))
    }

    fn open_upload(&self, _: &str) -> Result<RawId> {
        Err(Error::internal("no file is begun here"))
    }

    fn delete_file(&self, _: RawId) -> Result<bool> {
        Ok(false)
    }

    fn file_metadata(&self, _: RawId) -> Result<Option<FileMetadata>> {
        Ok(None)
    }

    fn file_url(&self, _: RawId) -> Result<Option<String>> {
        Ok(None)
    }

    fn may_open_file(&self, _: RawId, _: &str) -> bool {
        false
    }
}

/// A condition as a person would write it, with the columns' types.
fn shown(filter: &FilterExpr) -> String {
    let path = |field: &FieldPath| format!("{}:{:?}", field.segments.join("."), field.column_type);
    let joined = |all: &[FilterExpr], by: &str| {
        let all: Vec<_> = all.iter().map(shown).collect();
        format!("({})", all.join(by))
    };
    match filter {
        FilterExpr::Compare {
            field,
            comparison,
            value,
        } => format!("{} {comparison:?} {value:?}", path(field)),
        FilterExpr::IsNull(field) => format!("{} is null", path(field)),
        FilterExpr::OneOf { field, values } => format!("{} in {values:?}", path(field)),
        FilterExpr::StartsWith { field, prefix } => format!("{} starts {prefix:?}", path(field)),
        FilterExpr::ContainsText { field, text } => format!("{} holds {text:?}", path(field)),
        FilterExpr::ContainsElement { field, value } => format!("{} has {value:?}", path(field)),
        FilterExpr::All(all) => joined(all, " & "),
        FilterExpr::Any(any) => joined(any, " | "),
        FilterExpr::Not(not) => format!("!{}", shown(not)),
    }
}

fn check<R>(read: impl FnOnce(&QueryCtx) -> Result<R>, expected: Expect) {
    let asked = Rc::new(Asked::default());
    let database: Rc<dyn Database> = Rc::<Asked>::clone(&asked);
    let ctx = QueryCtx::new(database, Auth::new(None), Timestamp::from_unix_ms(1));
    let answer = match read(&ctx) {
        Ok(_) => asked.0.borrow().join("\n"),
        Err(error) => format!("{}: {}", error.code(), error.message()),
    };
    expected.assert_eq(&answer);
}

fn check_filter(condition: impl FnOnce(&'static Fields<Task>) -> Filter<Task>, expected: Expect) {
    let asked = Rc::new(Asked::default());
    let database: Rc<dyn Database> = Rc::<Asked>::clone(&asked);
    let ctx = QueryCtx::new(database, Auth::new(None), Timestamp::from_unix_ms(1));
    let answer = match ctx.db.query::<Task>().filter(condition).collect() {
        Ok(_) => asked.0.borrow()[0].lines().nth(1).map(str::to_owned),
        Err(error) => Some(format!("{}: {}", error.code(), error.message())),
    };
    expected.assert_eq(&answer.expect("a filter"));
}

fn id(bits: u128) -> Id<Task> {
    Id::from_raw(RawId::from_u128(bits))
}

#[test]
fn comparisons_hold_the_encoding_of_their_value() {
    check_filter(
        |t| t.slug.eq("a"),
        expect![[r#"slug:Text Equal Text("a")"#]],
    );
    check_filter(
        |t| t.is_done.ne(true),
        expect!["isDone:Integer NotEqual Integer(1)"],
    );
    check_filter(|t| t.rank.lt(-0.0), expect!["rank:Real Less Real(0.0)"]);
    check_filter(
        |t| t.count.le(5),
        expect!["count:Integer LessOrEqual Integer(5)"],
    );
    check_filter(
        |t| t.priority.gt(Priority::VeryHigh),
        expect![[r#"priority:Text Greater Text("veryHigh")"#]],
    );
    check_filter(
        |t| t.parent.ge(id(1)),
        expect![[r#"parent:Text GreaterOrEqual Text("tasks_00000000000000000000000001")"#]],
    );
    check_filter(|t| t.parent.eq(None), expect!["parent:Text Equal Null"]);
    check_filter(
        |t| t.note.ne(Some(String::new())),
        expect![[r#"note:Text NotEqual Text("")"#]],
    );
    check_filter(
        |t| t._id.eq(id(2)),
        expect![[r#"_id:Text Equal Text("tasks_00000000000000000000000002")"#]],
    );
    check_filter(
        |t| t._creation_time.lt(Timestamp::from_unix_ms(7)),
        expect!["_creationTime:Integer Less Integer(7)"],
    );
}

#[test]
fn methods_go_by_the_field_s_type() {
    check_filter(|t| t.note.is_null(), expect!["note:Text is null"]);
    check_filter(
        |t| t.address.geo.is_null(),
        expect!["address.geo:Text is null"],
    );
    check_filter(
        |t| t.text.starts_with("a%"),
        expect![[r#"text:Text starts "a%""#]],
    );
    check_filter(
        |t| t.note.contains("b"),
        expect![[r#"note:Text holds "b""#]],
    );
    check_filter(
        |t| t.tags.contains("c"),
        expect![[r#"tags:Text has Text("c")"#]],
    );
    check_filter(
        |t| t.scores.contains(3),
        expect!["scores:Integer has Integer(3)"],
    );
    check_filter(
        |t| t.priority.one_of([Priority::Low, Priority::VeryHigh]),
        expect![[r#"priority:Text in [Text("low"), Text("veryHigh")]"#]],
    );
    check_filter(
        |t| t.slug.in_list(Vec::<String>::new()),
        expect!["slug:Text in []"],
    );
}

#[test]
fn paths_lead_through_options_boxes_and_flattened_fields() {
    check_filter(
        |t| t.address.city.eq("Bern"),
        expect![[r#"address.city:Text Equal Text("Bern")"#]],
    );
    check_filter(
        |t| t.address.next.next.geo.lat.gt(46.9),
        expect!["address.next.next.geo.lat:Real Greater Real(46.9)"],
    );
    check_filter(
        |t| t.address.zip.eq(3000),
        expect!["address.zip code:Integer Equal Integer(3000)"],
    );
    check_filter(
        |t| t.address.way.tram_line.eq(7),
        expect!["address.tramLine:Integer Equal Integer(7)"],
    );
    check_filter(
        |t| t.address.wrapped.inner.lat.eq(1.0),
        expect!["address.wrapped.lat:Real Equal Real(1.0)"],
    );
}

#[test]
fn conditions_are_joined_as_they_are_written() {
    check_filter(
        |t| t.is_done.eq(true) & t.count.eq(1) & t.rank.eq(2.0) | !t.tags.contains("x"),
        expect![[
            r#"((isDone:Integer Equal Integer(1) & count:Integer Equal Integer(1) & rank:Real Equal Real(2.0)) | !tags:Text has Text("x"))"#
        ]],
    );
    check_filter(
        |t| t.is_done.eq(true) | t.count.eq(1) | (t.count.eq(2) & t.count.eq(3)),
        expect![
            "(isDone:Integer Equal Integer(1) | count:Integer Equal Integer(1) | (count:Integer Equal Integer(2) & count:Integer Equal Integer(3)))"
        ],
    );
    check(
        |ctx| {
            let tasks = ctx.db.query::<Task>().filter(|t| t.count.eq(1));
            tasks.filter(|t| t.count.eq(2) | t.count.eq(3)).count()
        },
        expect![[r#"
            by_id [] None None
            (count:Integer Equal Integer(1) & (count:Integer Equal Integer(2) | count:Integer Equal Integer(3)))
            Asc "count""#]],
    );
}

#[test]
fn an_operand_without_a_place_in_the_order_fails_the_read() {
    check_filter(
        |t| t.rank.eq(f64::NAN),
        expect!["invalid: the number NaN is not finite, and JSON has no form for it"],
    );
    check_filter(
        |t| t.count.eq(1) | !t.rank.one_of([f64::NAN]),
        expect!["invalid: the number NaN is not finite, and JSON has no form for it"],
    );
    check_filter(
        |t| t.count.lt(i64::MAX),
        expect!["count:Integer Less Integer(9223372036854775807)"],
    );
}

#[test]
fn indexes_take_their_columns_in_order() {
    check(
        |ctx| {
            let tasks = ctx.db.query::<Task>();
            tasks.with_index(|ix| ix.by_slug.eq("x")).unique()
        },
        expect![[r#"
            by_slug [Text("x")] None None

            Asc Take(2)"#]],
    );
    check(
        |ctx| {
            let tasks = ctx.db.query::<Task>().order(Order::Desc);
            let tasks = tasks.with_index(|ix| ix.by_done.eq(&true).gte("a").lt("b"));
            tasks.filter(|t| t.count.gt(0)).take(10)
        },
        expect![[r#"
            by_done [Integer(1)] Some(Bound { part: Text("a"), inclusive: true }) Some(Bound { part: Text("b"), inclusive: false })
            count:Integer Greater Integer(0)
            Desc Take(10)"#]],
    );
}

#[test]
fn a_search_is_narrowed_in_any_order() {
    check(
        |ctx| {
            let tasks = ctx.db.query::<Task>();
            tasks.search(|s| s.search_all.matching("milk")).take(1)
        },
        expect![[r#"
            search_all "milk" []

            Asc Take(1)"#]],
    );
    check(
        |ctx| {
            let narrowed = |text: &str| {
                let text = text.to_owned();
                ctx.db.query::<Task>().search(|s| {
                    let milk = s.search_all.matching(text);
                    milk.priority(&Priority::Low).note(&None).is_done(&false)
                })
            };
            narrowed("milk").filter(|t| t.rank.gt(0.0)).take(10)?;
            let other = ctx.db.query::<Task>().search(|s| {
                let milk = s.search_all.matching(String::from("\"oat milk\""));
                milk.note("x").is_done(&true)
            });
            other.first()
        },
        expect![[r#"
            search_all "milk" [("priority", Text("low")), ("note", Null), ("isDone", Integer(0))]
            rank:Real Greater Real(0.0)
            Asc Take(10)
            search_all "\"oat milk\"" [("note", Text("x")), ("isDone", Integer(1))]

            Asc Take(1)"#]],
    );
}

#[test]
fn a_query_can_go_one_of_two_ways() {
    fn found(ctx: &QueryCtx, text: &str) -> TableQuery<Task, Narrowed> {
        let tasks = ctx.db.query::<Task>();
        if text.is_empty() {
            tasks.with_index(|ix| ix.by_done.eq(&false))
        } else {
            tasks.search(|s| s.search_all.matching(text))
        }
    }
    check(
        |ctx| {
            found(ctx, "").first()?;
            found(ctx, "milk").first()
        },
        expect![[r#"
            by_done [Integer(0)] None None

            Asc Take(1)
            search_all "milk" []

            Asc Take(1)"#]],
    );
}

#[test]
fn a_page_is_asked_for_by_its_cursors() {
    check(
        |ctx| {
            let tasks = || ctx.db.query::<Task>().order(Order::Desc);
            let page: Page<Doc<Task>> = tasks().paginate(PageOpts::first(20))?;
            let next = PageOpts {
                limit: 5,
                cursor: Some(page.end_cursor.clone()),
                end_cursor: Some(page.end_cursor),
            };
            tasks().paginate(next)
        },
        expect![[r#"
            by_id [] None None

            Desc PageBounds { limit: 20, cursor: None, end_cursor: None }
            by_id [] None None

            Desc PageBounds { limit: 5, cursor: Some("end"), end_cursor: Some("end") }"#]],
    );
    check(
        |ctx| ctx.db.query::<Task>().paginate(PageOpts::default()),
        expect!["invalid: a page must hold at least one document"],
    );
}

#[test]
fn many_documents_are_asked_for_at_once() {
    check(
        |ctx| {
            let found = ctx.db.get_many(&[id(1), id(2), id(1)])?;
            assert!(found.iter().all(Option::is_none) && found.len() == 3);
            Ok(())
        },
        expect!["3 of tasks"],
    );
}

#[test]
fn a_page_has_one_form_outside() {
    let cursor: Cursor = zeroback_protocol::decode(b"\"abc\"").expect("decodes");
    let page = Page {
        items: vec![1, 2],
        end_cursor: cursor.clone(),
        split_cursor: None,
        is_done: false,
    };
    let json = r#"{"items":[1,2],"endCursor":"abc","splitCursor":null,"isDone":false}"#;
    assert_eq!(zeroback_protocol::encode(&page).expect("encodes"), json);
    let decoded: Page<u32> = zeroback_protocol::decode(json.as_bytes()).expect("decodes");
    assert_eq!(decoded, page);
    assert_eq!(page.map(|number| number > 1).items, [false, true]);

    let opts = PageOpts {
        cursor: Some(cursor),
        ..PageOpts::first(3)
    };
    let decoded: PageOpts =
        zeroback_protocol::decode(br#"{"limit":3,"cursor":"abc"}"#).expect("decodes");
    assert_eq!(decoded, opts);
    zeroback_protocol::decode::<PageOpts>(br#"{"limit":3,"after":"abc"}"#).expect_err("refused");
}
