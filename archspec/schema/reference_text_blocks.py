"""The words of the language reference from blocks on; see :mod:`archspec.schema.reference_text`."""

BLOCKS = """
## Blocks

A block is a part of the network with parameters. It becomes a class of the generated code with
the same parameters. Blocks may use each other, but not themselves.

```yaml
blocks:
  ConvUnit:
    doc: A convolution, its normalisation and its activation.
    params: {out: int, kernel: int, stride: 1, act: {type: activation, default: relu}}
    layers:
      - conv: {out: out, kernel: kernel, stride: stride, padding: kernel // 2, bias: false}
      - batch_norm: {eps: 1e-5, decay: 0.9}
      - act
```

A block with several inputs names them; a call lists what they are with `from`. The channels of
the inputs after the first are called after them: `skip_channels`.

```yaml
blocks:
  Up:
    inputs: [x, skip]
    params: {out: int}
    layers:
      - upsample: 2
      - concat:
        from: [previous, skip]
      - conv: {out: out, kernel: 3, padding: 1}
```
"""

BRANCHES = """
## Branches

Branches take one input and are joined, by `concat` along the channels unless `merge` says
otherwise: `add`, `mul`, or one of them with arguments, such as `{mul: {broadcast: true}}`; or, of
three branches, `{attention: {heads: 8}}`. A branch without layers is the identity. Branches are a
block's whole body, or a layer among others.

```yaml
blocks:
  Residual:
    params: {out: int, stride: 1}
    layers:
      - branches:
          main:
            - conv: {out: out, kernel: 3, stride: stride, padding: 1}
            - relu
            - conv: {out: out, kernel: 3, padding: 1}
          shortcut:
            when: stride != 1 or in_channels != out
            layers:
              - conv: {out: out, kernel: 1, stride: stride}
        merge: add
      - relu
  Inception:
    params: {narrow: int, wide: int}
    branches:
      narrow_side:
        - conv: {out: narrow, kernel: 1}
      wide_side:
        - conv: {out: wide, kernel: 3, padding: 1}
```

A branch that is there only under a condition is written in the long form:
"""

OUTPUTS = """
## Inputs and outputs

A network with one input states its shape; with several, their names: `input: {image: [3, 64, 64],
mask: [1, 64, 64]}`. The first stage takes the first input, other layers name what they take.

Without `outputs`, what the last stage gives is the only output. An output that only training
uses hangs on a parameter, because what a built network returns is fixed:

```yaml
params: {aux_head: false, num_classes: 10}
arguments: [aux_head]
outputs:
  logits: head
  aux: {from: body, when: aux_head, training: true, layers: [global_avg_pool, {dense: num_classes}]}
```
"""

VARIANTS = """
## Variants

A spec that `extends` another replaces entries of its `params`, `defaults`, `blocks`, `stages` and
`outputs` by name, whole and in their place. `null` deletes one. Other keys replace as a whole.
Blocks are looked up afterwards: a variant that replaces a block changes every use of it.

A file is named with its ending, by a path in the folder of the spec or below: `extends: mine.yaml`.
A name without ending is a spec that comes with archspec, wherever yours lies (`archspec list` shows
them); `import` takes such names, too, as in `import: blocks/residual` (`archspec list --blocks`).

```yaml
archspec: 1
name: GoogLeNetNarrow
extends: googlenet
params: {num_classes: 100}
stages:
  b2: null
  extra: {after: b1, layers: [{conv: {out: 192, kernel: 1}}, relu]}
```

A stage of a variant that the other spec does not have says where it goes:
"""

LIBRARIES = """
## Libraries

`import` names files of blocks, which may import others. Paths are relative to the file that
names them and cannot leave the folder of the spec. Of those that come with archspec
(`blocks/inception`, `blocks/inverted_residual`, `blocks/residual`, ...) some leave to the spec what
differs from paper to paper: `residual` needs `defaults: {batch_norm: {eps: 1e-5, decay: 0.9}}`.

```yaml
archspec: 1
doc: Blocks that several networks use.
blocks:
  ConvUnit:
    params: {out: int, kernel: int}
    layers:
      - conv: {out: out, kernel: kernel, padding: symmetric}
      - relu
```
"""

INITIALISATION = """
## Initialisation

How weights start is part of an architecture. What a layer does not say the network says, and
what neither says is `he_normal` for kernels and `zeros` for biases. Scales of normalisations start
at one, shifts at zero.

```yaml
init: {kernel: xavier_uniform, bias: zeros}
layers:
  - conv: {out: 64, kernel: 3}
    init: {kernel: {normal: 0.01}, bias: 1}
```

A distribution is a name, a number (a constant), a name with its one argument
(`{normal: 0.01}`, `{uniform: 0.05}`, `{he_normal: fan_out}`), or the long form below. `xavier_*`
has the variance `2 / (fan_in + fan_out)`, `he_*` has `2 / fan_in`, `lecun_*` has `1 / fan_in`, and
these two may be divided by `fan_out` instead. Fans are counted as PyTorch does: `fan_in` is the
second size of the kernel times its positions and `fan_out` the first, so that with groups `fan_in`
is of one group and `fan_out` of all, and for `conv_transpose` `fan_in` counts outputs. Normals are
not cut unless they are called `truncated_normal`, which is cut at two standard deviations.
"""

OPERATORS = """
## Operators

Each operator has one meaning, that of the ONNX operator named with it. Where frameworks differ
in a default there is none here, and the argument must be given. Names of axes are `C`, and `D`,
`H`, `W` for the spatial ones; sequences have `W` alone. Tokens are vectors in a row, with the
axes `T` and `C`, in every framework in that order: `to_tokens` makes them of an image's positions,
`dense`, `layer_norm` and activations work on each by itself, `attention` among them.

An argument *per axis* is a number for all spatial axes or a list with one for each. Padding is
a number for all sides; a list with, for each axis, a number or a pair `[before, after]`; a
mapping of `top`, `bottom`, `left`, `right`; or a mode. `symmetric` pads half the window on both
sides, as PyTorch's `kernel // 2` does; `same_upper` and `same_lower` make the output as large as
the input over the stride, and put an odd pad after or before, as TensorFlow, JAX and ONNX do;
`valid` pads nothing. There is no plain `same`, because it names two different things.

A parameter of the kind `activation` may be {activations}.
"""

LIMITS = """
## Limits

A spec may come from anyone: reading it runs nothing, writes nothing outside the output folder,
and takes bounded time. A network may have 10,000 layers, blocks may be nested 32 deep and
branches 100, a list may have 256 values, an integer is at most 2**53 in size, a number within the
range of float32, an axis at most 2**31 long, a file a megabyte. Names are lower-case words
(`[a-z][a-z0-9_]*`), those of blocks and networks begin with a capital; words that a language or a
framework needs itself are refused.
"""
