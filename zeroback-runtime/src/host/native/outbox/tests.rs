//! What is written, in which order, and what is not.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::*;

/// An outbox, and the other end of its stream.
async fn pair(bytes_max: usize) -> (Outbox, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (far, _) = listener.accept().await.unwrap();
    near.writable().await.unwrap();
    (Outbox::new(near, bytes_max), far)
}

fn frame(text: &str) -> Frame {
    Frame::new(text.to_owned())
}

/// Puts frames in and writes until the operating system takes no more.
fn fill(outbox: &Outbox) -> usize {
    let mut frames = 0;
    while outbox.stuck_since().is_none() {
        outbox.send(frame(&"x".repeat(1 << 20))).unwrap();
        frames += 1;
        outbox.flush();
    }
    frames
}

async fn duty(outbox: &Outbox) -> Duty {
    std::future::poll_fn(|cx| outbox.poll_duty(cx)).await
}

#[tokio::test]
async fn frames_are_written_in_their_order_and_the_close_behind_them() {
    let (outbox, mut far) = pair(100).await;
    assert!(
        outbox.send(frame("a")).unwrap(),
        "the first is to be flushed"
    );
    assert!(!outbox.send(frame("b")).unwrap(), "and the next with it");
    outbox.close(1012, "restart");
    assert!(!outbox.send(frame("c")).unwrap(), "nothing comes behind it");
    outbox.flush();
    let mut written = [0; 6];
    far.read_exact(&mut written).await.unwrap();
    assert_eq!(&written, b"\x81\x01a\x81\x01b");
    assert_eq!(duty(&outbox).await, Duty::Close(1012, "restart"));
    assert!(outbox.written().await);
    drop(outbox);
    assert_eq!(far.read(&mut written).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_not_taken_is_written_when_the_client_reads() {
    let (outbox, mut far) = pair(usize::MAX).await;
    let frames = fill(&outbox);
    assert!(!outbox.send(frame("last")).unwrap(), "the task sees to it");
    outbox.close(1012, "restart");
    let reads = tokio::spawn(async move {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        all
    });
    loop {
        match duty(&outbox).await {
            Duty::Flush => outbox.flush_stuck(),
            other => break assert_eq!(other, Duty::Close(1012, "restart")),
        }
    }
    drop(outbox);
    let all = reads.await.unwrap();
    assert_eq!(all.len(), frames * ((1 << 20) + 10) + 2 + 4);
    assert!(all.ends_with(b"x\x81\x04last"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_before_what_waits() {
    let (outbox, mut far) = pair(3).await;
    fill(&outbox);
    outbox.send(frame("abcd")).unwrap();
    outbox.send(frame("e")).unwrap_err();
    outbox.cut_off(4408, "slow");
    assert_eq!(duty(&outbox).await, Duty::Close(4408, "slow"));
    outbox.send_raw(b"bye");
    let reads = tokio::spawn(async move {
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        all
    });
    assert!(outbox.written().await);
    drop(outbox);
    let all = reads.await.unwrap();
    assert!(all.ends_with(b"xbye"), "the frame that was begun is whole");
}

#[tokio::test]
async fn what_has_been_written_makes_room() {
    let (outbox, mut far) = pair(3).await;
    for _ in 0..10 {
        outbox.send(frame("abcd")).unwrap();
        outbox.flush();
    }
    let mut written = [0; 60];
    far.read_exact(&mut written).await.unwrap();
    assert!(written.ends_with(b"\x81\x04abcd"));
}

#[tokio::test]
async fn a_socket_whose_client_has_gone_is_given_up() {
    let (outbox, far) = pair(100).await;
    drop(far);
    loop {
        outbox.send(frame("a")).unwrap();
        outbox.flush();
        if outbox.state().is_broken {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(duty(&outbox).await, Duty::GiveUp);
}
