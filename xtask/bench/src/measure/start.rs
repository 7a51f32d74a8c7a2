//! How long after its start a server has given its first answer, on data that are there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::process::{Folder, Program};
use crate::report::{Report, Scale, Target, median};
use crate::zeroback::Writer;

const ROUNDS: usize = 21;
const ROWS: usize = 10_000;

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let data = Folder::fresh("start")?;
    let server = Program::zeroback_on(data.path())?;
    let mut writer = Writer::connect(server.address())?;
    writer.call(
        "rows:add_many",
        json!({ "topic": "unwatched", "count": ROWS }),
    )?;
    drop(server);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..=scale.of(ROUNDS, 2) {
        let taken = (
            first_answer_ms(|| Program::zeroback_on(data.path()))?,
            first_answer_ms(|| Program::baseline_on("hello", data.path()))?,
        );
        if round > 0 {
            ours.push(taken.0);
            bare.push(taken.1);
        }
    }
    report.line(
        "start to first answer",
        median(ours),
        "ms",
        Target::AtMost(15.0),
    );
    report.line(
        "bare axum and rusqlite: start to first answer",
        median(bare),
        "ms",
        Target::None,
    );
    Ok(())
}

/// Starts a server, asks it for a row as soon as it tells its address, and waits for the answer.
fn first_answer_ms(start: impl Fn() -> Result<Program>) -> Result<f64> {
    let started = Instant::now();
    let server = start()?;
    let answer = ask(server.address())?;
    let taken_ms = started.elapsed().as_secs_f64() * 1e3;
    let has_row = answer.starts_with("HTTP/1.1 200") && answer.contains("rows_");
    ensure!(has_row, "no answer: {answer}");
    Ok(taken_ms)
}

fn ask(address: SocketAddr) -> Result<String> {
    let body = json!({ "path": "rows:newest", "args": { "topic": "unwatched" } }).to_string();
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let request = format!(
        "POST /api/query HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
