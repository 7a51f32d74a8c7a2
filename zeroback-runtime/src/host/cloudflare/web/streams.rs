//! What JavaScript has told of requests and bodies, until the future that waits for it takes it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::Stream;
use http::HeaderMap;
use zeroback_protocol::ErrorCode;

use super::port::Web;
use crate::web::{BodyStream, next_piece};
use crate::{Error, Result};

/// All requests and bodies of one life of the object.
#[derive(Clone, Debug)]
pub(in super::super) struct Streams {
    pub(super) web: Web,
    /// How long a body may stand still.
    pub(super) stall_ms: f64,
    waiting: Rc<RefCell<BTreeMap<u64, Waiting>>>,
}

/// What JavaScript tells of a number.
#[derive(Debug)]
pub(super) enum Told {
    Head {
        status: u16,
        headers: HeaderMap,
        has_body: bool,
    },
    Unreachable(String),
    Piece(Bytes),
    End,
    BrokenOff,
    Silent,
}

#[derive(Debug, Default)]
struct Waiting {
    told: Option<Told>,
    /// Of a body that goes out: whether there is room, or nobody who takes it.
    wanted: Option<bool>,
    waker: Option<Waker>,
}

/// Whose body comes in: who has gone away where it breaks off.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    Client,
    Server { silence_ms: f64 },
}

/// A body that comes in.
#[derive(Debug)]
pub(super) struct Incoming {
    streams: Streams,
    number: f64,
    from: From,
    is_asked: bool,
    has_ended: bool,
}

impl Streams {
    pub(in super::super) fn new(web: Web, stall_ms: u32) -> Self {
        Self {
            web,
            stall_ms: stall_ms.into(),
            waiting: Rc::default(),
        }
    }

    pub(in super::super) fn web(&self) -> &Web {
        &self.web
    }

    /// Takes in what has become of a number. A body that nobody waits for is not read.
    pub(super) fn tell(&self, number: f64, told: Told) {
        if !self.note(number, |waiting| waiting.told = Some(told)) {
            self.web.cancel(number);
        }
    }

    pub(super) fn want(&self, number: f64, is_wanted: bool) {
        self.note(number, |waiting| waiting.wanted = Some(is_wanted));
    }

    /// Notes what somebody waits for; returns whether there is such a one.
    fn note(&self, number: f64, note: impl FnOnce(&mut Waiting)) -> bool {
        let mut all = self.waiting.borrow_mut();
        let Some(waiting) = all.get_mut(&key(number)) else {
            return false;
        };
        note(waiting);
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
        true
    }

    pub(super) fn expect(&self, number: f64) {
        let waiting = Waiting::default();
        self.waiting.borrow_mut().insert(key(number), waiting);
    }

    pub(super) fn forget(&self, number: f64) {
        self.waiting.borrow_mut().remove(&key(number));
    }

    /// Takes what was told of a number.
    pub(super) fn poll_told(&self, number: f64, cx: &Context<'_>) -> Poll<Told> {
        self.poll(number, cx, |waiting| waiting.told.take())
    }

    fn poll<T>(
        &self,
        number: f64,
        cx: &Context<'_>,
        take: impl FnOnce(&mut Waiting) -> Option<T>,
    ) -> Poll<T> {
        let mut all = self.waiting.borrow_mut();
        let waiting = all.entry(key(number)).or_default();
        match take(waiting) {
            Some(taken) => Poll::Ready(taken),
            None => {
                waiting.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Begins a body that goes out.
    pub(super) fn open(&self) -> f64 {
        let number = self.web.number();
        self.expect(number);
        self.web.open(number, self.stall_ms);
        number
    }

    /// Sends all of a stream as such a body; fails as the stream does, and ends where nobody takes it.
    pub(super) async fn send_all(&self, number: f64, mut stream: BodyStream) -> Result<()> {
        let sent = self.send_pieces(number, &mut stream).await;
        match sent {
            Ok(()) => self.web.end(number),
            Err(_) => self.web.fail(number),
        }
        self.forget(number);
        sent
    }

    async fn send_pieces(&self, number: f64, stream: &mut BodyStream) -> Result<()> {
        while let Some(piece) = next_piece(stream).await {
            let piece = piece?;
            if piece.is_empty() {
                continue;
            }
            let is_wanted =
                poll_fn(|cx| self.poll(number, cx, |waiting| waiting.wanted.take())).await;
            if !is_wanted {
                return Ok(());
            }
            self.web.write(number, &piece);
        }
        Ok(())
    }
}

impl Incoming {
    pub(super) fn new(streams: Streams, number: f64, from: From) -> Self {
        streams.expect(number);
        Self {
            streams,
            number,
            from,
            is_asked: false,
            has_ended: false,
        }
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        if !self.is_asked {
            self.is_asked = true;
            let silence_ms = match self.from {
                From::Client => self.streams.stall_ms,
                From::Server { silence_ms } => silence_ms,
            };
            self.streams.web.read(self.number, silence_ms);
        }
        let Poll::Ready(told) = self.streams.poll_told(self.number, cx) else {
            return Poll::Pending;
        };
        self.is_asked = false;
        self.has_ended = !matches!(told, Told::Piece(_));
        Poll::Ready(match (told, self.from) {
            (Told::Piece(bytes), _) => Some(Ok(bytes)),
            (Told::End, _) => None,
            (_, From::Client) => {
                let text = "the client went away before the end of its body";
                Some(Err(Error::new(ErrorCode::BAD_MESSAGE, text)))
            }
            (Told::Silent, From::Server { silence_ms }) => Some(Err(silent(silence_ms))),
            (_, From::Server { .. }) => {
                let text = "the server that was asked has broken off";
                Some(Err(Error::new(ErrorCode::FETCH_FAILED, text)))
            }
        })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.streams.forget(self.number);
        self.streams.web.cancel(self.number);
    }
}

pub(super) fn silent(after_ms: f64) -> Error {
    let text = format!("the server that was asked was silent for {after_ms} ms");
    Error::new(ErrorCode::FETCH_TIMEOUT, text)
}

fn key(number: f64) -> u64 {
    number as u64
}
