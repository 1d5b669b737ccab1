//! The model's file: the tensors that it must contain, and their places. Checked once, when it is opened.

use std::ops::Range;

use lab::lang::Text;
use lab::text;
use safetensors::tensor::{Dtype, SafeTensors};

use super::linear::{self, Matrix};

/// Width of the embeddings and of the recurrent state.
pub const WIDTH: usize = 256;
/// A gated recurrent unit has three gates: reset, update, new.
pub const GATES: usize = 3 * WIDTH;

/// A matrix of weights and a bias.
#[derive(Clone, Debug)]
struct Affine {
    weight: Range<usize>,
    bias: Range<usize>,
}

/// One side of the model: encoder or decoder.
#[derive(Clone, Debug)]
struct Side {
    embedding: Range<usize>,
    input: Affine,
    state: Affine,
}

/// The places of the tensors in the bytes of the file.
#[derive(Clone, Debug)]
pub struct Layout {
    sides: [Side; 2],
    out: Affine,
    /// Number of tokens of the source language and of the target language.
    pub tokens: [usize; 2],
}

/// Index of a side in [`Layout`].
pub const ENCODER: usize = 0;
pub const DECODER: usize = 1;

impl Layout {
    /// Checks a file; the error says why it is not this model.
    pub fn of(file: &[u8]) -> Result<Layout, Text> {
        let tensors = SafeTensors::deserialize(file)
            .map_err(|e| text!("safetensors 파일이 아닙니다: {e}", "not a safetensors file: {e}"))?;
        let find = TensorFinder { file, tensors: &tensors };
        let (encoder, source) = find.side("encoder")?;
        let (decoder, target) = find.side("decoder")?;
        let out = find.affine("decoder.out.weight", "decoder.out.bias", target)?;
        Ok(Layout { sides: [encoder, decoder], out, tokens: [source, target] })
    }

    /// The embeddings of one side, a row for each token.
    pub fn embedding<'m>(&self, file: &'m [u8], side: usize) -> Matrix<'m> {
        Matrix::new(&file[self.sides[side].embedding.clone()], WIDTH)
    }

    /// One side's gates for the input and for the last state: matrix and bias of each.
    pub fn gates<'m>(&self, file: &'m [u8], side: usize) -> [(Matrix<'m>, &'m [u8]); 2] {
        [&self.sides[side].input, &self.sides[side].state].map(|affine| affine.of(file))
    }

    /// From the decoder's state to a score for each token.
    pub fn out<'m>(&self, file: &'m [u8]) -> (Matrix<'m>, &'m [u8]) {
        self.out.of(file)
    }
}

impl Affine {
    fn of<'m>(&self, file: &'m [u8]) -> (Matrix<'m>, &'m [u8]) {
        (Matrix::new(&file[self.weight.clone()], WIDTH), &file[self.bias.clone()])
    }
}

struct TensorFinder<'f> {
    file: &'f [u8],
    tensors: &'f SafeTensors<'f>,
}

impl TensorFinder<'_> {
    /// A side and its number of tokens.
    fn side(&self, side: &str) -> Result<(Side, usize), Text> {
        let (embedding, shape) = self.tensor(&format!("{side}.embedding.weight"))?;
        let &[tokens, WIDTH] = &shape[..] else { return Err(wrong_shape(side, &shape)) };
        let gates = |of: &str| {
            let [weight, bias] = ["weight", "bias"].map(|what| format!("{side}.gru.{what}_{of}_l0"));
            self.affine(&weight, &bias, GATES)
        };
        Ok((Side { embedding, input: gates("ih")?, state: gates("hh")? }, tokens))
    }

    fn affine(&self, weight: &str, bias: &str, height: usize) -> Result<Affine, Text> {
        Ok(Affine { weight: self.shaped(weight, &[height, WIDTH])?, bias: self.shaped(bias, &[height])? })
    }

    fn shaped(&self, name: &str, known: &[usize]) -> Result<Range<usize>, Text> {
        let (place, shape) = self.tensor(name)?;
        if shape == known { Ok(place) } else { Err(wrong_shape(name, &shape)) }
    }

    fn tensor(&self, name: &str) -> Result<(Range<usize>, Vec<usize>), Text> {
        let tensor = self.tensors.tensor(name).map_err(|_| text!("텐서 {name}: 없습니다", "no tensor {name}"))?;
        let data = tensor.data();
        if tensor.dtype() != Dtype::F16 || !linear::all_finite(data) {
            return Err(text!(
                "텐서 {name}: 유한한 float16 값만 있어야 합니다",
                "tensor {name}: it must be finite float16 values"
            ));
        }
        let start = data.as_ptr().addr() - self.file.as_ptr().addr();
        Ok((start..start + data.len(), tensor.shape().to_vec()))
    }
}

fn wrong_shape(name: &str, shape: &[usize]) -> Text {
    text!("텐서 {name}: 모양이 다릅니다: {shape:?}", "tensor {name}: another shape: {shape:?}")
}
