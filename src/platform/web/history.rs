//! The address bar for the router. (Dioxus brings its own only with a feature that needs `eval`, which the page's
//! content security policy forbids.)

use std::rc::Rc;
use std::sync::Arc;

use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Gives the router below the calling component the address bar. To be called once, above the router.
pub fn provide() {
    if let Some(window) = web_sys::window() {
        dioxus_history::provide_history_context(Rc::new(AddressBar { window }));
    }
}

struct AddressBar {
    window: web_sys::Window,
}

impl AddressBar {
    fn set(&self, url: &str, replace: bool) {
        let Ok(history) = self.window.history() else {
            return;
        };
        let _too_many_changes_a_second = if replace {
            history.replace_state_with_url(&JsValue::NULL, "", Some(url))
        } else {
            history.push_state_with_url(&JsValue::NULL, "", Some(url))
        };
        self.window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

impl dioxus_history::History for AddressBar {
    fn current_route(&self) -> String {
        let location = self.window.location();
        location.pathname().unwrap_or_else(|_| "/".to_owned())
            + &location.search().unwrap_or_default()
    }

    fn go_back(&self) {
        let _nowhere_to_go = self.window.history().and_then(|history| history.back());
    }

    fn go_forward(&self) {
        let _nowhere_to_go = self.window.history().and_then(|history| history.forward());
    }

    fn push(&self, route: String) {
        if route != self.current_route() {
            self.set(&route, false);
        }
    }

    fn replace(&self, route: String) {
        self.set(&route, true);
    }

    fn external(&self, url: String) -> bool {
        self.window.location().set_href(&url).is_ok()
    }

    fn updater(&self, changed: Arc<dyn Fn() + Send + Sync>) {
        let listener = Closure::<dyn FnMut()>::new(move || changed()).into_js_value();
        let _listening = self
            .window
            .add_event_listener_with_callback("popstate", listener.unchecked_ref());
    }
}
