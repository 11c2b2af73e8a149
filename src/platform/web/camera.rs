//! Files that the person chooses or takes, and pictures made of them. What a camera writes beside a picture (the place, the
//! time, the owner's phone) does not survive: a picture is always drawn and encoded anew.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlInputElement,
    ImageBitmap, Url,
};

/// Qualities that a JPEG is tried with before the picture is made smaller.
const QUALITIES: [f64; 3] = [0.85, 0.7, 0.55];
/// How much smaller it is made then.
const SMALLER: f64 = 0.75;

/// A file that the person gave.
pub struct Picked(Blob);

/// What a file field holds. The field is emptied, so that the same file can be chosen again.
#[must_use]
pub fn picked(field: &str) -> Option<Picked> {
    let field: HtmlInputElement = element(field)?.dyn_into().ok()?;
    let file = field.files()?.get(0)?;
    field.set_value("");
    Some(Picked(file.into()))
}

impl Picked {
    /// Its media type in small letters, without parameters; may be empty.
    #[must_use]
    pub fn media_type(&self) -> String {
        let media = self.0.type_().to_ascii_lowercase();
        media
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.size() as u64
    }

    /// Its bytes; `None` when it cannot be read.
    pub async fn bytes(&self) -> Option<Vec<u8>> {
        bytes(&self.0).await.ok()
    }

    /// It as an upright JPEG of at most so many pixels on the longer side and at most so many bytes; `None` when it is no
    /// picture that the browser can read.
    pub async fn shrunk(&self, pixels: u32, most: f64) -> Option<Vec<u8>> {
        self.try_shrunk(f64::from(pixels), most).await.ok()
    }

    async fn try_shrunk(&self, pixels: f64, most: f64) -> Result<Vec<u8>, JsValue> {
        let picture = self.picture().await?;
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let mut scale = (pixels / width.max(height)).min(1.0);
        let canvas: HtmlCanvasElement = document()
            .ok_or(JsValue::NULL)?
            .create_element("canvas")?
            .unchecked_into();
        loop {
            let side = |length: f64| (length * scale).round().max(1.0);
            let (width, height) = (side(width), side(height));
            let paper = paper(&canvas, width, height).ok_or(JsValue::NULL)?;
            Reflect::set(&paper, &"imageSmoothingQuality".into(), &"high".into())?;
            paper.draw_image_with_image_bitmap_and_dw_and_dh(&picture, 0.0, 0.0, width, height)?;
            for quality in QUALITIES {
                let jpeg = encoded(&canvas, "image/jpeg", quality).await?;
                if jpeg.size() <= most {
                    picture.close();
                    return bytes(&jpeg).await;
                }
            }
            scale *= SMALLER;
        }
    }

    /// The first code that the platform's detector sees in the picture.
    pub async fn code(&self) -> Option<String> {
        let detector = Reflect::construct(&detector()?, &Array::new()).ok()?;
        let detect: Function = Reflect::get(&detector, &"detect".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let picture = self.picture().await.ok()?;
        let seen: Promise = detect.call1(&detector, &picture).ok()?.dyn_into().ok()?;
        let codes: Array = JsFuture::from(seen).await.ok()?.dyn_into().ok()?;
        Reflect::get(&codes.get(0), &"rawValue".into())
            .ok()?
            .as_string()
    }

    /// Decoded, turned as the camera was held.
    async fn picture(&self) -> Result<ImageBitmap, JsValue> {
        let window = super::page::window().ok_or(JsValue::NULL)?;
        JsFuture::from(window.create_image_bitmap_with_blob(&self.0)?)
            .await?
            .dyn_into()
    }
}

/// Whether the platform reads bar codes and QR codes.
#[must_use]
pub fn reads_codes() -> bool {
    detector().is_some()
}

fn detector() -> Option<Function> {
    Reflect::get(&js_sys::global(), &"BarcodeDetector".into())
        .ok()?
        .dyn_into()
        .ok()
}

/// A canvas that is written on with a finger.
#[derive(Clone)]
pub struct Pad {
    canvas: HtmlCanvasElement,
    paper: CanvasRenderingContext2d,
}

impl Pad {
    /// The canvas with that id, wiped.
    #[must_use]
    pub fn of(canvas: &str) -> Option<Self> {
        let canvas: HtmlCanvasElement = element(canvas)?.dyn_into().ok()?;
        let (width, height) = (canvas.width(), canvas.height());
        let paper = paper(&canvas, f64::from(width), f64::from(height))?;
        paper.set_line_width(f64::from(width) / 160.0);
        paper.set_line_cap("round");
        Some(Self { canvas, paper })
    }

    /// A line between two places, in pixels of the screen. From a place to itself it is a dot.
    pub fn line(&self, from: (f64, f64), to: (f64, f64)) {
        let scale = f64::from(self.canvas.width()) / f64::from(self.canvas.client_width().max(1));
        self.paper.begin_path();
        self.paper.move_to(from.0 * scale, from.1 * scale);
        self.paper.line_to(to.0 * scale, to.1 * scale);
        self.paper.stroke();
    }

    /// What stands on it, as a PNG.
    pub async fn png(&self) -> Option<Vec<u8>> {
        let png = encoded(&self.canvas, "image/png", 1.0).await.ok()?;
        bytes(&png).await.ok()
    }
}

/// An address under which the page shows bytes; gone when it is dropped.
#[derive(PartialEq)]
pub struct ObjectUrl(String);

impl ObjectUrl {
    /// Of bytes of that media type.
    #[must_use]
    pub fn of(bytes: &[u8], media_type: &str) -> Option<Self> {
        let bag = BlobPropertyBag::new();
        bag.set_type(media_type);
        let parts = Array::of1(&Uint8Array::from(bytes));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &bag).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _revoked = Url::revoke_object_url(&self.0);
    }
}

fn document() -> Option<web_sys::Document> {
    super::page::window()?.document()
}

fn element(id: &str) -> Option<web_sys::Element> {
    document()?.get_element_by_id(id)
}

/// A canvas of that size, white.
fn paper(canvas: &HtmlCanvasElement, width: f64, height: f64) -> Option<CanvasRenderingContext2d> {
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let paper: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    paper.set_fill_style_str("#fff");
    paper.fill_rect(0.0, 0.0, width, height);
    Some(paper)
}

async fn encoded(
    canvas: &HtmlCanvasElement,
    media_type: &str,
    quality: f64,
) -> Result<Blob, JsValue> {
    let promise = Promise::new(&mut |resolve, _| {
        let _asked =
            canvas.to_blob_with_type_and_encoder_options(&resolve, media_type, &quality.into());
    });
    JsFuture::from(promise).await?.dyn_into()
}

async fn bytes(blob: &Blob) -> Result<Vec<u8>, JsValue> {
    let buffer = JsFuture::from(blob.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
