//! What stands between the engine and the world: one task for each client, which owns its socket.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;

use crate::ClientOptions;
use crate::engine::{Output, SocketId};
#[cfg(feature = "offline")]
use crate::offline::{OfflineEvent, OfflineOptions, OfflineWorld};
use crate::shared::{Shared, Signal, lock};
use crate::token::{TokenFuture, TokenRequest, TokenSource};
use crate::transport::{self, Hints, Sleep, Socket, SocketEvent};

/// Runs until the client is closed, or nobody has a handle of it any more.
#[cfg_attr(
    not(feature = "offline"),
    expect(unused_variables, reason = "the rest of the options is the engine's")
)]
pub(crate) async fn drive(
    client: Weak<Shared>,
    signal: Arc<Signal>,
    url: String,
    options: ClientOptions,
) {
    let mut world = World {
        url,
        signal,
        socket: None,
        token: None,
        sleep: None,
        hints: Hints::new(),
        #[cfg(feature = "offline")]
        offline: options.offline.as_ref().map(OfflineOptions::world),
    };
    loop {
        let Some(shared) = client.upgrade() else {
            return;
        };
        world.carry_out(&shared);
        shared.tell();
        let next_ms = {
            let engine = shared.engine();
            if engine.is_over() {
                return;
            }
            engine.next_timeout_ms()
        };
        world.sleep_until(next_ms);
        // While it waits, it keeps nobody alive.
        drop(shared);
        let event = poll_fn(|cx| world.poll_event(cx)).await;
        let Some(shared) = client.upgrade() else {
            return;
        };
        hand_over(&shared, event);
    }
}

enum Event {
    /// Somebody has asked for something.
    Signal,
    Socket(SocketId, SocketEvent),
    Token(u64, Result<Option<String>, String>),
    /// Something is due.
    Time,
    /// The network comes back, or the page becomes visible.
    Hint,
    #[cfg(feature = "offline")]
    Offline(OfflineEvent),
}

struct World {
    url: String,
    signal: Arc<Signal>,
    socket: Option<(SocketId, Socket)>,
    /// A token that was asked for, and the turn that it is for.
    token: Option<(u64, TokenFuture)>,
    sleep: Option<(u64, Pin<Box<Sleep>>)>,
    hints: Hints,
    #[cfg(feature = "offline")]
    offline: Option<OfflineWorld>,
}

impl World {
    /// Does what the engine wants done outside.
    fn carry_out(&mut self, shared: &Shared) {
        loop {
            let output = shared.engine().poll_output(transport::now_ms());
            let Some(output) = output else {
                return;
            };
            match output {
                Output::Open(id) => self.socket = Some((id, Socket::open(&self.url))),
                Output::Send(id, text) => {
                    if let Some((_, socket)) = self.socket.as_mut().filter(|(own, _)| *own == id) {
                        socket.send(text);
                    }
                }
                Output::Close(id) => drop(self.socket.take_if(|(own, _)| *own == id)),
                Output::FetchToken {
                    turn,
                    force_refresh,
                } => {
                    let source = lock(&shared.tokens).clone();
                    let request = TokenRequest { force_refresh };
                    // Without a source nobody is signed in, and the engine knows already.
                    self.token = source.map(|source| (turn, ask(source, request)));
                }
                #[cfg(feature = "offline")]
                Output::Store(id, call) => {
                    if let Some(offline) = &self.offline {
                        offline.store(id, call);
                    }
                }
                #[cfg(feature = "offline")]
                Output::Tabs(call) => {
                    if let Some(offline) = &mut self.offline {
                        offline.tabs(call);
                    }
                }
            }
        }
    }

    fn sleep_until(&mut self, at_ms: Option<u64>) {
        if self.sleep.as_ref().map(|(own_ms, _)| *own_ms) != at_ms {
            self.sleep = at_ms.map(|at_ms| {
                let delay_ms = at_ms.saturating_sub(transport::now_ms());
                (at_ms, Box::pin(transport::sleep(delay_ms)))
            });
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        // Before looking, so that no call goes by unheard.
        self.signal.waker.register(cx.waker());
        if self.signal.take() {
            return Poll::Ready(Event::Signal);
        }
        if let Some((id, socket)) = &mut self.socket
            && let Poll::Ready(event) = socket.poll_event(cx)
        {
            let id = *id;
            if event == SocketEvent::Lost {
                self.socket = None;
            }
            return Poll::Ready(Event::Socket(id, event));
        }
        if let Some((turn, token)) = &mut self.token
            && let Poll::Ready(token) = token.as_mut().poll(cx)
        {
            let event = Event::Token(*turn, token.map_err(|fault| fault.to_string()));
            self.token = None;
            return Poll::Ready(event);
        }
        if let Some((_, sleep)) = &mut self.sleep
            && sleep.as_mut().poll(cx).is_ready()
        {
            self.sleep = None;
            return Poll::Ready(Event::Time);
        }
        #[cfg(feature = "offline")]
        if let Some(offline) = &mut self.offline
            && let Poll::Ready(event) = offline.poll(cx)
        {
            return Poll::Ready(Event::Offline(event));
        }
        self.hints.poll(cx).map(|()| Event::Hint)
    }
}

/// Asks for a token. What panics has none.
fn ask(source: TokenSource, request: TokenRequest) -> TokenFuture {
    let asked = async move { source(request).await };
    Box::pin(async move {
        let token = AssertUnwindSafe(asked).catch_unwind().await;
        token.unwrap_or_else(|_| Err("it panicked".into()))
    })
}

fn hand_over(shared: &Shared, event: Event) {
    let now_ms = transport::now_ms();
    let mut engine = shared.engine();
    match event {
        Event::Signal => {}
        Event::Socket(id, SocketEvent::Open) => engine.handle_socket_open(now_ms, id),
        Event::Socket(id, SocketEvent::Text(text)) => engine.handle_text(now_ms, id, &text),
        Event::Socket(id, SocketEvent::Binary) => engine.handle_binary(now_ms, id),
        Event::Socket(id, SocketEvent::Lost) => engine.handle_socket_lost(now_ms, id),
        Event::Token(turn, token) => engine.handle_token(now_ms, turn, token),
        Event::Hint => engine.handle_wake(now_ms),
        Event::Time => {}
        #[cfg(feature = "offline")]
        Event::Offline(OfflineEvent::Stored(id, stored)) => {
            engine.handle_stored(now_ms, id, stored);
        }
        #[cfg(feature = "offline")]
        Event::Offline(OfflineEvent::Heard(channel, text)) => {
            engine.handle_heard(now_ms, &channel, &text);
        }
        #[cfg(feature = "offline")]
        Event::Offline(OfflineEvent::Held(lock)) => engine.handle_lock(now_ms, lock),
    }
    // However much comes over the socket, what is due is not kept waiting.
    engine.handle_time(now_ms);
}
