//! How long after a mutation is sent its effect is seen, by one subscriber and by a thousand.

use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;

use crate::broadcast;
use crate::client::{Client, TOPIC, add_message};
use crate::server::Server;

const SUBSCRIBERS: [usize; 2] = [1, 1_000];
const ROUNDS: usize = 60;
const ROUNDS_WARM: usize = 10;

/// Latencies of all subscribers in all rounds, in milliseconds.
struct Latency {
    median_ms: f64,
    p99_ms: f64,
}

/// Prints both, with what the slowest subscribers see.
pub(crate) async fn compare() -> Result<()> {
    println!(
        "\npush latency: from sending a mutation to a subscriber's frame, and a bare broadcast"
    );
    println!(
        "subscribers | server median     p99 ms | broadcast median     p99 ms | ratio median   p99"
    );
    for subscribers in SUBSCRIBERS {
        let server = Server::start().await?;
        let ours = measure(&server.url(), subscribers, true).await?;
        drop(server);
        let bare = broadcast::start().await?;
        let bare = measure(&format!("ws://{bare}/"), subscribers, false).await?;
        println!(
            "{subscribers:>11} | {:>13.3} {:>10.3} | {:>16.3} {:>10.3} | {:>12.2} {:>5.2}",
            ours.median_ms,
            ours.p99_ms,
            bare.median_ms,
            bare.p99_ms,
            ours.median_ms / bare.median_ms,
            ours.p99_ms / bare.p99_ms,
        );
    }
    Ok(())
}

async fn measure(url: &str, subscribers: usize, is_zeroback: bool) -> Result<Latency> {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    for _ in 0..subscribers {
        let mut client = open(url, is_zeroback).await?;
        if is_zeroback {
            client.subscribe().await?;
        }
        let arrived = arrived.clone();
        tokio::spawn(async move {
            while client.next().await.is_ok() && arrived.send(Instant::now()).is_ok() {}
        });
    }
    // In the broadcast, which sends to all, the writer hears itself as one more subscriber would.
    let mut writer = open(url, is_zeroback).await?;
    let mut latencies_ms = Vec::with_capacity(subscribers * ROUNDS);
    for round in 0..ROUNDS_WARM + ROUNDS {
        let message = add_message(round, TOPIC);
        let sent = Instant::now();
        writer.send(message).await?;
        for _ in 0..subscribers {
            let at = arrivals.recv().await.context("a subscriber ended")?;
            if round >= ROUNDS_WARM {
                latencies_ms.push(at.duration_since(sent).as_secs_f64() * 1_000.0);
            }
        }
        writer.next().await?;
    }
    latencies_ms.sort_by(f64::total_cmp);
    let at = |part: f64| latencies_ms[((latencies_ms.len() - 1) as f64 * part) as usize];
    Ok(Latency {
        median_ms: at(0.5),
        p99_ms: at(0.99),
    })
}

async fn open(url: &str, is_zeroback: bool) -> Result<Client> {
    if is_zeroback {
        Client::connect(url).await
    } else {
        Client::open(url).await
    }
}
