//! Going through a batch of texts, from every token through the n-grams that begin there.

use crate::ngrams::codes::{code, Coded, TooMany, UNKNOWN};
use crate::ngrams::tree::{Part, IS_NODE};
use std::sync::atomic::Ordering;

/// Which n-grams are counted.
pub struct Shape {
    pub shortest: usize,
    pub longest: usize,
    pub salt: u64,
    /// A unit that is shorter than the shortest n-gram counts as one.
    pub whole_short_units: bool,
}

/// A batch, and what came before it.
pub struct Batch<'a> {
    pub coded: &'a Coded,
    /// Texts and positions that came before.
    pub texts: u64,
    pub positions: u64,
    pub grams: Shape,
}

impl Batch<'_> {
    /// Count the n-grams of one part, which begin at these positions.
    pub fn count(&self, part: &mut Part, number: u32, positions: impl Iterator<Item = u32>) -> Result<(), TooMany> {
        let ends = &self.coded.runs.ends;
        let mut text = 0;
        for at in positions {
            while ends[text] <= at as usize {
                text += 1;
            }
            let global = (self.texts + text as u64) as u32;
            let first = (self.positions + u64::from(at)) << 8;
            self.walk(at as usize, |parent, token, order, counts| {
                let node = part.insert(self.grams.salt, parent, token, first | order as u64)?;
                if counts {
                    part.nodes[node as usize].count(global);
                    self.put(at as usize, order, code(node, number));
                }
                Some(node)
            })
            .ok_or(TooMany)?;
        }
        Ok(())
    }

    /// Find the n-grams of one part, which begin at these positions.
    pub fn find(&self, part: &Part, number: u32, positions: impl Iterator<Item = u32>) {
        for at in positions {
            // Where a path ends, longer ones are unknown too.
            let _ = self.walk(at as usize, |parent, token, order, counts| {
                let node = part.find(self.grams.salt, parent, token)?;
                if counts {
                    self.put(at as usize, order, code(node, number));
                }
                Some(node)
            });
        }
    }

    /// Step from the token at `at` through the n-grams that begin there; `None` where a step was refused.
    fn walk(&self, at: usize, mut step: impl FnMut(u32, u32, usize, bool) -> Option<u32>) -> Option<()> {
        let tokens = &self.coded.runs.tokens;
        let mut parent = tokens[at].number();
        for order in 2..=self.grams.longest {
            let next = tokens[at + order - 1];
            let token = next.number();
            if token == UNKNOWN {
                break;
            }
            let ends = next.ends_unit();
            let counts = order >= self.grams.shortest || (ends && self.is_short_unit(at));
            parent = IS_NODE | step(parent, token, order, counts)?;
            if ends {
                break;
            }
        }
        Some(())
    }

    /// A word of characters that is shorter than the shortest n-gram counts as one, where it begins at `at`.
    fn is_short_unit(&self, at: usize) -> bool {
        self.grams.whole_short_units && (at == 0 || self.coded.runs.tokens[at - 1].ends_unit())
    }

    fn put(&self, at: usize, order: usize, code: u32) {
        if self.coded.width > 0 {
            self.coded.codes[at * self.coded.width + order - 2].store(code, Ordering::Relaxed);
        }
    }
}
