//! One write to a thousand subscribers of one query, against a broadcast of as many bytes.

use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use crate::listeners::{Listeners, Speaks};
use crate::process::Program;
use crate::report::{Report, Scale, Target, median};
use crate::rows::row_text;
use crate::socket::{Socket, frame};
use crate::zeroback::{Writer, subscribe};

const SUBSCRIBERS: usize = 1_000;
const ROUNDS: usize = 9;
const WRITES: usize = 12;

/// What a round cost: processor time per push, and the time to the last of a write's pushes.
pub(super) type Cost = (f64, f64);

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let subscribers = scale.of(SUBSCRIBERS, 50);
    let server = Program::zeroback()?;
    let mut writer = Writer::connect(server.address())?;
    writer.call("rows:add", add(0))?;
    let subscription = subscribe(&[("rows:newest", json!({ "topic": "watched" }))]);
    let listeners = Listeners::new(server.address(), "/ws")?;
    let all = vec![Speaks::Zeroback(subscription); subscribers];
    listeners.add(&all, subscribers)?;

    let bare = Program::baseline("broadcast")?;
    let bare_listeners = Listeners::new(bare.address(), "/")?;
    let mut speaker = Socket::open(bare.address(), "/")?;
    bare_listeners.add(&vec![Speaks::Nothing; subscribers], 0)?;

    let bytes_before = listeners.bytes();
    let _ = ours(&server, &mut writer, &listeners, subscribers, 1)?;
    let bytes = (listeners.bytes() - bytes_before) / subscribers;
    let mut rounds = Vec::new();
    for _ in 0..scale.of(ROUNDS, 1) {
        let writes = scale.of(WRITES, 2);
        let ours = ours(&server, &mut writer, &listeners, subscribers, writes)?;
        let bare = broadcast(
            &bare,
            &mut speaker,
            &bare_listeners,
            (subscribers, bytes),
            writes,
        )?;
        rounds.push((ours, bare));
    }
    let of = |cost: fn(&(Cost, Cost)) -> f64| median(rounds.iter().map(cost).collect());
    let cpu = of(|(ours, _)| ours.0);
    report.line("CPU per push", cpu, "us", Target::AtMost(8.0));
    report.line(
        "a bare broadcast: CPU per push",
        of(|(_, bare)| bare.0),
        "us",
        Target::None,
    );
    let ratio = of(|(ours, bare)| ours.1 / bare.1);
    report.line(
        "all delivered, to a bare broadcast",
        ratio,
        "x",
        Target::AtMost(2.0),
    );
    report.line(
        "ours: all delivered after",
        of(|(ours, _)| ours.1),
        "ms",
        Target::None,
    );
    report.line(
        "bare: all delivered after",
        of(|(_, bare)| bare.1),
        "ms",
        Target::None,
    );
    report.line("a push has", bytes as f64, "bytes", Target::None);
    Ok(())
}

/// Writes so often to a query with so many subscribers, and waits for all of them.
pub(super) fn ours(
    server: &Program,
    writer: &mut Writer,
    listeners: &Listeners,
    subscribers: usize,
    writes: usize,
) -> Result<Cost> {
    let lots: Vec<_> = (0..writes)
        .map(|at| writer.lot([("rows:add", add(at + 1))]))
        .collect();
    let cpu_before = server.cpu_us()?;
    let mut delivered_ms = Vec::new();
    for lot in &lots {
        listeners.expect(subscribers);
        let sent = Instant::now();
        writer.make(lot)?;
        delivered_ms.push(ms_between(sent, listeners.wait()?));
    }
    let cpu_us = server.cpu_us()? - cpu_before;
    Ok((cpu_us / (writes * subscribers) as f64, median(delivered_ms)))
}

fn broadcast(
    bare: &Program,
    speaker: &mut Socket,
    listeners: &Listeners,
    (subscribers, bytes): (usize, usize),
    writes: usize,
) -> Result<Cost> {
    let message = frame(&"x".repeat(bytes));
    let cpu_before = bare.cpu_us()?;
    let mut delivered_ms = Vec::new();
    for _ in 0..writes {
        listeners.expect(subscribers);
        let sent = Instant::now();
        speaker.send(&message)?;
        // It hears itself too, as the writer of ours gets its answer.
        speaker.next()?;
        delivered_ms.push(ms_between(sent, listeners.wait()?));
    }
    let cpu_us = bare.cpu_us()? - cpu_before;
    Ok((cpu_us / (writes * subscribers) as f64, median(delivered_ms)))
}

fn add(number: usize) -> Value {
    json!({ "topic": "watched", "text": row_text(number) })
}

fn ms_between(sent: Instant, arrived: Instant) -> f64 {
    arrived.duration_since(sent).as_secs_f64() * 1e3
}
