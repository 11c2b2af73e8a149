//! The device database: everything an officer or a supervisor has on the device, and what is still to be sent.
//!
//! One connection, one owner (a worker in the browser, a thread natively), one interface: [`api::Request`] in,
//! [`api::Reply`] out, [`api::Notice`]s when something changed.

pub mod api;
