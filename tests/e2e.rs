//! The product in a real browser against a real server. Run by `cargo xtask test`, which builds the app and the server
//! and brings Chromium; offline is a stopped server, a reload is a reload.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "e2e/browser.rs"]
mod browser;
#[path = "e2e/controls.rs"]
mod controls;
#[path = "e2e/cut_photo.rs"]
mod cut_photo;
#[path = "it/cutting_proxy.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod cutting_proxy;
#[path = "e2e/filling.rs"]
mod filling;
#[path = "e2e/first_sync.rs"]
mod first_sync;
#[path = "e2e/following.rs"]
mod following;
#[path = "e2e/forms.rs"]
mod forms;
#[path = "e2e/full_phone.rs"]
mod full_phone;
#[path = "e2e/killed.rs"]
mod killed;
#[path = "e2e/leaving.rs"]
mod leaving;
#[path = "e2e/locking.rs"]
mod locking;
#[path = "e2e/newer_server.rs"]
mod newer_server;
#[path = "e2e/office.rs"]
mod office;
#[path = "e2e/reopened.rs"]
mod reopened;
#[path = "sim/rng.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod rng;
#[path = "e2e/safety.rs"]
mod safety;
#[path = "e2e/screenshots.rs"]
mod screenshots;
#[path = "e2e/senses.rs"]
mod senses;
#[path = "e2e/set_aside.rs"]
mod set_aside;
#[path = "e2e/story.rs"]
mod story;
#[path = "e2e/too_old.rs"]
mod too_old;
#[path = "e2e/typing.rs"]
mod typing;
#[path = "../benches/sync/visits.rs"]
mod visits;
