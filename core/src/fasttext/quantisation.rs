//! Product quantisation of a matrix: each part of the columns by k-means with 256 centroids.
//!
//! Source: Jegou, Douze and Schmid 2011; Joulin et al. 2016, "FastText.zip: compressing text classification models".

use crate::fasttext::tables::CENTROIDS;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each};
use crate::foundation::random::Random;

const ROUNDS: usize = 25;
/// Rows from which the centroids are learned.
const MOST_ROWS: usize = 256 * CENTROIDS;
/// Rows summed together, so that sums do not depend on the number of threads.
const BLOCK: usize = 4096;

/// A quantised matrix.
pub struct Codes {
    /// (rows, parts).
    pub codes: Vec<u8>,
    /// The centroids (256, columns of the part) of each part, concatenated.
    pub centroids: Vec<f32>,
}

/// Quantise a matrix (rows, columns) in parts of `part` columns.
pub fn quantised(values: &[f32], columns: usize, part: usize, seed: u64, threads: usize) -> Codes {
    let parts = columns.div_ceil(part);
    let rows = values.len() / columns;
    let mut found = Codes { codes: vec![0; rows * parts], centroids: Vec::with_capacity(CENTROIDS * columns) };
    for number in 0..parts {
        let first = number * part;
        let width = part.min(columns - first);
        let points: Vec<f32> =
            values.chunks_exact(columns).flat_map(|row| &row[first..first + width]).copied().collect();
        let centroids = centroids_of(&points, width, seed, number as u64, threads);
        for (row, code) in nearest(&points, &centroids, width, threads).into_iter().enumerate() {
            found.codes[row * parts + number] = code;
        }
        found.centroids.extend(centroids);
    }
    found
}

/// Learn centroids (256, width) of points (points, width).
fn centroids_of(points: &[f32], width: usize, seed: u64, stream: u64, threads: usize) -> Vec<f32> {
    let count = points.len() / width;
    if count == 0 {
        return vec![0.0; CENTROIDS * width];
    }
    let mut random = Random::new(seed, stream);
    let order = random.order(count);
    let chosen = &order[..count.min(MOST_ROWS)];
    let sample: Vec<f32> = chosen.iter().flat_map(|&row| &points[row * width..(row + 1) * width]).copied().collect();
    let mut centroids = first_centroids(&sample, width, &mut random);
    for _ in 0..ROUNDS {
        let codes = nearest(&sample, &centroids, width, threads);
        centroids = means(&sample, &codes, &centroids, width, &mut random);
    }
    centroids
}

/// Choose points as the first centroids, each with a probability that grows with the squared distance from those before.
///
/// Source: Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
fn first_centroids(points: &[f32], width: usize, random: &mut Random) -> Vec<f32> {
    let mut distances = vec![f32::INFINITY; points.len() / width];
    let mut centroids = Vec::with_capacity(CENTROIDS * width);
    let mut next = 0;
    for _ in 0..CENTROIDS {
        check(points.len());
        let centroid: Vec<f32> = row_of(points, next, width).collect();
        for (distance, point) in distances.iter_mut().zip(points.chunks_exact(width)) {
            let found: f32 = point.iter().zip(&centroid).map(|(left, right)| (left - right) * (left - right)).sum();
            *distance = distance.min(found);
        }
        centroids.extend(centroid);
        let total: f64 = distances.iter().copied().map(f64::from).sum();
        let mut left = (f64::from(random.centred()) + 0.5) * total;
        next = distances
            .iter()
            .position(|&distance| {
                left -= f64::from(distance);
                left < 0.0
            })
            .unwrap_or(0);
    }
    centroids
}

fn row_of(values: &[f32], row: usize, width: usize) -> impl Iterator<Item = f32> + '_ {
    values[row * width..(row + 1) * width].iter().copied()
}

/// The nearest centroid of every point, the first among equals.
fn nearest(points: &[f32], centroids: &[f32], width: usize, threads: usize) -> Vec<u8> {
    let ranges = even_ranges((0..points.len() / width).map(|_| CENTROIDS * width / 2), threads);
    let parts = map_each(ranges, |range| {
        pulp::Arch::new().dispatch(|| {
            let points = &points[range.start * width..range.end * width];
            points.chunks_exact(width).map(|point| nearest_one(point, centroids)).collect::<Vec<u8>>()
        })
    });
    parts.concat()
}

#[inline(always)]
fn nearest_one(point: &[f32], centroids: &[f32]) -> u8 {
    check(CENTROIDS * point.len());
    let (mut best, mut least) = (0, f32::INFINITY);
    for (number, centroid) in centroids.chunks_exact(point.len()).enumerate() {
        let distance: f32 = point.iter().zip(centroid).map(|(left, right)| (left - right) * (left - right)).sum();
        if distance < least {
            (best, least) = (number, distance);
        }
    }
    best as u8
}

/// The mean of the points of each centroid; one without points moves near that with the most.
fn means(points: &[f32], codes: &[u8], before: &[f32], width: usize, random: &mut Random) -> Vec<f32> {
    let mut sums = vec![0.0f64; CENTROIDS * width];
    let mut counts = [0usize; CENTROIDS];
    for (points, codes) in points.chunks(BLOCK * width).zip(codes.chunks(BLOCK)) {
        check(points.len());
        for (point, &code) in points.chunks_exact(width).zip(codes) {
            let start = usize::from(code) * width;
            counts[usize::from(code)] += 1;
            sums[start..start + width].iter_mut().zip(point).for_each(|(sum, value)| *sum += f64::from(*value));
        }
    }
    let mut centroids = before.to_vec();
    for (number, &count) in counts.iter().enumerate().filter(|(_, &count)| count > 0) {
        let sums = &sums[number * width..(number + 1) * width];
        let own = &mut centroids[number * width..(number + 1) * width];
        own.iter_mut().zip(sums).for_each(|(own, sum)| *own = (sum / count as f64) as f32);
    }
    for number in 0..CENTROIDS {
        if counts[number] == 0 {
            let largest = (0..CENTROIDS).max_by_key(|&one| (counts[one], CENTROIDS - one)).unwrap_or(0);
            for column in 0..width {
                let value = centroids[largest * width + column];
                centroids[number * width + column] = value * (1.0 + 1e-3 * random.centred());
            }
            counts[number] = counts[largest] / 2;
            counts[largest] -= counts[number];
        }
    }
    centroids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fasttext::tables::{Quantised, Table};

    #[test]
    fn few_distinct_rows_are_kept_exactly_and_many_nearly() {
        let mut random = Random::new(1, 2);
        let distinct: Vec<f32> = (0..20 * 5).map(|_| random.centred()).collect();
        let values: Vec<f32> = (0..300).flat_map(|row| row_of(&distinct, row % 20, 5).collect::<Vec<_>>()).collect();
        let found = quantised(&values, 5, 2, 7, 2);
        let table = Quantised { codes: &found.codes, centroids: &found.centroids, columns: 5, part: 2, norms: None };
        let decoded = Table::Quantised(table).decoded(0..300);
        let largest = decoded.iter().zip(&values).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max);
        assert!(largest < 1e-3, "{largest}");
        let again = quantised(&values, 5, 2, 7, 1);
        assert_eq!((again.codes, again.centroids), (found.codes, found.centroids));
        let none = quantised(&[], 5, 2, 7, 1);
        assert_eq!((none.codes.len(), none.centroids.len()), (0, 5 * CENTROIDS));
    }
}
