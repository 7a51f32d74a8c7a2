//! A table with one index, a mutation that inserts, and a query that every insert changes.

use zeroback::prelude::*;

/// A row of about a hundred bytes.
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

/// Inserts a row.
#[mutation]
pub fn add(ctx: &MutationCtx, topic: String, text: String) -> Result<Id<Row>> {
    ctx.db.insert(Row {
        topic,
        text,
        is_done: false,
    })
}

/// The newest row of a topic.
#[query]
pub fn newest(ctx: &QueryCtx, topic: String) -> Result<Option<Doc<Row>>> {
    ctx.db
        .query::<Row>()
        .with_index(|ix| ix.by_topic.eq(&topic))
        .order(Order::Desc)
        .first()
}
