//! The central endpoint.
fn main() {}
