//! Which request the code belongs to that runs on this thread, for what it says in the log.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;

use zeroback_protocol::ServerRequestId;

thread_local! {
    static CURRENT: Cell<Option<ServerRequestId>> = const { Cell::new(None) };
}

/// Puts back what was current before, also where a function panics.
struct Before(Option<ServerRequestId>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Runs what belongs to a request.
pub(crate) fn within<T>(request_id: ServerRequestId, run: impl FnOnce() -> T) -> T {
    let _before = Before(CURRENT.replace(Some(request_id)));
    run()
}

/// Polls what belongs to a request; between two polls other things run.
pub(crate) async fn within_polls<F: Future>(request_id: ServerRequestId, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| within(request_id, || future.as_mut().poll(cx))).await
}

/// Returns the request that the running code belongs to, if it belongs to one.
pub(crate) fn current() -> Option<ServerRequestId> {
    CURRENT.get()
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn code_belongs_to_its_request_while_it_runs() {
        let (one, other) = (ServerRequestId(1), ServerRequestId(2));
        assert_eq!(current(), None);
        within(one, || {
            within(other, || assert_eq!(current(), Some(other)));
            assert_eq!(current(), Some(one));
        });
        let ended = std::panic::catch_unwind(|| within(one, || panic!("planted")));
        assert!(ended.is_err());
        assert_eq!(current(), None);
    }

    #[test]
    fn a_future_belongs_to_its_request_at_each_poll() {
        let mut polls = 0;
        let twice = poll_fn(move |cx| {
            assert_eq!(current(), Some(ServerRequestId(1)));
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 2 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        let mut future = Box::pin(within_polls(ServerRequestId(1), twice));
        assert_eq!((&mut future).now_or_never(), None);
        assert_eq!(current(), None);
        assert_eq!(future.now_or_never(), Some(()));
    }
}
