//! Sockets of the browser.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use futures_channel::mpsc;
use futures_util::StreamExt as _;
use js_sys::Function;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, EventTarget, MessageEvent, VisibilityState, WebSocket};

use super::SocketEvent;
use crate::address::socket_url;
use crate::engine::env::Entropy;

/// Timers take no longer wait.
const TIMER_MS_MAX: u64 = i32::MAX as u64;

#[wasm_bindgen]
extern "C" {
    // In a page as in a worker.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, delay_ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn elapsed_ms() -> f64;
}

/// A socket. Dropped, it closes.
pub(crate) struct Socket {
    socket: Option<WebSocket>,
    events: mpsc::UnboundedReceiver<SocketEvent>,
    _listeners: Vec<Listener>,
}

impl Socket {
    pub(crate) fn open(url: &str) -> Self {
        let (tell, events) = mpsc::unbounded();
        let Ok(socket) = WebSocket::new(url) else {
            // The end of `tell` says that it is lost.
            return Self {
                socket: None,
                events,
                _listeners: Vec::new(),
            };
        };
        socket.set_binary_type(web_sys::BinaryType::Arraybuffer);
        let telling = |event: SocketEvent| {
            let tell = tell.clone();
            move |_: Event| drop(tell.unbounded_send(event.clone()))
        };
        let on_message = {
            let tell = tell.clone();
            move |event: Event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                let event = data
                    .as_string()
                    .map_or(SocketEvent::Binary, SocketEvent::Text);
                drop(tell.unbounded_send(event));
            }
        };
        let listeners = vec![
            Listener::new(&socket, "open", telling(SocketEvent::Open)),
            Listener::new(&socket, "message", on_message),
            // It follows every error.
            Listener::new(&socket, "close", telling(SocketEvent::Lost)),
        ];
        Self {
            socket: Some(socket),
            events,
            _listeners: listeners,
        }
    }

    pub(crate) fn send(&self, text: String) {
        if let Some(socket) = &self.socket {
            // One that is gone has said so, or will.
            let _ = socket.send_with_str(&text);
        }
    }

    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        let event = ready!(self.events.poll_next_unpin(cx));
        Poll::Ready(event.unwrap_or(SocketEvent::Lost))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            // It may be closed already.
            let _ = socket.close();
        }
    }
}

/// A function that hears of events, until it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    kind: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(crate) fn new(
        target: &EventTarget,
        kind: &'static str,
        callback: impl FnMut(Event) + 'static,
    ) -> Self {
        // What a panic leaves behind is behind a lock that takes it as it is.
        let callback = Closure::own_assert_unwind_safe(callback);
        let function = callback.as_ref().unchecked_ref();
        // It fails where the target is none.
        let _ = target.add_event_listener_with_callback(kind, function);
        Self {
            target: target.clone(),
            kind,
            callback,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, function);
    }
}

/// Says when the network comes back, or the page becomes visible.
pub(crate) struct Hints {
    hints: mpsc::UnboundedReceiver<()>,
    _listeners: Vec<Listener>,
}

impl Hints {
    pub(crate) fn new() -> Self {
        let (tell, hints) = mpsc::unbounded();
        let mut listeners = Vec::new();
        let global: EventTarget = js_sys::global().unchecked_into();
        let tell_online = tell.clone();
        listeners.push(Listener::new(&global, "online", move |_| {
            drop(tell_online.unbounded_send(()));
        }));
        // A worker has no page.
        if let Some(page) = web_sys::window().and_then(|window| window.document()) {
            let target: EventTarget = page.clone().into();
            listeners.push(Listener::new(&target, "visibilitychange", move |_| {
                if page.visibility_state() == VisibilityState::Visible {
                    drop(tell.unbounded_send(()));
                }
            }));
        }
        Self {
            hints,
            _listeners: listeners,
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(self.hints.poll_next_unpin(cx)) {
            Some(()) => Poll::Ready(()),
            None => Poll::Pending,
        }
    }
}

/// The browser's own.
pub(crate) struct OwnEntropy;

impl Entropy for OwnEntropy {
    fn bits(&mut self) -> [u8; 16] {
        let mut bits = [0; 16];
        // In a page as in a worker.
        let crypto = js_sys::Reflect::get(&js_sys::global(), &"crypto".into());
        crypto
            .and_then(|crypto| {
                let crypto: web_sys::Crypto = crypto.unchecked_into();
                crypto.get_random_values_with_u8_array(&mut bits)
            })
            .expect("every browser has entropy");
        bits
    }

    fn luck(&mut self) -> f64 {
        js_sys::Math::random()
    }
}

/// Ends when so much time has gone by. Dropped, it is forgotten.
pub(crate) struct Sleep {
    state: Rc<RefCell<SleepState>>,
    timer: JsValue,
    _callback: Closure<dyn FnMut()>,
}

#[derive(Default)]
struct SleepState {
    is_over: bool,
    waker: Option<Waker>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.borrow_mut();
        if state.is_over {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}

pub(crate) fn sleep(delay_ms: u64) -> Sleep {
    let state = Rc::new(RefCell::new(SleepState::default()));
    let own = Rc::clone(&state);
    let callback = Closure::own_assert_unwind_safe(move || {
        let mut state = own.borrow_mut();
        state.is_over = true;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    });
    let delay_ms = delay_ms.min(TIMER_MS_MAX) as i32;
    let timer = set_timeout(callback.as_ref().unchecked_ref(), delay_ms);
    Sleep {
        state,
        timer,
        _callback: callback,
    }
}

pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    spawn_local(task);
}

/// Returns Unix milliseconds that never go back: when the clock is set, no timer is to wait for an hour.
pub(crate) fn now_ms() -> u64 {
    thread_local! {
        static START_MS: f64 = js_sys::Date::now() - elapsed_ms();
    }
    START_MS.with(|start_ms| (start_ms + elapsed_ms()) as u64)
}

pub(crate) fn address(url: &str) -> Option<String> {
    socket_url(url).or_else(|| {
        let page = web_sys::window()?.location().href().ok()?;
        socket_url(&web_sys::Url::new_with_base(url, &page).ok()?.href())
    })
}

pub(crate) fn warn(text: &str) {
    web_sys::console::warn_1(&format!("[zeroback] {text}").into());
}
