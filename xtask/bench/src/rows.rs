//! Tables for mutations and live queries, each with one index.

use std::sync::atomic::{AtomicU64, Ordering};

use zeroback::prelude::*;

/// A row of about two hundred bytes.
#[derive(Debug, Table)]
#[table(name = "rows")]
#[index(by_topic(topic))]
pub struct Row {
    /// What the row is found by.
    pub topic: String,
    /// What it says.
    pub text: String,
    /// Whether it is done.
    pub is_done: bool,
}

/// Something that stands at a place.
#[derive(Debug, Table)]
#[table(name = "places")]
#[index(by_place(place))]
pub struct Place {
    /// Where it stands.
    pub place: i64,
}

/// How often live queries have run in this process.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// What a row says: the same for the server and for its baselines.
#[must_use]
pub fn row_text(number: usize) -> String {
    format!("the row with the number {number:08}, which says nothing else")
}

/// Inserts a row.
#[mutation]
pub fn add(ctx: &MutationCtx, topic: String, text: String) -> Result<Id<Row>> {
    ctx.db.insert(Row {
        topic,
        text,
        is_done: false,
    })
}

/// Inserts a row into each of the topics with these numbers.
#[mutation]
pub fn add_to_topics(ctx: &MutationCtx, from: usize, count: usize) -> Result<()> {
    for number in from..from + count {
        add(ctx, format!("topic {number}"), row_text(number))?;
    }
    Ok(())
}

/// Inserts rows into one topic.
#[mutation]
pub fn add_many(ctx: &MutationCtx, topic: String, count: usize) -> Result<()> {
    for number in 0..count {
        add(ctx, topic.clone(), row_text(number).repeat(3))?;
    }
    Ok(())
}

/// Changes what a row says.
#[mutation]
pub fn edit(ctx: &MutationCtx, id: Id<Row>, text: String) -> Result<()> {
    let patch = RowPatch {
        text: Some(text),
        ..RowPatch::default()
    };
    ctx.db.patch(&id, patch)
}

/// The newest row of a topic.
#[query]
pub fn newest(ctx: &QueryCtx, topic: String) -> Result<Option<Doc<Row>>> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    ctx.db
        .query::<Row>()
        .with_index(|ix| ix.by_topic.eq(&topic))
        .order(Order::Desc)
        .first()
}

/// All rows of a topic.
#[query]
pub fn of_topic(ctx: &QueryCtx, topic: String) -> Result<Vec<Doc<Row>>> {
    ctx.db
        .query::<Row>()
        .with_index(|ix| ix.by_topic.eq(&topic))
        .collect()
}

/// Puts something at a place.
#[mutation]
pub fn put(ctx: &MutationCtx, place: i64) -> Result<Id<Place>> {
    ctx.db.insert(Place { place })
}

/// What stands at the ten places from one on.
#[query]
pub fn standing(ctx: &QueryCtx, from: i64) -> Result<Vec<Doc<Place>>> {
    RUNS.fetch_add(1, Ordering::Relaxed);
    ctx.db
        .query::<Place>()
        .with_index(|ix| ix.by_place.gte(&from).lt(&(from + 10)))
        .collect()
}

/// How often [`standing`] and [`newest`] have run.
#[query]
pub fn runs(_ctx: &QueryCtx) -> Result<u64> {
    Ok(RUNS.load(Ordering::Relaxed))
}

/// Puts another row in the place of one.
#[mutation]
pub fn rewrite(ctx: &MutationCtx, id: Id<Row>, topic: String, text: String) -> Result<()> {
    let is_done = true;
    ctx.db.replace(
        &id,
        Row {
            topic,
            text,
            is_done,
        },
    )
}
