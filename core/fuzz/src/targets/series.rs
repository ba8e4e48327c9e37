//! Lists of a model file are refused or become convolutions with features between 0 and 1.
//!
//! The first bytes give channels, least steps, and the length of each list.

use malmoi_core::series::features::{Convolutions, SeriesRows};

const STEPS: usize = 12;

pub fn run(bytes: &[u8]) {
    let [channels, least, dilations, biases, scale, rest @ ..] = bytes else { return };
    let channels = usize::from(channels % 4) + 1;
    let (dilations, features) = (usize::from(dilations % 4), usize::from(biases % 8));
    let mut rest = rest.iter().copied();
    let mut take = |count: usize| -> Vec<usize> { (0..count).map(|_| usize::from(rest.next().unwrap_or(1))).collect() };
    let stretch = |value: usize| if scale & 1 == 1 && value > 250 { usize::MAX - value } else { value };
    let dilated: Vec<usize> = take(dilations).into_iter().map(stretch).collect();
    let counts: Vec<usize> = take(dilations).into_iter().map(stretch).collect();
    let channel_counts: Vec<usize> = take(84 * dilations).into_iter().map(|count| count % 5).collect();
    let chosen = take(channel_counts.iter().sum());
    let biases: Vec<f32> = take(84 * features).into_iter().map(|value| value as f32 / 64.0 - 2.0).collect();
    let width = biases.len();
    let found =
        Convolutions::restored(channels, usize::from(*least), &dilated, &counts, &channel_counts, &chosen, biases);
    let Some(found) = found else { return };
    let values: Vec<f32> = (0..STEPS * channels).map(|step| (step % 7) as f32 - 3.0).collect();
    let features = found.features(SeriesRows { values: &values, ends: &[1, STEPS], channels }, 1);
    assert!(features.len() == 2 * width && features.iter().all(|value| (0.0..=1.0).contains(value)));
}
