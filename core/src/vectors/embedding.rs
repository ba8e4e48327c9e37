//! Texts as means of their word vectors.
//!
//! Each text is summed up in the order of its words by one thread, so that its vector has the same bits whatever the
//! other texts are.

use crate::counting::occurrence::Occurrence;
use crate::counting::tally::Runs;
use crate::foundation::interrupts::check;
use crate::foundation::parallel::{even_ranges, map_each, split_rows};

/// Word vectors by rank, and postprocessing of the means.
pub struct Embedding<'a> {
    pub dimension: usize,
    /// (words, dimension); zeros for words that do not count.
    pub rows: &'a [f32],
    /// (words,): whether a word counts.
    pub counts: &'a [bool],
    /// (components, dimension), of unit length: directions that are removed, one after the other.
    pub components: &'a [f32],
    /// Scale every nonzero vector to unit length.
    pub normalize: bool,
}

impl Embedding<'_> {
    /// Write the vectors of texts into `target`, (texts, dimension). `ranks` has a rank for every number of `runs`.
    pub fn write(&self, runs: &Runs, ranks: &[u32], threads: usize, target: &mut [f32]) {
        let lengths = (0..runs.ends.len()).map(|text| (runs.text(text).len() + 1) * self.dimension / 4);
        let ranges = even_ranges(lengths.collect::<Vec<_>>().into_iter(), threads);
        let parts = split_rows(target, self.dimension, &ranges);
        map_each(ranges.into_iter().zip(parts).collect(), |(range, rows)| {
            for (text, row) in range.zip(rows.chunks_exact_mut(self.dimension)) {
                self.write_text(runs.text(text), ranks, row);
            }
        });
    }

    fn write_text(&self, tokens: &[Occurrence], ranks: &[u32], row: &mut [f32]) {
        row.fill(0.0);
        check((tokens.len() + self.components.len()) * self.dimension / 2);
        let mut counted = 0;
        for token in tokens {
            let rank = ranks[token.number() as usize] as usize;
            if self.counts[rank] {
                let word = &self.rows[rank * self.dimension..(rank + 1) * self.dimension];
                row.iter_mut().zip(word).for_each(|(sum, number)| *sum += number);
                counted += 1;
            }
        }
        row.iter_mut().for_each(|number| *number /= counted.max(1) as f32);
        for component in self.components.chunks_exact(self.dimension) {
            let share = product(row, component);
            row.iter_mut().zip(component).for_each(|(number, part)| *number -= (share * f64::from(*part)) as f32);
        }
        let length = product(row, row).sqrt();
        if self.normalize && length > 0.0 {
            row.iter_mut().for_each(|number| *number = (f64::from(*number) / length) as f32);
        }
    }
}

fn product(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(&left, &right)| f64::from(left) * f64::from(right)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_lose_components_and_get_a_length() {
        let [first, second, third] = [0, 1, 2].map(Occurrence::new);
        let tokens = vec![second, first.ending(), second.ending(), third.ending()];
        let runs = Runs { tokens, ends: vec![2, 2, 4] };
        let rows = [1.0, 3.0, 3.0, 5.0, 0.0, 0.0];
        let embed = |components: &[f32], normalize| {
            let counts = [true, true, false];
            let embedding = Embedding { dimension: 2, rows: &rows, counts: &counts, components, normalize };
            let mut found = Vec::new();
            for threads in 1..4 {
                let mut target = vec![9.0; 6];
                embedding.write(&runs, &[0, 1, 2], threads, &mut target);
                found.push(target);
            }
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
            found.remove(0)
        };
        assert_eq!(embed(&[], false), [2.0, 4.0, 0.0, 0.0, 3.0, 5.0]);
        assert_eq!(embed(&[0.0, 1.0], false), [2.0, 0.0, 0.0, 0.0, 3.0, 0.0]);
        assert_eq!(embed(&[0.0, 1.0], true), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
