//! Rate and processor time of mutations over the WebSocket, against SQLite alone.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::client::{Client, add_message};
use crate::server::Server;
use crate::sqlite;

const IN_FLIGHT: [usize; 3] = [1, 32, 100];

/// Both are measured by turns, so that what else the machine does falls on both.
const ROUNDS: usize = 5;

/// What one row cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    rows_per_second: f64,
    cpu_us_per_row: f64,
}

impl Cost {
    pub(crate) fn of(rows: usize, started: Instant, cpu_us: f64) -> Self {
        let rows = rows as f64;
        let rows_per_second = rows / started.elapsed().as_secs_f64();
        Self {
            rows_per_second,
            cpu_us_per_row: cpu_us / rows,
        }
    }
}

/// Prints both, at 1, 32 and 100 rows in flight or per transaction.
pub(crate) async fn compare() -> Result<()> {
    println!("mutations through the native WebSocket, and bare rusqlite (synchronous=FULL, WAL)");
    println!(
        "in flight | server rows/s  cpu us/row | rusqlite rows/s  cpu us/row | ratio rate   cpu"
    );
    let server = Server::start().await?;
    for in_flight in IN_FLIGHT {
        let rows = if in_flight == 1 { 1_000 } else { 10_000 };
        run(&server, rows / 10, in_flight).await?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let ours = run(&server, rows, in_flight).await?;
            rounds.push((ours, sqlite::insert(rows, in_flight)?));
        }
        let (ours, bare) = median(rounds);
        println!(
            "{in_flight:>9} | {:>13.0} {:>11.1} | {:>15.0} {:>11.1} | {:>10.2} {:>5.1}",
            ours.rows_per_second,
            ours.cpu_us_per_row,
            bare.rows_per_second,
            bare.cpu_us_per_row,
            ours.rows_per_second / bare.rows_per_second,
            ours.cpu_us_per_row / bare.cpu_us_per_row,
        );
    }
    Ok(())
}

/// Returns the round whose ratio of rates is the median.
fn median(mut rounds: Vec<(Cost, Cost)>) -> (Cost, Cost) {
    let ratio = |(ours, bare): &(Cost, Cost)| ours.rows_per_second / bare.rows_per_second;
    rounds.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    rounds.swap_remove(rounds.len() / 2)
}

/// Sends mutations, `in_flight` at a time: the next lot goes when the last is answered.
async fn run(server: &Server, rows: usize, in_flight: usize) -> Result<Cost> {
    let mut client = Client::connect(&server.url()).await?;
    let (started, cpu_before) = (Instant::now(), server.cpu_us()?);
    let mut sent = 0;
    while sent < rows {
        let lot = in_flight.min(rows - sent);
        for _ in 0..lot {
            client.feed(add_message(sent, "unwatched")).await?;
            sent += 1;
        }
        client.flush().await?;
        let mut answered = 0;
        while answered < lot {
            let transition = client.next_of("transition").await?;
            for answer in transition["answers"].as_array().into_iter().flatten() {
                if answer["status"] != "success" {
                    bail!("a mutation failed: {answer}");
                }
                answered += 1;
            }
        }
    }
    Ok(Cost::of(rows, started, server.cpu_us()? - cpu_before))
}
