//! Recurrent cells that read sequences step by step; several sequences go together through the product of a step.

use super::functions::{sigmoid, tanh};
use super::products::Matrix;
use super::sequences::Sequence;
use pulp::Simd;

/// Steps whose inputs are multiplied together.
const TOGETHER: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Simple,
    Gru,
    Lstm,
}

impl Kind {
    /// Columns of the matrices for each unit.
    pub fn gates(self) -> usize {
        match self {
            Self::Simple => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// A cell with its weights, as Keras has them.
pub struct Cell {
    pub kind: Kind,
    /// From the values of a step to all gates.
    pub kernel: Matrix,
    /// From the state before to all gates.
    pub recurrent: Matrix,
    /// Whether sequences are read from their end.
    pub is_backward: bool,
}

/// The state of some sequences: (sequences, units) each.
struct States {
    shown: Vec<f32>,
    memory: Vec<f32>,
}

impl Cell {
    pub fn units(&self) -> usize {
        self.recurrent.rows
    }

    /// Read sequences; call `after` with the state after each real step, as sequence, step and state. A step that is
    /// not real changes nothing. Returns the last states (sequences, units).
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
        let mut inputs = vec![0.0; count * TOGETHER.min(sequences.steps) * gates];
        for start in (0..sequences.steps).step_by(TOGETHER) {
            let size = TOGETHER.min(sequences.steps - start);
            let first = if self.is_backward { sequences.steps - start - size } else { start };
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
                for (number, product) in products.chunks_exact(gates).enumerate() {
                    if sequences.is_real(number, step) {
                        let from = (number * size + place) * gates;
                        let memory = if memory > 0 { number * units..(number + 1) * units } else { 0..0 };
                        let state = &mut states.shown[number * units..(number + 1) * units];
                        let input = &inputs[from..from + gates];
                        advance(self.kind, input, product, state, &mut states.memory[memory]);
                        after(number, step, state);
                    }
                }
            }
        }
        states.shown
    }
}

/// One step of one sequence.
#[inline(always)]
fn advance(kind: Kind, input: &[f32], product: &[f32], state: &mut [f32], memory: &mut [f32]) {
    let units = state.len();
    let part = |number: usize| {
        let range = number * units..(number + 1) * units;
        input[range.clone()].iter().zip(&product[range])
    };
    match kind {
        Kind::Simple => {
            let sums = state.iter_mut().zip(part(0));
            sums.for_each(|(state, (input, product))| *state = tanh(input + product));
        }
        Kind::Gru => {
            let gates = part(0).zip(part(1)).zip(part(2));
            for (state, (((keep, kept), (reset, resets)), (new, inner))) in state.iter_mut().zip(gates) {
                let (keep, reset) = (sigmoid(keep + kept), sigmoid(reset + resets));
                let new = tanh(new + reset * inner);
                *state = keep * *state + (1.0 - keep) * new;
            }
        }
        Kind::Lstm => {
            let gates = part(0).zip(part(1)).zip(part(2).zip(part(3)));
            for ((state, memory), ((enter, forget), (new, out))) in state.iter_mut().zip(memory).zip(gates) {
                let [enter, forget, out] = [enter, forget, out].map(|(input, product)| sigmoid(input + product));
                *memory = forget * *memory + enter * tanh(new.0 + new.1);
                *state = out * tanh(*memory);
            }
        }
    }
}
