//! GloVe: vectors of words and of contexts whose products come near the logarithms of the counts.
//!
//! Weighted least squares by AdaGrad, as Pennington, Socher and Manning 2014 have it. In a round every group of words
//! meets one group of contexts, and no group meets two; so threads share nothing, and the result does not depend on
//! how many there are.

use crate::cooccurrence::Random;
use crate::parallel::for_each;
use crate::tiles::{Entry, Grid, Tiles};
use std::io;
use std::sync::{Mutex, PoisonError};

/// Sums of a product are formed in so many lanes, whatever the processor has.
const LANES: usize = 8;
/// A step is no longer than this times the learning rate.
const LARGEST_GRADIENT: f32 = 100.0;
/// The sum of squares of a number that is never to change.
const FIXED: f32 = 1e37;

/// Vectors and the sums of their squared gradients, by place: a row is a vector, its bias, and a 1 that meets the
/// other's bias; then the sums.
pub struct Model {
    pub grid: Grid,
    pub dimension: usize,
    /// Numbers of a vector with bias and 1, filled up to whole lanes.
    width: usize,
    pub words: Vec<f32>,
    pub contexts: Vec<f32>,
}

pub enum EpochError {
    Io(io::Error),
    Stopped,
}

impl Model {
    /// Numbers that `words` and `contexts` have each.
    pub fn numbers(grid: &Grid, dimension: usize) -> Option<usize> {
        grid.places().checked_mul((dimension.checked_add(2)?).next_multiple_of(LANES).checked_mul(2)?)
    }

    /// Random vectors, the same for the same seed; nothing where memory does not hold them.
    pub fn new(grid: Grid, dimension: usize, seed: u64) -> Option<Self> {
        let numbers = Self::numbers(&grid, dimension)?;
        let width = (dimension + 2).next_multiple_of(LANES);
        let [mut words, mut contexts] = [Vec::new(), Vec::new()];
        for (side, rows) in [&mut words, &mut contexts].into_iter().enumerate() {
            rows.try_reserve_exact(numbers).ok()?;
            rows.resize(numbers, 0.0);
            for rank in 0..grid.words {
                let start = grid.place(rank) * width * 2;
                let random = Random::new(seed, !(rank as u64 * 2 + side as u64));
                begin(&mut rows[start..start + width * 2], dimension, side, random);
            }
        }
        Some(Self { grid, dimension, width, words, contexts })
    }

    /// The sum of both vectors of every word, by rank; (words, dimension).
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = f32> + '_ {
        (0..self.grid.words * self.dimension).map(|number| {
            let (rank, column) = (number / self.dimension, number % self.dimension);
            let place = self.grid.place(rank) * self.width * 2 + column;
            self.words[place] + self.contexts[place]
        })
    }

    /// One pass over all counts; returns the mean cost. `heard` is asked after every round, and may say no.
    pub fn epoch(
        &mut self,
        tiles: &Tiles,
        rate: f32,
        threads: usize,
        mut heard: impl FnMut() -> bool,
    ) -> Result<f64, EpochError> {
        let (groups, span, width) = (self.grid.groups, self.grid.size * self.width * 2, self.width);
        let failed = Mutex::new(None);
        let pool = Mutex::new(Vec::new());
        let mut sum = 0.0;
        for round in 0..groups {
            let mut costs = vec![0.0; groups];
            let mut contexts: Vec<_> = self.contexts.chunks_mut(span).enumerate().collect();
            contexts.rotate_left(round);
            let pairs = self.words.chunks_mut(span).enumerate().zip(contexts).zip(&mut costs);
            for_each(pairs.collect(), threads, |(((row, words), (column, contexts)), cost)| {
                let mut space = pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
                match tiles.tile(row, column, &mut space) {
                    Ok((entries, turned)) => {
                        let both = tiles.symmetric && row == column;
                        *cost = step_all(Steps { entries, words, contexts, width, rate, turned, both });
                    }
                    Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                }
                pool.lock().unwrap_or_else(PoisonError::into_inner).push(space);
            });
            if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Err(EpochError::Io(error));
            }
            // In the order of the groups, so that the sum is the same at any number of threads.
            sum += costs.iter().sum::<f64>();
            if !heard() {
                return Err(EpochError::Stopped);
            }
        }
        Ok(sum / tiles.total.max(1) as f64)
    }
}

/// A new row; contexts are side 1.
fn begin(row: &mut [f32], dimension: usize, side: usize, mut random: Random) {
    let (vector, squares) = row.split_at_mut(row.len() / 2);
    let (bias, one) = (dimension + side, dimension + 1 - side);
    for number in vector[..dimension].iter_mut() {
        *number = random.centred() / (dimension + 1) as f32;
    }
    vector[bias] = random.centred() / (dimension + 1) as f32;
    vector[one] = 1.0;
    squares.fill(1.0);
    squares[one] = FIXED;
}

/// The steps of one tile.
struct Steps<'a> {
    entries: &'a [Entry],
    words: &'a mut [f32],
    contexts: &'a mut [f32],
    width: usize,
    rate: f32,
    /// Rows of the entries are contexts.
    turned: bool,
    /// Every entry stands for its mirror image too.
    both: bool,
}

fn step_all(steps: Steps) -> f64 {
    pulp::Arch::new().dispatch(steps)
}

impl pulp::NullaryFnOnce for Steps<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let Self { entries, words, contexts, width, rate, turned, both } = self;
        let mut cost = 0.0;
        for &[places, logarithm, weight] in entries {
            let (row, column) = ((places >> 16) as usize, (places & 0xffff) as usize);
            let (first, second) = if turned { (column, row) } else { (row, column) };
            let (logarithm, weight) = (f32::from_bits(logarithm), f32::from_bits(weight));
            let stride = width * 2;
            let word = &mut words[first * stride..(first + 1) * stride];
            let context = &mut contexts[second * stride..(second + 1) * stride];
            cost += step(word, context, width, logarithm, weight, rate);
            if both && row != column {
                let word = &mut words[second * stride..(second + 1) * stride];
                let context = &mut contexts[first * stride..(first + 1) * stride];
                cost += step(word, context, width, logarithm, weight, rate);
            }
        }
        cost
    }
}

/// Move a word and a context towards each other's count; returns the cost before.
#[inline(always)]
fn step(word: &mut [f32], context: &mut [f32], width: usize, logarithm: f32, weight: f32, rate: f32) -> f64 {
    let (word, word_squares) = word.split_at_mut(width);
    let (context, context_squares) = context.split_at_mut(width);
    let difference = product(word, context) - logarithm;
    let scaled = weight * difference;
    let numbers = word.iter_mut().zip(word_squares).zip(context.iter_mut().zip(context_squares));
    for ((word, word_square), (context, context_square)) in numbers {
        let word_step = clipped(scaled * *context) * rate;
        let context_step = clipped(scaled * *word) * rate;
        *word -= word_step * inverse_root(*word_square);
        *context -= context_step * inverse_root(*context_square);
        *word_square += word_step * word_step;
        *context_square += context_step * context_step;
    }
    0.5 * f64::from(scaled) * f64::from(difference)
}

#[inline(always)]
fn product(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [[0.0f32; LANES]; 4];
    let (left_long, left_rest) = left.as_chunks_of(4 * LANES);
    let (right_long, right_rest) = right.as_chunks_of(4 * LANES);
    for (left, right) in left_long.zip(right_long) {
        for (part, sums) in sums.iter_mut().enumerate() {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += left[part * LANES + lane] * right[part * LANES + lane];
            }
        }
    }
    for (left, right) in left_rest.chunks_exact(LANES).zip(right_rest.chunks_exact(LANES)) {
        for (lane, sum) in sums[0].iter_mut().enumerate() {
            *sum += left[lane] * right[lane];
        }
    }
    let [first, second, third, fourth] = sums;
    let lane = |lane: usize| (first[lane] + second[lane]) + (third[lane] + fourth[lane]);
    ((lane(0) + lane(4)) + (lane(2) + lane(6))) + ((lane(1) + lane(5)) + (lane(3) + lane(7)))
}

/// Chunks of a fixed size, and what is left.
trait AsChunks {
    fn as_chunks_of(&self, size: usize) -> (std::slice::ChunksExact<'_, f32>, &[f32]);
}

impl AsChunks for [f32] {
    #[inline(always)]
    fn as_chunks_of(&self, size: usize) -> (std::slice::ChunksExact<'_, f32>, &[f32]) {
        let chunks = self.chunks_exact(size);
        let rest = chunks.remainder();
        (chunks, rest)
    }
}

/// Comparisons that leave what is no number as it is, so that it shows in the cost.
#[inline(always)]
fn clipped(gradient: f32) -> f32 {
    let gradient = if gradient > LARGEST_GRADIENT { LARGEST_GRADIENT } else { gradient };
    if gradient < -LARGEST_GRADIENT {
        -LARGEST_GRADIENT
    } else {
        gradient
    }
}

/// 1 by the square root, within 0.07 %: half the exponent by a shift, then one step of Newton's method with the
/// constants of Kadlec 2010. Only products, sums and shifts, so that every machine gives the same.
#[inline(always)]
fn inverse_root(square: f32) -> f32 {
    let guess = f32::from_bits(0x5f1f_fff9_u32.wrapping_sub(square.to_bits() >> 1));
    guess * 0.703_952_25 * (2.389_244_6 - square * guess * guess)
}
