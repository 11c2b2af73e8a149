//! The app: in a worker it serves the database, on a page it is the screens.

fn main() {
    console_error_panic_hook::set_once();
    #[cfg(target_arch = "wasm32")]
    if anjangsana::platform::web::is_worker() {
        anjangsana::platform::web::worker::serve();
        return;
    }
    anjangsana::ui::start();
}
