//! What the screens need of the machine they are drawn on: its clock and network, the page around them, cameras, files, places,
//! and the line to the store. In a browser that is `platform::web`. Without one it is `platform::bare`, on which the same screens
//! compile and draw: component tests use it, and a desktop app begins there.

#[cfg(not(feature = "web"))]
pub use super::bare::{camera, client, files, history, page, place};
#[cfg(feature = "web")]
pub use super::web::{camera, client, files, history, page, place};
