//! The app: in a worker it serves the database, on a page it is the screens.

fn main() {
    #[cfg(target_arch = "wasm32")]
    if anjangsana::platform::web::is_worker() {
        anjangsana::platform::web::worker::serve();
        return;
    }
    anjangsana::ui::start();
}
