//! The browser: the page's side and the worker's side.

pub mod client;
pub mod page;
