//! Where the device is, as the platform finds out, better and better.

use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// How long the platform may look for a fix, milliseconds.
const PATIENCE: u32 = 60_000;

/// Why there is no GPS fix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoPosition {
    /// The person or the browser's settings do not allow it.
    Refused,
    /// The device cannot find its place, or has no means to.
    Unavailable,
    /// Not found in a minute.
    Timeout,
}

/// A GPS fix.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Position {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres, 0 when unknown.
    pub altitude: f64,
    /// Metres.
    pub accuracy: f64,
}

/// Fixes as they come, and what went wrong. The platform looks no further once the watch is dropped.
pub struct Watch {
    /// What is found.
    pub fixes: UnboundedReceiver<Result<Position, NoPosition>>,
    geolocation: JsValue,
    id: JsValue,
    _heard: [Closure<dyn FnMut(JsValue)>; 2],
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(clear) = function(&self.geolocation, "clearWatch") {
            let _cleared = clear.call1(&self.geolocation, &self.id);
        }
    }
}

/// Starts looking, high accuracy; `None` where the device has no means to.
#[must_use]
pub fn watch() -> Option<Watch> {
    let navigator = super::page::window()?.navigator();
    let geolocation = Reflect::get(&navigator, &"geolocation".into()).ok()?;
    let options = Object::new();
    for (name, value) in [
        ("enableHighAccuracy", JsValue::TRUE),
        ("timeout", PATIENCE.into()),
        ("maximumAge", 0.into()),
    ] {
        Reflect::set(&options, &name.into(), &value).ok()?;
    }
    let (found, fixes) = unbounded();
    let failed = found.clone();
    let heard = [
        Closure::<dyn FnMut(JsValue)>::new(move |fix: JsValue| {
            let _nobody_waits = found.unbounded_send(position(&fix).ok_or(NoPosition::Unavailable));
        }),
        Closure::<dyn FnMut(JsValue)>::new(move |error: JsValue| {
            let why = match number(&error, "code") {
                Some(1.0) => NoPosition::Refused,
                Some(3.0) => NoPosition::Timeout,
                _ => NoPosition::Unavailable,
            };
            let _nobody_waits = failed.unbounded_send(Err(why));
        }),
    ];
    let [fix, error] = &heard;
    let id = function(&geolocation, "watchPosition")?
        .call3(&geolocation, fix.as_ref(), error.as_ref(), &options)
        .ok()?;
    Some(Watch {
        fixes,
        geolocation,
        id,
        _heard: heard,
    })
}

fn function(of: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

fn number(of: &JsValue, name: &str) -> Option<f64> {
    Reflect::get(of, &name.into()).ok()?.as_f64()
}

fn position(fix: &JsValue) -> Option<Position> {
    let coordinates = Reflect::get(fix, &"coords".into()).ok()?;
    Some(Position {
        latitude: number(&coordinates, "latitude")?,
        longitude: number(&coordinates, "longitude")?,
        altitude: number(&coordinates, "altitude").unwrap_or(0.0),
        accuracy: number(&coordinates, "accuracy").unwrap_or(0.0),
    })
}
