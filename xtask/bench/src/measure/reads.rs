//! Reads, pages, searches and inserts in the engine, against the same by hand with rusqlite.
//!
//! What is timed of ours is a whole call: arguments decoded, the function run, its typed documents
//! encoded, an answer made. By hand it is the statement, the typed rows and their JSON.

mod by_hand;
mod engine;

use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use self::by_hand::ByHand;
use self::engine::Local;
use crate::report::{Report, Scale};

/// Both sides by turns, so that what else the machine does falls on both.
const ROUNDS: usize = 7;

/// The rows of the small table and of the large one.
const SMALL: i64 = 1_000;
const LARGE: usize = 1_000_000;

const TEXTS: usize = 100_000;

/// Rows per mutation, and per transaction by hand.
const LOT: i64 = 10_000;

pub(super) fn measure(scale: Scale, _: &mut Report) -> Result<()> {
    let size_large = i64::try_from(scale.of(LARGE, LARGE / 50))?;
    println!("in the engine, without a socket, and by hand with rusqlite: us per call, medians");
    println!("                                        |     ours |  by hand | ratio");
    let (mut small, mut small_by_hand) = filled(SMALL)?;
    let (mut large, mut large_by_hand) = filled(size_large)?;
    for (size, local, by_hand) in [
        (SMALL, &mut small, &small_by_hand),
        (size_large, &mut large, &large_by_hand),
    ] {
        let shelves = size / 50;
        row(
            &format!("50 of {size} rows by an index"),
            200,
            |n| drop_answer(local.query("articles:shelf", &json!({ "shelf": n * 7 % shelves }))),
            |n| drop_answer(by_hand.shelf(n * 7 % shelves)),
        )?;
        row(
            &format!("25 of them by a filter, {size} rows"),
            200,
            |n| drop_answer(local.query("articles:open", &json!({ "shelf": n * 7 % shelves }))),
            |n| drop_answer(by_hand.open_on_shelf(n * 7 % shelves)),
        )?;
    }
    pages(&mut large, &large_by_hand, size_large / 100)?;
    inserts(&mut small, &mut small_by_hand)?;
    let texts = i64::try_from(scale.of(TEXTS, TEXTS / 10))?;
    searches(&mut large, &mut large_by_hand, texts)
}

fn filled(rows: i64) -> Result<(Local, ByHand)> {
    let mut local = Local::open(&format!("engine-{rows}"))?;
    let mut by_hand = ByHand::open(&format!("by-hand-{rows}"))?;
    let lot = rows.min(LOT);
    for from in (0..rows).step_by(usize::try_from(lot)?) {
        local.mutation("articles:fill", &json!({ "from": from, "count": lot }))?;
        by_hand.fill(from, lot)?;
    }
    Ok((local, by_hand))
}

fn pages(local: &mut Local, by_hand: &ByHand, middle: i64) -> Result<()> {
    let mut cursor = Value::Null;
    for number in 1..=middle {
        let args = json!({ "page": { "limit": 50, "cursor": cursor } });
        if number == 1 || number == middle {
            row(
                &format!("page {number} of {}", 2 * middle),
                200,
                |_| drop_answer(local.query("articles:page", &args)),
                |_| drop_answer(by_hand.page(number - 1)),
            )?;
        }
        let answer: Value = serde_json::from_str(&local.query("articles:page", &args)?)?;
        cursor = answer["value"]["endCursor"].clone();
    }
    Ok(())
}

fn inserts(local: &mut Local, by_hand: &mut ByHand) -> Result<()> {
    for (table, function, indexes) in [
        ("plain", "articles:add_plain", 0),
        ("indexed", "articles:add_indexed", 4),
    ] {
        let (mut ours, mut theirs) = (0, 0);
        row(
            &format!("1,000 inserts in one transaction, {indexes} indexes"),
            5,
            |_| {
                ours += 1_000;
                drop_answer(local.mutation(function, &json!({ "from": ours, "count": 1_000 })))
            },
            |_| {
                theirs += 1_000;
                by_hand.add(table, theirs, 1_000)
            },
        )?;
    }
    Ok(())
}

fn searches(local: &mut Local, by_hand: &mut ByHand, texts: i64) -> Result<()> {
    for from in (0..texts).step_by(usize::try_from(LOT)?) {
        let args = json!({ "from": from, "count": LOT });
        local.mutation("articles:write_texts", &args)?;
        by_hand.write_texts(from, LOT)?;
    }
    for text in ["w4900", "w60", "w60 w12"] {
        row(
            &format!("10 best of {texts} texts for \"{text}\""),
            20,
            |_| drop_answer(local.query("articles:find", &json!({ "text": text }))),
            |_| drop_answer(by_hand.find(text)),
        )?;
    }
    Ok(())
}

/// Measures both sides and prints a row of the table.
fn row(
    name: &str,
    calls: i64,
    mut ours: impl FnMut(i64) -> Result<()>,
    mut by_hand: impl FnMut(i64) -> Result<()>,
) -> Result<()> {
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let pair = (
            us_per_call(calls, &mut ours)?,
            us_per_call(calls, &mut by_hand)?,
        );
        // The first one warms both up.
        if round > 0 {
            rounds.push(pair);
        }
    }
    rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (ours, by_hand) = rounds[rounds.len() / 2];
    println!(
        "{name:<39} | {ours:>8.1} | {by_hand:>8.1} | {:>5.2}",
        ours / by_hand
    );
    Ok(())
}

fn us_per_call(calls: i64, call: &mut impl FnMut(i64) -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    for number in 0..calls {
        call(number)?;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / calls as f64)
}

fn drop_answer(answer: Result<String>) -> Result<()> {
    let text = answer.context("a call failed")?;
    std::hint::black_box(text);
    Ok(())
}
