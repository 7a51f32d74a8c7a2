//! Clients that take up a place and say nothing, or not all.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::server::{ServeOptions, Server};
use super::*;
use crate::App;

/// Says this to a server that waits for a few milliseconds, and returns all that it answers until it closes the
/// connection.
async fn answer_to(name: &str, said: &str) -> String {
    let data = std::env::temp_dir().join(format!("zeroback-{name}-{}", std::process::id()));
    let mut options = ServeOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: data.clone(),
        ..ServeOptions::default()
    };
    options.engine.web.body_stall_ms = 20;
    let server = Server::start(App::collect(&[]), options).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    server.stop().await.unwrap();
    std::fs::remove_dir_all(data).unwrap();
    heard
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    assert_eq!(answer_to("nothing", "").await, "");
}

#[tokio::test]
async fn who_does_not_end_a_request_is_not_waited_for() {
    let heard = answer_to("half-a-head", "GET /health HTTP/1.1\r\nHost: loc").await;
    assert!(!heard.contains("200"), "{heard}");
    let said = "POST /api/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{\"path\"";
    let heard = answer_to("half-a-body", said).await;
    assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
}

#[tokio::test]
async fn who_has_been_answered_may_ask_again_for_a_while() {
    let said = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let heard = answer_to("twice", &said.repeat(2)).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 2, "{heard}");
}
