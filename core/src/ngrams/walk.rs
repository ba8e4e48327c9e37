//! Passes over a batch of texts, from every token through the n-grams that begin there.

use crate::counting::occurrence::Occurrence;
use crate::foundation::interrupts::check;
use crate::ngrams::codes::{CodedRange, Start, TooMany, UNKNOWN};
use crate::ngrams::tree::{Part, IS_NODE};

/// Sizes of the n-grams that are counted.
pub struct Shape {
    pub shortest: usize,
    pub longest: usize,
    pub salt: u64,
    /// Whether a unit shorter than the shortest n-gram counts as one.
    pub whole_short_units: bool,
}

/// A batch, and the number of texts and positions before it.
pub struct Batch<'a> {
    pub tokens: &'a [Occurrence],
    /// Number of texts and positions before it.
    pub texts: u64,
    pub positions: u64,
    pub grams: Shape,
}

/// Starts of one part's n-grams in a range of texts, and the output for their codes.
pub type Share<'a> = (&'a [Start], &'a mut [u32]);

/// The work of each part: its share of every range.
pub fn shares<'a>(ranges: &'a mut [CodedRange], starts: &'a [Vec<Start>], width: usize) -> Vec<Vec<Share<'a>>> {
    let parts = ranges.first().map_or(0, |range| range.offsets.len() - 1);
    let mut shares: Vec<Vec<Share>> = (0..parts).map(|_| Vec::new()).collect();
    for (range, starts) in ranges.iter_mut().zip(starts) {
        let (mut codes, mut starts) = (range.codes.as_mut_slice(), starts.as_slice());
        for (share, offsets) in shares.iter_mut().zip(range.offsets.windows(2)) {
            let count = (offsets[1] - offsets[0]) as usize;
            let (own, others) = starts.split_at(count);
            let (own_codes, other_codes) = std::mem::take(&mut codes).split_at_mut(count * width);
            (starts, codes) = (others, other_codes);
            if count > 0 {
                share.push((own, own_codes));
            }
        }
    }
    shares
}

impl Batch<'_> {
    /// Count the n-grams of one part.
    pub fn count(&self, part: &mut Part, share: Vec<Share>, width: usize) -> Result<(), TooMany> {
        for (starts, codes) in share {
            for (place, start) in starts.iter().enumerate() {
                check(32);
                let global = (self.texts + u64::from(start.text)) as u32;
                let first = (self.positions + u64::from(start.at)) << 8;
                let codes = &mut codes[place * width..][..width];
                self.walk(start, |parent, token, order, counts| {
                    let node = part.insert(self.grams.salt, parent, token, first | order as u64)?;
                    if counts {
                        part.see(node, global);
                        put(codes, order, node);
                    }
                    Some(node)
                })
                .ok_or(TooMany)?;
            }
        }
        Ok(())
    }

    /// Find the n-grams of one part.
    pub fn find(&self, part: &Part, share: Vec<Share>, width: usize) {
        for (starts, codes) in share {
            for (start, codes) in starts.iter().zip(codes.chunks_exact_mut(width)) {
                check(32);
                // If a path ends, longer n-grams are unknown too.
                let _ = self.walk(start, |parent, token, order, counts| {
                    let node = part.find(self.grams.salt, parent, token)?;
                    if counts {
                        put(codes, order, node);
                    }
                    Some(node)
                });
            }
        }
    }

    /// Step from a token through the n-grams that begin there; `None` if a step was refused.
    #[inline(always)]
    fn walk(&self, start: &Start, mut step: impl FnMut(u32, u32, usize, bool) -> Option<u32>) -> Option<()> {
        let (mut parent, mut next) = (start.token, start.next);
        for order in 2..=self.grams.longest {
            if order > 2 {
                next = self.tokens[start.at as usize + order - 1];
            }
            let token = next.number();
            if token == UNKNOWN {
                break;
            }
            let ends = next.ends_unit();
            let counts = order >= self.grams.shortest || (ends && self.is_short_unit(start.at as usize));
            parent = IS_NODE | step(parent, token, order, counts)?;
            if ends {
                break;
            }
        }
        Some(())
    }

    /// Whether a unit of characters that is shorter than the shortest n-gram begins at `at`; it counts as one.
    fn is_short_unit(&self, at: usize) -> bool {
        self.grams.whole_short_units && (at == 0 || self.tokens[at - 1].ends_unit())
    }
}

#[inline(always)]
fn put(codes: &mut [u32], order: usize, node: u32) {
    if let Some(code) = codes.get_mut(order - 2) {
        *code = node;
    }
}
