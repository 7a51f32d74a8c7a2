//! Names that are made to lead to the machine itself.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::server::{ServeOptions, Server};
use super::*;
use crate::App;

/// Starts a server of this machine, asks it under this name through every door, and returns the statuses.
async fn ask(name: &str, origins: &str, host: &str) -> Vec<String> {
    let data = std::env::temp_dir().join(format!("zeroback-{name}-{}", std::process::id()));
    let options = ServeOptions {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        data: data.clone(),
        origins: Origins::parse(origins).unwrap(),
        ..ServeOptions::default()
    };
    let server = Server::start(App::collect(&[]), options).await.unwrap();
    let port = server.address().port();
    let mut statuses = Vec::new();
    for path in ["/health", "/ws", "/api/query", "/nowhere"] {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).await.unwrap();
        let status = told.split(' ').nth(1).expect("it is answered");
        statuses.push(status.to_owned());
    }
    server.stop().await.unwrap();
    std::fs::remove_dir_all(data).unwrap();
    statuses
}

#[tokio::test]
async fn a_page_cannot_have_its_name_lead_to_a_server_of_one_machine() {
    let served = ["200", "426", "405", "404"];
    let refused = ["403"; 4];
    for (at, (origins, host, expected)) in [
        ("", "localhost:8788", served),
        ("", "evil.example:8788", refused),
        ("https://app.example", "app.example", served),
        ("https://app.example", "evil.example", refused),
    ]
    .into_iter()
    .enumerate()
    {
        let told = ask(&format!("names-{at}"), origins, host).await;
        assert_eq!(told, expected, "{host}");
    }
}
