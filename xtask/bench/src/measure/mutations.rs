//! Rate and processor time of mutations over the WebSocket, against SQLite alone.

use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use crate::baseline::sqlite::Database;
use crate::process::{Folder, Program, cpu_us};
use crate::report::{Report, Scale, Target, median};
use crate::rows::row_text;
use crate::zeroback::Writer;

/// How many mutations are in flight, and how many rows SQLite alone writes in a transaction.
const IN_FLIGHT: usize = 32;

const ROUNDS: usize = 7;

/// What one row cost.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) cpu_us: f64,
    wall_us: f64,
    /// The processor time of the driver, while which the server had nothing to do.
    driver_us: f64,
}

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let rows = scale.of(9_600, 320);
    let server = Program::zeroback()?;
    let folder = Folder::fresh("sqlite")?;
    let mut bare = Database::open(folder.path())?;
    let (mut one, mut many, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let mut writer = vec![Writer::connect(server.address())?];
    let mut writers = Vec::new();
    for _ in 0..IN_FLIGHT {
        writers.push(Writer::connect(server.address())?);
    }
    // By turns, so that what else the machine does falls on all; the first round warms up.
    for round in 0..=scale.of(ROUNDS, 1) {
        let costs = (
            write(&server, &mut writer, IN_FLIGHT, rows)?,
            write(&server, &mut writers, 1, rows)?,
            insert(&mut bare, rows)?,
        );
        if round > 0 {
            one.push(costs.0);
            many.push(costs.1);
            alone.push(costs.2);
        }
    }
    tell(report, "one client, 32 in flight", &one, &alone, true);
    tell(
        report,
        "32 clients, one in flight each",
        &many,
        &alone,
        false,
    );
    let cpu = median(alone.iter().map(|cost| cost.cpu_us).collect());
    let wall = median(alone.iter().map(|cost| cost.wall_us).collect());
    report.line(
        "bare rusqlite, 32 per transaction: CPU per row",
        cpu,
        "us",
        Target::None,
    );
    report.line(
        "bare rusqlite: rows per second",
        1e6 / wall,
        "",
        Target::None,
    );
    Ok(())
}

fn tell(report: &mut Report, who: &str, ours: &[Cost], bare: &[Cost], is_held: bool) {
    let held = |target| if is_held { target } else { Target::None };
    let of = |cost: fn(&Cost) -> f64| median(ours.iter().map(cost).collect());
    let ratio = |cost: fn(&Cost) -> f64| {
        let pairs = ours.iter().zip(bare);
        median(
            pairs
                .map(|(ours, bare)| bare.wall_us / cost(ours))
                .collect(),
        )
    };
    let cpu = of(|cost| cost.cpu_us);
    report.line(
        &format!("{who}: server CPU per mutation"),
        cpu,
        "us",
        held(Target::AtMost(50.0)),
    );
    let rate = ratio(|cost| cost.wall_us - cost.driver_us);
    let name = format!("{who}: rate to bare, driver not counted");
    report.line(&name, rate, "x", held(Target::AtLeast(0.35)));
    let name = format!("{who}: rate to bare, driver counted");
    report.line(&name, ratio(|cost| cost.wall_us), "x", Target::None);
    let per_second = 1e6 / of(|cost| cost.wall_us);
    report.line(&format!("{who}: per second"), per_second, "", Target::None);
}

/// Makes mutations, so many of each client at a time: the next go when the last is answered. While
/// the driver works nothing is in flight, so its time can be told from the server's.
pub(super) fn write(
    server: &Program,
    writers: &mut [Writer],
    in_flight: usize,
    rows: usize,
) -> Result<Cost> {
    let turns = rows / (in_flight * writers.len());
    let mut lots = Vec::new();
    for turn in 0..turns {
        for (at, writer) in writers.iter_mut().enumerate() {
            let first = (turn * IN_FLIGHT + at) * in_flight;
            lots.push(writer.lot((first..first + in_flight).map(add)));
        }
    }
    let (cpu_before, driver_before) = (server.cpu_us()?, cpu_us("self")?);
    let started = Instant::now();
    for turn in lots.chunks(writers.len()) {
        for (writer, lot) in writers.iter_mut().zip(turn) {
            writer.send(lot)?;
        }
        for (writer, lot) in writers.iter_mut().zip(turn) {
            writer.answers(lot)?;
        }
    }
    let wall_us = started.elapsed().as_secs_f64() * 1e6;
    let rows = rows as f64;
    Ok(Cost {
        cpu_us: (server.cpu_us()? - cpu_before) / rows,
        wall_us: wall_us / rows,
        driver_us: (cpu_us("self")? - driver_before) / rows,
    })
}

fn add(number: usize) -> (&'static str, Value) {
    let args = json!({ "topic": "unwatched", "text": row_text(number) });
    ("rows:add", args)
}

fn insert(database: &mut Database, rows: usize) -> Result<Cost> {
    let (started, cpu_before) = (Instant::now(), cpu_us("self")?);
    for _ in 0..rows / IN_FLIGHT {
        database.insert(IN_FLIGHT)?;
    }
    let rows = rows as f64;
    Ok(Cost {
        cpu_us: (cpu_us("self")? - cpu_before) / rows,
        wall_us: started.elapsed().as_secs_f64() * 1e6 / rows,
        driver_us: 0.0,
    })
}
