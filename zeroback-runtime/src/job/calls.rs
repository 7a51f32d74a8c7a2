//! The calls of the functions by which the runtime itself reaches the jobs; see `system/functions.rs`.

use super::{JobId, JobStatus, NewJob};

/// Declares the arguments of functions, as the macros do for an author's.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } = $path:literal,
        $kind:ident $call:ident -> $output:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, serde::Deserialize, ts_rs::TS, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type),*
        }

        impl zeroback_protocol::FunctionCall for $name {
            type Output = $output;
            type Error = crate::Error;
            const PATH: &'static str = $path;
            const KIND: zeroback_protocol::FunctionKind = zeroback_protocol::FunctionKind::$kind;
        }

        impl zeroback_protocol::$call for $name {}
    )*};
}

calls! {
    /// Notes a call that is to be made later.
    Schedule { job: NewJob } = "_zeroback:schedule", Mutation MutationCall -> JobId;
    /// Cancels a job that waits.
    Cancel { id: JobId } = "_zeroback:cancel", Mutation MutationCall -> bool;
    /// Returns what has become of a job.
    Status { id: JobId } = "_zeroback:status", Query QueryCall -> Option<JobStatus>;
}

pub(crate) use calls;
