//! The administrator's screens. They need a signal: what they show is kept at the server only.

mod forms;
mod report;

pub(super) use forms::FormsScreen;
