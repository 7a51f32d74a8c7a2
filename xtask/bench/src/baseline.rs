//! What the server is held against: programs that do the same with as little as there is.

pub(crate) mod broadcast;
pub(crate) mod echo;
pub(crate) mod hello;
pub(crate) mod sqlite;

use std::path::Path;

use anyhow::{Result, bail};
use tokio::net::TcpListener;

/// Serves a baseline until the process ends.
pub(crate) fn serve(name: &str, data: &Path) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match name {
            "echo" => echo::serve(data).await,
            "broadcast" => broadcast::serve().await,
            "hello" => hello::serve(data).await,
            _ => bail!("there is no baseline \"{name}\""),
        }
    })
}

/// Listens on a free port, and prints the address for whoever has started the program.
async fn listen() -> Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(listener)
}
