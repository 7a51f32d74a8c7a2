//! The outbox of a socket: what waits to be written, in order and bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, watch};

/// What a socket is to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outgoing {
    Frame(String),
    /// The last frame, with the WebSocket close code and the reason.
    Close(u16, &'static str),
}

/// The sending side.
#[derive(Debug)]
pub(super) struct Outbox {
    frames: mpsc::UnboundedSender<Outgoing>,
    cut_off: watch::Sender<Option<CutOff>>,
    waiting_bytes: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// The writing side.
#[derive(Debug)]
pub(super) struct OutboxReader {
    frames: mpsc::UnboundedReceiver<Outgoing>,
    cut_off: watch::Receiver<Option<CutOff>>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// The close code and the reason of a socket that is not to be written to any more.
pub(super) type CutOff = (u16, &'static str);

/// More waits than may: the client does not read.
#[derive(Debug)]
pub(super) struct SlowClient;

impl Outbox {
    /// Makes an outbox in which so many bytes may wait beyond the newest frame.
    pub(super) fn new(bytes_max: usize) -> (Self, OutboxReader) {
        let (frames, frames_reader) = mpsc::unbounded_channel();
        let (cut_off, cut_off_reader) = watch::channel(None);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let outbox = Self {
            frames,
            cut_off,
            waiting_bytes: Arc::clone(&waiting_bytes),
            bytes_max,
        };
        let reader = OutboxReader {
            frames: frames_reader,
            cut_off: cut_off_reader,
            waiting_bytes,
        };
        (outbox, reader)
    }

    /// Puts a frame into the outbox.
    pub(super) fn send(&self, frame: String) -> Result<(), SlowClient> {
        let waiting = self.waiting_bytes.fetch_add(frame.len(), Ordering::Relaxed);
        if waiting > self.bytes_max {
            return Err(SlowClient);
        }
        // A socket that has gone takes nothing; its reader tells the engine.
        let _ = self.frames.send(Outgoing::Frame(frame));
        Ok(())
    }

    /// Closes the socket behind what waits.
    pub(super) fn close(&self, code: u16, reason: &'static str) {
        let _ = self.frames.send(Outgoing::Close(code, reason));
    }

    /// Closes the socket at once; what waits is not written.
    pub(super) fn cut_off(&self, code: u16, reason: &'static str) {
        self.cut_off.send_replace(Some((code, reason)));
    }
}

impl OutboxReader {
    /// Returns what is to be written next, and nothing where no more will come.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        let Self {
            frames, cut_off, ..
        } = self;
        let outgoing = tokio::select! {
            biased;
            (code, reason) = cut_off_of(cut_off) => Some(Outgoing::Close(code, reason)),
            outgoing = frames.recv() => outgoing,
        };
        if let Some(Outgoing::Frame(frame)) = &outgoing {
            self.waiting_bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        }
        outgoing
    }

    /// Waits until the socket is not to be written to any more.
    pub(super) async fn cut_off(&mut self) -> CutOff {
        cut_off_of(&mut self.cut_off).await
    }
}

async fn cut_off_of(watched: &mut watch::Receiver<Option<CutOff>>) -> CutOff {
    let found = watched.wait_for(Option::is_some).await.map(|found| *found);
    match found {
        Ok(Some(cut_off)) => cut_off,
        // The outbox has gone without cutting off, and will never do so.
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Outgoing {
        Outgoing::Frame(text.to_owned())
    }

    #[tokio::test]
    async fn what_waits_is_written_before_the_close() {
        let (outbox, mut reader) = Outbox::new(100);
        outbox.send("a".to_owned()).unwrap();
        outbox.close(1012, "restart");
        drop(outbox);
        assert_eq!(reader.next().await, Some(frame("a")));
        assert_eq!(reader.next().await, Some(Outgoing::Close(1012, "restart")));
        assert_eq!(reader.next().await, None);
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_cut_off_before_what_waits() {
        let (outbox, mut reader) = Outbox::new(3);
        outbox.send("abcd".to_owned()).unwrap();
        outbox.send("e".to_owned()).unwrap_err();
        outbox.cut_off(4408, "slow");
        drop(outbox);
        assert_eq!(reader.next().await, Some(Outgoing::Close(4408, "slow")));
    }

    #[tokio::test]
    async fn what_has_been_written_makes_room() {
        let (outbox, mut reader) = Outbox::new(3);
        for _ in 0..10 {
            outbox.send("abcd".to_owned()).unwrap();
            assert_eq!(reader.next().await, Some(frame("abcd")));
        }
    }
}
