//! Document vectors: the cosine of a text's vector and those of its n-grams is maximized, against negative samples.
//!
//! The objective is that of Thongtan and Phienthrakul 2019, "Sentiment classification using document embeddings trained
//! with cosine similarity": the logistic function of a multiple of the cosine, with negative samples. In a round every
//! group of texts is paired with one group of n-grams, and no group is used twice; so threads share nothing, and the
//! result does not depend on their number. Negative n-grams are those of other pairs of the same tile.

use crate::documents::pairs::{Pair, Pairs};
use crate::foundation::interrupts::check;
use crate::foundation::parallel::for_each;
use crate::foundation::random::Random;

/// Number of vector components processed together.
const BLOCK: usize = 32;
type Block = [f32; BLOCK];
/// Size of the table of the logistic function, for cosines from -1 to 1.
const STEPS: usize = 4096;
/// Streams of random numbers: initial vectors of texts and of n-grams, orders of rounds, negative samples.
const TEXTS: u64 = 1 << 59;
const NGRAMS: u64 = 1 << 60;
const ROUNDS: u64 = 1 << 61;
const NEGATIVES: u64 = 1 << 62;
/// Lower bound of squared norms.
const SMALLEST_SQUARE: f32 = 1e-12;

/// Training settings.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Embedding dimension; a multiple of `BLOCK`.
    pub dimension: usize,
    pub epochs: usize,
    /// Number of negative n-grams per pair.
    pub negatives: usize,
    /// Initial value; decays linearly to a fiftieth.
    pub learning_rate: f32,
    /// Factor of the cosine.
    pub sharpness: f32,
    pub seed: u64,
    pub threads: usize,
}

/// Round a dimension up to a multiple of `BLOCK`.
pub fn width_of(dimension: usize) -> usize {
    dimension.next_multiple_of(BLOCK)
}

/// Return vectors of unit length float32 (columns, dimension) of n-grams, zeros for those not in `wanted`; `None` if
/// `progress`, called with the rounds done and their total, returns `false`.
pub fn ngram_vectors(
    pairs: &Pairs,
    wanted: &[bool],
    settings: Settings,
    progress: &mut dyn FnMut(usize, usize) -> bool,
) -> Option<Vec<f32>> {
    let blocks = width_of(settings.dimension) / BLOCK;
    let mut texts = first_vectors(pairs.texts.count * pairs.texts.size, blocks, settings.seed, TEXTS);
    let mut ngrams = first_vectors(pairs.ngrams.count * pairs.ngrams.size, blocks, settings.seed, NGRAMS);
    let logistic = logistic_table(settings.sharpness);
    let (rounds, total) = (pairs.rounds(), pairs.rounds() * settings.epochs);
    for epoch in 0..settings.epochs {
        let order = Random::new(settings.seed, ROUNDS | epoch as u64).order(rounds);
        for (number, &shift) in order.iter().enumerate() {
            let done = epoch * rounds + number;
            let rate = settings.learning_rate * (1.0 - done as f32 / total as f32).max(0.02) * settings.sharpness;
            let step = Step { pairs, logistic: &logistic, blocks, negatives: settings.negatives, rate };
            step.round(&mut texts, &mut ngrams, shift, (settings.seed, done), settings.threads);
            if !progress(done + 1, total) {
                return None;
            }
        }
    }
    Some(unit_vectors(&ngrams, pairs, wanted, blocks))
}

/// Random vectors with a length of about 1, determined by the seed.
fn first_vectors(places: usize, blocks: usize, seed: u64, stream: u64) -> Vec<Block> {
    let mut random = Random::new(seed, stream);
    let scale = (12.0 / (blocks * BLOCK) as f32).sqrt();
    let block = |_| {
        check(4 * BLOCK);
        std::array::from_fn(|_| random.centred() * scale)
    };
    (0..places * blocks).map(block).collect()
}

/// Logistic function of sharpness times cosine, for cosines from -1 to 1.
fn logistic_table(sharpness: f32) -> Vec<f32> {
    let cosine = |step: usize| 2.0 * step as f64 / STEPS as f64 - 1.0;
    (0..=STEPS).map(|step| (1.0 / (1.0 + libm::exp(-f64::from(sharpness) * cosine(step)))) as f32).collect()
}

fn unit_vectors(ngrams: &[Block], pairs: &Pairs, wanted: &[bool], blocks: usize) -> Vec<f32> {
    let mut found = Vec::with_capacity(wanted.len() * blocks * BLOCK);
    for (&place, &is_wanted) in pairs.ngrams.places.iter().zip(wanted) {
        let vector = &ngrams[place as usize * blocks..(place as usize + 1) * blocks];
        check(BLOCK * blocks);
        let length = if is_wanted { 1.0 / product(vector, vector).max(SMALLEST_SQUARE).sqrt() } else { 0.0 };
        found.extend(vector.iter().flatten().map(|number| number * length));
    }
    found
}

#[derive(Clone, Copy)]
struct Step<'a> {
    pairs: &'a Pairs,
    logistic: &'a [f32],
    blocks: usize,
    negatives: usize,
    rate: f32,
}

impl Step<'_> {
    /// One round: each group is paired with the group of the larger side at offset `shift`.
    fn round(self, texts: &mut [Block], ngrams: &mut [Block], shift: usize, seeds: (u64, usize), threads: usize) {
        let spans = [self.pairs.texts.size * self.blocks, self.pairs.ngrams.size * self.blocks];
        let mut texts: Vec<_> = texts.chunks_mut(spans[0]).enumerate().collect();
        let mut ngrams: Vec<_> = ngrams.chunks_mut(spans[1]).enumerate().collect();
        let larger = if texts.len() > ngrams.len() { &mut texts } else { &mut ngrams };
        larger.rotate_left(shift);
        for_each(texts.into_iter().zip(ngrams).collect(), threads, |((row, texts), (column, ngrams))| {
            let stream = NEGATIVES | (seeds.1 as u64) << 24 | row as u64;
            let random = Random::new(seeds.0, stream);
            let tile = self.pairs.tile(row, column);
            pulp::Arch::new().dispatch(Tile { step: self, tile, texts, ngrams, random });
        });
    }
}

struct Tile<'a> {
    step: Step<'a>,
    tile: &'a [Pair],
    texts: &'a mut [Block],
    ngrams: &'a mut [Block],
    random: Random,
}

impl pulp::NullaryFnOnce for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { step, tile, texts, ngrams, mut random } = self;
        let blocks = step.blocks;
        // Squared norms of the n-grams' vectors are updated within the tile only. Over longer times rounding errors
        // would grow: a norm that is too small shrinks the vector.
        let mut squares = vec![0.0; ngrams.len() / blocks];
        for &[_, ngram] in tile {
            let vector = &ngrams[ngram as usize * blocks..(ngram as usize + 1) * blocks];
            squares[ngram as usize] = product(vector, vector);
        }
        let mut moved = vec![[0.0; BLOCK]; blocks];
        for &[text, ngram] in tile {
            let text = &mut texts[text as usize * blocks..(text as usize + 1) * blocks];
            check(8 * blocks * (step.negatives + 1));
            let square = product(text, text).max(SMALLEST_SQUARE);
            let (mut shrunk, length) = (0.0, 1.0 / square.sqrt());
            moved.fill([0.0; BLOCK]);
            for number in 0..=step.negatives {
                let other = if number == 0 { ngram } else { tile[random.below(tile.len())][1] };
                if number > 0 && other == ngram {
                    continue;
                }
                let vector = &mut ngrams[other as usize * blocks..(other as usize + 1) * blocks];
                let mixed = product(text, vector);
                let own = squares[other as usize].max(SMALLEST_SQUARE);
                let both = length / own.sqrt();
                let cosine = (mixed * both).clamp(-1.0, 1.0);
                let probability = step.logistic[((cosine + 1.0) * (STEPS / 2) as f32) as usize];
                let pull = (if number == 0 { 1.0 - probability } else { -probability }) * step.rate;
                shrunk += pull * cosine / square;
                let (along, kept) = (pull * both, 1.0 - pull * cosine / own);
                squares[other as usize] = kept * kept * own + 2.0 * kept * along * mixed + along * along * square;
                for ((vector, text), moved) in vector.iter_mut().zip(&*text).zip(&mut moved) {
                    for lane in 0..BLOCK {
                        moved[lane] += along * vector[lane];
                        vector[lane] = vector[lane] * kept + along * text[lane];
                    }
                }
            }
            for (text, moved) in text.iter_mut().zip(&moved) {
                for lane in 0..BLOCK {
                    text[lane] += moved[lane] - shrunk * text[lane];
                }
            }
        }
    }
}

/// Dot product, with partial sums that do not depend on the processor.
#[inline(always)]
fn product(left: &[Block], right: &[Block]) -> f32 {
    let mut sums = [0.0f32; BLOCK];
    for (left, right) in left.iter().zip(right) {
        for lane in 0..BLOCK {
            sums[lane] += left[lane] * right[lane];
        }
    }
    folded(sums)
}

#[inline(always)]
fn folded(mut sums: Block) -> f32 {
    let mut half = BLOCK / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::rows::tests::example;
    use crate::linear::rows::Rows;
    use crate::linear::vocabulary::Vocabulary;
    use crate::ngrams::matrix::Local;

    /// Texts of two topics without common words.
    fn topics() -> (Vocabulary, Rows<'static>) {
        let word = |text: usize, number: usize| 10 * (text % 2) + (text * 7 + number * 3 + number * number) % 10;
        let text = |text: usize| (0..4).map(|number| format!("w{}x ", word(text, number))).collect::<String>();
        let texts: Vec<String> = (0..200).map(text).collect();
        example(&texts.iter().map(String::as_str).collect::<Vec<_>>(), Local::Binary, 1)
    }

    fn trained(rows: &Rows<'_>, wanted: &[bool], threads: usize, seed: u64) -> Option<Vec<f32>> {
        let settings =
            Settings { dimension: 40, epochs: 20, negatives: 2, learning_rate: 0.3, sharpness: 6.0, seed, threads };
        let pairs = Pairs::new(rows, wanted, width_of(40) * 4, seed);
        ngram_vectors(&pairs, wanted, settings, &mut |_, _| true)
    }

    #[test]
    fn ngrams_of_a_topic_point_alike_at_any_number_of_threads() {
        let (vocabulary, rows) = topics();
        let mut wanted = vec![true; vocabulary.len()];
        wanted[0] = false;
        let found = trained(&rows, &wanted, 1, 3).unwrap();
        let width = width_of(40);
        assert_eq!(found[..width], vec![0.0; width]);
        let mut topic = vec![None; vocabulary.len()];
        for row in 0..rows.len() {
            rows.row(row).columns.iter().for_each(|&column| {
                let known = &mut topic[column as usize];
                *known = if known.is_none_or(|known| known == row % 2) { Some(row % 2) } else { Some(2) };
            });
        }
        let (mut same, mut other) = (Vec::new(), Vec::new());
        for (left, right) in (1..vocabulary.len()).flat_map(|left| (1..left).map(move |right| (left, right))) {
            let cosine: f32 = (0..width).map(|axis| found[left * width + axis] * found[right * width + axis]).sum();
            match (topic[left], topic[right]) {
                (Some(left), Some(right)) if left < 2 && right < 2 => {
                    if left == right {
                        same.push(cosine)
                    } else {
                        other.push(cosine)
                    }
                }
                _ => {}
            }
        }
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        assert!(mean(&same) > mean(&other) + 0.1, "{} {}", mean(&same), mean(&other));
        for threads in 2..4 {
            assert!(trained(&rows, &wanted, threads, 3).unwrap() == found);
        }
        assert!(trained(&rows, &wanted, 1, 4).unwrap() != found);
    }

    #[test]
    fn a_training_can_be_stopped() {
        let (vocabulary, rows) = topics();
        let wanted = vec![true; vocabulary.len()];
        let settings = Settings {
            dimension: 32,
            epochs: 1,
            negatives: 1,
            learning_rate: 0.1,
            sharpness: 6.0,
            seed: 0,
            threads: 1,
        };
        let pairs = Pairs::new(&rows, &wanted, 128, 0);
        assert!(ngram_vectors(&pairs, &wanted, settings, &mut |_, _| false).is_none());
    }

    #[test]
    fn wide_instructions_give_the_same_bits() {
        use pulp::NullaryFnOnce;
        let (vocabulary, rows) = topics();
        let pairs = Pairs::new(&rows, &vec![true; vocabulary.len()], 128, 1);
        let logistic = logistic_table(6.0);
        let step = Step { pairs: &pairs, logistic: &logistic, blocks: 1, negatives: 2, rate: 0.5 };
        let run = |wide: bool| {
            let mut texts = first_vectors(pairs.texts.size, 1, 1, TEXTS);
            let mut ngrams = first_vectors(pairs.ngrams.size, 1, 1, NGRAMS);
            let random = Random::new(5, 5);
            let tile = Tile { step, tile: pairs.tile(0, 0), texts: &mut texts, ngrams: &mut ngrams, random };
            if wide {
                pulp::Arch::new().dispatch(tile);
            } else {
                tile.call();
            }
            (texts, ngrams)
        };
        assert!(run(true) == run(false));
    }
}
