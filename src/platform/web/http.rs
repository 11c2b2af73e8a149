//! HTTP by the browser's own fetch, with its own gzip: no library is smaller than the platform.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, Headers, ReadableWritablePair, RequestInit, Response};

use crate::platform::machine::{Answer, Call};
use crate::sync::wire::MARK;

/// How long a call may take, milliseconds: a page of a first sync over GPRS.
const PATIENCE: f64 = 120_000.0;

/// Below this a body is sent as it is: gzip would make it larger.
const WORTH_COMPRESSING: usize = 300;

#[wasm_bindgen]
extern "C" {
    // web-sys still calls it unstable; every browser with OPFS has it.
    type CompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> CompressionStream;
}

/// Posts JSON. Whatever goes wrong on the way is [`Answer::Nothing`].
pub(super) async fn post(call: Call) -> Answer {
    try_post(call).await.unwrap_or(Answer::Nothing)
}

async fn try_post(call: Call) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    if let Some(token) = &call.token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let body = if call.body.len() > WORTH_COMPRESSING {
        headers.set("content-encoding", "gzip")?;
        gzip(&call.body).await?
    } else {
        JsValue::from_str(&call.body)
    };
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&body);
    init.set_cache(web_sys::RequestCache::NoStore);
    init.set_signal(Some(&AbortSignal::timeout_with_f64(PATIENCE)));
    let global = js_sys::global();
    let fetch: js_sys::Function = Reflect::get(&global, &"fetch".into())?.dyn_into()?;
    let promise: js_sys::Promise = fetch
        .call2(&global, &JsValue::from_str(call.path), &init)?
        .dyn_into()?;
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    let ours = response.headers().has(MARK)?;
    let status = response.status();
    let body = JsFuture::from(response.text()?)
        .await?
        .as_string()
        .unwrap_or_default();
    Ok(Answer::Response { status, ours, body })
}

async fn gzip(text: &str) -> Result<JsValue, JsValue> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let stream = Blob::new_with_str_sequence(&parts)?.stream();
    let gzip = CompressionStream::new("gzip");
    let packed = stream.pipe_through(gzip.unchecked_ref::<ReadableWritablePair>());
    let packed = Response::new_with_opt_readable_stream(Some(&packed))?;
    let buffer = JsFuture::from(packed.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).into())
}
