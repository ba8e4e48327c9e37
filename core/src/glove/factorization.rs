//! GloVe: vectors of words and of contexts whose products approximate the logarithms of the counts.
//!
//! Weighted least squares by AdaGrad, as in Pennington, Socher and Manning 2014. In a round every group of words is
//! paired with one group of contexts, and no group is used twice; so threads share nothing, and the result does not
//! depend on their number.

use crate::foundation::interrupts::check;
use crate::foundation::parallel::for_each;
use crate::foundation::random::Random;
use crate::glove::tiles::{Entry, Grid, Tiles};
use std::io;
use std::sync::{Mutex, PoisonError};

/// Number of lanes in which dot products are summed, independent of the processor.
const LANES: usize = 8;
/// Maximum step, as a multiple of the learning rate.
const LARGEST_GRADIENT: f32 = 100.0;
/// First stream of random numbers for the orders of rounds.
const ROUNDS: u64 = 1 << 62;
/// Sum of squares of a value that must never change.
const FIXED: f32 = 1e37;

const BLOCK_ITEMS: usize = 64;

/// Vectors and sums of squared gradients, by position: a row is a vector, its bias, and a 1 that is multiplied by the
/// other's bias; then the sums.
pub struct Model {
    pub grid: Grid,
    pub dimension: usize,
    /// Length of a vector with bias and 1, padded to whole lanes.
    width: usize,
    pub words: Vec<f32>,
    pub contexts: Vec<f32>,
}

/// Settings of an epoch.
#[derive(Clone, Copy)]
pub struct Pass {
    pub rate: f32,
    pub threads: usize,
    pub seed: u64,
    /// Its number, counted from 0.
    pub epoch: usize,
}

#[derive(Debug)]
pub enum EpochError {
    Io(io::Error),
    Stopped,
}

impl Model {
    /// Number of bytes of a word or a context in a tile.
    pub fn row_bytes(dimension: usize) -> usize {
        dimension.saturating_add(2 + LANES).saturating_mul(2 * size_of::<f32>())
    }

    /// Length of `words` and of `contexts`.
    pub fn numbers(grid: &Grid, dimension: usize) -> Option<usize> {
        grid.places().checked_mul((dimension.checked_add(2)?).next_multiple_of(LANES).checked_mul(2)?)
    }

    /// Random vectors, determined by the seed; `None` if there is not enough memory.
    pub fn new(grid: Grid, dimension: usize, seed: u64) -> Option<Self> {
        let numbers = Self::numbers(&grid, dimension)?;
        let width = (dimension + 2).next_multiple_of(LANES);
        let [mut words, mut contexts] = [Vec::new(), Vec::new()];
        for (side, rows) in [&mut words, &mut contexts].into_iter().enumerate() {
            rows.try_reserve_exact(numbers).ok()?;
            rows.resize(numbers, 0.0);
            for rank in 0..grid.words {
                check(16 * width);
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

    /// One pass over all counts, in a random order determined by the epoch; return the mean cost. `progress` is called
    /// with the number of rounds done, and may stop it.
    pub fn epoch(
        &mut self,
        tiles: &Tiles,
        pass: Pass,
        progress: &mut dyn FnMut(usize) -> bool,
    ) -> Result<f64, EpochError> {
        let (groups, span, width) = (self.grid.groups, (self.grid.size * self.width * 2).max(1), self.width);
        let failed = Mutex::new(None);
        let pool = Mutex::new(Vec::new());
        let mut sum = 0.0;
        let order = Random::new(pass.seed, ROUNDS ^ pass.epoch as u64).order(groups);
        for (done, &shift) in order.iter().enumerate() {
            let mut costs = vec![0.0; groups];
            let mut contexts: Vec<_> = self.contexts.chunks_mut(span).enumerate().collect();
            contexts.rotate_left(shift);
            let pairs = self.words.chunks_mut(span).enumerate().zip(contexts).zip(&mut costs);
            for_each(pairs.collect(), pass.threads, |(((row, words), (column, contexts)), cost)| {
                let mut space = pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
                match tiles.tile(row, column, &mut space) {
                    Ok((entries, turned)) => {
                        let both = tiles.symmetric && row == column;
                        *cost = step_all(Steps { entries, words, contexts, width, rate: pass.rate, turned, both });
                    }
                    Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                }
                pool.lock().unwrap_or_else(PoisonError::into_inner).push(space);
            });
            if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Err(EpochError::Io(error));
            }
            // In the order of the groups, so that the sum is the same for any number of threads.
            sum += costs.iter().sum::<f64>();
            if !progress(done + 1) {
                return Err(EpochError::Stopped);
            }
        }
        Ok(sum / tiles.total.max(1) as f64)
    }
}

/// Initialize a row; contexts are side 1.
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

/// The updates of one tile.
struct Steps<'a> {
    entries: &'a [Entry],
    words: &'a mut [f32],
    contexts: &'a mut [f32],
    width: usize,
    rate: f32,
    /// Whether the rows of the entries are contexts.
    turned: bool,
    /// Whether every entry also represents its mirror image.
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
        for (number, &[places, logarithm, weight]) in entries.iter().enumerate() {
            if number % BLOCK_ITEMS == 0 {
                check(BLOCK_ITEMS * width);
            }
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

/// Update a word and a context by the gradient; return the cost before.
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
    let (left_long, right_long) = (left.chunks_exact(4 * LANES), right.chunks_exact(4 * LANES));
    let rest = left_long.remainder().chunks_exact(LANES).zip(right_long.remainder().chunks_exact(LANES));
    for (left, right) in left_long.zip(right_long) {
        for (part, sums) in sums.iter_mut().enumerate() {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += left[part * LANES + lane] * right[part * LANES + lane];
            }
        }
    }
    for (left, right) in rest {
        for (lane, sum) in sums[0].iter_mut().enumerate() {
            *sum += left[lane] * right[lane];
        }
    }
    let [first, second, third, fourth] = sums;
    let lane = |lane: usize| (first[lane] + second[lane]) + (third[lane] + fourth[lane]);
    ((lane(0) + lane(4)) + (lane(2) + lane(6))) + ((lane(1) + lane(5)) + (lane(3) + lane(7)))
}

/// Clip with comparisons that keep NaN, so that it appears in the cost.
#[inline(always)]
fn clipped(gradient: f32) -> f32 {
    let gradient = if gradient > LARGEST_GRADIENT { LARGEST_GRADIENT } else { gradient };
    if gradient < -LARGEST_GRADIENT {
        -LARGEST_GRADIENT
    } else {
        gradient
    }
}

/// Inverse square root within 0.07 %: half the exponent by a shift, then one step of Newton's method with the constants
/// of Kadlec 2010. Only multiplications, additions and shifts, so that the result is the same on every machine.
#[inline(always)]
fn inverse_root(square: f32) -> f32 {
    let guess = f32::from_bits(0x5f1f_fff9_u32.wrapping_sub(square.to_bits() >> 1));
    guess * 0.703_952_25 * (2.389_244_6 - square * guess * guess)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glove::spill::Storage;
    use crate::glove::tiles::{Chunk, Collector};

    const WORDS: usize = 20;

    fn grid() -> Grid {
        Grid::new(WORDS, 64, 5)
    }

    /// Every pair of words, its count's logarithm from -1 to 1, and weight 1.
    fn tiles(symmetric: bool) -> Tiles {
        let grid = grid();
        let storage = Storage { memory_bytes: 1 << 20, folder: std::env::temp_dir() };
        let collector = Collector::new(grid.groups, storage);
        for group in 0..grid.groups {
            let (mut entries, mut ends) = (Vec::new(), Vec::new());
            for tile in 0..grid.groups {
                for (row, column) in (0..grid.size).flat_map(|row| (0..grid.size).map(move |column| (row, column))) {
                    let places = (group * grid.size + row, tile * grid.size + column);
                    let known = |place| (0..WORDS).any(|rank| grid.place(rank) == place);
                    if known(places.0) && known(places.1) && (!symmetric || places.1 <= places.0) {
                        let logarithm = (places.0 * places.1 % 21) as f32 / 10.0 - 1.0;
                        entries.push([(row << 16 | column) as u32, logarithm.to_bits(), 1f32.to_bits()]);
                    }
                }
                ends.push(entries.len());
            }
            collector.add(group, Chunk { entries, ends }, 0).unwrap();
        }
        let mut tiles = collector.finish(grid, symmetric);
        tiles.total = (WORDS * WORDS) as u64;
        tiles
    }

    fn trained(symmetric: bool, threads: usize, seed: u64) -> (Vec<f64>, Vec<f32>) {
        let mut model = Model::new(grid(), 9, seed).unwrap();
        let tiles = tiles(symmetric);
        let pass = |epoch| Pass { rate: 0.1, threads, seed, epoch };
        let costs = (0..50).map(|epoch| model.epoch(&tiles, pass(epoch), &mut |_| true).unwrap()).collect();
        let vectors = model.vectors().collect();
        (costs, vectors)
    }

    #[test]
    fn the_cost_falls_and_threads_do_not_matter_but_the_seed_does() {
        for symmetric in [false, true] {
            let (costs, vectors) = trained(symmetric, 1, 1);
            assert!(costs[49] < costs[0] / 10.0, "{costs:?}");
            let again = trained(symmetric, 3, 1);
            assert!(again.0 == costs && again.1 == vectors);
            assert_ne!(vectors, trained(symmetric, 1, 2).1);
        }
    }

    #[test]
    fn an_epoch_can_be_stopped_and_a_model_too_large_is_none() {
        let mut model = Model::new(grid(), 3, 0).unwrap();
        let stopped = model.epoch(&tiles(true), Pass { rate: 0.1, threads: 1, seed: 0, epoch: 0 }, &mut |_| false);
        assert!(matches!(stopped, Err(EpochError::Stopped)));
        assert!(Model::new(grid(), usize::MAX / 64, 0).is_none() && Model::new(grid(), usize::MAX, 0).is_none());
    }

    #[test]
    fn wide_instructions_give_the_same_bits() {
        use pulp::NullaryFnOnce;
        let entries: Vec<Entry> =
            (0..16).map(|place| [((place % 4) << 16) | (place / 4), 1f32.to_bits(), 1f32.to_bits()]).collect();
        let run = |wide: bool| {
            let mut random = Random::new(7, 0);
            let mut rows = || (0..4 * 208).map(|_| random.centred().abs()).collect::<Vec<f32>>();
            let (mut words, mut contexts) = (rows(), rows());
            let steps = Steps {
                entries: &entries,
                words: &mut words,
                contexts: &mut contexts,
                width: 104,
                rate: 0.1,
                turned: false,
                both: false,
            };
            let cost = if wide { step_all(steps) } else { steps.call() };
            (cost, words, contexts)
        };
        assert!(run(true) == run(false));
    }

    #[test]
    fn a_step_is_that_of_the_paper() {
        // Dimension 1, in one row of 8: vector, bias, 1; then the sums of squares.
        let row = |numbers: [f32; 3], fixed: usize| {
            let mut row = [0.0; 16];
            row[..3].copy_from_slice(&numbers);
            row[8..].fill(1.0);
            row[8 + fixed] = FIXED;
            row
        };
        let (mut word, mut context) = (row([0.5, 0.25, 1.0], 2), row([-1.0, 1.0, 0.125], 1));
        let cost = step(&mut word, &mut context, 8, 2.0, 0.5, 0.1);
        let difference = -0.5 + 0.25 + 0.125 - 2.0;
        assert_eq!(cost, 0.25 * difference * difference);
        let scaled = 0.5 * difference as f32;
        let near = |left: f32, right: f32| assert!((left - right).abs() < 1e-4, "{left} {right}");
        near(word[0], 0.5 + 0.1 * scaled);
        near(word[1], 0.25 - 0.1 * scaled);
        near(context[0], -1.0 - 0.1 * scaled * 0.5);
        near(context[2], 0.125 - 0.1 * scaled);
        assert_eq!((word[2], context[1]), (1.0, 1.0));
        near(word[8], 1.0 + (0.1 * scaled) * (0.1 * scaled));
        let far = step(&mut row([1e6, 0.0, 1.0], 2), &mut row([1e6, 1.0, 0.0], 1), 8, 0.0, 1.0, 0.1);
        assert!(far.is_finite());
    }

    #[test]
    fn roots_are_near() {
        for exponent in -20..80 {
            let square = 1.1f32.powi(exponent);
            assert!((inverse_root(square) * square.sqrt() - 1.0).abs() < 8e-4);
        }
    }
}
