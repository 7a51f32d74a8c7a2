//! What the handles of hooks have in common.

/// Makes a type a handle of calls with such a bound: `Copy`, and shown by the path of its function. By hand, since
/// the call need not be either.
macro_rules! handle {
    ($handle:ident, $($bound:tt)+) => {
        impl<C: $($bound)+> Clone for $handle<C> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<C: $($bound)+> Copy for $handle<C> {}

        impl<C: $($bound)+> std::fmt::Debug for $handle<C> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut debug = f.debug_struct(stringify!($handle));
                debug.field("path", &C::PATH).finish_non_exhaustive()
            }
        }
    };
}

pub(super) use handle;
