//! What a socket does that no client of a library can be brought to ask for.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::server::{ServeOptions, Server};
use super::*;
use crate::App;

const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A frame, masked with zeros.
fn frame(opcode: u8, payload: &str) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    let mut frame = vec![0x80 | opcode, 0x80 | length, 0, 0, 0, 0];
    frame.extend(payload.as_bytes());
    frame
}

/// Starts a server of nothing, says this to it at once, and checks that it says those in this order.
async fn check(name: &str, said: &[u8], answers: &[&str]) {
    let data = std::env::temp_dir().join(format!("zeroback-{name}-{}", std::process::id()));
    let options = ServeOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: data.clone(),
        ..ServeOptions::default()
    };
    let server = Server::start(App::collect(&[]), options).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(said).await.unwrap();
    let mut heard = Vec::new();
    for answer in answers {
        while !String::from_utf8_lossy(&heard).contains(answer) {
            let bytes = stream.read_buf(&mut heard).await.unwrap();
            assert!(
                bytes > 0,
                "{answer} is not in {}",
                String::from_utf8_lossy(&heard)
            );
        }
        let at = String::from_utf8_lossy(&heard).find(answer).unwrap();
        heard.drain(..at);
    }
    server.stop().await.unwrap();
    std::fs::remove_dir_all(data).unwrap();
}

#[tokio::test]
async fn what_comes_in_one_packet_with_the_request_is_taken_in() {
    let connect = frame(1, r#"{"type":"connect","protocol":1}"#);
    let said = [HANDSHAKE.as_bytes(), &connect].concat();
    check("early", &said, &["101 Switching", "\"connected\""]).await;
}

#[tokio::test]
async fn pings_of_both_kinds_are_answered_in_their_order() {
    let said = [
        HANDSHAKE.as_bytes(),
        &frame(9, "one"),
        &frame(1, "ping"),
        &frame(9, "two"),
    ];
    check(
        "pings",
        &said.concat(),
        &["101 Switching", "one", "pong", "two"],
    )
    .await;
}

#[tokio::test]
async fn a_close_is_answered_behind_what_was_said_before_it() {
    let close = frame(8, "\u{3}\u{5d}");
    let said = [HANDSHAKE.as_bytes(), &frame(1, "ping"), &close].concat();
    check("close", &said, &["101 Switching", "pong", "\u{3}"]).await;
}

#[tokio::test]
async fn what_is_no_request_for_a_socket_is_refused() {
    let said = b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n";
    check("plain", said, &["426 Upgrade Required", "bad_message"]).await;
}
