//! HTTP by the browser's own fetch, with its own gzip: no library is smaller than the platform.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob, Headers, ReadableWritablePair, RequestInit, Response};

use crate::platform::machine::{Answer, Body, Call, WORTH_PACKING};
use crate::sync::wire::{MARK, UPLOAD_OFFSET};

/// How long a call may take, milliseconds: a page of a first sync over GPRS.
const PATIENCE: f64 = 120_000.0;

#[wasm_bindgen]
extern "C" {
    // web-sys still calls it unstable; every browser with OPFS has it.
    type CompressionStream;
    #[wasm_bindgen(constructor)]
    fn new(format: &str) -> CompressionStream;
}

/// Calls the server. Whatever goes wrong on the way is [`Answer::Nothing`].
pub(super) async fn send(call: Call) -> Answer {
    try_send(call).await.unwrap_or(Answer::Nothing)
}

async fn try_send(call: Call) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    if let Some(token) = &call.token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    for (name, value) in &call.headers {
        headers.set(name, value)?;
    }
    let init = RequestInit::new();
    match &call.body {
        Body::Json(json) => {
            headers.set("content-type", "application/json")?;
            if json.len() > WORTH_PACKING {
                headers.set("content-encoding", "gzip")?;
                init.set_body(&gzip(json).await?);
            } else {
                init.set_body(&JsValue::from_str(json));
            }
        }
        // A call without a body may not even have an empty one.
        Body::Bytes(bytes) if bytes.is_empty() => {}
        Body::Bytes(bytes) => init.set_body(&Uint8Array::from(bytes.as_slice())),
    }
    init.set_method(call.method);
    init.set_headers(&headers);
    init.set_cache(web_sys::RequestCache::NoStore);
    init.set_signal(Some(&AbortSignal::timeout_with_f64(PATIENCE)));
    let global = js_sys::global();
    let fetch: js_sys::Function = Reflect::get(&global, &"fetch".into())?.dyn_into()?;
    let promise: js_sys::Promise = fetch
        .call2(&global, &JsValue::from_str(&call.path), &init)?
        .dyn_into()?;
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    let ours = response.headers().has(MARK)?;
    let status = response.status();
    let offset = response.headers().get(UPLOAD_OFFSET)?;
    let body = JsFuture::from(response.array_buffer()?).await?;
    Ok(Answer::Response {
        status,
        ours,
        offset: offset.and_then(|offset| offset.parse().ok()),
        body: Uint8Array::new(&body).to_vec(),
    })
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
