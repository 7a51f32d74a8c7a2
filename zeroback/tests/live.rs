//! Live queries run again whenever their results may have changed, however narrowly they read.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use zeroback::db::Fields;
use zeroback::prelude::*;
use zeroback::testing::{TestApp, TestSubscription};

zeroback::app!();

#[derive(Debug, Table)]
#[index(by_list(list, is_done), by_note(note))]
#[unique(by_title(title))]
#[search(by_text(text), filter(list))]
pub struct Entry {
    pub list: i64,
    pub is_done: bool,
    pub title: String,
    pub text: String,
    pub tags: Option<Vec<Option<i64>>>,
    pub note: Option<i64>,
    pub rank: i64,
}

#[mutation]
pub fn add(ctx: &MutationCtx, list: i64, title: String, text: String) -> Result<Id<Entry>> {
    ctx.db.insert(Entry {
        list,
        is_done: false,
        title,
        text,
        tags: None,
        // Half of them have one.
        note: (list % 2 == 1).then_some(list),
        rank: list,
    })
}

#[mutation]
pub fn fill(ctx: &MutationCtx, list: i64, count: i64) -> Result<()> {
    for number in 0..count {
        add(ctx, list, format!("{list}-{number}"), String::new())?;
    }
    Ok(())
}

#[mutation]
pub fn patch(ctx: &MutationCtx, id: Id<Entry>, patch: EntryPatch) -> Result<()> {
    ctx.db.patch(&id, patch)
}

#[mutation]
pub fn remove_all_but(ctx: &MutationCtx, list: i64, keep: i64) -> Result<()> {
    let of_list = || {
        ctx.db
            .query::<Entry>()
            .with_index(|ix| ix.by_list.eq(&list))
    };
    for entry in of_list()
        .order(Order::Desc)
        .iter()
        .skip(usize::try_from(keep)?)
    {
        ctx.db.delete(entry?.id())?;
    }
    Ok(())
}

/// All entries of a list, and those of them that are not done: two counts in one function.
#[query]
pub fn progress(ctx: &QueryCtx, list: i64) -> Result<(u64, u64)> {
    let all = ctx
        .db
        .query::<Entry>()
        .with_index(|ix| ix.by_list.eq(&list));
    let open = ctx
        .db
        .query::<Entry>()
        .with_index(|ix| ix.by_list.eq(&list).eq(&false));
    Ok((all.count()?, open.count()?))
}

/// How many entries have each rank, by more counts than a read set tells apart.
#[query]
pub fn by_rank(ctx: &QueryCtx, ranks: i64) -> Result<Vec<u64>> {
    (0..ranks)
        .map(|rank| ctx.db.query::<Entry>().filter(|t| t.rank.eq(rank)).count())
        .collect()
}

#[query]
pub fn with_title(ctx: &QueryCtx, title: String) -> Result<Vec<i64>> {
    let found = ctx.db.query::<Entry>().filter(|t| t.title.eq(&title));
    Ok(found.collect()?.iter().map(|entry| entry.rank).collect())
}

/// The same, or nothing where there was too much to look at.
#[query]
pub fn with_title_or_none(ctx: &QueryCtx, title: String) -> Result<Option<usize>> {
    let found = ctx.db.query::<Entry>().filter(|t| t.title.eq(&title));
    Ok(found.collect().ok().map(|found| found.len()))
}

#[query]
pub fn untagged(ctx: &QueryCtx) -> Result<u64> {
    ctx.db
        .query::<Entry>()
        .filter(|t| t.tags.contains(None))
        .count()
}

#[query]
pub fn ranks_between(ctx: &QueryCtx, from: i64, to: i64) -> Result<u64> {
    ctx.db
        .query::<Entry>()
        .filter(|t| t.rank.gt(from) & t.rank.lt(to))
        .count()
}

#[query]
pub fn find(
    ctx: &QueryCtx,
    text: String,
    before: Timestamp,
    page: PageOpts,
) -> Result<Page<String>> {
    let found = ctx
        .db
        .query::<Entry>()
        .search(|s| s.by_text.matching(&text))
        .filter(|t| t._creation_time.lt(before));
    Ok(found.paginate(page)?.map(|entry| entry.into_fields().title))
}

#[mutation]
pub fn remove_found(ctx: &MutationCtx, text: String) -> Result<u32> {
    let mut removed = 0;
    for entry in ctx
        .db
        .query::<Entry>()
        .search(|s| s.by_text.matching(&text))
        .iter()
    {
        ctx.db.delete(entry?.id())?;
        removed += 1;
    }
    Ok(removed)
}

#[query]
pub fn often(ctx: &QueryCtx, id: Id<Entry>, times: u32) -> Result<usize> {
    Ok(ctx.db.get_many(&vec![id; usize::try_from(times)?])?.len())
}

/// How many entries pass as many conditions as the caller likes.
#[query]
pub fn chained(ctx: &QueryCtx, titles: Vec<String>) -> Result<u64> {
    let mut query = ctx.db.query::<Entry>();
    for title in titles {
        query = query.filter(|t| t.title.ne(title));
    }
    query.count()
}

/// How many entries pass a condition as deep as the caller likes.
#[query]
pub fn nested(ctx: &QueryCtx, depth: u32) -> Result<u64> {
    let condition =
        |t: &Fields<Entry>| (0..depth).fold(t.rank.eq(0), |inner, _| !(inner | t.rank.eq(1)));
    ctx.db.query::<Entry>().filter(condition).count()
}

#[query]
pub fn listed(ctx: &QueryCtx, ranks: Vec<i64>) -> Result<u64> {
    ctx.db
        .query::<Entry>()
        .filter(|t| t.rank.in_list(&ranks))
        .count()
}

/// The ranks of the entries with a title, one after another.
#[query]
pub fn one_by_one(ctx: &QueryCtx, title: String) -> Result<Vec<i64>> {
    let found = ctx.db.query::<Entry>().filter(|t| t.title.eq(&title));
    found.iter().map(|entry| Ok(entry?.rank)).collect()
}

/// The entry with a title that an index finds, and otherwise an error.
#[query]
pub fn must_find(ctx: &QueryCtx, title: String) -> Result<i64> {
    let found = ctx.db.query::<Entry>().filter(|t| t.title.eq(&title));
    let entry = found.first()?;
    Ok(entry.ok_or_else(|| Error::not_found("no such entry"))?.rank)
}

/// A page of the entries with a text.
#[query]
pub fn page_with_text(ctx: &QueryCtx, text: String, page: PageOpts) -> Result<Page<i64>> {
    let found = ctx
        .db
        .query::<Entry>()
        .with_index(|ix| ix.by_list)
        .filter(|t| t.text.eq(&text));
    Ok(found.paginate(page)?.map(|entry| entry.rank))
}

/// The same in the order of an index that begins with the nulls.
#[query]
pub fn page_by_note(ctx: &QueryCtx, text: String, page: PageOpts) -> Result<Page<i64>> {
    let found = ctx
        .db
        .query::<Entry>()
        .with_index(|ix| ix.by_note)
        .filter(|t| t.text.eq(&text));
    Ok(found.paginate(page)?.map(|entry| entry.rank))
}

#[query]
pub fn first_of(ctx: &QueryCtx, list: i64) -> Result<Option<Id<Entry>>> {
    let entries = ctx
        .db
        .query::<Entry>()
        .with_index(|ix| ix.by_list.eq(&list));
    Ok(entries.first()?.map(|entry| *entry.id()))
}

fn entry(t: &TestApp, list: i64, title: &str, text: &str) -> Id<Entry> {
    let (title, text) = (title.to_owned(), text.to_owned());
    t.mutation(add::Args { list, title, text })
        .expect("an entry with a title of its own")
}

#[test]
fn two_counts_of_ranges_that_overlap_are_both_right() {
    let t = TestApp::new(app());
    let id = entry(&t, 1, "a", "");
    let mut progress = t.subscribe(progress::Args { list: 1 });
    assert_eq!(progress.next().unwrap().unwrap(), (1, 1));
    let patch = EntryPatch {
        is_done: Some(true),
        ..EntryPatch::default()
    };
    t.mutation(patch::Args { id, patch }).unwrap();
    assert_eq!(progress.next().unwrap().unwrap(), (1, 0));
}

#[test]
fn more_counts_than_are_told_apart_are_all_right() {
    let t = TestApp::new(app());
    let id = entry(&t, 290, "a", "");
    let mut counts = t.subscribe(by_rank::Args { ranks: 300 });
    assert_eq!(counts.next().unwrap().unwrap()[290], 1);
    let patch = EntryPatch {
        rank: Some(291),
        ..EntryPatch::default()
    };
    t.mutation(patch::Args { id, patch }).unwrap();
    let counts = counts.next().unwrap().unwrap();
    assert_eq!((counts[290], counts[291]), (0, 1));
}

#[test]
fn what_failed_at_a_limit_succeeds_once_there_is_less_to_pass_over() {
    let t = TestApp::new(app());
    for list in 0..3 {
        t.mutation(fill::Args {
            list,
            count: 11_000,
        })
        .unwrap();
    }
    let title = || "nobody".to_owned();
    let mut failing = t.subscribe(with_title::Args { title: title() });
    assert!(failing.next().unwrap().is_err());
    let mut falling_back = t.subscribe(with_title_or_none::Args { title: title() });
    assert_eq!(falling_back.next().unwrap().unwrap(), None);
    t.mutation(remove_all_but::Args { list: 1, keep: 10 })
        .unwrap();
    assert!(failing.next().unwrap().unwrap().is_empty());
    assert_eq!(falling_back.next().unwrap().unwrap(), Some(0));
}

#[test]
fn a_list_that_is_not_there_has_no_elements() {
    let t = TestApp::new(app());
    let id = entry(&t, 1, "a", "");
    assert_eq!(t.query(untagged::Args).unwrap(), 0);
    let mut untagged = t.subscribe(untagged::Args);
    assert_eq!(untagged.next().unwrap().unwrap(), 0);
    let patch = EntryPatch {
        tags: Some(Some(vec![Some(1), None])),
        ..EntryPatch::default()
    };
    t.mutation(patch::Args { id, patch }).unwrap();
    assert_eq!(untagged.next().unwrap().unwrap(), 1);
}

#[test]
fn a_filter_compares_with_integers_beyond_all_values() {
    let t = TestApp::new(app());
    entry(&t, 1, "a", "");
    let (from, to) = (-(1 << 53) + 1, (1 << 53) - 1);
    assert_eq!(t.query(ranks_between::Args { from, to }).unwrap(), 1);
}

#[test]
fn a_search_goes_on_behind_its_cursor_while_time_passes() {
    let t = TestApp::new(app());
    for title in ["a", "b", "c"] {
        entry(&t, 1, title, "milk");
    }
    let page = |before: i64, page: PageOpts| {
        let text = "milk".to_owned();
        let before = Timestamp::from_unix_ms(before);
        t.query(find::Args { text, before, page }).unwrap()
    };
    let first = page(1_900_000_000_000, PageOpts::first(2));
    assert_eq!(first.items, ["a", "b"]);
    let cursor = Some(first.end_cursor);
    let second = page(
        1_900_000_000_001,
        PageOpts {
            cursor,
            ..PageOpts::first(2)
        },
    );
    assert_eq!((second.items, second.is_done), (vec!["c".to_owned()], true));
}

#[test]
fn what_a_search_finds_can_be_removed_one_after_another() {
    let t = TestApp::new(app());
    for number in 0..150 {
        entry(&t, 1, &number.to_string(), "milk");
    }
    let text = "milk".to_owned();
    assert_eq!(t.mutation(remove_found::Args { text }).unwrap(), 150);
}

#[test]
fn one_document_asked_for_again_and_again_counts_each_time() {
    let t = TestApp::new(app());
    let id = entry(&t, 1, "a", &"x".repeat(100_000));
    assert_eq!(t.query(often::Args { id, times: 100 }).unwrap(), 100);
    assert!(t.query(often::Args { id, times: 1_000 }).is_err());
    assert!(t.query(often::Args { id, times: 40_000 }).is_err());
}

#[test]
fn a_condition_as_long_as_a_client_likes_is_refused_and_no_more() {
    let t = TestApp::new(app());
    entry(&t, 1, "a", "");
    let chained = |count: usize| {
        let titles = (0..count).map(|number| number.to_string()).collect();
        t.query(chained::Args { titles })
    };
    assert_eq!(chained(64).unwrap(), 1);
    assert!(chained(65).is_err());
    assert!(chained(100_000).is_err());
    assert!(t.query(nested::Args { depth: 5 }).is_ok());
    assert!(t.query(nested::Args { depth: 100_000 }).is_err());
}

#[test]
fn a_list_is_as_long_as_its_distinct_values() {
    let t = TestApp::new(app());
    entry(&t, 1, "a", "");
    let listed = |ranks: Vec<i64>| t.query(listed::Args { ranks });
    assert_eq!(listed((0..1_024).rev().collect()).unwrap(), 1);
    assert_eq!(listed(vec![1; 50_000]).unwrap(), 1);
    assert_eq!(listed(Vec::new()).unwrap(), 0);
    assert!(listed((0..1_025).collect()).is_err());
    assert!(listed((0..50_000).collect()).is_err());
}

#[test]
fn an_iteration_behind_a_filter_looks_at_each_document_once() {
    let t = TestApp::new(app());
    for list in 0..2 {
        t.mutation(fill::Args {
            list,
            count: 10_000,
        })
        .unwrap();
    }
    let title = "0-5".to_owned();
    assert_eq!(t.query(one_by_one::Args { title }).unwrap(), [0]);
}

#[test]
fn an_error_of_the_functions_own_lasts_until_what_it_read_changes() {
    let t = TestApp::new(app());
    let title = || "late".to_owned();
    let mut found = t.subscribe(must_find::Args { title: title() });
    assert!(found.next().unwrap().is_err());
    entry(&t, 7, "late", "");
    assert_eq!(found.next().unwrap().unwrap(), 7);
}

#[test]
fn pages_behind_a_filter_that_lets_little_pass_go_on() {
    let t = TestApp::new(app());
    for list in 0..4 {
        t.mutation(fill::Args {
            list,
            count: 10_000,
        })
        .unwrap();
    }
    entry(&t, 4, "late", "late");
    let of = |page: PageOpts| page_with_text::Args {
        text: "late".to_owned(),
        page,
    };
    let (mut found, mut pages) = (Vec::new(), Vec::new());
    let mut page = PageOpts::first(5);
    loop {
        let read = t.query(of(page.clone())).unwrap();
        found.extend(read.items);
        let next = PageOpts {
            cursor: Some(read.end_cursor.clone()),
            ..PageOpts::first(5)
        };
        page.end_cursor = Some(read.end_cursor);
        pages.push(std::mem::replace(&mut page, next));
        if read.is_done {
            break;
        }
    }
    assert_eq!(found, [4]);
    assert_eq!(pages.len(), 5, "each looks at 8,192 entries");

    let mut live: Vec<_> = pages
        .into_iter()
        .map(|page| t.subscribe(of(page)))
        .collect();
    let items = |page: &mut TestSubscription<page_with_text::Args>| {
        page.next().map(|read| read.unwrap().items)
    };
    for (page, expected) in live.iter_mut().zip([&[][..], &[], &[], &[], &[4]]) {
        assert_eq!(items(page).unwrap(), expected);
    }
    let id = t.query(first_of::Args { list: 1 }).unwrap().unwrap();
    let patch = EntryPatch {
        text: Some("late".to_owned()),
        ..EntryPatch::default()
    };
    t.mutation(patch::Args { id, patch }).unwrap();
    let told: Vec<_> = live.iter_mut().map(items).collect();
    assert_eq!(told, [None, Some(vec![1]), None, None, None]);
}

#[test]
fn sparse_pages_go_from_nulls_to_values_and_show_nothing_twice() {
    let t = TestApp::new(app());
    for list in 0..4 {
        t.mutation(fill::Args {
            list,
            count: 10_000,
        })
        .unwrap();
    }
    for (list, title) in [(4, "a"), (1, "b"), (6, "c"), (5, "d")] {
        entry(&t, list, title, "late");
    }
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut page = PageOpts::first(3);
    loop {
        let text = "late".to_owned();
        let read = t.query(page_by_note::Args { text, page }).unwrap();
        found.extend(read.items);
        pages += 1;
        if read.is_done {
            break;
        }
        page = PageOpts {
            cursor: Some(read.end_cursor),
            ..PageOpts::first(3)
        };
    }
    assert_eq!(found, [4, 6, 1, 5], "nulls first, then by value");
    assert_eq!(pages, 5);
}
