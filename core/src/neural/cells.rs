//! Recurrent cells, which read sequences step by step; several sequences share one matrix product per step.

use super::functions::{sigmoid, tanh};
use super::products::Matrix;
use super::sequences::Sequence;
use pulp::Simd;

/// Number of steps whose inputs are multiplied together.
const TOGETHER: usize = 64;
/// Up to this total number of steps, the input of each distinct id is multiplied only once.
const DISTINCT: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Simple,
    Gru,
    Lstm,
}

impl Kind {
    /// Number of gates: columns of the matrices per unit.
    pub fn gates(self) -> usize {
        match self {
            Self::Simple => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// A cell with its weights in Keras' layout.
pub struct Cell {
    pub kind: Kind,
    /// From the input to all gates.
    pub kernel: Matrix,
    /// From the previous state to all gates.
    pub recurrent: Matrix,
    /// Whether sequences are read from their end.
    pub is_backward: bool,
}

/// States of some sequences: (sequences, units) each.
struct States {
    shown: Vec<f32>,
    memory: Vec<f32>,
}

impl Cell {
    pub fn units(&self) -> usize {
        self.recurrent.rows
    }

    /// Read sequences; call `after` with sequence, step and state after each real step. Padding steps change nothing.
    /// Return the last states (sequences, units).
    #[inline(always)]
    pub fn read<S: Simd>(
        &self,
        simd: S,
        sequences: &Sequence,
        mut after: impl FnMut(usize, usize, &[f32]),
    ) -> Vec<f32> {
        let (count, units, gates) = (sequences.count(), self.units(), self.recurrent.columns);
        let memory = if self.kind == Kind::Lstm { count * units } else { 0 };
        let mut states = States { shown: vec![0.0; count * units], memory: vec![0.0; memory] };
        let mut products = vec![0.0; count * gates];
        let distinct = self.distinct(simd, sequences);
        let mut inputs = vec![0.0; if distinct.is_some() { 0 } else { count * TOGETHER.min(sequences.steps) * gates }];
        for start in (0..sequences.steps).step_by(TOGETHER) {
            let size = TOGETHER.min(sequences.steps - start);
            let first = if self.is_backward { sequences.steps - start - size } else { start };
            // Empty if the products of distinct ids were already computed.
            for (number, inputs) in inputs.chunks_exact_mut(size * gates).enumerate().take(count) {
                if sequences.is_any_real(number, first..first + size) {
                    self.kernel.multiply(simd, |at| sequences.step(number, first + at), false, inputs);
                }
            }
            for place in 0..size {
                let place = if self.is_backward { size - 1 - place } else { place };
                let step = first + place;
                if (0..count).all(|number| !sequences.is_real(number, step)) {
                    continue;
                }
                let shown = &states.shown;
                self.recurrent.multiply(simd, |at| &shown[at * units..(at + 1) * units], false, &mut products);
                for (number, product) in products.chunks_exact_mut(gates).enumerate() {
                    if sequences.is_real(number, step) {
                        let memory = if memory > 0 { number * units..(number + 1) * units } else { 0..0 };
                        let state = &mut states.shown[number * units..(number + 1) * units];
                        let (inputs, row) = match &distinct {
                            Some((inputs, rows)) => (inputs, rows[number * sequences.steps + step]),
                            None => (&inputs, number * size + place),
                        };
                        let input = &inputs[row * gates..(row + 1) * gates];
                        advance(self.kind, input, product, state, &mut states.memory[memory]);
                        after(number, step, state);
                    }
                }
            }
        }
        states.shown
    }

    /// The input products of each distinct id, and the index of each step's id; `None` for long sequences, or without
    /// ids.
    #[inline(always)]
    fn distinct<S: Simd>(&self, simd: S, sequences: &Sequence) -> Option<(Vec<f32>, Vec<usize>)> {
        let ids = &sequences.ids;
        if ids.is_empty() || ids.len() > DISTINCT {
            return None;
        }
        let mut order: Vec<(i32, usize)> = ids.iter().enumerate().map(|(place, &id)| (id, place)).collect();
        order.sort_unstable();
        let (mut rows, mut places) = (vec![0; ids.len()], Vec::new());
        for (at, &(id, place)) in order.iter().enumerate() {
            if at == 0 || order[at - 1].0 != id {
                places.push(place);
            }
            rows[place] = places.len() - 1;
        }
        let mut products = vec![0.0; places.len() * self.kernel.columns];
        let channels = sequences.channels;
        let row = |at: usize| &sequences.values[places[at] * channels..(places[at] + 1) * channels];
        self.kernel.multiply(simd, row, false, &mut products);
        Some((products, rows))
    }
}

/// One step of one sequence; `product` is overwritten. Loops over one or two slices are vectorized by the compiler.
#[inline(always)]
fn advance(kind: Kind, input: &[f32], product: &mut [f32], state: &mut [f32], memory: &mut [f32]) {
    let units = state.len();
    match kind {
        Kind::Simple => {
            let sums = state.iter_mut().zip(input.iter().zip(product));
            sums.for_each(|(state, (input, product))| *state = tanh(input + *product));
        }
        Kind::Gru => {
            let (gates, inner) = product.split_at_mut(2 * units);
            gates.iter_mut().zip(input).for_each(|(gate, input)| *gate = sigmoid(*gate + input));
            let (keep, reset) = gates.split_at(units);
            let resets = inner.iter_mut().zip(reset).zip(&input[2 * units..]);
            resets.for_each(|((inner, reset), input)| *inner = tanh(input + reset * *inner));
            let states = state.iter_mut().zip(keep).zip(inner);
            states.for_each(|((state, keep), new)| *state = keep * *state + (1.0 - keep) * *new);
        }
        Kind::Lstm => {
            product.iter_mut().zip(input).for_each(|(gate, input)| *gate += input);
            let (first, rest) = product.split_at_mut(2 * units);
            let (new, out) = rest.split_at_mut(units);
            first.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
            new.iter_mut().for_each(|value| *value = tanh(*value));
            out.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
            let (enter, forget) = first.split_at(units);
            new.iter_mut().zip(enter).for_each(|(value, enter)| *value *= enter);
            let memories = memory.iter_mut().zip(forget).zip(&*new);
            memories.for_each(|((memory, forget), new)| *memory = forget * *memory + new);
            let states = state.iter_mut().zip(memory).zip(out);
            states.for_each(|((state, memory), out)| *state = *out * tanh(*memory));
        }
    }
}
