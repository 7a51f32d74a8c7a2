//! The backend of the task board: projects, their tasks, and a few numbers about them.

pub mod projects;
pub mod stats;
pub mod tasks;

zeroback::app!();
