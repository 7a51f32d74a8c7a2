//! Web Locks: of all pages that want one, one has it, until it lets go or is closed.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        callback: &Function,
    ) -> Result<Promise, JsValue>;
}

/// A lock that was asked for. Dropped, it is let go, or not wanted any more.
pub(super) struct Lock {
    leaving: Option<AbortController>,
    release: Rc<RefCell<Option<Function>>>,
}

impl Lock {
    /// Calls back once no other page has it. Where there are no Web Locks, a page takes itself for the only one.
    pub(super) fn request(name: &str, on_held: impl Fn() + 'static) -> Self {
        let on_held = Rc::new(on_held);
        let held = Rc::clone(&on_held);
        match Self::try_request(name, move || held()) {
            Ok(lock) => lock,
            Err(_) => {
                on_held();
                Self {
                    leaving: None,
                    release: Rc::default(),
                }
            }
        }
    }

    fn try_request(name: &str, on_held: impl Fn() + 'static) -> Result<Self, JsValue> {
        // In a page as in a worker.
        let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
        let locks = Reflect::get(&navigator, &"locks".into())?;
        if locks.is_undefined() || locks.is_null() {
            return Err(locks);
        }
        let leaving = AbortController::new()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &leaving.signal())?;
        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let own = Rc::clone(&release);
        // It is held for as long as what this returns has not come to its end.
        type Callback = Closure<dyn FnMut(JsValue) -> JsValue>;
        let signal = leaving.signal();
        let callback: Callback = Closure::own_assert_unwind_safe(move |_: JsValue| {
            if signal.aborted() {
                return JsValue::UNDEFINED;
            }
            on_held();
            let left = Promise::new(&mut |resolve, _| *own.borrow_mut() = Some(resolve));
            left.into()
        });
        let manager: LockManager = locks.unchecked_into();
        let ended = manager.request(name, &options, callback.as_ref().unchecked_ref())?;
        spawn_local(async move {
            // It fails where it was given up before it was had.
            let _ = JsFuture::from(ended).await;
            drop(callback);
        });
        let leaving = Some(leaving);
        Ok(Self { leaving, release })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(leaving) = &self.leaving {
            leaving.abort();
        }
        if let Some(release) = self.release.borrow_mut().take() {
            let _ = release.call0(&JsValue::NULL);
        }
    }
}
