//! One mutation in flight: how long until it is answered, and until one subscriber sees it.

use std::time::Instant;

use anyhow::Result;
use serde_json::{Value, json};

use crate::process::Program;
use crate::report::{Report, Scale, Target, median, quantile};
use crate::rows::row_text;
use crate::socket::{Socket, frame};
use crate::zeroback::Writer;

const ROUNDS: usize = 15;
const PER_ROUND: usize = 100;

/// What was taken to an answer and to a push, in microseconds, by one side.
#[derive(Default)]
struct Taken {
    answers_us: Vec<f64>,
    pushes_us: Vec<f64>,
    cpu_us: f64,
}

/// One side: it makes a mutation that its subscriber is told of, or one that it is not.
trait Side {
    /// Returns when the answer of a mutation that no query depends on had come.
    fn answer(&mut self, number: usize) -> Result<f64>;
    /// Returns when the subscriber had been told of one.
    fn push(&mut self, number: usize) -> Result<f64>;
}

struct Ours {
    writer: Writer,
    listener: Writer,
}

struct Bare {
    writer: Socket,
    listener: Socket,
}

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let (server, echo) = (Program::zeroback()?, Program::baseline("echo")?);
    let mut ours = Ours {
        writer: Writer::connect(server.address())?,
        listener: Writer::connect(server.address())?,
    };
    let watched = json!({ "topic": "watched" });
    ours.listener.subscribe("rows:newest", &watched)?;
    let mut bare = Bare {
        writer: Socket::open(echo.address(), "/ws")?,
        listener: Socket::open(echo.address(), "/subscribe")?,
    };
    let mut rounds = Vec::new();
    for round in 0..=scale.of(ROUNDS, 1) {
        let mut taken = [Taken::default(), Taken::default()];
        for number in 0..scale.of(PER_ROUND, 10) {
            taken[0].note(&server, &mut ours, number)?;
            taken[1].note(&echo, &mut bare, number)?;
        }
        if round > 0 {
            rounds.push(taken);
        }
    }
    let answers = |taken: &Taken| taken.answers_us.clone();
    tell(report, "to its answer", &rounds, answers);
    let pushes = |taken: &Taken| taken.pushes_us.clone();
    tell(report, "to the subscriber's push", &rounds, pushes);
    for (at, who) in ["ours", "bare"].iter().enumerate() {
        let cpu = |taken: &[Taken; 2]| taken[at].cpu_us / (2 * taken[at].answers_us.len()) as f64;
        let cpu = median(rounds.iter().map(cpu).collect());
        report.line(&format!("{who}: CPU per mutation"), cpu, "us", Target::None);
    }
    Ok(())
}

fn tell(
    report: &mut Report,
    what: &str,
    rounds: &[[Taken; 2]],
    taken_us: impl Fn(&Taken) -> Vec<f64>,
) {
    let ratio = |[ours, bare]: &[Taken; 2]| median(taken_us(ours)) / median(taken_us(bare));
    let ratio = median(rounds.iter().map(ratio).collect());
    let name = format!("mutation {what}, to a bare echo");
    report.line(&name, ratio, "x", Target::AtMost(1.3));
    for (at, who) in ["ours", "bare"].iter().enumerate() {
        for (part, called) in [(0.5, "median"), (0.9, "90%")] {
            let of_round = |taken: &[Taken; 2]| quantile(taken_us(&taken[at]), part);
            let us = median(rounds.iter().map(of_round).collect());
            report.line(&format!("{who}, {what}: {called}"), us, "us", Target::None);
        }
    }
}

impl Taken {
    /// Makes one mutation of each kind.
    fn note(&mut self, server: &Program, side: &mut impl Side, number: usize) -> Result<()> {
        let cpu_before = server.cpu_us()?;
        self.answers_us.push(side.answer(number)?);
        self.pushes_us.push(side.push(number)?);
        self.cpu_us += server.cpu_us()? - cpu_before;
        Ok(())
    }
}

impl Side for Ours {
    fn answer(&mut self, number: usize) -> Result<f64> {
        let lot = self.writer.lot([("rows:add", add(number, "unwatched"))]);
        let sent = Instant::now();
        self.writer.make(&lot)?;
        Ok(us_since(sent))
    }

    fn push(&mut self, number: usize) -> Result<f64> {
        let lot = self.writer.lot([("rows:add", add(number, "watched"))]);
        let sent = Instant::now();
        self.writer.send(&lot)?;
        self.listener.next()?;
        let taken_us = us_since(sent);
        self.writer.answers(&lot)?;
        Ok(taken_us)
    }
}

impl Side for Bare {
    fn answer(&mut self, number: usize) -> Result<f64> {
        let message = frame(&add(number, "unwatched").to_string());
        let sent = Instant::now();
        self.writer.send(&message)?;
        self.writer.next()?;
        Ok(us_since(sent))
    }

    fn push(&mut self, number: usize) -> Result<f64> {
        let message = frame(&add(number, "watched").to_string());
        let sent = Instant::now();
        self.writer.send(&message)?;
        self.listener.next()?;
        let taken_us = us_since(sent);
        self.writer.next()?;
        Ok(taken_us)
    }
}

fn add(number: usize, topic: &str) -> Value {
    json!({ "topic": topic, "text": row_text(number) })
}

fn us_since(sent: Instant) -> f64 {
    sent.elapsed().as_secs_f64() * 1e6
}
