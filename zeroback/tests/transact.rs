//! Actions that write only what is still right: `run_mutation_if_unchanged` and `transact`.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use zeroback::prelude::*;
use zeroback::testing::TestApp;

#[derive(Debug, Table)]
#[unique(by_name(name))]
pub struct Counter {
    pub name: String,
    pub value: i64,
}

#[query]
pub fn value(ctx: &QueryCtx, name: String) -> Result<i64> {
    let counters = ctx.db.query::<Counter>();
    let counter = counters.with_index(|ix| ix.by_name.eq(&name)).unique()?;
    Ok(counter.map_or(0, |counter| counter.value))
}

#[query]
pub fn all(ctx: &QueryCtx) -> Result<u64> {
    ctx.db.query::<Counter>().count()
}

#[mutation]
pub fn set(ctx: &MutationCtx, name: String, value: i64) -> Result<()> {
    let counters = ctx.db.query::<Counter>();
    match counters.with_index(|ix| ix.by_name.eq(&name)).unique()? {
        Some(counter) => ctx
            .db
            .update(counter.id(), |counter| counter.value = value)?,
        None => drop(ctx.db.insert(Counter { name, value })?),
    }
    Ok(())
}

/// Reads a counter, has another one or the same set meanwhile, and sets it if it is unchanged.
#[action]
pub async fn add_if_unchanged(
    ctx: &ActionCtx,
    name: String,
    meanwhile: Option<String>,
) -> Result<i64> {
    let value = ctx.run_query(value::Args { name: name.clone() }).await? + 1;
    if let Some(name) = meanwhile {
        ctx.run_action(set_by_action::Args { name, value: 100 })
            .await?;
    }
    ctx.run_mutation_if_unchanged(set::Args { name, value })
        .await?;
    Ok(value)
}

#[action]
pub async fn set_by_action(ctx: &ActionCtx, name: String, value: i64) -> Result<()> {
    Ok(ctx.run_mutation(set::Args { name, value }).await?)
}

/// What an action has written itself is in nobody's way.
#[action]
pub async fn add_twice(ctx: &ActionCtx, name: String) -> Result<()> {
    for _ in 0..2 {
        let value = ctx.run_query(value::Args { name: name.clone() }).await? + 1;
        let call = set::Args {
            name: name.clone(),
            value,
        };
        ctx.run_mutation_if_unchanged(call).await?;
    }
    Ok(())
}

#[action]
pub async fn increment(ctx: &ActionCtx, name: String) -> Result<i64> {
    ctx.transact(async |ctx| {
        let value = ctx.run_query(value::Args { name: name.clone() }).await? + 1;
        let call = set::Args {
            name: name.clone(),
            value,
        };
        ctx.run_mutation_if_unchanged(call).await?;
        Ok(value)
    })
    .await
}

/// Has many actions increment one counter side by side, and attempts of this one too.
#[action]
pub async fn race(ctx: &ActionCtx, racers: u32) -> Result<()> {
    let call = || increment::Args { name: "x".into() };
    let mut others: Vec<Running<'_>> = Vec::new();
    for _ in 0..racers / 2 {
        others.push(Box::pin(async {
            Ok(ctx.run_action(call()).await.map(drop)?)
        }));
        others.push(Box::pin(async {
            increment(ctx, "x".into()).await.map(drop)
        }));
    }
    all_of(others).await
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Waits for all, polling each whenever anything has happened.
async fn all_of(mut running: Vec<Running<'_>>) -> Result<()> {
    poll_fn(|cx| {
        let mut failed = None;
        running.retain_mut(|future| match pin!(future).poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(error)) => {
                failed = Some(error);
                false
            }
        });
        match failed {
            Some(error) => Poll::Ready(Err(error)),
            None if running.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await
}

/// Fails with the code of a conflict by itself, and counts how often.
#[action]
pub async fn own_conflict(ctx: &ActionCtx) -> Result<()> {
    let attempts = Cell::new(0);
    let result: Result<()> = ctx
        .transact(|ctx| {
            attempts.set(attempts.get() + 1);
            async move {
                ctx.run_query(all::Args).await?;
                Err(Error::conflict("my own"))
            }
        })
        .await;
    assert_eq!(attempts.get(), 1);
    result
}

/// Reads more ranges than are kept apart.
#[action]
pub async fn reads_much(ctx: &ActionCtx, meanwhile: Option<String>) -> Result<()> {
    for number in 0..5_000 {
        let name = format!("n{number}");
        ctx.run_query(value::Args { name }).await?;
    }
    if let Some(name) = meanwhile {
        ctx.run_action(set_by_action::Args { name, value: 1 })
            .await?;
    }
    let call = set::Args {
        name: "done".into(),
        value: 1,
    };
    Ok(ctx.run_mutation_if_unchanged(call).await?)
}

zeroback::app!();

fn value_of(t: &TestApp, name: &str) -> i64 {
    let value = t.query(value::Args { name: name.into() });
    value.expect("a counter can be read")
}

fn add(meanwhile: Option<&str>) -> add_if_unchanged::Args {
    add_if_unchanged::Args {
        name: "x".into(),
        meanwhile: meanwhile.map(str::to_owned),
    }
}

#[test]
fn a_mutation_is_made_where_nothing_has_changed() {
    let t = TestApp::new(app());
    assert_eq!(t.action(add(None)).unwrap(), 1);
    assert_eq!(t.action(add(Some("another"))).unwrap(), 2);
    assert_eq!(value_of(&t, "x"), 2);
}

#[test]
fn a_mutation_is_not_made_where_what_was_read_has_changed() {
    let t = TestApp::new(app());
    let error = Error::from(t.action(add(Some("x"))).unwrap_err());
    assert_eq!(error.code().as_str(), "conflict");
    assert_eq!(value_of(&t, "x"), 100);
}

#[test]
fn what_an_action_writes_itself_is_no_conflict() {
    let t = TestApp::new(app());
    t.action(add_twice::Args { name: "x".into() }).unwrap();
    assert_eq!(value_of(&t, "x"), 2);
}

#[test]
fn sixty_four_racing_counters_lose_no_increment() {
    let t = TestApp::new(app());
    t.action(race::Args { racers: 64 }).unwrap();
    assert_eq!(value_of(&t, "x"), 64);
}

#[test]
fn an_authors_own_conflict_is_no_reason_to_try_again() {
    let t = TestApp::new(app());
    let error = Error::from(t.action(own_conflict::Args).unwrap_err());
    assert_eq!(error.code().as_str(), "conflict");
    assert_eq!(error.message(), "my own");
}

#[test]
fn over_many_ranges_are_widened_and_still_stand_for_what_was_read() {
    let t = TestApp::new(app());
    t.action(reads_much::Args { meanwhile: None }).unwrap();
    let meanwhile = Some("n1234".to_owned());
    let error = Error::from(t.action(reads_much::Args { meanwhile }).unwrap_err());
    assert_eq!(error.code().as_str(), "conflict");
}
