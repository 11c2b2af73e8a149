//! The handlers, one file for each thing that can be asked.

pub(super) mod attachment;
pub(super) mod forms;
pub(super) mod health;
pub(super) mod history;
pub(super) mod login;
pub(super) mod pieces;
pub(super) mod set_aside;
pub(super) mod sync;
pub(super) mod tus;
