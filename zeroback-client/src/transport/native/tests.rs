use super::*;

#[test]
fn tls_is_spoken_with_the_roots_of_the_system() {
    assert!(connector().is_ok());
}

#[test]
fn luck_is_below_one_and_bits_differ() {
    let mut entropy = OwnEntropy;
    for _ in 0..1_000 {
        let luck = entropy.luck();
        assert!((0.0..1.0).contains(&luck), "{luck}");
    }
    assert_ne!(entropy.bits(), entropy.bits());
}

#[test]
fn an_address_is_absolute() {
    assert_eq!(address("http://host/ws").as_deref(), Some("ws://host/ws"));
    assert_eq!(address("/ws"), None);
}

#[tokio::test]
async fn a_socket_that_cannot_be_opened_is_lost() {
    // A port that was free a moment ago.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for scheme in ["ws", "wss"] {
        let mut socket = Socket::open(&format!("{scheme}://{address}/ws"));
        let event = std::future::poll_fn(|cx| socket.poll_event(cx)).await;
        assert_eq!(event, SocketEvent::Lost);
    }
}
