//! Inference: the encoder reads the sentence token by token, the decoder writes the translation, each time the likeliest token.

use super::linear::Matrix;
use super::model::{DECODER, ENCODER, GATES, Layout, WIDTH};
use super::tokenize::{END, START};

/// A translation that has not ended by then is cut off.
pub const LONGEST: usize = 60;

type State = [f32; WIDTH];

/// Translates the tokens of a sentence; the end is not among those returned.
pub fn translate(layout: &Layout, file: &[u8], sentence: &[usize]) -> Vec<usize> {
    let mut encoder = Unit::new(layout, file, ENCODER);
    for token in sentence {
        encoder.read(*token, |x| x);
    }
    let mut decoder = Unit { state: encoder.state, ..Unit::new(layout, file, DECODER) };
    let (out, bias) = layout.out(file);
    let mut scores = vec![0.0; layout.tokens[DECODER]];
    let mut translation = Vec::new();
    let mut last = START;
    while translation.len() < LONGEST {
        decoder.read(last, |x| x.max(0.0));
        out.times(&decoder.state, bias, &mut scores);
        last = largest(&scores);
        if last == END {
            break;
        }
        translation.push(last);
    }
    translation
}

/// A gated recurrent unit and the state that it is in.
struct Unit<'m> {
    embedding: Matrix<'m>,
    /// For the input and for the last state.
    gates: [(Matrix<'m>, &'m [u8]); 2],
    state: State,
}

impl<'m> Unit<'m> {
    fn new(layout: &Layout, file: &'m [u8], side: usize) -> Unit<'m> {
        Unit { embedding: layout.embedding(file, side), gates: layout.gates(file, side), state: [0.0; WIDTH] }
    }

    /// Takes in a token, whose embedding passes through `activation` first.
    fn read(&mut self, token: usize, activation: impl Fn(f32) -> f32) {
        let mut input = [0.0; WIDTH];
        self.embedding.row(token, &mut input);
        input = input.map(activation);
        let (mut by_input, mut by_state) = ([0.0; GATES], [0.0; GATES]);
        let [(matrix, bias), (own_matrix, own_bias)] = self.gates;
        matrix.times(&input, bias, &mut by_input);
        own_matrix.times(&self.state, own_bias, &mut by_state);
        for (n, state) in self.state.iter_mut().enumerate() {
            let (r, z) = (n, n + WIDTH);
            let reset = sigmoid(by_input[r] + by_state[r]);
            let update = sigmoid(by_input[z] + by_state[z]);
            let new = (by_input[n + 2 * WIDTH] + reset * by_state[n + 2 * WIDTH]).tanh();
            *state = (1.0 - update) * new + update * *state;
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The place of the largest; of equal ones the first.
fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (n, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = n;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_first_wins() {
        assert_eq!(largest(&[1.0, 3.0, 2.0, 3.0]), 1);
    }
}
