//! UI.
/// Starts.
pub fn start() {}
