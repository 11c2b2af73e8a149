//! The administrator's screens. They need a signal: what they show is kept at the server only.

mod forms;
mod report;
mod set_aside;

pub(super) use forms::FormsScreen;
pub(super) use set_aside::SetAsideScreen;
