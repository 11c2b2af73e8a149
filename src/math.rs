//! Functions of a real number. In a browser they are the browser's: Rust's own would weigh 6 kB in the phone's download.

#[cfg(not(all(feature = "web", target_arch = "wasm32")))]
mod native {
    macro_rules! functions {
        ($($name:ident = $function:path;)*) => {
            $(pub(crate) fn $name(x: f64) -> f64 { $function(x) })*
        };
    }
    functions! {
        sin = f64::sin; cos = f64::cos; tan = f64::tan; asin = f64::asin; acos = f64::acos; atan = f64::atan;
        exp = f64::exp; log = f64::ln; log10 = f64::log10;
    }
    pub(crate) fn atan2(y: f64, x: f64) -> f64 {
        y.atan2(x)
    }
    pub(crate) fn pow(base: f64, exponent: f64) -> f64 {
        base.powf(exponent)
    }
}

#[cfg(not(all(feature = "web", target_arch = "wasm32")))]
pub(crate) use native::*;

#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub(crate) use js_sys::Math::{acos, asin, atan, atan2, cos, exp, log, log10, pow, sin, tan};
