//! The order that `randomize()` and the parameter of that name give.

const MODULUS: i64 = 2_147_483_647;

/// A seed for [`shuffled`] from a number between 0 and 1.
pub(crate) fn seed_of(fraction: f64) -> f64 {
    (fraction * MODULUS as f64).floor()
}

/// The items in another order, as the ODK XForms specification has it: the "inside-out" shuffle of Fisher and Yates over
/// the generator of Park and Miller. The same seed gives the same order everywhere.
pub(crate) fn shuffled<T>(items: impl IntoIterator<Item = T>, seed: f64) -> Vec<T> {
    // The cast makes a whole number of any, 0 of NaN and the ends of the range of infinities, as Collect does.
    let mut state = (seed as i64) % MODULUS;
    if state <= 0 {
        state += MODULUS - 1;
    }
    let mut shuffled: Vec<T> = Vec::new();
    for item in items {
        state = state * 16_807 % MODULUS;
        let fraction = (state - 1) as f64 / (MODULUS - 1) as f64;
        let place = (fraction * (shuffled.len() + 1) as f64).floor() as usize;
        shuffled.push(item);
        let last = shuffled.len() - 1;
        shuffled.swap(place.min(last), last);
    }
    shuffled
}
