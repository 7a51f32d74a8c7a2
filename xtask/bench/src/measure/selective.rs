//! Many distinct live queries, and writes each of which matters to one of them.

use anyhow::Result;
use serde_json::{Value, json};

use crate::listeners::{Listeners, Speaks};
use crate::process::Program;
use crate::report::{Report, Scale, Target, median};
use crate::rows::row_text;
use crate::zeroback::{Writer, subscribe};

/// How many queries are live, few and many; both servers have a row for each of the many.
const QUERIES: [usize; 2] = [1_000, 100_000];
const CONNECTIONS: usize = 100;
const IN_FLIGHT: usize = 32;
const ROUNDS: usize = 9;
const WRITES: usize = 1_600;

/// Rows that are put in by one mutation.
const FILLED_AT_ONCE: usize = 10_000;

/// A server whose live queries are subscribed to.
pub(super) struct Watched {
    server: Program,
    writer: Writer,
    listeners: Listeners,
    queries: usize,
    /// How far the topics that are subscribed to lie apart.
    apart: usize,
}

pub(super) fn measure(scale: Scale, report: &mut Report) -> Result<()> {
    let [few, many] = QUERIES.map(|queries| scale.of(queries, queries / 10));
    let mut few = Watched::on(Program::zeroback()?, few, many)?;
    let mut many = Watched::on(Program::zeroback()?, many, many)?;
    let mut rounds = Vec::new();
    for round in 0..=scale.of(ROUNDS, 1) {
        let writes = scale.of(WRITES, 64);
        let costs = (
            few.cpu_us_per_write(writes)?,
            many.cpu_us_per_write(writes)?,
        );
        if round > 0 {
            rounds.push(costs);
        }
    }
    let of = |cost: fn(&(f64, f64)) -> f64| median(rounds.iter().map(cost).collect());
    for (queries, cpu) in [
        (few.queries, of(|cost| cost.0)),
        (many.queries, of(|cost| cost.1)),
    ] {
        let name = format!("{queries} live queries: CPU per write");
        report.line(&name, cpu, "us", Target::AtMost(70.0));
    }
    let ratio = of(|(few, many)| many / few);
    let name = format!(
        "a write among {} to one among {}",
        many.queries, few.queries
    );
    report.line(&name, ratio, "x", Target::AtMost(1.2));
    Ok(())
}

impl Watched {
    /// Fills a server with so many rows, each in a topic of its own, and subscribes to so many of
    /// these topics, which lie evenly among the rows.
    pub(super) fn on(server: Program, queries: usize, rows: usize) -> Result<Self> {
        let apart = rows / queries;
        let mut writer = Writer::connect(server.address())?;
        for from in (0..rows).step_by(FILLED_AT_ONCE) {
            let args = json!({ "from": from, "count": FILLED_AT_ONCE.min(rows - from) });
            writer.call("rows:add_to_topics", args)?;
        }
        let each = queries / CONNECTIONS;
        let speaks: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let topics = connection * each..(connection + 1) * each;
                let newest = |number| {
                    let topic = format!("topic {}", number * apart);
                    ("rows:newest", json!({ "topic": topic }))
                };
                let queries: Vec<_> = topics.map(newest).collect();
                Speaks::Zeroback(subscribe(&queries))
            })
            .collect();
        let listeners = Listeners::new(server.address(), "/ws")?;
        listeners.add(&speaks, queries)?;
        Ok(Self {
            server,
            writer,
            listeners,
            queries,
            apart,
        })
    }

    /// Makes writes, each to the topic of one query; the next lot goes when all answers and all
    /// pushes of the last have come.
    pub(super) fn cpu_us_per_write(&mut self, writes: usize) -> Result<f64> {
        let mut lots = Vec::new();
        for _ in 0..writes / IN_FLIGHT {
            // Topics of a lot are distinct, or a query would run once for two writes.
            let first = fastrand::usize(..self.queries);
            let step = self.queries / IN_FLIGHT;
            let topics = (0..IN_FLIGHT).map(|at| (first + at * step) % self.queries * self.apart);
            lots.push(self.writer.lot(topics.map(add)));
        }
        let cpu_before = self.server.cpu_us()?;
        for lot in &lots {
            self.listeners.expect(IN_FLIGHT);
            self.writer.make(lot)?;
            self.listeners.wait()?;
        }
        let writes = (lots.len() * IN_FLIGHT) as f64;
        Ok((self.server.cpu_us()? - cpu_before) / writes)
    }
}

fn add(topic: usize) -> (&'static str, Value) {
    let args = json!({ "topic": format!("topic {topic}"), "text": row_text(topic) });
    ("rows:add", args)
}
