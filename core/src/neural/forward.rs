//! The forward pass of a network for a few samples at a time.
//!
//! The outputs of a sample do not depend on the other samples, on the batches, or on the number of threads.

use super::cells::Cell;
use super::functions::{sigmoid, softmax};
use super::products::Matrix;
use super::sequences::{Pooling, Sequence};
use crate::foundation::parallel::{for_each, split_rows};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Number of samples per batch.
const SAMPLES: usize = 24;

/// Operation on the values of earlier steps, which are referred to by their numbers.
pub enum Action {
    Convolve {
        width: usize,
        kernel: Matrix,
    },
    Dense {
        kernel: Matrix,
        is_relu: bool,
    },
    Flatten {
        length: usize,
    },
    Halve,
    Join {
        stride: usize,
    },
    Pool(Pooling),
    /// The last state, or all states.
    Read {
        cell: Box<Cell>,
        is_last: bool,
    },
    SideBySide,
}

/// An operation with its inputs, and the values that are not needed afterwards.
pub struct Step {
    pub action: Action,
    pub sources: Vec<usize>,
    pub finished: Vec<usize>,
}

#[derive(Clone, Copy)]
pub enum Activation {
    Linear,
    Sigmoid,
    Softmax,
}

/// The steps; value 0 is the samples, and step n computes value n + 1.
pub struct Forward {
    pub steps: Vec<Step>,
    pub units: usize,
    pub activation: Activation,
}

/// Samples: ids of rows of a table, or values with a mask.
pub enum Samples<'a> {
    /// Ids (samples, steps); 0 is padding.
    Ids {
        ids: &'a [i32],
        table: &'a [f32],
    },
    Values {
        values: &'a [f32],
        real: &'a [u8],
    },
}

impl Samples<'_> {
    /// A range of samples as sequences.
    fn part(&self, range: Range<usize>, steps: usize, channels: usize) -> Sequence {
        let places = range.start * steps..range.end * steps;
        match self {
            Self::Values { values, real } => Sequence {
                values: values[places.start * channels..places.end * channels].to_vec(),
                steps,
                channels,
                real: real[places].iter().map(|&real| real != 0).collect(),
                ids: Vec::new(),
            },
            Self::Ids { ids, table } => {
                let ids = ids[places].to_vec();
                let mut values = Vec::with_capacity(ids.len() * channels);
                for &id in &ids {
                    // Zeros for an id that another thread changed after the check.
                    let start = (id as usize).saturating_mul(channels);
                    match table.get(start..start.saturating_add(channels)) {
                        Some(row) => values.extend_from_slice(row),
                        None => values.resize(values.len() + channels, 0.0),
                    }
                }
                Sequence { values, steps, channels, real: ids.iter().map(|&id| id != 0).collect(), ids }
            }
        }
    }
}

impl Forward {
    /// Outputs float32 (samples, units).
    ///
    /// Every id must be the index of a row of the table, and the sizes must match.
    pub fn outputs(
        &self,
        samples: &Samples<'_>,
        count: usize,
        steps: usize,
        channels: usize,
        together: usize,
        threads: usize,
    ) -> Vec<f32> {
        let mut found = vec![0.0; count * self.units];
        let together = together.clamp(1, SAMPLES);
        let ranges: Vec<_> = (0..count).step_by(together).map(|start| start..count.min(start + together)).collect();
        let parts = split_rows(&mut found, self.units, &ranges);
        let work: Vec<_> = ranges.into_iter().zip(parts).collect();
        let threads = threads.min(work.len());
        for_each(work, threads, |(range, target)| {
            let sequence = samples.part(range, steps, channels);
            pulp::Arch::new().dispatch(Pass { forward: self, sequence, target });
        });
        found
    }
}

struct Pass<'a> {
    forward: &'a Forward,
    sequence: Sequence,
    target: &'a mut [f32],
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { forward, sequence, target } = self;
        let mut values: Vec<Option<Sequence>> = vec![Some(sequence)];
        for step in &forward.steps {
            let made = done(simd, step, &mut values);
            step.finished.iter().for_each(|&number| values[number] = None);
            values.push(made);
        }
        if let Some(Some(last)) = values.pop() {
            target.copy_from_slice(&last.values);
        }
        match forward.activation {
            Activation::Linear => {}
            Activation::Sigmoid => target.iter_mut().for_each(|value| *value = sigmoid(*value)),
            Activation::Softmax => target.chunks_exact_mut(forward.units).for_each(softmax),
        }
    }
}

/// Result of a step.
#[inline(always)]
fn done<S: Simd>(simd: S, step: &Step, values: &mut [Option<Sequence>]) -> Option<Sequence> {
    let first = *step.sources.first()?;
    if let Action::Flatten { .. } = step.action {
        return values[first].take().map(Sequence::flattened);
    }
    let source = values[first].as_ref()?;
    Some(match &step.action {
        Action::Convolve { width, kernel } => source.convolved(simd, *width, kernel),
        Action::Dense { kernel, is_relu } => {
            let mut found = vec![0.0; source.count() * kernel.columns];
            kernel.multiply(simd, |at| source.step(at, 0), *is_relu, &mut found);
            Sequence::features(found, kernel.columns)
        }
        Action::Flatten { .. } => return None,
        Action::Halve => source.halved(),
        Action::Join { stride } => source.joined(*stride),
        Action::Pool(pooling) => source.pooled(*pooling),
        Action::Read { cell, is_last: true } => Sequence::features(cell.read(simd, source, |_, _, _| ()), cell.units()),
        Action::Read { cell, is_last: false } => {
            let units = cell.units();
            let mut found = Sequence::zeros(source.steps, units, source.real.clone());
            let states = &mut found.values;
            cell.read(simd, source, |sequence, at, state| {
                let start = (sequence * source.steps + at) * units;
                states[start..start + units].copy_from_slice(state);
            });
            found
        }
        Action::SideBySide => {
            let parts: Vec<&Sequence> = step.sources.iter().filter_map(|&number| values[number].as_ref()).collect();
            Sequence::side_by_side(&parts)
        }
    })
}
