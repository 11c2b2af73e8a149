//! What everybody has: the first screen, the register, and what waits to be sent.

mod conflict;
mod cooperatives;
mod home;
mod profile;
mod queue;

pub(crate) use cooperatives::Cooperatives;
pub(crate) use home::Home;
pub(crate) use profile::CooperativeScreen;
pub(crate) use queue::QueueScreen;
