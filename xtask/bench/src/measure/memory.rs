//! What a connected subscriber costs the server in memory.

use anyhow::Result;
use serde_json::json;

use crate::listeners::{Listeners, Speaks};
use crate::process::Program;
use crate::report::{Report, Scale, Target};
use crate::rows::row_text;
use crate::socket::{Socket, frame};
use crate::zeroback::{Writer, subscribe};

/// So many are there before it is measured, and so many are added.
const WARM: usize = 100;
const ADDED: usize = 2_000;

/// How often all are told something before memory is read.
const PUSHES: usize = 5;

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let added = scale.of(ADDED, 100);
    let ours = per_subscriber(added)? / 1_024.0;
    report.line(
        "memory per subscriber of one query",
        ours,
        "KiB",
        Target::AtMost(8.0),
    );
    let bare = per_bare_subscriber(added)? / 1_024.0;
    report.line(
        "a bare broadcast: memory per subscriber",
        bare,
        "KiB",
        Target::None,
    );
    Ok(())
}

fn per_subscriber(added: usize) -> Result<f64> {
    let server = Program::zeroback()?;
    let mut writer = Writer::connect(server.address())?;
    let mut write = |number| {
        let args = json!({ "topic": "watched", "text": row_text(number) });
        writer.call("rows:add", args)
    };
    write(0)?;
    let subscription = subscribe(&[("rows:newest", json!({ "topic": "watched" }))]);
    let listeners = Listeners::new(server.address(), "/ws")?;
    grow(
        &server,
        &listeners,
        &Speaks::Zeroback(subscription),
        added,
        |number| write(number + 1),
    )
}

fn per_bare_subscriber(added: usize) -> Result<f64> {
    let server = Program::baseline("broadcast")?;
    let mut speaker = Socket::open(server.address(), "/")?;
    let message = frame(&"x".repeat(250));
    let listeners = Listeners::new(server.address(), "/")?;
    grow(&server, &listeners, &Speaks::Nothing, added, |_| {
        speaker.send(&message)?;
        speaker.next()?;
        Ok(())
    })
}

/// Adds subscribers and returns how much the server has grown for each.
fn grow(
    server: &Program,
    listeners: &Listeners,
    speaks: &Speaks,
    added: usize,
    mut write: impl FnMut(usize) -> Result<()>,
) -> Result<f64> {
    let mut memory = Vec::new();
    let mut there = 0;
    for more in [WARM, added] {
        let first_updates = match speaks {
            Speaks::Zeroback(_) => more,
            Speaks::Nothing => 0,
        };
        listeners.add(&vec![speaks.clone(); more], first_updates)?;
        there += more;
        for number in 0..PUSHES {
            listeners.expect(there);
            write(there + number)?;
            listeners.wait()?;
        }
        memory.push(server.memory_bytes()?);
    }
    Ok((memory[1] - memory[0]) / added as f64)
}
