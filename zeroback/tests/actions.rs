//! Actions in a `TestApp`: they call, side by side, what is committed one after another.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use zeroback::prelude::*;
use zeroback::testing::TestApp;

/// A counter.
#[derive(Debug, Table)]
pub struct Counter {
    pub name: String,
    pub value: i64,
}

#[query]
pub fn value(ctx: &QueryCtx, name: String) -> Result<i64> {
    let counter = ctx
        .db
        .query::<Counter>()
        .filter(|c| c.name.eq(&name))
        .first()?;
    Ok(counter.map_or(0, |counter| counter.value))
}

#[mutation(internal)]
pub fn add(ctx: &MutationCtx, name: String, by: i64) -> Result<i64> {
    if by == 0 {
        return Err(Error::invalid("by nothing"));
    }
    let found = ctx
        .db
        .query::<Counter>()
        .filter(|c| c.name.eq(&name))
        .first()?;
    match found {
        Some(counter) => {
            let value = counter.value + by;
            let patch = CounterPatch {
                value: Some(value),
                ..CounterPatch::default()
            };
            ctx.db.patch(counter.id(), patch)?;
            Ok(value)
        }
        None => {
            ctx.db.insert(Counter { name, value: by })?;
            Ok(by)
        }
    }
}

/// Adds one after another.
#[action]
pub async fn add_all(ctx: &ActionCtx, name: String, numbers: Vec<i64>) -> Result<i64> {
    for by in numbers {
        let before = ctx.run_query(value::Args { name: name.clone() }).await?;
        let after = ctx
            .run_mutation(add::Args {
                name: name.clone(),
                by,
            })
            .await?;
        assert_eq!(after, before + by);
    }
    Ok(ctx.run_query(value::Args { name }).await?)
}

#[action]
pub async fn twice(ctx: &ActionCtx, name: String, numbers: Vec<i64>) -> Result<i64> {
    let call = add_all::Args { name, numbers };
    ctx.run_action(add_all::Args {
        name: call.name.clone(),
        numbers: call.numbers.clone(),
    })
    .await?;
    Ok(ctx.run_action(call).await?)
}

zeroback::app!();

#[test]
fn an_action_calls_queries_and_mutations() {
    let t = TestApp::new(app());
    let mut seen = t.subscribe(value::Args { name: "x".into() });
    let call = add_all::Args {
        name: "x".into(),
        numbers: vec![1, 2, 3],
    };
    assert_eq!(t.action(call).unwrap(), 6);
    let told: Vec<_> = std::iter::from_fn(|| seen.next())
        .map(Result::unwrap)
        .collect();
    assert_eq!(told, [0, 1, 3, 6]);
}

#[test]
fn what_an_action_has_called_stays_when_it_fails() {
    let t = TestApp::new(app());
    let call = add_all::Args {
        name: "x".into(),
        numbers: vec![5, 0, 7],
    };
    let error = Error::from(t.action(call).unwrap_err());
    assert_eq!(error.code().as_str(), "invalid");
    assert_eq!(t.query(value::Args { name: "x".into() }).unwrap(), 5);
}

#[test]
fn an_action_calls_actions() {
    let t = TestApp::new(app());
    let call = twice::Args {
        name: "x".into(),
        numbers: vec![1, 2],
    };
    assert_eq!(t.action(call).unwrap(), 6);
}
