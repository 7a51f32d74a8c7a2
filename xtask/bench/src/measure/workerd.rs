//! The same in a Durable Object on workerd, beside one that was written by hand in JavaScript.

mod object;

use anyhow::{Context as _, Result};
use serde_json::json;

use self::object::{Worker, counted};
use super::selective::Watched;
use super::{fan_out, mutations};
use crate::listeners::{Listeners, Speaks};
use crate::process::Program;
use crate::report::{Report, Scale, Target, median};
use crate::rows::row_text;
use crate::zeroback::{Writer, subscribe};

const ROUNDS: usize = 9;

/// V8 compiles what runs often a second time, and better, beside it: so many rounds are made before it
/// has.
const WARM_UP_ROUNDS: usize = 3;
const IN_FLIGHT: usize = 32;
const SUBSCRIBERS: usize = 1_000;

/// How many queries are live, few and many; both objects have a row for each of the many.
const QUERIES: [usize; 2] = [1_000, 10_000];

/// How much of the processor ours may take, to that which was written by hand.
const TARGET: Target = Target::AtMost(1.5);

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let Some(worker) = Worker::from_env() else {
        println!("  skipped: no packaged Worker; `cargo xtask bench workerd` packages one");
        return Ok(());
    };
    let objects = [worker.start()?, Worker::by_hand().start()?];
    one_row(&objects, scale, report)?;
    pushes(&objects, scale, report)?;
    for queries in QUERIES {
        let objects = [worker.start()?, Worker::by_hand().start()?];
        selective(objects, scale.of(queries, queries / 10), scale, report)?;
    }
    per_mutation(&worker, report)
}

/// Prints the ratio and both sides of what was measured by turns.
fn tell(report: &mut Report, what: &str, unit: &str, rounds: &[[f64; 2]]) {
    let ratios = rounds.iter().map(|[ours, by_hand]| ours / by_hand);
    let name = format!("{what}: CPU to one by hand");
    report.line(&name, median(ratios.collect()), "x", TARGET);
    for (at, who) in ["ours", "by hand"].iter().enumerate() {
        let costs = rounds.iter().map(|round| round[at]);
        let name = format!("{who}, {what}: CPU");
        report.line(&name, median(costs.collect()), unit, Target::None);
    }
}

/// Runs both by turns.
fn by_turns(scale: Scale, mut measure: impl FnMut(usize) -> Result<f64>) -> Result<Vec<[f64; 2]>> {
    let mut rounds = Vec::new();
    let warm_up = scale.of(WARM_UP_ROUNDS, 1);
    for round in 0..warm_up + scale.of(ROUNDS, 1) {
        let costs = [measure(0)?, measure(1)?];
        if round >= warm_up {
            rounds.push(costs);
        }
    }
    Ok(rounds)
}

fn one_row(objects: &[Program; 2], scale: Scale, report: &mut Report) -> Result<()> {
    let mut writers = Vec::new();
    for object in objects {
        writers.push([Writer::connect(object.address())?]);
    }
    for (in_flight, what) in [(IN_FLIGHT, "32 in flight"), (1, "one in flight")] {
        let rows = scale.of(100 * in_flight.max(16), 64);
        let rounds = by_turns(scale, |at| {
            mutations::write(&objects[at], &mut writers[at], in_flight, rows)
                .map(|cost| cost.cpu_us)
        })?;
        tell(report, &format!("a mutation, {what}"), "us", &rounds);
    }
    Ok(())
}

fn pushes(objects: &[Program; 2], scale: Scale, report: &mut Report) -> Result<()> {
    let subscribers = scale.of(SUBSCRIBERS, 50);
    let mut sides = Vec::new();
    for object in objects {
        let mut writer = Writer::connect(object.address())?;
        writer.call(
            "rows:add",
            json!({ "topic": "watched", "text": row_text(0) }),
        )?;
        let subscription = subscribe(&[("rows:newest", json!({ "topic": "watched" }))]);
        let listeners = Listeners::new(object.address(), "/ws")?;
        listeners.add(
            &vec![Speaks::Zeroback(subscription); subscribers],
            subscribers,
        )?;
        sides.push((writer, listeners));
    }
    let rounds = by_turns(scale, |at| {
        let (writer, listeners) = &mut sides[at];
        fan_out::ours(
            &objects[at],
            writer,
            listeners,
            subscribers,
            scale.of(10, 2),
        )
        .map(|(cpu_us, _)| cpu_us)
    })?;
    tell(
        report,
        &format!("a push to one of {subscribers}"),
        "us",
        &rounds,
    );
    Ok(())
}

fn selective(
    objects: [Program; 2],
    queries: usize,
    scale: Scale,
    report: &mut Report,
) -> Result<()> {
    let rows = scale.of(QUERIES[1], QUERIES[1] / 10);
    let [ours, by_hand] = objects;
    let mut sides = [
        Watched::on(ours, queries, rows)?,
        Watched::on(by_hand, queries, rows)?,
    ];
    let rounds = by_turns(scale, |at| sides[at].cpu_us_per_write(scale.of(960, 64)))?;
    tell(
        report,
        &format!("a write among {queries} live queries"),
        "us",
        &rounds,
    );
    Ok(())
}

/// Counts what one mutation does that changes one live query; nothing is timed here.
fn per_mutation(worker: &Worker, report: &mut Report) -> Result<()> {
    let object = worker.counting().start()?;
    let mut writer = Writer::connect(object.address())?;
    let mut listener = Writer::connect(object.address())?;
    listener.subscribe("rows:newest", &json!({ "topic": "watched" }))?;
    for (topic, what) in [("unwatched", "none"), ("watched", "one")] {
        // The first one prepares, and the second has an earlier answer to acknowledge.
        let mut all = counted(object.address())?;
        let mut runs = 0.0;
        for number in 0..3 {
            let before = writer.query("rows:runs", &json!({}))?;
            counted(object.address())?;
            writer.call(
                "rows:add",
                json!({ "topic": topic, "text": row_text(number) }),
            )?;
            if topic == "watched" {
                listener.next()?;
            }
            all = counted(object.address())?;
            let after = writer.query("rows:runs", &json!({}))?;
            let runs_of = |value: &serde_json::Value| value.as_f64().context("a number of runs");
            runs = runs_of(&after)? - runs_of(&before)?;
        }
        for (name, count) in [
            ("queries run", runs),
            ("statements", all.statements),
            ("crossings into wasm", all.into),
            ("crossings out of wasm", all.out_of),
        ] {
            let name = format!("a mutation that changes {what} of the live queries: {name}");
            report.line(&name, count, "", Target::None);
        }
    }
    Ok(())
}
