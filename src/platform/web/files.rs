//! Files that a person keeps or picks.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlElement};

/// Bytes read of a picked file at a time.
const PIECE: f64 = 512.0 * 1024.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = URL, js_name = createObjectURL)]
    fn object_url(blob: &Blob) -> String;
    #[wasm_bindgen(js_namespace = URL, js_name = revokeObjectURL)]
    fn let_go(url: &str);
}

/// A file that is being put together, in the browser's memory and not in the app's.
#[derive(Default)]
pub struct Pieces(Array);

impl Pieces {
    /// Adds bytes at the end; nothing when the browser has no room for them.
    pub fn push(&self, bytes: &[u8]) -> Option<()> {
        let bytes = Array::of1(&Uint8Array::from(bytes));
        self.0
            .push(&Blob::new_with_u8_array_sequence(&bytes).ok()?.into());
        Some(())
    }

    /// Gives the file to the person, under a name. Nothing when the browser will not.
    pub fn save(self, name: &str) -> Option<()> {
        let blob = Blob::new_with_blob_sequence(&self.0).ok()?;
        let document = web_sys::window()?.document()?;
        let link = document.create_element("a").ok()?;
        let url = object_url(&blob);
        link.set_attribute("href", &url).ok()?;
        link.set_attribute("download", name).ok()?;
        link.dyn_into::<HtmlElement>().ok()?.click();
        // The download has begun with a hold of its own by the time this runs.
        wasm_bindgen_futures::spawn_local(async move {
            super::page::sleep(60_000).await;
            let_go(&url);
        });
        Some(())
    }
}

/// A file picked in the input element with that id.
pub struct Picked(Blob);

impl Picked {
    /// The first file picked there.
    #[must_use]
    pub fn of(input: &str) -> Option<Self> {
        let input = web_sys::window()?.document()?.get_element_by_id(input)?;
        let files = Reflect::get(&input, &"files".into()).ok()?;
        let first: JsValue = Reflect::get_u32(&files, 0).ok()?;
        first.dyn_into().ok().map(Self)
    }

    /// The bytes from a place on, about half a megabyte, and whether they are the last.
    pub async fn piece(&self, from: f64) -> Option<(Vec<u8>, bool)> {
        let until = from + PIECE;
        let part = self.0.slice_with_f64_and_f64(from, until).ok()?;
        let buffer = JsFuture::from(part.array_buffer()).await.ok()?;
        Some((Uint8Array::new(&buffer).to_vec(), until >= self.0.size()))
    }
}
